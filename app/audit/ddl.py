"""The log's tables in both databases' own words: query columns made from the bodies, triggers that refuse rewriting.

What migration 0002 creates; a later change is a later migration, since the bytes in these tables are final.
"""

import re
from collections.abc import Iterable, Mapping

SERVICE_ROLE = "openmind_service"
ERASURE_ROLE = "openmind_erasure"
LOG_TABLES = ("log_entry", "log_subject", "log_tile", "log_head")
ENTRY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "event_id": ("eventId",),
    "type": ("type",),
    "occurred_at": ("occurredAt",),
    "staff": ("caller", "staff"),
    "party": ("caller", "party"),
    "role": ("caller", "role"),
    "client": ("caller", "client"),
    "purpose": ("purpose",),
    "action": ("action",),
    "resource": ("resource",),
    "outcome": ("outcome",),
    "agreement": ("agreement",),
    "request_id": ("requestId",),
    "subject": ("subject",),
}
SUBJECT_COLUMNS: Mapping[str, tuple[str, ...]] = {"person_id": ("personId",), "crn": ("crn",)}
INDEXES = {
    "log_entry_event_id": "CREATE UNIQUE INDEX log_entry_event_id ON log_entry (event_id)",
    "log_entry_staff": "CREATE INDEX log_entry_staff ON log_entry (staff, seq)",
    "log_subject_person_id": "CREATE INDEX log_subject_person_id ON log_subject (person_id, seq)",
    "log_subject_crn": "CREATE INDEX log_subject_crn ON log_subject (crn, seq)",
}
_EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def create_log(dialect: str, role: str = SERVICE_ROLE) -> list[str]:
    """Statements, one each, that make the empty log; on PostgreSQL also the service's role and its rights."""
    made = tables(dialect) + list(INDEXES.values())
    if dialect == "sqlite":
        return [*made, _first_head("x''", f"x'{_EMPTY_ROOT}'"), *SQLITE_TRIGGERS.values()]
    head = _first_head("''::bytea", f"'\\x{_EMPTY_ROOT}'::bytea")
    return [*made, head, *_POSTGRES_FUNCTIONS, *_postgres_triggers(), *_make_role(role), *_log_rights(role)]


