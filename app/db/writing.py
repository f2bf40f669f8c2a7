"""Single statements that write outside the log's transactions, each on its own, on a connection of their own."""

import asyncio
import sqlite3
import threading
from abc import ABC, abstractmethod
from typing import Any

import asyncpg

from app.db.base import Address
from app.db.faults import DatabaseUnavailable
from app.db.postgres import STATEMENT_SECONDS, open_postgres
from app.db.sqlite import open_sqlite
from app.db.statements import Prepared


class Writing(ABC):
    """A connection for writing; opened when it is needed."""

    @abstractmethod
    async def run(self, statement: Prepared, arguments: list[Any]) -> int:
        """The rows that were written; 0 for a row that is there already."""

    @abstractmethod
    async def close(self) -> None:
        """Give the connection back."""


class _SqliteWriting(Writing):
    """In a thread: these writes are rare, and one that waits for the log's must not hold up the event loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._turn = threading.Lock()

    async def run(self, statement: Prepared, arguments: list[Any]) -> int:
        return await asyncio.to_thread(self._run, statement.sql, arguments)

    def _run(self, sql: str, arguments: list[Any]) -> int:
        try:
            with self._turn:
                self._connection = self._connection or open_sqlite(self._path)
                return self._connection.execute(sql, arguments).rowcount
        except sqlite3.IntegrityError as fault:
            if fault.sqlite_errorname in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"):
                return 0
            raise
        except sqlite3.OperationalError as fault:
            raise DatabaseUnavailable("the database file cannot be written") from fault

    async def close(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class _PostgresWriting(Writing):
    """One connection, opened when it is needed and again when it was lost."""

    def __init__(self, dsn: str, role: str | None) -> None:
        self._dsn, self._role = dsn, role
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def run(self, statement: Prepared, arguments: list[Any]) -> int:
        try:
            async with self._turn:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await open_postgres(self._dsn, self._role)
                done = await self._connection.execute(statement.sql, *arguments, timeout=STATEMENT_SECONDS)
                return int(done.rsplit(" ", 1)[1])
        except asyncpg.UniqueViolationError:
            return 0
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as fault:
            raise DatabaseUnavailable("the database does not answer") from fault
        except (asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError) as fault:
            raise DatabaseUnavailable("the database is stopping or out of resources") from fault

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def open_writing(address: Address, role: str | None = None) -> Writing:
    """Connects when it first writes; on PostgreSQL as `role`."""
    return _SqliteWriting(address.path) if address.dialect == "sqlite" else _PostgresWriting(address.dsn, role)
