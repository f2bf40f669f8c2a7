"""Entries with their persons' parts, in the order of their numbers: the one reader that every query of the log uses.

An entry whose person's part was erased by law names nobody any more, and is not found among anybody's.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, bindparam, or_, select

from app.audit.archive import GROUP, Entry
from app.audit.in_memory import run as run_in_memory
from app.audit.shelf import at_the_time, in_its_month, shelf_of
from app.db import Database, Prepared, UnpermittedRead, Warrant, prepare
from app.tables.log import LogEntry, LogSubject

ENTRIES: Any = LogEntry.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
PARTS: Any = LogSubject.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
ENTRY, PART = ENTRIES.c, PARTS.c
WHOLE = range(2**62)
"""Every number that an entry can have."""
_KEPT = 256
_START, _STOP, _MOST = (bindparam(name, type_=BigInteger(), required=True) for name in ("start", "stop", "most"))


class Order(StrEnum):
    """From which end of the log."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Whose:
    """Of whom, by the ids and the CRNs that persons' parts can name; of nobody without any."""

    people: tuple[str, ...] = ()
    crns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.crns)

    @property
    def shape(self) -> tuple[int, int]:
        """What its condition looks like."""
        return len(self.people), len(self.crns)

    def values(self) -> dict[str, str]:
        """Each under the name of its parameter."""
        named = {f"person_{place}": value for place, value in enumerate(self.people)}
        return named | {f"crn_{place}": value for place, value in enumerate(self.crns)}

    def condition(self) -> ColumnElement[bool]:
        """A part of theirs; by the indexes of the two columns."""
        people = (PART.person_id == _text(f"person_{place}") for place in range(len(self.people)))
        return or_(*people, *(PART.crn == _text(f"crn_{place}") for place in range(len(self.crns))))


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Conditions on entry and part, made once for each name; `values` are those of their parameters."""

    name: Any
    conditions: Callable[[str], Sequence[ColumnElement[bool]]]
    """From the dialect."""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement over entries within `start` and `stop`, built for a dialect; `key` is that of all that are alike."""

    key: Any
    build: Callable[[str], Select[Any]]
    values: Mapping[str, Any]
    whose: Whose | None = None

    def everything(self) -> dict[str, Any]:
        """The values of its parameters but for its bounds."""
        return {**self.values, **(self.whose.values() if self.whose else {})}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it stands in the log, with the person's part as far as there is one."""

    seq: int
    recorded_at: str
    body: str
    leaf_hash: bytes
    subject: str | None
    """The entry's commitment to a person; None where it is about nobody."""
    part: str | None

    @property
    def is_erased(self) -> bool:
        """Whether it was about somebody who is not named any more."""
        return self.subject is not None and self.part is None


