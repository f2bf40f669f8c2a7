"""The tables refuse to be rewritten: by the service's role, and past it by triggers that stop even the owner."""

import sqlite3
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Table
from sqlmodel import SQLModel

from app.audit.ddl import LOG_TABLES, SERVICE_ROLE
from app.audit.postgres_store import NotDurable
from app.audit.submission import LogUnavailable
from app.audit.writer import open_log
from app.db import PROTECTED, Address, open_postgres
from app.tables.log import LogEntry, LogHead, LogSubject, LogTile
from tests.audit.logs import Owner, now
from tests.postgres import LocalServer

REFUSED = (sqlite3.IntegrityError, asyncpg.RestrictViolationError, asyncpg.UniqueViolationError)
REWRITES = [
    "UPDATE log_entry SET recorded_at = 'x' WHERE seq = 3",
    "UPDATE log_entry SET recorded_at = recorded_at",
    "UPDATE log_entry SET body = '{}' WHERE seq = 3",
    "DELETE FROM log_entry WHERE seq = 299",
    "DELETE FROM log_subject WHERE seq = 3",
    "UPDATE log_subject SET seq = 299 WHERE seq = 3",
    "UPDATE log_tile SET root = leaf_hash FROM log_entry WHERE seq = 3",
    "DELETE FROM log_tile",
    "UPDATE log_head SET size = 299",
    "UPDATE log_head SET size = 300, recorded_at = 'z'",
    "UPDATE log_head SET size = 400, recorded_at = '2000'",
    "UPDATE log_head SET id = 2, size = 400",
    "DELETE FROM log_head",
    "INSERT INTO log_head SELECT 1, size, frontier, recorded_at, root FROM log_head",
]
REPLACES = [
    "INSERT OR REPLACE INTO log_entry (seq, recorded_at, body, leaf_hash) "
    "SELECT 3, recorded_at, replace(body, 'eventId\":\"', 'eventId\":\"x'), leaf_hash FROM log_entry WHERE seq = 4",
    "INSERT OR REPLACE INTO log_entry (seq, recorded_at, body, leaf_hash) "
    "SELECT 300, recorded_at, body, leaf_hash FROM log_entry WHERE seq = 4",
    "UPDATE OR REPLACE log_entry SET seq = 3 WHERE seq = 4",
    "REPLACE INTO log_subject (seq, salt, body) SELECT 3, salt, body FROM log_subject WHERE seq = 4",
    "REPLACE INTO log_tile SELECT level, number, zeroblob(32) FROM log_tile",
    "REPLACE INTO log_head SELECT 1, 400, frontier, recorded_at, root FROM log_head",
]


@pytest.mark.parametrize("sql", REWRITES)
def test_the_owner_cannot_rewrite(filled: Address, owner: Owner, sql: str) -> None:
    """Triggers refuse it, whoever asks."""
    with pytest.raises(REFUSED):
        owner.run(sql)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sql", REPLACES)
def test_replacing_is_no_way_round(filled: Address, owner: Owner, sql: str) -> None:
    """SQLite's REPLACE deletes without asking a DELETE trigger."""
    with pytest.raises(sqlite3.IntegrityError):
        owner.run(sql)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", LOG_TABLES)
def test_truncate_is_refused(filled: Address, owner: Owner, table: str) -> None:
    """Also for a session that claims to be a replica."""
    for replica in ("", "SET session_replication_role = replica; "):
        with pytest.raises(asyncpg.RestrictViolationError):
            owner.run(f"{replica}TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_service_has_no_right_to_rewrite(filled: Address) -> None:
    """Before any trigger: it may add entries, move the head and read."""
    connection = await open_postgres(filled.dsn, SERVICE_ROLE)
    try:
        assert await connection.fetchval("SELECT current_user") == SERVICE_ROLE
        for table in LOG_TABLES:
            await connection.fetchval(f"SELECT count(*) FROM {table}")
            verbs = ["DELETE FROM {0}", "TRUNCATE {0}", "DROP TABLE {0}", "ALTER TABLE {0} DISABLE TRIGGER ALL"]
            verbs += ["INSERT INTO {0} SELECT * FROM {0}"] if table == "log_head" else ["UPDATE {0} SET seq = 1"]
            for verb in verbs:
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedColumnError)):
                    await connection.execute(verb.format(table))
        await connection.fetchval("SELECT count(*) FROM person")
        await connection.execute("DELETE FROM access_limit_name")  # a list that it replaces whole
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM person")
    finally:
        await connection.close()


@pytest.mark.parametrize("model", [LogEntry, LogSubject, LogTile, LogHead])
def test_the_models_are_the_tables(owner: Owner, model: type[SQLModel]) -> None:
    """What the queries are built from is what the migration made; none is a record under the guard."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it
    sql = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table.name}'"
    if owner.address.dialect == "sqlite":
        sql = f"SELECT name FROM pragma_table_xinfo('{table.name}')"
    assert {name for (name,) in owner.rows(sql)} == {column.name for column in table.columns}
    assert not table.info.get(PROTECTED)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_forgets_is_refused(spare_postgres: LocalServer, setting: str) -> None:
    """A log on a server that may lose what it acknowledged does not start."""
    spare_postgres.start(**{setting: "off"})
    with pytest.raises(LogUnavailable) as refused:
        await open_log(Address(spare_postgres.admin_url), None, now)
    cause: Any = refused.value.__cause__
    assert isinstance(cause, NotDurable)
