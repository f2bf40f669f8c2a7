"""Where a query of the log has to look: stretches of numbers, in order, none of which costs more than a glance.

A person's entries and a member of staff's are found by an index. Everything else goes by the words of the log's tiles;
tiles that have none yet are looked at one and all.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import literal_column, select

from app.audit.conditions import POINTING, Asked
from app.audit.rows import PART, Entries, Order, Whose, check, in_order, within
from app.audit.shelf import shelf_of
from app.audit.words import TILE, Words
from app.db import Warrant

WINDOW = 4096
"""Tiles whose words one statement looks at: about a million entries."""
TOGETHER = 8
"""Neighbouring tiles that one statement reads."""
AT_ONCE = 500
"""Entries that one statement reads of those that a person's id, or their CRN, names."""
WINDOW_COSTS = 1024
"""What looking at a window's words is worth in entries looked at."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers to look at next, and about how many entries that takes.

    Without a number it stands where everything up to there has been looked at.
    """

    numbers: range
    cost: int


class Walk:
    """The stretches of a query."""

    def __init__(self, entries: Entries) -> None:
        self._entries, self._words = entries, Words(entries)

    async def stretches(
        self, permit: Warrant, asked: Asked, numbers: range, order: Order, *, whole: bool = False
    ) -> AsyncGenerator[Stretch]:
        """Together they cover all of these numbers that can hold what is asked for.

        With `whole` each is read to its end, and no stretch is longer than that allows.
        """
        if asked.whose is not None:
            steps = self._of_person(permit, asked.whose, numbers, order)
        elif POINTING & asked.filters.keys() or (not whole and asked.filters.keys() <= {"staff"}):
            steps = self._by_index(permit, asked, numbers, order)
        else:
            steps = self._by_words(permit, asked, numbers, order)
        async with aclosing(steps):
            async for stretch in steps:
                yield stretch
                await asyncio.sleep(0)  # SQLite answers at once, and others wait too

    async def _by_index(self, permit: Warrant, asked: Asked, numbers: range, order: Order) -> AsyncGenerator[Stretch]:
        """In the database at once; what stands in files has no such index, and goes by words."""
        gone, here = await shelf_of(self._entries.database).parted(numbers)
        for part in (gone, here) if order is Order.OLDEST else (here, gone):
            steps = self._by_words(permit, asked, part, order) if part is gone else _one(part)
            async with aclosing(steps):
                async for stretch in steps:
                    yield stretch

    async def _of_person(self, permit: Warrant, whose: Whose, numbers: range, order: Order) -> AsyncGenerator[Stretch]:
        check(permit)
        while whose and numbers:
            edges = [edge for key in _each(whose) if (edge := await self._edge(key, numbers, order)) is not None]
            if order is Order.NEWEST:
                part = range(max(edges, default=numbers.start), numbers.stop)
                numbers = range(numbers.start, part.start)
            else:
                part = range(numbers.start, min(edges, default=numbers.stop - 1) + 1)
                numbers = range(part.stop, numbers.stop)
            yield Stretch(part, AT_ONCE * len(_each(whose)))

    async def _edge(self, key: Whose, numbers: range, order: Order) -> int | None:
        """The number up to which there are as many entries as are read at once; None if there are fewer."""

        def build() -> Any:
            return (
                select(PART.seq)
                .where(key.condition(), *within(PART.seq))
                .order_by(in_order(PART.seq, order))
                .limit(literal_column("1"))
                .offset(literal_column(str(AT_ONCE - 1)))
            )

        statement = self._entries.prepared(("edge", bool(key.people), order), build)
        values = {**key.values(), "start": numbers.start, "stop": numbers.stop}
        rows = await self._entries.database.fetch(statement, values)
        return rows[0][0] if rows else None

    async def _by_words(self, permit: Warrant, asked: Asked, numbers: range, order: Order) -> AsyncGenerator[Stretch]:
        if not numbers:
            return
        sought, indexed = asked.sought(), await self._words.indexed()
        archived = await shelf_of(self._entries.database).archived_stop()
        tiles = range(numbers.start // TILE, (numbers.stop - 1) // TILE + 1)
        for window in _windows(tiles, order):
            known, unknown = _parted(window, indexed)
            led = (
                replace(sought, staff=None) if known.start * TILE < archived else sought
            )  # files have no index of staff
            found = await self._words.tiles(permit, led, known, order) if known else []
            rest = list(unknown) if order is Order.OLDEST else list(reversed(unknown))
            for run in _runs([*found, *rest] if order is Order.OLDEST else [*rest, *found]):
                first, stop = min(run) * TILE, (max(run) + 1) * TILE
                part = range(max(first, numbers.start), min(stop, numbers.stop))
                yield Stretch(part, len(part))
            edge = min(window.stop * TILE, numbers.stop) if order is Order.OLDEST else window.start * TILE
            yield Stretch(range(edge, edge), WINDOW_COSTS)


async def _one(numbers: range) -> AsyncGenerator[Stretch]:
    yield Stretch(numbers, 0)


def _each(whose: Whose) -> list[Whose]:
    return [*(Whose((person,)) for person in whose.people), *(Whose(crns=(crn,)) for crn in whose.crns)]


def _windows(tiles: range, order: Order) -> Iterator[range]:
    starts = range(tiles.start, tiles.stop, WINDOW)
    for start in starts if order is Order.OLDEST else reversed(starts):
        yield range(start, min(start + WINDOW, tiles.stop))


def _parted(window: range, indexed: int) -> tuple[range, range]:
    """Those that have their words, and those that do not yet."""
    middle = min(max(indexed, window.start), window.stop)
    return range(window.start, middle), range(middle, window.stop)


def _runs(tiles: Sequence[int]) -> Iterator[list[int]]:
    """Neighbours together, in the order in which they come."""
    run: list[int] = []
    for tile in tiles:
        if run and (abs(tile - run[-1]) != 1 or len(run) == TOGETHER):
            yield run
            run = []
        run.append(tile)
    if run:
        yield run
