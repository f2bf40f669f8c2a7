"""Working days in England: Monday to Friday without bank holidays, days as they are in London."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
REVIEW_DAYS = 2
_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether offices work."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def is_bank_holiday(day: date) -> bool:
    """Whether it is one in England."""
    return day in _bank_holidays()


@cache
def _bank_holidays() -> holidays.HolidayBase:
    """Substitute days and those proclaimed once included; years are worked out as they are asked for.

    Made for whoever asks first: the package then reads every country there is, a tenth of a start.
    """
    return holidays.country_holidays("GB", subdiv="ENG")


def review_due(used_at: datetime) -> datetime:
    """The end of the second working day after the day of `used_at`, as the first moment that is too late."""
    return end_of_working_day(used_at, REVIEW_DAYS)


def end_of_working_day(moment: datetime, days: int) -> datetime:
    """The end of so many working days after the day of a moment, 0 for that day, as the first moment that is later."""
    day, left = moment.astimezone(LONDON).date(), days
    while left:
        day += _DAY
        left -= is_working_day(day)
    return start_of(day + _DAY)


def overdue_if_before(now: datetime, days: int = REVIEW_DAYS) -> datetime:
    """What was before this moment is past its `end_of_working_day` now, and what was later is not."""
    day = now.astimezone(LONDON).date()
    while end_of_working_day(start_of(day), days) > now:
        day -= _DAY
    return start_of(day + _DAY)


def start_of(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), LONDON)
