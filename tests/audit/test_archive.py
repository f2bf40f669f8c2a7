"""Old months of PostgreSQL's log in files: still part of it, still verified, still found by every query."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from app.audit import archiving
from app.audit.archive import ArchiveUnavailable
from app.audit.conditions import Asked
from app.audit.counting import By, LogCounts
from app.audit.ddl import ERASURE_ROLE
from app.audit.history import History
from app.audit.leaves import Leaves
from app.audit.rows import Order
from app.audit.searching import LogSearch
from app.audit.submission import Change, Submission
from app.audit.tree import LogTree
from app.audit.verify import verify
from app.audit.verify_read import Report
from app.audit.writer import open_log
from app.cli import archiving as command
from app.db import Address, open_postgres
from tests.audit.archived import ENDED, ENTRIES, FIRST, PRESENT, SECOND, archived_by, opened, operator_in
from tests.audit.asking import PERMIT, counted, expected, found, kept
from tests.audit.logs import MONTH, Owner, make_entry, month_after, verified
from tests.audit.test_searching import queries
from tests.cli.test_checkpoint_commands import Operator
from tests.postgres import wait_for
from tests.routers.cast import key_file

__all__ = ["key_file"]
FILE = f"log-{PRESENT}.parquet"


@pytest.fixture
def address(postgres_url: str) -> Address:
    return Address(postgres_url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    made.mkdir()
    return made


@pytest.fixture
def operator(address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setattr("app.cli.checkpoints.now", lambda: ENDED + timedelta(days=79))  # the log's months are to come
    return operator_in(address, tmp_path)


def checked(address: Address, folder: Path | None) -> Report:
    report: Report = wait_for(lambda: verify(address, archive=folder))
    return report


async def test_what_is_archived_is_found_as_before(operator: Operator, owner: Owner, folder: Path) -> None:
    """Every query, count, period, leaf and proof; one process has known the months since before."""
    whole, address = kept(owner), operator.address
    database = opened(address, folder)
    search, counts, tree = LogSearch(database), LogCounts(database), LogTree(database)
    numbers = range(ENTRIES)
    before = await found(search, Asked(), numbers, Order.NEWEST, 200)
    leaves = [(leaf.number, leaf.data()) for leaf in await Leaves(database).read(0, ENTRIES)]
    hashes = await tree.row(0, 0, ENTRIES)
    told = [page async for page in History(database).read(numbers)]
    ran = archived_by(operator, folder, 2)
    assert ran.exit_code == 0, ran.output
    assert [line.partition(";")[0] for line in ran.output.splitlines() if line] == [
        f"{month}: {len(each)} entries in 'log-{month}.parquet'"
        for month, each in zip((PRESENT, month_after(1)[-7:].replace("_", "-")), (FIRST, SECOND), strict=True)
    ]
    assert owner.rows("SELECT min(seq), max(seq) FROM log_entry") == [(500, ENTRIES + 1)]
    assert await found(search, Asked(), numbers, Order.NEWEST, 200) == before == list(reversed(numbers))
    for place, each in enumerate(queries(whole)):
        order, true = (Order.OLDEST, Order.NEWEST)[place % 2], expected(whole, each)
        pages = await found(search, each, numbers, order, 31 + 169 * (place % 2))
        assert pages == true[:: 1 if order is Order.OLDEST else -1], each
        by = list(By)[place % len(By)]
        counted_here = await counts.count(PERMIT, each, numbers, by)
        assert (counted_here.entries, counted_here.values) == (len(true), counted(whole, true, by)), (each, by)
    for since, until in ((-30, -9), (-9, 1), (-1, 3), (2, 35), (-5, -4), (-99, 0)):
        ends = [ENDED + timedelta(days=each) for each in (since, until)]
        within = [row.seq for row in whole if ends[0] <= datetime.fromisoformat(row.recorded_at) < ends[1]]
        assert list(await search.numbers(*ends)) == within
    assert [(leaf.number, leaf.data()) for leaf in await Leaves(database).read(0, ENTRIES)] == leaves
    assert await LogTree(database).row(0, 0, ENTRIES) == hashes
    assert repr([page async for page in History(database).read(numbers)]) == repr(told)
    one = await search.one(PERMIT, 17, Asked())
    assert one is not None
    assert (one.seq, one.recorded_at) == (17, whole[17].recorded_at)
    await database.close()


def test_the_log_verifies_with_its_archive(operator: Operator, owner: Owner, folder: Path) -> None:
    """From the first entry on, with every file; and a checkpoint stands beside each."""
    root = verified(operator.address).root
    assert archived_by(operator, folder, 2).exit_code == 0
    report = checked(operator.address, folder)
    assert (report.exit_code, report.size, report.findings) == (0, ENTRIES + 2, [])
    assert report.root != root
    said = owner.rows("SELECT body FROM log_entry WHERE type = 'archive' ORDER BY seq")
    assert f'"details":{{"first":0,"month":"{PRESENT}","sha256":"' in said[0][0]
    note = (folder / f"log-{PRESENT}.checkpoint").read_text()
    assert note.split("\n")[1] == str(ENTRIES)
    assert parquet.read_metadata(folder / FILE).metadata[b"openmind.checkpoint"].decode() == note
    assert owner.rows("SELECT first_seq, stop_seq, file FROM log_archive ORDER BY first_seq") == [
        (0, 300, FILE), (300, 500, f"log-{month_after(1)[-7:].replace('_', '-')}.parquet"),
    ]  # fmt: skip
    ran = wait_for(lambda: operator.audit("verify", "--archive", folder))
    assert (ran.exit_code, f"clean: {ENTRIES + 2} entries" in ran.output) == (0, True), ran.output


def tamper(owner: Owner, table: str, statement: str) -> None:
    """Behind the back of a table's trigger, which is put back."""
    ways = (f"ALTER TABLE {table} {each} TRIGGER {table}_only_grows" for each in ("DISABLE", "ENABLE ALWAYS"))
    owner.run(next(ways), statement, next(ways))