def grants(names: Iterable[str], role: str = SERVICE_ROLE) -> list[str]:
    """PostgreSQL statements by which the service's role may work with tables that are no part of the log."""
    listed = ", ".join(f'"{table}"' for table in sorted(set(names) - set(LOG_TABLES)))
    return [if_role(role, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {listed} TO {role}")] if listed else []


def tables(dialect: str) -> list[str]:
    """Statements that make the four tables: entries, persons' parts, tiles and the head."""
    sqlite = dialect == "sqlite"
    blob, number, end = ("BLOB", "INTEGER", " STRICT") if sqlite else ("bytea", "bigint", "")
    entry, subject = _generated(ENTRY_COLUMNS, dialect), _generated(SUBJECT_COLUMNS, dialect)
    return [
        f"CREATE TABLE log_entry (seq {number} PRIMARY KEY CHECK (seq >= 0), recorded_at TEXT NOT NULL, "
        f"body TEXT NOT NULL, leaf_hash {blob} NOT NULL CHECK (length(leaf_hash) = 32), {entry}){end}",
        f"CREATE TABLE log_subject (seq {number} PRIMARY KEY REFERENCES log_entry (seq), "
        f"salt {blob} NOT NULL CHECK (length(salt) >= 16), body TEXT NOT NULL, {subject}){end}",
        f"CREATE TABLE log_tile (level {number} NOT NULL, number {number} NOT NULL, "
        f"root {blob} NOT NULL CHECK (length(root) = 32), PRIMARY KEY (level, number)){end}",
        f"CREATE TABLE log_head (id {number} PRIMARY KEY CHECK (id = 1), size {number} NOT NULL, "
        f"frontier {blob} NOT NULL, recorded_at TEXT NOT NULL, root {blob} NOT NULL CHECK (length(root) = 32)){end}",
    ]


def _generated(columns: Mapping[str, tuple[str, ...]], dialect: str) -> str:
    return ", ".join(f"{name} TEXT {made_from_body(path, dialect)}" for name, path in columns.items())


def made_from_body(path: tuple[str, ...], dialect: str) -> str:
    """How a query column is made: computed when read in SQLite, stored in PostgreSQL, writable in neither.

    On PostgreSQL `make_entries_columns_at_once` makes those of an entry by a trigger instead.
    """
    if dialect == "sqlite":
        return f"GENERATED ALWAYS AS (json_extract(body, '$.{'.'.join(path)}')) VIRTUAL"
    return f"GENERATED ALWAYS AS (body::json #>> '{{{','.join(path)}}}') STORED"


def _first_head(frontier: str, root: str) -> str:
    return f"INSERT INTO log_head (id, size, frontier, recorded_at, root) VALUES (1, 0, {frontier}, '', {root})"  # noqa: S608  # constants of this module


# --- SQLite: REPLACE deletes without asking a DELETE trigger, so inserting over something is refused as well ----------


def refuse(name: str, event: str, table: str, when: str = "") -> str:
    """A trigger of SQLite that stops what would not be growing."""
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when}BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"


SQLITE_TRIGGERS: Mapping[str, str] = {
    name: refuse(name, event, table, when)
    for name, event, table, when in (
        *((f"{table}_no_update", "UPDATE", table, "") for table in LOG_TABLES[:3]),
        *((f"{table}_no_delete", "DELETE", table, "") for table in LOG_TABLES),
        ("log_entry_no_replace", "INSERT", "log_entry", "WHEN NEW.seq < (SELECT size FROM log_head) "),
        (
            "log_entry_no_replaced_event",
            "INSERT",
            "log_entry",
            "WHEN EXISTS (SELECT 1 FROM log_entry WHERE event_id = json_extract(NEW.body, '$.eventId')) ",
        ),
        ("log_subject_no_replace", "INSERT", "log_subject", "WHEN NEW.seq < (SELECT size FROM log_head) "),
        (
            "log_tile_no_replace",
            "INSERT",
            "log_tile",
            "WHEN EXISTS (SELECT 1 FROM log_tile WHERE level = NEW.level AND number = NEW.number) ",
        ),
        ("log_head_no_replace", "INSERT", "log_head", ""),
        (
            "log_head_only_forward",
            "UPDATE",
            "log_head",
            "WHEN NEW.size <= OLD.size OR NEW.recorded_at < OLD.recorded_at OR NEW.id <> OLD.id ",
        ),
    )
}

# --- PostgreSQL: always on, so that no session can say it is a replica and get past ---------------------------------
_POSTGRES_FUNCTIONS = (
    "CREATE FUNCTION log_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the log only grows' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE FUNCTION log_head_only_forward() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF NEW.size <= OLD.size OR NEW.recorded_at < OLD.recorded_at OR NEW.id <> OLD.id THEN "
    "RAISE EXCEPTION 'the log only grows' USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$",
)


def _postgres_triggers() -> list[str]:
    statements = []
    for table in LOG_TABLES:
        events = "DELETE OR TRUNCATE" if table == "log_head" else "UPDATE OR DELETE OR TRUNCATE"
        statements += [
            f"CREATE TRIGGER {table}_only_grows BEFORE {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grows",
        ]
    return [
        *statements,
        "CREATE TRIGGER log_head_only_forward BEFORE UPDATE ON log_head "
        "FOR EACH ROW EXECUTE FUNCTION log_head_only_forward()",
        "ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_only_forward",
    ]


def _make_role(role: str) -> list[str]:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", role):
        raise ValueError("a role's name is lower-case letters, digits and underscores")
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; "
        "END IF; EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; END $$",
        if_role(role, f"IF NOT pg_has_role('{role}', 'MEMBER') THEN GRANT {role} TO CURRENT_USER; END IF"),
    ]


def _log_rights(role: str) -> list[str]:
    everything, growing = ", ".join(LOG_TABLES), ", ".join(LOG_TABLES[:3])
    return [
        f"REVOKE ALL ON {everything} FROM PUBLIC",
        if_role(role, f"GRANT SELECT, INSERT ON {growing} TO {role}"),
        if_role(role, f"GRANT SELECT, UPDATE ON log_head TO {role}"),
    ]


