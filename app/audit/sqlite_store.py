"""The writer's own thread and connection to SQLite: one transaction a batch, ordered by a lock on a side file."""

import asyncio
import fcntl
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app import db
from app.audit.append import (
    Alongside,
    Begin,
    Commit,
    Control,
    Find,
    Held,
    Known,
    Lost,
    Outcome,
    Refused,
    Step,
    Steps,
    Unrepeated,
    Write,
)
from app.audit.head import Head
from app.audit.submission import Change

LOCK_SECONDS = 5.0
_HEAD = "SELECT size, frontier, recorded_at, root FROM log_head WHERE id = 1"
_MOVE = "UPDATE log_head SET size = ?, frontier = ?, recorded_at = ?, root = ? WHERE id = 1 AND size = ?"
_ENTRY = "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES (?, ?, ?, ?)"
_SUBJECT = "INSERT INTO log_subject (seq, salt, body) VALUES (?, ?, ?)"
_TILE = "INSERT INTO log_tile (level, number, root) VALUES (?, ?, ?)"
_FIND = "SELECT event_id, seq, body, leaf_hash FROM log_entry WHERE event_id = ?"
_STATEMENT_FAULTS = frozenset(
    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
)


class SqliteStore:
    """Runs the steps of a batch in a thread of its own; opens the file when it is not open."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit-log")
        self._connection: Any = None
        self._file: tuple[int, int] | None = None
        self._lock: int | None = None
        self._is_busy = False

    async def run(self, steps: Steps) -> list[Outcome]:
        """Every step to its end, in one hop to the thread; Lost if the outcome is not known."""
        self._is_busy = True
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, steps)

    def idle(self, file: tuple[int, int]) -> sqlite3.Connection | None:
        """The connection between two transactions, if it is to this file (device, inode); for the loop's thread."""
        if self._is_busy or self._connection is None or self._file != file or self._connection.in_transaction:
            return None
        connection: sqlite3.Connection = self._connection
        return connection

    async def connect(self) -> None:
        """Open the file; Lost if it is not there."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Close the file and end the thread."""
        self._is_busy = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown()

    def _run(self, steps: Steps) -> list[Outcome]:
        try:
            self._open()
            self._wait_for_turn()
            return self._drive(steps)
        except BaseException:
            self._drop()
            raise
        finally:
            if self._lock is not None:
                fcntl.flock(self._lock, fcntl.LOCK_UN)
            self._is_busy = False  # here and not where it is awaited: who awaits may go away earlier

    def _drive(self, steps: Steps) -> list[Outcome]:
        try:
            step = next(steps)
            while True:
                try:
                    result = self._guarded(step)
                except Refused as refusal:
                    step = steps.throw(refusal)
                else:
                    step = steps.send(result)
        except StopIteration as done:
            outcomes: list[Outcome] = done.value
            return outcomes

    def _open(self) -> None:
        """Open the file, again if another one is there by now: writing to a deleted file would succeed."""
        try:
            status = os.stat(self._path)
            if self._file == (status.st_dev, status.st_ino):
                return
            self._drop()
            self._lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._connection = db.open_sqlite(self._path)
            self._file = (status.st_dev, status.st_ino)
        except (OSError, sqlite3.Error) as fault:
            self._drop()
            raise Lost("the database file cannot be opened") from fault

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
        self._connection = self._lock = self._file = None

    def _wait_for_turn(self) -> None:
        """The side file's lock: SQLite's own lets one of several processes wait for seconds."""
        assert self._lock is not None  # noqa: S101  # opened with the connection
        deadline, pause = time.monotonic() + LOCK_SECONDS, 0.0001
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Held("another process holds the log") from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.002)
            else:
                return

    def _guarded(self, step: Step) -> Any:
        try:
            return self._perform(step)
        except sqlite3.Error as fault:
            if getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _STATEMENT_FAULTS:
                raise Refused(fault) from fault
            raise Lost("the database file cannot be written") from fault
        except (ValueError, TypeError, OverflowError) as fault:
            raise Refused(fault) from fault

    def _perform(self, step: Step) -> Any:
        execute = self._connection.execute
        if isinstance(step, Begin):
            self._begin()
            return Head(*execute(_HEAD).fetchone())
        if isinstance(step, Write):
            return self._write(step)
        if isinstance(step, Change):
            done = execute(step.sql, step.arguments)
            return len(done.fetchall()) if done.description else done.rowcount
        if isinstance(step, Alongside):
            touched = self._perform(step.change)
            step.work()  # there is nothing to wait for
            return touched
        if isinstance(step, Find):
            found = [row for event_id in step.event_ids for row in execute(_FIND, (event_id,))]
            return {row[0]: Known(row[1], row[2], row[3]) for row in found}
        if isinstance(step, Unrepeated):
            return None  # one key knows every event
        if isinstance(step, Control):
            return execute(step.sql)
        if isinstance(step, Commit):
            return execute("COMMIT")
        raise TypeError(f"no step: {step!r}")

    def _begin(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:  # a program that knows nothing of the side file
                raise Held("another process holds the database file") from fault
            raise

    def _write(self, step: Write) -> None:
        insert, rows = self._connection.executemany, step.rows
        numbered = list(enumerate(rows.entries, start=rows.first))
        leaves = zip(numbered, rows.leaves, strict=True)
        insert(_ENTRY, [(seq, rows.recorded_at, entry.body, leaf) for (seq, entry), leaf in leaves])
        insert(_SUBJECT, [(seq, entry.salt, entry.person) for seq, entry in numbered if entry.person is not None])
        if step.tiles:
            insert(_TILE, [(tile.level, tile.number, tile.root) for tile in step.tiles])
        head = step.head
        if head is not None:
            values = (head.size, head.frontier, head.recorded_at, head.root, step.old_size)
            if self._connection.execute(_MOVE, values).rowcount != 1:
                raise Lost("the head moved under its lock")
