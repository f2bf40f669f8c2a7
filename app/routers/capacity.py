"""What leads plan by: caseload against capacity, training by team, and who waits for treatment."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.routers.asking import Asker, Asking, AskingPage, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, parameter
from app.routers.responses import LISTED, PAGED
from app.routers.staff import COURSES, LONGEST, REGISTER, ROLES, whole_days
from app.services import shapes_capacity as shapes
from app.vocabulary import Action, Category, Register

router = APIRouter(tags=["capacity"])
AskingTraining = Annotated[Asker, Depends(asker("course", "days", "role"))]


@router.get("/v1/staff/capacity", response_model=shapes.CapacityReport, responses=PAGED)
async def capacity(ask: Asking) -> Response:
    """Caseload against capacity of the caller's own service, without the caller (I2, B5)."""
    reading = ask.asks(Action.READ, (Register.STAFF,))
    allocating = ask.asks(Action.WRITE, (Register.ALLOCATION,))
    return answered(await ask.services.capacity.capacity(reading, allocating))


@router.get(
    "/v1/staff/training",
    response_model=shapes.TrainingCoverage,
    responses=LISTED,
    openapi_extra={
        "parameters": [
            parameter("course", "which course", enum=list(COURSES), default=COURSES[-1]),
            parameter("days", "how many days ahead counts as lapsing", type="integer", minimum=1, maximum=LONGEST,
                      default=30),
            parameter("role", "only staff in this role", enum=list(ROLES)),
        ]
    },
)  # fmt: skip
async def training(ask: AskingTraining, request: Request) -> Response:
    """How far a course covers the caller's party's teams, without the caller (I1, I2)."""
    given = request.query_params
    course, role = given.get("course", COURSES[-1]), given.get("role")
    for name, word, words in (("course", course, COURSES), ("role", role or ROLES[0], ROLES)):
        if word not in words:
            raise BadRequest("parameter-invalid", f"one of {', '.join(words)}", name)
    question = ask.asks(Action.READ, REGISTER)
    return answered(await ask.services.capacity.training(question, course, whole_days(request), role))


@router.get(
    "/v1/referrals/waiting", response_model=shapes.WaitingPage, responses=LISTED,
    openapi_extra={"parameters": [*PAGED_BY]},
)  # fmt: skip
async def waiting(ask: AskingPage, request: Request) -> Response:
    """Referrals that wait for treatment and are open to the caller, the longest first (B2, B3, B4)."""
    question = ask.asks(Action.READ, (Category.REFERRAL, Category.CLINICAL))
    return answered(await ask.services.waiting.page(question, request.query_params.get("cursor"), page_size(request)))
