"""Three-way meetings: invited to, answered, held and recorded with what was said of sharing, changed, signed off."""

from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asker, Asking, BadRequest, answered
from app.routers.bodies import Body, Username, body, left_out, text
from app.routers.consents import AScope, ConsentGiven, unenforceable
from app.routers.moments import Day, Moment
from app.routers.preconditions import IF_MATCH, if_match, tagged, with_tag
from app.routers.responses import CHANGES, CREATED, PRECONDITIONS, REFUSALS
from app.services import shapes_meetings as shapes
from app.services.said import Said
from app.vocabulary import Action, Category, Question

router = APIRouter(prefix="/v1/people/{crn}/meetings", tags=["meetings"])
_MEETING = (Category.MEETING,)
Place = Annotated[str, text(200)]
Site = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,9}$")]
Long = Annotated[str, text(2000)]
Change = TypeVar("Change", bound=Body)


class Held(Body):
    """The record of a meeting that was held: what concerns all three, and nothing clinical."""

    agreed: Long = Field(description="what was agreed, in words that all three would sign")
    personView: Long | None = Field(None, description="as the person told it to whoever writes it down")  # noqa: N815  # as it stands in JSON
    ownView: Long | None = Field(None, description="of the caller's party; nobody writes the other's")  # noqa: N815  # as it stands in JSON
    nextDate: Day | None = None  # noqa: N815  # as it stands in JSON
    thirdParty: bool = Field(description="whether it names somebody else, which the person is not given (G3)")  # noqa: N815  # as it stands in JSON
    seriousHarm: bool = Field(description="whether reading it could do serious harm (DPA 2018 Sch 3)")  # noqa: N815  # as it stands in JSON

    def given(self) -> dict[str, Any]:
        """What was sent, by its names in JSON."""
        return {name: getattr(self, name) for name in self.model_fields_set & _RECORDED}


class _WithSaid(Body):
    consents: list[ConsentGiven] = Field(default_factory=list, description="what the person agreed to or refused in it")
    withdraws: list[AScope] = Field(default_factory=list, description="the scopes of which they took everything back")

    def said(self) -> Said:
        """As the service takes it."""
        return Said([each.given() for each in self.consents], self.withdraws)


class HeldAsPlanned(Held, _WithSaid):
    """The record of a meeting that was invited to, with what was said in it."""

    startsAt: Moment | None = Field(None, description="when it was held, if not when it was to be")  # noqa: N815  # as it stands in JSON
    place: Place | None = None

    def given(self) -> dict[str, Any]:
        """What was sent, by its names in JSON."""
        also = {name: value for name in ("startsAt", "place") if (value := getattr(self, name)) is not None}
        return super().given() | also


_RECORDED = frozenset(Held.model_fields)


class NewMeeting(_WithSaid):
    """An invitation; or with `record` a meeting that was held, and then what was said in it."""

    startsAt: Moment  # noqa: N815  # as it stands in JSON
    place: Place | None = None
    site: Site | None = Field(None, description="the code of the premises")
    offenderManager: Username | None = Field(None, description="the caller, if they are one")  # noqa: N815  # as it stands in JSON
    therapist: Username | None = Field(None, description="the caller, if they are one")
    agenda: Long | None = None
    record: Held | None = None

    @model_validator(mode="after")
    def _says_it_in_a_meeting(self) -> Self:
        if self.record is None and (self.consents or self.withdraws):
            raise PydanticCustomError("said", "what was said in a meeting is recorded with its record")
        return self

    def given(self) -> dict[str, Any]:
        """What was sent, by its names in JSON."""
        names = ("startsAt", "place", "site", "offenderManager", "therapist", "agenda")
        own = {name: getattr(self, name) for name in names}
        return own | (self.record.given() if self.record else {})


class MeetingChange(Body):
    """What is to be different; what is left out stays. It voids every signature."""

    startsAt: Moment = left_out(str)  # noqa: N815  # as it stands in JSON
    place: Place | None = None
    site: Site | None = None
    offenderManager: Username = left_out(str)  # noqa: N815  # as it stands in JSON
    therapist: Username = left_out(str)
    agenda: Long | None = None
    agreed: Long = left_out(str)
    personView: Long | None = None  # noqa: N815  # as it stands in JSON
    ownView: Long | None = None  # noqa: N815  # as it stands in JSON
    nextDate: Day | None = None  # noqa: N815  # as it stands in JSON
    thirdParty: bool = left_out(bool)  # noqa: N815  # as it stands in JSON
    seriousHarm: bool = left_out(bool)  # noqa: N815  # as it stands in JSON

    def given(self) -> dict[str, Any]:
        """What was sent; BadRequest for nothing."""
        if not self.model_fields_set:
            raise BadRequest("body-invalid", "name at least one field to change", "body")
        return {name: getattr(self, name) for name in self.model_fields_set}


