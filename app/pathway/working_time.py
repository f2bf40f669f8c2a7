"""When staff hold therapy: weekly sessions within their periods, without the days on which they are away.

And how what was planned is planned otherwise: from today on, since what has been stays as it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is held each week, in the time of Europe/London; `weekday` 1 is Monday, `until` the last day."""

    id: str
    staff: str
    """Username."""
    weekday: int
    starts: time
    ends: time
    first: date
    until: date | None
    site: str | None = None
    room: str | None = None
    therapy_kind: str | None = None

    def is_on(self, day: date) -> bool:
        """Whether it can be held that day."""
        return day.isoweekday() == self.weekday and self.first <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Leave:
    """Days on which somebody is away, both among them."""

    staff: str
    first: date
    last: date


def held(
    sessions: Iterable[Session], leave: Iterable[Leave], first: date, last: date
) -> Iterator[tuple[date, Session]]:
    """Each session on each day from `first` to `last` on which it is held, by day, start and who holds it."""
    away: dict[str, list[Leave]] = {}
    for each in leave:
        away.setdefault(each.staff, []).append(each)
    in_order = sorted(sessions, key=lambda each: (each.starts, each.staff, each.id))
    day = first
    while day <= last:
        for session in in_order:
            if session.is_on(day) and not any(gone.first <= day <= gone.last for gone in away.get(session.staff, ())):
                yield day, session
        day += _DAY


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that holds from a day on, until a last day or for good: a weekly session, or leave."""

    what: tuple[Any, ...]
    """What it is, with its first day: two stretches of the same are one."""
    first: date
    last: date | None

    def overlaps(self, other: "Stretch") -> bool:
        """Whether some day is in both."""
        return (other.last is None or self.first <= other.last) and (self.last is None or other.first <= self.last)


class Backdated(ValueError):
    """What has been cannot be planned otherwise."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """What of stretches is to be written so that those that were wanted hold from today on, and the past stays."""

    added: tuple[Stretch, ...]
    moved: Mapping[str, date | None]
    """The new last day by id."""
    dropped: tuple[str, ...]
    """Ids of those that never came to hold."""


def replanned(known: Mapping[str, Stretch], wanted: Iterable[Stretch], today: date, *, begin_before: bool) -> Replanned:
    """From what is known by id and not over, to what is wanted; Backdated for what would change the past.

    What is new begins today or later, or, with `begin_before`, ends then: illness is known when it has begun.
    """
    by_what = {stretch.what: identity for identity, stretch in known.items()}
    yesterday = today - _DAY
    added, moved, kept = [], {}, set()
    for stretch in wanted:
        identity = by_what.get(stretch.what)
        if identity is None:
            until = stretch.last or date.max
            if (until if begin_before else stretch.first) < today:
                raise Backdated
            added.append(stretch)
            continue
        kept.add(identity)
        if stretch.last != known[identity].last:
            if stretch.last is not None and stretch.last < yesterday:
                raise Backdated
            moved[identity] = stretch.last
    gone = {identity: stretch for identity, stretch in known.items() if identity not in kept}
    moved |= {identity: yesterday for identity, stretch in gone.items() if stretch.first < today}
    dropped = tuple(identity for identity, stretch in gone.items() if stretch.first >= today)
    return Replanned(tuple(added), moved, dropped)
