"""Entries a second at 64 concurrent: group commit beside one transaction each, as a user would write it with SQLModel.

The rival keeps the same entry in a plain table, without tree or order; it is as durable as the log. It runs in a
process of its own, since on SQLite the slow flushes belong to the process that writes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any

import uvloop
from sqlmodel.ext.asyncio.session import AsyncSession

from app.audit import writer
from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import PersonPart
from app.audit.submission import Submission
from app.db import Address
from bench.places import DELAY_MS, Places
from bench.rows import Row, skipped
from bench.sizes import Sizes
from tests.audit.logs import make_entry, now
from tests.audit.speed import SingleEntry, engine_of, rate, record
from tests.flush_delay import slow_flushes

UNIT = "entries/s"


def measure(places: Places, dialect: str, sizes: Sizes) -> Row:
    """With the disk as it is."""
    return _row(places, f"append_group_vs_single_{dialect}", dialect, sizes, 5, {})


def measure_delayed(places: Places, dialect: str, sizes: Sizes) -> Row:
    """With each flush a millisecond longer."""
    name, bar = f"append_group_vs_single_delayed_{dialect}", 10
    library = places.slow_library()
    if library is None:
        return skipped(name, UNIT, bar, "no C compiler to build the slower disk with")
    return _row(places, name, dialect, sizes, bar, slow_flushes(library, DELAY_MS))


def _row(places: Places, name: str, dialect: str, sizes: Sizes, bar: float, slow: dict[str, str]) -> Row:
    places.flushes({})
    url = places.new(dialect)
    places.flushes(slow)
    command = [sys.executable, "-m", "bench.append", "--url", url]
    command += ["--seconds", str(sizes.append_seconds), "--rounds", str(sizes.append_rounds)]
    said = subprocess.run(command, env=os.environ | slow, check=True, capture_output=True, text=True)  # noqa: S603  # our own module
    places.flushes({})
    places.drop(url)
    found = json.loads(said.stdout)
    ours, rival = found["ours"], found["rival"]
    cpu = {side: round(statistics.median(one for _, one in found[side]), 1) for side in found}
    rates = [one for one, _ in ours], [one for one, _ in rival]
    return Row(name, UNIT, *rates, bar, extra={"cpu_us": cpu})


async def race(url: str, seconds: float, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Entries a second and the loop thread's CPU for each, in turn."""
    log = await writer.open_log(Address(url), SERVICE_ROLE, now)
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.run_sync(SingleEntry.__table__.create, checkfirst=True)  # type: ignore[attr-defined]  # SQLModel adds it

    async def ours() -> None:
        await log.append(Submission((record().sealed(PersonPart("person-1", "X000001", ("consent-1",))),)))

    async def rival() -> None:
        entry = make_entry()
        async with AsyncSession(engine) as session:
            session.add(_single(entry))
            await session.commit()

    found: dict[str, list[tuple[float, float]]] = {"ours": [], "rival": []}
    for act in (ours, rival):
        await rate(act, seconds / 3)  # connections, caches
    for _ in range(rounds):
        for name, act in (("ours", ours), ("rival", rival)):
            found[name].append(await rate(act, seconds))
    await log.close()
    await engine.dispose()
    return found


def _single(entry: Any) -> SingleEntry:
    return SingleEntry(
        event_id=entry.event_id, recorded_at="x", staff="o.manager", purpose="supervision",
        outcome="permitted", body=entry.body, salt=entry.salt or b"", part=entry.person or "",
    )  # fmt: skip


def main() -> None:
    """In a process of its own: print the runs as JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("--url", required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--rounds", type=int, required=True)
    given = options.parse_args()
    print(json.dumps(uvloop.run(race(given.url, given.seconds, given.rounds))))


if __name__ == "__main__":
    main()
