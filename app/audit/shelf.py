"""Which of PostgreSQL's months holds which numbers, so that a statement looks into those and no other.

What a process knows of it can be behind, never wrong: the newest month that it knows counts as going on for good.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, Text, bindparam, func, literal_column, select
from sqlalchemy.sql.elements import Grouping

from app.audit.months import bounds_of_months, read_bounds
from app.db import Database, Prepared
from app.tables.log import LogEntry

_ENTRY: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
FOREVER = "~"
"""After every time, in the order of bytes."""
_SINCE, _UNTIL = (bindparam(name, type_=String(), required=True) for name in ("since", "until"))


@dataclass(frozen=True, slots=True)
class Month:
    """A month with entries: the number of its first one, and the times from which and until which it goes."""

    first: int
    since: str
    until: str


class Shelf:
    """The months of one database; on SQLite there are none, and nothing is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._months: list[Month] = []
        self._is_fresh = False

    @property
    def has_months(self) -> bool:
        """Whether statements can be told where to look."""
        return self._database.dialect == "postgresql"

    def forget(self) -> None:
        """Look again when it is needed next: another month may have begun."""
        self._is_fresh = False

    async def times(self, numbers: range) -> Mapping[str, Any]:
        """From when until when these numbers were recorded at most, for `at_the_time`; nothing on SQLite."""
        if not self.has_months:
            return {}
        months = await self._known()
        firsts = [month.first for month in months]
        start = bisect_right(firsts, numbers.start) - 1
        stop = bisect_right(firsts, numbers.stop - 1)
        return {
            "since": months[start].since if start >= 0 else "",
            "until": months[stop].since if stop < len(months) else FOREVER,
        }

    async def months(self) -> Mapping[str, Any]:
        """Every month, for `in_its_month`; nothing on SQLite."""
        if not self.has_months:
            return {}
        months = await self._known() or [Month(0, "", FOREVER)]
        sinces = [month.since for month in months]
        return {"firsts": [month.first for month in months], "sinces": sinces, "untils": [*sinces[1:], FOREVER]}

    async def around(self, moment: str, size: int) -> range:
        """The numbers among which a moment's first one is, or the one behind them."""
        if not self.has_months:
            return range(size)
        months = await self._known()
        place = bisect_right([month.since for month in months], moment) - 1
        if place < 0:
            return range(0)
        stop = months[place + 1].first if place + 1 < len(months) else size
        return range(min(months[place].first, size), stop)

    async def _known(self) -> list[Month]:
        if self._is_fresh:
            return self._months
        known = list(self._months)
        for since, until in read_bounds(await self._database.fetch(self._bounds, {})):
            if not known or since >= known[-1].until:
                ((first,),) = await self._database.fetch(self._first, {"since": since, "until": until})
                if first is not None:
                    known.append(Month(int(first), since, until))
        self._months, self._is_fresh = known, bool(known)
        return known

    @cached_property
    def _bounds(self) -> Prepared:
        return self._database.prepare(bounds_of_months())

    @cached_property
    def _first(self) -> Prepared:
        return self._database.prepare(select(func.min(_ENTRY.seq)).where(*at_the_time()))


def at_the_time() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Recorded from `since` on and before `until`: nothing that is not true anyway, but the months that it takes."""
    return _ENTRY.recorded_at >= _SINCE, _ENTRY.recorded_at < _UNTIL


def in_its_month(number: ColumnElement[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The same for the one month that this number stands in."""
    firsts = bindparam("firsts", type_=ARRAY(BigInteger()), required=True)
    place = func.width_bucket(number, firsts)
    since, until = (
        func.coalesce(Grouping(bindparam(name, type_=ARRAY(Text()), required=True))[place], literal_column("''"))
        for name in ("sinces", "untils")
    )
    return _ENTRY.recorded_at >= since, _ENTRY.recorded_at < until


_SHELVES: "WeakKeyDictionary[Database, Shelf]" = WeakKeyDictionary()


def shelf_of(database: Database) -> Shelf:
    """The one of this database."""
    if database not in _SHELVES:
        _SHELVES[database] = Shelf(database)
    return _SHELVES[database]
