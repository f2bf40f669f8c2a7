"""A proof that an entry is in the log: in a long log beside a short one, and beside pymerkle over the same leaves.

Ours is what `GET /v1/audit/entries/{number}/proof` calls: it reads the entry, its leaf and a few tiles, and keeps
nothing between two proofs. pymerkle keeps the roots of subtrees in memory, and makes them first (`rival_first_ms`).
"""

import asyncio
import json
import random
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from statistics import median

import asyncpg
import uvloop
from pymerkle import SqliteTree

from app.audit.merkle import Tree, leaf_data, leaf_hash
from app.audit.proofs import check_inclusion
from app.db import Address
from app.services.proofs import ProofService
from bench.filling import NUMBERS
from bench.list_page import Side, open_side
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.audit.logs import make_entry

SEED, RUNS, MIDDLE = 20121101, 7, 200_000
RECORDED_AT = "2026-02-02T00:00:00.000000Z"
BODY = make_entry(event_id="bench-:number").body
_LEAF = {
    "sqlite": "leaf(i, body)",
    "postgresql": "sha256('\\x00'::bytea || convert_to('audit-leaf/v1' || chr(10) || i || chr(10) || $2 || chr(10) || "
    "encode(sha256(convert_to(body, 'UTF8')), 'hex') || chr(10), 'UTF8'))",
}
_MADE = (
    "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) {numbers}"
    "SELECT i, $2, body, {leaf} FROM (SELECT i, replace($1, ':number', CAST(i AS TEXT)) AS body FROM n) AS made"
)
_LEAVES = "SELECT leaf_hash FROM log_entry ORDER BY seq"
_TILE = "INSERT INTO log_tile (level, number, root) VALUES ($1, $2, $3)"
_HEAD = "UPDATE log_head SET size = $1, frontier = $2, recorded_at = $3, root = $4 WHERE id = 1"


class RootsDiffer(Exception):
    """The two are no logs of the same leaves, so that their times say nothing."""


def measure(places: Places, dialect: str, sizes: Sizes) -> Row:
    """Milliseconds for a proof in a log of many entries beside one of few, and in the long one as it was at 200,000."""
    urls = [places.new(dialect), places.new(dialect)]
    counts = sizes.log_many, sizes.log_few
    for url, entries in zip(urls, counts, strict=True):
        asyncio.run(fill(url, entries))
    long, short, as_it_was = uvloop.run(_race(urls, counts, sizes.proofs))
    for url in urls:
        places.drop(url)
    extra = {
        "cpu_us": _cpu(long, short),
        "entries": {"ours": sizes.log_many, "rival": sizes.log_few},
        f"at_{min(MIDDLE, sizes.log_many)}_ms": round(median(as_it_was.wall), 3),
    }
    return Row(f"proof_growth_{dialect}", "ms", long.wall, short.wall, 2, bar_is_ceiling=True, extra=extra)


def measure_pymerkle(places: Places, sizes: Sizes) -> Row:
    """Milliseconds for a proof, each in a SQLite file of its own with the same leaves."""
    url = places.new("sqlite")
    entries = min(MIDDLE, sizes.log_many)
    asyncio.run(fill(url, entries))
    rival = SqliteTree(str(places.home / "pymerkle.db"))
    rival.append_entries([leaf_data(number, RECORDED_AT, _digest(number)) for number in range(entries)])
    ours, theirs, first = uvloop.run(_race_pymerkle(url, rival, entries, sizes.proofs))
    rival.close()
    places.drop(url)
    extra = {"cpu_us": _cpu(ours, theirs), "entries": entries, "rival_first_ms": round(first, 1)}
    return Row("proof_vs_pymerkle_sqlite", "ms", ours.wall, theirs.wall, None, bar_is_ceiling=True, extra=extra)


