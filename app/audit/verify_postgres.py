"""The verifier's view of PostgreSQL: one REPEATABLE READ transaction, and the catalogue that could hide rows."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg

from app.audit.verify_read import (
    ANSWER_SECONDS,
    BESIDE,
    CHUNK,
    INDEXES,
    MADE,
    TABLES,
    Finding,
    Reading,
    shape,
    structural,
)

_RELATIONS = (
    "SELECT c.relname::text, c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relhasrules, "
    "EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid OR i.inhrelid = c.oid) "
    "FROM pg_class c WHERE c.oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)"
)
_TRIGGERS = (
    "SELECT t.tgname::text, c.relname::text, t.tgenabled::text, t.tgtype::int, p.prosrc, p.proname::text "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND c.oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)"
)
_INDEXES = (
    "SELECT i.relname::text, x.indisvalid AND x.indisready AND x.indislive AND x.indpred IS NULL, x.indisunique "
    "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
    "WHERE x.indrelid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)"
)
_COLUMNS = (
    "SELECT c.relname::text, a.attname::text, a.attgenerated::text FROM pg_attribute a JOIN pg_class c "
    "ON c.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped "
    "AND c.oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)"
)
_BEFORE, _INSERT, _DELETE, _UPDATE, _TRUNCATE, _EACH_ROW = 2, 4, 8, 16, 32, 1
POSTGRES_TRIGGERS = {
    ("log_entry_from_body", "log_entry"): _BEFORE | _INSERT | _EACH_ROW,
    ("log_entry_only_grows", "log_entry"): _BEFORE | _DELETE | _UPDATE | _TRUNCATE,
    ("log_subject_only_grows", "log_subject"): _BEFORE | _UPDATE | _TRUNCATE,
    ("log_subject_only_by_law", "log_subject"): _BEFORE | _DELETE | _EACH_ROW,
    ("log_tile_only_grows", "log_tile"): _BEFORE | _DELETE | _UPDATE | _TRUNCATE,
    **{(f"{table}_only_grows", table): _BEFORE | _DELETE | _UPDATE | _TRUNCATE for table in BESIDE},
    ("log_head_only_grows", "log_head"): _BEFORE | _DELETE | _TRUNCATE,
    ("log_head_only_forward", "log_head"): _BEFORE | _UPDATE | _EACH_ROW,
}
POSTGRES_FUNCTIONS = {
    "log_entry_from_body": "f8c7b7a677969a50",
    "log_only_grows": "11f98976d79a3ed9",
    "log_head_only_forward": "fff0364ebef801f5",
    "log_subject_only_by_law": "0bd6fd0f7f82a178",
}
"""What stands for the source of each trigger's function."""
_UNIQUE = ("_pkey", "_event_id", "_origin_key")
_PAST_INDEXES = (
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on; SET LOCAL enable_bitmapscan = off; "
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off"
)
_BY_INDEX = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off; "
    "SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on"
)
_IN_ORDER = "SELECT count(*) FROM (SELECT FROM {0} ORDER BY {1} OFFSET 0) AS found"
_WHOLE = "SELECT count(*) FROM {0}"
_ORDERS = {
    "log_entry_pkey": ("log_entry", "seq"),
    "log_entry_event_id": ("log_entry", "event_id"),
    "log_entry_staff": ("log_entry", "staff, seq"),
    "log_entry_request_id": ("log_entry", "request_id, seq"),
    "log_subject_pkey": ("log_subject", "seq"),
    "log_subject_person_id": ("log_subject", "person_id, seq"),
    "log_subject_crn": ("log_subject", "crn, seq"),
    "log_word_pkey": ("log_word", "word, tile"),
    "log_checkpoint_pkey": ("log_checkpoint", "origin, size"),
    "log_cosignature_pkey": ("log_cosignature", "origin, size, witness, key_id"),
    "log_cosignature_witness": ("log_cosignature", "origin, witness, key_id, size"),
    "log_recovery_pkey": ("log_recovery", "from_size"),
    "log_recovery_origin_key": ("log_recovery", "origin"),
}


