"""The shapes of answers about the outcomes of appointments, for the OpenAPI document."""

from datetime import datetime

from pydantic import BaseModel, create_model

from app.pathway.attendance import Outcome
from app.pathway.engagement import Sign
from app.services.shapes import Shape, list_of, row_of


class CorrectedOutcome(Shape):
    """What was recorded of an appointment before it was recorded otherwise."""

    attendanceCode: str  # noqa: N815  # as it stands in JSON
    outcome: Outcome
    shortNotice: str | None = None  # noqa: N815  # as it stands in JSON
    cancelledAt: datetime | None = None  # noqa: N815  # as it stands in JSON
    noticeHours: int | None = None  # noqa: N815  # as it stands in JSON
    recordedAt: datetime  # noqa: N815  # as it stands in JSON
    correctedAt: datetime  # noqa: N815  # as it stands in JSON


class OutcomeRecorded(Shape):
    """Which appointment, its version now, and what there is to see to under the referral."""

    id: str
    version: str
    signals: list[Sign]
    moved: str | None
    """To which status the referral went because of it."""


class Written(Shape):
    """Which record was written, and its version."""

    id: str
    version: str


def attendance_answer() -> type[BaseModel]:
    """GET /v1/referrals/{id}/appointments/{appointmentId}/attendance."""
    return create_model(
        "OneAttendance", __base__=row_of("appointments"), crn=(str, ...), corrected=(list_of(CorrectedOutcome), ...)
    )
