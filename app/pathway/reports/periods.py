"""Reporting years and quarters: they are counted from the day on which the agreement first came into force.

Years that neither overlap nor can be chosen otherwise are what keeps one published report from being subtracted from
another.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Days of receipt, the first and the last included."""

    first: date
    last: date


def year_of(day: date, anchor: date) -> Period:
    """The reporting year that a day lies in."""
    months = _months(day, anchor, 12)
    return Period(anchor + relativedelta(months=months), anchor + relativedelta(months=months + 12) - timedelta(days=1))


def quarter_of(day: date, anchor: date) -> date:
    """The first day of the quarter of a reporting year that a day lies in."""
    return anchor + relativedelta(months=_months(day, anchor, 3))


def quarters(period: Period, anchor: date) -> list[date]:
    """The first day of each quarter that a day of the period lies in, in order."""
    found = [quarter_of(period.first, anchor)]
    while (following := quarter_of(found[-1] + relativedelta(months=3), anchor)) <= period.last:
        found.append(following)
    return found


def _months(day: date, anchor: date, step: int) -> int:
    """From the anchor to the beginning of the stretch of so many months that the day lies in."""
    whole = (day.year - anchor.year) * 12 + day.month - anchor.month
    if anchor + relativedelta(months=whole) > day:
        whole -= 1
    return whole - whole % step
