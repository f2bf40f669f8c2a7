"""Numbers of what was recorded when: times never run back along the log, so halving finds the first of a moment."""

from datetime import datetime
from functools import cached_property
from typing import Any

import asyncpg
from sqlalchemy import BigInteger, ColumnElement, Select, String, bindparam, case, cast, func, literal_column, select

from app.audit.entry import timestamp
from app.db import Database, DatabaseUnavailable
from app.tables.log import LogEntry

_columns: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it
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
            ((last,),) = await self._database.fetch(self._last, {})
        except asyncpg.UndefinedTableError as fault:
            raise DatabaseUnavailable("there is no log in this database") from fault
        return 0 if last is None else int(last) + 1

    async def _first(self, moment: datetime, size: int) -> int:
        """The first number recorded at a moment or later, found by the database in one statement."""
        ((found,),) = await self._database.fetch(self._halving, {"moment": timestamp(moment), "size": size})
        return int(found)

    @cached_property
    def _last(self) -> Any:
        return self._database.prepare(select(func.max(_seq)))

    @cached_property
    def _halving(self) -> Any:
        return self._database.prepare(_halved())


def _halved() -> Select[Any]:
    """Low and high come closer by a look-up a step, until there is nothing between them."""
    size = bindparam("size", type_=BigInteger(), required=True)
    moment = bindparam("moment", type_=String(), required=True)
    bounds = select(_number(0).label("low"), size.label("high")).cte("bounds", recursive=True)
    middle = (bounds.c.low + bounds.c.high) // _number(2)
    recorded_at = (
        select(_columns.recorded_at).where(_seq >= middle).order_by(_seq).limit(literal_column("1")).scalar_subquery()
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
