"""What identity writes, on a connection of its own: assertions that were used; tokens, clients and staff that stop."""

import asyncio
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import bindparam, delete, insert, update

from app.db import STATEMENT_SECONDS, Address, DatabaseUnavailable, Prepared, open_postgres, open_sqlite, prepare
from app.tables import Client, RevokedToken, Staff, UsedAssertion


class Store:
    """Single statements that write; each is durable when it returns."""

    def __init__(self, address: Address, role: str | None = None) -> None:
        sqlite = address.dialect == "sqlite"
        self._writing: _Writing = _SqliteWriting(address.path) if sqlite else _PostgresWriting(address.dsn, role)
        self._statements = {name: prepare(statement, address.dialect) for name, statement in _STATEMENTS.items()}

    async def use_assertion(self, client_id: str, assertion: str, expires_at: datetime) -> bool:
        """Note that a client's assertion is used; False if it was used before."""
        values = {"client_id": client_id, "assertion": assertion, "expires_at": expires_at}
        return await self._write("use_assertion", values)

    async def revoke_token(self, token: str, expires_at: datetime, at: datetime) -> bool:
        """Stop an access token by its id (`jti`) until it has expired; False if it was stopped before."""
        return await self._write("revoke_token", {"token": token, "expires_at": expires_at, "revoked_at": at})

    async def set_secret(self, client_id: str, secret_hash: str, at: datetime) -> bool:
        """Give a client a new secret, by its hash; False if nobody has that id."""
        return await self._write("set_secret", {"client": client_id, "hash": secret_hash, "at": at})

    async def suspend_client(self, client_id: str, at: datetime) -> bool:
        """Stop a client, its tokens included, at the service's time; False if no running client has that id."""
        return await self._write("suspend_client", {"client": client_id, "at": at})

    async def revoke_staff(self, username: str, at: datetime) -> bool:
        """Stop a member of staff, whatever tokens they hold, at the service's time; False if nobody has that name."""
        return await self._write("revoke_staff", {"name": username.lower(), "at": at})

    async def forget_expired(self, now: datetime) -> None:
        """Delete used assertions and revoked tokens that have expired by real time: they are refused for that alone."""
        await self._write("forget_assertions", {"now": now})
        await self._write("forget_tokens", {"now": now})

    async def close(self) -> None:
        """Give the connection back."""
        await self._writing.close()

    async def _write(self, name: str, values: Mapping[str, Any]) -> bool:
        statement = self._statements[name]
        return await self._writing.run(statement, statement.arguments(values)) > 0


_CLIENT: Any = Client
_STAFF: Any = Staff
_ASSERTION: Any = UsedAssertion
_TOKEN: Any = RevokedToken
_STATEMENTS: dict[str, Any] = {
    "use_assertion": insert(UsedAssertion),
    "revoke_token": insert(RevokedToken),
    "set_secret": update(Client)
    .where(_CLIENT.id == bindparam("client"))
    .values(secret_hash=bindparam("hash"), recorded_at=bindparam("at")),
    "suspend_client": update(Client)
    .where(_CLIENT.id == bindparam("client"), _CLIENT.suspended_at.is_(None))
    .values(suspended_at=bindparam("at"), recorded_at=bindparam("at")),
    "revoke_staff": update(Staff)
    .where(_STAFF.username == bindparam("name"), _STAFF.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), recorded_at=bindparam("at")),
    "forget_assertions": delete(UsedAssertion).where(_ASSERTION.expires_at < bindparam("now")),
    "forget_tokens": delete(RevokedToken).where(_TOKEN.expires_at < bindparam("now")),
}


class _Writing(ABC):
    @abstractmethod
    async def run(self, statement: Prepared, arguments: list[Any]) -> int:
        """The rows that were written; 0 for a row that is there already."""

    @abstractmethod
    async def close(self) -> None: ...


class _SqliteWriting(_Writing):
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


class _PostgresWriting(_Writing):
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
