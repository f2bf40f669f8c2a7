"""Requests that run the same statement at the same time run it as one.

Whatever asks while runs of a statement are under way shares the next one, as entries share a transaction of the log.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from app.db.faults import DatabaseUnavailable
from app.db.statements import Prepared, Row

AT_ONCE = 2
"""Runs of one statement under way: one that the server works on, one that is being sent or read."""
MOST = 64
"""Sets of parameters in one run."""

Run = Callable[[str, Sequence[Any]], Awaitable[Sequence[Any]]]
_Waiting = tuple[list[Any], "asyncio.Future[Sequence[Any]]"]


class Together:
    """The queue of one statement."""

    def __init__(self, statement: Prepared, run: Run) -> None:
        self._statement, self._run = statement, run
        self._queue: deque[_Waiting] = deque()
        self._under_way = 0
        self._called = False
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, arguments: list[Any]) -> "asyncio.Future[Sequence[Any]]":
        """The rows for these arguments, as if they had been asked for alone."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Sequence[Any]] = loop.create_future()
        self._queue.append((arguments, waiting))
        self._call(loop)
        return waiting

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a run in the loop's next turn, when whoever asks in this one has asked."""
        if self._queue and not self._called and self._under_way < AT_ONCE:
            self._called = True
            loop.call_soon(self._start, loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._called = False
        batch: list[_Waiting] = []
        while self._queue and len(batch) < MOST:
            waiting = self._queue.popleft()
            if not waiting[1].done():  # whoever went away needs no answer
                batch.append(waiting)
        if not batch:
            return
        self._under_way += 1
        task = loop.create_task(self._serve(batch))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        self._call(loop)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._under_way -= 1
        self._call(task.get_loop())

    async def _serve(self, batch: Sequence[_Waiting]) -> None:
        try:
            if len(batch) == 1 or not await self._served_as_one(batch):
                for waiting in batch:
                    await self._serve_alone(*waiting)
        except BaseException as fault:
            _fail(batch, fault)
            raise

    async def _served_as_one(self, batch: Sequence[_Waiting]) -> bool:
        """False if the server refuses it: what is wrong with one is nothing to the others, and each is asked alone."""
        try:
            answers = await self._as_one([arguments for arguments, _ in batch])
        except DatabaseUnavailable as fault:
            if isinstance(fault.__cause__, ValueError):  # the driver cannot send one of the arguments
                return False
            _fail(batch, fault)
            return True
        except Exception:  # whatever it is, it is raised again for the one that it concerns
            return False
        for (_, waiting), rows in zip(batch, answers, strict=True):
            if not waiting.done():
                waiting.set_result(rows)
        return True

    async def _serve_alone(self, arguments: list[Any], waiting: "asyncio.Future[Sequence[Any]]") -> None:
        try:
            rows = await self._run(self._statement.sql, arguments)
        except Exception as fault:  # theirs to raise
            _fail([(arguments, waiting)], fault)
        else:
            if not waiting.done():
                waiting.set_result(rows)

    async def _as_one(self, asked: Sequence[list[Any]]) -> Sequence[Sequence[Row]]:
        together = self._statement.together or ""
        answers: list[list[Row]] = [[] for _ in asked]
        for row in await self._run(together, [list(values) for values in zip(*asked, strict=True)]):
            answers[row[0] - 1].append(row[1:])
        return answers


def _fail(batch: Sequence[_Waiting], fault: BaseException) -> None:
    for _, waiting in batch:
        if not waiting.done():
            waiting.set_exception(fault)
