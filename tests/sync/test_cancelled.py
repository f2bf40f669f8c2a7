"""When a contact was cancelled: brought by the clinical system's table, out again, and over with another outcome."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.sync.folder import Files, ask, found, load, whole, write
from tests.sync.test_national import export

CONTACT, LOCAL = "health/IDS201CareContact.csv", "health/LocalContact.csv"
CODES = ("attendance_code", "short_notice", "cancelled_at IS NOT NULL")


def contacts(folder: Path, modified: str, said: Mapping[str, str], cancelled_at: str) -> Path:
    """The small folder with another outcome of its first contact, and a column more."""
    files: Files = whole()
    files[CONTACT][0] |= said
    files[LOCAL][0]["ModifiedAt"] = modified
    write(folder, files)
    rows = [{**row, "CancelledAt": ""} for row in files[LOCAL]]
    rows[0]["CancelledAt"] = cancelled_at
    with (folder / LOCAL).open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


async def first(url: str) -> tuple[object, ...]:
    (rows,) = await ask(url, f"SELECT {', '.join(CODES)} FROM appointment WHERE source_id = 'CC1'")
    code, notice, is_cancelled = rows[0]
    return code, notice, bool(is_cancelled)


CANCELLED = {"AttendOrDNACode": "2", "Cancellation": "Y"}
MISSED = {"AttendOrDNACode": "3", "Cancellation": ""}


async def test_it_comes_in_goes_out_and_ends_with_another_outcome(database_url: str, tmp_path: Path) -> None:
    at = "2013-02-01T09:00:00+00:00"
    report = await load(database_url, contacts(tmp_path / "one", "2013-02-01T11:40:00+00:00", CANCELLED, at))
    assert found(report) == []
    assert await first(database_url) == ("2", "Y", True)
    await export(database_url, tmp_path / "out")
    with (tmp_path / "out" / "LocalContact.csv").open(encoding="utf-8") as source:
        said = {row["CareContactId"]: row["CancelledAt"] for row in csv.DictReader(source)}
    assert said == {"CC1": "2013-02-01T09:00:00Z", "CC1-2": "", "CC2": "", "CC2-2": ""}
    again = await load(database_url, tmp_path / "out")
    assert (found(again), again.entries) == ([], 0)
    await load(database_url, contacts(tmp_path / "two", "2013-02-02T11:40:00+00:00", CANCELLED, ""))
    assert await first(database_url) == ("2", "Y", True), "a system that does not say so takes nothing back"
    await load(database_url, contacts(tmp_path / "three", "2013-02-03T11:40:00+00:00", MISSED, ""))
    assert await first(database_url) == ("3", None, False)
    (earlier,) = await ask(database_url, "SELECT attendance_code, short_notice FROM corrected_outcome")
    assert earlier == [("2", "Y")], "what the clinical system corrects is kept like what is corrected here"


@pytest.mark.parametrize("code", ["5", "3"])
async def test_what_was_not_cancelled_has_no_moment_of_it(sqlite_url: str, tmp_path: Path, code: str) -> None:
    at, said = "2013-02-01T09:00:00+00:00", {"AttendOrDNACode": code, "Cancellation": ""}
    report = await load(sqlite_url, contacts(tmp_path / "one", "2013-02-01T11:40:00+00:00", said, at))
    assert found(report) == [(LOCAL, 2, "CancelledAt", "cancellation-unfit")]
    assert await first(sqlite_url) == (code, None, False)
