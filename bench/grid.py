"""Group commit at every load: 64 and 256 at once, in one process and in four, on a disk as it is and on slower ones.

Checkpoints are made every second meanwhile, sixty times as often as the service makes them, and each append makes its
receipt. The rival is that of `bench.append`. What tree, signatures and receipts cost is measured
beside the same writer with nothing of them.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymerkle import SqliteTree

from app.audit import append as appending
from app.audit import writer
from app.audit.checkpoint_rows import CheckpointRows
from app.audit.checkpoints import Checkpoints
from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import PersonPart
from app.audit.log_keys import LogKeys, TrustedKey
from app.audit.signed_note import Signer
from app.audit.submission import Submission, receipt_header
from app.audit.tree import LogTree
from app.db import Address, open_database, open_writing
from bench.append import Rival
from bench.places import Places
from bench.rows import Row, skipped
from bench.sizes import Sizes
from tests.audit.logs import make_entry, now
from tests.audit.speed import record
from tests.flush_delay import slow_flushes

UNIT = "entries/s"
AT_ONCE, PROCESSES, DELAYS = (64, 256), (1, 4), (0, 1, 4)
CHECKPOINT_SECONDS = 1.0
FLOORS = {1: 5.0, 4: 5.0}
FLOOR_DELAYED = 10.0
LEFT = 0.9
"""Of the throughput without tree, signatures and receipts."""
OURS, RIVAL, BARE = "ours", "rival", "bare"


def names(dialect: str, delay: int) -> tuple[str, ...]:
    """The rows that one disk gives."""
    return tuple(_name(dialect, delay, tasks, count) for tasks in AT_ONCE for count in PROCESSES)


def _name(dialect: str, delay: int, tasks: int, processes: int) -> str:
    return f"append_{tasks}_at_once_{processes}p_{delay}ms_{dialect}"


def measure(places: Places, dialect: str, delay: int, sizes: Sizes) -> list[Row]:
    """Entries a second for each load on a disk whose flushes take so many milliseconds longer."""
    library = places.slow_library() if delay else None
    if delay and library is None:
        why = "no C compiler to build the slower disk with"
        return [skipped(name, UNIT, FLOOR_DELAYED, why) for name in names(dialect, delay)]
    slow = slow_flushes(library, delay) if library else {}
    found: dict[tuple[int, int], dict[str, list[float]]] = {}
    with _workers(places, dialect, slow, (OURS, RIVAL), max(PROCESSES)) as workers:
        for _ in range(sizes.append_rounds):
            for tasks in AT_ONCE:
                for processes in PROCESSES:
                    rates = found.setdefault((tasks, processes), {OURS: [], RIVAL: []})
                    for way in rates:
                        rates[way].append(workers.rate(way, tasks, processes, sizes.append_seconds))
    return [
        Row(_name(dialect, delay, *load), UNIT, rates[OURS], rates[RIVAL], _floor(load[1], delay))
        for load, rates in found.items()
    ]


def _floor(processes: int, delay: int) -> float:
    return FLOOR_DELAYED if processes == 1 and delay else FLOORS[processes]


def measure_cost(places: Places, dialect: str, sizes: Sizes) -> Row:
    """What is left of the throughput with a tree, a signature each second and a receipt for each entry."""
    rates: dict[str, list[float]] = {OURS: [], BARE: []}
    with _workers(places, dialect, {}, (OURS,), 1) as whole, _workers(places, dialect, {}, (BARE,), 1) as bare:
        for _ in range(2 * sizes.append_rounds):
            rates[OURS].append(whole.rate(OURS, AT_ONCE[0], 1, sizes.append_seconds))
            rates[BARE].append(bare.rate(BARE, AT_ONCE[0], 1, sizes.append_seconds))
    return Row(f"append_tree_cost_{dialect}", UNIT, rates[OURS], rates[BARE], LEFT)


def measure_pymerkle(places: Places, sizes: Sizes) -> Row:
    """Entries a second beside a Merkle tree that others keep in SQLite: the same bodies, each durable by itself."""
    rival = SqliteTree(str(places.home / "pymerkle-append.db"))
    bodies = [make_entry(number).body.encode() for number in range(1000)]
    rates: dict[str, list[float]] = {OURS: [], RIVAL: []}
    with _workers(places, "sqlite", {}, (OURS,), 1) as workers:
        for _ in range(sizes.append_rounds):
            rates[OURS].append(workers.rate(OURS, AT_ONCE[0], 1, sizes.append_seconds))
            done, started = 0, time.perf_counter()
            while time.perf_counter() < started + sizes.append_seconds:
                rival.append_entry(bodies[done % len(bodies)])
                done += 1
            rates[RIVAL].append(done / (time.perf_counter() - started))
    rival.close()
    return Row("append_vs_pymerkle_sqlite", UNIT, rates[OURS], rates[RIVAL], None)


# --- the processes that append ---------------------------------------------------------------------------------------


class _Workers:
    """Processes on one database, each told what to do in a line and answering in one."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def rate(self, way: str, tasks: int, processes: int, seconds: float) -> float:
        """Entries a second of so many tasks, spread over so many processes."""
        chosen = self._processes[:processes]
        for process in chosen:
            _tell(process, {"way": way, "tasks": tasks // processes, "seconds": seconds})
        return sum(_answer(process) for process in chosen)


@contextmanager
def _workers(places: Places, dialect: str, slow: dict[str, str], ways: Sequence[str], count: int) -> Iterator[_Workers]:
    """Warm ones, on a new database; ended when the block ends."""
    places.flushes({})
    url = places.new(dialect)
    places.flushes(slow)
    command = [sys.executable, "-m", "bench.grid", "--url", url, "--ways", *ways]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(command, env=os.environ | slow, stdin=pipe, stdout=pipe, text=True)  # noqa: S603  # our own module
        for _ in range(count)
    ]
    try:
        workers = _Workers(started)
        for way in ways:
            for process in started:
                _tell(process, {"way": way, "tasks": 16, "seconds": 0.3})
                _answer(process)
        yield workers
    finally:
        for process in started:
            with suppress(BrokenPipeError):
                process.communicate(timeout=30)
        places.flushes({})
        places.drop(url)


def _tell(process: subprocess.Popen[str], what: dict[str, Any]) -> None:
    end = _pipe(process.stdin)
    end.write(json.dumps(what) + "\n")
    end.flush()


def _answer(process: subprocess.Popen[str]) -> float:
    return float(json.loads(_pipe(process.stdout).readline()))


def _pipe(end: IO[str] | None) -> IO[str]:
    if end is None:
        raise BrokenPipeError("a process without a pipe")
    return end


# --- one of them -----------------------------------------------------------------------------------------------------


async def work(url: str, ways: Sequence[str]) -> None:
    """Do what each line of standard input says."""
    address, signer = Address(url), Signer("bench.example/log", Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
    if BARE in ways:
        _strip()
    log = await writer.open_log(address, SERVICE_ROLE, now)
    database = open_database(address, SERVICE_ROLE)
    keys = LogKeys(signer.name, (signer,), {signer.name: (TrustedKey(signer.verifier),)})
    rows = CheckpointRows(database, open_writing(address, SERVICE_ROLE))
    checkpoints = Checkpoints(rows, LogTree(database), keys, None, now)
    rival = Rival(url) if RIVAL in ways else None

    async def ours() -> None:
        (receipt,) = await log.append(Submission((record().sealed(PersonPart("person-1", "X000001", ("consent-1",))),)))
        if BARE not in ways:
            receipt_header([receipt])

    async def sign() -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await checkpoints.make()

    acts = {OURS: ours, BARE: ours} | ({RIVAL: rival.keep} if rival else {})
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = json.loads(line)
        signing = asyncio.create_task(sign()) if told["way"] == OURS else None
        print(await _rate(acts[told["way"]], told["tasks"], told["seconds"]), flush=True)
        if signing:
            signing.cancel()
            await asyncio.gather(signing, return_exceptions=True)
    await log.close()
    await checkpoints.close()
    await database.close()
    if rival:
        await rival.engine.dispose()


async def _rate(act: Any, tasks: int, seconds: float) -> float:
    done, started = 0, time.perf_counter()

    async def task() -> None:
        nonlocal done
        while time.perf_counter() < started + seconds:
            await act()
            done += 1

    await asyncio.gather(*(task() for _ in range(tasks)))
    return done / (time.perf_counter() - started)


def _strip() -> None:
    """A writer without a tree: the same statements, and nothing hashed for them."""
    nothing = b"\0" * 32

    class Bare(appending.Tree):
        def append(self, leaf: bytes) -> Any:
            self.size += 1
            return ()

        def packed(self) -> bytes:
            return b""

        def root(self) -> bytes:
            return nothing

        @classmethod
        def at(cls, size: int, frontier: bytes) -> Any:
            made = cls()
            made.size = size
            return made

    for name, value in {"Tree": Bare, "leaf_hash": lambda _: nothing, "leaf_data": lambda *_: nothing}.items():
        setattr(appending, name, value)


def main() -> None:
    """In a process of its own."""
    options = argparse.ArgumentParser()
    options.add_argument("--url", required=True)
    options.add_argument("--ways", nargs="+", required=True)
    given = options.parse_args()
    uvloop.run(work(given.url, given.ways))


if __name__ == "__main__":
    main()
