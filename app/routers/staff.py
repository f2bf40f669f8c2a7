"""Staff: who is employed where, in what role and with what training, and what of it lapses soon."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from app.routers.asking import Asker, Asking, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, Body, Username, body, parameter, text, word_of
from app.routers.moments import Day, past_moment
from app.routers.preconditions import IF_MATCH, if_match
from app.routers.responses import CHANGES, CREATED, LISTED, PRECONDITIONS, REFUSALS
from app.services import shapes_standing as shapes
from app.vocabulary import SYSTEM_ROLES, Action, Register, Role

router = APIRouter(tags=["staff"])
ROLES = tuple(role.value for role in Role if role not in SYSTEM_ROLES)
COURSES = ("information-sharing", "criminal-justice-data", "mental-health-awareness")
LONGEST = 366
"""Days that the report of what lapses can look ahead."""
_USERNAME = re.compile(r"[!-~]{1,60}")
_ADDRESSES = ("lapsing", "capacity", "training", ".", "..")
"""What would stand for something else in an address."""
NOBODYS = "nobody's name"
"""What is asked for in place of a text that can be nobody's name: refused like any other that is not there."""
_AT = parameter("at", "as of this moment", format="date-time")
ETAG = {"description": "the version that a change names; not of a past moment", "schema": {"type": "string"}}
_KNOWN_AT = parameter("knownAt", "by what had been recorded until this moment; now", format="date-time")
Name = Annotated[str, text(200)]
Team = Annotated[str, text(100)]
ServiceId = Annotated[str, text(40)]
RoleWord = Annotated[str, *word_of(ROLES)]
Course = Annotated[str, *word_of(COURSES)]
_STAFF, _TRAINING = (Register.STAFF,), (Register.TRAINING,)
REGISTER = (Register.STAFF, Register.TRAINING)
AskingThen = Annotated[Asker, Depends(asker("at", "knownAt"))]


class NewMember(Body):
    """Somebody to put on the register of the caller's party."""

    username: Username
    name: Name
    role: RoleWord
    service: ServiceId | None = None
    team: Team | None = None
    manager: Username | None = None
    employedFrom: Day  # noqa: N815  # as it stands in JSON
    employedUntil: Day | None = None  # noqa: N815  # as it stands in JSON


def _left_out() -> Any:
    """A field that may be left out and must not be null: what stands here is never looked at."""
    return Field(default_factory=str)


class MemberChange(Body):
    """What is to be different; what is left out stays. `revoked` ends every session of theirs at once."""

    name: Name = _left_out()
    role: RoleWord = _left_out()
    service: ServiceId | None = None
    team: Team | None = None
    manager: Username | None = None
    employedFrom: Day = Field(default_factory=lambda: date.min)  # noqa: N815  # as it stands in JSON
    employedUntil: Day | None = None  # noqa: N815  # as it stands in JSON
    revoked: bool = Field(default_factory=bool)

    def given(self) -> dict[str, Any]:
        """What was sent; BadRequest for nothing."""
        if not self.model_fields_set:
            raise BadRequest("body-invalid", "name at least one field to change", "body")
        return {name: getattr(self, name) for name in self.model_fields_set}


class NewTraining(Body):
    """A course that was completed."""

    course: Course
    completedOn: Day  # noqa: N815  # as it stands in JSON


def username_in(path: str) -> str:
    """A username in an address, or a name that nobody can have."""
    return path.lower() if _USERNAME.fullmatch(path) else NOBODYS


def whole_days(request: Request) -> int:
    """`days`, how far ahead a report looks: 30 if absent."""
    said = request.query_params.get("days", "30")
    days = int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 0
    if not 1 <= days <= LONGEST:
        raise BadRequest("parameter-invalid", f"a whole number from 1 to {LONGEST}", "days")
    return days


def flag(request: Request, name: str) -> bool | None:
    """A query parameter that is true or false; None if it is absent."""
    words = {None: None, "true": True, "false": False}
    said = request.query_params.get(name)
    if said not in words:
        raise BadRequest("parameter-invalid", "true or false", name)
    return words[said]


def _filters(request: Request) -> tuple[dict[str, str], bool | None]:
    given = request.query_params
    filters = {name: given[name] for name in ("role", "team", "service", "manager") if name in given}
    for name, value in filters.items():
        if not value or len(value) > 100 or "\x00" in value:
            raise BadRequest("parameter-invalid", "1 to 100 characters", name)
    if filters.get("role", ROLES[0]) not in ROLES:
        raise BadRequest("parameter-invalid", f"one of {', '.join(ROLES)}", "role")
    if "manager" in filters:
        filters["manager"] = filters["manager"].lower()
    return filters, flag(request, "employed")