def altered(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[Path], None]:
    """The file with other rows, as somebody would write it who can."""

    def alter(path: Path) -> None:
        table = parquet.read_table(path)
        rows = table.to_pylist()
        change(rows)
        parquet.write_table(table.from_pylist(rows, table.schema), path)

    return alter


def _name_another(rows: list[dict[str, Any]]) -> None:
    place = next(place for place, row in enumerate(rows) if '"olga"' in row["body"])
    assert place == 2, place
    rows[place]["body"] = rows[place]["body"].replace('"olga"', '"otto"')


ALTERED: dict[str, tuple[Callable[[Path], None], int | None]] = {
    "another body": (altered(lambda rows: rows[7].update(body=rows[8]["body"])), 7),
    "another time": (altered(lambda rows: rows[7].update(recorded_at=rows[150]["recorded_at"])), 7),
    "an entry left out": (altered(lambda rows: rows.pop(7)), 7),
    "the tail left out": (altered(lambda rows: rows.__delitem__(slice(290, None))), 290),
    "the same entries written again": (altered(lambda rows: None), None),
    "bytes that are no file of ours": (lambda path: path.write_bytes(b"PAR1" + b"\0" * 64 + b"PAR1"), 0),
}


def test_a_file_that_was_altered_is_seen_and_nothing_of_it_is_read(operator: Operator, folder: Path) -> None:
    """Exit 1 with the first bad entry; whoever asks for its entries is told which file it is."""
    assert archived_by(operator, folder).exit_code == 0
    true = (folder / FILE).read_bytes()
    for name, (alter, first) in ALTERED.items():
        alter(folder / FILE)
        report = checked(operator.address, folder)
        assert (report.exit_code, report.first) == (1, first), (name, report.findings)
        assert f"the file '{FILE}' is not the one that was archived" in {each.message for each in report.findings}

        async def ask() -> None:
            database = opened(operator.address, folder)
            try:
                with pytest.raises(ArchiveUnavailable, match=f"'{FILE}' of the log's archive is not the one archived"):
                    await LogSearch(database).page(PERMIT, Asked(), range(ENTRIES), Order.OLDEST, 5)
                page = await LogSearch(database).page(PERMIT, Asked(), range(300, ENTRIES), Order.OLDEST, 5)
                assert [row.seq for row in page.rows] == [300, 301, 302, 303, 304]
            finally:
                await database.close()

        wait_for(lambda ask=ask: asyncio.run(ask()))
        (folder / FILE).write_bytes(true)
    assert checked(operator.address, folder).exit_code == 0


