"""Numbers of what was recorded when: times never run back along the log, so halving finds the first of a moment."""

from datetime import datetime
from functools import cached_property
from typing import Any

import asyncpg
from sqlalchemy import BigInteger, ColumnElement, Select, String, bindparam, case, cast, func, literal_column, select

from app.audit.entry import timestamp
from app.audit.shelf import at_the_time, shelf_of
from app.db import Database, DatabaseUnavailable
from app.tables.log import LogEntry, LogHead

_columns: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it
_HEAD: Any = LogHead.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it
_seq: ColumnElement[int] = _columns.seq


class Numbers:
    """The numbers that stand for a period."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def between(self, since: datetime | None = None, until: datetime | None = None) -> range:
        """The numbers of what was recorded from `since` on and before `until`; DatabaseUnavailable if it is gone."""
        size = await self.size()
        first = 0 if since is None else await self._first(since, size)
        return range(first, size if until is None else await self._first(until, size))

    async def size(self) -> int:
        """One more than the last number; DatabaseUnavailable where there is no log."""
        try:
            found = await self._database.fetch(self._last, {})
        except asyncpg.UndefinedTableError as fault:
            raise DatabaseUnavailable("there is no log in this database") from fault
        return int(found[0][0]) + 1 if found else 0

    async def _first(self, moment: datetime, size: int) -> int:
        """The first number recorded at a moment or later, found by the database in one statement."""
        at, shelf = timestamp(moment), shelf_of(self._database)
        if (archived := await shelf.archived_at(at)) is not None:
            return archived
        among = await shelf.around(at, size)
        values = {"moment": at, "low": among.start, "high": among.stop, **await shelf.times(among)}
        ((found,),) = await self._database.fetch(self._halving, values)
        return int(found)

    @cached_property
    def _last(self) -> Any:
        """The newest is of the head's month or later: nothing else is looked into."""
        month = select(func.substr(_HEAD.recorded_at, literal_column("1"), literal_column("7"))).scalar_subquery()
        own = (_columns.recorded_at >= month,) if self._database.dialect == "postgresql" else ()
        return self._database.prepare(select(_seq).where(*own).order_by(_seq.desc()).limit(literal_column("1")))

    @cached_property
    def _halving(self) -> Any:
        return self._database.prepare(_halved(self._database.dialect))


def _halved(dialect: str) -> Select[Any]:
    """Low and high come closer by a look-up a step, until there is nothing between them."""
    low, high = (bindparam(name, type_=BigInteger(), required=True) for name in ("low", "high"))
    moment = bindparam("moment", type_=String(), required=True)
    months = at_the_time() if dialect == "postgresql" else ()
    bounds = select(low.label("low"), high.label("high")).cte("bounds", recursive=True)
    middle = (bounds.c.low + bounds.c.high) // _number(2)
    recorded_at = (
        select(_columns.recorded_at)
        .where(_seq >= middle, *months)
        .order_by(_seq)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    is_later = recorded_at >= moment
    closer = select(
        case((is_later, bounds.c.low), else_=middle + _number(1)),
        case((is_later, middle), else_=bounds.c.high),
    ).where(bounds.c.low < bounds.c.high)
    steps = bounds.union_all(closer)
    return select(steps.c.low).where(steps.c.low >= steps.c.high)


def _number(value: int) -> ColumnElement[int]:
    """PostgreSQL takes the type of a recursion's columns from its first row, and of a plain number too small a one."""
    return cast(literal_column(str(value)), BigInteger)
