"""Applies batches in the background, in any process that runs: one at a time, from where the last one stopped.

A batch is claimed for a while, and the claim renewed with every step; a process that dies loses nothing but time, since
each step is one transaction. What waited is tried again between the steps.
"""

import asyncio
import logging
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from app.audit.submission import LogUnavailable
from app.config import Clock
from app.gate import AccessRefused, DatabaseUnavailable, Gate, lines_at_hand
from app.services.batches import Batch, BatchService, Held
from app.services.matching import MatchingService
from app.services.registers import RegisterService
from app.sync.batches.lines import lines_of
from app.sync.batches.making import Sender
from app.sync.batches.outcomes import Came, body_of, counts_of
from app.sync.batches.slices import UNTOLD, Lines, Moved
from app.sync.report import Outcome
from app.vocabulary import Caller, Party, Role

log = logging.getLogger("openmind")
POLL_SECONDS = 1.0
CLAIM = timedelta(seconds=60)
"""Longer than a step can take: past it the process that took it is dead."""
AGAIN = timedelta(hours=1)
"""After which lines are tried again whose sender may not speak at the moment."""
ASIDE = timedelta(minutes=5)
"""After which a batch is tried again that could not be applied for a fault of ours."""
SWEEPING = timedelta(minutes=30)
SWEPT = timedelta(hours=24)
"""After which the lines of an upload that never ended are gone."""
HELD_AT_ONCE = 500
TRIES = 20
"""How often a line can wait for one thing after another."""
JUSTICE = "probation"
"""What the case-management system's records have as their source, here as in an import."""


class LinesGone(Exception):
    """The lines of a batch are not there: it goes on once they are sent again."""