def test_without_its_file_a_month_cannot_be_verified_or_read(operator: Operator, folder: Path) -> None:
    """Exit 2, and which month or file it is; queries fail closed."""
    assert archived_by(operator, folder).exit_code == 0
    report = checked(operator.address, None)
    assert (report.exit_code, report.failure) == (
        2,
        f"the log of {PRESENT} is archived: give the folder with --archive",
    )
    (folder / FILE).rename(folder / "elsewhere")
    report = checked(operator.address, folder)
    assert (report.exit_code, report.failure) == (
        2,
        f"the file '{FILE}' of {PRESENT} is not in the archive's folder",
    )

    async def ask(where: Path | None, said: str) -> None:
        database = opened(operator.address, where)
        try:
            for work in (
                lambda: LogSearch(database).page(PERMIT, Asked(), range(ENTRIES), Order.NEWEST, 550),
                lambda: LogCounts(database).count(PERMIT, Asked(), range(ENTRIES), None),
                lambda: Leaves(database).read(0, 256),
                lambda: LogTree(database).row(0, 0, 256),
            ):
                with pytest.raises(ArchiveUnavailable, match=said):
                    await work()
        finally:
            await database.close()

    wait_for(lambda: asyncio.run(ask(folder, "cannot be read")))
    wait_for(lambda: asyncio.run(ask(None, "set OPENMIND_LOG_ARCHIVE")))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE log_archive SET stop_seq = 299",
        "UPDATE log_archive SET sha256 = sha256(sha256)",
        "UPDATE log_archive SET month = '2000-01'",
        "UPDATE log_archive SET ends = '2000-01'",
        "DELETE FROM log_archive",
    ],
)
def test_a_list_of_files_that_was_edited_is_seen(
    operator: Operator, owner: Owner, folder: Path, tampering: str
) -> None:
    """By the entry that says what was archived, and by the entries that are missing."""
    assert archived_by(operator, folder).exit_code == 0
    tamper(owner, "log_archive", tampering)
    assert checked(operator.address, folder).exit_code == 1


def test_what_is_archived_can_be_erased_by_law(operator: Operator, owner: Owner, folder: Path) -> None:
    """The file holds no person's part, so that the part goes, the log verifies, and nobody is found by it."""
    assert archived_by(operator, folder).exit_code == 0
    seq, person = owner.rows("SELECT seq, person_id FROM log_subject WHERE person_id IS NOT NULL ORDER BY seq")[0]
    assert seq in FIRST
    assert person.encode() not in (folder / FILE).read_bytes()
    assert all(person not in row["body"] for row in parquet.read_table(folder / FILE).to_pylist())

    async def erase() -> None:
        log = await open_log(operator.address, ERASURE_ROLE, lambda: ENDED + timedelta(days=81))
        details, at = {"authority": "court order", "targets": [seq]}, ENDED + timedelta(days=81)
        entry = make_entry(kind="erase", person=False, details=details, occurred_at=at)
        erased = Change("DELETE FROM log_subject WHERE seq = $1", (seq,), 1)
        await log.append(Submission((entry,), afterwards=(erased,)))
        await log.close()
        database = opened(operator.address, folder)
        row = await LogSearch(database).one(PERMIT, seq, Asked())
        assert row is not None
        assert row.is_erased
        await database.close()

    wait_for(lambda: asyncio.run(erase()))
    report = checked(operator.address, folder)
    assert (report.exit_code, report.erased) == (0, 1), report.findings


