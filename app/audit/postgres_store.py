"""The writer's own connection to PostgreSQL: one transaction a batch, ordered by the head row across every process."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import asyncpg

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
    Unsettled,
    Write,
)
from app.audit.entry import Entry
from app.audit.head import Head
from app.audit.months import month_of, strays
from app.audit.submission import Change

LOCK_SECONDS = 5
STATEMENT_SECONDS = 10
_SESSION = (
    f"SET lock_timeout = '{LOCK_SECONDS}s'; SET statement_timeout = '{STATEMENT_SECONDS}s'; "
    f"SET idle_in_transaction_session_timeout = '{STATEMENT_SECONDS}s'; SET client_encoding = 'UTF8'"
)
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = on"
_COMMIT = (
    "SET LOCAL statement_timeout = 0; COMMIT"  # a timeout in COMMIT would end the wait for the standby, not the work
)
_MAKE_MONTHS = "SELECT log_make_months($1)"
_HEAD = "SELECT size, frontier, recorded_at, root FROM log_head WHERE id = 1 FOR UPDATE"
_FIND = "SELECT event_id, seq, body, leaf_hash FROM log_entry WHERE event_id = ANY($1::text[])"
_BETWEEN = chr(30)
"""Between texts that are sent as one, which the driver encodes in a fraction of the time that an array takes it.

It stands in no canonical JSON.
"""
_INSERT = (
    "entered AS (INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) "
    "SELECT $2::bigint + row.place - 1, $1::text, row.body, substring($4::bytea FROM 32 * row.place::int - 31 FOR 32) "
    "FROM unnest(string_to_array($3::text, chr(30))) WITH ORDINALITY AS row (body, place)), "
    "parts AS (INSERT INTO log_subject (seq, salt, body) "
    "SELECT $2::bigint + row.place - 1, decode(row.salt, 'hex'), row.body "
    "FROM unnest(string_to_array($5::text, chr(30)), string_to_array($6::text, chr(30), '')) "
    "WITH ORDINALITY AS row (salt, body, place) WHERE row.body IS NOT NULL)"
)
_ROWS = " ".join(("WITH", _INSERT, "SELECT 1"))
_ROWS_AND_HEAD = " ".join(
    (
        "WITH",
        _INSERT,
        ", tiles AS (INSERT INTO log_tile (level, number, root)",
        "SELECT * FROM unnest($7::bigint[], $8::bigint[], $9::bytea[])),",
        "moved AS (UPDATE log_head SET size = $11, frontier = $12, recorded_at = $1, root = $13",
        "WHERE id = 1 AND size = $10 RETURNING 1) SELECT count(*) FROM moved",
    )
)
_REFUSALS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.RaiseError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    TypeError,
)
_LOSSES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


log = logging.getLogger("openmind")


class NoMonth(Lost):
    """The log has no partition for the month in which this is recorded; nothing was written."""

    def __init__(self, month: str) -> None:
        super().__init__(f"the log has no partition for {month}")
        self.month = month


class NotDurable(Exception):
    """The server may lose what it has acknowledged (`fsync` or `full_page_writes` is off): the log does not start."""


class PostgresStore:
    """Runs the steps of a batch; connects when it has no connection."""

    def __init__(self, dsn: str, role: str | None) -> None:
        self._dsn, self._role = dsn, role
        self._connection: Any = None
        self._wanted: str | None = None

    async def run(self, steps: Steps) -> list[Outcome]:
        """Every step to its end; Lost if the outcome is not known."""
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = await self.connect()
        try:
            step = next(steps)
            while True:
                try:
                    result = await self._perform(connection, step)
                except Refused as refusal:
                    step = steps.throw(refusal)
                else:
                    step = steps.send(result)
        except StopIteration as done:
            outcomes: list[Outcome] = done.value
            return outcomes
        except BaseException as fault:
            self.drop()
            self._wanted = fault.month if isinstance(fault, NoMonth) else None
            raise

    async def connect(self) -> Any:
        """A new connection; Lost if there is none to be had, NotDurable where the server may lose what it promised."""
        try:
            connection = await db.open_postgres(self._dsn, self._role)
        except _LOSSES as fault:
            raise Lost("no connection to the database") from fault
        try:
            await connection.execute(_SESSION)
            await self._make_months(connection)
            settings = await connection.fetchrow("SELECT current_setting('fsync'), current_setting('full_page_writes')")
        except _LOSSES as fault:
            connection.terminate()
            raise Lost("the database does not do what it was asked") from fault
        if tuple(settings) != ("on", "on"):
            connection.terminate()
            raise NotDurable("the log needs fsync and full_page_writes: turn both on")
        self._connection = connection
        return connection

    async def _make_months(self, connection: Any) -> None:
        """What nobody has made ahead of time, if that has stopped an append."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            await connection.fetchval(_MAKE_MONTHS, wanted)
            log.warning("the log had no partition for %s, which nobody had made ahead of time: it has one now", wanted)

    def drop(self) -> None:
        """Forget the connection, and with it any transaction."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Leave in order."""
        if self._connection is not None:
            await self._connection.close(timeout=STATEMENT_SECONDS)

    async def _perform(self, connection: Any, step: Step) -> Any:
        try:
            if isinstance(step, Commit):
                return await _commit(connection)
            if isinstance(step, Begin):
                return await _begin(connection)
            return await _perform(connection, step)
        except Lost:
            raise
        except _REFUSALS as fault:
            raise Refused(fault) from fault
        except _LOSSES as fault:
            raise Lost("the database does not do what it was asked") from fault


