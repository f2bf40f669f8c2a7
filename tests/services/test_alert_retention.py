"""Access alerts whose time is over: what is due, how it goes, and that nothing else of them goes on either database."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from app.audit.entry import Record
from app.audit.submission import Change, ChangeRefused, Submission
from app.audit.verify import verify
from app.cli.root import app
from app.db import Address
from app.gate import Gate
from app.records.alerts import destroyed
from app.services import alert_retention
from app.services.alert_retention import AlertRetentionService
from app.services.retention import ErasureRefused
from tests import world
from tests.gate.house import fetched
from tests.postgres import wait_for
from tests.routers.cast import key_file
from tests.services.test_erasure import eraser, set_environment
from tests.world import NOW, TODAY

__all__ = ["key_file"]
CRN = "X000001"
CLOSED: dict[str, tuple[str, str, str | None]] = {
    "plain": ("false-positive", "2024-03-09T23:59:59Z", None),
    "of-one": ("justified", "2023-07-01T10:00:00Z", CRN),
    "worry": ("concern", "2020-03-10T00:00:00Z", CRN),
    "tomorrow": ("justified", "2024-03-11T00:00:00Z", CRN),
    "recent": ("concern", "2024-03-10T00:00:00Z", None),
}
"""How and when each was closed, and about whom it is; NOW is in the morning of 10 March 2026."""
DUE = ["of-one", "plain", "worry"]


async def _filled(url: str) -> None:
    rows: list[Any] = [world.person(CRN), *world.alert(CRN, "theo", id="open")]
    for name, (outcome, at, crn) in CLOSED.items():
        alert = world.alert(crn, "theo", id=name)
        closing = {"outcome": outcome, "reviewed_at": datetime.fromisoformat(at).astimezone(UTC)}
        rows += [*alert, *world.alert_review(alert[0], "alma", f"note on {name}", crn, **closing)]
    await world.put(url, rows)


@asynccontextmanager
async def retaining(url: str) -> AsyncIterator[AlertRetentionService]:
    """The service as the eraser's role."""
    async with eraser(url) as (_, gate):
        yield AlertRetentionService(gate)


async def _left(url: str) -> dict[str, list[str]]:
    columns = {"access_alert": "id", "access_alert_review": "alert_id", "access_alert_person": "alert_id",
               "access_alert_note": "alert_id"}  # fmt: skip
    return {
        table: sorted(row[0] for row in await fetched(url, f"SELECT {column} FROM {table}"))
        for table, column in columns.items()
    }


async def test_what_is_due_goes_whole_and_an_entry_says_so(database_url: str) -> None:
    await _filled(database_url)
    async with retaining(database_url) as service:
        due = await service.due(NOW, TODAY, "request-1")
        assert [(each.alert.id, str(each.due_on)) for each in sorted(due, key=lambda one: one.alert.id)] == [
            ("of-one", "2025-07-01"), ("plain", "2026-03-09"), ("worry", "2026-03-10")]  # fmt: skip
        (receipt,) = await service.destroy(NOW, "IG-7", "request-2")
        assert await service.destroy(NOW, "IG-7", "request-3") == []
    left = sorted({*CLOSED, "open"} - {*DUE})
    about = sorted(name for name in left if name == "open" or CLOSED[name][2])
    closed = [name for name in left if name != "open"]
    assert await _left(database_url) == {
        "access_alert": left, "access_alert_review": closed, "access_alert_person": about, "access_alert_note": closed,
    }  # fmt: skip
    said = await world.entries(database_url)
    assert [(entry["type"], entry["resource"], entry["subject"]) for entry in said] == [
        ("report", "openmind retention alerts", None), ("erase", "openmind retention alerts", None)]  # fmt: skip
    details = said[receipt.seq]["details"]
    assert (details["authority"], sorted(details["alerts"]), details["targets"]) == ("IG-7", DUE, [])
    counted = {"access_alert": 3, "access_alert_review": 3, "access_alert_person": 2, "access_alert_note": 3}
    assert details["records"] == counted
    ((reason, records, due_on),) = await fetched(database_url, "SELECT reason, records, due_on FROM erasure_stub")
    assert (reason, json.loads(records), str(due_on)) == ("retention-over", counted, "2026-03-10")
    report = wait_for(lambda: verify(Address(database_url)))
    assert (report.exit_code, report.failure, report.erased) == (0, None, 0), report.findings


