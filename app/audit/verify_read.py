"""What the verifier reads and reports: one snapshot of the base tables, and what could hide rows of them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

TOP = {
    "event_id": "eventId",
    "type": "type",
    "occurred_at": "occurredAt",
    "purpose": "purpose",
    "action": "action",
    "resource": "resource",
    "outcome": "outcome",
    "agreement": "agreement",
    "request_id": "requestId",
    "subject": "subject",
}
CALLER = {"staff": "staff", "party": "party", "role": "role", "client": "client"}
PART = {"person_id": "personId", "crn": "crn"}
BESIDE = ("log_word", "log_checkpoint", "log_cosignature", "log_recovery")
"""Made from the log: without the other tables there is none."""
MADE: dict[str, tuple[str, ...]] = {
    "log_entry": (*TOP, *CALLER),
    "log_subject": tuple(PART),
    "log_tile": (),
    "log_head": (),
} | dict.fromkeys(BESIDE, ())
TABLES = tuple(MADE)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
CHUNK = 2000
KEPT_FINDINGS = 1000
ANSWER_SECONDS = 600.0
ENTRIES = f"SELECT seq, recorded_at, body, leaf_hash, {', '.join(MADE['log_entry'])} FROM"  # constants
_PARTS = f"SELECT seq, salt, body, {', '.join(MADE['log_subject'])} FROM log_subject"  # noqa: S608  # constants
_TILES = "SELECT number, root FROM log_tile WHERE level = "
_LEAVES = "SELECT seq, leaf_hash FROM log_entry"
_TIME_OF = "SELECT recorded_at FROM log_entry"
_STRANGE_TILES = "SELECT count(*) FROM log_tile WHERE level NOT IN (8, 16, 24)"
_WORDS = "SELECT tile, word FROM log_word"
_ERASURES = "SELECT seq, body FROM log_entry WHERE type = 'erase'"
_CHECKPOINTS = "SELECT origin, size, root, made_at, note FROM log_checkpoint"
_COSIGNATURES = "SELECT origin, size, witness, key_id, line, cosigned_at FROM log_cosignature"
_RENAMINGS = "SELECT from_size, origin, old_origin, old_size, event_id FROM log_recovery ORDER BY from_size"
_RECOVERIES = "SELECT seq, body FROM log_entry WHERE type = 'recover' ORDER BY seq"
_HEADS = "SELECT size, frontier, recorded_at, root, id FROM log_head"
_REPEATED = "SELECT event_id FROM log_entry GROUP BY event_id HAVING count(*) > 1 LIMIT 10"


def starting(column: str, first: int) -> str:
    """The condition that leaves out what is before."""
    return f" WHERE {column} >= {first}" if first else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: the entry's number where it has one, a stable code, and words."""

    seq: int | None
    code: str
    message: str


def structural(code: str, message: str) -> Finding:
    """A finding about the tables themselves."""
    return Finding(None, code, message)


@dataclass(slots=True)
class Report:
    """What was found; `first` is the first entry that is not as it was appended."""

    size: int = 0
    root: str = ""
    erased: int = 0
    start: int = 0
    """The first number that was read: what is before it rests on the checkpoint that was trusted."""
    checkpoints: int = 0
    """How many checkpoints the tree was compared with that somebody else has kept."""
    stored: int = 0
    """How many of the log's own, as it stores them."""
    cosignatures: int = 0
    """How many lines of witnesses are stored under them."""
    unchecked: int = 0
    """How many signatures of these were not looked at, since nobody named a key for them."""
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    failure: str | None = None

    @property
    def exit_code(self) -> int:
        """0 clean, 1 tampered, 2 could not verify."""
        return 1 if self.found else 2 if self.failure else 0

    @property
    def first(self) -> int | None:
        """The lowest number of an entry with a finding; None if no finding has a number."""
        return min((finding.seq for finding in self.findings if finding.seq is not None), default=None)

    def add(self, finding: Finding) -> None:
        """Count it, and keep it unless there are too many."""
        self.found += 1
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(finding)