async def _begin(connection: Any) -> Head:
    await connection.execute(_BEGIN, timeout=STATEMENT_SECONDS)
    try:
        return Head(*await connection.fetchrow(_HEAD, timeout=STATEMENT_SECONDS))
    except asyncpg.LockNotAvailableError as fault:
        raise Held("another process holds the log") from fault


async def _perform(connection: Any, step: Step) -> Any:
    if isinstance(step, Write):
        return await _write(connection, step)
    if isinstance(step, Change):
        return await _change(connection, step)
    if isinstance(step, Alongside):
        return await _alongside(connection, step)
    if isinstance(step, Find):
        found = await connection.fetch(_FIND, step.event_ids, timeout=STATEMENT_SECONDS)
        return {row[0]: Known(row[1], row[2], row[3]) for row in found}
    if isinstance(step, Unrepeated):
        return await _unrepeated(connection, step)
    if isinstance(step, Control):
        return await connection.execute(step.sql, timeout=STATEMENT_SECONDS)
    raise TypeError(f"no step: {step!r}")


async def _unrepeated(connection: Any, step: Unrepeated) -> None:
    suspects = strays(step.event_ids, step.recorded_at)
    if suspects and await connection.fetch(_FIND, suspects, timeout=STATEMENT_SECONDS):
        raise Refused(LookupError("an event stands in the log already"))


async def _write(connection: Any, step: Write) -> None:
    try:
        await _insert(connection, step)
    except asyncpg.CheckViolationError as fault:
        if fault.constraint_name is not None:
            raise
        raise NoMonth(month_of(step.rows.recorded_at)) from fault  # it has no partition to violate anything in


async def _insert(connection: Any, step: Write) -> None:
    rows, head = step.rows, step.head
    values = [rows.recorded_at, rows.first, *_texts(rows.entries, rows.leaves)]
    if head is None:
        await connection.fetchval(_ROWS, *values, timeout=STATEMENT_SECONDS)
        return
    values += _columns(step.tiles)
    values += [step.old_size, head.size, head.frontier, head.root]
    if await connection.fetchval(_ROWS_AND_HEAD, *values, timeout=STATEMENT_SECONDS) != 1:
        raise Lost("the head moved under its lock")


def _texts(entries: Sequence[Entry], leaves: Sequence[bytes]) -> list[Any]:
    """Bodies, leaves, salts and persons' parts, each in one; ValueError for a body that is no canonical JSON."""
    bodies = _BETWEEN.join([entry.body for entry in entries])
    parts = _BETWEEN.join([entry.person or "" for entry in entries])
    salts = _BETWEEN.join(["" if entry.salt is None else entry.salt.hex() for entry in entries])
    between = max(len(entries) - 1, 0)
    if bodies.count(_BETWEEN) != between or parts.count(_BETWEEN) != between:
        raise ValueError("an entry holds a control character")
    return [bodies, b"".join(leaves), salts, parts]


def _columns(tiles: Sequence[Any]) -> list[list[Any]]:
    return [[tile.level for tile in tiles], [tile.number for tile in tiles], [tile.root for tile in tiles]]


async def _change(connection: Any, change: Change) -> int:
    """How many rows it touched."""
    if change.arguments:
        _, status, _ = await connection._execute(  # the one way to a row count with prepared statements
            change.sql, change.arguments, 0, STATEMENT_SECONDS, return_status=True
        )
        status = status.decode()
    else:
        status = await connection.execute(change.sql, timeout=STATEMENT_SECONDS)
    count = status.rsplit(" ", 1)[-1]
    return int(count) if count.isdigit() else 0


async def _alongside(connection: Any, step: Alongside) -> int:
    change = asyncio.create_task(_change(connection, step.change))
    try:
        await asyncio.sleep(0)  # in which it is sent
        step.work()
    except BaseException:
        change.cancel()
        raise
    return await change


async def _commit(connection: Any) -> None:
    try:
        await connection.execute(_COMMIT, timeout=STATEMENT_SECONDS)
    except TimeoutError as fault:
        raise Unsettled("no answer to COMMIT") from fault
