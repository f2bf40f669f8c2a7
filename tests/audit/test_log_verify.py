"""The verifier sees every tampering that a lone verifier can see, on both databases, and says where it starts."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.audit.ddl import ENTRY_COLUMNS, LOG_TABLES, SERVICE_ROLE, SUBJECT_COLUMNS
from app.audit.entry import PersonPart
from app.audit.merkle import Tree, leaf_data, leaf_hash
from app.audit.submission import Submission
from app.audit.verify import verify
from app.audit.writer import AuditLog, open_log
from app.db import Address
from tests.audit.logs import MONTH, THEN, Owner, append_all, make_entry, month_after, now, verified
from tests.postgres import Server, wait_for

MADE = {"log_entry": ENTRY_COLUMNS, "log_subject": SUBJECT_COLUMNS, "log_tile": {}, "log_head": {}}
KEYS = {"log_entry": "seq = 3", "log_subject": "seq = 3", "log_tile": "number = 0", "log_head": "id = 1"}
THREE = "FROM log_entry WHERE seq = 3"
OTHER_EVENT = "recorded_at, replace(body, 'eventId\":\"', 'eventId\":\"x'), leaf_hash"


def columns(owner: Owner, table: str) -> list[tuple[str, str, bool]]:
    """Name, type and whether it is made from the body, for every column that the catalogue knows."""
    if owner.address.dialect == "sqlite":
        found = owner.rows(f"SELECT name, type, hidden FROM pragma_table_xinfo('{table}')")
    else:
        found = owner.rows(
            "SELECT column_name::text, data_type::text, (is_generated = 'ALWAYS')::int "
            f"FROM information_schema.columns WHERE table_name = '{table}'"
        )
    return [(name, kind.lower(), bool(made)) for name, kind, made in found]


def edit(owner: Owner, table: str, name: str, kind: str, made: bool) -> None:
    """Change one value of one row, whatever stands in the way."""
    sqlite = owner.address.dialect == "sqlite"
    where = KEYS[table]
    if made and sqlite:  # nobody can write it: make the column say something else for one row
        path = ".".join(MADE[table][name])
        true = f"json_extract(body, '$.{path}')"
        lie = f"CASE seq WHEN 3 THEN 'forged' ELSE {true} END"
        indexes = owner.rows(f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}'")
        (definition,) = (sql for (sql,) in owner.rows(f"SELECT sql FROM sqlite_master WHERE name = '{table}'"))
        forged = definition.replace(f"({true})", f"({lie})").replace("'", "''")
        assert forged != definition.replace("'", "''")
        owner.run(
            *(f"DROP INDEX {index}" for index, sql in indexes if sql),
            "PRAGMA writable_schema = ON",
            f"UPDATE sqlite_master SET sql = '{forged}' WHERE name = '{table}'",
        )
        owner.run(*(sql for _, sql in indexes if sql))
        return
    if made:
        owner.tamper(
            f"ALTER TABLE {table} ALTER COLUMN {name} DROP EXPRESSION",
            f"UPDATE {table} SET {name} = 'forged' WHERE {where}",
        )
        return
    blob = "x'" + "ab" * 32 + "'" if sqlite else "'\\x" + "ab" * 32 + "'::bytea"
    value = {"text": "'forged'", "blob": blob, "bytea": blob}.get(kind, f"{name} + 1000")
    if name == "recorded_at":
        value = "'0001-01-01'"  # in PostgreSQL it has to lie in some month
    if name == "body":
        value = "replace(replace(body, 'o.manager', 'forged'), 'person-3', 'forged')"
    drop = "" if sqlite else "ALTER TABLE log_head DROP CONSTRAINT log_head_id_check"
    if (table, name) == ("log_head", "id"):
        owner.tamper(drop or "PRAGMA ignore_check_constraints = ON", f"UPDATE log_head SET id = 2 WHERE {where}")
    else:
        owner.tamper(f"UPDATE {table} SET {name} = {value} WHERE {where}")


def test_every_column_is_covered(filled: Address, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Loop over the catalogue: an edit of any column of any table of the log is found."""
    owner, seen = Owner(filled), []
    server = request.getfixturevalue("postgres_server") if filled.dialect == "postgresql" else None
    for table in LOG_TABLES:
        for name, kind, made in columns(owner, table):
            with duplicate(owner, tmp_path / f"{table}-{name}.db", server) as copy:
                assert verified(copy.address).exit_code == 0
                edit(copy, table, name, kind, made)
                report = verified(copy.address)
            seen.append((table, name))
            assert report.exit_code == 1, (table, name, report)
            if table in ("log_entry", "log_subject") and name != "seq" and not made:
                assert report.first == 3, (table, name, report.findings)
            if made:
                assert any(f.seq == 3 and name in f.message for f in report.findings), (name, report.findings)
    assert len(seen) >= 31


