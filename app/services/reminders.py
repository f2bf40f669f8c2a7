"""Reminds people of appointments, while the service runs, through whoever is configured to send messages."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from app.config import Settings
from app.gate import DatabaseUnavailable, Gate
from app.gate.reminding import remind

log = logging.getLogger("openmind")
ROUND_SECONDS = 60.0


class ReminderService:
    """Rounds in the background; several processes share the work, since each reminder is written down once."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._gate, self._clock = gate, settings.clock
        self._ahead = timedelta(hours=settings.reminder_hours)
        self._is_needed = any(receiver.reminders for receiver in settings.webhooks)
        self._stopping = asyncio.Event()

    async def round(self) -> int:
        """Announce every reminder that is due; how many were."""
        return await remind(self._gate, self._clock(), self._ahead)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Where a receiver is configured for them; without one nothing is announced, and nothing marked."""
        if not self._is_needed:
            yield
            return
        rounds = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            self._stopping.set()
            await rounds

    async def _go_on(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.round()
            except DatabaseUnavailable:
                log.warning("reminders: the database does not answer")
            except Exception as fault:  # whatever it was: the next round may well be better
                log.error("reminders: %s", type(fault).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), ROUND_SECONDS)
