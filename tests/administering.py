"""The one connection of a process to a server that makes and drops databases, in a thread of its own.

Signing in and loading a session's catalogue takes either side as long as half of what is then asked for.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import asyncpg


class Administrator:
    """Connects when it is first asked; what it awaits never meets a test's event loop."""

    def __init__(self, url: str) -> None:
        self._url, self._connection = url, None
        self._thread, self._runner = ThreadPoolExecutor(1, "administrator"), asyncio.Runner()

    def does(self, work: Callable[[Any], Awaitable[object]]) -> None:
        """Do it on the connection; whatever it raises."""
        self._thread.submit(self._runner.run, self._done(work)).result()

    def leave(self) -> None:
        """Close the connection and end the thread."""
        self.does(lambda connection: connection.close())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    async def _done(self, work: Callable[[Any], Awaitable[object]]) -> None:
        if self._connection is None:
            self._connection = await asyncpg.connect(self._url, timeout=10)
        await work(self._connection)


def administrator(url: str) -> Administrator:
    """The one of this process, whatever it was forked off."""
    return _of(url, os.getpid())


@cache
def _of(url: str, _process: int) -> Administrator:
    return Administrator(url)
