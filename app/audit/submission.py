"""What is handed to the log's writer and what comes back: submissions, receipts and the ways to fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import eq
from typing import Any, overload

from app.audit.entry import Entry
from app.audit.proofs import Batch, Inclusion


class LogUnavailable(Exception):
    """No durable entry could be promised: the database is gone or did not answer in time (503, no data)."""


class LogBusy(LogUnavailable):
    """The queue is full (503 with Retry-After); nothing was written."""


class EventConflict(Exception):
    """An entry with this event id and other content is in the log already (409); nothing was written."""


class EntryRefused(Exception):
    """The database refuses this entry; nothing of its submission was written."""


class RowsMissed(Exception):
    """A change touched another number of rows than it must."""


class ChangeRefused(Exception):
    """A change broke a constraint; nothing of its submission was written. The driver's error is `fault`."""

    def __init__(self, fault: Exception) -> None:
        super().__init__("the database refuses the change")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Change:
    """A compiled driver statement with its arguments, run in the transaction that holds the entry."""

    sql: str
    arguments: Sequence[Any] = ()
    touches: int | None = None
    """How many rows it must touch, or a SELECT find, where another number means that somebody was faster; None for any.
    """


@dataclass(frozen=True, slots=True)
class Submission:
    """Entries and changes that become durable together or not at all."""

    entries: tuple[Entry, ...]
    changes: tuple[Change, ...] = ()
    afterwards: tuple[Change, ...] = ()
    """Made when the entries stand, in the same transaction: an erasure, which the database lets through for them alone.
    """


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an entry stands in the log and what its leaf commits to."""

    seq: int
    leaf_hash: str
    event_id: str
    batch: Batch | None = field(default=None, compare=False, repr=False)
    """The tree as its transaction left it; None for an entry that was in the log already."""

    def __str__(self) -> str:
        return f"{self.seq}:{self.leaf_hash}"

    def proof(self) -> Inclusion | None:
        """That the entry is in the log as its transaction left it, made without a read."""
        return None if self.batch is None else self.batch.proof(self.seq)


class Receipts(Sequence[Receipt]):
    """The receipts of entries that were numbered together: each is made when it is asked for, since few ever are."""

    __slots__ = ("_batch", "_event_ids", "_first", "_leaves")

    def __init__(self, first: int, leaves: Sequence[bytes], event_ids: Sequence[str], batch: Batch | None) -> None:
        self._first, self._leaves, self._event_ids, self._batch = first, leaves, event_ids, batch

    def __len__(self) -> int:
        return len(self._leaves)

    @overload
    def __getitem__(self, place: int) -> Receipt: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Receipt]: ...
    def __getitem__(self, place: int | slice) -> Receipt | Sequence[Receipt]:
        numbers = range(self._first, self._first + len(self._leaves))[place]
        if isinstance(numbers, range):
            return tuple(map(self._numbered, numbers))
        return self._numbered(numbers)

    def _numbered(self, seq: int) -> Receipt:
        place = seq - self._first
        return Receipt(seq, self._leaves[place].hex(), self._event_ids[place], self._batch)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))


def receipt_header(receipts: Sequence[Receipt]) -> str:
    """The `Audit-Receipt` header: the only receipt, or the first and the last."""
    ends = receipts[:1] if len(receipts) == 1 else (receipts[0], receipts[-1])
    return ", ".join(map(str, ends))
