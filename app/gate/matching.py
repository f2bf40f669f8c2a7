"""What matching takes (H7): both sides of everybody who may be one, and a way for what it concludes to get in.

No caller stands behind it, and nobody is shown anything; each pair that changes is an entry about its person, in the
transaction that changes it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.audit.entry import PersonPart, Record, event_id
from app.audit.submission import Change, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.pathway.matching import Side, State, Verdict
from app.records import matching as compared
from app.records.matching import Kept, Registered
from app.records.permit import Permit, issue_tables
from app.vocabulary import Action

MATCHED = "match"
RESOURCE = "identity matching"


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of a pair; `seen` is how it stood, None for a new one."""

    registration: Registered
    person: Side
    seen: Kept | None
    verdict: Verdict
    new_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def id(self) -> str:
        """Of the pair. It follows from nothing: the entry has it, and is to name nobody once the person is erased."""
        return self.seen.id if self.seen else self.new_id

    @property
    def keys(self) -> Mapping[str, str]:
        """Of the pair, and of the two records."""
        return {"id": self.id, "patient_id": self.registration.side.id, "person_id": self.person.id}

    @property
    def parts(self) -> bool:
        """Whether it was a link, and is none any more."""
        return self.seen is not None and self.seen.state is State.LINKED and not self.links

    @property
    def links(self) -> bool:
        """Whether the registration is the person's from here on."""
        return self.verdict.state is State.LINKED


class Matchmaker:
    """Reads both sides and keeps what was concluded, while the block of `matching` lasts."""

    def __init__(self, gate: Gate, permit: Permit) -> None:
        self._gate, self._records, self._permit = gate, gate.records, permit

    async def people(self, by: str, values: Iterable[object]) -> list[Side]:
        """Everybody with one of these values in a column."""
        return await compared.people(self._records, self._permit, by, values)

    async def registrations(self, by: str, values: Iterable[object]) -> list[Registered]:
        """Every registration with one of these values in a column."""
        return await compared.registrations(self._records, self._permit, by, values)

    async def crns_of(self, registrations: Iterable[str]) -> dict[str, str]:
        """By the id of each registration that is somebody's, their CRN."""
        return await compared.crns_of(self._records, self._permit, registrations)

    async def pairs(self, by: str, values: Iterable[str]) -> list[Kept]:
        """Every pair that is kept of these registrations or people."""
        return await compared.pairs(self._records, self._permit, by, values)

    async def keep(
        self, turns: Sequence[Turn], at: datetime, request_id: str, also: Sequence[tuple[Any, ...]] = ()
    ) -> None:
        """All of it in one transaction, `also` further changes; ChangeRefused if somebody else changed any of it."""
        writer = self._gate.writer
        made = []
        for turn in sorted(turns, key=lambda each: each.links):  # what is parted makes room for what is linked
            values = {"state": turn.verdict.state.value, "basis": turn.verdict.basis.value}
            made.append(Change(*compared.stands(writer, turn.seen, turn.keys, values, at)))
        made += [Change(*each) for each in (*self._belonging(turns), *also)]
        entries = [
            self._record(turn, at, request_id).sealed(PersonPart(turn.person.id, turn.person.crn)) for turn in turns
        ]
        await self._gate.log.append(Submission(tuple(entries), tuple(made)))

    def _belonging(self, turns: Sequence[Turn]) -> Iterator[compared.Change]:
        """Whose each registration is that was linked or parted."""
        moved = {turn.registration: turn.person.id if turn.links else None for turn in turns if turn.parts}
        moved |= {turn.registration: turn.person.id for turn in turns if turn.links}
        for registration, person_id in moved.items():
            if registration.person_id != person_id:
                yield compared.belongs(self._gate.writer, registration, person_id)

    def _record(self, turn: Turn, at: datetime, request_id: str) -> Record:
        """That it was concluded, and on which basis; not from which values."""
        action = Action.LINK if turn.links else Action.UNLINK if turn.parts else Action.WRITE
        said = {"match": turn.id, "change": turn.verdict.state.value, "basis": turn.verdict.basis.value}
        return Record(
            kind=MATCHED,
            occurred_at=at,
            caller=None,
            action=action.value,
            resource=RESOURCE,
            outcome=PERMITTED,
            request_id=request_id,
            agreement=self._gate.agreements.at(at).digest,
            reason="identity-matched",
            details=said | {"table": "identity_match"},
            event_id=event_id(),
        )


@contextmanager
def matching(gate: Gate) -> Iterator[Matchmaker]:
    """Within this block both sides may be compared; UnpermittedRead after it."""
    permit = issue_tables(compared.COMPARED)
    try:
        yield Matchmaker(gate, permit)
    finally:
        permit.close()
