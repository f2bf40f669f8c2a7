"""How a batch becomes durable, step by step, written once for both databases: what to do and in which order.

A generator yields steps and is sent their results (or thrown their errors) by a store. The fast way does no look-up:
the unique key on the event id is what finds a repetition, and then the careful way does the batch again.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.audit.entry import Entry, timestamp
from app.audit.head import Head, Seen
from app.audit.merkle import Tile, Tree, leaf_hashes
from app.audit.proofs import Batch
from app.audit.submission import (
    Change,
    ChangeRefused,
    EntryRefused,
    EventConflict,
    Receipt,
    Receipts,
    RowsMissed,
    Submission,
)

Outcome = Sequence[Receipt] | Exception
"""What became of one submission."""


class Refused(Exception):
    """The database refuses a statement and the transaction can go on from its last savepoint; `fault` says why."""

    def __init__(self, fault: Exception) -> None:
        super().__init__("the database refuses a statement")
        self.fault = fault


class Lost(Exception):
    """The database is gone, or has not done what it was asked: whether the transaction holds is not known."""


class Held(Lost):
    """Another writer has held the log's lock for too long; nothing was begun."""


class Unsettled(Lost):
    """The database has not answered a COMMIT in time: it may hold later, so nothing can be said or tried now."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of log_entry that follow each other, with those of log_subject for the entries that are about a person."""

    first: int
    """The number of the first one."""
    recorded_at: str
    entries: Sequence[Entry] = ()
    leaves: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """An entry that the log holds already."""

    seq: int
    body: str
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Begin:
    """Start a transaction that holds the log's lock; the result is the `Head`."""


@dataclass(frozen=True, slots=True)
class Find:
    """Look entries up by event id; the result is a mapping to `Known`."""

    event_ids: list[str]


@dataclass(frozen=True, slots=True)
class Unrepeated:
    """Refused if one of these events stands in the log where no unique key would find it: in an earlier month."""

    event_ids: list[str]
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Control:
    """A savepoint's statement, or the end of the transaction without effect."""

    sql: str


@dataclass(frozen=True, slots=True)
class Write:
    """Insert rows, and move the head if `head` is given."""

    rows: Rows
    tiles: list[Tile] = field(default_factory=list)
    old_size: int = 0
    head: Head | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """Make everything durable; once it returns, nothing of it can be lost."""


@dataclass(frozen=True, slots=True)
class Alongside:
    """A change, and what is to be done here while the database makes it; the result is the change's."""

    change: Change
    work: Callable[[], None]


Step = Begin | Find | Unrepeated | Control | Change | Alongside | Write | Commit
Steps = Generator[Step, Any, list[Outcome]]
SAVEPOINT, RELEASE, UNDO, ROLLBACK = map(
    Control, ("SAVEPOINT one", "RELEASE SAVEPOINT one", "ROLLBACK TO SAVEPOINT one", "ROLLBACK")
)


class Numbering:
    """Places, times and leaves for the entries of one transaction, under the log's lock."""

    def __init__(self, head: Head, now: datetime) -> None:
        self.head = head
        self.tree = Tree.at(head.size, head.frontier)
        self.recorded_at = max(timestamp(now), head.recorded_at)
        self.tiles: list[Tile] = []
        self.leaves: list[bytes] = []
        self._batch = Batch(head.size, self.tree.frontier, self.leaves)

    def number(self, entries: Sequence[Entry]) -> tuple[Rows, Receipts]:
        """The next rows and their receipts."""
        first = self.tree.size
        leaves = leaf_hashes(first, self.recorded_at, [entry.digest for entry in entries])
        self.tiles += self.tree.extend(leaves)
        self.leaves += leaves
        receipts = Receipts(first, leaves, [entry.event_id for entry in entries], self._batch)
        return Rows(first, self.recorded_at, entries, leaves), receipts

    def moved(self) -> Head:
        """The head after everything that was numbered."""
        return Head(self.tree.size, self.tree.packed(), self.recorded_at, self.tree.root())


Take = Callable[[], Sequence[Submission]]
"""What is to be appended, asked for under the lock: whatever came while others held it shares the transaction."""


def append(take: Take, now: Callable[[], datetime], seen: Seen, *, settle: bool = False) -> Steps:
    """Append a batch; with `settle`, look first whether an earlier attempt did become durable.

    A batch without entries asks whether the log could be written now.
    """
    if not settle:
        try:
            return (yield from _fast(take, now, seen))
        except Refused:
            yield ROLLBACK
    return (yield from _careful(take, now, seen))


