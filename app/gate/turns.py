"""Long work on the one thread that requests are answered on, and that takes what the database has answered."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

Each = TypeVar("Each")
PAUSE = 16
"""Things of some ten microseconds each that are done without a pause: about a millisecond."""


async def giving_way(things: Iterable[Each]) -> AsyncIterator[Each]:
    """One after the other, with a pause now and then: a database that waits for its next statement does nothing."""
    for place, each in enumerate(things, 1):
        yield each
        if place % PAUSE == 0:
            await asyncio.sleep(0)
