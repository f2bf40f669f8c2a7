"""An import holds a few rows at a time, however many there are, and says of them what it would say of all at once."""

import gc
import sqlite3
import zipfile

import pytest

from app.gate.remembered import Memory
from app.sync import ImportReport, importing
from app.sync.bundle import FolderBundle, ZipBundle
from app.sync.reading import LONGEST_LINE, FileRejected, Source, read_lines, read_table
from tests.sync.folder import changed, count, found, load, whole, write

TABLE = "health/IDS105OnwardReferral.csv"
COLUMNS = ("ServiceRequestId", "OnwardReferDate")
ROWS = 4_000


def live_rows():
    gc.collect()
    return sum(isinstance(each, Source) for each in gc.get_objects())


@pytest.fixture(params=["folder", "zip"])
def bundle(request, tmp_path):
    lines = "".join(f"OM{number},2013-07-01\r\n" for number in range(ROWS))
    content = f"{','.join(COLUMNS)}\r\n{lines}".encode()
    if request.param == "folder":
        (tmp_path / "health").mkdir()
        (tmp_path / TABLE).write_bytes(content)
        return FolderBundle(tmp_path)
    with zipfile.ZipFile(tmp_path / "given.zip", "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(TABLE, content)
    return ZipBundle(tmp_path / "given.zip")


def test_a_table_is_counted_and_read_again_and_never_held(bundle):
    rows = read_table(bundle, TABLE, COLUMNS, ImportReport())
    before, most = live_rows(), 0
    assert len(rows) == ROWS
    for _ in range(2):
        for number, row in enumerate(rows):
            assert (row.line, row.values["ServiceRequestId"]) == (number + 2, f"OM{number}")
            if number % 5000 == 0:
                most = max(most, live_rows() - before)
    assert most <= 2


def test_a_line_without_an_end_is_not_read_to_its_end(tmp_path):
    (tmp_path / "justice").mkdir()
    (tmp_path / "health").mkdir()
    (tmp_path / "justice" / "people.jsonl").write_text("{" * (LONGEST_LINE + 1))
    (tmp_path / TABLE).write_text("x" * (LONGEST_LINE + 1))
    report, bundle = ImportReport(), FolderBundle(tmp_path)
    for read in (
        lambda: read_lines(bundle, "justice/people.jsonl", report),
        lambda: read_table(bundle, TABLE, COLUMNS, report),
    ):
        with pytest.raises(FileRejected):
            read()
    assert [finding.rule_id for finding in report.findings] == ["file-unreadable"] * 2


async def test_in_parts_an_import_comes_to_the_same(sqlite_url, postgres_url, tmp_path, monkeypatch):
    """One record at a time and all at once: the same report, and the same rows."""
    folder, said = write(tmp_path, whole()), []
    for url, at_once in ((sqlite_url, 1), (postgres_url, 5000)):
        monkeypatch.setattr(importing, "AT_ONCE", at_once)
        said.append((await load(url, folder)).as_data())
    assert said[0] == said[1]
    tables = ("person", "supervision", "referral", "appointment", "care_activity", "outcome_score", "clinical_record")
    assert await count(sqlite_url, *tables) == await count(postgres_url, *tables)


@pytest.mark.parametrize("at_once", [1, 5000])
async def test_a_row_that_stands_twice_is_found_however_far_apart(sqlite_url, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(importing, "AT_ONCE", at_once)
    files, table = whole(), "health/IDS606CodedScoreAssessmentRefer.csv"
    files[table] += [files[table][0]]
    report = await load(sqlite_url, write(tmp_path, files))
    assert [each[3] for each in found(report) if each[0] == table] == ["record-repeated"]
    assert report.files[table].rejected == 1


@pytest.mark.parametrize("at_once", [1, 5000])
async def test_of_two_versions_in_a_file_the_newer_stays(sqlite_url, tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(importing, "AT_ONCE", at_once)
    files, table = whole(), "justice/offences.jsonl"
    newer = changed(files, table, 0, [("lastUpdatedAt", "2013-07-01T09:00:00+00:00")])[table][0]
    for name, order in (("newer-last", [0, 1]), ("newer-first", [1, 0])):
        given = {**files, table: [[files[table][0], newer][place] for place in order] + files[table][1:]}
        await load(sqlite_url, write(tmp_path / name, given))
        assert await count(sqlite_url, "offence WHERE source_version = '2013-07-01T09:00:00.000000Z'") == (1,)


def test_what_is_remembered_is_found_again():
    """By one text or several, in the order in which it came, also while it is taken out."""
    known = Memory().mapping()
    keys = ["a", ("a",), ("a", "b"), ("a\0b",), 'quote "', ""]
    known.update({key: (place, key) for place, key in enumerate(keys)})
    assert (list(known), len(known)) == (keys, 6)
    assert [known[key] for key in keys] == list(enumerate(keys))
    assert [known.pop(key)[0] for key in known] == list(range(6))
    assert (len(known), known.get("a"), "a" in known) == (0, None, False)
    known.add("b")
    known.add("b")
    assert (len(known), "b" in known) == (1, True)


def test_what_is_remembered_stands_on_disk_where_nobody_else_finds_it(monkeypatch):
    """A database of no name: SQLite's own for what is temporary, and not in memory."""
    opened, connect = [], sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda name, **how: opened.append(name) or connect(name, **how))
    Memory()
    assert opened == [""]
