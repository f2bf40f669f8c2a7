"""Connections, and statements made once: built by SQLAlchemy from the tables, run as SQL text on the driver.

It never lets a statement that reads a protected table through without a warrant: on the drivers by `Database.fetch`, on
any SQLAlchemy engine or session by an event, so that a forgotten gate is an error and not a leak.
"""

from app.db.arrays import apart, apart_sql, each_row, each_text, joined, one_of
from app.db.base import Address, Database, Warrant
from app.db.faults import DatabaseUnavailable, UnpermittedRead
from app.db.guard import warranted
from app.db.postgres import STATEMENT_SECONDS, PostgresDatabase, open_postgres
from app.db.sqlite import SqliteDatabase, open_sqlite
from app.db.statements import Prepared, Row, compiled_once, prepare
from app.db.texts import PROTECTED
from app.db.writing import Writing, open_writing

__all__ = [
    "PROTECTED",
    "STATEMENT_SECONDS",
    "Address",
    "Database",
    "DatabaseUnavailable",
    "PostgresDatabase",
    "Prepared",
    "Row",
    "SqliteDatabase",
    "UnpermittedRead",
    "Warrant",
    "Writing",
    "apart",
    "apart_sql",
    "compiled_once",
    "each_row",
    "each_text",
    "joined",
    "one_of",
    "open_database",
    "open_postgres",
    "open_sqlite",
    "open_writing",
    "prepare",
    "warranted",
]


def open_database(address: Address, role: str | None = None) -> Database:
    """The database at an address; on PostgreSQL acting as `role`."""
    if address.dialect == "sqlite":
        return SqliteDatabase(address.path)
    return PostgresDatabase(address.dsn, role)
