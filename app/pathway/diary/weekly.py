"""Hours that come round each week, as people write them: `Mon-Fri 09:00-17:00; Sat 10:00-13:00`, or `19:00-07:00`.

Opening times, curfews and the times that suit a person are all written so. Hours that end no later than they begin go
on into the next day; clocks are those of Europe/London, whatever they do on a day.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.pathway.diary.spans import Span, joined, minute
from app.pathway.working_days import LONDON, start_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORM = "hours such as 'Mon-Fri 09:00-17:00; Sat 10:00-13:00', with three letters of the day"
_PART = re.compile(r"(?:([a-z,\s-]+?)\s+)?(\d{2}):(\d{2})\s*-\s*(\d{2}):(\d{2})")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Weekly:
    """The same hours on some days of each week (Monday is 0), in minutes of the day; 1440 is midnight at its end."""

    days: frozenset[int]
    starts: int
    ends: int

    def spans(self, first: date, last: date) -> Iterator[Span]:
        """The hours that begin on one of these days."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day.weekday() in self.days:
                ends = self.ends if self.ends > self.starts else self.ends + _DAY_MINUTES
                yield _at(day, self.starts), _at(day, ends)


def _at(day: date, minutes: int) -> int:
    days, rest = divmod(minutes, _DAY_MINUTES)
    on = day + timedelta(days=days)
    return minute(datetime.combine(on, time(rest // 60, rest % 60), LONDON) if rest else start_of(on))


def weekly(text: str) -> tuple[Weekly, ...]:
    """The hours that a text says; ValueError for one that says none."""
    parts = [part.strip().lower() for part in text.split(";")]
    if not all(parts):
        raise ValueError(FORM)
    return tuple(_part(part) for part in parts)


def _part(part: str) -> Weekly:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(FORM)
    named, *clock = found.groups()
    starts, ends = (_clock(*clock[place : place + 2]) for place in (0, 2))
    if starts in (_DAY_MINUTES, ends):
        raise ValueError(FORM)
    return Weekly(_days(named) if named else frozenset(range(7)), starts, ends)


def _clock(hour: str, minutes: str) -> int:
    found = int(hour) * 60 + int(minutes)
    if int(minutes) > 59 or found > _DAY_MINUTES:
        raise ValueError(FORM)
    return found


def _days(named: str) -> frozenset[int]:
    days: set[int] = set()
    for each in named.split(","):
        ends = [part.strip() for part in each.split("-")]
        if len(ends) > 2 or any(end not in DAYS for end in ends):
            raise ValueError(FORM)
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def spans_of(hours: Iterable[Weekly], first: date, last: date) -> list[Span]:
    """All of these hours that begin on some days, and those that go on into them from the day before."""
    begins = minute(start_of(first))
    every = (span for each in hours for span in each.spans(first - timedelta(days=1), last))
    return joined(span for span in every if span[1] > begins)
