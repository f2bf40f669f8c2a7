"""Whether the service can answer: database, log and agreement."""

from collections.abc import Callable
from datetime import datetime

from app.audit.ahead import MonthsAhead
from app.audit.months import FEWEST
from app.audit.submission import LogUnavailable
from app.gate import Gate


class Readiness:
    """Asks each part that an answer needs."""

    def __init__(self, gate: Gate, clock: Callable[[], datetime], months: MonthsAhead) -> None:
        self._gate, self._clock, self._months = gate, clock, months

    async def check(self) -> dict[str, bool]:
        """Each part's name, and whether it answers."""
        database = await self._gate.records.answers()
        return {"database": database, "log": await self._log_answers(), "agreement": self._agreed()}

    def warnings(self) -> list[str]:
        """What does not stop an answer yet: `log-months` where the log soon has no month to go on in."""
        left = self._months.left()
        return ["log-months"] if left is not None and left < FEWEST else []

    async def _log_answers(self) -> bool:
        try:
            await self._gate.log.ping()
        except LogUnavailable:
            return False
        return True

    def _agreed(self) -> bool:
        try:
            return not self._gate.agreements.at(self._clock()).ended(self._clock())
        except LookupError:
            return False