async def test_many_go_by_several_entries(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.alert_retention.AT_ONCE", 2)
    await _filled(sqlite_url)
    async with retaining(sqlite_url) as service:
        assert len(await service.destroy(NOW, "IG-7", "request-1")) == 2
    assert [len(entry["details"]["alerts"]) for entry in await world.entries(sqlite_url)] == [2, 1]


async def test_an_alert_goes_by_the_newest_entry_that_names_it_and_in_no_other_way(database_url: str) -> None:
    """Not by the owner's own hand, and not by the eraser's with an entry that names another."""
    await _filled(database_url)
    for table, column in (("access_alert_review", "alert_id"), ("access_alert", "id")):
        with pytest.raises(Exception, match="an alert stays as it is"):
            await world.execute(database_url, [(text(f"DELETE FROM {table} WHERE {column} = 'plain'"), None)])
    async with eraser(database_url) as (_, gate):
        service = AlertRetentionService(gate)
        (alert,) = [each.alert for each in await service.due(NOW, TODAY, "request-1") if each.alert.id == "plain"]
        removals = tuple(Change(*change) for change in destroyed(gate.records, alert))
        for named in ("worry", "plain"):
            said = Record(
                kind="erase", occurred_at=NOW, caller=None, action="erase", resource="test", outcome="permitted",
                request_id="request-2", details={"authority": "IG-7", "alerts": [named], "targets": []},
            )  # fmt: skip
            submission = Submission((said.sealed(),), (), removals)
            if named == alert.id:
                await gate.log.append(submission)
            else:
                with pytest.raises(ChangeRefused):
                    await gate.log.append(submission)
    assert (await _left(database_url))["access_alert"] == sorted({*CLOSED, "open"} - {alert.id})


async def test_what_changes_all_the_while_is_refused_in_the_end(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the note of one goes, each time, between the look and the destruction."""
    found = alert_retention.closed_alerts

    async def stale(gate: Gate) -> Any:
        return [each._replace(noted=None) for each in await found(gate)]

    monkeypatch.setattr(alert_retention, "closed_alerts", stale)
    await _filled(sqlite_url)
    async with retaining(sqlite_url) as service:
        with pytest.raises(ErasureRefused, match="an alert is being changed"):
            await service.destroy(NOW, "IG-7", "request-1")
    assert len((await _left(sqlite_url))["access_alert"]) == len(CLOSED) + 1
    assert await world.entries(sqlite_url) == []


def test_the_command_shows_first_and_does_it_when_told(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(_filled(database_url))
    set_environment(monkeypatch, database_url, key_file)
    order = ["retention", "alerts"]
    shown = CliRunner().invoke(app, order)
    assert (shown.exit_code, "3 due: nothing was changed" in shown.stdout) == (0, True), shown.output
    assert "worry  namesake  concern  due 2026-03-10" in shown.stdout
    assert CRN not in shown.stdout
    for wrong in ([], ["--authority", "Olga Smith said so"]):
        refused = CliRunner().invoke(app, [*order, "--yes", *wrong])
        assert (refused.exit_code, "--authority: " in refused.output) == (2, True), refused.output
    assert len(world.run(_left(database_url))["access_alert"]) == len(CLOSED) + 1
    done = CliRunner().invoke(app, [*order, "--yes", "--authority", "IG-7"])
    assert (done.exit_code, "3 due: destroyed; receipts " in done.stdout) == (0, True), done.output
    assert world.run(_left(database_url))["access_alert"] == ["open", "recent", "tomorrow"]
    for check in ("verify", "replay"):
        checked = CliRunner().invoke(app, ["audit", check])
        assert checked.exit_code == 0, checked.output
