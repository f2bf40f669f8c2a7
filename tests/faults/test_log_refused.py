"""Rows can be read and the log can't be written: then nothing is answered, whoever asks for whatever."""

import asyncio
import resource
import shutil
import sqlite3
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import update

import app.tables as t
from app.audit.ddl import SERVICE_ROLE
from app.db import Address
from app.records.writing import person_id
from migrations import upgrade
from tests import world
from tests.audit.logs import Owner
from tests.faults.people import CRNS, SEEN, fill
from tests.faults.running import calling, entries_of, verified
from tests.faults.test_database_gone import ask_everything, back, parts_of, read, says_unavailable
from tests.flush_delay import FULL, build, full_disk
from tests.postgres import LocalServer, wait_for

GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
HINDRANCES = {
    "INSERT revoked": (
        f"REVOKE INSERT ON log_entry FROM {SERVICE_ROLE}",
        f"GRANT INSERT ON log_entry TO {SERVICE_ROLE}",
    ),
    "the person's part refused": (
        f"REVOKE INSERT ON log_subject FROM {SERVICE_ROLE}",
        f"GRANT INSERT ON log_subject TO {SERVICE_ROLE}",
    ),
    "the head not to be locked": (
        f"REVOKE UPDATE ON log_head FROM {SERVICE_ROLE}",
        f"GRANT UPDATE ON log_head TO {SERVICE_ROLE}",
    ),
    "a trigger that raises": (
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stop'; END $$; "
        "CREATE TRIGGER stop BEFORE INSERT ON log_entry FOR EACH ROW EXECUTE FUNCTION stop()",
        "DROP TRIGGER stop ON log_entry; DROP FUNCTION stop()",
    ),
    "a table that is not there": (
        "ALTER TABLE log_tile RENAME TO away",
        "ALTER TABLE away RENAME TO log_tile",
    ),
}


async def test_postgres_refuses_the_entry(postgres_url: str, key: Path, subtests: pytest.Subtests) -> None:
    """Whatever hinders it: 503, no data, nothing half written; and once it's gone answers, without a restart."""
    await fill(postgres_url)
    owner = Owner(Address(postgres_url))
    async with calling(postgres_url, key, database_role=SERVICE_ROLE) as (service, _):
        await back(service)
        for name, (hinder, put_back) in HINDRANCES.items():
            held = entries_of(postgres_url)
            owner.run(hinder)
            with subtests.test(name):
                for response in await ask_everything(service):
                    says_unavailable(response)
            owner.run(put_back)
            await back(service)
            assert entries_of(postgres_url)[: len(held)] == held
            assert len(entries_of(postgres_url)) == len(held) + 1
    assert verified(postgres_url).exit_code == 0


async def test_sqlite_refuses_the_entry(sqlite_url: str, key: Path) -> None:
    """The same for a trigger that raises there."""
    await fill(sqlite_url)
    owner = Owner(Address(sqlite_url))
    async with calling(sqlite_url, key) as (service, _):
        await back(service)
        owner.run("CREATE TRIGGER stop BEFORE INSERT ON log_entry BEGIN SELECT RAISE(ABORT, 'stop'); END")
        try:
            for response in await ask_everything(service):
                says_unavailable(response)
        finally:
            owner.run("DROP TRIGGER stop")
        await back(service)
    assert verified(sqlite_url).exit_code == 0


async def test_a_full_disk_under_sqlite(sqlite_url: str, key: Path) -> None:
    """No file may grow: 503 and no data; with room again it answers, and the log is whole."""
    await fill(sqlite_url)
    async with calling(sqlite_url, key) as (service, running):
        await back(service)
        limits = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        for response in await ask_everything(service):
            says_unavailable(response)
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, limits)
        await back(service)
    report = verified(sqlite_url)
    assert (report.exit_code, report.size) == (0, 2), report.findings


