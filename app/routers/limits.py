"""Limited access: exclusions and restrictions, and who is kept out, in the shape that probation systems know."""

import re
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from app.routers.asking import Asking, BadRequest, answered
from app.routers.bodies import Body, Crn, Username, body, text, word_of
from app.routers.moments import End, Start
from app.routers.responses import CHANGES, PAGED, REFUSALS
from app.services import shapes_standing as shapes
from app.vocabulary import Action, Register
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

router = APIRouter(tags=["limited access"])
_ID = re.compile(r"[0-9A-Za-z._-]{1,40}")
Kind = Annotated[str, *word_of(("exclusion", "restriction"))]
Message = Annotated[str, text(500)]


class LimitGiven(Body):
    """A limit whole: an exclusion keeps out who is named, a restriction everybody else."""

    type: Kind
    message: Message
    startDateTime: Start  # noqa: N815  # as it stands in JSON
    endDateTime: End | None = None  # noqa: N815  # as it stands in JSON
    usernames: list[Username] = Field(max_length=1000)


class AccessAsked(Body):
    """Whose access to whom: a system names one of its users, a member of staff at most themselves."""

    crns: list[Crn] = Field(min_length=1, max_length=500)
    username: Username | None = None


@router.put(
    "/v1/people/{crn}/limits/{limit_id}",
    response_model=shapes.LimitWritten,
    responses=CHANGES,
    openapi_extra=body(LimitGiven),
)
async def put(crn: str, limit_id: str, ask: Asking) -> Response:
    """Write an exclusion or a restriction under its owner's id (H8); it holds from the next request on."""
    if not _ID.fullmatch(limit_id):
        raise BadRequest("parameter-invalid", "1 to 40 letters, digits, dots, dashes and underscores", "limitId")
    wanted = await ask.body(LimitGiven)
    question = ask.asks(Action.WRITE, (Register.LIMITS,), crn)
    return answered(await ask.services.limits.put(question, limit_id, wanted.model_dump()))


@router.get("/v1/people/{crn}/limits", response_model=shapes.Limits, responses=REFUSALS)
async def limits(crn: str, ask: Asking) -> Response:
    """The limits of a person's record, for the system that owns them (H9)."""
    return answered(await ask.services.limits.of_person(ask.asks(Action.READ, (Register.LIMITS,), crn)))


@router.post("/v1/access", response_model=shapes.UserAccess, responses=PAGED, openapi_extra=body(AccessAsked))
async def access(ask: Asking) -> Response:
    """Who is kept out of whose record, for 1 to 500 people: a system about its users (H9), staff about themselves."""
    wanted = await ask.body(AccessAsked)
    if ask.caller.is_system and wanted.username is None:
        raise BadRequest("body-invalid", "name the user whose access is asked about", "username")
    crns = list(dict.fromkeys(_crn(place, crn) for place, crn in enumerate(wanted.crns)))
    user = None if wanted.username is None else wanted.username.lower()
    question = ask.asks(Action.READ, (Register.LIMITS,))
    return answered(await ask.services.limits.access(question, crns, user))


def _crn(place: int, text: str) -> str:
    try:
        return canonical_crn(text)
    except IdentifierInvalid as fault:
        raise BadRequest("body-invalid", str(fault), f"crns.{place}") from fault
