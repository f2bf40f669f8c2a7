"""A disk that takes its time: no answer goes out before its entry is flushed, and many answers share a flush."""

import asyncio
import time
from pathlib import Path

import pytest

from migrations import upgrade
from tests.faults.people import CRNS, SEEN, fill
from tests.faults.running import Connection, Running, run, verified
from tests.flush_delay import build, slow_flushes
from tests.postgres import LocalServer, wait_for

DELAY_MS = 200
AT_ONCE = 64


def slow_disk(directory: Path) -> dict[str, str]:
    library = build(directory)
    if library is None:
        pytest.skip("no C compiler: the slower disk cannot be built")
    return slow_flushes(library, DELAY_MS)


async def ask_at_once(service: Running) -> list[float]:
    """When each of 64 concurrent reads was answered, in flushes; a few before them wake the service up."""
    connections = [await Connection.open(service.port) for _ in range(AT_ONCE)]

    async def one(number: int) -> float:
        started = time.monotonic()
        status, headers, body = await connections[number].ask(service.asks(CRNS[number % len(CRNS)], number))
        assert (status, "audit-receipt" in headers, SEEN.encode() in body) == (200, True, True), body
        return (time.monotonic() - started) * 1000 / DELAY_MS

    first = await asyncio.gather(*map(one, range(8)))
    times = first + await asyncio.gather(*map(one, range(AT_ONCE)))
    for connection in connections:
        await connection.close()
    return times


def check(service: Running, flushes: int, url: str) -> None:
    service.asks(CRNS[0])  # its token is signed before the time starts
    times = wait_for(lambda: asyncio.run(ask_at_once(service)))
    print(f"first answer after {min(times):.2f} flushes, last after {max(times):.2f}")
    assert min(times) >= 1
    assert max(times) <= flushes
    report = verified(url)
    assert (report.exit_code, report.size) == (0, len(times))


def test_reads_share_flushes_on_sqlite(sqlite_url: str, key: Path, tmp_path: Path) -> None:
    """No answer before one flush, 64 at once within 8: one transaction for each would take 64."""
    wait_for(lambda: asyncio.run(fill(sqlite_url)))
    with run(sqlite_url, key, environment=slow_disk(tmp_path)) as (service,):
        check(service, 8, sqlite_url)


@pytest.mark.parametrize(("workers", "flushes"), [(1, 8), (4, 10)])
def test_reads_share_flushes_on_postgres(spare_postgres: LocalServer, key: Path, workers: int, flushes: int) -> None:
    """The same where the server flushes, and for workers that take turns."""
    url = spare_postgres.admin_url
    spare_postgres.start()
    wait_for(lambda: upgrade(url))
    wait_for(lambda: asyncio.run(fill(url)))
    spare_postgres.stop()
    spare_postgres.start(environment=slow_disk(spare_postgres.home), wal_sync_method="fdatasync")
    with run(url, key, workers=workers) as (service,):
        check(service, flushes, url)
