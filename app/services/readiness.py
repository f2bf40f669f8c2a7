"""Whether the service can answer: database, log and agreement."""

from collections.abc import Callable
from datetime import datetime

from app.audit.submission import LogUnavailable
from app.audit.writer import AuditLog
from app.policies import AgreementVersions
from app.records.reading import Records


class Readiness:
    """Asks each part that an answer needs."""

    def __init__(self, records: Records, log: AuditLog, agreements: AgreementVersions,
                 clock: Callable[[], datetime]) -> None:  # fmt: skip
        self._records, self._log, self._agreements, self._clock = records, log, agreements, clock

    async def check(self) -> dict[str, bool]:
        """Each part's name, and whether it answers."""
        return {
            "database": await self._records.answers(),
            "log": await self._log_answers(),
            "agreement": self._agreed(),
        }

    async def _log_answers(self) -> bool:
        try:
            await self._log.ping()
        except LogUnavailable:
            return False
        return True

    def _agreed(self) -> bool:
        try:
            return not self._agreements.at(self._clock()).ended(self._clock())
        except LookupError:
            return False
