"""The shapes of answers about tasks, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from app.services.shapes import Pagination, Shape

KindOfTask = Literal["safety-prompt", "two-missed", "first-missed"]


class Task(Shape):
    """What there is to see to: of whom, under which referral, and the appointment or the score that gave it."""

    crn: str
    kind: KindOfTask
    referralId: str  # noqa: N815  # as it stands in JSON
    about: str
    since: datetime
    acknowledgedAt: datetime | None = None  # noqa: N815  # as it stands in JSON


class TasksPage(Shape):
    """A page of the caller's tasks."""

    data: list[Task]
    pagination: Pagination


class TaskMarked(Shape):
    """What the caller's side has said of a task, and since when."""

    kind: KindOfTask
    about: str
    mark: Literal["acknowledged", "done"]
    at: datetime