@pytest.mark.parametrize("point", ["while it is written", "when it is written", "in the transaction", "afterwards"])
def test_interrupted_anywhere_it_goes_on(
    operator: Operator, owner: Owner, folder: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The month stands in the database, or in a whole file with its row; another run ends what was begun."""

    def stop(*_: object, **__: object) -> Any:
        raise OSError("stopped here")

    with monkeypatch.context() as patched:
        if point == "while it is written":
            patched.setattr(archiving.Archiving, "_read_back", stop)
        elif point == "when it is written":
            patched.setattr(command, "append_archive", stop)
        elif point == "in the transaction":
            failing = Change("SELECT 1/0")
            patched.setattr("app.gate.archiving.departure", lambda each: (*archiving.departure(each), failing))
        else:
            patched.setattr(command, "say", stop)
        assert archived_by(operator, folder).exit_code in (1, 2)
    is_gone = point == "afterwards"
    assert owner.rows("SELECT count(*) FROM log_archive") == [(int(is_gone),)]
    assert owner.rows("SELECT min(seq) FROM log_entry") == [(300 if is_gone else 0,)]
    assert (folder / FILE).exists() is (point != "while it is written")
    again = archived_by(operator, folder)
    assert again.exit_code == 0, again.output
    assert ("there is no such month" in again.output) is is_gone
    report = checked(operator.address, folder)
    assert (report.exit_code, report.findings) == (0, [])
    assert sorted(each.name for each in folder.iterdir()) == [FILE.replace("parquet", "checkpoint"), FILE]


def test_a_month_that_is_not_what_its_leaves_say_stays(operator: Operator, owner: Owner, folder: Path) -> None:
    """Nothing is dropped, and nothing is left under the file's name."""
    owner.tamper("UPDATE log_entry SET body = replace(body, 'probation-system', 'another') WHERE seq = 9")
    ran = archived_by(operator, folder)
    assert (ran.exit_code, "entry " in ran.output, "openmind audit verify" in ran.output) == (1, True, True), ran.output
    assert owner.rows("SELECT min(seq) FROM log_entry") == [(0,)]
    assert list(folder.iterdir()) == []


def test_what_cannot_be_archived_yet_is_said(operator: Operator, owner: Owner, folder: Path, tmp_path: Path) -> None:
    """The present month, a month without a checkpoint, and any of SQLite's."""
    assert archived_by(operator, folder, 3).exit_code == 2
    assert "a month before the present one" in archived_by(operator, folder, 3).output
    tamper(owner, "log_checkpoint", "DELETE FROM log_checkpoint")
    ran = archived_by(operator, folder)
    assert (ran.exit_code, "no checkpoint covers" in ran.output) == (1, True), ran.output
    assert owner.rows("SELECT min(seq) FROM log_entry") == [(0,)]


def test_sqlite_has_nothing_to_archive(sqlite_url: str, tmp_path: Path, folder: Path) -> None:
    ran = archived_by(Operator(Address(sqlite_url), tmp_path), folder)
    assert (ran.exit_code, ran.output) == (
        1,
        "on SQLite the log is one table and stays in its file: there is nothing to archive\n",
    )


async def test_the_service_may_not_archive(operator: Operator, folder: Path) -> None:
    """Its role neither owns a month nor writes the list of files."""
    connection = await open_postgres(operator.address.dsn, "openmind_service")
    try:
        for sql in (f"ALTER TABLE log_entry DETACH PARTITION {MONTH}", "INSERT INTO log_archive DEFAULT VALUES"):
            with pytest.raises(Exception, match=r"permission denied|must be owner"):
                await connection.execute(sql)
    finally:
        await connection.close()
