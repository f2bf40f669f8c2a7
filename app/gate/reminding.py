"""Reminders of appointments: nobody asks for them, each is an entry, and ids are all that goes out."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.audit.entry import PersonPart, Record, event_id
from app.audit.submission import Change, ChangeRefused, Submission
from app.gate.acting import somebody_was_faster
from app.gate.entries import PERMITTED
from app.records import reminders
from app.records.permit import issue_tables
from app.records.reminders import Due

if TYPE_CHECKING:
    from app.gate.door import Gate

REMINDED, ANNOUNCED, AUDIENCE = "reminder", "appointment-reminder", "reminders"
RESOURCE = "appointment reminders"
MOST = 100


async def remind(gate: "Gate", at: datetime, ahead: timedelta) -> int:
    """Announce what begins within so long, each once for each time that it was given; how many were.

    The announcement, the entry and that it was announced are one transaction. What is moved or cancelled before that is
    announced is not; what somebody else announces at the same moment is announced once.
    """
    permit = issue_tables(reminders.TABLES)
    try:
        found = await reminders.due(gate.records, permit, at, at + ahead, MOST)
    finally:
        permit.close()
    return sum([await _announced(gate, one, at) for one in found])


async def _announced(gate: "Gate", one: Due, at: datetime) -> bool:
    record = Record(
        kind=REMINDED,
        occurred_at=at,
        caller=None,
        action="remind",
        resource=RESOURCE,
        outcome=PERMITTED,
        request_id=event_id(),
        agreement=gate.agreements.at(at).digest,
        details={"appointment": one.id},
        event_id=event_id(),
    )
    seen = {"id": one.id, "source_version": one.version, "reminded_for": one.reminded_for}
    changes = (
        Change(*reminders.still_due(gate.records, one)),
        Change(*gate.writer.update("appointment_booking", seen, {"reminded_for": one.starts_at})),
        gate.announced(record, event_id(), ANNOUNCED, AUDIENCE, appointment_id=one.id, referral_id=one.referral_id),
    )
    try:
        await gate.log.append(Submission((record.sealed(PersonPart(one.person_id, one.crn)),), changes))
    except ChangeRefused as refused:
        if not somebody_was_faster(refused.fault):
            raise
        return False
    return True
