"""The shapes of answers about working time, capacity, coverage of training and waiting, for the OpenAPI document."""

from datetime import date
from typing import Literal

from pydantic import Field

from app.services.shapes import Pagination, Shape
from app.services.shapes_standing import MemberWritten
from app.vocabulary import Role
from app.vocabulary.words import ReferralStatus

__all__ = ["MemberWritten"]


class SessionShown(Shape):
    """A weekly session, in the time of Europe/London; `weekday` 1 is Monday."""

    weekday: int
    starts: str
    ends: str
    site: str | None
    room: str | None
    therapyKind: str | None  # noqa: N815  # as it stands in JSON
    first: date = Field(alias="from")
    until: date | None


class LeaveShown(Shape):
    """Days on which somebody is away, both among them."""

    first: date = Field(alias="from")
    until: date


class WorkingTimeShown(Shape):
    """What of a member's time is planned for today or later."""

    username: str
    wte: float | None
    sessions: list[SessionShown]
    leave: list[LeaveShown]


class Load(Shape):
    """Sessions, the people whom they can carry at once, and those whom they do; of the weeks ahead without leave."""

    sessionsAWeek: int  # noqa: N815  # as it stands in JSON
    sessionsAhead: int  # noqa: N815  # as it stands in JSON
    capacity: int
    capacityAhead: int  # noqa: N815  # as it stands in JSON
    caseload: int
    free: int
    percentFull: int | None  # noqa: N815  # as it stands in JSON


class TherapistLoad(Load):
    """Of one member of staff."""

    username: str
    name: str
    role: Role
    wte: float | None


class ServiceLoad(Load):
    """Of all that are listed."""

    wte: float


class CapacityAssumed(Shape):
    """What capacity is reckoned by, and where that comes from."""

    placesASession: int  # noqa: N815  # as it stands in JSON
    weeksBetweenAppointments: int  # noqa: N815  # as it stands in JSON
    source: str


class CapacityReport(Shape):
    """Caseload against capacity of one service, without the caller's own."""

    service: str
    asOf: date  # noqa: N815  # as it stands in JSON
    weeksAhead: int  # noqa: N815  # as it stands in JSON
    assumptions: CapacityAssumed
    therapists: list[TherapistLoad]
    total: ServiceLoad


class Covered(Shape):
    """How many have a course that counts, that counts and lapses soon, that has lapsed, and who never had it."""

    members: int
    valid: int
    lapsing: int
    lapsed: int
    never: int
    percentTrained: int | None  # noqa: N815  # as it stands in JSON


class TeamCovered(Covered):
    """Of one team; null for staff of none."""

    team: str | None


class MemberTrained(Shape):
    """Where somebody stands with a course, and the first day on which it no longer counts."""

    username: str
    name: str
    role: Role
    team: str | None
    state: Literal["valid", "lapsing", "lapsed", "never"]
    lapsesOn: date | None  # noqa: N815  # as it stands in JSON


class TrainingCoverage(Shape):
    """A course, team by team."""

    course: str
    asOf: date  # noqa: N815  # as it stands in JSON
    lapsingWithinDays: int  # noqa: N815  # as it stands in JSON
    total: Covered
    teams: list[TeamCovered]
    staff: list[MemberTrained]


class PauseShown(Shape):
    """Days on which the waiting was paused, both among them; null for a pause that goes on."""

    first: date = Field(alias="from")
    until: date | None


class Waits(Shape):
    """A referral that waits for treatment; pauses are null for whoever may not read the clinical record."""

    crn: str
    id: str
    serviceId: str  # noqa: N815  # as it stands in JSON
    status: ReferralStatus
    receivedOn: date  # noqa: N815  # as it stands in JSON
    daysWaited: int  # noqa: N815  # as it stands in JSON
    daysPaused: int | None  # noqa: N815  # as it stands in JSON
    pauses: list[PauseShown] | None


class WaitingPage(Shape):
    """A page of the waiting list."""

    data: list[Waits]
    pagination: Pagination