@dataclass
class Watch:
    """Milliseconds for a proof, and the CPU time of this thread in it, in each run."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def running(self, proofs: int) -> Iterator[None]:
        """While so many are made."""
        wall, cpu = time.perf_counter(), time.thread_time()
        yield
        self.cpu.append((time.thread_time() - cpu) * 1e3 / proofs)
        self.wall.append((time.perf_counter() - wall) * 1e3 / proofs)


def _cpu(ours: Watch, rival: Watch) -> dict[str, float]:
    return {"ours": round(median(ours.cpu) * 1e3), "rival": round(median(rival.cpu) * 1e3)}


# --- the log ---------------------------------------------------------------------------------------------------------


async def fill(url: str, entries: int) -> None:
    """So many entries, alike but for their number, made and hashed by the database itself, and the tree over them."""
    address = Address(url)
    made = _MADE.format(numbers=NUMBERS[address.dialect].format(last=entries - 1), leaf=_LEAF[address.dialect])
    values = (BODY, RECORDED_AT)
    if address.dialect == "sqlite":
        connection = sqlite3.connect(address.path, isolation_level=None)
        connection.create_function("leaf", 2, lambda number, _: _leaf(number), deterministic=True)
        connection.execute("BEGIN")
        connection.execute(_numbered(made), values)
        tree, tiles = _grown(leaf for (leaf,) in connection.execute(_LEAVES))
        connection.executemany(_numbered(_TILE), tiles)
        connection.execute(_numbered(_HEAD), _head(tree))
        connection.execute("COMMIT")
        connection.close()
        return
    server = await asyncpg.connect(address.dsn)
    await server.execute(made, *values, timeout=3600)
    tree, tiles = _grown(leaf for (leaf,) in await server.fetch(_LEAVES))
    await server.executemany(_TILE, tiles)
    await server.execute(_HEAD, *_head(tree))
    await server.execute("ANALYZE log_entry, log_tile")
    await server.close()


def _numbered(sql: str) -> str:
    """With the driver's places."""
    return re.sub(r"\$(\d)", r"?\1", sql)


def _digest(number: int) -> str:
    return sha256(BODY.replace(":number", str(number)).encode()).hexdigest()


def _leaf(number: int) -> bytes:
    return leaf_hash(leaf_data(number, RECORDED_AT, _digest(number)))


def _grown(leaves: Iterable[bytes]) -> tuple[Tree, list[tuple[int, int, bytes]]]:
    tree, tiles = Tree(), []
    for leaf in leaves:
        tiles += [(tile.level, tile.number, tile.root) for tile in tree.append(leaf)]
    return tree, tiles


def _head(tree: Tree) -> tuple[int, bytes, str, bytes]:
    return tree.size, tree.packed(), RECORDED_AT, tree.root()


# --- the proofs ------------------------------------------------------------------------------------------------------


async def _race(urls: Sequence[str], counts: Sequence[int], proofs: int) -> list[Watch]:
    """In turn: in the long log, in the short one, and in the long one as it was."""
    sides = [await open_side(url) for url in urls]
    long, short = (ProofService(side.gate) for side in sides)
    ways = ((long, counts[0]), (short, counts[1]), (long, min(MIDDLE, counts[0])))
    chance, watches = random.Random(SEED), [Watch() for _ in ways]
    for run in range(1 + RUNS):
        for watch, (service, size) in zip(watches, ways, strict=True):
            await _prove(watch if run else Watch(), service, size, [chance.randrange(size) for _ in range(proofs)])
    for side in sides:
        await _close(side)
    return watches


async def _prove(watch: Watch, service: ProofService, size: int, numbers: Sequence[int]) -> None:
    """A proof for each; ProofInvalid if one is none."""
    with watch.running(len(numbers)):
        answers = [await service.inclusion(number, size) for number in numbers]
    for number, answer in zip(numbers, answers, strict=True):
        said = json.loads(answer.body)
        leaf, root, *path = (bytes.fromhex(each) for each in (said["leafHash"], said["root"], *said["hashes"]))
        check_inclusion(number, size, leaf, path, root)


async def _race_pymerkle(url: str, rival: SqliteTree, size: int, proofs: int) -> tuple[Watch, Watch, float]:
    """Ours, theirs, and how long theirs takes until its first one."""
    side = await open_side(url)
    service, chance = ProofService(side.gate), random.Random(SEED)
    root = json.loads((await service.consistency(0, size)).body)["toRoot"]
    started = time.perf_counter()
    rival.prove_inclusion(1, size)
    first = (time.perf_counter() - started) * 1e3
    if rival.get_root(size).hex() != root:
        raise RootsDiffer("pymerkle has another root")
    ours, theirs = Watch(), Watch()
    for run in range(1 + RUNS):
        numbers = [chance.randrange(size) for _ in range(proofs)]
        await _prove(ours if run else Watch(), service, size, numbers)
        with (theirs if run else Watch()).running(proofs):
            for number in numbers:
                rival.prove_inclusion(number + 1, size)
    await _close(side)
    return ours, theirs, first


async def _close(side: Side) -> None:
    if side.close is not None:
        await side.close()
