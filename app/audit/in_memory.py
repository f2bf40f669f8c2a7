"""Archived entries under the very statement that the database would run: in a SQLite table for as long as it takes.

The table is the log's own, so that every query column is made from the body, and no condition is written again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from app.audit.archive import Entry
from app.audit.ddl import tables
from app.db import Prepared

_ENTRY = "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES (?, ?, ?, ?)"
_PART = "INSERT INTO log_subject (seq, salt, body) VALUES (?, zeroblob(16), ?)"


def run(
    statement: Prepared, arguments: Sequence[Any], entries: Iterable[Entry], parts: Iterable[tuple[int, str]]
) -> list[tuple[Any, ...]]:
    """Its rows, over these entries and persons' parts (numbers and bodies) and no others."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for table in tables("sqlite")[:2]:
            connection.execute(table)
        connection.execute("BEGIN")
        connection.executemany(_ENTRY, entries)
        connection.executemany(_PART, parts)
        return list(statement.rows(connection.execute(statement.sql, arguments).fetchall()))
    finally:
        connection.close()
