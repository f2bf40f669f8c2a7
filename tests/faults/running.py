"""The service as it is run: a uvicorn process of its own on a loopback port, which a test may slow down or kill."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from app.audit.verify import Report, verify
from app.db import Address
from app.vocabulary import Role
from tests import world
from tests.faults.forking import SERVICE, Forked
from tests.postgres import wait_for

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
_STOPPED = FastAPI()
"""What a Service holds in place of the application, which runs elsewhere."""


class Running:
    """One service: a uvicorn process."""

    def __init__(self, url: str, key: Path, environment: Mapping[str, str] | None = None, factory: str = SERVICE,
                 **settings: str) -> None:  # fmt: skip
        self.url, self.port = url, _free_port()
        self.said = key.with_name(f"said-{self.port}")
        self.settings = world.settings_for(url, key, **settings)
        given = {
            "environment": "demo",
            "database_url": url,
            "issuer": self.settings.issuer,
            "signing_key_file": str(key),
            "clock_start": world.NOW.isoformat(),
        }
        named = {f"OPENMIND_{name.upper()}": value for name, value in (given | settings).items()}
        named = world.log_environment() | named
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENMIND_")}
        self.said.touch()
        if environment is None:
            self.process: Any = Forked(clean | named, self.said, self.port, factory)
        else:  # what a loader is told has to be there before the process
            self.process = _started(clean | named | dict(environment), self.said, self.port)

    def wait_until_up(self) -> None:
        """Until /health answers; what the process said, if it does not."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the service did not start: {self.said.read_text()[-3000:]}") from None
                time.sleep(0.05)

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()

    @asynccontextmanager
    async def callers(self) -> AsyncIterator[world.Service]:
        """Callers with real tokens over real connections."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=30) as http:
            yield world.Service(_STOPPED, http, self.settings, self.url)

    def asks(self, crn: str, number: object = "-") -> bytes:
        """What goes over the wire when Olive asks whether a person attends."""
        return (
            f"GET /v1/people/{crn}/attendance HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token()}\r\n"
            f"Purpose-Of-Use: supervision\r\nX-Request-ID: {number}\r\n\r\n"
        ).encode()

    def _token(self) -> str:
        if not hasattr(self, "_made"):
            service = world.Service(_STOPPED, None, self.settings, self.url)  # type: ignore[arg-type]  # none is needed
            self._made = service.token(Role.OFFENDER_MANAGER, "olive")
        return self._made


@asynccontextmanager
async def calling(url: str, key: Path, **values: Any) -> AsyncIterator[tuple[world.Service, Running]]:
    """One service and its callers."""
    with run(url, key, **values) as (running,):
        async with running.callers() as service:
            yield service, running


@contextmanager
def run(url: str, key: Path, count: int = 1, **values: Any) -> Iterator[list[Running]]:
    """So many services on one database, up when the block begins and killed when it ends."""
    services = [Running(url, key, **values) for _ in range(count)]
    try:
        for service in services:
            service.wait_until_up()
        yield services
    finally:
        for service in services:
            service.kill()


def _started(environment: Mapping[str, str], said: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "uvicorn", "app.main:application", "--factory", f"--port={port}"]
    command += ["--no-access-log", "--log-level=warning"]
    with said.open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Connection:
    """One keep-alive connection that costs next to nothing, so that the time measured is the service's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connected, nothing sent."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a whole answer; OSError or EOFError if it does not come."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        return int(head[0].split()[1]), headers, await self._reader.readexactly(int(headers["content-length"]))

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def log_of(url: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Every entry in order: its number, its leaf and what it says."""
    statement = text("SELECT seq, leaf_hash, body FROM log_entry ORDER BY seq")
    (rows,) = world.run(world.execute(url, [(statement, None)]))
    return [(seq, bytes(leaf).hex(), json.loads(body)) for seq, leaf, body in rows]


def entries_of(url: str) -> list[tuple[int, str, dict[str, Any]]]:
    """The same, from a test that runs in an event loop."""
    found: list[tuple[int, str, dict[str, Any]]] = wait_for(lambda: log_of(url))
    return found


def verified(url: str) -> Report:
    """What the verifier says, run away from the test's event loop."""
    report: Report = wait_for(lambda: verify(Address(url)))
    return report
