"""The log's one writer in a process: whatever is queued when a commit ends shares the next transaction and its flush.

It never answers before the entry is durable, and a caller that goes away neither loses nor doubles an entry.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from app.audit.append import Held, Lost, Outcome, Steps, Unsettled, append
from app.audit.head import RolledBack, Seen
from app.audit.postgres_store import PostgresStore
from app.audit.sqlite_store import SqliteStore
from app.audit.submission import LogBusy, LogUnavailable, Receipt, Submission
from app.db import Address, Database, SqliteDatabase

log = logging.getLogger("openmind")
QUEUED_ENTRIES = 4096
"""How many entries may wait; more are turned away, since their callers would have given up."""
BATCH_ENTRIES = 1024


_Batch = list[tuple[Submission, "asyncio.Future[Sequence[Receipt]]"]]


class Store(Protocol):
    """The database side: connects when it has to, and runs a batch's steps in one transaction at a time."""

    async def run(self, steps: Steps) -> list[Outcome]:
        """Every step to its end; Lost if the outcome is not known."""
        ...

    async def close(self) -> None:
        """Leave in order."""
        ...


class AuditLog:
    """Appends, durably and in one order; open it with `open_log`."""

    def __init__(self, store: Store, now: Callable[[], datetime], queued_entries: int = QUEUED_ENTRIES) -> None:
        self._store, self._now, self._limit = store, now, queued_entries
        self._queue: deque[tuple[Submission, asyncio.Future[Sequence[Receipt]]]] = deque()
        self._queued = 0
        self._writing: asyncio.Task[None] | None = None
        self._closed = False
        self._seen = Seen()
        self._refusal: str | None = None

    async def append(self, submission: Submission) -> Sequence[Receipt]:
        """A receipt for each entry, once it is durable.

        Raises LogBusy, LogUnavailable, EventConflict, EntryRefused or ChangeRefused. The same entry twice is one entry.
        Cancelling the caller cancels its waiting alone.
        """
        if not submission.entries:
            raise ValueError("a change needs an entry")
        return await self._enqueue(submission)

    async def ping(self) -> None:
        """LogUnavailable if the log could not be written now."""
        await self._enqueue(Submission(()))

    def refuse(self, reason: str) -> None:
        """Take nothing from now on, for as long as this process lives: the log is not what it was."""
        if self._refusal is None:
            self._refusal = reason
            log.error("nothing is appended to the log any more: %s", reason)

    async def close(self) -> None:
        """Take no more, write what is queued, and leave."""
        self._closed = True
        if self._writing is not None:
            await self._writing
        await self._store.close()

    def _enqueue(self, submission: Submission) -> "asyncio.Future[Sequence[Receipt]]":
        if self._closed or self._refusal:
            raise LogUnavailable(self._refusal or "the log is closed")
        count = len(submission.entries)
        if self._queued and self._queued + count > self._limit:
            raise LogBusy("too many entries are waiting for the log")
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Sequence[Receipt]] = loop.create_future()
        self._queue.append((submission, waiting))
        self._queued += count
        if self._writing is None:
            self._writing = loop.create_task(self._drain())
        return waiting

    async def _drain(self) -> None:
        """Batch after batch until nobody waits."""
        try:
            while self._queue:
                batch: _Batch = []
                outcomes = await self._commit(batch)
                for (_, waiting), outcome in zip(batch, outcomes, strict=True):
                    if waiting.done():
                        continue
                    if isinstance(outcome, Exception):
                        waiting.set_exception(outcome)
                    else:
                        waiting.set_result(outcome)
        finally:
            self._writing = None

    def _fill(self, batch: _Batch) -> Sequence[Submission]:
        """What is to be appended: the same again for the same batch, as much as there is for an empty one."""
        if not batch:
            batch.append(self._queue.popleft())
            entries = len(batch[0][0].entries)
            while self._queue and entries + len(self._queue[0][0].entries) <= BATCH_ENTRIES:
                batch.append(self._queue.popleft())
                entries += len(batch[-1][0].entries)
            self._queued -= entries
        return [submission for submission, _ in batch]

    async def _commit(self, batch: _Batch) -> list[Outcome]:
        """The outcomes; a lost connection is tried once more, looking first whether the lost attempt holds."""

        def take() -> Sequence[Submission]:
            return self._fill(batch)

        if self._refusal:  # it was queued before
            return [LogUnavailable(self._refusal) for _ in take()]
        try:
            try:
                return await self._store.run(append(take, self._now, self._seen))
            except (Unsettled, Held):
                raise
            except Lost:
                return await self._store.run(append(take, self._now, self._seen, settle=bool(batch)))
        except RolledBack as fault:
            self.refuse(str(fault))
            return [LogUnavailable(str(fault)) for _ in take()]
        except Exception as fault:  # whatever it was, no entry can be promised
            return [_unavailable(fault) for _ in take()]


def _unavailable(cause: Exception) -> LogUnavailable:
    fault = LogUnavailable("the log cannot be written")
    fault.__cause__ = cause
    return fault


async def open_log(
    address: Address,
    role: str | None,
    now: Callable[[], datetime],
    queued_entries: int = QUEUED_ENTRIES,
    *,
    beside: Database | None = None,
) -> AuditLog:
    """The log at an address, on PostgreSQL written as `role`; LogUnavailable if it cannot be written.

    `beside` is the database in which this process reads the same file: it may use the log's connection between writes.
    """
    store = SqliteStore(address.path) if address.dialect == "sqlite" else PostgresStore(address.dsn, role)
    log = AuditLog(store, now, queued_entries)
    try:
        await log.ping()
    except LogUnavailable:
        await log.close()
        raise
    if isinstance(store, SqliteStore) and isinstance(beside, SqliteDatabase):
        beside.read_through(store.idle)
    return log
