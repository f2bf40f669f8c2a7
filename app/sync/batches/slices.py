"""Lines of one batch as they are written: together as long as the database takes them, and in halves where it does not.

Whatever is written moves on in the same transaction: the batch it belongs to, what came of each line, and what waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from app.audit.submission import ChangeRefused, RowsMissed
from app.gate import AccessRefused, Gate, Made, Many, Unacceptable, giving_way
from app.services.batches import BatchService, Held
from app.services.matching import MatchingService
from app.services.receiving import Arriving, ReceivingService, among
from app.services.registers import Compared
from app.sync.batches.conflicts import keep_apart
from app.sync.batches.gathered import Gathered
from app.sync.batches.judging import Judged
from app.sync.batches.lines import Found
from app.sync.batches.making import Making, Row, Sender, name_people, wait_for_missing
from app.sync.batches.outcomes import Came
from app.sync.changes import Changes
from app.sync.report import Outcome
from app.sync.writing import MEANWHILE, constraint_of

UNTOLD = ("link:", "row-")
"""What waited for a link to a person, or for a record that did: what comes of it is told to nobody (H7)."""
FIRST = ("person", "patient")
"""Whoever others are of: written first, and matched before anything is written of them."""
LATER = timedelta(hours=1)
TRIES = 2
"""How often one is tried by itself: what it is written by may change once more while it is looked at."""

Also = Callable[[int, int | None, Sequence[Came]], list[Row]]
"""Changes that go with the lines from one up to another, or to the end; the last moves on what is applied."""


class Moved(Exception):
    """Somebody else applies these lines by now."""


class Lines(Gathered):
    """Those lines as they are written, with whatever moves on with them."""

    def __init__(
        self,
        gate: Gate,
        service: BatchService,
        matching: MatchingService,
        sender: Sender,
        clock: Callable[[], datetime],
        also: Also,
        *,
        held: Mapping[int, Held] | None = None,
        before: Gathered | None = None,
    ) -> None:
        """`held` and `before` as in `Gathered`."""
        super().__init__(gate, service, sender, clock, held=held, before=before)
        self._matching, self._also = matching, also
        self._making = Making(gate, service, sender, clock, are_held=held is not None)
        self.has_stumbled = False
        """Whether anything was not written as it was judged."""
        self.handed_over = asyncio.Event()
        """Set once the database has something to write, and we have time for something else."""
        self._deed: Callable[[], Awaitable[None]] | None = None
        """What is left to do of everything, once it is prepared."""
        self._changes, self._receiving = Changes(gate, self._registers), ReceivingService(gate)
        self._conflicts: set[int] = set()

    async def write(self, start: int) -> None:
        """Everything from there on, in the order of application; Moved if somebody else does it."""
        if start:
            await self.match(0, start)  # whoever wrote them may have died before
        for first, stop in self._runs(start):
            await self._write(first, stop)
            await self.match(first, stop)

    async def match(self, first: int, stop: int) -> None:
        """Find out which of these registrations are of whom, and let in what waits for that."""
        lines = [self._lines[place] for place in self.order[first:stop] if place in self._lines]
        ids = {table: [line.record_id for line in lines if line.about.table == table] for table in FIRST}
        if any(ids.values()):
            await self._matching.match(registrations=ids["patient"], people=ids["person"])

    def _runs(self, start: int) -> Iterator[tuple[int, int]]:
        """What can be written at once: people before what is of them, and one by one what has to fit in with others."""

        def group(index: int) -> object:
            line = self._lines.get(self.order[index])
            if line is None:
                return "rest"
            return index if line.about.table == "allocation" else line.about.table in FIRST

        for _, indexes in groupby(range(start, len(self.order)), group):
            run = list(indexes)
            yield run[0], run[-1] + 1

    @property
    def is_plain(self) -> bool:
        """Whether all of it is written at once, and nobody has to be matched for it."""
        is_first = any(line.about.table in FIRST for line in self._lines.values())
        return not is_first and len([*self._runs(0)]) == 1

    async def prepare(self) -> None:
        """Everything but the writing of what `is_plain`, while `before`, which is too, is being written."""
        coming = {identity for identity, each in self._before.items() if each.waits_for is None}
        self._deed = await self._prepared(0, len(self.order), coming)

    async def _write(self, first: int, stop: int, tries: int = TRIES) -> None:
        try:
            await self._together(first, stop)
        except ChangeRefused as refused:
            self.has_stumbled, self._before = True, {}
            await self._look_again(first, stop)
            if stop - first == 1:
                await (self._write(first, stop, tries - 1) if tries > 1 else self._refused(first, refused))
                return
            middle = (first + stop) // 2
            await self._write(first, middle)
            await self._write(middle, stop)

    async def _look_again(self, first: int, stop: int) -> None:
        """Somebody else may have written some of them meanwhile."""
        again = [self._judged[place].line for place in self.order[first:stop] if self._is_open(place)]
        async with self._gate.many(self._question()) as many:
            known = {line.place: self._judged.pop(line.place) for line in again}
            await self._compare(many, again)
            self._judged = known | self._judged

    async def _refused(self, index: int, refused: ChangeRefused) -> None:
        """One that the database does not take; the batch goes on without it."""
        place, outcome, found = self.order[index], Outcome.SUPERSEDED, list[Found]()
        if not isinstance(refused.fault, RowsMissed):  # then somebody wrote a newer version since it was compared
            outcome, found = Outcome.REJECTED, [Found(constraint_of(refused.fault), "")]
        if place in self._judged:
            self._judged[place].outcome = outcome
        await self._only_say(index, index + 1, [Came(place, outcome, (*self.report.of.get(place, ()), *found))])

    def _goes_along(self, first: int, stop: int, came: Sequence[Came]) -> list[Row]:
        return self._also(first, None if stop == len(self.order) else stop, came)

    async def _only_say(self, first: int, stop: int, came: Sequence[Came]) -> None:
        also = [*self._no_longer_waiting(came), *self._refills(first, stop), *self._goes_along(first, stop, came)]
        if also and not await self._store.write(also):
            raise Moved

    async def _together(self, first: int, stop: int) -> None:
        deed, self._deed = self._deed or await self._prepared(first, stop), None
        self.handed_over.set()
        await deed()

    async def _prepared(self, first: int, stop: int, coming: Collection[str] = ()) -> Callable[[], Awaitable[None]]:
        """What is left to do of these: `coming` are records that will be there by then."""
        async with self._gate.many(self._question()) as many:
            places = self.order[first:stop]
            several = [self._judged[place] for place in places if self._is_open(place)]
            name_people(several, await self._matching.people_of({each.patient for each in several if each.patient}))
            await many.meet(each.record.crn if each.record is not None else None for each in several)
            self._conflicts |= await keep_apart(several, many, self.report)
            await wait_for_missing(many, several, coming)
            written = {
                each.line.place: self._making.made(each, self.origins[each.line.place], self._versions, self._waiting)
                async for each in giving_way(several)
            }
            if len(written) == 1 and (alone := several[0]).record is not None and not alone.waits_for:
                record = alone.record
                if among(record.table, record.row) is not None:
                    return partial(self._receive, alone, stop)
            came = [self._came(place, written.get(place), many) async for place in giving_way(places)]
            if not written:
                return partial(self._only_say, first, stop, came)
            also = [
                *self._making.awake(many, several),
                *self._no_longer_waiting(came),
                *self._refills(first, stop),
                *self._goes_along(first, stop, came),
            ]
            return partial(many.append, await many.sealed([*written.values()], also))

    def _refills(self, first: int, stop: int) -> list[Row]:
        """What was dropped and comes again waits again, with no entry: the log's size would tell its sender of it.

        Nor at once, if what it waits for has come: what follows from that is not to follow from what was sent.
        """
        made, waits = list[Row](), set[str]()
        for place in self.order[first:stop]:
            if place in self._refilled:
                line = self._lines[place]
                made.append(self._store.refilled(line.record_id, line.text, self._clock()))
                waits.add(self._refilled[place])
        return [*made, *self._store.due_if_there(waits, datetime.now(UTC) + LATER)]

    def _no_longer_waiting(self, came: Iterable[Came]) -> list[Row]:
        """Lines that waited, and that nothing is to be written of."""
        if self._held is None:
            return []
        made = []
        for each in came:
            held, is_rejected = self._held[each.place], each.outcome is Outcome.REJECTED
            if is_rejected and held.waits_for.startswith(UNTOLD):
                made.append(self._store.put_off([held.record_id], None))  # nobody was told, so that it is not dropped
            elif is_rejected or not self._is_open(each.place):
                made.append(self._store.release(held.record_id, "~"))
        return made

    def _came(self, place: int, made: Made | None, many: Many) -> Came:
        found, judged = tuple(self.report.of.get(place, ())), self._judged.get(place)
        if made is not None and not many.permits(made):
            self.has_stumbled = True
            return Came(place, Outcome.REJECTED, (*found, Found("agreement", "")))
        if made is not None:
            return Came(place, Outcome.CONFLICT if place in self._conflicts else Outcome.ACCEPTED, found)
        return Came(place, judged.outcome or Outcome.REJECTED if judged else Outcome.REJECTED, found)

    async def _receive(self, judged: Judged, stop: int) -> None:
        """What has to fit in with others is written alone, and looked at again where they changed meanwhile."""
        place, broken = judged.line.place, await self._fitted_in(judged, stop)
        if broken is not None and broken[0] == MEANWHILE:
            await self._look_again(stop - 1, stop)
            if not self._is_open(place):
                outcome = self._judged[place].outcome or Outcome.UNCHANGED
                await self._only_say(stop - 1, stop, [Came(place, outcome, tuple(self.report.of.get(place, ())))])
                return
            broken = await self._fitted_in(judged, stop)
        if broken is None:
            return
        found = (*self.report.of.get(place, ()), Found(broken[0], broken[1]))
        judged.outcome, self.has_stumbled = Outcome.REJECTED, True
        await self._only_say(stop - 1, stop, [Came(place, Outcome.REJECTED, found)])

    async def _fitted_in(self, judged: Judged, stop: int) -> tuple[str, str] | None:
        """Written: None; or the rule that it breaks, and the field."""
        record, line = judged.record, judged.line
        if record is None:
            raise TypeError("there is no record to fit in")
        standing = Compared.NEW if line.record_id not in self._versions else Compared.CHANGED
        came = [Came(line.place, Outcome.ACCEPTED, tuple(self.report.of.get(line.place, ())))]
        release = [self._store.release(line.record_id, line.version)] if line.record_id in self._waiting else []

        def changes(row: Mapping[str, Any]) -> list[Row]:
            made = self._changes.of(replace(record, row=dict(row)), standing)
            return [*made, *release, *self._goes_along(stop - 1, stop, came)]

        details = {"batch": self._sender.batch_id, "change": "created" if standing is Compared.NEW else "changed"}
        details |= {"kind": line.kind, "table": record.table, "version": line.version}
        arriving = Arriving(record.table, record.row, record.modified_at, changes, details)
        question = replace(self._question(), subjects=line.about.subjects, crn=record.crn)
        try:
            await self._receiving.receive(question, arriving)
        except AccessRefused:
            return "agreement", ""
        except Unacceptable as refused:
            return refused.code, refused.field or ""
        return None
