"""Kill -9 of the service in mid-burst: whoever was answered has an entry, and nothing has to be repaired by hand."""

import asyncio
import time
from pathlib import Path

from tests.faults.people import CRNS, SEEN
from tests.faults.running import Connection, Running, log_of, run, verified

AT_ONCE = 64
Answered = dict[str, str]
"""The receipt that each request got."""


async def read_until_killed(service: Running, seconds: float, name: str) -> Answered:
    """Sixty-four connections that ask and ask again; the service is killed so long after the first answer."""
    answered: Answered = {}
    first = asyncio.Event()

    async def go_on(place: int) -> None:
        connection, number = await Connection.open(service.port), 0
        try:
            while True:
                number += 1
                request = f"{name}.{place}.{number}"
                status, headers, body = await connection.ask(service.asks(CRNS[place % len(CRNS)], request))
                assert (status, headers["x-request-id"], SEEN.encode() in body) == (200, request, True), body
                answered[request] = headers["audit-receipt"]
                first.set()
        except (OSError, EOFError):
            await connection.close()

    async def kill() -> None:
        await first.wait()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(service.kill)

    await asyncio.gather(kill(), *map(go_on, range(AT_ONCE)))
    return answered


async def ask_once(service: Running) -> tuple[int, float]:
    """The status of one read, and how long it took."""
    connection, started = await Connection.open(service.port), time.monotonic()
    status, _, _ = await connection.ask(service.asks(CRNS[0], "afterwards"))
    await connection.close()
    return status, time.monotonic() - started


def test_killed_in_mid_burst(filled: str, key: Path) -> None:
    """Twice over: each answer's receipt stands in the log, once; a new service goes on at once."""
    answered: Answered = {}
    for seconds in (0, 0.3):
        with run(filled, key) as (service,):
            answered |= asyncio.run(read_until_killed(service, seconds, f"after-{seconds}"))
    with run(filled, key) as (service,):
        status, took = asyncio.run(ask_once(service))
        assert status == 200
        assert took < 5
    held = log_of(filled)
    print(f"{len(answered)} answered, {len(held)} entries")
    assert len(answered) > AT_ONCE
    assert [seq for seq, _, _ in held] == list(range(len(held)))
    stored = {body["requestId"]: f"{seq}:{leaf}" for seq, leaf, body in held}
    assert len(stored) == len(held), "a request has two entries"
    assert answered.items() <= stored.items()
    assert len(set(answered.values())) == len(answered), "two answers share an entry"
    report = verified(filled)
    assert (report.exit_code, report.size) == (0, len(held)), report.findings


def test_two_services_make_one_order(filled: str, key: Path) -> None:
    """Two processes under load at once on one database: one order without a gap, and each reader's reads in it."""
    with run(filled, key, 2) as services:
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
