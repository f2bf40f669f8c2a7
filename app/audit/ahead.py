"""Has PostgreSQL's months of the log made ahead of time, by whoever runs the service, and knows how many there are."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import asyncpg
from sqlalchemy import String, bindparam, func, select

from app.audit.months import AHEAD, FEWEST, bounds_of_months, distance, later, read_bounds
from app.audit.shelf import shelf_of
from app.db import Address, Database, DatabaseUnavailable, open_writing

EVERY_SECONDS = 86_400.0
SOONER_SECONDS = 300.0
"""After a fault."""
log = logging.getLogger("openmind")


class MonthsRefused(Exception):
    """The database does not let months be made: it is not migrated, or this role may not."""


class MonthsAhead:
    """On SQLite, where the log is one table, there is nothing to make and nothing to run out of."""

    def __init__(self, database: Database, address: Address, role: str | None, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._writing = open_writing(address, role)
        self._newest: str | None = None
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Once at start, and then every day."""
        if self._database.dialect == "sqlite":
            yield
            return
        wait = await self._tried()
        task = asyncio.create_task(self._run(wait))
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.gather(task, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Give the connection back."""
        await self._writing.close()

    async def make(self, ahead: int = AHEAD) -> str:
        """So many months after this one, where they are missing; the newest that there is then, as "2027-02".

        DatabaseUnavailable if it is gone, MonthsRefused where the database refuses it.
        """
        wanted = later(self._month(), ahead)
        try:
            await self._writing.run(self._maker, self._maker.arguments({"wanted": wanted}))
            bounds = read_bounds(await self._database.fetch(self._bounds, {}))
        except asyncpg.PostgresError as fault:
            raise MonthsRefused(f"the months of the log cannot be made ({type(fault).__name__})") from fault
        self._newest = later(bounds[-1][1], -1)
        return self._newest

    def left(self) -> int | None:
        """How many months after this one there are, none as long as nobody knows; None where it makes no difference."""
        if self._database.dialect == "sqlite":
            return None
        return 0 if self._newest is None else distance(self._month(), self._newest)

    async def _run(self, wait: float) -> None:
        while not await self._stopped_within(wait):
            wait = await self._tried()

    async def _tried(self) -> float:
        """How long to wait until the next time; says in the service's own log what is wrong."""
        shelf_of(self._database).forget()  # the day may have come on which another month is the newest
        try:
            await self.make()
        except DatabaseUnavailable:
            log.warning("months of the log: the database does not answer")
        except MonthsRefused as fault:  # the service goes on for as long as there are months
            log.error("%s; try openmind audit months", fault)
        left = self.left() or 0
        if left >= FEWEST:
            return EVERY_SECONDS
        log.warning("months of the log: %s after this one are known to be there", left)
        return SOONER_SECONDS

    def _month(self) -> str:
        return f"{self._now().astimezone(UTC):%Y-%m}"

    async def _stopped_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    @cached_property
    def _maker(self) -> Any:
        wanted = bindparam("wanted", type_=String(), required=True)
        return self._database.prepare(select(func.log_make_months(wanted)))

    @cached_property
    def _bounds(self) -> Any:
        return self._database.prepare(bounds_of_months())
