"""Lines that wait, for the operator: how many and how old, tried again at once, or dropped when they waited too long.

What is dropped was of people whom nothing has linked to anybody on file; its sender is told nothing of it, now or when
it comes again (H7).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.audit.submission import ChangeRefused
from app.gate import Gate
from app.gate.waiting import Waiting, drop, retry, waiting
from app.services.retention import TRIES, ErasureRefused

__all__ = ["HoldingService", "Waiting"]


class HoldingService:
    """Every method leaves an entry that says how many lines, and nothing of any."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def waiting(self, at: datetime, request_id: str) -> Sequence[Waiting]:
        """By system and what they wait for."""
        return await waiting(self._gate, at, request_id)

    async def retry(self, at: datetime, request_id: str) -> None:
        """Each is tried by whichever process applies batches; what it waits for may still not be there."""
        await retry(self._gate, at, datetime.now(UTC), request_id)

    async def drop(self, at: datetime, days: int, authority: str, request_id: str) -> int:
        """Those that have waited longer than so many days; how many.

        ErasureRefused if they are applied faster than they can be dropped.
        """
        for _ in range(TRIES):
            try:
                return await drop(self._gate, at, at - timedelta(days=days), authority, request_id)
            except ChangeRefused:  # one of them was let in meanwhile
                continue
        raise ErasureRefused("lines are being applied all the time; try again later")
