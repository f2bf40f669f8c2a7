"""Who comes to the end of a receiver's feed, and who falls out of it: what is written of both, and its entries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.audit.entry import Entry, PersonPart, event_id
from app.audit.submission import Change
from app.gate.asking import openings_of
from app.gate.entries import PERMITTED, REFUSED, cited
from app.gate.feed_items import Decided
from app.policies import CompiledAgreement, Decision
from app.records import feed_keeping
from app.records.feed_people import Known, Looked
from app.records.permit import Opening
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate

PERSON_CHANGED, PERSON_REMOVED = "person-changed", "person-removed"
WHOLE = Opening("all")


@dataclass(slots=True)
class Moves:
    """What comes of looking at people, in the order in which they were looked at."""

    gate: "Gate"
    question: Question
    agreement: CompiledAgreement
    number: int
    """The last that the receiver's feed has given."""
    queued: dict[str, Decided] = field(default_factory=dict)
    """By id those who came to its end, each as the feed knows them from now on."""
    left: dict[str, Known] = field(default_factory=dict)
    """By id those who fell out of it and have to be dropped by the receiver."""
    forgotten: list[str] = field(default_factory=list)
    """The ids of those whom the receiver was never given."""
    told: list[tuple[int, str]] = field(default_factory=list)
    fallen: list[Entry] = field(default_factory=list)
    _names: dict[int, tuple[Decision, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.queued or self.left or self.forgotten)

    def named(self, decision: Decision) -> str:
        """What is open, by name, and how far where that is not in full: another law can open less of one."""
        known = self._names.get(id(decision))
        if known is None:
            opened = openings_of(decision).items()
            named = (":".join((each.value, *_narrowed(opening))) for each, opening in opened)
            known = self._names[id(decision)] = decision, " ".join(named)
        return known[1]

    def queue(self, row: Looked, decision: Decision) -> None:
        """To the end of the feed."""
        self.number += 1
        known = row.known
        member = known.member if known and known.number else self.number
        given, removal = (known.given, known.removal) if known else (0, None)
        identifiers = known.identifiers if known else "[]"
        placed = Known(row.crn or "", member, self.number, self.named(decision), None, given, removal, identifiers)
        self.queued[row.person_id] = Looked(row.person_id, row.crn, row.facts, row.consents, placed), decision

    def drop(self, row: Looked, decision: Decision) -> None:
        """Told to drop them if they were given; as if nothing had been if they were not."""
        known = row.known
        if known is None or known.number == 0:
            return
        if not known.given and known.removal is None:
            self.forgotten.append(row.person_id)
            return
        removal = known.removal
        if known.given:
            self.number += 1
            removal = self.number
            self.told.append((removal, known.identifiers))
            self.fallen.append(self._fallen(row, known, decision))
        self.left[row.person_id] = Known(known.crn, known.member, 0, "", None, 0, removal, "[]")

    def _fallen(self, row: Looked, known: Known, decision: Decision) -> Entry:
        """That the receiver has to drop somebody, and why."""
        said = self.gate._phrases.say(self.question, decision.rulings, self.agreement)
        record = self.gate._record(
            self.question, self.agreement, REFUSED, reason="no-longer-permitted", withheld=said.withheld,
            clauses=said.clauses, facts=row.facts, details={"removal": self.number},
        )  # fmt: skip
        on_file, crn = (row.person_id, row.crn) if row.crn else (None, known.crn)
        return record.sealed(PersonPart(on_file, crn, cited(said, row.consents)))

    def entries(self) -> tuple[Entry, ...]:
        """One for all of it, and one for each who fell out of reach."""
        details = {"queued": len(self.queued), "removals": len(self.told)}
        return (noted(self.gate, self.question, self.agreement, details), *self.fallen)

    def changes(self, sent: Collection[str] = ()) -> list[tuple[Any, ...]]:
        """What is written of all but those who are sent at once, of whom the answer's own changes say more."""
        records, client, at = self.gate.records, self.question.caller.client, self.question.at
        waiting = {person: row.known for person, (row, _) in self.queued.items() if person not in sent and row.known}
        made = []
        if rows := [feed_keeping.row(person, known) for person, known in (waiting | self.left).items()]:
            made.append(feed_keeping.kept(records, client, at, rows))
        if self.forgotten:
            made.append(feed_keeping.forgotten(records, client, self.forgotten))
        if self.told:
            made.append(feed_keeping.told(records, client, at, self.told))
        if client in self.gate.told and (events := self._events()):
            made.append(feed_keeping.announced(records, client, at, events))
        return made

    def _events(self) -> list[tuple[str, str, str, int]]:
        """What the system is told of, each under an id of its own."""
        known = [row.known for row, _ in self.queued.values() if row.known]
        moved = [(each.number, PERSON_CHANGED, each.member) for each in known]
        removed = [(number, PERSON_REMOVED, number) for number, _ in self.told]
        return [(event_id(), event_id(), kind, number) for _, kind, number in sorted(moved + removed)]


def noted(gate: "Gate", question: Question, agreement: CompiledAgreement, details: Mapping[str, Any]) -> Entry:
    """That the feed was worked out, which is about nobody."""
    record = gate._record(question, agreement, PERMITTED, reason="feed-worked-out", details=details)
    return record.sealed()


def of_receiver(changes: list[tuple[Any, ...]]) -> tuple[Change, ...]:
    """As the log takes them."""
    return tuple(Change(*each) for each in changes)


def _narrowed(opening: Opening) -> tuple[str, ...]:
    return () if opening == WHOLE else (opening.caveat, *sorted(opening.rows))
