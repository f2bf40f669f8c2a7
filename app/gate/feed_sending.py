"""An answer of the feed as it becomes durable: an entry for each person, and the note that the receiver has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.audit.entry import Entry, Pattern, PersonPart, Record, salts
from app.audit.submission import Receipt
from app.gate.entries import PERMITTED, Phrases, cited
from app.gate.feed_items import Decided, Item
from app.policies import CompiledAgreement, Decision
from app.records import feed, feed_keeping, feed_removals
from app.records.feed_people import Looked
from app.records.feed_removals import Removal
from app.records.permit import issue_tables
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate

NOTICES = 100
"""So many open notices, the oldest, stand in each answer; the list of them has all."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """What an answer of the feed consists of; `last` is the number up to which the receiver has it all then."""

    people: Sequence[bytes]
    removals: Sequence[Removal]
    last: int
    has_more: bool
    receipts: Sequence[Receipt]


@dataclass(frozen=True, slots=True)
class Answered:
    """Whom an answer shows, as they were read, and the notices in it."""

    shown: Sequence[Decided]
    items: Mapping[str, Item]
    removals: Sequence[Removal]

    @property
    def people(self) -> Sequence[bytes]:
        """As they are sent."""
        return [self.items[row.person_id].body for row, _ in self.shown]


async def is_waiting(gate: "Gate", question: Question, after: int) -> bool:
    """Whether there is anything to answer after a number, before it is decided again; it leaves no entry."""
    permit = issue_tables(feed.TABLES)
    try:
        return await feed_removals.is_waiting(gate.records, permit, question.caller.client, after)
    finally:
        permit.close()


def entries_of(gate: "Gate", question: Question, agreement: CompiledAgreement, answer: Answered) -> Iterator[Entry]:
    """One for each person, and one for the notices or for an answer without anybody."""
    patterns: dict[tuple[int, int], tuple[Phrases, Pattern]] = {}
    drawn = salts(len(answer.shown))
    for (row, decision), salt in zip(answer.shown, drawn, strict=True):
        # few decisions on few facts: what their entries have in common is made once
        key = id(decision), row.facts
        if key not in patterns:
            patterns[key] = _sent(gate, question, agreement, row, decision)
        said, pattern = patterns[key]
        about = PersonPart(row.person_id, row.crn, cited(said, row.consents), salt)
        yield pattern.sealed(about, answer.items[row.person_id].body)
    if answer.removals or not answer.shown:
        yield of_notices(gate, question, agreement, answer.removals).sealed()


def _sent(
    gate: "Gate", question: Question, agreement: CompiledAgreement, row: Looked, decision: Decision
) -> tuple[Phrases, Pattern]:
    said = gate._phrases.say(question, decision.rulings, agreement)
    record = gate._record(
        question, agreement, said.outcome, released=said.released, withheld=said.withheld, clauses=said.clauses,
        facts=row.facts,
    )  # fmt: skip
    return said, Pattern.of(record)


def of_notices(gate: "Gate", question: Question, agreement: CompiledAgreement, removals: Sequence[Removal]) -> Record:
    """That notices were answered, by their numbers: each has an entry of its own that says of whom it is."""
    reason = None if removals else "nobody-listed"
    return gate._record(
        question, agreement, PERMITTED, reason=reason, details={"removals": [each.number for each in removals]}
    )


def given(gate: "Gate", question: Question, answer: Answered) -> list[tuple[Any, ...]]:
    """That the receiver has these people from now on, and that notices about them are void.

    Whoever was sent before stays known by what was sent then: who reads from an older place may be sent a newer state,
    and it is a change all the same for whoever had the older one.
    """
    records, client = gate.records, question.caller.client
    rows, again = [], []
    for row, _ in answer.shown:
        item, known = answer.items[row.person_id], row.known
        if known is not None:
            digest = known.digest or item.digest
            now = row.crn or "", known.member, known.number, known.opened, digest, 1, None, item.identifiers
            rows.append((row.person_id, *now))
            again += [row.person_id] if known.removal is not None else []
    made = [feed_keeping.voided(records, client, question.at, again)] if again else []
    return [*made, feed_keeping.kept(records, client, question.at, rows)] if rows else made
