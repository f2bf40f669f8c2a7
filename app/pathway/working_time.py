"""When staff hold therapy: weekly sessions within their periods, without the days on which they are away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

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
