"""Faults: killed in mid-burst, a database that goes away and comes back, and a disk that takes its time."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from app.audit.append import Commit, Lost
from app.audit.ddl import SERVICE_ROLE
from app.audit.postgres_store import PostgresStore
from app.audit.sqlite_store import SqliteStore
from app.audit.submission import LogUnavailable, Receipt, Submission
from app.audit.writer import AuditLog, open_log
from app.db import Address
from migrations import upgrade
from tests.audit.burst import burst
from tests.audit.logs import Owner, append_all, make_entry, now, verified
from tests.flush_delay import build, slow_flushes
from tests.nursery import telling
from tests.postgres import LocalServer, wait_for

ROOT = Path(__file__).parents[2]
DELAY_MS = 200
COMMAND = (sys.executable, "-m", "tests.audit.burst")


def acknowledged(output: str) -> list[list[str]]:
    """The complete lines of a burst."""
    return [line.split() for line in output.splitlines()[1:] if line.count(" ") == 3]


def stored(owner: Owner) -> dict[str, tuple[str, str]]:
    rows = owner.rows("SELECT seq, leaf_hash, event_id FROM log_entry")
    return {str(seq): (leaf.hex(), event_id) for seq, leaf, event_id in rows}


@pytest.mark.parametrize("seconds", [0, 0.1, 0.3])
def test_killed_in_mid_burst_nothing_acknowledged_is_lost(address: Address, owner: Owner, seconds: float) -> None:
    """Kill -9 under 64 concurrent appends: each receipt stands for an entry, and the log verifies and goes on."""
    process, said = telling(burst, address.url, SERVICE_ROLE, 0)
    with said:
        assert said.readline() == "started\n"
        first = said.readline()
        time.sleep(seconds)
        process.kill()
        lines = acknowledged("started\n" + first + said.read())
    process.join()
    held = stored(owner)
    assert lines
    assert all(held[seq] == (leaf, event_id) for seq, leaf, event_id, _ in lines)
    process, said = telling(burst, address.url, SERVICE_ROLE, 10)
    with said:
        process.join()
    assert process.exitcode == 0
    report = verified(address)
    assert report.exit_code == 0, report.findings


async def test_the_server_gone_and_back(spare_postgres: LocalServer) -> None:
    """No promise while it is away, and no restart needed when it is back."""
    spare_postgres.start()
    wait_for(lambda: upgrade(spare_postgres.admin_url))
    address = Address(spare_postgres.admin_url)
    log = await open_log(address, SERVICE_ROLE, now)
    await append_all(log, 10)
    wait_for(spare_postgres.kill)
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            await log.append(Submission((make_entry(),)))
    with pytest.raises(LogUnavailable):
        await log.ping()
    wait_for(spare_postgres.start)
    await append_all(log, 10)
    await log.close()
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 20), report.findings


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_lost_connection_is_made_again(log: AuditLog, address: Address, owner: Owner) -> None:
    """Backends killed under load, also twice in a row: whoever tries again gets the one entry's receipt."""

    async def insist() -> Receipt:
        submission = Submission((make_entry(),))
        while True:
            try:
                return (await log.append(submission))[0]
            except LogUnavailable:
                continue

    receipts = []
    for _ in range(5):
        waiting = asyncio.gather(*(insist() for _ in range(120)))
        await asyncio.sleep(0.01)
        await asyncio.to_thread(
            owner.rows,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = session_user "
            "AND application_name = 'openmind'",
        )
        receipts += await waiting
    held = stored(owner)
    assert len({receipt.seq for receipt in receipts}) == len(receipts) == len(held) == 600
    assert verified(address).exit_code == 0


