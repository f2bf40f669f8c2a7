"""Processes and the server killed in mid-burst, over and over: `python -m tests.faults.rounds` does it a hundred times.

After every round each answer's receipt stands in the log, once, and no request has two entries; what was killed is
started again and answers, with nobody repairing anything in between.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from app.identity import write_private_key
from migrations import upgrade
from tests import world
from tests.faults.people import CRNS, SEEN, fill
from tests.faults.running import Connection, Running, log_of, verified
from tests.postgres import LocalServer

AT_ONCE = 64
ONE, ALL, SERVER = "a process", "every process", "the server"
LONGEST_SECONDS = 0.5
AFTERWARDS_SECONDS = 0.2
BACK_SECONDS = 30.0
VERIFIED_EVERY = 10


class Rounds:
    """Two processes on one database, and who is to be killed in turn; `server` where that is PostgreSQL's to be."""

    def __init__(self, url: str, key: Path, victims: Sequence[str], server: LocalServer | None = None) -> None:
        self._url, self._key, self._victims, self._server = url, key, tuple(victims), server
        self._services: list[Running] = []
        self._chance = random.Random(1)  # a moment, not a secret
        self.answered: dict[str, str] = {}
        """The receipt that each request got."""
        self.refused = 0

    def go(self, rounds: int, told: Callable[[str], None] = lambda _: None) -> None:
        """So many; AssertionError for the first at which something is lost, doubled or not to be started again."""
        try:
            self._start(2)
            for number in range(rounds):
                victim = self._victims[number % len(self._victims)]
                asyncio.run(self._burst(f"{number}", self._killing(victim, number)))
                self._start_again(victim, number)
                self._check(verify=(number + 1) % VERIFIED_EVERY == 0 or number + 1 == rounds)
                told(f"{number + 1}: {victim}; {len(self.answered)} answered, {self.refused} told to try again")
        finally:
            for service in self._services:
                service.kill()

    def _killing(self, victim: str, number: int) -> Callable[[], None]:
        services = list(self._services)
        if victim == ONE:
            return services[number % len(services)].kill
        if victim == ALL:
            return lambda: [service.process.kill() for service in services] and None
        assert self._server is not None
        return self._server.kill

    def _start_again(self, victim: str, number: int) -> None:
        if victim == SERVER and self._server is not None:
            self._server.start()
        dead = [service for service in self._services if service.process.poll() is not None]
        self._services = [service for service in self._services if service not in dead]
        self._start(len(dead))
        for service in self._services:
            asyncio.run(self._answers(service, f"{number}.back.{service.port}"))

    def _start(self, count: int) -> None:
        new = [Running(self._url, self._key) for _ in range(count)]
        self._services += new
        for service in new:
            service.wait_until_up()

    async def _burst(self, name: str, kill: Callable[[], None]) -> None:
        """Sixty-four connections that ask and ask again, until some moment after somebody was killed."""
        first, over = asyncio.Event(), asyncio.Event()

        async def go_on(place: int) -> None:
            service = self._services[place % len(self._services)]
            connection, number = await Connection.open(service.port), 0
            with suppress(OSError, EOFError):
                while not over.is_set():
                    number += 1
                    await self._ask(connection, service, f"{name}.{place}.{number}", CRNS[place % len(CRNS)])
                    first.set()
            await connection.close()

        async def end() -> None:
            await first.wait()
            await asyncio.sleep(self._chance.uniform(0, LONGEST_SECONDS))
            await asyncio.to_thread(kill)
            await asyncio.sleep(AFTERWARDS_SECONDS)
            over.set()

        await asyncio.gather(end(), *map(go_on, range(AT_ONCE)))

    async def _ask(self, connection: Connection, service: Running, request: str, crn: str) -> bool:
        """Whether it was answered; told to try again, it was told nothing else."""
        status, headers, body = await connection.ask(service.asks(crn, request))
        assert status in (200, 503), (status, body)
        assert (SEEN.encode() in body) == (status == 200), body
        if status == 503:
            assert "audit-receipt" not in headers
            self.refused += 1
            await asyncio.sleep(0.01)
            return False
        assert headers["x-request-id"] == request
        assert self.answered.setdefault(request, headers["audit-receipt"]) == headers["audit-receipt"]
        return True

    async def _answers(self, service: Running, name: str) -> None:
        """It does again, before long."""
        deadline, number = time.monotonic() + BACK_SECONDS, 0
        connection = await Connection.open(service.port)
        while not await self._ask(connection, service, f"{name}.{number}", CRNS[0]):
            number += 1
            assert time.monotonic() < deadline, "it does not answer again"
        await connection.close()

    def _check(self, *, verify: bool) -> None:
        held = log_of(self._url)
        assert [seq for seq, _, _ in held] == list(range(len(held)))
        stored = {body["requestId"]: f"{seq}:{leaf}" for seq, leaf, body in held}
        assert len(stored) == len(held), "a request has two entries"
        assert self.answered.items() <= stored.items(), "an answer without its entry"
        assert len(set(self.answered.values())) == len(self.answered), "two answers share an entry"
        if verify:
            report = verified(self._url)
            assert (report.exit_code, report.size) == (0, len(held)), report.findings


def main() -> None:
    """On SQLite, then on a PostgreSQL of its own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=100)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o711)  # the server's user passes through it
        key = home / "signing.pem"
        write_private_key(key)
        _go(f"sqlite:///{home / 'open-mind.db'}", key, (ONE, ALL), None, rounds)
        server = LocalServer.create(home / "postgres")
        try:
            server.start()
            _go(server.create_database("rounds"), key, (ONE, ALL, SERVER), server, rounds)
        finally:
            server.remove()


def _go(url: str, key: Path, victims: Sequence[str], server: LocalServer | None, rounds: int) -> None:
    upgrade(url)
    world.run(fill(url))
    killed = Rounds(url, key, victims, server)
    killed.go(rounds, lambda said: print(f"{url.split(':')[0]} round {said}", flush=True))


if __name__ == "__main__":
    main()
