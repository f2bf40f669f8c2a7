"""`openmind audit watch`: what it prints, of whom it says nothing, and how it ends."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, text
from typer.testing import CliRunner, Result

from app.cli.root import app
from app.tables import Instant
from tests import world
from tests.services.watched import MONDAY, STRANGER, entry, people, refusal, staff, written

CRN = "X000001"


def ran(url: str, key_file: Path, *arguments: str, at: datetime = MONDAY, **settings: str) -> Result:
    environment = (
        {
            "OPENMIND_DATABASE_URL": url,
            "OPENMIND_ISSUER": "https://open-mind.test",
            "OPENMIND_SIGNING_KEY_FILE": str(key_file),
            "OPENMIND_ENVIRONMENT": "demo",
            "OPENMIND_CLOCK_START": at.isoformat(),
            "COLUMNS": "200",
        }
        | world.log_environment()
        | settings
    )
    return CliRunner().invoke(app, ["audit", "watch", *arguments], env=environment)


@pytest.fixture
def url(database_url: str) -> str:
    """A log with two entries that trip a rule."""
    world.run(filled(database_url))
    return database_url


async def filled(url: str) -> None:
    await world.put(url, [*staff(), *people(CRN)])
    async with written(url) as log:
        await log.add(MONDAY, refusal("olga", CRN, MONDAY))
        await log.add(MONDAY, entry("olga", CRN, MONDAY, purpose="emergency", facts=STRANGER))


def test_new_alerts_are_printed_without_whom_they_are_about_and_once(url: str, key_file: Path) -> None:
    first = ran(url, key_file)
    assert first.exit_code == 1, first.output
    alert, total = first.stdout.splitlines()
    assert alert.split()[2:] == ["after-refusal", "staff", "staff-olga", "entries", "2"]
    assert total == "2 entries watched, 1 alerts raised"
    for word in (CRN, f"Family{CRN}", "Olga"):
        assert word not in first.output
    again = ran(url, key_file)
    assert (again.exit_code, again.stdout) == (0, "1 entries watched, 0 alerts raised\n")
    assert ran(url, key_file).stdout == "0 entries watched, 0 alerts raised\n"
    late = ran(url, key_file, "--json", at=MONDAY + timedelta(days=29))
    (found,) = json.loads(late.stdout)["alerts"]
    assert (late.exit_code, found["rule"], found["staff"]) == (1, "never-followed", "staff-olga")


def test_figures_come_from_the_settings(sqlite_url: str, key_file: Path) -> None:
    world.run(filled(sqlite_url))
    assert ran(sqlite_url, key_file, OPENMIND_WATCH='{"rules": ["many-people"]}').exit_code == 0
    wrong = ran(sqlite_url, key_file, OPENMIND_WATCH='{"follow_days": 0}')
    assert (wrong.exit_code, "OPENMIND_WATCH_FOLLOW_DAYS" in wrong.output) == (2, True)


def test_while_another_process_watches_it_says_so(sqlite_url: str, key_file: Path) -> None:
    world.run(filled(sqlite_url))
    until = bindparam("until", value=datetime.now(UTC) + timedelta(minutes=1), type_=Instant())
    claimed = text("UPDATE access_watch SET claimed_until = :until").bindparams(until)
    world.run(world.execute(sqlite_url, [(claimed, None)]))
    result = ran(sqlite_url, key_file)
    assert (result.exit_code, "could not watch: another process is watching" in result.output) == (2, True)


def test_without_a_database_it_could_not(tmp_path: Path, key_file: Path) -> None:
    result = ran(f"sqlite:///{tmp_path}/nowhere/x.db", key_file)
    assert (result.exit_code, "could not watch: " in result.output) == (2, True)


def test_it_goes_on_until_it_is_stopped(sqlite_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run(filled(sqlite_url))
    sleep, turns = asyncio.sleep, 0

    async def turn(seconds: float) -> None:
        nonlocal turns
        if seconds != 7:
            await sleep(seconds)
            return
        turns += 1
        if turns == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "sleep", turn)
    result = ran(sqlite_url, key_file, "--every", "7")
    assert (result.exit_code, turns) == (0, 2), result.output
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["alert", "2", "1"]
