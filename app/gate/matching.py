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

from app.audit.canonical import Ready, ready
from app.audit.entry import ChangePattern, PersonPart, Record
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
_ACTIONS = (Action.LINK, Action.UNLINK, Action.WRITE)


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
    def values(self) -> Mapping[str, str]:
        """How it is to stand."""
        return {"state": self.verdict.state.value, "basis": self.verdict.basis.value}

    @property
    def parts(self) -> bool:
        """Whether it was a link, and is none any more."""
        return self.seen is not None and self.seen.state is State.LINKED and not self.links

    @property
    def links(self) -> bool:
        """Whether the registration is the person's from here on."""
        return self.verdict.state is State.LINKED

    @property
    def action(self) -> Action:
        """As the entry names it."""
        return Action.LINK if self.links else Action.UNLINK if self.parts else Action.WRITE

    @property
    def said(self) -> Ready:
        """On which basis it was concluded; not from which values."""
        said = {"match": self.id, "change": self.verdict.state.value, "basis": self.verdict.basis.value}
        return ready(said | {"table": "identity_match"})


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
        in_order = sorted(turns, key=lambda each: each.links)  # what is parted makes room for what is linked
        made = [compared.stands(writer, turn.seen, turn.values, at) for turn in in_order if turn.seen is not None]
        made += compared.stand(writer, [{**turn.keys, **turn.values} for turn in turns if turn.seen is None], at)
        made += [*compared.belong(writer, _moved(turns)), *also]
        patterns = {action: ChangePattern.of(self._record(action, at, request_id)) for action in _ACTIONS}
        entries = (
            patterns[turn.action].sealed(turn.said, PersonPart(turn.person.id, turn.person.crn)) for turn in turns
        )
        await self._gate.log.append(Submission(tuple(entries), tuple(Change(*each) for each in made)))

    def _record(self, action: Action, at: datetime, request_id: str) -> Record:
        """That it was concluded."""
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
        )


def _moved(turns: Sequence[Turn]) -> Mapping[Registered, str | None]:
    """Whose each registration is that was linked or parted."""
    moved = {turn.registration: turn.person.id if turn.links else None for turn in turns if turn.parts}
    moved |= {turn.registration: turn.person.id for turn in turns if turn.links}
    return {registered: person_id for registered, person_id in moved.items() if registered.person_id != person_id}


@contextmanager
def matching(gate: Gate) -> Iterator[Matchmaker]:
    """Within this block both sides may be compared; UnpermittedRead after it."""
    permit = issue_tables(compared.COMPARED)
    try:
        yield Matchmaker(gate, permit)
    finally:
        permit.close()