@router.get(
    "/v1/staff",
    response_model=shapes.MembersPage,
    responses=LISTED,
    openapi_extra={
        "parameters": [parameter(name, f"only of this {name}") for name in ("role", "team", "service", "manager")]
        + [parameter("employed", "true: who works here that day; false: everybody else", enum=["true", "false"])]
        + [parameter("at", "as the register stood at this moment; now", format="date-time"), *PAGED_BY]
    },
)
async def staff(
    ask: Annotated[Asker, Depends(asker("cursor", "pageSize", "role", "team", "service", "manager", "employed", "at"))],
    request: Request,
) -> Response:
    """The staff of the caller's party by username, without the caller (I1, I2), now or at a past moment."""
    filters, employed = _filters(request)
    at, cursor = past_moment(request, "at", ask.at), request.query_params.get("cursor")
    question, size = ask.asks(Action.READ, _STAFF), page_size(request)
    return answered(
        await ask.services.staff.page(question, filters, employed=employed, at=at, cursor=cursor, size=size)
    )


@router.get(
    "/v1/staff/lapsing",
    response_model=shapes.LapsingPage,
    responses=LISTED,
    openapi_extra={
        "parameters": [
            parameter("days", "how many days ahead", type="integer", minimum=1, maximum=LONGEST, default=30),
            *PAGED_BY,
        ]
    },
)
async def lapsing(ask: Annotated[Asker, Depends(asker("cursor", "pageSize", "days"))], request: Request) -> Response:
    """What lapses in the next days, soonest first: training, employment, and authorisations for who may revoke them."""
    days = whole_days(request)
    reading, revoking = ask.asks(Action.READ, REGISTER), ask.asks(Action.REVOKE, (Register.AUTHORISATION,))
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.lapsing.page(reading, revoking, days, cursor, size))


@router.get(
    "/v1/staff/{username}",
    response_model=shapes.MemberStanding,
    response_model_exclude_none=True,
    responses={**REFUSALS, 200: {"headers": {**REFUSALS[200]["headers"], "ETag": ETAG}}},
    openapi_extra={"parameters": [_AT, _KNOWN_AT]},
)
async def member(username: str, ask: AskingThen, request: Request) -> Response:
    """One member with their training and the facts that hold; of a past moment, by what was known at another."""
    at, known_at = (past_moment(request, name, ask.at) for name in ("at", "knownAt"))
    question = ask.asks(Action.READ, REGISTER)
    answer, tag = await ask.services.staff.one(question, username_in(username), at, known_at)
    response = answered(answer)
    if tag is not None:
        response.headers["ETag"] = tag
    return response


@router.post(
    "/v1/staff",
    status_code=201,
    response_model=shapes.MemberWritten,
    responses=CREATED,
    openapi_extra=body(NewMember),
)
async def create(ask: Asking) -> Response:
    """Put somebody on the register of the caller's party (I1, I2)."""
    wanted = await ask.body(NewMember)
    if wanted.username.lower() in _ADDRESSES or "/" in wanted.username:
        raise BadRequest("body-invalid", "no address here can name them; choose another", "username")
    return answered(await ask.services.staff.create(ask.asks(Action.CREATE, _STAFF), wanted.model_dump()), 201)


@router.patch(
    "/v1/staff/{username}",
    response_model=shapes.MemberWritten,
    responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=body(MemberChange) | IF_MATCH,
)
async def change(username: str, ask: Asking, request: Request) -> Response:
    """Change employment, role, team or manager, or revoke at once; `If-Match` says which version was read."""
    given = (await ask.body(MemberChange)).given()
    question = ask.asks(Action.WRITE, _STAFF)
    return answered(await ask.services.staff.change(question, username_in(username), given, if_match(request)))


@router.post(
    "/v1/staff/{username}/trainings",
    status_code=201,
    response_model=shapes.Completed,
    responses=CREATED,
    openapi_extra=body(NewTraining),
)
async def train(username: str, ask: Asking) -> Response:
    """Record a completed course; the agreement says for how long it counts."""
    wanted = await ask.body(NewTraining)
    question = ask.asks(Action.CREATE, _TRAINING)
    return answered(await ask.services.staff.train(question, username_in(username), wanted.model_dump()), 201)
