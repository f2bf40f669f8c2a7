"""How a migration runs: one transaction, one migrator at a time, on SQLite and PostgreSQL alike."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from alembic import context, op
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import app.tables  # noqa: F401  # importing it fills SQLModel.metadata
from app.db import Address, warranted
from app.tables import ON

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('openmind migrations'))"


class MigrationWarrant:
    """A migration may read protected rows, to carry them over; nobody is shown them."""

    def covers(self, tables: frozenset[str]) -> bool:
        """Every table: a migration answers no question."""
        return True


def address() -> Address:
    """The database that the caller names, or OPENMIND_DATABASE_URL."""
    url = context.config.attributes.get("url") or os.environ.get("OPENMIND_DATABASE_URL")
    if not url:
        raise SystemExit("no database to migrate: set OPENMIND_DATABASE_URL to sqlite:///… or postgresql://…")
    return Address(url)


def compared(found: Any, name: str | None, kind: str, *_where: Any) -> bool:
    """Whether autogenerate compares it: the log's tables are written by hand, with their triggers and roles.

    An index for one database is compared there alone; of a record's person, see decision 25.
    """
    here = op.get_bind().dialect.name
    elsewhere = kind == "index" and found.info.get(ON, here) != here
    implied = kind == "foreign_key_constraint" and here == "postgresql" and _is_implied(found)
    return not elsewhere and not implied and not (kind == "table" and name and name.startswith("log_"))


def _is_implied(key: Any) -> bool:
    """Whether a foreign key says nothing that a referral's own does not."""
    of_referral: Sequence[str] = context.script.get_revision("0029").module.OF_REFERRAL
    return key.table.name in of_referral and key.column_keys == ["person_id"]


def run(connection: Connection) -> None:
    """Every pending migration, in the transaction that is open on this connection."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,  # SQLite changes a table by copying it
        transactional_ddl=True,
        compare_type=True,
        include_object=compared,
    )
    with warranted(MigrationWarrant()), context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(ONE_AT_A_TIME))
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            refuse_orphans(connection)


def refuse_orphans(connection: Connection) -> None:
    """Raise if a migration left a row that refers to nothing: foreign keys are off while SQLite copies tables."""
    orphans = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if orphans:
        tables = ", ".join(sorted({row[0] for row in orphans}))
        raise RuntimeError(f"the migration leaves {len(orphans)} rows in {tables} that refer to missing rows")


def migrate_sqlite(url: str) -> None:
    """In this thread, holding the write lock from the first statement."""
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # sqlite3 would begin at the first INSERT, after each CREATE

    with engine.begin() as connection:
        run(connection)


async def migrate_postgres(url: str) -> None:
    """Over asyncpg: each `op.execute` takes one statement."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


where = address()
if where.dialect == "sqlite":
    migrate_sqlite(where.engine_url)
else:
    asyncio.run(migrate_postgres(where.engine_url))
