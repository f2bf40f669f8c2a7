"""A disk that takes its time: no answer goes out before its entry is flushed, and many answers share a flush."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from migrations import upgrade
from tests.faults.people import CRNS, SEEN, fill
from tests.faults.running import Connection, Running, run, verified
from tests.flush_delay import build, slow_flushes
from tests.postgres import LocalServer, wait_for
from tests.world import execute

DELAY_MS = 200
AT_ONCE = 64


def slow_disk(directory: Path) -> dict[str, str]:
    library = build(directory)
    if library is None:
        pytest.skip("no C compiler: the slower disk cannot be built")
    return slow_flushes(library, DELAY_MS)


async def rounds(services: list[Running], flushes: int) -> list[list[float]]:
    """When each of 64 concurrent reads was answered, in flushes: a first round, then three or till one is good."""
    asked = [services[number % len(services)] for number in range(AT_ONCE)]
    connections = [await Connection.open(service.port) for service in asked]
    requests = [service.asks(CRNS[number % len(CRNS)], number) for number, service in enumerate(asked)]

    async def one(number: int) -> float:
        started = time.monotonic()
        status, headers, body = await connections[number].ask(requests[number])
        assert (status, "audit-receipt" in headers, SEEN.encode() in body) == (200, True, True), body
        return (time.monotonic() - started) * 1000 / DELAY_MS

    times = [await asyncio.gather(*map(one, range(AT_ONCE)))]
    while len(times) == 1 or (len(times) < 4 and max(times[-1]) > flushes):
        times.append(await asyncio.gather(*map(one, range(AT_ONCE))))
    for connection in connections:
        await connection.close()
    return times


def check(services: list[Running], flushes: int, url: str) -> None:
    """No answer before one flush, ever; the last of 64 in time in one round of three, since the machine is shared.

    The first round wakes every process up.
    """
    before = verified(url).size
    first, *times = wait_for(lambda: asyncio.run(rounds(services, flushes)))
    entries = transactions_of(url)[before:]
    shared = [len(set(entries[place : place + AT_ONCE])) for place in range(AT_ONCE, len(entries), AT_ONCE)]
    last = [max(each) for each in times]
    print(f"first {min(map(min, times)):.2f}, last {[f'{each:.2f}' for each in last]}, transactions {shared}")
    assert min(map(min, (first, *times))) >= 1
    assert min(last) <= flushes
    assert min(shared) <= flushes
    report = verified(url)
    assert (report.exit_code, report.size) == (0, before + len(entries))


def transactions_of(url: str) -> list[str]:
    """Which transaction wrote each entry, in order: PostgreSQL knows, in SQLite the one writer's times tell."""
    column = "recorded_at" if url.startswith("sqlite") else "xmin::text"
    statement = text(f"SELECT {column} FROM log_entry ORDER BY seq")
    (rows,) = wait_for(lambda: asyncio.run(execute(url, [(statement, None)])))
    return [transaction for (transaction,) in rows]


def test_reads_share_flushes_on_sqlite(sqlite_url: str, key: Path, tmp_path: Path) -> None:
    """64 at once within 8 flushes: one transaction for each would take 64."""
    wait_for(lambda: asyncio.run(fill(sqlite_url)))
    with run(sqlite_url, key, environment=slow_disk(tmp_path)) as services:
        check(services, 8, sqlite_url)


def test_reads_share_flushes_on_postgres(spare_postgres: LocalServer, key: Path) -> None:
    """The same where the server flushes; and within 10 for four processes, that have to take turns."""
    url = spare_postgres.admin_url
    spare_postgres.start()
    wait_for(lambda: upgrade(url))
    wait_for(lambda: asyncio.run(fill(url)))
    spare_postgres.stop()
    spare_postgres.start(environment=slow_disk(spare_postgres.home), wal_sync_method="fdatasync")
    for workers, flushes in ((1, 8), (4, 10)):
        with run(url, key, workers) as services:
            check(services, flushes, url)
