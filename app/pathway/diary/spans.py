"""Sets of half-open spans of whole minutes, sorted and apart from each other: what diaries are reckoned in.

Minutes are counted from 1970-01-01T00:00Z, so that no clock change makes a day longer. Each function is one pass over
sorted spans; why not a library's intervals, decision 21 says.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from app.pathway.working_days import start_of

Span = tuple[int, int]
"""From the first minute to the one that is no longer part of it."""
Spans = Sequence[Span]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def minute(moment: datetime) -> int:
    """The minute that a moment lies in."""
    return (moment - _EPOCH) // _MINUTE


def minute_after(moment: datetime) -> int:
    """The first minute that begins at a moment or later."""
    return -((_EPOCH - moment) // _MINUTE)


def moment(minutes: int) -> datetime:
    """When a minute begins."""
    return _EPOCH + minutes * _MINUTE


def span(starts: datetime, ends: datetime) -> Span:
    """Every minute that a period touches; one that ends as it begins touches the minute that it lies in."""
    first = minute(starts)
    return first, max(minute_after(ends), first + 1)


def day_of(day: date) -> Span:
    """A day in Europe/London, of 23, 24 or 25 hours."""
    return minute(start_of(day)), minute(start_of(day + timedelta(days=1)))


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same minutes in sorted spans that neither overlap nor touch."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if made and start <= made[-1][1]:
            if end > made[-1][1]:
                made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    return made


def widened(spans: Iterable[Span], minutes: int) -> list[Span]:
    """Each span with so many minutes before and after it."""
    return [(start - minutes, end + minutes) for start, end in spans]


def common(one: Spans, other: Spans) -> list[Span]:
    """The minutes that are in both."""
    made: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        start, end = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if start < end:
            made.append((start, end))
        if one[here][1] <= other[there][1]:
            here += 1
        else:
            there += 1
    return made


def without(one: Spans, other: Spans) -> list[Span]:
    """The minutes of the one that are not in the other."""
    made: list[Span] = []
    place = 0
    for begins, ends in one:
        start = begins
        while place < len(other) and other[place][1] <= start:
            place += 1
        at = place
        while at < len(other) and other[at][0] < ends:
            if start < other[at][0]:
                made.append((start, other[at][0]))
            start = max(start, other[at][1])
            at += 1
        if start < ends:
            made.append((start, ends))
    return made


def holds(spans: Spans, wanted: Span) -> bool:
    """Whether every minute of a span is in them."""
    place = bisect_right(spans, wanted[0], key=_start) - 1
    return place >= 0 and wanted[1] <= spans[place][1]


def meets(spans: Spans, wanted: Span) -> bool:
    """Whether some minute of a span is in them."""
    place = bisect_right(spans, wanted[0], key=_start)
    before = place > 0 and spans[place - 1][1] > wanted[0]
    return before or (place < len(spans) and spans[place][0] < wanted[1])


def crowded(spans: Iterable[Span], limit: int) -> list[Span]:
    """The minutes that are in so many of these spans, or in more."""
    steps = sorted((edge, step) for start, end in spans for edge, step in ((start, 1), (end, -1)))
    made: list[Span] = []
    depth, since = 0, 0
    for edge, step in steps:
        depth += step
        if step > 0 and depth == limit:
            since = edge
        elif step < 0 and depth == limit - 1:
            made.append((since, edge))
    return joined(made)


def _start(one: Span) -> int:
    return one[0]
