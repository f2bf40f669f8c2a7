"""A member of staff's appointments as a calendar (RFC 5545): when and where, and nothing of whom.

Calendars end up on telephones and with whoever makes those; what stands in one is an id to look up, and no name.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from app.gate import CALENDAR, Gate
from app.records.diary import over
from app.services.answers import Answer, document
from app.vocabulary import Party, Question, Role

MEDIA_TYPE = "text/calendar; charset=utf-8"
BEFORE, AFTER = timedelta(days=14), timedelta(days=92)
MOST = 1000
OF_OTHERS = (Role.CLINICAL_LEAD, Role.SERVICE_ADMINISTRATOR)


class CalendarService:
    """Calendars of staff; every appointment that one shows is an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def of(self, question: Question, username: str) -> Answer:
        """The appointments that somebody holds, as far as the caller may read the attendance of each (B1, B2, B4).

        AccessRefused for who is of the justice party, since who treats a person is told to nobody there; and for staff
        who ask about others without keeping the service's appointments.
        """
        if (code := _against(question, username)) is not None:
            await self._gate.check_purpose(question)
            await self._gate.check_caller(question)
            raise await self._gate.refuse(question, code)
        filters = {"staff": username, "since": question.at - BEFORE, "until": question.at + AFTER}
        async with self._gate.ask_many(question, CALENDAR, filters, None, MOST) as listed:
            listed.answers.extend(document(row.fields) for row in listed.rows)
        return Answer(_written((row.fields for row in listed.rows), question.at), listed.receipts)


def _against(question: Question, username: str) -> str | None:
    caller = question.caller
    if caller.party is not Party.HEALTH or caller.is_system:
        return "not-permitted-for-role"
    return "calendar-of-others" if username != caller.staff and caller.role not in OF_OTHERS else None


def _written(rows: Iterable[Mapping[str, Any]], at: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Open Mind//diary//EN")
    calendar.add("version", "2.0")
    for row in rows:
        calendar.add_component(_event(row, at))
    written: bytes = calendar.to_ical()
    return written


def _event(row: Mapping[str, Any], at: datetime) -> Event:
    event = Event()
    starts = row["startsAt"]
    event.add("uid", f"{row['id']}@open-mind")
    event.add("dtstamp", at)
    event.add("last-modified", row["recordedAt"])
    event.add("dtstart", starts)
    event.add("dtend", over(starts, row["minutes"]))
    event.add("summary", "Appointment")
    event.add("class", "PRIVATE")
    event.add("description", f"referral {row['referralId']}")
    where = row["roomId"] or row["site"]
    if where:
        event.add("location", where.replace(":", ", "))
    return event