def _fast(take: Take, now: Callable[[], datetime], seen: Seen) -> Steps:
    head, batch = seen.look((yield Begin())), take()
    if not any(submission.entries for submission in batch):
        yield ROLLBACK
        return [() for _ in batch]
    numbering = Numbering(head, now())
    entries: list[Entry] = []
    outcomes: list[Outcome] = []

    def number() -> None:
        for submission in batch:
            outcomes.append(numbering.number(submission.entries)[1])
            entries.extend(submission.entries)

    yield from _change([change for submission in batch for change in submission.changes], number)
    yield Unrepeated([entry.event_id for entry in entries], numbering.recorded_at)
    moved = numbering.moved()
    rows = Rows(head.size, numbering.recorded_at, entries, numbering.leaves)
    yield Write(rows, numbering.tiles, numbering.head.size, moved)
    for submission in batch:
        if submission.afterwards:
            yield from _change(submission.afterwards)
    yield Commit()
    seen.look(moved)
    return outcomes


def _change(changes: Sequence[Change], work: Callable[[], None] | None = None) -> Generator[Step, Any, None]:
    """All of them, `work` beside the first."""
    if work is not None and not changes:
        work()
    for change in changes:
        touched = yield Alongside(change, work) if work is not None else change
        work = None
        if change.touches is not None and touched != change.touches:
            raise Refused(RowsMissed(f"{touched} rows instead of {change.touches}"))


def _careful(take: Take, now: Callable[[], datetime], seen: Seen) -> Steps:
    """One savepoint for each submission, so that what is refused fails alone."""
    head, batch = seen.look((yield Begin())), take()
    numbering = Numbering(head, now())
    known: dict[str, Known] = dict((yield Find([entry.event_id for one in batch for entry in one.entries])))
    outcomes = []
    for submission in batch:
        outcome = _repeated(submission, known)
        if outcome is None:
            outcome = yield from _alone(submission, numbering, known)
        outcomes.append(outcome)
    if numbering.tree.size == numbering.head.size:
        yield ROLLBACK
    else:
        moved = numbering.moved()
        yield Write(Rows(moved.size, moved.recorded_at), numbering.tiles, numbering.head.size, moved)
        yield Commit()
        seen.look(moved)
    return outcomes


def _repeated(submission: Submission, known: Mapping[str, Known]) -> Outcome | None:
    """The same receipts for what the log holds, a conflict for other content, None for what is new."""
    held = [known.get(entry.event_id) for entry in submission.entries]
    if not any(held):
        return None
    receipts = []
    for entry, one in zip(submission.entries, held, strict=True):
        if one is None or one.body != entry.body:
            return EventConflict(f"event '{entry.event_id}' is in the log with other content")
        receipts.append(Receipt(one.seq, one.leaf_hash.hex(), entry.event_id))
    return tuple(receipts)


def _alone(submission: Submission, numbering: Numbering, known: dict[str, Known]) -> Generator[Step, Any, Outcome]:
    yield SAVEPOINT
    try:
        yield from _change(submission.changes)
    except Refused as refusal:
        yield UNDO
        return ChangeRefused(refusal.fault)
    before = Tree(numbering.tree.size, list(numbering.tree.frontier)), len(numbering.tiles)
    rows, receipts = numbering.number(submission.entries)
    try:
        yield Write(rows)
    except Refused as refusal:
        fault = EntryRefused("the database refuses the entry")
        fault.__cause__ = refusal.fault
        return (yield from _undone(fault, numbering, before))
    try:
        yield from _change(submission.afterwards)
    except Refused as refusal:
        return (yield from _undone(ChangeRefused(refusal.fault), numbering, before))
    yield RELEASE
    for seq, (entry, leaf) in enumerate(zip(rows.entries, rows.leaves, strict=True), start=rows.first):
        known[entry.event_id] = Known(seq, entry.body, leaf)
    return receipts


def _undone(fault: Exception, numbering: Numbering, before: tuple[Tree, int]) -> Generator[Step, Any, Outcome]:
    yield UNDO
    numbering.tree, kept = before
    del numbering.tiles[kept:]
    del numbering.leaves[numbering.tree.size - numbering.head.size :]
    return fault
