"""Entries a second at 64 concurrent: group commit beside one transaction each, as a user would write it with SQLModel.

The rival keeps the same log: order, tree and person's part. Beside it, for information, stands a plain table that has
neither order nor tree. All are as durable, and run in a process of their own, since on SQLite the slow flushes belong
to the process that writes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any

import uvloop
from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.audit import writer
from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import PersonPart, timestamp
from app.audit.merkle import Tree, leaf_data, leaf_hash
from app.audit.submission import Submission
from app.db import Address
from app.tables.log import LogEntry, LogHead, LogSubject, LogTile
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
    rates = {side: [rate for rate, _ in runs] for side, runs in found.items()}
    cpu = {side: round(statistics.median(one for _, one in runs), 1) for side, runs in found.items()}
    plain = round(statistics.median(rates["plain"]), 1)
    extra = {
        "cpu_us": cpu,
        "plain_table": plain,
        "ratio_to_plain_table": round(statistics.median(rates["ours"]) / plain, 2),
    }
    return Row(name, UNIT, rates["ours"], rates["rival"], bar, extra=extra)


async def race(url: str, seconds: float, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Entries a second and the loop thread's CPU for each, in turn."""
    log, rival = await writer.open_log(Address(url), SERVICE_ROLE, now), Rival(url)
    engine = rival.engine
    async with engine.begin() as connection:
        await connection.run_sync(SingleEntry.__table__.create, checkfirst=True)  # type: ignore[attr-defined]  # SQLModel adds it

    async def ours() -> None:
        await log.append(Submission((record().sealed(PersonPart("person-1", "X000001", ("consent-1",))),)))

    async def plain() -> None:
        entry = make_entry()
        async with AsyncSession(engine) as session:
            session.add(_single(entry))
            await session.commit()

    found: dict[str, list[tuple[float, float]]] = {"ours": [], "rival": [], "plain": []}
    ways = (("ours", ours), ("rival", rival.keep), ("plain", plain))
    for _, act in ways:
        await rate(act, seconds / 3)  # connections, caches
    for _ in range(rounds):
        for name, act in ways:
            found[name].append(await rate(act, seconds))
    await log.close()
    await engine.dispose()
    return found


class Rival:
    """The same log kept through SQLModel, one transaction for each entry."""

    def __init__(self, url: str) -> None:
        self.engine, self._is_sqlite = engine_of(url), url.startswith("sqlite")

    async def keep(self) -> None:
        """One entry, durable."""
        entry = record().sealed(PersonPart("person-1", "X000001", ("consent-1",)))
        async with AsyncSession(self.engine) as session:
            if self._is_sqlite:
                await session.exec(text("BEGIN IMMEDIATE"))  # type: ignore[call-overload]  # plain SQL
            await _keep(session, entry)
            await session.commit()


async def _keep(session: AsyncSession, entry: Any) -> None:
    """One entry at the log's end: the head row orders the writers."""
    head = (await session.exec(select(LogHead).with_for_update())).one()
    tree, moment = Tree.at(head.size, head.frontier), max(timestamp(now()), head.recorded_at)
    leaf = leaf_hash(leaf_data(head.size, moment, entry.digest))
    session.add(LogEntry(seq=head.size, recorded_at=moment, body=entry.body, leaf_hash=leaf))
    await session.flush()
    session.add(LogSubject(seq=head.size, salt=entry.salt, body=entry.person))
    session.add_all(LogTile(level=one.level, number=one.number, root=one.root) for one in tree.append(leaf))
    await session.flush()
    head.size, head.frontier, head.root, head.recorded_at = tree.size, tree.packed(), tree.root(), moment


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
