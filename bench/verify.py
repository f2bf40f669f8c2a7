"""How fast a log is verified: the hashes alone, and everything that `openmind audit verify` looks at."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from app.audit import writer
from app.audit.ddl import SERVICE_ROLE
from app.audit.submission import Submission
from app.audit.verify import Report, verify
from app.audit.verify_bytes import Tree, leaf_of
from app.db import Address
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.audit.logs import make_entry, now
from tests.postgres import wait_for

HASHES_PER_SECOND = 50_000.0
MILLION_SECONDS = 120.0
TOGETHER = 500
PART = {"sqlite": 1, "postgresql": 10}
"""The part of a million that is measured: filling takes longer on PostgreSQL."""


class NotClean(Exception):
    """A finding, so that the time says nothing."""


def measure_hashes(sizes: Sizes) -> Row:
    """Entries a second of one core: each body's digest, its leaf and the tree, with the root at the end."""
    entries = sizes.log_many // 10
    bodies = [make_entry(number).body for number in range(entries)]
    rates = []
    for _ in range(sizes.past_rounds):
        tree, started = Tree(), time.thread_time()
        for seq, body in enumerate(bodies):
            for _ in tree.add(leaf_of(seq, "2026-02-02T00:00:00.000000Z", body)):
                pass
        tree.root()
        rates.append(entries / (time.thread_time() - started))
    return Row("verify_hashes", "entries/s", rates, [HASHES_PER_SECOND] * len(rates), 1, extra={"entries": entries})


def measure(places: Places, dialect: str, sizes: Sizes) -> Row:
    """Entries a second of the whole verification, beside a million in two minutes."""
    entries, url = sizes.log_many // PART[dialect], places.new(dialect)
    asyncio.run(_fill(url, entries))
    rates, cpu = [], []
    for _ in range(sizes.past_rounds):
        started, used = time.perf_counter(), time.process_time()
        report: Report = wait_for(lambda: verify(Address(url)))
        rates.append(entries / (time.perf_counter() - started))
        cpu.append((time.process_time() - used) / entries * 1e6)
        if report.exit_code or report.size != entries:
            raise NotClean(f"{report.size} entries, {report.found} findings, {report.failure}")
    places.drop(url)
    asked = [1_000_000 / MILLION_SECONDS] * len(rates)
    extra = {"entries": entries, "cpu_us_each": round(min(cpu), 1), "a_million_s": round(1e6 / max(rates), 1)}
    return Row(f"verify_million_{dialect}", "entries/s", rates, asked, 1, extra=extra)


async def _fill(url: str, entries: int) -> None:
    """By the writer itself, each about somebody of a thousand."""
    log = await writer.open_log(Address(url), SERVICE_ROLE, now)
    for first in range(0, entries, TOGETHER):
        await log.append(Submission(tuple(_entries(range(first, min(first + TOGETHER, entries))))))
    await log.close()


def _entries(numbers: Sequence[int]) -> list[Any]:
    return [make_entry(f"{number % 1000}") for number in numbers]
