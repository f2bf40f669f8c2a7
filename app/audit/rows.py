"""Entries with their persons' parts, in the order of their numbers: the one reader that every query of the log uses.

An entry whose person's part was erased by law names nobody any more, and is not found among anybody's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, bindparam, or_, select

from app.audit.shelf import at_the_time, in_its_month, shelf_of
from app.db import Database, Prepared, UnpermittedRead, Warrant
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
    conditions: Callable[[], Sequence[ColumnElement[bool]]]
    values: Mapping[str, Any] = field(default_factory=dict)


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

        def build() -> Select[Any]:
            return _rows(self.database.dialect, whose, order, narrowing.conditions())

        statement = self.prepared(("rows", narrowing.name, whose and whose.shape, order), build)
        values = {**narrowing.values, **(whose.values() if whose else {})}
        bounds = {**await self.bounds(numbers, whose), "most": most}
        return [Row(*row) for row in await self.database.fetch(statement, values | bounds)]

    async def bounds(self, numbers: range, whose: Whose | None = None) -> dict[str, Any]:
        """The values for `entries_within`, or with somebody given for `entries_of`."""
        shelf = shelf_of(self.database)
        where = await (shelf.times(numbers) if whose is None else shelf.months())
        return {"start": numbers.start, "stop": numbers.stop, **where}

    def prepared(self, key: Any, build: Callable[[], Any]) -> Prepared:
        """A statement compiled once for each key, as long as there are not too many."""
        if key not in self._prepared:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()
            self._prepared[key] = self.database.prepare(build())
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
