"""Watches the log: every so often while the service runs, or when the operator asks; one process at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.audit.history import PAGE
from app.audit.looks import Looks
from app.audit.submission import ChangeRefused
from app.config import Settings
from app.gate import Gate
from app.gate.watching import Raised, Watchman, watching
from app.pathway.watching import Alert, Memory, Watching, is_due, judged
from app.records.watch import Claim, Watched

log = logging.getLogger("openmind")
CLAIM = timedelta(minutes=2)
"""Longer than a page takes: past it the process that watched is taken for dead."""
AT_ONCE = 100
"""Alerts that are raised in one transaction."""
PAGES = 50
"""So many pages are read at most before it is kept how far the log is watched."""
SMALL_PAGE = 100
"""Entries that are read at a time where requests are answered beside it."""
Progress = Callable[[int, int], None]
"""Told how many of how many entries are watched."""


class NotWatched(Exception):
    """It could not be watched: another process watches, or the log is not the one that was watched before."""


@dataclass(slots=True)
class Outcome:
    """What one watching came to."""

    entries: int = 0
    raised: list[Raised] = field(default_factory=list)


class WatchService:
    """Goes on where the last watching ended, and remembers between two of its own what it would have to read again."""

    def __init__(self, settings: Settings, gate: Gate, *, page: int = PAGE) -> None:
        self._settings, self._gate, self.page = settings, gate, page
        self.rules = settings.watch
        self.looks = Looks(gate.records.database)
        self._watched = Watched(settings, gate.records.database)
        self._warm: Watching | None = None

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """While the block lasts, watch at once and then every so many minutes, if the settings say so."""
        minutes = self._settings.watch_minutes
        task = asyncio.create_task(self._go_on(timedelta(minutes=minutes))) if minutes else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()  # what is not kept yet is watched again by whoever is next
                await asyncio.gather(task, return_exceptions=True)
            await self._watched.close()

    async def _go_on(self, every: timedelta) -> None:
        while True:
            try:
                outcome = await self.watch(self._settings.clock)
                if outcome.raised:
                    log.warning("watching the log: %d new access alerts", len(outcome.raised))
            except NotWatched as fault:
                log.info("watching the log: %s", fault)
            except Exception as fault:  # whatever it was: it is tried again, and requests are answered meanwhile
                log.error("watching the log: %s", type(fault).__name__)
            await asyncio.sleep(every.total_seconds())

    async def watch(self, clock: Callable[[], datetime], progress: Progress = lambda _done, _total: None) -> Outcome:
        """Everything up to the end of the log, which can take so long that alerts are of later than its beginning.

        NotWatched, Unreadable, DatabaseUnavailable or LogUnavailable: then what is new is still to be watched.
        """
        async with self._watched.claimed(CLAIM) as claim:
            if claim is None:
                raise NotWatched("another process is watching")
            known, self._warm = self._warm, None  # if this fails, it may be ahead of what is kept
            with watching(self._gate, self.looks) as watchman:
                run = _Run(self, claim, watchman, clock, progress)
                outcome = await run.run(known)
            self._warm = run.warm
            return outcome


class _Run:
    """One watching, from what is kept to the end of the log."""

    def __init__(
        self,
        service: WatchService,
        claim: Claim,
        watchman: Watchman,
        clock: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._rules, self._page, self._looks = service.rules, service.page, service.looks
        self._claim, self._watchman, self._clock, self._progress = claim, watchman, clock, progress
        self._kept = Memory()
        self._found: list[Alert] = []
        self._outcome = Outcome()
        self.warm: Watching | None = None
        """What this process need not read again, if nobody else watches before it does."""

    async def run(self, known: Watching | None) -> Outcome:
        """What is new, and what had to wait until now."""
        self._kept = await self._claim.memory(self._watchman.permit)
        numbers = await self._looks.history.between()
        if self._kept.position > numbers.stop:
            raise NotWatched("the log ends before what was watched of it: was a backup restored?")
        is_warm = known is not None and known.memory == self._kept
        stream = known if known is not None and is_warm else Watching(self._rules, self._kept)
        await self._watchman.open_register()
        if self._kept.position < numbers.stop:
            start = self._kept.position if is_warm else await self._first()
            stream.compare_with(await self._watchman.likeness(self._rules))
            await self._read(stream, range(start, numbers.stop))
            is_warm = True
        await self._judge(stream)
        await self._keep(stream)
        self.warm = stream if is_warm else None
        return self._outcome

    async def _first(self) -> int:
        since = self._kept.read_from(self._rules)
        return 0 if since is None else (await self._looks.history.between(since)).start

    async def _read(self, stream: Watching, numbers: range) -> None:
        new, unkept = numbers.stop - self._kept.position, 0
        async for page in self._looks.read(self._watchman.permit, numbers, self._page):
            self._found += stream.see(*page)
            unkept += 1
            if len(self._found) >= AT_ONCE or unkept >= PAGES:
                await self._keep(stream)
                unkept = 0
            self._outcome.entries = max(0, new - (numbers.stop - page.end))
            self._progress(self._outcome.entries, new)
            await self._claim.hold()
            await asyncio.sleep(0)  # where requests are answered beside it

    async def _judge(self, stream: Watching) -> None:
        """Looks that wait, once what was to follow them had time to."""
        done, now = [], self._clock()
        for number in stream.memory.waiting:
            look = await self._watchman.look(number)
            if look is not None:
                if not is_due(look, now, self._rules):
                    break
                alert = judged(look, await self._watchman.periods(look), self._rules)
                self._found += [] if alert is None else [alert]
            done.append(number)
            await self._claim.hold()
        stream.forget(done)

    async def _keep(self, stream: Watching) -> None:
        """Raise what was found, and keep how far it went."""
        found, self._found = await self._new(self._found), []
        memory, at = stream.memory, self._clock()
        try:
            for start in range(0, len(found), AT_ONCE):
                few = found[start : start + AT_ONCE]
                moving = self._claim.moving(self._kept, memory if start + AT_ONCE >= len(found) else self._kept, at)
                self._outcome.raised += await self._watchman.raise_all(few, at, moving)
        except ChangeRefused as fault:
            raise NotWatched("another process has watched meanwhile, or the database refuses an alert") from fault
        if not found and memory != self._kept and not await self._claim.move(self._kept, memory, at):
            raise NotWatched("another process has watched meanwhile")
        self._kept = memory

    async def _new(self, found: Sequence[Alert]) -> list[Alert]:
        """Those that were not raised before, each once."""
        fresh: dict[tuple[str, str], Alert] = {}
        for alert in found:
            kind = alert.rule.value, alert.once or alert.key
            if kind not in fresh and not await self._watchman.is_known(alert):
                fresh[kind] = alert
        return list(fresh.values())