def if_role(role: str, statement: str) -> str:
    """A statement of PostgreSQL that is run where there is such a role."""
    return f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN {statement}; END IF; END $$"


# --- an entry's query columns on PostgreSQL: one trigger, always on, in place of a parse for each column -------------


def _entry_from_body() -> str:
    """Every query column of an entry from its body, whatever was given for it: as generated columns, in one parse.

    Fourteen generated columns parse the body fourteen times, which took the server longer than all else of an entry.
    """
    top = {name: path[0] for name, path in ENTRY_COLUMNS.items() if len(path) == 1}
    inner = {name: path for name, path in ENTRY_COLUMNS.items() if len(path) > 1}
    outer = sorted({path[0] for path in inner.values()})
    members = [f'said."{member}"' for member in top.values()]
    members += [f"said.\"{path[0]}\" OPERATOR(pg_catalog.->>) '{path[1]}'" for path in inner.values()]
    columns = ", ".join(f"NEW.{name}" for name in (*top, *inner))
    shape = ", ".join([f'"{member}" text' for member in top.values()] + [f'"{member}" json' for member in outer])
    found = f"FROM pg_catalog.json_to_record(NEW.body::pg_catalog.json) AS said ({shape})"
    filled = f"SELECT {', '.join(members)} INTO {columns} {found}; RETURN NEW;"
    return f"CREATE FUNCTION log_entry_from_body() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {filled} END $$"


def make_entries_columns_at_once() -> list[str]:
    """Statements for PostgreSQL after which a trigger fills an entry's query columns; what is there stays."""
    dropped = ", ".join(f"ALTER COLUMN {name} DROP EXPRESSION" for name in ENTRY_COLUMNS)
    return [
        f"ALTER TABLE log_entry {dropped}",
        _entry_from_body(),
        "CREATE TRIGGER log_entry_from_body BEFORE INSERT ON log_entry "
        "FOR EACH ROW EXECUTE FUNCTION log_entry_from_body()",
        "ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_from_body",
    ]


def parse_entries_once() -> str:
    """The statement for PostgreSQL that makes that trigger read the body as a tree; what it fills is the same.

    Looking members up in `jsonb` takes a third less of an entry's time than a record made of `json`.
    """
    filled = []
    for name, path in ENTRY_COLUMNS.items():
        *outer, member = path
        tree = "".join(f" OPERATOR(pg_catalog.->) '{each}'" for each in outer)
        filled.append(f"NEW.{name} := said{tree} OPERATOR(pg_catalog.->>) '{member}';")
    return (
        "CREATE OR REPLACE FUNCTION log_entry_from_body() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"DECLARE said pg_catalog.jsonb := NEW.body::pg_catalog.jsonb; BEGIN {' '.join(filled)} RETURN NEW; END $$"
    )


# --- lawful erasure: a person's part goes if the newest entry of the log says so, and in no other way -----------------

SQLITE_ERASURE = (
    "CREATE TRIGGER log_subject_no_delete BEFORE DELETE ON log_subject WHEN NOT EXISTS (SELECT 1 FROM "
    "(SELECT body FROM log_entry ORDER BY seq DESC LIMIT 1) AS last, "
    "json_each(last.body, '$.details.targets') AS target "
    "WHERE json_extract(last.body, '$.type') = 'erase' AND target.value = OLD.seq) "
    "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
)
_POSTGRES_ERASURE = (
    "CREATE FUNCTION log_subject_only_by_law() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE said json; BEGIN "
    "EXECUTE format('SELECT body::json FROM %I.log_entry ORDER BY seq DESC LIMIT 1', TG_TABLE_SCHEMA) INTO said; "
    "IF current_user = 'openmind_erasure' AND said ->> 'type' = 'erase' AND EXISTS (SELECT FROM "
    "json_array_elements_text(said -> 'details' -> 'targets') AS target WHERE target = OLD.seq::text) "
    "THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'the log only grows' USING ERRCODE = 'restrict_violation'; END $$"
)


