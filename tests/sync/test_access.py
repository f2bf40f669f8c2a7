"""A database of Access through mdbtools: what the commands are asked, what becomes of it, and when there are none.

mdbtools reads and cannot write, so that no database with the national tables is made here: small programs of the same
names and options stand in for it, and answer as mdbtools 1.0 does.
"""

import csv
import io
import os
import stat

import pytest

from app.sync import BundleRefused, open_bundle
from tests.sync.folder import count, found, load, whole, write

TOOL = """#!/bin/sh
case "$(basename "$0") $*" in
  "mdb-tables -1 {path}") {tables} ;;
  "mdb-export -D %Y-%m-%d -T %Y-%m-%d %H:%M:%S {path} "*) for last; do :; done; cat "{folder}/$last" ;;
  *) echo "asked otherwise: $*" >&2; exit 64 ;;
esac
"""
DAYS = ("PersonBirthDate", "ReferralRequestReceivedDate", "CareContDate", "AssToolCompDate", "PauseStartDate")


def as_access(name, value):
    """A day and a time of day as mdb-export writes them."""
    if name in DAYS and value:
        return f"{value} 00:00:00"
    return f"1899-12-30 {value}" if name.endswith("Time") and value else value


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Makes mdb-tables and mdb-export that answer with these tables; the path of the database that they answer for."""

    def make(tables, listed=None):
        here, path = tmp_path / "tools", tmp_path / "june submission.accdb"
        here.mkdir()
        path.write_bytes(b"made by Access")
        for name, rows in tables.items():
            text = io.StringIO(newline="")
            writer = csv.DictWriter(text, list(rows[0]), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
            writer.writeheader()
            writer.writerows({each: as_access(each, value) for each, value in row.items()} for row in rows)
            (here / name).write_text(text.getvalue())
        names = "printf '" + "".join(f"{name}\\n" for name in tables) + "'"
        for tool in ("mdb-tables", "mdb-export"):
            program = here / tool
            program.write_text(TOOL.format(path=path, folder=here, tables=listed or names))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{here}{os.pathsep}{os.environ['PATH']}")
        return path

    return make


async def test_the_submission_comes_in_from_access_as_from_csv(sqlite_url, tmp_path, tools):
    files = whole()
    rest = {name: rows for name, rows in files.items() if not name.startswith("health/IDS")}
    national = {name.split("/")[1][:-4]: rows for name, rows in files.items() if name.startswith("health/IDS")}
    await load(sqlite_url, write(tmp_path / "rest", {n: r for n, r in rest.items() if not n.startswith("health/")}))
    path = tools(national)
    assert open_bundle(path).names == {f"health/{table}.csv" for table in national}
    report = await load(sqlite_url, path)
    assert (found(report), report.exit_code) == ([], 0)
    assert await count(sqlite_url, "patient", "person") == (2, 2)
    assert report.files["health/IDS201CareContact.csv"].accepted == 4


def test_without_mdbtools_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    path = tmp_path / "submission.mdb"
    path.write_bytes(b"made by Access")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BundleRefused, match=r"takes mdb-tables, which is not here; install mdbtools \(apt install"):
        open_bundle(path)


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        pytest.param("echo Orders", "holds none of the national tables", id="another database"),
        pytest.param("exit 1", "mdbtools cannot read the database", id="no database"),
    ],
)
def test_what_is_no_submission_is_refused(tools, listed, said):
    path = tools({"IDS000Header": [{"DatSetVer": "2.1"}]}, listed)
    with pytest.raises(BundleRefused, match=said):
        open_bundle(path)


def test_a_table_that_cannot_be_read_is_a_refusal_and_not_an_empty_table(tools):
    path = tools({"IDS000Header": [{"DatSetVer": "2.1"}]}, "echo IDS000Header; echo IDS001MPI")
    opened = open_bundle(path)
    with pytest.raises(BundleRefused, match="cannot read"):
        opened.read("health/IDS001MPI.csv")
