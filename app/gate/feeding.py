"""Works out a system's feed (H6): who came within its reach, who changed in what it may read, and who fell out of it.

Whoever's records changed is found by the log's entries; whom time alone brought within reach or out of it, by rounds
over everybody. In either case the same decision is made as for a read, and what counts as a change is what would be
sent: a change of what the system may not read moves nothing in its feed.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.audit.entry import Entry, PersonPart, event_id
from app.audit.submission import Change, ChangeRefused, Submission
from app.gate.acting import somebody_was_faster
from app.gate.asking import openings_of
from app.gate.entries import PERMITTED, REFUSED, cited
from app.gate.feed_items import Decided, Item, items_of
from app.gate.listing import conditions_for
from app.policies import CompiledAgreement, Decision, decide
from app.records import feed, feed_keeping
from app.records.feed import Looked, Receiver
from app.records.lists import Conditions
from app.records.permit import Opening, Permit, issue_tables
from app.records.predicates import LONDON
from app.records.reading import consents_in
from app.vocabulary import Category, Question

if TYPE_CHECKING:
    from app.gate.door import Gate

ROUND = timedelta(seconds=60)
"""How long after one round the next begins; with the day, the agreement or the registration it begins at once."""
SLICE, SLICES = 2_000, 20
"""How many people on file a statement looks at, and how many statements one working out makes at most."""
ENTRIES = 1_000
"""How many changes are worked out at once, and about how many people come into the feed at once."""
TRIES = 8
REMEMBERED = 50_000
WHOLE = Opening("all")
PERSON_CHANGED, PERSON_REMOVED = "person-changed", "person-removed"


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """Whether everybody was looked at; and who was read for it as they would be sent, by id."""

    is_whole: bool
    version: int = -1
    """Of the receiver's rows, once it was written: past it somebody else may have worked out what came since."""
    items: Mapping[str, Item] = field(default_factory=dict)


async def work_out(
    gate: "Gate", question: Question, agreement: CompiledAgreement, doubted: Iterable[str] = ()
) -> WorkedOut:
    """Bring the feed up to date, `doubted` people (by CRN) included.

    What it writes has an entry of its own, and one about each person who fell out of reach.
    """
    for attempt in range(TRIES):
        working = await _Working.begin(gate, question, agreement)
        if working is None:
            continue
        permit = issue_tables(feed.TABLES)
        try:
            await working.look_at_all(permit, tuple(doubted))
        finally:
            permit.close()
        has_changed = working.has_changed
        if not has_changed or await _is_written(gate, Submission(working.entries(), working.changes())):
            working.remember()
            version = working.seen.version + has_changed
            return WorkedOut(working.swept_to is None and not working.is_behind, version, working.items)
        await stand_back(attempt)
    return WorkedOut(is_whole=False)


async def stand_back(attempt: int) -> None:
    """Let whoever was faster go on: of several processes that work for one system not all try again at once."""
    await asyncio.sleep(random.uniform(0, 0.005 * 2**attempt))  # nothing hangs on it being unforeseen


async def _is_written(gate: "Gate", submission: Submission) -> bool:
    """False if somebody else was faster, so that it has to be worked out again."""
    try:
        await gate.log.append(submission)
    except ChangeRefused as refused:
        if somebody_was_faster(refused.fault):
            return False
        raise
    return True


@dataclass(slots=True)
class Memory:
    """What a process need not look up again: it saves time alone, and may be lost."""

    position: int = -1
    reached: int = 0
    """From the one to the other the log has nothing that the feed has to know."""
    looked: dict[str, int] = field(default_factory=dict)
    """By CRN, how long the log was when somebody was last looked at: of no earlier change there is anything new."""

    def goes_on(self, position: int) -> int:
        """Where to go on in the log from a position that is kept."""
        return self.reached if position == self.position else position


