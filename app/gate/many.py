"""Many records of one system at once: facts of all their people in one statement, a decision and an entry for each.

What is written goes in as few statements as there are tables, in the transaction of the entries. A record that no
clause permits is not written, whatever the others are, and its refusal is an entry among theirs.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from app.audit.canonical import Ready, ready
from app.audit.entry import ChangePattern, PersonPart
from app.audit.submission import Change, Submission
from app.gate.entries import PERMITTED, REFUSED
from app.gate.turns import giving_way
from app.policies import CompiledAgreement, Decision, decide
from app.records import parents
from app.records.batches import CHUNKS, HELD, awake
from app.records.parents import PARENTS, Parent
from app.records.permit import Permit, issue_tables
from app.records.reading import Standing
from app.vocabulary import Action, Facts, Question, Subject

if TYPE_CHECKING:
    from app.gate.door import Gate

_CHANGE, _READ = "change", "access"
_READS = CHUNKS | HELD | PARENTS


class Made(NamedTuple):
    """One record as it is to be written: about whom, under what, in which rows.

    Rows are put together with those of other records by table, in the order of their ranks: first what others refer
    to. `changes` come from the gate's writer, each after the rows of its rank.
    """

    action: Action
    subjects: tuple[Subject, ...]
    crn: str | None
    details: Mapping[str, Any] | Ready
    rows: Sequence[tuple[int, str, Mapping[str, Any]]] = ()
    changes: Sequence[tuple[int, tuple[Any, ...]]] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """What holds for every record of the same subjects and facts."""

    is_permitted: bool
    pattern: ChangePattern


@dataclass(slots=True)
class Many:
    """What the gate hands out for many records; nothing is read with it after its block."""

    gate: "Gate"
    question: Question
    agreement: CompiledAgreement
    permit: Permit
    _known: dict[str, Standing] = field(default_factory=dict)
    _decisions: dict[tuple[Action, tuple[Subject, ...], Facts], Decided] = field(default_factory=dict)

    async def meet(self, crns: Iterable[str | None]) -> None:
        """The facts of these people, and whether the caller may still speak: SessionRevoked, its entry durable."""
        new = sorted({crn or "" for crn in crns} - self._known.keys()) or ([] if self._known else [""])
        if not new:
            return
        question = self.question
        for crn, standing in zip(
            new, await self.gate.records.standings(question.caller, question.at, new), strict=True
        ):
            if not standing.session_is_live:
                raise await self.gate.refuse(question, "session-revoked", standing.facts)
            self._known[crn] = standing

    def is_on_file(self, crn: str) -> bool:
        """Whether there is such a person, of those that were met."""
        return self._known[crn].person_id is not None

    def permits(self, made: Made) -> bool:
        """Whether every subject of it may be written."""
        return self._decided(made).is_permitted

    async def commit(self, records: Sequence[Made], also: Sequence[tuple[Any, ...]] = ()) -> None:
        """Everything that is permitted, with an entry for each record and `also`, in one transaction.

        ChangeRefused if the database refuses one of them or somebody was faster: then nothing is written.
        """
        await self.append(await self.sealed(records, also))

    async def sealed(self, records: Sequence[Made], also: Sequence[tuple[Any, ...]] = ()) -> Submission:
        """What `append` writes of these records."""
        entries, permitted = [], []
        async for made in giving_way(records):
            decided, standing = self._decided(made), self._known[made.crn or ""]
            details = made.details if type(made.details) is Ready else ready(made.details)
            person = PersonPart(standing.person_id, made.crn) if made.crn else None
            entries.append(decided.pattern.sealed(details, person))
            if decided.is_permitted:
                permitted.append(made)
        changes = [*(await self._together(permitted)), *also]
        return Submission(tuple(entries), tuple(Change(*change) for change in changes))

    async def append(self, submission: Submission) -> None:
        """What was sealed, durable once this returns; errors as `commit`."""
        await self.gate.log.append(submission)

    def awake(self, keys: Iterable[str], now: datetime) -> tuple[Any, ...]:
        """A change that goes with records that come: lines that wait for them are applied from then on."""
        return awake(self.gate.records, keys, now)

    def _decided(self, made: Made) -> Decided:
        facts = self._known[made.crn or ""].facts
        known = self._decisions.get((made.action, made.subjects, facts))
        if known is None:
            question = replace(self.question, action=made.action, subjects=made.subjects)
            decision = decide(question, facts, self.agreement)
            is_permitted = all(ruling.permitted for ruling in decision.rulings)
            known = self._decisions[made.action, made.subjects, facts] = Decided(
                is_permitted, self._pattern(question, facts, decision, is_permitted=is_permitted)
            )
        return known

    def _pattern(self, question: Question, facts: Facts, decision: Decision, *, is_permitted: bool) -> ChangePattern:
        """What the entries of all records say alike of which the same was decided on the same facts."""
        said = self.gate._phrases.say(question, decision.rulings, self.agreement)
        record = self.gate._record(
            question,
            self.agreement,
            PERMITTED if is_permitted else REFUSED,
            kind=_CHANGE if is_permitted else _READ,
            clauses=said.clauses,
            facts=facts,
            withheld=said.withheld,
            reason=None if is_permitted else "not-permitted",
        )
        return ChangePattern.of(record)

    async def _together(self, records: Iterable[Made]) -> list[tuple[Any, ...]]:
        """The rows by rank, table and columns, each set in one change or few."""
        rows: dict[tuple[int, str, tuple[str, ...]], list[Mapping[str, Any]]] = {}
        alone: dict[int, list[tuple[Any, ...]]] = {}
        async for made in giving_way(records):
            for rank, table, row in made.rows:
                rows.setdefault((rank, table, tuple(row)), []).append(row)
            for rank, change in made.changes:
                alone.setdefault(rank, []).append(change)
        changes: list[tuple[Any, ...]] = []
        for rank in sorted({key[0] for key in rows} | alone.keys()):
            for (of, table, _), several in rows.items():
                if of == rank:
                    await asyncio.sleep(0)  # as in `giving_way`
                    changes += (*self.gate.writer.before(table, several), *self.gate.writer.upsert_many(table, several))
            changes += alone.get(rank, ())
        return changes

    # --- what records have to know of each other --------------------------------------------------------------------

    async def versions(self, table: str, ids: Sequence[str]) -> dict[str, str]:
        """Which version of each of these records is there; nothing else of them."""
        permit = issue_tables(frozenset({table}))
        try:
            return await self.gate.writer.versions(permit, table, ids)
        finally:
            permit.close()

    async def parents(self, table: str, ids: Iterable[str]) -> dict[str, Parent]:
        """What records that belong to these have to know of them."""
        return await parents.parents(self.gate.records, self.permit, table, ids)

    async def numbers_of(self, people: Iterable[str]) -> dict[str, str | None]:
        """The NHS number that each of these people (by id) is known by."""
        return await parents.numbers_of(self.gate.records, self.permit, people)

    async def people_with(self, numbers: Iterable[str]) -> dict[str, str]:
        """By NHS number the id of the person who has it."""
        return await parents.people_with(self.gate.records, self.permit, numbers)

    async def patients_with(self, numbers: Iterable[str]) -> list[tuple[str, str, str]]:
        """NHS number, source and id of each patient who has one of these."""
        return await parents.patients_with(self.gate.records, self.permit, numbers)


@asynccontextmanager
async def many(gate: "Gate", question: Question) -> AsyncIterator[Many]:
    """Within this block the question's caller may write many records, as far as each is permitted.

    AccessRefused for a purpose that the role may never use.
    """
    agreement = await gate.check_purpose(question)
    permit = issue_tables(_READS)
    try:
        yield Many(gate, question, agreement, permit)
    finally:
        permit.close()


@contextmanager
def lines_at_hand() -> Iterator[Permit]:
    """Within this block lines that were sent and are not applied may be read, in order to apply them as their sender's.

    What they say goes no further before `many` has decided on it.
    """
    permit = issue_tables(CHUNKS | HELD)
    try:
        yield permit
    finally:
        permit.close()
