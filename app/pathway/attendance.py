"""What became of a therapy appointment, in the national codes and in words of fact; never whether it was acceptable.

Whether an absence is acceptable is for the offender manager to judge, in the probation service's own record.
"""

from datetime import datetime, timedelta
from enum import StrEnum

BY_PERSON, BY_SERVICE = "2", "4"
ATTENDED, MISSED = frozenset({"5", "6"}), frozenset({"3", "7"})
CANCELLED = frozenset({BY_PERSON, BY_SERVICE})
CODES = ("5", "6", "7", "2", "3", "4")
"""AttendOrDNACode, in the order of the national list."""


class Outcome(StrEnum):
    """What happened, for somebody who does not know the national codes."""

    ATTENDED = "attended"
    LATE = "arrived late but seen"
    TOO_LATE = "arrived too late to be seen"
    MISSED = "did not attend"
    CANCELLED_BY_PERSON = "cancelled by the person"
    CANCELLED_BY_SERVICE = "cancelled by the service"
    NOT_RECORDED = "not recorded yet"


_OUTCOMES = {
    "5": Outcome.ATTENDED,
    "6": Outcome.LATE,
    "7": Outcome.TOO_LATE,
    "3": Outcome.MISSED,
    BY_PERSON: Outcome.CANCELLED_BY_PERSON,
    BY_SERVICE: Outcome.CANCELLED_BY_SERVICE,
}


def outcome_of(code: str | None) -> Outcome:
    """A code in words; without one nobody has said yet what happened, which is no absence."""
    return _OUTCOMES[code] if code else Outcome.NOT_RECORDED


class Wrong(Exception):
    """What is said of an appointment cannot be: a stable code, and which of what was sent is at fault."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code, self.field = code, field


def cancelled_at(code: str | None, said: datetime | None, starts_at: datetime, at: datetime) -> datetime | None:
    """When it was cancelled, now where that is left out; None of what was not. Wrong for what cannot have happened.

    The service may fail somebody at the last moment and after it: when that was may be left open once it has begun.
    """
    if code is not None and code not in CANCELLED and starts_at > at:
        raise Wrong("appointment-not-begun", "attendanceCode")
    if code not in CANCELLED:
        if said is not None:
            raise Wrong("cancellation-unfit", "cancelledAt")
        return None
    if said is not None and said > at:
        raise Wrong("cancellation-in-future", "cancelledAt")
    moment = said or at
    if moment < starts_at:
        return moment
    if code == BY_PERSON:
        raise Wrong("cancelled-after-start", "cancelledAt")
    return said


def notice_hours(cancelled: datetime | None, starts_at: datetime) -> int | None:
    """Whole hours between a cancellation and the appointment, none once it has begun."""
    return None if cancelled is None else max(0, (starts_at - cancelled) // timedelta(hours=1))


def short_notice(code: str | None, cancelled: datetime | None, starts_at: datetime, hours: int) -> str | None:
    """The national `Cancellation`, Y for less notice than so many hours; of what the person cancelled alone."""
    if code != BY_PERSON or cancelled is None:
        return None
    return "Y" if starts_at - cancelled < timedelta(hours=hours) else "N"
