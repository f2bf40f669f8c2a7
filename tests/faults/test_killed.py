"""Kill -9 in mid-burst: whoever was answered has an entry, and nothing has to be repaired by hand."""

import asyncio
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from migrations import upgrade
from tests import world
from tests.faults.people import CRNS, fill
from tests.faults.rounds import ALL, AT_ONCE, ONE, SERVER, Rounds
from tests.faults.running import Connection, Running, log_of, run, verified
from tests.postgres import LocalServer, wait_for


def test_killed_in_mid_burst(sqlite_url: str, key: Path) -> None:
    """Of two processes one, then both: each answer's receipt stands in the log, once; the next goes on at once."""
    wait_for(lambda: world.run(fill(sqlite_url)))
    Rounds(sqlite_url, key, (ONE, ALL)).go(2)


def test_postgres_is_killed_in_mid_burst(spare_postgres: LocalServer, key: Path) -> None:
    """The same on PostgreSQL, and the server itself, under two processes that run on."""
    spare_postgres.start()
    url = spare_postgres.create_database("rounds")
    wait_for(lambda: upgrade(url))
    wait_for(lambda: world.run(fill(url)))
    Rounds(url, key, (ONE, SERVER), spare_postgres).go(2)


def test_two_machines_make_one_order(filled: str, key: Path) -> None:
    """Clocks apart, under load at once on one database: one order without a gap, and each reader's reads in it."""
    with ExitStack() as both:
        services = both.enter_context(run(filled, key)) + both.enter_context(
            run(filled, key, clock_start=(world.NOW + timedelta(seconds=40)).isoformat())
        )
        receipts = asyncio.run(read_from(services))
    numbers = [int(receipt.split(":")[0]) for each in receipts for receipt in each]
    assert sorted(numbers) == list(range(len(numbers)))
    assert all(list(each) == sorted(each, key=lambda receipt: int(receipt.split(":")[0])) for each in receipts)
    held = {f"{seq}:{leaf}" for seq, leaf, _ in log_of(filled)}
    assert held == {receipt for each in receipts for receipt in each}
    report = verified(filled)
    assert (report.exit_code, report.size) == (0, len(numbers)), report.findings


async def read_from(services: list[Running]) -> list[list[str]]:
    """The receipts of 64 readers, spread over the services, each with 15 reads one after the other."""

    async def reader(place: int) -> list[str]:
        service = services[place % len(services)]
        connection = await Connection.open(service.port)
        receipts = []
        for number in range(15):
            status, headers, body = await connection.ask(service.asks(CRNS[place % len(CRNS)], f"{place}.{number}"))
            assert status == 200, body
            receipts.append(headers["audit-receipt"])
        await connection.close()
        return receipts

    return await asyncio.gather(*map(reader, range(AT_ONCE)))
