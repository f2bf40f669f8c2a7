"""SQLite: a connection of this process to a file."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from app.db.base import Database
from app.db.faults import DatabaseUnavailable
from app.db.statements import Prepared

CACHE = "cache_size = -65536"
"""64 MiB, for as many pages as the reads of a busy hour come back to."""
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    "secure_delete = ON",  # not every build has it on, and an erased name would stay in the file
)


def open_sqlite(path: str) -> sqlite3.Connection:
    """A connection in autocommit mode: WAL, synchronous FULL, foreign keys on; what is deleted is overwritten."""
    return _set_up(_opened(path))


def _opened(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=5)


def _set_up(connection: sqlite3.Connection) -> sqlite3.Connection:
    for pragma in (*PRAGMAS, CACHE):
        connection.execute(f"PRAGMA {pragma}")
    return connection


Lender = Callable[[tuple[int, int]], sqlite3.Connection | None]
"""Another connection to the file of this device and inode, or None while it is in use."""


class SqliteDatabase(Database):
    """Short reads in the event loop's own thread: handing each to a thread and back costs more than the query."""

    dialect = "sqlite"

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection, self._is_set_up = _opened(path), False
        self._opened = self._file()
        self._lent: Lender = lambda _: None

    async def _run(self, statement: Prepared, arguments: list[Any]) -> Sequence[Any]:
        try:
            file = self._file()
            connection = (file and self._lent(file)) or self._own(file)
            return connection.execute(statement.sql, arguments).fetchall()
        except (sqlite3.DatabaseError, OSError) as fault:
            raise DatabaseUnavailable("the database file cannot be read") from fault

    def read_through(self, lent: Lender) -> None:
        """Read on the writer's connection while it is idle: what it has in memory stays good when it writes.

        A connection forgets its pages as soon as another one has written, and after each read the log has.
        """
        self._lent = lent

    def _own(self, file: tuple[int, int] | None) -> sqlite3.Connection:
        """Set up when it is first needed: that takes reading the whole schema, which the writer's has read already."""
        if file != self._opened:  # another file stands in its place, a restored backup say
            self._connection.close()
            self._connection, self._opened, self._is_set_up = _opened(self._path), file, False
        if not self._is_set_up:
            _set_up(self._connection)
            self._is_set_up = True
        return self._connection

    def _file(self) -> tuple[int, int] | None:
        """Which file the path names; None in memory. OSError if it names none."""
        if self._path in ("", ":memory:"):
            return None
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    async def close(self) -> None:
        """Close the file."""
        self._connection.close()