@contextmanager
def duplicate(owner: Owner, path: Path, server: Server | None) -> Iterator[Owner]:
    """A copy of the database to spoil, in a file or on the server."""
    if server is None:
        owner.run(f"VACUUM INTO '{path}'")
        yield Owner(Address(f"sqlite:///{path}"))
        return
    with server.copied(owner.address.url.rsplit("/", 1)[1]) as name:
        yield Owner(Address(server.url(name)))


def body_of(owner: Owner, seq: int = 3) -> str:
    text: str = owner.rows(f"SELECT body FROM log_entry WHERE seq = {seq}")[0][0]
    return text


def rewrite(change: Callable[[str], str]) -> Callable[[Owner], None]:
    """Another body at 3, under its own leaf hash, as a careful forger would."""

    def tamper(owner: Owner) -> None:
        body = change(body_of(owner))
        time = owner.rows(f"SELECT recorded_at {THREE}")[0][0]
        leaf = leaf_hash(leaf_data(3, time, sha256(body.encode()).hexdigest())).hex()
        leaf = f"x'{leaf}'" if owner.address.dialect == "sqlite" else f"'\\x{leaf}'"
        quoted = body.replace("'", "''")
        owner.tamper(f"UPDATE log_entry SET body = '{quoted}', leaf_hash = {leaf} WHERE seq = 3")

    return tamper


def insert(owner: Owner) -> None:
    """An entry between others, everything after it renumbered."""
    owner.tamper(
        "UPDATE log_subject SET seq = -seq WHERE seq > 3",
        "UPDATE log_subject SET seq = 1 - seq WHERE seq < 0",
        *move_entries("seq + 1", "seq > 3"),
        f"INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) SELECT 4, {OTHER_EVENT} {THREE}",
    )


def move_entries(to: str, where: str) -> tuple[str, str]:
    return (
        f"UPDATE log_entry SET seq = 100000 + {to} WHERE {where}",
        "UPDATE log_entry SET seq = seq - 100000 WHERE seq >= 100000",
    )


def swap(owner: Owner) -> None:
    owner.tamper(
        "UPDATE log_entry SET seq = 100000 WHERE seq = 3",
        "UPDATE log_entry SET seq = 3 WHERE seq = 4",
        "UPDATE log_entry SET seq = 4 WHERE seq = 100000",
        "UPDATE log_subject SET seq = 100000 WHERE seq = 3",
        "UPDATE log_subject SET seq = 3 WHERE seq = 4",
        "UPDATE log_subject SET seq = 4 WHERE seq = 100000",
    )


def renumber(owner: Owner) -> None:
    """Delete one and close the gap."""
    owner.tamper(
        "DELETE FROM log_subject WHERE seq = 3",
        "DELETE FROM log_entry WHERE seq = 3",
        "UPDATE log_subject SET seq = -seq WHERE seq > 3",
        "UPDATE log_subject SET seq = -seq - 1 WHERE seq < 0",
        *move_entries("seq - 1", "seq > 3"),
    )


def sql(*statements: str) -> Callable[[Owner], None]:
    return lambda owner: owner.tamper(*statements)


def view(table: str) -> Callable[[Owner], None]:
    """The table is a view that leaves a row out."""
    statements = f"ALTER TABLE {table} RENAME TO hidden", f"CREATE VIEW {table} AS SELECT * FROM hidden WHERE seq <> 3"
    return lambda owner: owner.run(*statements)


