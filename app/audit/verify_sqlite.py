"""The verifier's view of SQLite: a read-only connection that trusts neither indexes nor the schema."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from app.audit.verify_read import BESIDE, CHUNK, TABLES, Finding, Reading, shape, structural

_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name IN ({0}) OR name IN ({0})"
SQLITE_SHAPE = {
    "log_checkpoint": "d8caa60119037cb0",
    "log_checkpoint_no_delete": "5bda004c26567aff",
    "log_checkpoint_no_replace": "97de702073a9881a",
    "log_checkpoint_no_update": "67292172fbc9cc6a",
    "log_cosignature": "decd362fb1dfa230",
    "log_cosignature_no_delete": "ba60a09735216900",
    "log_cosignature_no_replace": "bd2bb13eab25872f",
    "log_cosignature_no_update": "18d8c851bfbd0e50",
    "log_cosignature_witness": "090c0022241b6d3d",
    "log_entry": "807a0895146b002a",
    "log_entry_event_id": "73a30652112c3d25",
    "log_entry_no_delete": "24dccdca952d2c22",
    "log_entry_no_replace": "9363e481207ad3f1",
    "log_entry_no_replaced_event": "75a6f2c8f6f8083c",
    "log_entry_no_update": "a5be9a51e3755c5b",
    "log_entry_request_id": "d9c5d43702ad916b",
    "log_entry_staff": "9ca2960b5c0f200f",
    "log_head": "4bda1b350aaaf9dc",
    "log_head_no_delete": "d79e8d6404e174f9",
    "log_head_no_replace": "97cae5fd30f111b6",
    "log_head_only_forward": "ae30662ac02d6c13",
    "log_recovery": "30f62c0710ac1b30",
    "log_recovery_no_delete": "5ce673f20f725d85",
    "log_recovery_no_replace": "72947948fee59e72",
    "log_recovery_no_update": "e13cdf0772ccd280",
    "log_subject": "3d153cfbf90329cd",
    "log_subject_crn": "825994f6f4d362d5",
    "log_subject_no_delete": "60f75d80fca68272",
    "log_subject_no_replace": "2e6bcc0c0eec3a28",
    "log_subject_no_update": "7eab84ef06fb877e",
    "log_subject_person_id": "a4625f10a16507c6",
    "log_tile": "682269ba520dc48e",
    "log_tile_no_delete": "ce69a33a77bb1bc3",
    "log_tile_no_replace": "9c8e786145e70c79",
    "log_tile_no_update": "e2022602b669af75",
    "log_word": "98be9e7f17e19a82",
    "log_word_no_delete": "aa88f0fe106c5c78",
    "log_word_no_update": "93a3776ef3697322",
}
"""The first 16 digits of SHA-256 over what each object of the log says of itself in `sqlite_master`."""


class SqliteReading(Reading):
    """A read-only connection to the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        """Scans of the tables themselves: no index can hide a row."""
        cursor = self.connection.execute(re.sub(r"\bFROM (log_\w+)", r"FROM \1 NOT INDEXED", sql))
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk

    def structure(self) -> Iterator[Finding]:
        """Each object as it was made and no other; the file sound."""
        names = ", ".join(f"'{table}'" for table in TABLES)
        objects = self.connection.execute(_OBJECTS.format(names)).fetchall()
        if all(table in BESIDE for _, _, table, _ in objects):
            raise LookupError("there is no log in this database")
        found = {name: (kind, sql) for kind, name, _, sql in objects if not name.startswith("sqlite_autoindex_")}
        for name in SQLITE_SHAPE.keys() - found.keys():
            yield structural("schema", f"'{name}' is missing")
        for name, (kind, sql) in found.items():
            if name not in SQLITE_SHAPE:
                yield structural("schema", f"{kind} '{name}' does not belong to the log")
            elif shape(sql) != SQLITE_SHAPE[name]:
                yield structural("schema", f"{kind} '{name}' is not as it was made")
        if any(found.get(table, ("",))[0] != "table" for table in TABLES):
            raise sqlite3.DatabaseError("a table of the log is missing")
        for table in TABLES:
            for (message,) in self.connection.execute(f"PRAGMA integrity_check({table})"):
                if message != "ok":
                    yield structural("integrity", f"{table}: {message}")
        yield from self.strange_tiles()