def shape(sql: str) -> str:
    """What stands for an object's definition."""
    return sha256(sql.encode()).hexdigest()[:16]


class Reading(ABC):
    """One snapshot of the log."""

    @abstractmethod
    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        """The rows of a query, streamed."""

    @abstractmethod
    def structure(self) -> Iterator[Finding]:
        """Whatever in the catalogue could hide or change rows; LookupError where there is no log at all."""

    def entries(self, first: int = 0) -> Iterator[Sequence[Any]]:
        """Number, time, body, leaf, then the query columns, by number."""
        return self.rows(f"{ENTRIES} log_entry{starting('seq', first)} ORDER BY seq")

    def parts(self, first: int = 0) -> Iterator[Sequence[Any]]:
        """Number, salt, body, then the query columns, by number."""
        return self.rows(f"{_PARTS}{starting('seq', first)} ORDER BY seq")

    def tiles(self, level: int, first: int = 0) -> Iterator[Sequence[Any]]:
        """Number and root of a level's tiles."""
        later = f" AND number >= {first}" if first else ""
        return (tuple(row) for row in self.rows(f"{_TILES}{level}{later} ORDER BY number"))

    def hashes(self, level: int, first: int, stop: int) -> list[bytes]:
        """The kept hashes of a level (0 for the leaves) from `first` to before `stop`, as many as there are."""
        if level == 0:
            found = self.rows(f"{_LEAVES} WHERE seq >= {first} AND seq < {stop} ORDER BY seq")
        else:
            found = self.rows(f"{_TILES}{level} AND number >= {first} AND number < {stop} ORDER BY number")
        return [row[1] for row in found]

    def recorded_at(self, seq: int) -> str:
        """When an entry was recorded; nothing for one that is not there."""
        return next((str(row[0]) for row in self.rows(f"{_TIME_OF} WHERE seq = {seq}")), "")

    def words(self, first: int = 0) -> Iterator[Sequence[Any]]:
        """Tile and word, by tile."""
        return self.rows(f"{_WORDS}{starting('tile', first)} ORDER BY tile, word")

    def erasures(self) -> Iterator[Sequence[Any]]:
        """The entries that say that persons' parts were erased."""
        return self.rows(_ERASURES)

    def archives(self) -> list[tuple[str, int, int, str]]:
        """Month, first number, the one behind the last, and SHA-256 of each file that entries stand in."""
        return []

    def repeated_events(self) -> list[str]:
        """Event ids that stand in more than one entry."""
        return [row[0] for row in self.rows(_REPEATED)]

    def checkpoints(self, first: int = 0) -> Iterator[Sequence[Any]]:
        """Name, size, root, when it was made, note: those of a size or a larger one, by size and name."""
        return (
            (origin, size, bytes(root), made_at, note)
            for origin, size, root, made_at, note in self.rows(
                f"{_CHECKPOINTS}{starting('size', first)} ORDER BY size, {self.plainly('origin')}"
            )
        )

    def cosignatures(self, first: int = 0) -> Iterator[Sequence[Any]]:
        """Name, size, witness, key id, line, seconds: in the same order."""
        order = f"size, {self.plainly('origin')}, {self.plainly('witness')}, key_id"
        return self.rows(f"{_COSIGNATURES}{starting('size', first)} ORDER BY {order}")

    def renamings(self) -> Iterator[Sequence[Any]]:
        """From which size, name, old name, size under the old name, event id."""
        return self.rows(_RENAMINGS)

    def recoveries(self) -> Iterator[Sequence[Any]]:
        """The entries that say that the log goes on under another name."""
        return self.rows(_RECOVERIES)

    def plainly(self, column: str) -> str:
        """A text in the order of its bytes."""
        return column

    def heads(self) -> list[Sequence[Any]]:
        """Every head row; there should be one."""
        return list(self.rows(_HEADS))

    def strange_tiles(self) -> Iterator[Finding]:
        """Tiles of levels that are not kept."""
        if next(self.rows(_STRANGE_TILES))[0]:
            yield structural("tile-extra", "there are tiles of a level that is not kept")
