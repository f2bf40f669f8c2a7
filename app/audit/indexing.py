"""Gives the log's full tiles their words, in the background and one tile at a time, so that no append waits for it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import BigInteger, String, bindparam, select, true
from sqlalchemy.dialects import postgresql, sqlite

from app.audit.numbers import Numbers
from app.audit.rows import ENTRY, Entries, entries_within
from app.audit.words import INDEXED, TILE, Words, words_of
from app.db import Address, Database, DatabaseUnavailable, each_text, open_writing
from app.tables.log import LogWord

EVERY_SECONDS = 30.0
PAUSE_SECONDS = 0.005
"""Between two tiles, for those who wait for answers."""
log = logging.getLogger("openmind")


class Indexing:
    """Reads each full tile once and writes its words in one statement; whoever else does the same does no harm."""

    def __init__(self, database: Database, address: Address, role: str | None) -> None:
        self._database = database
        self._entries = Entries(database)
        self._numbers, self._words = Numbers(database), Words(self._entries)
        self._writing = open_writing(address, role)
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Indexing"]:
        """Every half a minute, while the service runs."""
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            self._stopping.set()
            await asyncio.gather(task, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Give up its own connection; what never ran in the background has to be closed too, or its loop never ends."""
        await self._writing.close()

    async def catch_up(self) -> int:
        """Every full tile that has no words yet gets its words; how many did. DatabaseUnavailable if it is gone."""
        first, stop = await self._words.indexed(), await self._numbers.size() // TILE
        for tile in range(first, stop):
            await self._index(tile)
            if await self._stopped_within(PAUSE_SECONDS):
                return tile + 1 - first
        return stop - first

    async def _run(self) -> None:
        while not await self._stopped_within(EVERY_SECONDS):
            try:
                await self.catch_up()
            except DatabaseUnavailable:
                log.warning("words of the log: the database does not answer")
            except Exception as fault:  # whatever it was: a query that takes longer is better than a service that ends
                log.error("words of the log: %s", type(fault).__name__)

    async def _index(self, tile: int) -> None:
        bounds = await self._entries.bounds(range(tile * TILE, (tile + 1) * TILE))
        bodies = await self._database.fetch(self._bodies, bounds)
        words = {INDEXED, *(word for (body,) in bodies for word in words_of(from_json(body)))}
        values = {"words": to_json(sorted(words)).decode(), "tile": tile}
        await self._writing.run(self._insert, self._insert.arguments(values))

    async def _stopped_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    @cached_property
    def _bodies(self) -> Any:
        return self._database.prepare(select(ENTRY.body).where(*entries_within(self._database.dialect)))

    @cached_property
    def _insert(self) -> Any:
        dialects: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
        words = each_text(bindparam("words", type_=String(), required=True), "said")
        tile = bindparam("tile", type_=BigInteger(), required=True)
        rows = select(words.c.value, tile).where(true())  # without a WHERE, SQLite takes ON CONFLICT for a join's ON
        insert = dialects[self._database.dialect](LogWord.__table__)  # type: ignore[attr-defined]  # SQLModel adds it
        return self._database.prepare(insert.from_select(["word", "tile"], rows).on_conflict_do_nothing())