class Entries:
    """Reads rows; whether they may be read was decided before, which the permit shows."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._prepared: dict[Any, Prepared] = {}

    async def read(
        self,
        permit: Warrant,
        narrowing: Narrowing,
        most: int,
        *,
        whose: Whose | None = None,
        numbers: range = WHOLE,
        order: Order = Order.NEWEST,
    ) -> list[Row]:
        """So many of these numbers, of one person or with None of everybody and nobody.

        UnpermittedRead without a live permit: the log's tables are no records, but whom they speak of is.
        """
        check(permit)
        if whose is not None and not whose:
            return []

        def build(dialect: str) -> Select[Any]:
            return _rows(dialect, whose, order, narrowing.conditions(dialect))

        query = Query(("rows", narrowing.name, whose and whose.shape, order), build, narrowing.values, whose)
        return [Row(*row) for row in await self.over(query, numbers, order, most)]

    async def over(self, query: "Query", numbers: range, order: Order, most: int | None = None) -> list[Any]:
        """A query over these numbers wherever they stand: what it finds in files beside what the database finds.

        ArchiveUnavailable if a file is needed and not at hand.
        """
        shelf = shelf_of(self.database)
        while True:
            gone, here = await shelf.parted(numbers)
            rows: list[Any] = []
            for part in (gone, here) if order is Order.OLDEST else (here, gone):
                if part and (most is None or len(rows) < most):
                    rows += await (self._in_files if part is gone else self._in_tables)(query, part, order, most)
            if await shelf.holds(numbers):
                return rows[:most]

    async def _in_tables(self, query: "Query", numbers: range, _order: Order, most: int | None) -> list[Any]:
        statement = self.prepared(query.key, lambda: query.build(self.database.dialect))
        values = {**query.everything(), **await self.bounds(numbers, query.whose), "most": most}
        return await self.database.fetch(statement, values)

    async def _in_files(self, query: "Query", numbers: range, order: Order, most: int | None) -> list[Any]:
        statement = self.prepared((query.key, "archived"), lambda: query.build("sqlite"), "sqlite")
        rows: list[Any] = []
        async for part, parts in self._pieces(query.whose, numbers, order):
            entries = await shelf_of(self.database).entries(part)
            if query.whose is not None:
                entries = [entry for entry in entries if entry[0] in parts]
            values = {**query.everything(), "start": part.start, "stop": part.stop, "most": most}
            arguments = statement.arguments(values)
            rows += await asyncio.to_thread(run_in_memory, statement, arguments, entries, parts.items())
            if most is not None and len(rows) >= most:
                break
        return rows

    async def _pieces(
        self, whose: Whose | None, numbers: range, order: Order
    ) -> AsyncGenerator[tuple[range, dict[int, str]]]:
        """A row group's worth of numbers at a time, with the persons' parts that count; only where somebody has one."""
        rest = numbers
        while rest:
            if whose is not None:
                edge = await self._parts(whose, rest, order, 1)
                if not edge:
                    return
                rest = (
                    range(rest.start, next(iter(edge)) + 1)
                    if order is Order.NEWEST
                    else range(next(iter(edge)), rest.stop)
                )
            piece = _piece(rest, order)
            yield piece, await self._parts(whose, piece, order, len(piece))
            rest = range(rest.start, piece.start) if order is Order.NEWEST else range(piece.stop, rest.stop)

    async def _parts(self, whose: Whose | None, numbers: range, order: Order, most: int) -> dict[int, str]:
        def build() -> Select[Any]:
            own = () if whose is None else (whose.condition(),)
            found = select(PART.seq, PART.body).where(*own, *within(PART.seq))
            return found.order_by(in_order(PART.seq, order)).limit(_MOST)

        statement = self.prepared(("parts", whose and whose.shape, order), build)
        values = {"start": numbers.start, "stop": numbers.stop, "most": most, **(whose.values() if whose else {})}
        return dict(await self.database.fetch(statement, values))

    async def by_number(self, numbers: range, statement: Prepared, pick: Callable[[Entry], Any]) -> list[Any]:
        """Entries in their order as a statement gives them; of those in files, what `pick` takes of each."""
        shelf = shelf_of(self.database)
        while True:
            gone, here = await shelf.parted(numbers)
            rows: list[Any] = [pick(entry) for entry in await shelf.entries(gone)]
            if here:
                rows += await self.database.fetch(statement, await self.bounds(here))
            if await shelf.holds(numbers):
                return rows

    async def bounds(self, numbers: range, whose: Whose | None = None) -> dict[str, Any]:
        """The values for `entries_within`, or with somebody given for `entries_of`."""
        shelf = shelf_of(self.database)
        where = await (shelf.times(numbers) if whose is None else shelf.months())
        return {"start": numbers.start, "stop": numbers.stop, **where}

    def prepared(self, key: Any, build: Callable[[], Any], dialect: str | None = None) -> Prepared:
        """A statement compiled once for each key, as long as there are not too many."""
        if key not in self._prepared:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()
            self._prepared[key] = prepare(build(), dialect or self.database.dialect)
        return self._prepared[key]


def check(permit: Warrant) -> None:
    """UnpermittedRead unless it is live."""
    if not permit.covers(frozenset()):
        raise UnpermittedRead("no permit covers the entries of the log")


def within(number: ColumnElement[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether a number is one of those that are asked for."""
    return number >= _START, number < _STOP


def entries_within(dialect: str) -> tuple[ColumnElement[bool], ...]:
    """Whether an entry's number is one of those, and so its month one of theirs."""
    return (*within(ENTRY.seq), *(at_the_time() if dialect == "postgresql" else ()))


def entries_of(dialect: str) -> tuple[Any, ...]:
    """Parts with their entries, and the condition that their numbers are asked for."""
    same: Any = PART.seq == ENTRY.seq
    if dialect == "postgresql":
        same = and_(same, *in_its_month(PART.seq))
    return PARTS.join(ENTRIES, same), *within(PART.seq)


def _piece(numbers: range, order: Order) -> range:
    """As many as a row group has, from the end where an order begins."""
    if order is Order.NEWEST:
        return range(max(numbers.start, numbers.stop - GROUP), numbers.stop)
    return range(numbers.start, min(numbers.stop, numbers.start + GROUP))


def in_order(number: ColumnElement[int], order: Order) -> ColumnElement[Any]:
    """What puts rows into an order."""
    return number.desc() if order is Order.NEWEST else number.asc()


def _rows(dialect: str, whose: Whose | None, order: Order, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    source: Any = ENTRIES.outerjoin(PARTS, PART.seq == ENTRY.seq)
    number, asked = ENTRY.seq, [*entries_within(dialect)]
    if whose is not None:
        source, *asked = entries_of(dialect)
        number, asked = PART.seq, [whose.condition(), *asked]
    return (
        select(ENTRY.seq, ENTRY.recorded_at, ENTRY.body, ENTRY.leaf_hash, ENTRY.subject, PART.body)
        .select_from(source)
        .where(*asked, *conditions)
        .order_by(in_order(number, order))
        .limit(_MOST)
    )


def _text(name: str) -> Any:
    return bindparam(name, type_=String(), required=True)
