"""A folder of agreements that is looked at while the service runs: a version put there takes over at its moment.

What has ever been known stays as it was. A folder that cannot be read as a whole (a file with a fault, a version that
was edited or taken away, one that would have begun before it came) changes nothing: the fault goes to the service's
log, and the versions that were known go on.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.policies.agreement import CompiledAgreement, load_agreement
from app.policies.faults import AgreementInvalid
from app.policies.versions import AgreementVersions, VersionsInvalid

log = logging.getLogger("openmind")
LOOKS_EVERY = 1.0
"""Seconds between two looks at the folder, at most; a look takes some microseconds."""
_State = tuple[tuple[str, int, int], ...]


class AgreementFolder(AgreementVersions):
    """The versions in a folder of TOML files, and those that come into it.

    Raises AgreementInvalid or VersionsInvalid when it is made, and never afterwards; `fault` says what is wrong now.
    """

    def __init__(self, directory: Path, clock: Callable[[], datetime], looks_every: float = LOOKS_EVERY) -> None:
        self._directory, self._clock, self._every = directory, clock, looks_every
        self._state = _state(directory)
        self._looked = time.monotonic()
        self.fault: str | None = None
        super().__init__(load_agreement(path) for path in _files(directory))

    def __iter__(self) -> Iterator[CompiledAgreement]:
        self._look()
        return super().__iter__()

    def at(self, moment: datetime) -> CompiledAgreement:
        """The version of a moment, among all that are there now."""
        self._look()
        return super().at(moment)

    def by_digest(self, digest: str) -> CompiledAgreement:
        """The version with this digest, among all that are there now; KeyError where there is none."""
        self._look()
        return super().by_digest(digest)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < self._every:
            return
        self._looked = now
        try:
            state = _state(self._directory)
            if state != self._state:
                self._state = state
                self._take()
        except (AgreementInvalid, VersionsInvalid, OSError) as fault:
            if self.fault != str(fault):
                self.fault = str(fault)
                log.error("the folder of agreements is left as it was: %s", fault)

    def _take(self) -> None:
        """Everything that is there in place of what was, if it may stand there."""
        known = {each.digest: each for each in super().__iter__()}
        found: dict[str, CompiledAgreement] = {}
        for path in _files(self._directory):
            agreement = load_agreement(path)
            if agreement.digest not in known and self._came(path) >= agreement.begins:
                raise VersionsInvalid(
                    f"version '{agreement.version}' would have begun before it came; give a later day"
                )
            found[agreement.digest] = known.get(agreement.digest, agreement)
        for digest, agreement in known.items():
            if digest not in found:
                raise VersionsInvalid(f"version '{agreement.version}' was edited or is gone; put it back")
        taken = AgreementVersions(found.values())
        self._versions, self._by_digest = taken._versions, taken._by_digest
        if self.fault is not None or len(found) > len(known):
            self.fault = None
            log.warning("the folder of agreements was read again: %s", ", ".join(each.version for each in taken))

    def _came(self, path: Path) -> datetime:
        """When the file came here, by the service's clock: the same for every process that looks at it."""
        return datetime.fromtimestamp(path.stat().st_ctime, UTC) + (self._clock() - datetime.now(UTC))


def _files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.toml"))


def _state(directory: Path) -> _State:
    """What shows that a file came, went or changed."""
    found = ((path.name, path.stat()) for path in _files(directory))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
