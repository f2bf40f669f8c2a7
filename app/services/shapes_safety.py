"""The shapes of answers about safety, for the OpenAPI document; a list has no word of what an alert is about."""

from datetime import datetime
from typing import Literal

from app.pathway.chasing import Urgency
from app.services.shapes import Pagination, Shape


class SafetyWritten(Shape):
    """What was written: its id, and the version that it has now."""

    id: str
    version: str


class SafetyAlertReleased(SafetyWritten):
    """An alert, and from when on it is overdue unless somebody acknowledges it."""

    dueAt: datetime  # noqa: N815  # as it stands in JSON


class SafetyAlertWithdrawn(Shape):
    """An alert that holds no more."""

    id: str
    state: Literal["withdrawn"]
    withdrawnAt: datetime  # noqa: N815  # as it stands in JSON


class SafetyAlertAcknowledged(Shape):
    """Who has seen an alert, and when: whoever was first."""

    id: str
    acknowledgedBy: str  # noqa: N815  # as it stands in JSON
    acknowledgedAt: datetime  # noqa: N815  # as it stands in JSON


class ListedSafetyAlert(Shape):
    """An alert in a list; what it is about stands in the safety alerts of the person."""

    crn: str
    id: str
    state: Literal["unacknowledged", "overdue", "acknowledged", "superseded", "withdrawn"]
    urgency: Urgency
    addressedTo: Literal["staff", "offender-manager", "probation-lead"]  # noqa: N815  # as it stands in JSON
    recipient: str
    releasedBy: str  # noqa: N815  # as it stands in JSON
    releasedAt: datetime  # noqa: N815  # as it stands in JSON
    dueAt: datetime  # noqa: N815  # as it stands in JSON
    acknowledgedBy: str | None  # noqa: N815  # as it stands in JSON
    acknowledgedAt: datetime | None  # noqa: N815  # as it stands in JSON


class SafetyAlertsPage(Shape):
    """A page of alerts, newest first."""

    data: list[ListedSafetyAlert]
    pagination: Pagination