@pytest.mark.parametrize("what", ["tables", "journal"])
async def test_a_full_disk_under_postgres(spare_postgres: LocalServer, key: Path, what: str) -> None:
    """No file grows, and the journal's next file cannot be made, which ends the server: 503 till there is room."""
    library = build(spare_postgres.home, FULL)
    assert library is not None, "this test needs a C compiler"
    spare_postgres.home.chmod(0o711)  # the server's user looks for the mark in it
    full = spare_postgres.home / "full"
    disk = full_disk(library, full)
    spare_postgres.start(environment=disk)
    url = spare_postgres.create_database("full")
    await asyncio.to_thread(upgrade, url)
    await fill(url)
    told: list[int] = []
    async with calling(url, key) as (service, _):
        await back(service)
        full.touch()
        if what == "journal":
            with suppress(*GONE):
                spare_postgres.execute("SELECT pg_switch_wal(); CHECKPOINT", "full")
        while answered := [each for each in await ask_everything(service) if each.status_code != 503]:
            told += [number for response in answered for number in numbers(response)]  # what has its place is written
            assert len(told) < 1000
        for response in await ask_everything(service):
            says_unavailable(response)
        full.unlink()
        assert "No space left on device" in spare_postgres.log()
        assert ("PANIC" in spare_postgres.log()) == (what == "journal")
        if not spare_postgres.running():
            await asyncio.to_thread(wait_for, lambda: spare_postgres.start(environment=disk))
        await back(service)
    held = entries_of(url)
    assert [seq for seq, _, _ in held] == list(range(len(held)))
    assert told == list(range(1, len(told) + 1))
    assert len(held) == len(told) + 2
    assert verified(url).exit_code == 0


def numbers(response: httpx.Response) -> range:
    """Of the entries that an answer says it left."""
    found = [int(receipt.split(":")[0]) for receipt in response.headers["audit-receipt"].split(", ")]
    return range(found[0], found[-1] + 1)


async def test_somebody_holds_sqlites_lock(sqlite_url: str, key: Path) -> None:
    """Longer than anybody waits: 503 and no data, and meanwhile the process answers what needs no log."""
    await fill(sqlite_url)
    async with calling(sqlite_url, key) as (service, _):
        await back(service)
        other = sqlite3.connect(Address(sqlite_url).path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        waiting = asyncio.create_task(read(service))
        await asyncio.sleep(0.5)
        assert (await asyncio.wait_for(service.http.get("/health"), 2)).status_code == 200
        says_unavailable(await waiting)
        other.execute("ROLLBACK")
        other.close()
        await back(service)
    assert verified(sqlite_url).exit_code == 0


async def test_a_file_gone_and_back(sqlite_url: str, key: Path) -> None:
    """A file that was moved away can still be read by who has it open: nobody is answered from it."""
    await fill(sqlite_url)
    path = Address(sqlite_url).path
    async with calling(sqlite_url, key) as (service, _):
        await back(service)
        move(path, path + ".away")
        for response in await ask_everything(service):
            says_unavailable(response)
        assert (await parts_of(service))[0] == 503
        move(path + ".away", path)
        await back(service)
    report = verified(sqlite_url)
    assert (report.exit_code, report.size) == (0, 2), report.findings


async def test_another_file_in_its_place(sqlite_url: str, key: Path) -> None:
    """A file restored over the one in use: what it says counts, for reads as for the log."""
    await fill(sqlite_url)
    path = Address(sqlite_url).path
    async with calling(sqlite_url, key) as (service, _):
        await back(service)
        restored = copy(path, path + ".copy")
        withdraw = update(t.Consent).where(t.Consent.person_id == person_id(CRNS[0]))
        await world.execute(
            f"sqlite:///{restored}", [(withdraw.values(valid_until=world.NOW - timedelta(days=1)), None)]
        )
        move(path, path + ".away")
        move(restored, path)
        response = await read(service)
        assert response.status_code in (403, 503), response.text
        assert SEEN not in response.text


def copy(path: str, to: str) -> str:
    """A whole copy, as a backup makes it."""
    source, target = sqlite3.connect(path), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()
    return to


def move(path: str, to: str) -> None:
    """The file and what stands beside it."""
    for end in ("", "-wal", "-shm"):
        if Path(path + end).exists():
            shutil.move(path + end, to + end)
