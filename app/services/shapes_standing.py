"""The shapes of answers about staff standing, allocations and limited access, for the OpenAPI document."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from app.services.shapes import Pagination, Shape
from app.vocabulary import Fact, Role


class Member(Shape):
    """A member of staff."""

    username: str
    name: str
    role: Role
    service: str | None
    team: str | None
    manager: str | None
    employedFrom: date  # noqa: N815  # as it stands in JSON
    employedUntil: date | None  # noqa: N815  # as it stands in JSON
    revokedAt: datetime | None  # noqa: N815  # as it stands in JSON


class MembersPage(Shape):
    """A page of the caller's party's staff."""

    data: list[Member]
    pagination: Pagination


class Completed(Shape):
    """A course that somebody completed, and the first day on which it no longer counts."""

    id: str
    course: str
    completedOn: date  # noqa: N815  # as it stands in JSON
    expiresOn: date  # noqa: N815  # as it stands in JSON


class MemberStanding(Member):
    """A member with their training, and which facts about them held; of a past moment with what was known when."""

    trainings: list[Completed]
    facts: list[Fact]
    at: datetime | None = None
    knownAt: datetime | None = None  # noqa: N815  # as it stands in JSON


class MemberWritten(Shape):
    """Who was written, and the entity tag of their record now."""

    username: str
    version: str


class Lapse(Shape):
    """A fact about somebody that ends, and the first day on which it no longer holds."""

    username: str
    fact: Fact
    lapsesOn: date  # noqa: N815  # as it stands in JSON
    name: str | None = None
    team: str | None = None
    manager: str | None = None
    authorisationId: str | None = None  # noqa: N815  # as it stands in JSON
    lapsesAt: datetime | None = None  # noqa: N815  # as it stands in JSON


class LapsingPage(Shape):
    """What lapses soon, soonest first."""

    data: list[Lapse]
    pagination: Pagination


class Authorised(Shape):
    """An authorisation to receive criminal-justice data."""

    id: str
    username: str
    kind: str
    grantedBy: str  # noqa: N815  # as it stands in JSON
    validFrom: datetime  # noqa: N815  # as it stands in JSON
    validUntil: datetime  # noqa: N815  # as it stands in JSON
    revokedAt: datetime | None  # noqa: N815  # as it stands in JSON


class AuthorisationsPage(Shape):
    """A page of authorisations."""

    data: list[Authorised]
    pagination: Pagination


class Granted(Shape):
    """What was granted."""

    id: str
    kind: str
    validFrom: datetime  # noqa: N815  # as it stands in JSON
    validUntil: datetime  # noqa: N815  # as it stands in JSON


class Revoked(Shape):
    """What was revoked, and when."""

    id: str
    revokedAt: datetime  # noqa: N815  # as it stands in JSON


class Treating(Shape):
    """Who treats under a referral from now on."""

    referralId: str  # noqa: N815  # as it stands in JSON
    therapist: str
    since: datetime = Field(alias="from")


class TreatingEnded(Shape):
    """From when on nobody treats under a referral."""

    referralId: str  # noqa: N815  # as it stands in JSON
    until: datetime


class Allocated(Shape):
    """Whose person it was, from when and until when; `recordedAt` is when that came to be known."""

    kind: Literal["caseload", "treating"]
    username: str | None
    since: datetime = Field(alias="from")
    until: datetime | None
    recordedAt: datetime  # noqa: N815  # as it stands in JSON
    referralId: str | None = None  # noqa: N815  # as it stands in JSON


class Allocations(Shape):
    """A person's allocations, oldest first."""

    crn: str
    data: list[Allocated]


class Supervising(Shape):
    """Who the person's offender manager is from now on; nobody for null."""

    crn: str
    username: str | None
    since: datetime = Field(alias="from")


class LimitWritten(Shape):
    """What became of a limit."""

    crn: str
    limitId: str  # noqa: N815  # as it stands in JSON
    id: str
    change: Literal["created", "changed", "unchanged"]


class Limit(Shape):
    """An exclusion or a restriction as its owner wrote it."""

    limitId: str  # noqa: N815  # as it stands in JSON
    type: Literal["exclusion", "restriction"]
    message: str
    startDateTime: datetime  # noqa: N815  # as it stands in JSON
    endDateTime: datetime | None  # noqa: N815  # as it stands in JSON
    usernames: list[str]
    recordedAt: datetime  # noqa: N815  # as it stands in JSON


class Limits(Shape):
    """Every limit of a person's record."""

    crn: str
    data: list[Limit]


class CaseAccess(Shape):
    """Whether a user is kept out of one person's record, in the shape that probation systems know."""

    crn: str
    userExcluded: bool  # noqa: N815  # as it stands in JSON
    userRestricted: bool  # noqa: N815  # as it stands in JSON
    exclusionMessage: str | None  # noqa: N815  # as it stands in JSON
    restrictionMessage: str | None  # noqa: N815  # as it stands in JSON


class UserAccess(Shape):
    """One result for each person asked about."""

    access: list[CaseAccess]
