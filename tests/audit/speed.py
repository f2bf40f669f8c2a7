"""Entries a second at 64 concurrent: group commit, one transaction each, and the same entry through SQLModel.

`python -m tests.audit.speed [--delay MS] [--seconds S] [--rounds N]` measures both databases, interleaved, and prints
one JSON object a database. Rivals, each with a transaction for each entry: `single`, this writer without grouping;
`sqlmodel`, the same log kept through SQLModel; `plain`, a table through SQLModel without tree, head row or order.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.audit import writer
from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import PersonPart, Record, timestamp
from app.audit.merkle import Tree, leaf_data, leaf_hash
from app.audit.submission import Submission
from app.db import Address
from app.tables.log import LogEntry, LogHead, LogSubject, LogTile
from migrations import upgrade
from tests.audit.logs import CALLER, THEN, make_entry, now
from tests.flush_delay import build, slow_flushes
from tests.postgres import LocalServer

TASKS = 64


class Apart(SQLModel, registry=registry()):
    """Tables of the benchmark's own, no part of the service's schema."""


class SingleEntry(Apart, table=True):
    """The same entry in a plain table."""

    __tablename__ = "speed_single_entry"

    id: int | None = Field(default=None, primary_key=True)
    event_id: str = Field(unique=True)
    recorded_at: str
    staff: str = Field(index=True)
    purpose: str
    outcome: str
    body: str
    salt: bytes
    part: str


def record() -> Record:
    """An entry's values."""
    return Record(kind="access", occurred_at=THEN, caller=CALLER, action="read", resource="/v1/people/{crn}/attendance",
                  outcome="permitted", request_id="r", agreement="a" * 64, purpose="supervision", clauses=("D1",),
                  released={"attendance": ("id", "outcome")}, facts=33, answer=b"{}")  # fmt: skip


async def rate(act: Callable[[], Awaitable[Any]], seconds: float) -> tuple[float, float]:
    """How many a second from 64 tasks, and the loop thread's CPU microseconds for each."""
    done, end = 0, time.perf_counter() + seconds

    async def task() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await act()
            done += 1

    started, cpu = time.perf_counter(), time.thread_time()
    await asyncio.gather(*(task() for _ in range(TASKS)))
    return done / (time.perf_counter() - started), (time.thread_time() - cpu) / done * 1e6


def engine_of(url: str) -> AsyncEngine:
    """The rival's engine, as durable as the log."""
    if not url.startswith("sqlite"):
        return create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=TASKS, pool_timeout=60)
    arguments = {"timeout": 60, "isolation_level": None}
    engine = create_async_engine(
        url.replace("sqlite:", "sqlite+aiosqlite:"),
        connect_args=arguments,
        pool_size=1,
        max_overflow=0,
        pool_timeout=60,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


async def measure(url: str, seconds: float, rounds: int) -> dict[str, Any]:
    """Medians of interleaved rounds."""
    sqlite = url.startswith("sqlite")
    log = await writer.open_log(Address(url), SERVICE_ROLE, now)
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.run_sync(SingleEntry.__table__.create, checkfirst=True)  # type: ignore[attr-defined]  # SQLModel adds it

    async def ours() -> None:
        await log.append(Submission((record().sealed(PersonPart("person-1", "X000001", ("consent-1",))),)))

    async def log_by_sqlmodel() -> None:
        entry = record().sealed(PersonPart("person-1", "X000001", ("consent-1",)))
        async with AsyncSession(engine) as session:
            if sqlite:
                await session.exec(text("BEGIN IMMEDIATE"))  # type: ignore[call-overload]  # plain SQL
            head = (await session.exec(select(LogHead).with_for_update())).one()
            tree, moment = Tree.at(head.size, head.frontier), max(timestamp(now()), head.recorded_at)
            leaf = leaf_hash(leaf_data(head.size, moment, entry.digest))
            session.add(LogEntry(seq=head.size, recorded_at=moment, body=entry.body, leaf_hash=leaf))
            await session.flush()
            session.add(LogSubject(seq=head.size, salt=entry.salt, body=entry.person))
            session.add_all(LogTile(level=one.level, number=one.number, root=one.root) for one in tree.append(leaf))
            await session.flush()
            head.size, head.frontier, head.root, head.recorded_at = tree.size, tree.packed(), tree.root(), moment
            await session.commit()

    async def theirs() -> None:
        entry = make_entry()
        async with AsyncSession(engine) as session:
            session.add(
                SingleEntry(event_id=entry.event_id, recorded_at="x", staff="o.manager", purpose="supervision",
                            outcome="permitted", body=entry.body, salt=entry.salt or b"", part=entry.person or "")
            )  # fmt: skip
            await session.commit()

    ways = {"group": ours, "single": ours, "sqlmodel": log_by_sqlmodel, "plain": theirs}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    grouped = writer.BATCH_ENTRIES
    for _ in range(rounds):
        for name, act in ways.items():
            writer.BATCH_ENTRIES = 1 if name == "single" else grouped
            found[name].append(await rate(act, seconds))
    writer.BATCH_ENTRIES = grouped
    await log.close()
    await engine.dispose()
    rates = {name: statistics.median(one for one, _ in values) for name, values in found.items()}
    loop_cpu = statistics.median(cpu for _, cpu in found["group"])
    return {
        "database": url.split(":")[0],
        **{name: round(value) for name, value in rates.items()},
        **{f"vs_{name}": round(rates["group"] / rates[name], 1) for name in ("single", "sqlmodel", "plain")},
        "loop_cpu_us_per_entry": round(loop_cpu, 1),
    }


def main() -> None:
    """Both databases, each in a process that has the slower disk if one is asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--delay", type=float, default=0)
    options.add_argument("--seconds", type=float, default=2)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--url")
    given = options.parse_args()
    if given.url:
        import uvloop

        print(json.dumps(uvloop.run(measure(given.url, given.seconds, given.rounds))), flush=True)
        return
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        home.chmod(0o755)
        library = build(home) if given.delay else None
        slow = slow_flushes(library, given.delay) if library else {}
        server = LocalServer.create(home / "postgres")
        try:
            server.start(environment=slow)
            for url in (f"sqlite:///{home}/log.db", server.admin_url):
                upgrade(url)
                command = [sys.executable, "-m", "tests.audit.speed", "--url", url]
                command += ["--seconds", str(given.seconds), "--rounds", str(given.rounds)]
                subprocess.run(command, env=os.environ | slow, check=True)
        finally:
            server.remove()


if __name__ == "__main__":
    main()
