"""What a log costs as it grows, on PostgreSQL with five years of months: an entry, somebody's page, and a proof.

`python -m bench.growth --url URL --entries N` measures an empty database of its own at any length, 10,000,000 in what
`scripts/bench` does not spend. The database makes the entries itself, with every column and the hashes of their leaves.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import asyncpg
import uvloop
from uuid_utils import uuid7

from app.audit.ddl import ENTRY_COLUMNS, SERVICE_ROLE
from app.audit.months import later
from app.audit.rows import Order
from app.audit.submission import Submission
from app.audit.writer import AuditLog, open_log
from app.db import Address, Database, open_database
from app.gate import Gate
from app.policies import shipped_versions
from app.records.reading import Records
from app.services.audit import AuditService
from app.services.audit_search import Search
from app.services.proofs import ProofService
from app.vocabulary import Role
from bench.filling import crn_of
from bench.filling import fill as fill_people
from bench.places import Places
from bench.proofs import _LEAF, _TILE, _grown
from bench.queries import WARM, WrongAnswer, _question, bodies
from bench.rows import Row
from bench.sizes import Sizes
from migrations import upgrade
from tests.audit.logs import make_entry
from tests.world import put, staff

MONTHS = 60
EACH = 100
"""Entries about each person, in whatever length."""
TOGETHER = 64
_SINCE, _UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
KINDS = ("append", "person", "proof")
Found = dict[str, list[float]]


def measure(places: Places, sizes: Sizes) -> list[Row]:
    """Milliseconds in a long log beside those in a short one."""
    counts = sizes.log_many, sizes.log_few
    urls = [places.new("postgresql") for _ in counts]
    for url, entries in zip(urls, counts, strict=True):
        fill(url, entries, sizes.months)
    long, short = uvloop.run(race(urls, counts, sizes.pages))
    for url in urls:
        places.drop(url)
    extra = {"entries": {"ours": sizes.log_many, "rival": sizes.log_few}, "months": sizes.months}
    return [
        Row(f"growth_{kind}_postgresql", "ms", long[kind], short[kind], 2, bar_is_ceiling=True, extra=extra)
        for kind in KINDS
    ]


async def race(urls: Sequence[str], counts: Sequence[int], rounds: int) -> list[Found]:
    """Milliseconds of each, in turn in each log: an entry among 64 that are appended at once, a page, and a proof."""
    sides = [await _open(url, entries) for url, entries in zip(urls, counts, strict=True)]
    found: list[Found] = [{kind: [] for kind in KINDS} for _ in sides]
    for _ in range(WARM + rounds):
        for side, times in zip(sides, found, strict=True):
            for kind, work in (("append", side.append), ("person", side.person), ("proof", side.proof)):
                started = time.perf_counter()
                await work()
                share = TOGETHER if kind == "append" else 1
                times[kind].append((time.perf_counter() - started) * 1e3 / share)
    for side in sides:
        await side.log.close()
        await side.database.close()
    return [{kind: of[WARM:] for kind, of in times.items()} for times in found]


@dataclass(frozen=True)
class _Side:
    """One log, and what is asked of it."""

    entries: int
    database: Database
    log: AuditLog
    audit: AuditService
    proofs: ProofService
    chance: random.Random

    async def append(self) -> None:
        """So many at once."""
        made = [make_entry(number, event_id=str(uuid7())) for number in range(TOGETHER)]
        await asyncio.gather(*(self.log.append(Submission((entry,))) for entry in made))

    async def person(self) -> None:
        """The newest fifty about somebody."""
        crn = crn_of(self.chance.randrange(max(1, self.entries // EACH)))
        search = Search.of(_SINCE, _UNTIL, {}, {"crn": crn})
        answer = await self.audit.page(_question(), search, Order.NEWEST, None, 50)
        if answer.body.count(b'"leafHash"') != 50:
            raise WrongAnswer(f"{answer.body.count(b'leafHash')} entries instead of 50")

    async def proof(self) -> None:
        """Of any entry, in the tree over all that were made."""
        await self.proofs.inclusion(self.chance.randrange(self.entries), self.entries)


async def _open(url: str, entries: int) -> _Side:
    database = open_database(Address(url), SERVICE_ROLE)
    log = await open_log(Address(url), SERVICE_ROLE, lambda: datetime.now(UTC), beside=database)
    gate = Gate(Records(database), log, shipped_versions())
    return _Side(entries, database, log, AuditService(gate), ProofService(gate), random.Random(1))


# --- the log ---------------------------------------------------------------------------------------------------------


def fill(url: str, entries: int, months: int = MONTHS) -> None:
    """So many entries over so many months until now, a hundred about each person, and the tree over them."""
    fill_people(url, max(1, entries // EACH))
    asyncio.run(put(url, staff("alma", Role.AUDITOR, party="health")))
    asyncio.run(_fill(url, entries, months))


async def _fill(url: str, entries: int, months: int) -> None:
    server = await asyncpg.connect(Address(url).dsn)
    present = f"{datetime.now(UTC):%Y-%m}"
    await _begin_earlier(server, present, later(present, 1 - months))
    kinds = bodies()
    columns = ", ".join(ENTRY_COLUMNS)
    await server.execute("CREATE TEMP TABLE made (name int PRIMARY KEY, body text)")
    await server.executemany("INSERT INTO made VALUES ($1, $2)", [(n, body) for n, (_, body) in enumerate(kinds)])
    made = ", ".join(f"body::json #>> '{{{','.join(path)}}}' AS {name}" for name, path in ENTRY_COLUMNS.items())
    await server.execute(f"CREATE TEMP TABLE kinds AS SELECT name, body, {made} FROM made")  # noqa: S608  # words of ours alone
    await server.execute("ALTER TABLE log_entry DISABLE TRIGGER log_entry_from_body")
    said = ", ".join(f"replace({name}, '@', i::text)" for name in ENTRY_COLUMNS)
    leaf = _LEAF["postgresql"].replace("$2", "at")
    for place in range(months):
        month = later(present, place + 1 - months)
        first, stop = (each * entries // months for each in (place, place + 1))
        start, end = (datetime.fromisoformat(f"{each}-01") for each in (month, later(month, 1)))
        step = (min(end, datetime.now() - timedelta(hours=1)) - start) / max(1, stop - first)  # noqa: DTZ005  # as the others
        await server.execute(
            f"INSERT INTO log_entry (seq, recorded_at, body, leaf_hash, {columns}) "  # noqa: S608  # as above
            f"SELECT i, at, body, {leaf}, {columns} FROM (SELECT i, to_char(timestamp '{start}' + (i - {first}) * "
            f"interval '{step.total_seconds()} s', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at, "
            f"replace(body, '@', i::text) AS body, {said} "
            f"FROM generate_series({first}, {stop - 1}) AS i JOIN kinds ON name = i % {len(kinds)}) "
            f"AS entry (i, at, body, {columns})",
            timeout=7200,
        )
    await server.execute("ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_from_body")
    who = f"lpad(((i * 7919) % {max(1, entries // EACH)})::text, 6, '0')"
    await server.execute(
        "INSERT INTO log_subject (seq, salt, body) SELECT i, decode(md5(i::text), 'hex'), "  # noqa: S608  # as above
        f"""'{{"consents":[],"crn":"X' || {who} || '","personId":"p' || {who} || '"}}' """
        f"FROM generate_series(0::bigint, {entries - 1}) AS i",
        timeout=7200,
    )
    await _grow(server, entries)
    await server.execute("VACUUM ANALYZE", timeout=7200)
    await server.close()


async def _begin_earlier(server: asyncpg.Connection, present: str, month: str) -> None:
    """The first partition, still empty, becomes that of an earlier month, and those since then are made."""
    old, new = (f"log_entry_{each.replace('-', '_')}" for each in (present, month))
    for number in (1, 2, 3):
        await server.execute(f"DROP TABLE log_entry_{later(present, number).replace('-', '_')}")
    await server.execute(f"ALTER TABLE log_entry DETACH PARTITION {old}; ALTER TABLE {old} RENAME TO {new}")
    for suffix in ("pkey", "event_id", "staff", "request_id"):
        await server.execute(f"ALTER INDEX {old}_{suffix} RENAME TO {new}_{suffix}")
    await server.execute(f"ALTER TRIGGER {old}_only_grows ON {new} RENAME TO {new}_only_grows")
    bounds = f"FOR VALUES FROM (MINVALUE) TO ('{later(month, 1)}')"
    await server.execute(f"ALTER TABLE log_entry ATTACH PARTITION {new} {bounds}")
    await server.fetchval("SELECT log_make_months($1)", later(present, 3))


async def _grow(server: asyncpg.Connection, entries: int) -> None:
    """The tiles and the head, from the leaves."""
    async with server.transaction():
        rows = server.cursor("SELECT leaf_hash FROM log_entry ORDER BY recorded_at, seq", prefetch=20_000)
        leaves = [row[0] async for row in rows]
    tree, tiles = _grown(leaves)
    await server.executemany(_TILE, tiles)
    last = await server.fetchval("SELECT max(recorded_at) FROM log_entry")
    await server.execute(
        "UPDATE log_head SET size = $1, frontier = $2, recorded_at = $3, root = $4 WHERE id = 1",
        tree.size, tree.packed(), last, tree.root(),
    )  # fmt: skip
    if tree.size != entries:
        raise WrongAnswer(f"{tree.size} entries instead of {entries}")


def main() -> None:
    """Any length, anywhere: print medians as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", required=True)
    options.add_argument("--entries", type=int, required=True)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--filled", action="store_true", help="it is filled already")
    given = options.parse_args()
    if not given.filled:
        started = time.perf_counter()
        upgrade(given.url)
        fill(given.url, given.entries)
        print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)
    (found,) = uvloop.run(race([given.url], [given.entries], given.rounds))
    print(json.dumps({kind: [round(median(times), 3), round(max(times), 3)] for kind, times in found.items()}))


if __name__ == "__main__":
    main()
