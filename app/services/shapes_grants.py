"""The shapes of answers about emergency grants, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from app.services.shapes import Pagination, Shape
from app.vocabulary import Party, Role

Outcome = Literal["justified", "justified-with-learning", "not-justified"]
State = Literal["open", "reviewed", "overdue"]
"""What the list can be narrowed to: `open` is everything that waits for a review, `overdue` what waits too long."""


class OpenedGrant(Shape):
    """What whoever opens a grant is told: the same for every CRN, on file or not."""

    id: str
    crn: str
    grantedAt: datetime  # noqa: N815  # as it stands in JSON
    expiresAt: datetime  # noqa: N815  # as it stands in JSON
    reviewDueAt: datetime  # noqa: N815  # as it stands in JSON


class GrantStaff(Shape):
    """Who used a grant, or reviewed it."""

    username: str
    name: str
    party: Party
    role: Role


class ListedGrant(Shape):
    """A grant on the review list: who, whose record, when, and how far its review is; none of its texts."""

    id: str
    crn: str
    staff: GrantStaff
    grantedAt: datetime  # noqa: N815  # as it stands in JSON
    expiresAt: datetime  # noqa: N815  # as it stands in JSON
    revokedAt: datetime | None  # noqa: N815  # as it stands in JSON
    live: bool
    state: Literal["open", "reviewed"]
    dueAt: datetime  # noqa: N815  # as it stands in JSON
    overdue: bool
    reviewedAt: datetime | None  # noqa: N815  # as it stands in JSON
    reviewedBy: GrantStaff | None  # noqa: N815  # as it stands in JSON
    outcome: Outcome | None


class GrantsPage(Shape):
    """A page of the review list, newest first."""

    data: list[ListedGrant]
    pagination: Pagination


class WithheldText(Shape):
    """A text that the reader's party may not see, and the clause that says so."""

    field: Literal["reason", "feared", "note"]
    clauses: list[str]


class Use(Shape):
    """One question asked under a grant: the log's number of it, what was released by category, what was not."""

    number: int
    at: datetime
    resource: str
    outcome: Literal["permitted", "partly-permitted", "refused"]
    released: dict[str, list[str]]
    withheld: list[str]
    clauses: list[str]


class GrantInFull(ListedGrant):
    """A grant with its texts, and with what was looked at under it."""

    reason: str | None
    feared: str | None
    note: str | None
    withheld: list[WithheldText]
    lookedAt: list[Use]  # noqa: N815  # as it stands in JSON
    lookedAtMore: bool  # noqa: N815  # as it stands in JSON


class ReviewedGrant(Shape):
    """A review as it was kept."""

    id: str
    state: Literal["reviewed"]
    outcome: Outcome
    reviewedAt: datetime  # noqa: N815  # as it stands in JSON
