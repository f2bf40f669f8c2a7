"""How many entries there are, by one thing that they say: for the pictures that oversight looks at."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, column, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from app.audit.conditions import RELEASED, WITHHELD, Asked
from app.audit.rows import ENTRIES, ENTRY, PART, PARTS, Entries, Order, Query, check, entries_of, entries_within
from app.audit.walking import Walk
from app.db import Database, Warrant

MOST_COUNTED = 500_000
"""Entries that one request looks at."""


class By(StrEnum):
    """What entries are told apart by; an hour is one in UTC of when the entry was recorded."""

    STAFF = "staff"
    PARTY = "party"
    CLIENT = "client"
    ROLE = "role"
    PURPOSE = "purpose"
    ACTION = "action"
    OUTCOME = "outcome"
    TYPE = "type"
    AGREEMENT = "agreement"
    CLAUSE = "clause"
    RELEASED = "released"
    WITHHELD = "withheld"
    HOUR = "hour"


class TooMany(Exception):
    """More entries would have to be looked at than one request may."""


@dataclass(slots=True)
class Counts:
    """How many entries; and how many say each value, of which an entry can say several, or None for no value."""

    entries: int = 0
    values: Counter[str | None] = field(default_factory=Counter)


class LogCounts:
    """Counts what was decided that somebody may read."""

    def __init__(self, database: Database) -> None:
        self._entries = Entries(database)
        self._walk = Walk(self._entries)

    async def count(self, permit: Warrant, asked: Asked, numbers: range, by: By | None) -> Counts:
        """Of these numbers; TooMany for more than a request may look at."""
        check(permit)
        counts, looked_at = Counts(), 0
        walk = self._walk.stretches(permit, asked, numbers, Order.OLDEST, whole=True)
        async with aclosing(walk) as stretches:
            async for stretch in stretches:
                looked_at += stretch.cost
                if looked_at > MOST_COUNTED:
                    raise TooMany
                if stretch.numbers:
                    await self._add(counts, asked, stretch.numbers, by)
        return counts

    async def _add(self, counts: Counts, asked: Asked, numbers: range, by: By | None) -> None:
        entries = sum(count for (count,) in await self._rows(asked, numbers, None))
        counts.entries += entries
        if by is not None and entries:
            for value, count in await self._rows(asked, numbers, by):
                counts.values[value] += count

    async def _rows(self, asked: Asked, numbers: range, by: By | None) -> Sequence[Any]:
        narrowing = asked.narrowing()

        def build(dialect: str) -> Select[Any]:
            return _counted(dialect, asked, narrowing.conditions(dialect), by)

        key = ("count", narrowing.name, asked.whose and asked.whose.shape, by)
        query = Query(key, build, narrowing.values, asked.whose)
        return await self._entries.over(query, numbers, Order.OLDEST)


def _counted(dialect: str, asked: Asked, conditions: Sequence[ColumnElement[bool]], by: By | None) -> Select[Any]:
    source: Any = ENTRIES.outerjoin(PARTS, PART.seq == ENTRY.seq) if asked.names_parts else ENTRIES
    own: Sequence[Any] = entries_within(dialect)
    if asked.whose is not None:
        source, *own = entries_of(dialect)
        own = [asked.whose.condition(), *own]
    if by is None:
        return select(func.count()).select_from(source).where(*own, *conditions)
    value, each = _value(dialect, by)
    if each is not None:
        source = source.join(each, literal_column("1 = 1"))
    return select(value, func.count()).select_from(source).where(*own, *conditions).group_by(value)


def _value(dialect: str, by: By) -> tuple[ColumnElement[Any], Any]:
    """What is counted, and what has to be joined for it where an entry can say several."""
    if by is By.HOUR:
        return func.substr(ENTRY.recorded_at, literal_column("1"), literal_column("13")), None
    if by not in _SEVERAL:
        return ENTRY[by.value], None
    member, kind = _SEVERAL[by]
    if dialect == "sqlite":
        listed = func.json_each(ENTRY.body, literal_column(f"'$.{member}'"))
        each: Any = listed.table_valued(column(kind), name="each_value")
    else:
        of = cast(ENTRY.body, JSONB).op("->")(literal_column(f"'{member}'"))
        listed = func.jsonb_array_elements_text(of) if kind == "value" else func.jsonb_object_keys(of)
        each = listed.table_valued(column(kind), name="each_value").render_derived().lateral()
    return each.c[kind], each


_SEVERAL: Mapping[By, tuple[str, str]] = {
    By.CLAUSE: ("clauses", "value"),
    By.RELEASED: (RELEASED, "key"),
    By.WITHHELD: (WITHHELD, "key"),
}
