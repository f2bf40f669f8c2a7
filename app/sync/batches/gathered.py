"""Lines of one batch, read and compared with what is there: which of them are news, and what each of those is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from app.gate import Gate, Many, giving_way
from app.services.batches import BatchService, Held, Waits
from app.services.registers import Member, RegisterService, System
from app.sync.batches.judging import Judged, Surroundings, judge_health, judge_justice
from app.sync.batches.lines import Line, LineReport, Reader
from app.sync.batches.making import Sender
from app.sync.callers import Callers
from app.sync.report import Outcome
from app.vocabulary import Action, Category, Purpose, Question, Role

RESOURCE = "/v1/sync/batches/{batch_id}"


class Gathered:
    """Lines that came in one batch, in the order in which they are applied; nothing of them is written here."""

    def __init__(
        self,
        gate: Gate,
        service: BatchService,
        sender: Sender,
        clock: Callable[[], datetime],
        *,
        held: Mapping[int, Held] | None = None,
        before: "Gathered | None" = None,
    ) -> None:
        """`held` is what waits, by its place, where these lines do; `before` is not written yet."""
        self._gate, self._store = gate, service.store
        self._sender, self._clock = sender, clock
        self._held = held
        self._before = before.coming() if before is not None else {}
        self._registers = RegisterService(gate)
        self.report = LineReport()
        self.order: list[int] = []
        """Places of lines."""
        self.origins: Mapping[int, tuple[int, int]] = {}
        """By place the chunk and the number of a line."""
        self._lines: dict[int, Line] = {}
        self._judged: dict[int, Judged] = {}
        self._versions: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._refilled: dict[int, str] = {}
        """Lines that were dropped and come again, no news to their sender (H7): what they wait for by their places."""

    async def read(self, texts: Mapping[int, str], origins: Mapping[int, tuple[int, int]]) -> None:
        """Lines by their places, each with its chunk and its number in the batch.

        Of several versions of a record the newest is kept, and of equals the first.
        """
        self.origins = origins
        reader = Reader(self._sender.caller.role, self._sender.source, self._sender.received_at, self.report)
        async for place, text in giving_way(texts.items()):
            line = reader.read(place, text)
            if line is not None:
                self._lines[place] = line
        newest: dict[str, Line] = {}
        for line in self._lines.values():
            best = newest.get(line.record_id)
            if best is None or best.version < line.version:
                newest[line.record_id] = line
        for line in self._lines.values():
            best = newest[line.record_id]
            if best is not line:
                outcome = Outcome.UNCHANGED if best.version == line.version else Outcome.SUPERSEDED
                self._judged[line.place] = Judged(line, outcome=outcome)
        known = sorted(self._lines.values(), key=lambda line: (line.about.rank, line.place))
        self.order = [line.place for line in known] + [place for place in texts if place not in self._lines]

    def coming(self) -> dict[str, Judged]:
        """The records that these will leave, each by its id."""
        return {each.line.record_id: each for each in self._judged.values() if each.outcome is None}

    # --- judged -----------------------------------------------------------------------------------------------------

    async def judge(self) -> None:
        """What each of them is; SessionRevoked where the sender may not speak any more."""
        async with self._gate.many(self._question()) as many:
            await self._compare(many, self._lines.values())
            lines = [line for line in self._lines.values() if line.place not in self._judged]
            caller = self._sender.caller
            around = Surroundings(
                many, await self._callers(lines), self._sender.service, self._sender.source, self._sender.received_at,
                partial(self._who_waits, many), self.report,
            )  # fmt: skip
            is_health = caller.role is Role.CLINICAL_SYSTEM
            judged = await judge_health(lines, around) if is_health else judge_justice(lines, around)
            self._judged |= {each.line.place: each for each in judged}

    async def _compare(self, many: Many, lines: Iterable[Line]) -> None:
        """Which of them are no news."""
        tables: dict[str, list[Line]] = {}
        for line in lines:
            tables.setdefault(line.about.table, []).append(line)
        every = [line.record_id for several in tables.values() for line in several]
        waiting = await self._who_waits(many, every)
        self._waiting |= waiting.keys()
        for table, several in tables.items():
            self._versions |= await many.versions(table, [line.record_id for line in several])
        for line in (line for several in tables.values() for line in several):
            there, waits = self._versions.get(line.record_id, ""), waiting.get(line.record_id)
            if self._held is None and waits is not None:
                if waits.dropped_for and waits.version == line.version > there:
                    self._refilled[line.place] = waits.dropped_for
                there = max(there, waits.version)
            if there >= line.version and line.place not in self._judged:
                outcome = Outcome.UNCHANGED if there == line.version else Outcome.SUPERSEDED
                self._judged[line.place] = Judged(line, outcome=outcome)

    async def _who_waits(self, many: Many, ids: Iterable[str]) -> dict[str, Waits]:
        """Of these records those that wait, or that are being written."""
        asked = list(ids)
        before = [self._before[identity] for identity in asked if identity in self._before]
        coming = {each.line.record_id: Waits(each.line.version, each.known()) for each in before}
        return {**await self._store.waiting(many.permit, asked), **coming}

    async def _callers(self, lines: Sequence[Line]) -> Callers:
        caller = self._sender.caller
        wants_staff = any(line.about.table == "allocation" for line in lines)
        members = await self._registers.members() if wants_staff else dict[str, Member]()
        system = System(caller.client, caller.party, caller.role, self._sender.service, acts_for_staff=False)
        return Callers(members, {caller.client: system}, caller.token)

    def _question(self) -> Question:
        caller = self._sender.caller
        subject = Category.REFERRAL if caller.role is Role.CLINICAL_SYSTEM else Category.IDENTITY
        return Question(
            caller, Purpose.RECORDS_SYNC, Action.WRITE, (subject,), self._clock(), RESOURCE, self._sender.batch_id
        )

    def _is_open(self, place: int) -> bool:
        return place in self._judged and self._judged[place].outcome is None
