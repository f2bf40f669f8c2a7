"""Auditors' queries of the log: pages from either end, one entry by its number, and everything in a stream."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from app.audit.conditions import Asked
from app.audit.numbers import Numbers
from app.audit.rows import Entries, Narrowing, Order, Row
from app.audit.walking import Walk
from app.db import Database, Warrant

MOST_LOOKED_AT = 65_536
"""Entries that a page is looked for among, before it says how far it came."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order; `rest` is where more can be: empty at the end."""

    rows: Sequence[Row]
    rest: range


@dataclass(frozen=True, slots=True)
class _Step:
    """Entries that were found, the numbers that are left, and how many entries were looked at."""

    rows: Sequence[Row]
    rest: range
    cost: int


class LogSearch:
    """Reads what was decided that somebody may read; a person whose part was erased is found by nobody."""

    def __init__(self, database: Database) -> None:
        self._entries = Entries(database)
        self._numbers, self._walk = Numbers(database), Walk(self._entries)

    async def numbers(self, since: datetime, until: datetime) -> range:
        """The numbers of what was recorded from `since` on and before `until`, as the log stands."""
        return await self._numbers.between(since, until)

    async def one(self, permit: Warrant, number: int, asked: Asked) -> Row | None:
        """The entry with this number, unless it is hidden or not there."""
        wanted = range(number, number + 1)
        found = await self._entries.read(permit, self._narrowing(asked), 1, numbers=wanted)
        return next(iter(found), None)

    async def page(self, permit: Warrant, asked: Asked, numbers: range, order: Order, size: int) -> Page:
        """So many of these numbers' entries; fewer, and with a rest, where they are far between."""
        found: list[Row] = []
        looked_at = 0
        async with aclosing(self._read(permit, asked, numbers, order, size + 1)) as steps:
            async for step in steps:
                found += step.rows
                looked_at += step.cost
                if len(found) > size:
                    return Page(found[:size], _after(found[size - 1].seq, numbers, order))
                if looked_at > MOST_LOOKED_AT and step.rest:
                    return Page(found, step.rest)
        return Page(found, range(0))

    async def stream(
        self, permit: Warrant, asked: Asked, numbers: range, size: int = AT_ONCE
    ) -> AsyncGenerator[tuple[Sequence[Row], int]]:
        """Every entry of these numbers, oldest first, so many at a time; with each, how many numbers are behind it."""
        async with aclosing(self._read(permit, asked, numbers, Order.OLDEST, size)) as steps:
            async for step in steps:
                yield step.rows, len(numbers) - len(step.rest)

    async def _read(
        self, permit: Warrant, asked: Asked, numbers: range, order: Order, most: int
    ) -> AsyncGenerator[_Step]:
        """So many entries at a time, until there are none."""
        narrowing, rest = self._narrowing(asked), numbers
        async with aclosing(self._walk.stretches(permit, asked, numbers, order)) as stretches:
            async for stretch in stretches:
                left, cost = stretch.numbers, stretch.cost
                while left:
                    rows = await self._entries.read(
                        permit, narrowing, most, whose=asked.whose, numbers=left, order=order
                    )
                    left = _after(rows[-1].seq, left, order) if len(rows) == most else left[:0]
                    rest = _beside(left, rest, order) if left else _beyond(stretch.numbers, rest, order)
                    yield _Step(rows, rest, cost)
                    cost = 0
                if not stretch.numbers:
                    rest = _beyond(stretch.numbers, rest, order)
                    yield _Step((), rest, cost)

    def _narrowing(self, asked: Asked) -> Narrowing:
        return asked.narrowing()


def _after(number: int, numbers: range, order: Order) -> range:
    """What is left of these numbers behind one of them."""
    return range(numbers.start, number) if order is Order.NEWEST else range(number + 1, numbers.stop)


def _beside(left: range, rest: range, order: Order) -> range:
    """The rest from where a stretch goes on."""
    return range(rest.start, left.stop) if order is Order.NEWEST else range(left.start, rest.stop)


def _beyond(stretch: range, rest: range, order: Order) -> range:
    """The rest behind a stretch."""
    return range(rest.start, stretch.start) if order is Order.NEWEST else range(stretch.stop, rest.stop)
