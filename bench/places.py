"""Databases to measure on: a SQLite file and a PostgreSQL server of the benchmark's own, made and removed with it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from migrations import upgrade
from tests.flush_delay import build
from tests.postgres import LocalServer

DELAY_MS = 1.0
MOST_CONNECTIONS = 400
"""Four processes with a pool each."""
QUARTER = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 // 2**20
"""Of the machine's memory, in MB."""
SERVER = {"shared_buffers": f"{QUARTER}MB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}
"""What `docs/operate.md` says of a server's memory and log; its own defaults are for the smallest machine."""


class Places:
    """A folder with everything that is measured on; databases come fresh and migrated."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._server: LocalServer | None = None
        self._numbers = count(1)
        self._library: Path | None = None
        self._environment: dict[str, str] = {}

    def new(self, dialect: str) -> str:
        """The address of a new database."""
        name = f"bench_{next(self._numbers)}"
        url = f"sqlite:///{self.home}/{name}.db" if dialect == "sqlite" else self._postgres().create_database(name)
        upgrade(url)
        return url

    def drop(self, url: str) -> None:
        """Give its space back."""
        if url.startswith("sqlite"):
            Path(url.removeprefix("sqlite:///")).unlink()
        else:
            self._postgres().drop_database(url.rpartition("/")[2])

    def flushes(self, environment: dict[str, str]) -> None:
        """From now on the server runs with this environment."""
        if environment != self._environment:
            self._environment = environment
            if self._server is not None:
                self._server.stop()
                self._server.start(environment=environment, max_connections=MOST_CONNECTIONS, **SERVER)

    def slow_library(self) -> Path | None:
        """The library that makes flushes slow; None without a compiler, which it says."""
        self._library = self._library or build(self.home)
        return self._library

    def _postgres(self) -> LocalServer:
        if self._server is None:
            self._server = LocalServer.create(self.home / "postgres")
            self._server.start(environment=self._environment, max_connections=MOST_CONNECTIONS, **SERVER)
        return self._server

    def close(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.remove()


@contextmanager
def places() -> Iterator[Places]:
    """Places, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="openmind-bench-", ignore_cleanup_errors=True) as directory:
        home = Path(directory)
        home.chmod(0o711)  # the server's user passes through it
        found = Places(home)
        try:
            yield found
        finally:
            found.close()