class Cancellation(Body):
    """Why it is not held."""

    reason: Annotated[str, text(500)]


class Answer(Body):
    """Whether the caller comes."""

    response: Literal["accepted", "declined"]


class Signature(Body):
    """For whom the caller signs: themselves, if it is left out, or the person as they were told."""

    signatory: Literal["person", "offender-manager", "therapist"] | None = None


@router.post(
    "", status_code=201, response_model=shapes.MeetingRecorded, response_model_exclude_none=True, responses=CREATED,
    openapi_extra=body(NewMeeting),
)  # fmt: skip
async def create(crn: str, ask: Asking) -> Response:
    """Invite to a meeting, or record one that was held: what is said in it counts before it is decided on (E1, E3)."""
    wanted = await _body(ask, NewMeeting)
    question, meetings = _writes(ask, crn), ask.services.meetings
    if wanted.record is None:
        return answered(await meetings.invite(question, wanted.given()), 201)
    return answered(await meetings.record_new(question, wanted.given(), wanted.said()), 201)


@router.get(
    "/{meeting_id}",
    response_model=shapes.MeetingInFull,
    responses=with_tag(REFUSALS),
)
async def meeting(crn: str, meeting_id: str, ask: Asking) -> Response:
    """One meeting with its answers, what was said of sharing, and its signatures."""
    answer, tag = await ask.services.meetings.one(ask.asks(Action.READ, _MEETING, crn), id_in(meeting_id))
    return tagged(answered(answer), tag)


@router.patch(
    "/{meeting_id}", response_model=shapes.MeetingWritten, responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=body(MeetingChange) | IF_MATCH,
)  # fmt: skip
async def change(crn: str, meeting_id: str, ask: Asking, request: Request) -> Response:
    """Change time, place, agenda or who is invited, or correct the record; no signature stands afterwards."""
    given = (await ask.body(MeetingChange)).given()
    meetings, question = ask.services.meetings, _writes(ask, crn)
    return answered(await meetings.change(question, id_in(meeting_id), given, if_match(request)))


@router.post(
    "/{meeting_id}/record", response_model=shapes.MeetingRecorded, response_model_exclude_none=True,
    responses={**CHANGES, **PRECONDITIONS}, openapi_extra=body(HeldAsPlanned) | IF_MATCH,
)  # fmt: skip
async def record(crn: str, meeting_id: str, ask: Asking, request: Request) -> Response:
    """Record a meeting that was invited to: what is said in it counts before it is decided on (E1, E3)."""
    wanted = await _body(ask, HeldAsPlanned)
    meetings, question, tag = ask.services.meetings, _writes(ask, crn), if_match(request)
    return answered(await meetings.record(question, id_in(meeting_id), wanted.given(), wanted.said(), tag))


@router.post(
    "/{meeting_id}/cancellation", response_model=shapes.MeetingWritten, responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=body(Cancellation) | IF_MATCH,
)  # fmt: skip
async def cancel(crn: str, meeting_id: str, ask: Asking, request: Request) -> Response:
    """Say that a meeting that was invited to is not held, and why."""
    wanted = await ask.body(Cancellation)
    meetings, question = ask.services.meetings, _writes(ask, crn)
    return answered(await meetings.cancel(question, id_in(meeting_id), wanted.reason, if_match(request)))


@router.post(
    "/{meeting_id}/response", response_model=shapes.MeetingAnswered, responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=body(Answer) | IF_MATCH,
)  # fmt: skip
async def respond(crn: str, meeting_id: str, ask: Asking, request: Request) -> Response:
    """Answer an invitation, for oneself; it is an answer to the time that stands now."""
    wanted = await ask.body(Answer)
    parties, question = ask.services.meeting_parties, _writes(ask, crn)
    return answered(await parties.respond(question, id_in(meeting_id), wanted.response, if_match(request)))


@router.post(
    "/{meeting_id}/sign-off", response_model=shapes.MeetingSigned, responses={**CHANGES, **PRECONDITIONS},
    openapi_extra=body(Signature) | IF_MATCH,
)  # fmt: skip
async def sign(crn: str, meeting_id: str, ask: Asking, request: Request) -> Response:
    """Sign the version that was read, for oneself or for the person; a clinician's countersigns consents (E3)."""
    wanted = await ask.body(Signature)
    parties, question = ask.services.meeting_parties, _writes(ask, crn)
    return answered(await parties.sign(question, id_in(meeting_id), wanted.signatory, if_match(request)))


def _writes(ask: Asker, crn: str) -> Question:
    return ask.asks(Action.WRITE, _MEETING, crn)


async def _body(ask: Asker, model: type[Change]) -> Change:
    """The body; what of a consent in it would not be enforced is refused under a code that says so."""
    try:
        return await ask.body(model)
    except BadRequest as fault:
        raise unenforceable(fault, "consents") or fault from fault.__cause__
