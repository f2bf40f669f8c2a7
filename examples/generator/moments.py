"""Days and moments of the pilot, in Leicester's time."""

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
TODAY = date(2013, 7, 15)
"""The day on which the example stands still."""
LAST_PAST_DAY = date(2013, 7, 12)
"""The last working day before it; whatever is later has not happened yet."""
EXTRACTED = datetime(2013, 7, 15, 6, 0, tzinfo=LONDON)
"""When both sides' systems wrote their extracts: nothing is recorded later."""
_CLOSED = frozenset(
    date(year, month, day)
    for year, month, days in (
        (2012, 12, (24, 25, 26, 27, 28, 31)),
        (2013, 1, (1,)),
        (2013, 3, (29,)),
        (2013, 4, (1,)),
        (2013, 5, (6, 27)),
    )
    for day in days
)


def is_working_day(day: date) -> bool:
    """Whether the offices are open."""
    return day.weekday() < 5 and day not in _CLOSED


def working_day(day: date) -> date:
    """This day, or the next on which the offices are open."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def at(day: date, clock: str) -> datetime:
    """A moment in Leicester."""
    return datetime.combine(day, time.fromisoformat(clock), LONDON)


def office_hours(day: date, dice: Random) -> datetime:
    """Some moment of a working day at which somebody sat down to type."""
    return at(day, f"{dice.randint(9, 16):02}:{dice.randint(0, 59):02}")


def not_later(moment: datetime) -> datetime:
    """The moment, or the extract's where that would be earlier."""
    return min(moment, EXTRACTED)


def stamp(moment: datetime | None) -> str | None:
    """As files hold it: ISO 8601 with its offset."""
    return moment.isoformat() if moment else None


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's 28th."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))
