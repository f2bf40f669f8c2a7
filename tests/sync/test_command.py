"""What the operator sees, and the exit codes."""

import io

from rich.console import Console

from app.config import Clock
from app.sync import run_import
from tests.sync.folder import CREDENTIALS, NOW, changed, gate_of, whole, write

PEOPLE = "justice/people.jsonl"


def imported(url, folder):
    out = io.StringIO()
    code = run_import(gate_of(url), Clock(NOW), folder, CREDENTIALS, Console(file=out, width=140))
    return code, out.getvalue()


def test_all_loaded_is_0(sqlite_url, tmp_path):
    code, said = imported(sqlite_url, write(tmp_path / "folder", whole()))
    assert code == 0
    assert "records changed, each with its entry in the log" in said
    assert imported(sqlite_url, tmp_path / "folder")[1].endswith(
        "\n0 records changed, each with its entry in the log\n"
    )


def test_some_rejected_is_1_with_file_line_field_rule_and_remedy(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", changed(whole(), PEOPLE, 1, [("dateOfBirth", "1979-04-31")]))
    code, said = imported(sqlite_url, folder)
    assert code == 1
    assert f"{PEOPLE}:2: dateOfBirth: this is no date [rejected, date-malformed]; write dates as yyyy-MM-dd" in said
    assert "wait for people whom the justice side has not sent" in said


def test_nothing_to_import_is_2(sqlite_url, tmp_path):
    code, said = imported(sqlite_url, tmp_path)
    assert code == 2
    assert "holds no standing/, justice/ or health/" in said


def test_a_database_without_tables_is_2(tmp_path):
    code, said = imported(f"sqlite:///{tmp_path}/empty.db", write(tmp_path / "folder", whole()))
    assert code == 2
    assert said == "the log cannot be written; what is written is written once; import again to go on\n"