def let_erase(dialect: str, records: Iterable[str], lists: Iterable[str], role: str = SERVICE_ROLE) -> list[str]:
    """Statements that let a person's part be erased: on SQLite by any writer of the file, on PostgreSQL by one role.

    `records` are the tables that hold something of a person, their past states included; from them the service's role
    loses its right to delete, but for `lists`, which it replaces whole.
    """
    if dialect == "sqlite":
        return ["DROP TRIGGER log_subject_no_delete", SQLITE_ERASURE]
    named = sorted(set(records))
    kept = ", ".join(sorted(set(named) - set(lists)))
    return [
        _POSTGRES_ERASURE,
        "DROP TRIGGER log_subject_only_grows ON log_subject",
        "CREATE TRIGGER log_subject_only_grows BEFORE UPDATE OR TRUNCATE ON log_subject "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
        "ALTER TABLE log_subject ENABLE ALWAYS TRIGGER log_subject_only_grows",
        "CREATE TRIGGER log_subject_only_by_law BEFORE DELETE ON log_subject "
        "FOR EACH ROW EXECUTE FUNCTION log_subject_only_by_law()",
        "ALTER TABLE log_subject ENABLE ALWAYS TRIGGER log_subject_only_by_law",
        *_make_role(ERASURE_ROLE),
        if_role(ERASURE_ROLE, f"GRANT SELECT, INSERT ON {', '.join(LOG_TABLES[:3])} TO {ERASURE_ROLE}"),
        if_role(ERASURE_ROLE, f"GRANT DELETE ON log_subject TO {ERASURE_ROLE}"),
        if_role(ERASURE_ROLE, f"GRANT SELECT, UPDATE ON log_head TO {ERASURE_ROLE}"),
        *erasable(named),
        if_role(role, f"REVOKE DELETE ON {kept} FROM {role}"),
    ]


def erasable(records: Iterable[str]) -> list[str]:
    """PostgreSQL statements by which the eraser's role may empty tables with something of a person in them.

    To delete a row whose past is kept is to write it into the past first, and so it may insert there.
    """
    named = sorted(set(records))
    past = [table for table in named if table.endswith("_history")]
    rights = [if_role(ERASURE_ROLE, f"GRANT SELECT, DELETE ON {', '.join(named)} TO {ERASURE_ROLE}")]
    return rights + ([if_role(ERASURE_ROLE, f"GRANT INSERT ON {', '.join(past)} TO {ERASURE_ROLE}")] if past else [])


# --- auditors' queries: which tiles of 256 entries say a word, kept beside the log and made from it -------------------

WORDS = "log_word"
SEARCH_INDEXES = {"log_entry_request_id": "CREATE INDEX log_entry_request_id ON log_entry (request_id, seq)"}


def let_search(dialect: str, role: str = SERVICE_ROLE) -> list[str]:
    """Statements that make what a query of the whole log goes by; nothing of it costs an append more than one index.

    The words come later, a full tile at a time; they are only ever added to, as the log is.
    """
    text, number, end = ("TEXT", "INTEGER", " STRICT, WITHOUT ROWID")
    if dialect != "sqlite":
        text, number, end = 'TEXT COLLATE "C"', "bigint", ""
    table = f"CREATE TABLE {WORDS} (word {text} NOT NULL, tile {number} NOT NULL, PRIMARY KEY (word, tile)){end}"
    made = [table, *SEARCH_INDEXES.values()]
    if dialect == "sqlite":
        refused = [refuse(f"{WORDS}_no_{event.lower()}", event, WORDS) for event in ("UPDATE", "DELETE")]
        return [*made, *refused]
    return [
        *made,
        f"CREATE TRIGGER {WORDS}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {WORDS} "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
        f"ALTER TABLE {WORDS} ENABLE ALWAYS TRIGGER {WORDS}_only_grows",
        f"REVOKE ALL ON {WORDS} FROM PUBLIC",
        if_role(role, f"GRANT SELECT, INSERT ON {WORDS} TO {role}"),
    ]
