"""The shapes of answers about access alerts, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from app.services.shapes import Pagination, Shape
from app.vocabulary import Party, Role, WatchRule

Outcome = Literal["false-positive", "justified", "concern"]
State = Literal["open", "closed"]


class AlertStaff(Shape):
    """Of whom an alert is: as the log names them, and as the register does if they are on it."""

    username: str
    party: Party
    role: Role
    name: str | None


class AlertReview(Shape):
    """How an alert was closed."""

    outcome: Outcome
    reviewedBy: str  # noqa: N815  # as it stands in JSON
    reviewedAt: datetime  # noqa: N815  # as it stands in JSON


class ListedAlert(Shape):
    """An alert on the review list: which rule, of whom, about whom, on which entries of the log, and why."""

    id: str
    rule: WatchRule
    explanation: str
    staff: AlertStaff
    crn: str | None
    """None where it is about no single person, or about one who was erased by law."""
    trippedAt: datetime  # noqa: N815  # as it stands in JSON
    raisedAt: datetime  # noqa: N815  # as it stands in JSON
    entries: list[int]
    state: State
    review: AlertReview | None


class AlertsPage(Shape):
    """A page of the review list, newest first."""

    data: list[ListedAlert]
    pagination: Pagination


class ReviewInFull(AlertReview):
    """How an alert was closed, and why; the note goes with a person who is erased by law."""

    note: str | None


class AlertInFull(ListedAlert):
    """An alert with its figures and whom to ask."""

    figures: dict[str, int | float | str]
    ask: str
    manager: str | None
    """The username of whoever manages the member of staff now."""
    review: ReviewInFull | None
    eventId: str  # noqa: N815  # as it stands in JSON


class ClosedAlert(AlertReview):
    """A review as it was kept, in whole: the entry's digest is of this answer, and so of the note."""

    id: str
    state: Literal["closed"]
    note: str
