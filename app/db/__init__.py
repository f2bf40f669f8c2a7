"""Connections, and statements made once: built by SQLAlchemy from the tables, run as SQL text on the driver.

It never lets a statement that reads a protected table through without a warrant: on the drivers by `Database.fetch`, on
any SQLAlchemy engine or session by an event, so that a forgotten gate is an error and not a leak.
"""

import asyncio
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import asyncpg
from sqlalchemy import ClauseElement, Engine, Float, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import Select, SelectBase
from sqlmodel import SQLModel

Row = tuple[Any, ...]
PROTECTED = "protected"
"""The key in a table's `info` that says its rows may be read under a warrant alone."""

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0


class DatabaseUnavailable(Exception):
    """The database cannot be reached or did not answer in time; nothing was read."""


class UnpermittedRead(Exception):
    """A protected table was about to be read without a warrant that covers it: a forgotten gate, never user input."""


class Warrant(Protocol):
    """What shows that a read was decided on; only the gate and the facts hold one."""

    def covers(self, tables: frozenset[str]) -> bool:
        """Whether it is live and lets these protected tables be read."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is: `sqlite:///path` or `postgresql://user:password@host/name`; ValueError for others."""

    url: str

    def __post_init__(self) -> None:
        if self.dialect not in ("sqlite", "postgresql"):
            raise ValueError(f"database URL: '{self.dialect}' is not supported; use sqlite:///… or postgresql://…")

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return make_url(self.url).get_backend_name()

    @property
    def path(self) -> str:
        """The SQLite file."""
        return make_url(self.url).database or ""

    @property
    def dsn(self) -> str:
        """The libpq URL that asyncpg takes."""
        return make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def engine_url(self) -> str:
        """The URL for a SQLAlchemy engine: synchronous for SQLite, asyncpg for PostgreSQL."""
        driver = "sqlite" if self.dialect == "sqlite" else "postgresql+asyncpg"
        return make_url(self.url).set(drivername=driver).render_as_string(hide_password=False)


def open_sqlite(path: str) -> sqlite3.Connection:
    """A connection in autocommit mode: WAL, synchronous FULL, foreign keys on."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=5)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


async def open_postgres(dsn: str, role: str | None = None) -> asyncpg.Connection:
    """A connection of its own, outside the pool; with `role`, as that database role."""
    return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=_session(role))


def _session(role: str | None) -> dict[str, str]:
    return {"application_name": "openmind", "jit": "off", "plan_cache_mode": "force_generic_plan"} | (
        {"role": role} if role else {}
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, with the conversions of its parameters and columns."""

    sql: str
    names: tuple[str, ...]
    defaults: Mapping[str, Any]
    binders: tuple[tuple[int, Callable[[Any], Any]], ...]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]
    protected: frozenset[str]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The driver's positional arguments; KeyError for a parameter that nobody gave."""
        defaults = self.defaults
        arguments = [values[name] if name in values else defaults[name] for name in self.names]
        for place, bind in self.binders:
            arguments[place] = bind(arguments[place])
        return arguments

    def rows(self, fetched: Sequence[Any]) -> list[Row]:
        """The driver's rows with the values that the tables' types promise."""
        if not self.readers:
            return [tuple(row) for row in fetched]
        rows = []
        for row in fetched:
            values = list(row)
            for place, read in self.readers:
                values[place] = read(values[place])
            rows.append(tuple(values))
        return rows


def protected_tables(statement: ClauseElement) -> frozenset[str]:
    """The protected tables that a statement mentions anywhere, subqueries included."""
    names = set()
    for element in visitors.iterate(statement):
        if element.__visit_name__ == "table" and getattr(element, "info", {}).get(PROTECTED):
            names.add(element.name)  # type: ignore[attr-defined]  # the visit name says it is a Table
    return frozenset(names)


_DIALECTS: dict[str, Any] = {
    "sqlite": sqlite.dialect(paramstyle="numeric_dollar"),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
}


def prepare(statement: ClauseElement, dialect_name: str) -> Prepared:
    """Compile once; keep the result, since this takes longer than running it."""
    dialect = _DIALECTS[dialect_name]
    compiled: Any = statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup or ())
    binders = []
    for place, name in enumerate(names):
        bind = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        if bind is not None:
            binders.append((place, bind))
    readers = []
    if isinstance(statement, SelectBase):
        for place, column in enumerate(statement.selected_columns):
            if isinstance(column.type, Float):  # both drivers give floats; asyncpg's dialect asks for a type code first
                continue
            read = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if read is not None:
                readers.append((place, read))
    defaults = {
        name: bind.value
        for name, bind in compiled.binds.items()
        if not bind.required  # an absent value must raise, never mean "no filter"
    }
    protected = protected_tables(statement)
    if not isinstance(statement, Select) and not isinstance(statement, SelectBase) and not _reads(str(compiled)):
        protected = frozenset()
    sql = str(compiled) if dialect_name == "postgresql" else re.sub(r"\$(\d+)", r"?\1", str(compiled))
    return Prepared(sql, names, defaults, tuple(binders), tuple(readers), protected)


