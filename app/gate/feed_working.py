"""One working out of a feed: who is looked at, what each of them comes to by the decision that a read would make.

Whoever's records changed is found by the log's entries; whom time alone brought within reach or out of it, by rounds
over everybody. What counts as a change is what would be sent: a change of what the system may not read moves nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.audit.submission import Change
from app.gate.feed_items import Decided, Item, items_of
from app.gate.feed_moves import Moves, of_receiver
from app.policies import CompiledAgreement, Decision, decide
from app.records import feed, feed_keeping, feed_moments, feed_people
from app.records.feed import Receiver
from app.records.feed_people import Looked
from app.records.permit import Permit
from app.records.predicates import LONDON
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate

ROUND = timedelta(seconds=60)
"""How long after one round the next begins; with the day, the agreement or the registration it begins at once."""
SLICE, SLICES = 2_000, 20
"""How many people on file a statement looks at at most, and how many statements one working out makes at most."""
REMEMBERED = 50_000


class Entangled(Exception):
    """Somebody is in question who was looked at for the same page: what was read of them may be of before that."""


@dataclass(slots=True)
class Memory:
    """What a process need not look up again: it saves time alone, and may be lost."""

    position: int = -1
    reached: int = 0
    """From the one to the other the log has nothing that the feed has to know."""
    looked: dict[str, int] = field(default_factory=dict)
    """By CRN, how long the log was when somebody was last looked at: of no earlier change there is anything new."""
    turned_to: datetime | None = None
    """Until when it was looked whether something began or ended; since the last round otherwise."""

    def goes_on(self, position: int) -> int:
        """Where to go on in the log from a position that is kept."""
        return self.reached if position == self.position else position


@dataclass(slots=True)
class Working:
    """From what was seen of a receiver to what is to be written."""

    gate: "Gate"
    question: Question
    agreement: CompiledAgreement
    seen: Receiver
    moves: Moves
    basis: str
    round_at: datetime | None
    swept_to: str | None
    position: int
    is_behind: bool = False
    shift: int = 0
    items: dict[str, Item] = field(default_factory=dict)
    """Whoever was read, as they would be sent, by id."""
    looked: dict[str, int] = field(default_factory=dict)
    ahead: Mapping[str, int] | None = None
    """Whom those that this one follows have looked at, of which the last is being written; None for the first."""

    @classmethod
    def of(cls, gate: "Gate", question: Question, agreement: CompiledAgreement, seen: Receiver, service: str | None
           ) -> "Working":  # fmt: skip
        """Where a round is due it is begun."""
        is_suspended = seen.suspended_at is not None and seen.suspended_at <= question.at
        states = (("suspended", is_suspended), ("ended", agreement.ended(question.at)))
        basis = ":".join((agreement.digest, service or "", *(word for word, holds in states if holds)))
        moves = Moves(gate, question, agreement, seen.number)
        working = cls(gate, question, agreement, seen, moves, basis, seen.round_at, seen.swept_to, seen.position)
        if working._is_due():
            working.round_at, working.swept_to = question.at, ""
        return working

    def following(self) -> "Working":
        """The next, as if this one were written: it may be looked at before, and written only once this one is."""
        seen = replace(
            self.seen, number=self.moves.number, version=self.seen.version + self.has_changed, position=self.position,
            basis=self.basis, round_at=self.round_at, swept_to=self.swept_to,
        )  # fmt: skip
        moves = Moves(self.gate, self.question, self.agreement, seen.number)
        return Working(
            self.gate, self.question, self.agreement, seen, moves, self.basis, self.round_at, self.swept_to,
            self.position, ahead={**(self.ahead or {}), **self.looked},
        )  # fmt: skip

    def _is_due(self) -> bool:
        """Whether a round has to begin."""
        seen, at = self.seen, self.question.at
        if seen.round_at is None or seen.basis != self.basis:
            return True
        is_another_day = seen.round_at.astimezone(LONDON).date() != at.astimezone(LONDON).date()
        return is_another_day or (seen.swept_to is None and abs(at - seen.round_at) >= ROUND)

    @property
    def memory(self) -> Memory:
        """What this process remembers of the feed."""
        return self.gate.feeds.setdefault(self.question.caller.client, Memory())

    def remember(self) -> None:
        """Whoever was looked at, now that it is written."""
        looked = self.memory.looked
        if not self.is_behind or len(looked) > REMEMBERED:
            looked.clear()
        looked.update(self.looked)
        self.memory.turned_to = self.question.at

    @property
    def has_changed(self) -> bool:
        """Whether anything has to be written."""
        now = (self.moves.number, self.position, self.basis, self.round_at, self.swept_to)
        seen = self.seen
        was = (seen.number, seen.position, seen.basis, seen.round_at, seen.swept_to)
        return now != was or bool(self.moves)

    @property
    def is_whole(self) -> bool:
        """Whether everybody was looked at who had to be."""
        return self.swept_to is None and not self.is_behind

    async def look_at_all(self, permit: Permit, doubted: Sequence[str], most: int) -> None:
        """Whoever changed, whoever is in doubt, and as much of the round as goes at once; about `most` people.

        Entangled where it follows others, and is about one of the same people.
        """
        records, caller, at = self.gate.records, self.question.caller, self.question.at
        memory = self.memory
        changed = await feed.changed(records, memory.goes_on(self.position), most)
        if self.position < changed.first:  # what happened before it stands in files: everything is sent again
            self.shift = self.moves.number
            self.moves.number += self.shift
        turned_now = dict.fromkeys(await self._turned(permit), 0)
        last = await feed_people.with_merged(records, permit, changed.crns)
        turned = await feed_people.with_merged(records, permit, turned_now)
        ahead = self.ahead or {}
        again = (crn for crn, entry in last.items() if entry >= max(memory.looked.get(crn, 0), ahead.get(crn, 0)))
        crns = dict.fromkeys((*doubted, *turned, *again))
        if not ahead.keys().isdisjoint(crns):
            raise Entangled
        self.is_behind = changed.position < changed.size
        if crns or self.shift or self.swept_to == "":
            self.position = changed.position
        elif self.ahead is None:  # nothing to write
            memory.position, memory.reached = self.position, changed.position
        self.looked = dict.fromkeys(crns, changed.size)
        rows = await feed_people.people(records, permit, caller, at, crns) if crns else []
        await self._look_into(permit, rows)
        if self.swept_to == "":
            for row in await feed_people.gone(records, permit, caller, at, most):
                self._look(row)
        await self._go_round(permit, {row.person_id for row in rows}, most)

    async def _turned(self, permit: Permit) -> Sequence[str]:
        """CRNs of whom something has begun or ended since it was looked at, but for a round that looks at everybody.

        What follows is of the same moment as what it follows, which has looked.
        """
        since, at = self.memory.turned_to or self.seen.round_at, self.question.at
        if self.swept_to == "" or since is None or since >= at or self.ahead is not None:
            return ()
        return await feed_moments.turned(self.gate.records, permit, since, at)

    async def _go_round(self, permit: Permit, looked_at: set[str], most: int) -> None:
        """Slices that grow where few of them come into the feed, and end with the last one who still does."""
        size = most - len(self.moves.queued)
        for _ in range(SLICES):
            if self.swept_to is None or len(self.moves.queued) >= most:
                break
            rows, reached = await feed_people.sweep(
                self.gate.records, permit, self.question.caller, self.question.at, self.swept_to, size
            )
            for row in rows:
                if len(self.moves.queued) >= most:
                    reached = self.swept_to
                    break
                if row.person_id not in looked_at:
                    self._look(row)
                self.swept_to = row.crn
            self.swept_to, size = reached, min(2 * size, SLICE)

    async def _look_into(self, permit: Permit, rows: Sequence[Looked]) -> None:
        """What they would be sent, besides what is open of them."""
        compared = [(row, decision) for row in rows if (decision := self._look(row)) is not None]
        if compared:
            self.items = await self.read(permit, compared)
            for row, decision in compared:
                if row.known and self.items[row.person_id].digest != row.known.digest:
                    self.moves.queue(row, decision)

    def _look(self, row: Looked) -> Decision | None:
        """Whether they come into the feed or fall out of it; the decision about whoever stays as far as that shows."""
        decision, known = decide(self.question, row.facts, self.agreement), row.known
        if row.crn is None or not decision.any_permitted:
            self.moves.drop(row, decision)
        elif known is None or known.number == 0 or known.opened != self.moves.named(decision):
            self.moves.queue(row, decision)
        elif known.digest is not None:
            return decision
        return None

    async def read(self, permit: Permit, decided: Sequence[Decided]) -> dict[str, Item]:
        """People as they would be sent, by id."""
        members = {row.person_id: row.known.member for row, _ in decided if row.known}
        return await items_of(self.gate, permit, self.question, decided, members)

    def changes(self, sent: Collection[str] = ()) -> tuple[Change, ...]:
        """What is written; refused if anything of the receiver's was written since it was seen."""
        records, client = self.gate.records, self.question.caller.client
        made = [
            feed_keeping.moved(
                records, client, self.seen, number=self.moves.number, position=self.position, basis=self.basis,
                round_at=self.round_at, swept_to=self.swept_to,
            )
        ]  # fmt: skip
        if self.shift:
            made.append(feed_keeping.shifted(records, client, self.shift))
        return of_receiver([*made, *self.moves.changes(sent)])
