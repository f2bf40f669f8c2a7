"""The shapes of answers about possible matches, for the OpenAPI document."""

from datetime import date, datetime
from typing import Literal

from app.pathway.matching import Basis, Level
from app.services.shapes import Pagination, Shape

Listed = Literal["possible", "linked", "dismissed"]


class MatchedPerson(Shape):
    """Who the justice party says that they are."""

    crn: str
    nhsNumber: str | None  # noqa: N815  # as it stands in JSON
    pncNumber: str | None  # noqa: N815  # as it stands in JSON
    familyName: str | None  # noqa: N815  # as it stands in JSON
    givenNames: str | None  # noqa: N815  # as it stands in JSON
    dateOfBirth: date | None  # noqa: N815  # as it stands in JSON
    sex: str | None


class MatchedRegistration(Shape):
    """Who the health party says that they are; `source` and `localId` are where its own staff find them."""

    source: str
    localId: str  # noqa: N815  # as it stands in JSON
    crn: str | None
    nhsNumber: str | None  # noqa: N815  # as it stands in JSON
    pncNumber: str | None  # noqa: N815  # as it stands in JSON
    familyName: str | None  # noqa: N815  # as it stands in JSON
    givenNames: str | None  # noqa: N815  # as it stands in JSON
    dateOfBirth: date | None  # noqa: N815  # as it stands in JSON
    sex: str | None


class Agreement(Shape):
    """How far the two agree, field by field."""

    nhsNumber: Level  # noqa: N815  # as it stands in JSON
    crn: Level
    pncNumber: Level  # noqa: N815  # as it stands in JSON
    dateOfBirth: Level  # noqa: N815  # as it stands in JSON
    familyName: Level  # noqa: N815  # as it stands in JSON
    givenNames: Level  # noqa: N815  # as it stands in JSON
    postcode: Level
    sex: Level


class MatchDecision(Shape):
    """Who decided, when and why."""

    by: str
    at: datetime
    note: str


class Match(Shape):
    """A registration beside a person; `weight` is in bits: one more is twice as likely to be one person."""

    id: str
    state: Listed
    basis: Basis
    since: datetime
    weight: float
    agreement: Agreement
    person: MatchedPerson
    registration: MatchedRegistration
    decision: MatchDecision | None


class MatchesPage(Shape):
    """Matches, newest first."""

    data: list[Match]
    pagination: Pagination


class DecidedMatch(Shape):
    """How a match stands now."""

    id: str
    state: Listed