TAMPERINGS: dict[str, tuple[Callable[[Owner], None], int | None]] = {
    "an edited body": (sql("UPDATE log_entry SET body = replace(body, 'o.manager', 'o.other') WHERE seq = 3"), 3),
    "an edited body under its own leaf": (rewrite(lambda body: body.replace("o.manager", "o.other")), None),
    "a time that runs back": (sql("UPDATE log_entry SET recorded_at = '2001-01-01T00:00:00.000000Z' WHERE seq = 3"), 3),
    "a deleted entry": (sql("DELETE FROM log_subject WHERE seq = 3", "DELETE FROM log_entry WHERE seq = 3"), 3),
    "the first entry deleted": (sql("DELETE FROM log_subject WHERE seq = 0", "DELETE FROM log_entry WHERE seq = 0"), 0),
    "the last entry deleted": (sql("DELETE FROM log_entry WHERE seq = 299"), 299),
    "every entry deleted": (sql("DELETE FROM log_subject", "DELETE FROM log_entry"), 0),
    "renumbered": (renumber, 3),
    "swapped": (swap, 3),
    "inserted": (insert, 4),
    "appended beside the writer": (
        sql(f"INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) SELECT 300, {OTHER_EVENT} {THREE}"),
        300,
    ),
    "a person's part erased without an entry": (sql("DELETE FROM log_subject WHERE seq = 3"), 3),
    "another person's part": (sql("UPDATE log_subject SET body = replace(body, 'person-', 'x') WHERE seq = 3"), 3),
    "a person's part for an entry about nobody": (
        sql("INSERT INTO log_subject (seq, salt, body) SELECT 295, salt, body FROM log_subject WHERE seq = 3"), 295,
    ),
    "a body with spaces": (rewrite(lambda body: body.replace(":", ": ")), 3),
    "a body in another order": (
        rewrite(lambda body: json.dumps(dict(reversed(json.loads(body).items())), separators=(",", ":"))), 3,
    ),
    "a body with an escaped letter": (rewrite(lambda body: body.replace("o.manager", "\\u006f.manager")), 3),
    "a body with a duplicate key": (rewrite(lambda body: '{"action":"read",' + body[1:]), 3),
    "a body with a float": (rewrite(lambda body: body.replace('"v":1', '"v":1.0')), 3),
    "a body of nothing": (rewrite(lambda _body: "{}"), 3),
    "a tile deleted": (sql("DELETE FROM log_tile"), 255),
    "a tile too many": (sql("INSERT INTO log_tile SELECT level, 1, root FROM log_tile"), None),
    "a tile of no level": (sql("INSERT INTO log_tile SELECT 9, 0, root FROM log_tile"), None),
    "the head deleted": (sql("DELETE FROM log_head"), None),
    "the head behind": (sql("UPDATE log_head SET size = 299"), None),
    "the head ahead": (sql("UPDATE log_head SET size = 301"), 300),
    "a view that hides an entry": (view("log_entry"), None),
    "a view that hides a person's part": (view("log_subject"), None),
}  # fmt: skip
IN_SQLITE: dict[str, tuple[str, ...]] = {
    "a trigger dropped": ("DROP TRIGGER log_entry_no_update",),
    "a trigger gutted": (
        "DROP TRIGGER log_entry_no_update",
        "CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry BEGIN SELECT 1; END",
    ),
    "a trigger that swallows": ("CREATE TRIGGER extra BEFORE INSERT ON log_entry BEGIN SELECT RAISE(IGNORE); END",),
    "an index dropped": ("DROP INDEX log_entry_event_id",),
    "an index that hides a row": (
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = sql || ' WHERE seq <> 3' WHERE name = 'log_entry_staff'",
    ),
    "an index without a row, its definition put back": (
        "DROP INDEX log_entry_staff",
        "CREATE INDEX log_entry_staff ON log_entry (staff, seq) WHERE seq <> 3",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, ' WHERE seq <> 3', '') WHERE name = 'log_entry_staff'",
    ),
}
IN_POSTGRES: dict[str, tuple[str, ...]] = {
    "a trigger dropped": ("DROP TRIGGER log_entry_only_grows ON log_entry",),
    "a trigger off": ("ALTER TABLE log_entry DISABLE TRIGGER log_entry_only_grows",),
    "a trigger that replicas pass": ("ALTER TABLE log_entry ENABLE TRIGGER log_entry_only_grows",),
    "a trigger gutted": (
        "CREATE OR REPLACE FUNCTION log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
    ),
    "columns that nobody fills": ("DROP TRIGGER log_entry_from_body ON log_entry",),
    "columns that replicas do not fill": ("ALTER TABLE log_entry ENABLE TRIGGER log_entry_from_body",),
    "columns that say something else": (
        "CREATE OR REPLACE FUNCTION log_entry_from_body() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.staff := 'somebody'; RETURN NEW; END$$",
    ),
    "a trigger that swallows": (
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
        "CREATE TRIGGER extra BEFORE INSERT ON log_entry FOR EACH ROW EXECUTE FUNCTION swallow()",
    ),
    "a rule that swallows": ("CREATE RULE swallow AS ON INSERT TO log_entry DO INSTEAD NOTHING",),
    "row security that hides": (
        "ALTER TABLE log_entry ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY hide ON log_entry USING (seq <> 3)",
    ),
    "an index dropped": (f"DROP INDEX {MONTH}_event_id",),
    "an index that hides a row": (
        f"DROP INDEX {MONTH}_event_id",
        f"CREATE UNIQUE INDEX {MONTH}_event_id ON {MONTH} (event_id) WHERE seq <> 3",
    ),
    "an unlogged table": ("ALTER TABLE log_tile SET UNLOGGED",),
    "a child that adds rows": ("CREATE TABLE child () INHERITS (log_subject)",),
    "a month detached": (f"ALTER TABLE log_entry DETACH PARTITION {MONTH}",),
    "a month to come dropped": (f"DROP TABLE {month_after(1)}",),
    "a month for whatever there is no other for": ("CREATE TABLE rest PARTITION OF log_entry DEFAULT",),
    "a month of another name": (f"ALTER TABLE {month_after(1)} RENAME TO another",),
    "a month's trigger dropped": (f"DROP TRIGGER {MONTH}_only_grows ON {MONTH}",),
    "a month's trigger off": (f"ALTER TABLE {MONTH} DISABLE TRIGGER {MONTH}_only_grows",),
    "a month's columns that nobody fills": (f"ALTER TABLE {month_after(1)} DISABLE TRIGGER log_entry_from_body",),
    "a month's rule that swallows": (f"CREATE RULE swallow AS ON INSERT TO {MONTH} DO INSTEAD NOTHING",),
    "a month with row security": (f"ALTER TABLE {MONTH} ENABLE ROW LEVEL SECURITY",),
    "a month unlogged": (f"ALTER TABLE {month_after(1)} SET UNLOGGED",),
    "a maker of months that does something else": (
        "CREATE OR REPLACE FUNCTION log_make_months(wanted text) RETURNS integer LANGUAGE sql AS 'SELECT 0'",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_seen(filled: Address, owner: Owner, name: str) -> None:
    """Exit 1, and the first bad entry named where one is bad."""
    tamper, first = TAMPERINGS[name]
    tamper(owner)
    report = verified(filled)
    assert report.exit_code == 1
    assert first is None or report.first == first, report.findings


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", IN_SQLITE)
def test_a_spoiled_schema_is_seen_in_sqlite(filled: Address, owner: Owner, name: str) -> None:
    """Also before anybody has used it."""
    owner.run(*IN_SQLITE[name])
    assert verified(filled).exit_code == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", IN_POSTGRES)
def test_a_spoiled_schema_is_seen_in_postgres(filled: Address, owner: Owner, name: str) -> None:
    """Also before anybody has used it."""
    owner.run(*IN_POSTGRES[name])
    assert verified(filled).exit_code == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_index_without_a_row_is_seen_in_postgres(filled: Address, owner: Owner) -> None:
    """The definition is as it was, the row is there, but a look-up does not find it."""
    ready = "UPDATE pg_index SET indisready = {0} WHERE indexrelid = '{1}_event_id'::regclass"
    kept = "seq, recorded_at, body, leaf_hash"
    owner.run(ready.format("false", MONTH))
    owner.tamper(
        f"CREATE TEMP TABLE kept AS SELECT {kept} {THREE}",
        f"DELETE {THREE}",
        f"INSERT INTO log_entry ({kept}) SELECT {kept} FROM kept",
    )
    owner.run(ready.format("true", MONTH))
    report = verified(filled)
    assert [finding.code for finding in report.findings] == ["index"]


def test_a_clean_log_is_clean(filled: Address) -> None:
    """No findings, its size and root, and progress to the end."""
    steps: list[tuple[int, int]] = []
    report = wait_for(lambda: verify(filled, lambda done, total: steps.append((done, total))))
    assert (report.exit_code, report.size, report.findings, report.erased) == (0, 300, [], 0)
    assert steps[-1] == (300, 300)


async def test_a_clock_that_was_set_back_is_seen(log: AuditLog, address: Address) -> None:
    """By more than what workers' clocks differ by and a request may take; the first entry after it is named."""
    moments = [0, 200, -99, 60, -101, 0]
    for number, seconds in enumerate(moments):
        await log.append(Submission((make_entry(number, occurred_at=THEN + timedelta(seconds=seconds)),)))
    report = verified(address)
    assert [(each.seq, each.code) for each in report.findings] == [(4, "clock")]
    assert report.findings[0].message == "decided 301 s before an earlier entry: a clock was set back"


def test_an_empty_log_is_clean(address: Address) -> None:
    """Nothing written, nothing wrong."""
    report = verified(address)
    assert (report.exit_code, report.size, report.root) == (0, 0, sha256(b"").hexdigest())


def test_no_log_cannot_be_verified(owner: Owner, tmp_path: Path) -> None:
    """Exit 2: a file that is not there, a file that is no database, a database without a log."""
    nowhere = tmp_path / "nowhere.db"
    assert verified(Address(f"sqlite:///{nowhere}")).exit_code == 2
    assert not nowhere.exists()
    nowhere.write_bytes(b"x" * 4096)
    assert verified(Address(f"sqlite:///{nowhere}")).exit_code == 2
    assert verified(Address("postgresql://nobody@127.0.0.1:1/x")).exit_code == 2
    triggers = () if owner.address.dialect == "postgresql" else ("PRAGMA foreign_keys = OFF",)
    owner.run(*triggers, *(f"DROP TABLE {table}" for table in ("log_subject", "log_entry", "log_tile", "log_head")))
    assert verified(owner.address).exit_code == 2


def erase_entry(*targets: int) -> Submission:
    details = {"authority": "court order", "targets": targets}
    return Submission((make_entry(kind="erase", person=False, details=details),))


def test_a_lawful_erasure_is_no_tampering(filled: Address, owner: Owner) -> None:
    """With an entry that says so a missing person's part is "erased", and the tree still verifies."""

    async def erase() -> None:
        log = await open_log(filled, SERVICE_ROLE, now)
        await log.append(erase_entry(3, 4))
        await log.close()

    wait_for(lambda: asyncio.run(erase()))
    assert verified(filled).exit_code == 1  # it says so, but the parts are there
    owner.tamper("DELETE FROM log_subject WHERE seq IN (3, 4)")
    report = verified(filled)
    assert (report.exit_code, report.erased) == (0, 2), report.findings
    owner.tamper("DELETE FROM log_subject WHERE seq = 5")
    assert verified(filled).first == 5


def test_live_writes_are_no_false_alarm(address: Address) -> None:
    """One snapshot: whatever is written meanwhile is not half seen."""

    async def write_and_verify() -> list[int]:
        log = await open_log(address, SERVICE_ROLE, now)
        codes = []
        for _ in range(4):
            writing = asyncio.gather(*(append_all(log, 60) for _ in range(5)))
            codes.append((await asyncio.to_thread(verified, address)).exit_code)
            await writing
        await log.close()
        return codes

    assert wait_for(lambda: asyncio.run(write_and_verify())) == [0] * 4


# --- what a lone verifier cannot see: these pass here, and fail against a checkpoint that somebody else has kept ------


def regrow(owner: Owner, bodies: list[str], parts: list[tuple[str, bytes, str]]) -> None:
    """A whole log written anew with the owner's hands, consistent in itself."""
    tree, statements, sqlite = Tree(), [], owner.address.dialect == "sqlite"

    def blob(value: bytes) -> str:
        return f"x'{value.hex()}'" if sqlite else f"'\\x{value.hex()}'"

    time = "2026-01-01T00:00:00.000000Z"
    for seq, body in enumerate(bodies):
        leaf = leaf_hash(leaf_data(seq, time, sha256(body.encode()).hexdigest()))
        text = body.replace("'", "''")
        values = f"{seq}, '{time}', '{text}', {blob(leaf)}"
        statements.append(f"INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES ({values})")
        statements += [
            f"INSERT INTO log_tile VALUES ({tile.level}, {tile.number}, {blob(tile.root)})"
            for tile in tree.append(leaf)
        ]
    statements += [
        f"INSERT INTO log_subject (seq, salt, body) VALUES ({seq}, {blob(salt)}, '{body}')" for seq, salt, body in parts
    ]
    owner.tamper(
        "DELETE FROM log_subject",
        "DELETE FROM log_tile",
        "DELETE FROM log_entry",
        *statements,
        f"UPDATE log_head SET size = {tree.size}, frontier = {blob(tree.packed())}, "
        f"recorded_at = '{time if bodies else ''}', root = {blob(tree.root())}",
    )


@pytest.mark.parametrize("keep", [200, 0], ids=["the tail is cut consistently", "everything is deleted consistently"])
def test_a_consistent_truncation_passes_alone(filled: Address, owner: Owner, keep: int) -> None:
    """A shorter log is a log."""
    rows = owner.rows("SELECT body FROM log_entry ORDER BY seq")[:keep]
    parts = owner.rows(f"SELECT seq, salt, body FROM log_subject WHERE seq < {keep}")
    regrow(owner, [body for (body,) in rows], parts)
    report = verified(filled)
    assert (report.exit_code, report.size) == (0, keep), report.findings


def test_a_consistent_rewriting_passes_alone(filled: Address, owner: Owner) -> None:
    """Whoever can write everything can write another history; so it goes for deleting and growing again."""
    rows = [body.replace("o.manager", "o.other") for (body,) in owner.rows("SELECT body FROM log_entry ORDER BY seq")]
    regrow(owner, rows, owner.rows("SELECT seq, salt, body FROM log_subject"))
    report = verified(filled)
    assert (report.exit_code, report.size) == (0, 300), report.findings
    grown = [make_entry(number, person=False).body for number in range(310)]
    regrow(owner, grown, [])
    assert verified(filled).exit_code == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_yesterdays_backup_passes_alone(filled: Address, owner: Owner, tmp_path: Path) -> None:
    """A restored backup is a log that was true once."""

    async def go_on() -> None:
        log = await open_log(filled, SERVICE_ROLE, now)
        await append_all(log, 10)
        await log.close()

    with duplicate(owner, tmp_path / "yesterday.db", None) as backup:
        wait_for(lambda: asyncio.run(go_on()))
        assert (verified(filled).size, verified(backup.address).size) == (310, 300)
        assert verified(backup.address).exit_code == 0


def test_the_part_of_another_salt_is_seen(filled: Address, owner: Owner) -> None:
    """The commitment binds the salt too."""
    other = PersonPart("person-3").salt.hex()
    salt = f"x'{other}'" if filled.dialect == "sqlite" else f"'\\x{other}'"
    owner.tamper(f"UPDATE log_subject SET salt = {salt} WHERE seq = 3")
    assert verified(filled).first == 3
