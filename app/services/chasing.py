"""Chases safety alerts that nobody has acknowledged while the service runs; processes that share a database share it.

How far an alert has come follows from its time and from what was told, both of which are kept: a restart loses nothing
and repeats nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from app.audit.submission import ChangeRefused
from app.config import Settings
from app.gate import Gate
from app.gate.chasing import Chaser, chasing
from app.pathway.chasing import Patience, Stage, Urgency, skipped, stage_at
from app.records.rows import Found

log = logging.getLogger("openmind")
PAGE = 200


def patience_of(settings: Settings) -> Patience:
    """How long alerts may wait, as the operator says."""
    chase = settings.chase
    return Patience(chase.immediate_minutes, chase.urgent_minutes, chase.routine_working_days)


class ChaseService:
    """Tells of each alert at each stage that it comes to."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._gate, self._clock = gate, settings.clock
        self._patience, self._seconds = patience_of(settings), settings.chase.look_seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block lasts, look every so many seconds."""
        task = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            task.cancel()  # what is not told yet is told by whoever is next
            await asyncio.gather(task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                told = await self.look(self._clock)
            except Exception as fault:  # whatever it was: it is tried again, and requests are answered meanwhile
                log.error("chasing safety alerts: %s", type(fault).__name__)
            else:
                if told:
                    log.warning("chasing safety alerts: %d told of", told)

    async def look(self, clock: Callable[[], datetime]) -> int:
        """Tell of every alert that has come to a further stage; how many that were.

        DatabaseUnavailable or LogUnavailable: then what is left is still to be told.
        """
        told, last = 0, None
        with chasing(self._gate) as chaser:
            while found := await chaser.waiting(PAGE, last):
                last = found[-1]
                for alert in found:
                    told += await self._tell(chaser, alert, clock())
        return told

    async def _tell(self, chaser: Chaser, alert: Found, now: datetime) -> bool:
        """Whether somebody was told; not if another process was faster, or somebody has acknowledged it meanwhile."""
        stage = stage_at(Urgency(alert["urgency"]), alert["released_at"], now, self._patience)
        done = frozenset(each for each in Stage if alert[each.value])
        if stage in done:
            return False
        try:
            await chaser.tell(alert, stage, skipped(stage, done), now)
        except ChangeRefused:
            return False
        return True
