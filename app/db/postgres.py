"""PostgreSQL: pooled connections for reads, and a connection of its own for the log's writer."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from app.db.base import Database
from app.db.faults import DatabaseUnavailable
from app.db.statements import Prepared
from app.db.together import Together

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0
_ANY_LENGTH = 0
"""Statements of more than 15 KiB, as some of facts are, stay prepared too: planning them takes longer than running."""
EACH_AT_ONCE = 500
"""Values in one run, where nobody else waits for its answer."""
_SESSION = {
    "application_name": "openmind",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",  # a plan is kept: made while the tables are small, it must still be good when they are not
}


async def open_postgres(dsn: str, role: str | None = None) -> asyncpg.Connection:
    """A connection of its own, outside the pool; with `role`, as that database role."""
    return await asyncpg.connect(
        dsn, timeout=CONNECT_SECONDS, max_cacheable_statement_size=_ANY_LENGTH, server_settings=_session(role)
    )


def _session(role: str | None) -> dict[str, str]:
    return _SESSION | ({"role": role} if role else {})


class _PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # asyncpg's signature
        """Nothing: this pool runs single SELECTs alone, so a session holds no state to undo."""


_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a backend that ends in mid-answer can look like
)


class PostgresDatabase(Database):
    """Prepared statements on pooled asyncpg connections."""

    dialect = "postgresql"

    def __init__(self, dsn: str, role: str | None = None, connections: int = 8) -> None:
        self._dsn, self._role, self._connections = dsn, role, connections
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._together: dict[str, Together] = {}

    async def _run(self, statement: Prepared, arguments: list[Any]) -> Sequence[Any]:
        if statement.together is None:
            return await self._fetch(statement.sql, arguments)
        together = self._together.get(statement.sql)
        if together is None:
            together = self._together[statement.sql] = Together(statement, self._fetch)
        return await together.ask(arguments)

    async def _run_each(
        self, statement: Prepared, values: Mapping[str, Any], name: str, each: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        answers: list[list[Any]] = []
        for start in range(0, len(each), EACH_AT_ONCE):
            asked = each[start : start + EACH_AT_ONCE]
            found: list[list[Any]] = [[] for _ in asked]
            for row in await self._fetch(statement.sql, statement.arguments({**values, name: asked})):
                found[row[0] - 1].append(row[1:])
            answers += found
        return answers

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        try:
            pool = self._pool or await self._open()
            async with pool.acquire() as connection:  # bounded by the statements ahead, each of which has a timeout
                rows: Sequence[Any] = await connection.fetch(sql, *arguments)
                return rows
        except _GONE as fault:
            raise DatabaseUnavailable("the database does not answer") from fault
        except (asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError) as fault:
            raise DatabaseUnavailable("the database is stopping or out of resources") from fault

    async def _open(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=1,
                    max_size=self._connections,
                    timeout=CONNECT_SECONDS,
                    command_timeout=STATEMENT_SECONDS,
                    max_cacheable_statement_size=_ANY_LENGTH,
                    connection_class=_PooledConnection,
                    server_settings=_session(self._role),
                )
            return self._pool

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()
