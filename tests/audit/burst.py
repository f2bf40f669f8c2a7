"""Processes that append; one of 64 tasks that tells each receipt: `python -m tests.audit.burst URL ROLE COUNT`.

Lines are `<seq> <leaf hash> <event id> <seconds since the start of the burst>`. COUNT 0 goes on until it is killed.
"""

import asyncio
import os
import sys
import time

from app.audit.submission import Submission
from app.audit.writer import open_log
from app.db import Address
from tests.audit.logs import append_all, make_entry, now


def append_in_turns(url: str, role: str) -> None:
    """Two hundred entries, forty at once."""
    asyncio.run(_append_in_turns(url, role))


async def _append_in_turns(url: str, role: str) -> None:
    log = await open_log(Address(url), role, now)
    for _ in range(5):
        await append_all(log, 40)
    await log.close()


def burst(url: str, role: str, count: int) -> None:
    """Sixty-four tasks; each acknowledged entry is told before the next is asked for."""
    asyncio.run(_burst(url, role, count))


async def _burst(url: str, role: str, count: int) -> None:
    log = await open_log(Address(url), role, now)
    started = time.monotonic()

    async def one() -> None:
        (receipt,) = await log.append(Submission((make_entry(),)))
        line = f"{receipt.seq} {receipt.leaf_hash} {receipt.event_id} {time.monotonic() - started:.4f}\n"
        os.write(1, line.encode())

    async def for_ever() -> None:
        while True:
            await one()

    os.write(1, b"started\n")
    await asyncio.gather(*(one() if count else for_ever() for _ in range(count or 64)))
    await log.close()


if __name__ == "__main__":
    burst(sys.argv[1], sys.argv[2], int(sys.argv[3]))
