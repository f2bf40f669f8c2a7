"""What staff have time for: their share of a week, the sessions they hold each week, and when they are away (I2)."""

import re
from datetime import time
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.routers.asking import Asking, answered
from app.routers.bodies import Body, body, text
from app.routers.moments import Day
from app.routers.preconditions import IF_MATCH, if_match
from app.routers.responses import CHANGES, PRECONDITIONS, REFUSALS
from app.routers.staff import ETAG, username_in
from app.services import shapes_capacity as shapes
from app.vocabulary import Action, Register

router = APIRouter(prefix="/v1/staff/{username}/working-time", tags=["staff"])
_STAFF = (Register.STAFF,)
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
MOST = 100
"""Sessions, and stretches of leave, of one member."""


def _clock(value: Any) -> time:
    if not isinstance(value, str) or not re.fullmatch(_CLOCK, value, re.ASCII):
        raise PydanticCustomError("clock", "a time of day such as 09:30")
    return time.fromisoformat(value)


Clock = Annotated[time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK}$"})]
"""In Europe/London, whatever the season."""


class PlannedSession(Body):
    """A session that is held each week; `weekday` 1 is Monday, `until` the last day on which it can be held."""

    weekday: int = Field(ge=1, le=7)
    starts: Clock
    ends: Clock
    site: Annotated[str, text(9)] | None = None
    room: Annotated[str, text(40)] | None = None
    therapyKind: Annotated[str, text(100)] | None = None  # noqa: N815  # as it stands in JSON
    first: Day = Field(alias="from")
    until: Day | None = None


class PlannedLeave(Body):
    """Days on which somebody is away, both among them; why is not asked."""

    first: Day = Field(alias="from")
    until: Day


class WorkingTime(Body):
    """What is to hold from today on; what has been stays as it was."""

    wte: float | None = Field(gt=0, le=1)
    sessions: list[PlannedSession] = Field(max_length=MOST)
    leave: list[PlannedLeave] = Field(max_length=MOST)


@router.get(
    "",
    response_model=shapes.WorkingTimeShown,
    responses={**REFUSALS, 200: {"headers": {**REFUSALS[200]["headers"], "ETag": ETAG}}},
)
async def working_time(username: str, ask: Asking) -> Response:
    """What of somebody's sessions and leave holds today or later, and their share of a week."""
    question = ask.asks(Action.READ, _STAFF)
    answer, tag = await ask.services.working_time.one(question, username_in(username))
    response = answered(answer)
    response.headers["ETag"] = tag
    return response


@router.put(
    "",
    response_model=shapes.MemberWritten,
    responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=body(WorkingTime) | IF_MATCH,
)
async def plan(username: str, ask: Asking, request: Request) -> Response:
    """Plan it from today on; `If-Match` says which version was read."""
    wanted = (await ask.body(WorkingTime)).model_dump()
    question = ask.asks(Action.WRITE, _STAFF)
    return answered(await ask.services.working_time.plan(question, username_in(username), wanted, if_match(request)))