@dataclass(slots=True)
class _Working:
    """One working out, from what was seen to what is to be written."""

    gate: "Gate"
    question: Question
    agreement: CompiledAgreement
    seen: Receiver
    number: int
    basis: str
    round_at: datetime | None
    swept_to: str | None
    position: int
    is_behind: bool = False
    shift: int = 0
    queued: int = 0
    kept: dict[str, list[Any]] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    told: list[tuple[int, str]] = field(default_factory=list)
    fallen: list[Entry] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    looked: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def begin(cls, gate: "Gate", question: Question, agreement: CompiledAgreement) -> "_Working | None":
        """None where there was no feed yet: it is begun, and has to be looked at again."""
        client = question.caller.client
        seen, service = await feed.receiver(gate.records, client)
        if seen is None:
            size = (await feed.changed(gate.records, 0, 1)).size
            begun = Change(*feed_keeping.begun(gate.records, client, size, ""))
            await _is_written(gate, Submission((_noted(gate, question, agreement, {"feed": "begun"}),), (begun,)))
            return None
        is_suspended = seen.suspended_at is not None and seen.suspended_at <= question.at
        states = (("suspended", is_suspended), ("ended", agreement.ended(question.at)))
        basis = ":".join((agreement.digest, service or "", *(word for word, holds in states if holds)))
        working = cls(gate, question, agreement, seen, seen.number, basis, seen.round_at, seen.swept_to, seen.position)
        if working._is_due():
            working.round_at, working.swept_to = question.at, ""
        return working

    def _is_due(self) -> bool:
        """Whether a round has to begin."""
        seen, at = self.seen, self.question.at
        if seen.round_at is None or seen.basis != self.basis:
            return True
        is_another_day = seen.round_at.astimezone(LONDON).date() != at.astimezone(LONDON).date()
        return is_another_day or (seen.swept_to is None and abs(at - seen.round_at) >= ROUND)

    @property
    def memory(self) -> "Memory":
        """What this process remembers of the feed."""
        return self.gate.feeds.setdefault(self.question.caller.client, Memory())

    def remember(self) -> None:
        """Whoever was looked at, now that it is written."""
        looked = self.memory.looked
        if not self.is_behind or len(looked) > REMEMBERED:
            looked.clear()
        looked.update(self.looked)

    @property
    def has_changed(self) -> bool:
        """Whether anything has to be written."""
        now = (self.number, self.position, self.basis, self.round_at, self.swept_to)
        seen = self.seen
        was = (seen.number, seen.position, seen.basis, seen.round_at, seen.swept_to)
        return now != was or bool(self.kept or self.forgotten)

    async def look_at_all(self, permit: Permit, doubted: Sequence[str]) -> None:
        """Whoever changed, whoever is in doubt, and as much of the round as goes at once."""
        records, caller, at = self.gate.records, self.question.caller, self.question.at
        memory = self.memory
        changed = await feed.changed(records, memory.goes_on(self.position), ENTRIES)
        if self.position < changed.first:  # what happened before it stands in files: everything is sent again
            self.shift = self.number
            self.number += self.shift
        crns = dict.fromkeys(
            (*doubted, *(crn for crn, last in changed.crns.items() if last >= memory.looked.get(crn, 0)))
        )
        self.is_behind = changed.position < changed.size
        if crns or self.shift or self.swept_to == "":
            self.position = changed.position
        else:  # nothing to write
            memory.position, memory.reached = self.position, changed.position
        self.looked = dict.fromkeys(crns, changed.size)
        rows = await feed.people(records, permit, caller, at, crns) if crns else []
        await self._look(permit, rows, with_content=True)
        if self.swept_to == "":
            await self._look(permit, await feed.gone(records, permit, caller, at, ENTRIES), with_content=False)
        await self._go_round(permit, {row.person_id for row in rows})

    async def _go_round(self, permit: Permit, looked_at: set[str]) -> None:
        conditions: Conditions = [
            one for each in self.question.subjects if isinstance(each, Category)
            for one in conditions_for(self.question, each, self.agreement)
        ]  # fmt: skip
        for _ in range(SLICES):
            if self.swept_to is None or self.queued >= ENTRIES:
                break
            rows, self.swept_to = await feed.sweep(
                self.gate.records, permit, self.question.caller, self.question.at, conditions, self.swept_to, SLICE
            )
            await self._look(permit, [row for row in rows if row.person_id not in looked_at], with_content=False)

    async def _look(self, permit: Permit, rows: Sequence[Looked], *, with_content: bool) -> None:
        compared: list[Decided] = []
        for row in rows:
            decision = decide(self.question, row.facts, self.agreement)
            if row.crn is None or not decision.any_permitted:
                self._out_of_reach(row, decision)
            elif row.known is None or row.known.number == 0 or row.known.opened != _named(decision):
                self._queue(row, decision)
            elif with_content and row.known.digest is not None:
                compared.append((row, decision))
        if compared:
            members = {row.person_id: row.known.member for row, _ in compared if row.known}
            items = self.items = await items_of(self.gate, permit, self.question, compared, members)
            for row, decision in compared:
                if row.known and items[row.person_id].digest != row.known.digest:
                    self._queue(row, decision)

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _queue(self, row: Looked, decision: Decision) -> None:
        """To the end of the feed."""
        number, known = self._next(), row.known
        self.queued += 1
        self.kept[row.person_id] = [
            row.person_id, row.crn, known.member if known and known.number else number, number, _named(decision), None,
            known.given if known else 0, known.removal if known else None, known.identifiers if known else "[]",
        ]  # fmt: skip

    def _out_of_reach(self, row: Looked, decision: Decision) -> None:
        """Told to drop them if they were given; as if nothing had been if they were not."""
        known = row.known
        if known is None or known.number == 0:
            return
        if not known.given and known.removal is None:
            self.forgotten.append(row.person_id)
            return
        removal = known.removal
        if known.given:
            removal = self._next()
            self.told.append((removal, known.identifiers))
            self.fallen.append(self._fallen(row, decision, removal))
        self.kept[row.person_id] = [row.person_id, known.crn, known.member, 0, "", None, 0, removal, "[]"]

    def _fallen(self, row: Looked, decision: Decision, number: int) -> Entry:
        """That the receiver has to drop somebody, and why."""
        said = self.gate._phrases.say(self.question, decision.rulings, self.agreement)
        record = self.gate._record(
            self.question, self.agreement, REFUSED, reason="no-longer-permitted", withheld=said.withheld,
            clauses=said.clauses, facts=row.facts, details={"removal": number},
        )  # fmt: skip
        on_file, crn = (row.person_id, row.crn) if row.crn else (None, row.known.crn if row.known else None)
        return record.sealed(PersonPart(on_file, crn, cited(said, consents_in(row.consents))))

    def entries(self) -> tuple[Entry, ...]:
        """One for all of it, and one for each who fell out of reach."""
        details = {"queued": self.queued, "removals": len(self.told)}
        return (_noted(self.gate, self.question, self.agreement, details), *self.fallen)

    def changes(self) -> tuple[Change, ...]:
        """What is written; refused if anything of the receiver's was written since it was seen."""
        records, client, at = self.gate.records, self.question.caller.client, self.question.at
        made = [
            feed_keeping.moved(
                records, client, self.seen, number=self.number, position=self.position, basis=self.basis,
                round_at=self.round_at, swept_to=self.swept_to,
            )
        ]  # fmt: skip
        if self.shift:
            made.append(feed_keeping.shifted(records, client, self.shift))
        if self.kept:
            made.append(feed_keeping.kept(records, client, at, list(self.kept.values())))
        if self.forgotten:
            made.append(feed_keeping.forgotten(records, client, self.forgotten))
        if self.told:
            made.append(feed_keeping.told(records, client, at, self.told))
        if client in self.gate.told and (events := self._events()):
            made.append(feed_keeping.announced(records, client, at, events))
        return tuple(Change(*each) for each in made)

    def _events(self) -> list[tuple[str, str, str, int]]:
        """What the system is told of, each under an id of its own."""
        queued = [(row[3], PERSON_CHANGED, row[2]) for row in self.kept.values() if row[3]]
        removed = [(number, PERSON_REMOVED, number) for number, _ in self.told]
        return [(event_id(), event_id(), kind, number) for _, kind, number in sorted(queued + removed)]


def _named(decision: Decision) -> str:
    """The categories that are open, and how far where that is not in full: another law can open less of one."""
    return " ".join(
        ":".join((category.value, *([opening.caveat, *sorted(opening.rows)] if opening != WHOLE else ())))
        for category, opening in openings_of(decision).items()
    )


def _noted(gate: "Gate", question: Question, agreement: CompiledAgreement, details: Mapping[str, Any]) -> Entry:
    record = gate._record(question, agreement, PERMITTED, reason="feed-worked-out", details=details)
    return record.sealed()
