"""The verifier's view of PostgreSQL: one REPEATABLE READ transaction, and the catalogue that could hide rows."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from app.audit.verify_archive import ARCHIVED, Files
from app.audit.verify_months import MAKER, MONTHS, STRAYS, Month, odd_maker, read_months, stray
from app.audit.verify_read import (
    ANSWER_SECONDS,
    BESIDE,
    CHUNK,
    ENTRIES,
    MADE,
    TABLES,
    Finding,
    Reading,
    shape,
    starting,
    structural,
)

_RELATIONS = (
    "SELECT c.relname::text, c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relhasrules, "
    "EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid), "
    "EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) "
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
    ("log_archive_only_grows", "log_archive"): _BEFORE | _DELETE | _UPDATE | _TRUNCATE,
    ("log_subject_only_grows", "log_subject"): _BEFORE | _UPDATE | _TRUNCATE,
    ("log_subject_only_by_law", "log_subject"): _BEFORE | _DELETE | _EACH_ROW,
    ("log_tile_only_grows", "log_tile"): _BEFORE | _DELETE | _UPDATE | _TRUNCATE,
    **{(f"{table}_only_grows", table): _BEFORE | _DELETE | _UPDATE | _TRUNCATE for table in BESIDE},
    ("log_head_only_grows", "log_head"): _BEFORE | _DELETE | _TRUNCATE,
    ("log_head_only_forward", "log_head"): _BEFORE | _UPDATE | _EACH_ROW,
}
_FROM_BODY, _ONLY_GROWS = _BEFORE | _INSERT | _EACH_ROW, _BEFORE | _DELETE | _UPDATE | _TRUNCATE
"""Of the log's entries, and of each month."""
POSTGRES_FUNCTIONS = {
    "log_entry_from_body": "ca05675964cb29a4",
    "log_only_grows": "11f98976d79a3ed9",
    "log_head_only_forward": "fff0364ebef801f5",
    "log_subject_only_by_law": "3d42078a9f137eda",
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
_ARCHIVE = "log_archive"
_ALL = (*TABLES, _ARCHIVE)
_KEYS = frozenset(f"{table}_pkey" for table in _ALL if table != "log_entry")


class PostgresReading(Reading):
    """A read-only transaction at REPEATABLE READ."""

    def __init__(self, connection: Any, runner: asyncio.Runner, archive: Path | None = None) -> None:
        self.connection, self.runner, self.archive = connection, runner, archive
        self.months: list[Month] = []
        self.files = Files(None, ())

    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        """Through a cursor, so that memory stays small."""
        cursor = self.runner.run(self._cursor(sql))
        while chunk := self.runner.run(cursor.fetch(CHUNK, timeout=ANSWER_SECONDS)):
            yield from chunk

    def entries(self, first: int = 0) -> Iterator[Sequence[Any]]:
        """What is archived, then a month after the other: what was put into another month is out of order."""
        yield from self.files.entries(first)
        for month in self.months:
            yield from self.rows(f"{ENTRIES} {month.name}{starting('seq', first)} ORDER BY seq")

    def hashes(self, level: int, first: int, stop: int) -> list[bytes]:
        """By index, whose lies would not lead to a root that is trusted."""
        gone = self.files.hashes(first, min(stop, self.files.stop)) if level == 0 and first < self.files.stop else []
        with self._by_index():
            return gone + super().hashes(level, first + len(gone), stop)

    def recorded_at(self, seq: int) -> str:
        """By index as well: of an entry before those that are read."""
        if seq < self.files.stop:
            return self.files.recorded_at(seq)
        with self._by_index():
            return super().recorded_at(seq)

    def erasures(self) -> Iterator[Sequence[Any]]:
        """In files and in the database."""
        yield from self.files.of_type("erase")
        yield from super().erasures()

    def recoveries(self) -> Iterator[Sequence[Any]]:
        """In files and in the database."""
        yield from self.files.of_type("recover")
        yield from super().recoveries()

    def archives(self) -> list[tuple[str, int, int, str]]:
        """As `log_archive` has them."""
        return [month.said() for month in self.files.months]

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
        """Ordinary tables and months, without rules or row security, every trigger on, every index whole."""
        relations = {row[0]: row for row in self._catalogue(_RELATIONS, _ALL)}
        if not relations.keys() - {*BESIDE, _ARCHIVE}:
            raise LookupError("there is no log in this database")
        for name in _ALL:
            yield from _odd_relation(name, relations.get(name))
        if any(name not in relations or relations[name][1] not in ("r", "p") for name in _ALL):
            raise asyncpg.InterfaceError("a table of the log is missing")
        yield from self._months()
        names = [month.name for month in self.months]
        everything = (*_ALL, *names)
        yield from _odd_triggers(self._catalogue(_TRIGGERS, everything), names)
        orders = dict(_ORDERS)
        for month in self.months:
            orders |= month.orders
        yield from _odd_indexes(self._catalogue(_INDEXES, everything), orders.keys() | _KEYS)
        yield from _odd_columns(self._catalogue(_COLUMNS, everything))
        yield from self._short_indexes(orders)
        self.runner.run(self._way(_PAST_INDEXES))
        yield from self.strange_tiles()

    def _months(self) -> Iterator[Finding]:
        """Each follows on the one before it, and is a table like the others."""
        self.files = Files(self.archive, self.runner.run(self._fetch(ARCHIVED)))
        yield from self.files.structure()
        self.months, findings = read_months(self.runner.run(self._fetch(MONTHS)), self.files.ends)
        yield from findings
        relations = {row[0]: row for row in self._catalogue(_RELATIONS, [month.name for month in self.months])}
        for month in self.months:
            yield from _odd_relation(month.name, relations.get(month.name))
        yield from stray(self.runner.run(self._fetch(STRAYS)))
        yield from odd_maker(self.runner.run(self._fetch(MAKER)))

    def _catalogue(self, sql: str, names: Iterable[str]) -> list[Sequence[Any]]:
        return self.runner.run(self._fetch(sql, list(names)))

    def _short_indexes(self, orders: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
        """Rows counted through an index against rows of the table itself: an index could leave some out."""
        for name, order in orders.items():
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
    """A table of the log: of its entries the one that has months, of the others an ordinary one."""
    if row is None:
        yield structural("schema", f"table '{name}' is missing")
        return
    _, kind, persistence, secured, ruled, has_children, has_parent = row
    is_whole = name == "log_entry"
    if kind != ("p" if is_whole else "r") or persistence != "p":
        yield structural("schema", f"'{name}' is not an ordinary table")
    if secured:
        yield structural("schema", f"row security on '{name}' could hide rows")
    if ruled and kind in ("r", "p"):
        yield structural("schema", f"a rule stands on '{name}'")
    is_month = name not in _ALL
    if (has_children and not is_whole) or has_parent != is_month:
        yield structural("schema", f"'{name}' inherits or is inherited from")


def _odd_triggers(rows: Iterable[Sequence[Any]], months: Iterable[str]) -> Iterator[Finding]:
    found = {(row[0], row[1]): row for row in rows}
    expected = dict(POSTGRES_TRIGGERS)
    for table in ("log_entry", *months):
        expected |= {("log_entry_from_body", table): _FROM_BODY, (f"{table}_only_grows", table): _ONLY_GROWS}
    for key, kind in expected.items():
        row = found.pop(key, None)
        if row is None:
            yield structural("trigger", f"trigger '{key[0]}' on '{key[1]}' is missing")
        elif row[2] != "A" or row[3] != kind or shape(row[4]) != POSTGRES_FUNCTIONS.get(row[5]):
            yield structural("trigger", f"trigger '{key[0]}' on '{key[1]}' is off or is not as it was made")
    for name, table in found:
        yield structural("trigger", f"trigger '{name}' on '{table}' does not belong to the log")


def _odd_indexes(rows: Iterable[Sequence[Any]], expected: Collection[str]) -> Iterator[Finding]:
    found = {row[0]: row for row in rows}
    for name in sorted(set(expected) - found.keys()):
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
