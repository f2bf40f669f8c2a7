"""The service that a region's two systems talk to: a process that lives until it is killed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from openmind_client import Client

from tests import world
from tests.faults.running import Running
from tests.identity.making import SECRET
from tests.region import served
from tests.region.served import set_clock

FIRST = date(2026, 3, 11)


class Serving:
    """The service while it lives, which may be for months: each morning its clock is set."""

    def __init__(self, url: str, key: Path) -> None:
        self._url, self._key = url, key
        self.now = datetime.min.replace(tzinfo=UTC)
        self._running: Running | None = None
        self._clients: dict[str, Client] = {}

    def wake(self, day: int) -> None:
        """It is six in the morning of this day."""
        self.now = datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC) + timedelta(days=day)
        set_clock(self._key, self.now)
        self._leave()
        self.running.settings = world.settings_for(self._url, self._key, clock_start=self.now.isoformat())

    @property
    def running(self) -> Running:
        """Started where there is none."""
        if self._running is None:
            start = self.now.isoformat()
            self._running = Running(self._url, self._key, factory=f"{served.__name__}:application", clock_start=start)
            self._running.wait_until_up()
        return self._running

    def kill(self) -> None:
        """Without a word."""
        self._leave()
        if self._running is not None:
            self._running.kill()
            self._running = None

    def client(self, system: str) -> Client:
        """With a token of this day's."""
        if system not in self._clients:
            self._clients[system] = Client(f"http://127.0.0.1:{self.running.port}", system, SECRET)
        return self._clients[system]

    def _leave(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
