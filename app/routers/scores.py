"""Outcome measures: recorded under a referral by their answers, and read with their course and the outcome."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asking, answered
from app.routers.bodies import Body, body, text
from app.routers.moments import Moment
from app.routers.preconditions import IF_MATCH, if_match
from app.routers.responses import CHANGES, CREATED, PRECONDITIONS, REFUSALS
from app.services import shapes_scores as shapes
from app.services.scores import Completed
from app.services.shapes_attendance import Written
from app.vocabulary import JUSTICE_ROLES, Action, Category

router = APIRouter(tags=["scores"])
_ADDRESS = "/v1/referrals/{referral_id}/scores"
_SCORES = (Category.SCORES,)
_OF_REFERRAL = (Category.SCORES, Category.REFERRAL)
Word = Annotated[str, text(20)]
Items = Annotated[list[int | None], Field(min_length=1, max_length=40)]
Total = Annotated[int | float, Field(ge=0, le=1_000, allow_inf_nan=False)]


class MeasureCompleted(Body):
    """A questionnaire: `tool` (PHQ-9) or `toolCode`, its answers or its total; when, now if it is left out."""

    tool: Word | None = None
    toolCode: Word | None = None  # noqa: N815  # as it stands in JSON
    items: Items | None = Field(None, description="in their order, null for what was not answered")
    total: Total | None = Field(None, description="beside answers it is only compared with what they come to")
    completedAt: Moment | None = None  # noqa: N815  # as it stands in JSON

    def completed(self) -> Completed:
        """The same in the terms of the service."""
        total = None if self.total is None else Decimal(repr(self.total))
        return Completed(self.tool, self.toolCode, self.items, total, self.completedAt)


@router.post(
    _ADDRESS,
    status_code=201,
    response_model=shapes.ScoreRecorded,
    responses=CREATED,
    openapi_extra=body(MeasureCompleted),
)
async def record(referral_id: str, ask: Asking) -> Response:
    """Record a completed measure (B1, B2); its total and its band are counted here."""
    wanted = await ask.body(MeasureCompleted)
    question = ask.asks(Action.CREATE, _SCORES)
    return answered(await ask.services.scores.record(question, id_in(referral_id), wanted.completed()), 201)


@router.post(
    f"{_ADDRESS}/{{score_id}}/withdrawal",
    response_model=Written,
    responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=IF_MATCH,
)
async def take_back(referral_id: str, score_id: str, ask: Asking, request: Request) -> Response:
    """Take back a score that was recorded in error; `If-Match` names its version, in quotation marks."""
    question = ask.asks(Action.WRITE, _SCORES)
    return answered(
        await ask.services.scores.take_back(question, id_in(referral_id), id_in(score_id), if_match(request))
    )


@router.get(_ADDRESS, response_model=shapes.scores_answer(), responses=REFUSALS)
async def of_referral(referral_id: str, ask: Asking) -> Response:
    """The measures under a referral, each with its course; for health staff also what became of the person."""
    is_justice = ask.caller.role in JUSTICE_ROLES  # of them nothing clinical is even asked (P3)
    subjects = _OF_REFERRAL if is_justice else (*_OF_REFERRAL, Category.CLINICAL)
    return answered(await ask.services.scores.of_referral(ask.asks(Action.READ, subjects), id_in(referral_id)))


@router.get("/v1/people/{crn}/scores/trend", response_model=shapes.trend_answer(), responses=REFUSALS)
async def trend(crn: str, ask: Asking) -> Response:
    """The course of each measure over everything that is on file of a person."""
    return answered(await ask.services.scores.of_person(ask.asks(Action.READ, _SCORES, crn)))
