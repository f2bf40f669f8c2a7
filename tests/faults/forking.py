"""Services that are forked off a process that has the application imported."""

import os
from collections.abc import Mapping
from pathlib import Path

import uvicorn

from tests.nursery import forked

SERVICE = "app.main:application"


class Forked:
    """A uvicorn process; what `subprocess.Popen` has of it."""

    def __init__(self, environment: Mapping[str, str], said: Path, port: int, factory: str = SERVICE) -> None:
        self._process = forked(_serve, dict(environment), str(said), port, factory)

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """How it ended, if it has."""
        return self._process.exitcode

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()

    def wait(self) -> None:
        """Until it has ended."""
        self._process.join()


def _serve(environment: Mapping[str, str], said: str, port: int, factory: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    out = os.open(said, os.O_WRONLY)
    os.dup2(out, 1)
    os.dup2(out, 2)
    uvicorn.run(factory, factory=True, port=port, access_log=False, log_level="warning")
