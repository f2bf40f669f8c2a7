"""A governed and audited read beside the same read without either, and beside one INSERT and COMMIT for each read.

Real server processes on loopback with one worker each, 64 connections from a process of its own, in turn.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text

from app.identity import load_keys, write_private_key
from app.identity.wall import sign
from bench.filling import MANAGER, crn_of, fill
from bench.places import Places
from bench.rows import Row
from bench.serve import SIDES
from bench.sizes import Sizes
from tests.world import execute, settings_for

CONNECTIONS = 64
APPOINTMENTS = 5
START_SECONDS = 30


class WrongAnswers(Exception):
    """An answer that was not 200, came without its receipt, or left no entry: its time says nothing."""


@dataclass
class Server:
    """A server process, and what was seen of it."""

    process: subprocess.Popen[bytes]
    port: int
    receipt: str
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    answers: int = 0


def measure(places: Places, dialect: str, sizes: Sizes) -> list[Row]:
    """Both rivals in one race."""
    url = places.new(dialect)
    fill(url, sizes.people, caseload=sizes.people, appointments=APPOINTMENTS)
    key = places.home / "key.pem"
    if not key.exists():
        write_private_key(key)
    before = _count(url, "SELECT size FROM log_head")
    asked = _asked(url, key, sizes)
    with ExitStack() as running:
        servers = {side: running.enter_context(_serving(side, url, key)) for side in SIDES}
        for number in range(sizes.read_rounds + 1):
            for server in servers.values():
                _drive(server, asked, counts=number > 0)
    grown = _count(url, "SELECT size FROM log_head") - before
    lines = _count(url, "SELECT count(*) FROM bench_read_audit")
    if (grown, lines) != (servers["ours"].answers, servers["naive"].answers):
        raise WrongAnswers(f"{servers['ours'].answers} reads left {grown} entries")
    places.drop(url)
    plain = _row(f"read_vs_plain_{dialect}", servers["ours"], servers["plain"], 1.5)
    return [plain, _row(f"read_vs_naive_audit_{dialect}", servers["ours"], servers["naive"], 3)]


def _row(name: str, ours: Server, rival: Server, bar: float) -> Row:
    extra: dict[str, Any] = {
        label: {"ours": round(median(getattr(ours, seen)), 1), "rival": round(median(getattr(rival, seen)), 1)}
        for label, seen in (("cpu_us", "cpu"), ("p50_ms", "p50"), ("p99_ms", "p99"))
        if getattr(ours, seen)
    }
    return Row(name, "requests/s", ours.rates, rival.rates, bar, extra=extra)


def _asked(url: str, key: Path, sizes: Sizes) -> dict[str, Any]:
    settings = settings_for(url, key)
    keys, now = load_keys(settings), int(datetime.now(UTC).timestamp())
    claims = {
        "iss": settings.issuer, "aud": settings.audience, "sub": MANAGER, "client_id": "probation-system",
        "jti": "token-bench", "iat": now, "exp": now + 3_600, "kind": "staff", "party": "justice",
        "role": "offender-manager",
    }  # fmt: skip
    token = sign(claims, keys.signing, keys.algorithm, keys.key_id)
    return {
        "headers": {"Authorization": f"Bearer {token}", "Purpose-Of-Use": "supervision"},
        "paths": [f"/v1/people/{crn_of(number)}/attendance" for number in range(sizes.people)],
        "connections": CONNECTIONS,
        "requests": sizes.requests,
        "seconds": sizes.request_seconds,
    }


def _drive(server: Server, asked: dict[str, Any], *, counts: bool) -> None:
    asked = asked | {"port": server.port, "answered_with": server.receipt}
    before = _cpu(server.process.pid)
    said = subprocess.run(  # our own module
        [sys.executable, "-m", "bench.load"], input=json.dumps(asked).encode(), capture_output=True, check=True
    )
    after = _cpu(server.process.pid)
    seen = json.loads(said.stdout)
    if seen["wrong"]:
        raise WrongAnswers(seen["wrong"][0])
    server.answers += seen["answers"]
    if counts:
        server.rates.append(seen["rate"])
        server.p50.append(seen["p50"])
        server.p99.append(seen["p99"])
        if before is not None and after is not None:
            server.cpu.append((after - before) / seen["answers"] * 1e6)


@contextmanager
def _serving(side: str, url: str, key: Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "bench.serve", side, url, str(key), str(port)]
    process = subprocess.Popen(command)  # noqa: S603  # our own module
    try:
        _wait_for(process, port)
        yield Server(process, port, "audit-receipt: " if side == "ours" else "content-type: application/json")
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise WrongAnswers("a server did not start; what it said stands above")


def _cpu(process: int) -> float | None:
    """Seconds of CPU that a process has had, where the system tells."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return None
    fields: Sequence[str] = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _count(url: str, sql: str) -> int:
    ((number,),) = asyncio.run(execute(url, [(text(sql), None)]))[0]
    return int(number)
