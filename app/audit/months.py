"""The months in which PostgreSQL keeps the log: their names, and which events a month's own key has to know."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, cast, column, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import REGCLASS

AHEAD = 3
"""How many months after the present one are made."""
FEWEST = 2
"""With fewer than so many there is time left to see to it, and something to be seen to."""
_CLOCKS = 600
"""Seconds by which an event's own time and the log's may differ."""

_BOUND = re.compile(r"FOR VALUES FROM \((?:MINVALUE|'(\d{4}-\d\d)')\) TO \('(\d{4}-\d\d)'\)")


def bounds_of_months() -> Select[Any]:
    """What PostgreSQL's catalogue says of each partition of the log."""
    kept = table("pg_inherits", column("inhparent"), column("inhrelid"))
    part = table("pg_class", column("oid"), column("relpartbound"))
    own = kept.c.inhparent == cast(literal_column("'log_entry'"), REGCLASS)
    whole = kept.join(part, part.c.oid == kept.c.inhrelid)
    return select(func.pg_get_expr(part.c.relpartbound, part.c.oid)).select_from(whole).where(own)


def read_bounds(rows: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    """From when ("" for the first) until when each month goes, such as "2026-11" and "2026-12", in their order."""
    found = [_BOUND.fullmatch(bound) for (bound,) in rows]
    return sorted((each[1] or "", each[2]) for each in found if each is not None)


def month_of(recorded_at: str) -> str:
    """Such as "2026-11", of a time as the log writes it."""
    return recorded_at[:7]


def later(month: str, months: int) -> str:
    """So many months after one."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + months, 12)
    return f"{year:04}-{number + 1:02}"


def distance(month: str, other: str) -> int:
    """How many months after the one the other is."""
    return (int(other[:4]) - int(month[:4])) * 12 + int(other[5:]) - int(month[5:])


def strays(event_ids: Iterable[str], recorded_at: str) -> list[str]:
    """Those events that an earlier month could hold too: whose own time (UUIDv7) does not lie well within this one.

    A month's unique key finds what is appended twice within it, and nothing else does.
    """
    moment = datetime.fromisoformat(recorded_at)
    start = datetime.fromisoformat(f"{month_of(recorded_at)}-01T00:00:00Z")
    first, last = (_stamp(each.timestamp() + shift) for each, shift in ((start, _CLOCKS), (moment, _CLOCKS)))
    return [each for each in event_ids if len(each) != 36 or each[14] != "7" or not first <= each[:13] <= last]


def _stamp(seconds: float) -> str:
    """How a UUIDv7 of a moment begins."""
    digits = f"{round(seconds * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"