@pytest.mark.parametrize("committed", [True, False], ids=["it did commit", "it did not"])
async def test_an_unknown_outcome_is_settled_by_event_id(
    log: AuditLog, address: Address, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """The connection is lost in COMMIT: whatever happened there, the entry is written once and the caller gets it."""
    store = SqliteStore if address.dialect == "sqlite" else PostgresStore
    perform, lost = store._perform, []

    def lose(self: object, *arguments: object) -> object:
        if not isinstance(arguments[-1], Commit) or lost:
            return perform(self, *arguments)
        lost.append(True)
        if address.dialect == "sqlite":
            if committed:
                perform(self, *arguments)
            raise Lost("lost in COMMIT")
        return lose_later(self, *arguments)

    async def lose_later(self: object, *arguments: object) -> None:
        if committed:
            await perform(self, *arguments)
        raise Lost("lost in COMMIT")

    monkeypatch.setattr(store, "_perform", lose)
    receipts = await append_all(log, 20)
    assert lost
    assert sorted(receipt.seq for receipt in receipts) == list(range(20))
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 20)


def move(path: str, to: str) -> None:
    """The file and what stands beside it."""
    for end in ("", "-wal", "-shm"):
        if Path(path + end).exists():
            shutil.move(path + end, to + end)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_file_gone_and_back(log: AuditLog, address: Address) -> None:
    """A deleted file would still take writes; they would be lost, so there is no promise."""
    await append_all(log, 5)
    move(address.path, address.path + ".away")
    with pytest.raises(LogUnavailable):
        await log.append(Submission((make_entry(),)))
    assert not await asyncio.to_thread(os.path.exists, address.path)
    move(address.path + ".away", address.path)
    await append_all(log, 5)
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 10)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_lock_that_is_never_given_up_does_not_hang(log: AuditLog, address: Address) -> None:
    """Somebody sits on the head row: the append fails in time, and works when they are gone."""
    connection = await asyncpg.connect(address.dsn)
    await connection.execute("BEGIN; SELECT FROM log_head FOR UPDATE")
    started = time.monotonic()
    with pytest.raises(LogUnavailable):
        await log.append(Submission((make_entry(),)))
    assert time.monotonic() - started < 9  # the 5 seconds that a lock is waited for, once
    await connection.close()
    await append_all(log, 3)


async def test_what_comes_while_others_hold_the_lock_shares_the_transaction(
    log: AuditLog, address: Address, owner: Owner
) -> None:
    """A batch is taken when it can be written, not when it begins to wait."""
    async with held(address):
        first = asyncio.create_task(log.append(Submission((make_entry("first"),))))
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(log.append(Submission((make_entry(n),)))) for n in range(20)]
        await asyncio.sleep(0.05)
        assert not first.done()
    await asyncio.gather(first, *others)
    times = [time for (time,) in owner.rows("SELECT recorded_at FROM log_entry")]
    assert (len(times), len(set(times))) == (21, 1)


@asynccontextmanager
async def held(address: Address) -> AsyncIterator[None]:
    """The log's lock, as another process has it."""
    if address.dialect == "sqlite":
        with open(f"{address.path}.lock") as lock:  # noqa: ASYNC230  # a lock file of no bytes
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    connection = await asyncpg.connect(address.dsn)
    await connection.execute("BEGIN; SELECT FROM log_head FOR UPDATE")
    yield
    await connection.close()


def run_slowly(url: str, environment: dict[str, str]) -> list[float]:
    """When each of 64 concurrent appends was acknowledged, in flushes."""
    ended = subprocess.run(
        [*COMMAND, url, SERVICE_ROLE, "64"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    times = [float(line[3]) * 1000 / DELAY_MS for line in acknowledged(ended.stdout)]
    assert len(times) == 64
    return times


def slow_disk(directory: Path) -> dict[str, str]:
    library = build(directory)
    if library is None:
        pytest.skip("no C compiler: the slower disk cannot be built")
    return slow_flushes(library, DELAY_MS)


def test_flushes_are_shared_in_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    """No receipt before one flush; 64 at once within 8 flushes."""
    times = run_slowly(sqlite_url, slow_disk(tmp_path))
    assert min(times) >= 1
    assert max(times) <= 8


def test_flushes_are_shared_in_postgres(spare_postgres: LocalServer) -> None:
    """The same where the server flushes."""
    spare_postgres.start()
    wait_for(lambda: upgrade(spare_postgres.admin_url))
    spare_postgres.stop()
    spare_postgres.start(environment=slow_disk(spare_postgres.home), wal_sync_method="fdatasync")
    times = run_slowly(spare_postgres.admin_url, {})
    assert min(times) >= 1
    assert max(times) <= 8
