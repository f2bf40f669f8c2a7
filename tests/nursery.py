"""Processes forked off one that has everything imported, which takes most of a start and most of its CPU.

There is one such nursery for each process of a test run, which imports once whatever the tests start in this way.
"""

import multiprocessing
import os
from collections.abc import Callable
from functools import cache
from typing import Any, TextIO

IMPORTED = ["app.main", "uvicorn", "uvloop", "httptools", "tests.audit.burst", "tests.sync.applying"]


def forked(target: Callable[..., None], *given: Any) -> Any:
    """One, as `multiprocessing` has it, already running; it is gone at the latest when the test run is."""
    process = _nursery().Process(target=target, args=given, daemon=True)
    process.start()
    return process


def telling(target: Callable[..., None], *given: Any) -> tuple[Any, TextIO]:
    """The same, and what it writes to its standard output."""
    ours, theirs = _nursery().Pipe(duplex=False)
    process = forked(_telling, theirs, target, given)
    theirs.close()
    said = os.fdopen(os.dup(ours.fileno()))
    ours.close()
    return process, said


def _telling(out: Any, target: Callable[..., None], given: tuple[Any, ...]) -> None:
    os.dup2(out.fileno(), 1)
    out.close()
    target(*given)


@cache
def _nursery() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context
