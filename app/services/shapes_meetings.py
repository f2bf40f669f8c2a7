"""The shapes of answers about three-way meetings, for the OpenAPI document."""

from datetime import date, datetime
from typing import Literal

from app.pathway.consents import State
from app.services.shapes import Shape
from app.vocabulary import Party, Scope

Status = Literal["planned", "held", "cancelled"]
Signatory = Literal["person", "offender-manager", "therapist"]
Answered = Literal["accepted", "declined"]


class MeetingWritten(Shape):
    """What was written: its id, the version that it has now, and the state that it is in."""

    id: str
    version: str
    status: Status


class SaidInMeeting(Shape):
    """A consent that was recorded in the act, and how it stands."""

    scope: Scope
    id: str
    version: str
    state: State


class MeetingRecorded(MeetingWritten):
    """A meeting with what was said in it; None of one that is yet to be held."""

    consents: list[SaidInMeeting] | None = None


class MeetingAnswered(Shape):
    """What was answered, to which time."""

    id: str
    response: Answered
    startsAt: datetime  # noqa: N815  # as it stands in JSON


class MeetingSigned(Shape):
    """A signature, the version that it is on, and the consents that it countersigns (E3)."""

    id: str
    signatory: Signatory
    version: str
    signedAt: datetime  # noqa: N815  # as it stands in JSON
    countersigned: list[str]


class MeetingResponse(Shape):
    """An answer to the invitation; it stands while the time is the one that was answered."""

    id: str
    staff: str
    party: Party
    response: Answered
    heldAt: datetime  # noqa: N815  # as it stands in JSON
    respondedAt: datetime  # noqa: N815  # as it stands in JSON
    stands: bool


class MeetingSharing(Shape):
    """What was said of sharing something with a party."""

    id: str
    scope: Scope
    recipient: Party
    decision: Literal["permit", "refuse", "withdraw"]
    consentId: str | None  # noqa: N815  # as it stands in JSON


class MeetingSignature(Shape):
    """A signature; it stands while the version is the one that was signed."""

    id: str
    signatory: Signatory
    recordedBy: str  # noqa: N815  # as it stands in JSON
    version: str
    signedAt: datetime  # noqa: N815  # as it stands in JSON
    stands: bool


class MeetingInFull(Shape):
    """A meeting with all that belongs to it; `heldAt` is when it is to be, until it is held."""

    crn: str
    id: str
    version: str
    status: Status
    heldAt: datetime  # noqa: N815  # as it stands in JSON
    place: str | None
    site: str | None
    offenderManager: str  # noqa: N815  # as it stands in JSON
    therapist: str
    invitedBy: str | None  # noqa: N815  # as it stands in JSON
    agenda: str | None
    agreed: str | None
    personView: str | None  # noqa: N815  # as it stands in JSON
    offenderManagerView: str | None  # noqa: N815  # as it stands in JSON
    therapistView: str | None  # noqa: N815  # as it stands in JSON
    cancelledBecause: str | None  # noqa: N815  # as it stands in JSON
    nextDate: date | None  # noqa: N815  # as it stands in JSON
    responses: list[MeetingResponse]
    sharing: list[MeetingSharing]
    signOffs: list[MeetingSignature]  # noqa: N815  # as it stands in JSON