class Database(ABC):
    """Reads on the hot path; writes belong to the log's writer."""

    dialect: str

    async def fetch(self, statement: Prepared, values: Mapping[str, Any], warrant: Warrant | None = None) -> list[Row]:
        """Every row; UnpermittedRead without a warrant for its protected tables, DatabaseUnavailable if it is gone."""
        if statement.protected and not (warrant is not None and warrant.covers(statement.protected)):
            raise UnpermittedRead(f"no permit covers {', '.join(sorted(statement.protected))}")
        return statement.rows(await self._run(statement.sql, statement.arguments(values)))

    def prepare(self, statement: ClauseElement) -> Prepared:
        """Compile for this database."""
        return prepare(statement, self.dialect)

    @abstractmethod
    async def _run(self, sql: str, arguments: list[Any]) -> Sequence[Any]: ...

    @abstractmethod
    async def close(self) -> None:
        """Give the connections back."""


class SqliteDatabase(Database):
    """Short reads in the event loop's own thread: handing each to a thread and back costs more than the query."""

    dialect = "sqlite"

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection = open_sqlite(path)
        self._opened = self._file()

    async def _run(self, sql: str, arguments: list[Any]) -> Sequence[Any]:
        try:
            if (file := self._file()) != self._opened:  # another file stands in its place, a restored backup say
                self._connection.close()
                self._connection, self._opened = open_sqlite(self._path), file
            return self._connection.execute(sql, arguments).fetchall()
        except (sqlite3.DatabaseError, OSError) as fault:
            raise DatabaseUnavailable("the database file cannot be read") from fault

    def _file(self) -> tuple[int, int] | None:
        """Which file the path names; None in memory. OSError if it names none."""
        if self._path in ("", ":memory:"):
            return None
        found = os.stat(self._path)
        return found.st_dev, found.st_ino

    async def close(self) -> None:
        """Close the file."""
        self._connection.close()


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

    async def _run(self, sql: str, arguments: list[Any]) -> Sequence[Any]:
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
                    connection_class=_PooledConnection,
                    server_settings=_session(self._role),
                )
            return self._pool

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()


def open_database(address: Address, role: str | None = None) -> Database:
    """The database at an address; on PostgreSQL acting as `role`."""
    if address.dialect == "sqlite":
        return SqliteDatabase(address.path)
    return PostgresDatabase(address.dsn, role)


# --- the second line: any SQLAlchemy engine or session, whoever made it --------------------------------------------

_engine_warrant: ContextVar[Warrant | None] = ContextVar("engine_warrant", default=None)


@contextmanager
def warranted(warrant: Warrant) -> Iterator[None]:
    """Within this block SQLAlchemy engines may read what the warrant covers."""
    token = _engine_warrant.set(warrant)
    try:
        yield
    finally:
        _engine_warrant.reset(token)


_WRITES_ALONE = re.compile(r"\s*INSERT\b(?!.*\b(?:SELECT|RETURNING)\b)", re.IGNORECASE | re.DOTALL)
_DEFINES = re.compile(r"\s*(?:CREATE|ALTER|DROP|PRAGMA|COMMENT|GRANT|REVOKE)\b(?!.*\bAS\s+SELECT\b)", re.I | re.S)


def _reads(sql: str) -> bool:
    return not (_WRITES_ALONE.match(sql) or _DEFINES.match(sql))


@lru_cache(maxsize=4096)
def _protected_in_text(sql: str, known: frozenset[str]) -> frozenset[str]:
    if not known or not _reads(sql):
        return frozenset()
    return frozenset(re.findall(r"\b(?:" + "|".join(sorted(known)) + r")\b", sql))


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_unpermitted(
    _connection: Any,
    _cursor: Any,
    sql: str,
    _parameters: Any,
    _context: Any,
    _many: bool,  # noqa: FBT001  # SQLAlchemy's signature
) -> None:
    known = frozenset(table.name for table in SQLModel.metadata.tables.values() if table.info.get(PROTECTED))
    tables = _protected_in_text(sql, known)
    warrant = _engine_warrant.get()
    if tables and not (warrant is not None and warrant.covers(tables)):
        raise UnpermittedRead(f"no permit covers {', '.join(sorted(tables))}")