class Applying:
    """What a process applies."""

    def __init__(
        self, gate: Gate, service: BatchService, matching: MatchingService, clock: Clock, claim: timedelta = CLAIM
    ) -> None:
        self._gate, self._service, self._store, self._clock = gate, service, service.store, clock
        self._matching = matching
        self._registers = RegisterService(gate)
        self._stopping = asyncio.Event()
        self._claim, self._claimed_for = str(uuid4()), claim
        self._swept_at = datetime.now(UTC)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the service runs; what is under way when it stops is the next process's to go on with."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._stopping.set()
            self._service.arrived.set()
            await asyncio.gather(task, return_exceptions=True)
            await self._service.close()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._service.arrived.clear()
            try:
                await self.catch_up()
            except Exception as fault:  # whatever it was: it is tried again, and requests are answered meanwhile
                log.error("applying batches: %s", type(fault).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._service.arrived.wait(), POLL_SECONDS)

    async def catch_up(self) -> None:
        """Everything that there is to apply, unless the service stops; LogUnavailable or DatabaseUnavailable."""
        await self._sweep()
        await self._try_held()
        while not self._stopping.is_set():
            now = datetime.now(UTC)
            batch = await self._store.next(now)
            if batch is None:
                return
            if not await self._store.claim(batch.number, self._claim, now, now + self._claimed_for):
                continue
            aside = None
            try:
                await self._apply(batch)
            except Moved:
                log.warning("applying batches: another process has gone on with one")
            except (DatabaseUnavailable, LogUnavailable):
                raise
            except Exception as fault:  # a fault of ours in one keeps no other waiting
                log.error("applying batches: %s in one, which is put aside", type(fault).__name__)
                aside = datetime.now(UTC) + ASIDE
            finally:
                await self._store.give_back(batch.number, self._claim, aside)

    async def _sweep(self) -> None:
        """Now and then what is left of uploads that never ended."""
        now = datetime.now(UTC)
        if now - self._swept_at > SWEEPING:
            self._swept_at = now
            await self._store.sweep(now - SWEPT)

    # --- a batch ----------------------------------------------------------------------------------------------------

    async def _apply(self, batch: Batch) -> None:
        """Chunk after chunk; while the database writes one, the next is judged."""
        sender, ahead = await self._sender(batch), cast(Lines | None, None)
        try:
            if batch.chunk and not batch.place:  # whoever wrote that one may have died before its people were matched
                before = await self._read(replace(batch, chunk=batch.chunk - 1), sender)
                await before.match(0, len(before.order))
            while batch.chunk < batch.chunks and not self._stopping.is_set():
                lines = ahead or await self._judged(batch, sender)
                following = replace(batch, chunk=batch.chunk + 1, place=0)
                ahead = await self._both(self._written(batch, lines), lines, self._prepared(following, sender, lines))
                if lines is not None and lines.has_stumbled:
                    ahead = None  # it was judged by what did not come
                batch = following
                await self._try_held()
        except (AccessRefused, LinesGone) as fault:  # a refusal's entry is durable
            log.warning("applying batches: one is stopped: %s", getattr(fault, "code", "its lines are gone"))
            await self._end(batch, "stopped")
            return
        if batch.chunk == batch.chunks:
            await self._end(batch, "done")

    async def _end(self, batch: Batch, state: str) -> None:
        """Its lines go; a batch that is stopped goes on when they come again."""
        if await self._store.write(self._store.ended(batch, self._claim, state, self._clock())):
            await self._store.forget(batch.upload)

    @staticmethod
    async def _both(
        writing: Coroutine[Any, Any, None], lines: Lines | None, preparing: Awaitable[Lines | None]
    ) -> Lines | None:
        """Both to their ends: what is to be written has the first turn, so that the database is never without work.

        What goes wrong with that is worse.
        """
        task = asyncio.create_task(writing)
        if lines is not None:
            handed_over = asyncio.create_task(lines.handed_over.wait())
            await asyncio.wait((task, handed_over), return_when=asyncio.FIRST_COMPLETED)
            handed_over.cancel()
        written, ahead = await asyncio.gather(task, preparing, return_exceptions=True)
        for fault in (written, ahead):
            if isinstance(fault, BaseException):
                raise fault
        return ahead if isinstance(ahead, Lines) else None

    async def _prepared(self, batch: Batch, sender: Sender, before: Lines | None) -> Lines | None:
        """A chunk's lines as `_judged`, all but written where nothing of `before` has to be there first."""
        lines = await self._judged(batch, sender, before)
        if lines is not None and before is not None and lines.is_plain and before.is_plain:
            await lines.prepare()
        return lines

    async def _sender(self, batch: Batch | Held) -> Sender:
        """Who sent it, and what their records have as their source."""
        caller = Caller(Party(batch.party), Role(batch.role), batch.client, batch.token, None, batch.service)
        number = batch.number if isinstance(batch, Batch) else batch.batch
        registered = (await self._registers.systems()).get(batch.client)
        service = registered.service if registered else None
        source = JUSTICE if service is None else (await self._registers.providers())[service]
        return Sender(caller, number, batch.batch_id, source, batch.received_at, service)

    async def _judged(self, batch: Batch, sender: Sender, before: Lines | None = None) -> Lines | None:
        """A chunk's lines, `before` being written meanwhile; None past the last."""
        if batch.chunk >= batch.chunks:
            return None
        lines = await self._read(batch, sender, before)
        await lines.judge()
        return lines

    async def _read(self, batch: Batch, sender: Sender, before: Lines | None = None) -> Lines:
        def also(first: int, stop: int | None, came: Sequence[Came]) -> list[Any]:
            there = (batch.chunk + 1, 0) if stop is None else (batch.chunk, stop)
            said = self._store.came_to(batch.number, batch.chunk, f"0:{first:06}", body_of(came, origins))
            return [said, self._moved(replace(batch, place=first), *there, counts_of(came))]

        texts, origins = await self._texts(batch)
        lines = Lines(self._gate, self._service, self._matching, sender, self._clock, also, before=before)
        await lines.read(texts, origins)
        return lines

    async def _written(self, batch: Batch, lines: Lines | None) -> None:
        """The rest of a chunk, as far as it is not done with."""
        if lines is not None and batch.place < len(lines.order):
            await lines.write(batch.place)
        elif not await self._store.write([self._moved(batch, batch.chunk + 1, 0, {})]):  # blank lines alone
            raise Moved

    def _moved(self, batch: Batch, chunk: int, place: int, counts: Mapping[str, int]) -> Any:
        return self._store.moved(batch, self._claim, chunk, place, counts, datetime.now(UTC) + self._claimed_for)

    async def _texts(self, batch: Batch) -> tuple[dict[int, str], dict[int, tuple[int, int]]]:
        """The lines of a chunk by their places, and the number of each."""
        with lines_at_hand() as permit:
            found = await self._store.lines(permit, batch.upload, batch.chunk)
        if found is None:
            raise LinesGone
        numbered = list(lines_of(zlib.decompress(found[1]), found[0]))
        texts = {place: text for place, (_, text) in enumerate(numbered, 1)}
        return texts, {place: (batch.chunk, number) for place, (number, _) in enumerate(numbered, 1)}

    # --- what waits -------------------------------------------------------------------------------------------------

    async def _try_held(self) -> None:
        """Lines whose time has come, until there are none."""
        tries = Counter[str]()
        while not self._stopping.is_set():
            with lines_at_hand() as permit:
                due = await self._store.due_lines(permit, datetime.now(UTC), HELD_AT_ONCE)
            held = [line for line in due if line.batch == due[0].batch]
            if not held:
                return
            tries.update(line.record_id for line in held)
            stuck = [line.record_id for line in held if tries[line.record_id] > TRIES]
            if stuck:  # which is a fault of ours, and no reason to stop everything else
                log.error("applying batches: %d lines wait for what is there", len(stuck))
                await self._store.write([self._store.put_off(stuck, datetime.now(UTC) + AGAIN)])
                continue
            with suppress(Moved):
                await self._again(held)

    async def _again(self, held: Sequence[Held]) -> None:
        sender = await self._sender(held[0])
        places = dict(enumerate(held, 1))
        origins = {place: (line.chunk, line.number) for place, line in places.items()}

        def also(_first: int, _stop: int | None, came: Sequence[Came]) -> list[Any]:
            """What was accepted and waited, and is rejected after all, is told with its batch.

            But for what waited for a person, or for a record that did: that stays, for the operator to look at.
            """
            made = []
            for each in came:
                line = places[each.place]
                if each.outcome is not Outcome.REJECTED:
                    continue
                if line.waits_for.startswith(UNTOLD):
                    log.error("applying batches: a line that waited for a person is rejected: %s", each.found[-1].rule)
                else:
                    body = body_of([each], origins)
                    made.append(self._store.came_to(line.batch, line.chunk, f"1:{line.record_id}", body))
                    made.append(self._store.recounted(line.batch))
            return made

        lines = Lines(self._gate, self._service, self._matching, sender, self._clock, also, held=places)
        await lines.read({place: line.line for place, line in places.items()}, origins)
        try:
            await lines.judge()
            await lines.write(0)
        except (Moved, DatabaseUnavailable, LogUnavailable):
            raise
        except Exception as fault:  # a sender who may not speak now, or a fault of ours: the rest goes on
            said = fault.code if isinstance(fault, AccessRefused) else type(fault).__name__
            log.warning("applying batches: lines that wait go on waiting: %s", said)
            await self._store.write([self._store.put_off([line.record_id for line in held], datetime.now(UTC) + AGAIN)])