class PostgresReading(Reading):
    """A read-only transaction at REPEATABLE READ."""

    def __init__(self, connection: Any, runner: asyncio.Runner) -> None:
        self.connection, self.runner = connection, runner

    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        """Through a cursor, so that memory stays small."""
        cursor = self.runner.run(self._cursor(sql))
        while chunk := self.runner.run(cursor.fetch(CHUNK, timeout=ANSWER_SECONDS)):
            yield from chunk

    def hashes(self, level: int, first: int, stop: int) -> list[bytes]:
        """By index, whose lies would not lead to a root that is trusted."""
        with self._by_index():
            return super().hashes(level, first, stop)

    def recorded_at(self, seq: int) -> str:
        """By index as well: of an entry before those that are read."""
        with self._by_index():
            return super().recorded_at(seq)

    @contextmanager
    def _by_index(self) -> Iterator[None]:
        self.runner.run(self._way(_BY_INDEX))
        try:
            yield
        finally:
            self.runner.run(self._way(_PAST_INDEXES))

    def plainly(self, column: str) -> str:
        """Whatever order the database is in otherwise."""
        return f'{column} COLLATE "C"'

    async def _way(self, way: str) -> None:
        await self.connection.execute(way)

    def structure(self) -> Iterator[Finding]:
        """Ordinary tables without rules or row security, every trigger on, every index whole."""
        relations = {row[0]: row for row in self._catalogue(_RELATIONS)}
        if not relations.keys() - set(BESIDE):
            raise LookupError("there is no log in this database")
        for name in TABLES:
            yield from _odd_relation(name, relations.get(name))
        if any(name not in relations or relations[name][1] not in ("r", "p") for name in TABLES):
            raise asyncpg.InterfaceError("a table of the log is missing")
        yield from _odd_triggers(self._catalogue(_TRIGGERS))
        yield from _odd_indexes(self._catalogue(_INDEXES))
        yield from _odd_columns(self._catalogue(_COLUMNS))
        yield from self._short_indexes()
        self.runner.run(self._way(_PAST_INDEXES))
        yield from self.strange_tiles()

    def _catalogue(self, sql: str) -> list[Sequence[Any]]:
        return self.runner.run(self._fetch(sql, list(TABLES)))

    def _short_indexes(self) -> Iterator[Finding]:
        """Rows counted through an index against rows of the table itself: an index could leave some out."""
        for name, order in _ORDERS.items():
            in_order = self.runner.run(self._count(_BY_INDEX, _IN_ORDER.format(*order)))
            if in_order != self.runner.run(self._count(_PAST_INDEXES, _WHOLE.format(order[0]))):
                yield structural("index", f"index '{name}' leaves out rows")

    async def _count(self, way: str, sql: str) -> int:
        await self.connection.execute(way)
        count: int = await self.connection.fetchval(sql)
        return count

    async def _cursor(self, sql: str) -> Any:
        return await self.connection.cursor(sql, timeout=ANSWER_SECONDS)

    async def _fetch(self, sql: str, *arguments: Any) -> list[Sequence[Any]]:
        rows: list[Sequence[Any]] = await self.connection.fetch(sql, *arguments)
        return rows


def _odd_relation(name: str, row: Sequence[Any] | None) -> Iterator[Finding]:
    if row is None:
        yield structural("schema", f"table '{name}' is missing")
        return
    _, kind, persistence, secured, ruled, related = row
    if kind not in ("r", "p") or persistence != "p":
        yield structural("schema", f"'{name}' is not an ordinary table")
    if secured:
        yield structural("schema", f"row security on '{name}' could hide rows")
    if ruled and kind in ("r", "p"):
        yield structural("schema", f"a rule stands on '{name}'")
    if related and kind == "r":
        yield structural("schema", f"'{name}' inherits or is inherited from")


def _odd_triggers(rows: Iterable[Sequence[Any]]) -> Iterator[Finding]:
    found = {(row[0], row[1]): row for row in rows}
    for key, kind in POSTGRES_TRIGGERS.items():
        row = found.pop(key, None)
        if row is None:
            yield structural("trigger", f"trigger '{key[0]}' is missing")
        elif row[2] != "A" or row[3] != kind or shape(row[4]) != POSTGRES_FUNCTIONS.get(row[5]):
            yield structural("trigger", f"trigger '{key[0]}' is off or is not as it was made")
    for name, table in found:
        yield structural("trigger", f"trigger '{name}' on '{table}' does not belong to the log")


def _odd_indexes(rows: Iterable[Sequence[Any]]) -> Iterator[Finding]:
    found = {row[0]: row for row in rows}
    expected = INDEXES | {f"{table}_pkey" for table in TABLES}
    for name in sorted(expected - found.keys()):
        yield structural("index", f"index '{name}' is missing")
    for name, whole, unique in found.values():
        if not whole:
            yield structural("index", f"index '{name}' does not cover every row")
        if not unique and name.endswith(_UNIQUE):
            yield structural("index", f"index '{name}' is not unique")


def _odd_columns(rows: Iterable[Sequence[Any]]) -> Iterator[Finding]:
    made = {("log_subject", name) for name in MADE["log_subject"]}  # an entry's are made by a trigger
    generated = {(table, name) for table, name, how in rows if how}
    for table, name in sorted(made - generated):
        yield structural("column", f"{table}.{name} is not made from the body any more")
    for table, name in sorted(generated - made):
        yield structural("column", f"{table}.{name} does not belong to the log")


async def connect(dsn: str) -> Any:
    """A connection in a read-only transaction."""
    connection = await asyncpg.connect(dsn, timeout=5, command_timeout=ANSWER_SECONDS)
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return connection
