"""Which of PostgreSQL's months, or which file of the archive, holds which numbers: a statement looks there alone.

What a process knows of it can be behind, never wrong: the newest month that it knows counts as going on for good.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    LargeBinary,
    String,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.sql.elements import Grouping

from app.audit.archive import Archive, Archived, Entry
from app.audit.months import bounds_of_months, read_bounds
from app.db import Database, Prepared
from app.tables.log import LogEntry

_ENTRY: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_GONE = table(
    "log_archive",
    *(column(name, Text()) for name in ("month", "ends", "file")),
    *(column(name, BigInteger()) for name in ("first_seq", "stop_seq")),
    column("sha256", LargeBinary()),
).c
"""On PostgreSQL alone, and so no table of the models."""
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
    """The months of one database, and those that left it for files; on SQLite there are none, and nothing is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._months: list[Month] = []
        self._archived: list[Archived] = []
        self._is_fresh = False
        self.archive = Archive(None)

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
        """Every month in the database, for `in_its_month`; nothing on SQLite."""
        if not self.has_months:
            return {}
        months = await self._known() or [Month(0, "", FOREVER)]
        sinces = [month.since for month in months]
        return {"firsts": [month.first for month in months], "sinces": sinces, "untils": [*sinces[1:], FOREVER]}

    async def around(self, moment: str, size: int) -> range:
        """The numbers among which a moment's first one is, or the one behind them; all of them in the database."""
        if not self.has_months:
            return range(size)
        months = await self._known()
        place = bisect_right([month.since for month in months], moment) - 1
        if place < 0:
            return range(months[0].first if months else size, months[0].first if months else size)
        stop = months[place + 1].first if place + 1 < len(months) else size
        return range(min(months[place].first, size), stop)

    async def archived_at(self, moment: str) -> int | None:
        """The first archived number that was recorded at a moment or later; None where that is in the database."""
        if self.has_months:
            await self._known()
            for month in self._archived:
                if moment < month.ends:
                    return await self.archive.first_at(month, moment)
        return None

    async def parted(self, numbers: range) -> tuple[range, range]:
        """Those that stand in files, and those that stand in the database."""
        stop = max(await self.archived_stop(), numbers.start)
        return range(numbers.start, min(stop, numbers.stop)), range(stop, max(stop, numbers.stop))

    async def archived_stop(self) -> int:
        """The number of the first entry in the database."""
        if not self.has_months:
            return 0
        await self._known()
        return self._archived[-1].stop if self._archived else 0

    async def entries(self, numbers: range) -> list[Entry]:
        """Archived ones, in order; ArchiveUnavailable."""
        return await self.archive.entries(self._archived, numbers) if numbers else []

    async def holds(self, numbers: range) -> bool:
        """Whether what was known when these were read was still so: no month of theirs left the database meanwhile.

        A month is over before it leaves, so that what was read of the newest one alone needs no look.
        """
        if not self.has_months or not self._months or numbers.start >= self._months[-1].first:
            return True
        ((stop,),) = await self._database.fetch(self._stop, {})
        if stop <= (self._archived[-1].stop if self._archived else 0):
            return True
        self._months, self._is_fresh = [], False
        return False

    async def numbers(self, since: str, until: str) -> range:
        """The numbers of what stands in a month of the database."""
        ((first, last),) = await self._database.fetch(self._ends, {"since": since, "until": until})
        return range(0) if first is None else range(int(first), int(last) + 1)

    async def _known(self) -> list[Month]:
        if self._is_fresh:
            return self._months
        self._archived = [Archived(*row) for row in await self._database.fetch(self._rows, {})]
        gone = self._archived[-1].ends if self._archived else ""
        known = [month for month in self._months if month.until > gone]
        for since, until in read_bounds(await self._database.fetch(self._bounds, {})):
            is_new = not known or since >= known[-1].until
            if is_new and (numbers := await self.numbers(since, until)):
                known.append(Month(numbers.start, since, until))
        self._months, self._is_fresh = known, bool(known)
        return known

    @cached_property
    def _bounds(self) -> Prepared:
        return self._database.prepare(bounds_of_months())

    @cached_property
    def _ends(self) -> Prepared:
        return self._database.prepare(select(func.min(_ENTRY.seq), func.max(_ENTRY.seq)).where(*at_the_time()))

    @cached_property
    def _rows(self) -> Prepared:
        columns = (_GONE.month, _GONE.ends, _GONE.first_seq, _GONE.stop_seq, _GONE.sha256, _GONE.file)
        return self._database.prepare(select(*columns).order_by(_GONE.ends))

    @cached_property
    def _stop(self) -> Prepared:
        stop = func.coalesce(func.max(_GONE.stop_seq), literal_column("0"))
        return self._database.prepare(select(stop))


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


def keep_archive(database: Database, folder: Path | None) -> None:
    """Where the files are of what is not in this database any more."""
    shelf_of(database).archive = Archive(folder)
