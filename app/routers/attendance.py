"""Attendance: what became of an appointment, recorded and corrected."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.pathway.attendance import CODES
from app.routers.addresses import id_in
from app.routers.asking import Asking, answered
from app.routers.bodies import Body, body, word_of
from app.routers.moments import Moment
from app.routers.preconditions import IF_MATCH, changing, if_match, tagged, with_tag
from app.routers.responses import CHANGES, REFUSALS
from app.services import shapes_attendance as shapes
from app.services.attendance import Recorded
from app.vocabulary import Action, Category

router = APIRouter(tags=["attendance"])
_ADDRESS = "/v1/referrals/{referral_id}/appointments/{appointment_id}/attendance"
_ATTENDANCE = (Category.ATTENDANCE,)
Code = Annotated[str, *word_of(CODES)]


class AttendanceRecorded(Body):
    """The national code, null to take back what was recorded; when it was cancelled, now if that is left out."""

    attendanceCode: Code | None  # noqa: N815  # as it stands in JSON
    cancelledAt: Moment | None = None  # noqa: N815  # as it stands in JSON


@router.get(_ADDRESS, response_model=shapes.attendance_answer(), responses=with_tag(REFUSALS))
async def attendance(referral_id: str, appointment_id: str, ask: Asking) -> Response:
    """What became of an appointment, in codes and in words, and what was recorded of it before."""
    question = ask.asks(Action.READ, _ATTENDANCE)
    answer, tag = await ask.services.attendance.one(question, id_in(referral_id), id_in(appointment_id))
    return tagged(answered(answer), tag)


@router.put(
    _ADDRESS,
    response_model=shapes.OutcomeRecorded,
    responses=changing(CHANGES),
    openapi_extra=body(AttendanceRecorded) | IF_MATCH,
)
async def record(referral_id: str, appointment_id: str, ask: Asking, request: Request) -> Response:
    """Record what became of an appointment of the caller's service (B1, B2, B4); `If-Match` says what was read."""
    wanted = await ask.body(AttendanceRecorded)
    said, question = Recorded(wanted.attendanceCode, wanted.cancelledAt), ask.asks(Action.WRITE, _ATTENDANCE)
    answer, tag = await ask.services.attendance.record(
        question, id_in(referral_id), id_in(appointment_id), said, if_match(request)
    )
    return tagged(answered(answer), tag)
