"""The report of an import as a file: rule, severity, table, row and field, and no value of anybody."""

import csv
import io
import json
import shutil

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app.cli.root import app
from app.config import Clock
from app.sync import run_import
from app.sync.report import ImportReport
from app.sync.written import COLUMNS, as_csv
from tests.sync.folder import CREDENTIALS, NOW, changed, gate_of, whole, write

CONTACT = "health/IDS201CareContact.csv"


def reported(url, folder, path):
    code = run_import(gate_of(url), Clock(NOW), folder, CREDENTIALS, Console(file=io.StringIO()), None, path)
    return code, path.read_text() if path.exists() else None


@pytest.fixture
def folder(tmp_path):
    files = changed(whole(), CONTACT, 0, [("AppType", "=1+1")])
    return write(tmp_path / "folder", changed(files, CONTACT, 1, [("ConsMechanism", "77")]))


def test_as_csv_each_finding_is_a_row(sqlite_url, folder, tmp_path):
    code, text = reported(sqlite_url, folder, tmp_path / "report.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert code == 1
    assert tuple(rows[0]) == COLUMNS
    told = [tuple(row[name] for name in ("Rule", "Severity", "Table", "Row", "Field")) for row in rows]
    assert ("appointment-type-unknown", "rejected", "IDS201CareContact", "2", "AppType") in told
    assert ("code-unlisted", "warned", "IDS201CareContact", "3", "ConsMechanism") in told
    assert all(row["Remedy"] and row["Wrong"] for row in rows)
    assert "1+1" not in text


def test_as_json_it_has_counts_as_well(sqlite_url, folder, tmp_path):
    _, text = reported(sqlite_url, folder, tmp_path / "report.json")
    said = json.loads(text)
    assert said["files"][CONTACT]["rejected"] == 1
    assert {"file", "line", "field", "rule", "severity", "wrong", "remedy"} == set(said["findings"][0])


def test_it_does_not_tell_whom_the_other_side_has(sqlite_url, sqlite_template, tmp_path):
    """Nor that nobody of them is there: a report to the sender is the same either way, and the second time as well."""
    elsewhere = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'elsewhere.db')}"
    files = whole()
    nobody = {name: rows for name, rows in files.items() if name.startswith("health/")}
    nobody |= {f"standing/{name}.jsonl": files[f"standing/{name}.jsonl"]
               for name in ("services", "staff", "clients", "training", "authorisations")}  # fmt: skip
    known, unknown = write(tmp_path / "known", files), write(tmp_path / "unknown", nobody)
    said = []
    for place, (url, folder) in enumerate([(sqlite_url, known), (sqlite_url, known), (elsewhere, unknown)]):
        _, text = reported(url, folder, tmp_path / f"{place}.json")
        counted = json.loads(text)["files"]
        said.append({name: counts for name, counts in counted.items() if name.startswith("health/")})
    assert said[0] == said[1] == said[2]
    assert said[0][CONTACT]["taken"] == 4


def test_a_cell_is_no_formula_whoever_named_the_file():
    report = ImportReport()
    report.found("=cmd|'/c calc'!A1/x.csv", 0, "@field", "file-unknown")
    ((*_, name, _, field, _, _),) = list(csv.reader(io.StringIO(as_csv(report).decode())))[1:]
    assert (name, field) == ("'=cmd|'/c calc'!A1/x.csv", "'@field")


@pytest.mark.parametrize("name", ["report.txt", "nowhere/report.csv"])
def test_where_no_report_can_be_written_nothing_is_imported(sqlite_url, folder, tmp_path, name):
    assert reported(sqlite_url, folder, tmp_path / name) == (2, None)
    code, _ = reported(sqlite_url, write(tmp_path / "again", whole()), tmp_path / "report.json")
    assert code == 0


def test_the_command_says_what_it_takes():
    said = CliRunner().invoke(app, ["import", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert "--service" in said
    assert "--report" in said
    assert "mental-health-treatment-requirement" in said
