"""Allocations: who treats a referral, who supervises a person, and who did at any past moment."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asker, Asking, answered, asker
from app.routers.bodies import Body, Username, body, parameter
from app.routers.moments import End, Start, past_moment
from app.routers.responses import CHANGES, CREATED, REFUSALS
from app.services import shapes_standing as shapes
from app.vocabulary import Action, Category, Register

router = APIRouter(tags=["allocations"])
_TREATING = (Register.ALLOCATION, Category.REFERRAL)


class TherapistAllocated(Body):
    """Who is to treat; from when, now if it is left out."""

    therapist: Username
    since: Start | None = Field(None, alias="from")


class AllocationEnded(Body):
    """Until when somebody treats: a day holds to its end in Europe/London; until now if it is left out."""

    until: End | None = None


class OffenderManagerAllocated(Body):
    """Who is to supervise, null for nobody; since when, now if it is left out."""

    username: Username | None
    since: Start | None = Field(None, alias="from")


@router.post(
    "/v1/referrals/{referral_id}/allocation",
    status_code=201,
    response_model=shapes.Treating,
    responses=CREATED,
    openapi_extra=body(TherapistAllocated),
)
async def treat(referral_id: str, ask: Asking) -> Response:
    """Allocate a therapist to a referral of the caller's service (B5); whoever treated until then no longer does."""
    wanted = (await ask.body(TherapistAllocated)).model_dump(by_alias=True)
    question = ask.asks(Action.WRITE, _TREATING)
    return answered(await ask.services.allocations.treat(question, id_in(referral_id), wanted), 201)


@router.post(
    "/v1/referrals/{referral_id}/allocation/end",
    response_model=shapes.TreatingEnded,
    responses=CHANGES,
    openapi_extra=body(AllocationEnded),
)
async def end_treating(referral_id: str, ask: Asking) -> Response:
    """End the allocation of a referral of the caller's service without a successor (B5): nobody treats from then on."""
    wanted = await ask.body(AllocationEnded)
    question = ask.asks(Action.WRITE, _TREATING)
    return answered(await ask.services.allocations.end_treating(question, id_in(referral_id), wanted.until))


@router.put(
    "/v1/people/{crn}/offender-manager",
    response_model=shapes.Supervising,
    responses=CHANGES,
    openapi_extra=body(OffenderManagerAllocated),
)
async def supervise(crn: str, ask: Asking) -> Response:
    """Say whose caseload the person is on (H8); whoever supervised until then no longer does."""
    wanted = await ask.body(OffenderManagerAllocated)
    question = ask.asks(Action.WRITE, (Register.ALLOCATION,), crn)
    return answered(await ask.services.allocations.supervise(question, wanted.model_dump(by_alias=True)))


@router.get(
    "/v1/people/{crn}/allocations",
    response_model=shapes.Allocations,
    responses=REFUSALS,
    openapi_extra={
        "parameters": [
            parameter("at", "who had them at this moment; everybody ever if it is left out", format="date-time"),
            parameter("knownAt", "by what had been recorded until this moment; now", format="date-time"),
        ]
    },
)
async def allocations(crn: str, ask: Annotated[Asker, Depends(asker("at", "knownAt"))], request: Request) -> Response:
    """Who supervises a person, or who treats them, now and before: for who may write it, or read the supervision."""
    at, known_at = (past_moment(request, name, ask.at) for name in ("at", "knownAt"))
    question = ask.asks(Action.READ, (Category.SUPERVISION,), crn)
    return answered(await ask.services.allocations.history(question, at, known_at))
