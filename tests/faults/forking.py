"""Services forked off a process that has the application imported, which takes most of a start and most of its CPU."""

import multiprocessing
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn

SERVICE = "app.main:application"


class Forked:
    """A uvicorn process; what `subprocess.Popen` has of it."""

    def __init__(self, environment: Mapping[str, str], said: Path, port: int, factory: str = SERVICE) -> None:
        given = (dict(environment), str(said), port, factory)
        self._process = _nursery().Process(target=_serve, args=given, daemon=True)
        self._process.start()

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


@cache
def _nursery() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app.main", "uvicorn", "uvloop", "httptools"])
    return context


def _serve(environment: Mapping[str, str], said: str, port: int, factory: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    out = os.open(said, os.O_WRONLY)
    os.dup2(out, 1)
    os.dup2(out, 2)
    uvicorn.run(factory, factory=True, port=port, access_log=False, log_level="warning")
