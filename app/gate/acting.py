"""A change, or a read of a register, from facts to entry: what is written and the entry that says so are one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from app.audit.submission import ChangeRefused, Receipt, RowsMissed
from app.gate.refusals import AccessRefused, NotOnFile, Unacceptable
from app.policies import CompiledAgreement, Decision, Explanation, decide, explain
from app.policies.explain import told_facts
from app.records.permit import Permit, issue_tables
from app.records.reading import Standing
from app.records.views import tables_about
from app.vocabulary import CATEGORIES, Action, Category, Fact, Party, Question, Subject, facts_of

if TYPE_CHECKING:
    from app.gate.door import Gate

STANDING = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING)


@dataclass(frozen=True, slots=True)
class Announcing:
    """What is told at once because of an act: `office` is who is meant, at each of the parties."""

    kind: str
    office: str
    parties: tuple[Party, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    """The id of what it is about, by the name of its column: `grant_id`, `alert_id` or `meeting_id`."""


@dataclass(slots=True)
class Beside:
    """A further question about the person of an act, for the same answer: what came of it, and what is told by it."""

    question: Question
    decision: Decision
    released: dict[str, list[str]] = field(default_factory=dict)
    """What the answer carries of it, for the entry."""

    def opens(self, subject: Subject) -> bool:
        """Whether a clause permits it."""
        return any(ruling.permitted for ruling in self.decision.rulings if ruling.subject == subject)

    def withheld(self, agreement: CompiledAgreement) -> tuple[Explanation, ...]:
        """Why each category that is not open is not."""
        return explain(self.decision, agreement)


@dataclass(slots=True)
class Act:
    """What the gate hands out for one act: what was decided and found, and a place for what is to be written."""

    standing: Standing
    decision: Decision
    agreement: CompiledAgreement
    permit: Permit
    """Opens the tables of the question's subjects until the act ends; of whom they are read is for the service to say.
    """
    changes: list[tuple[Any, ...]] = field(default_factory=list)
    """From `Gate.writer`, each with the number of rows that it must touch where another means that somebody was faster.
    """
    details: dict[str, Any] = field(default_factory=dict)
    """What was changed, for the entry; nothing personal."""
    released: dict[str, list[str]] = field(default_factory=dict)
    """What the answer carries, for the entry, where the question's own action and subjects do not say it."""
    announcing: Announcing | None = None
    answer: bytes | None = None
    receipt: Receipt | None = None
    also: list[tuple[Standing, Decision]] = field(default_factory=list)
    """Further people whom it turned out to be about: an entry for each, of which the first one's receipt is given."""
    beside: list[Beside] = field(default_factory=list)
    """Further questions about the same person; each of which something is told has an entry of its own."""
    unfound: str | None = None
    """Why nothing is released to whoever is answered as if nobody were there (S5): the entry says refused."""
    question: Question | None = None
    """What it asks, or went on to ask."""
    before: list[tuple[Question, "Act"]] = field(default_factory=list)
    """What the same request asked before, each with its changes: entries and changes of all of it are durable together.
    """
    receipts: Sequence[Receipt] = ()
    """Those of `before`, and this act's own last."""


class Acting:
    """`async with`: raises AccessRefused on the way in; on the way out makes changes and entry durable together.

    Unacceptable raised within leaves an entry of a refusal under its code, and nothing else.
    """

    __slots__ = ("_act", "_alone", "_facts_at", "_gate", "_question", "_record")

    def __init__(self, gate: "Gate", question: Question, record: tuple[str, str] | None, facts_at: datetime | None, *,
                 alone: bool) -> None:  # fmt: skip
        self._gate, self._question, self._record, self._alone = gate, question, record, alone
        self._facts_at = facts_at
        self._act: Act | None = None

    async def __aenter__(self) -> Act:
        gate, question = self._gate, self._question
        agreement = await gate.check_purpose(question)
        standing = await self._facts()
        if not await gate.session_is_live(question, standing, self._facts_at):
            raise await gate.refuse(question, "session-revoked", standing.facts)
        decision = decide(question, standing.facts, agreement)
        on_file = standing.person_id is not None or not self._is_about_somebody()
        if not on_file or any(not ruling.permitted for ruling in decision.rulings):
            raise await self._refusal(decision, standing, agreement, on_file=on_file)
        self._act = Act(standing, decision, agreement, issue_tables(tables_about(question.subjects)))
        return self._act

    def _is_about_somebody(self) -> bool:
        return not self._alone and (self._record is not None or self._question.crn is not None)

    async def _facts(self) -> Standing:
        records, question = self._gate.records, self._question
        at = self._facts_at or question.at
        if self._record is not None:
            return await records.standing_by_record(question.caller, at, *self._record)
        crn = "" if self._alone else question.crn or ""
        return await records.standing(question.caller, at, crn=crn)

    async def _refusal(
        self, decision: Decision, standing: Standing, agreement: CompiledAgreement, *, on_file: bool
    ) -> AccessRefused:
        """As a read is refused: reasons where something else of the person is open, else nobody is there (S5)."""
        question = self._question
        if not self._is_about_somebody():
            lapsed = standing.facts & STANDING != STANDING and not question.caller.is_system
            code = "standing-lapsed" if lapsed else "not-permitted-for-role"
            await self._gate.append(question, agreement, decision, standing, reason=code)
            return AccessRefused(code)
        reason = "not-permitted" if on_file else "not-on-file"
        await self._gate.append(question, agreement, decision, standing, reason=reason)
        reading = replace(question, subjects=CATEGORIES, action=Action.READ)
        whole = decide(reading, standing.facts, agreement)
        if not on_file or self._record is not None or not whole.any_permitted:
            return NotOnFile()
        return AccessRefused("withheld", explain(decision, agreement, told_facts(whole, agreement)))

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        act = self._act
        if act is None:
            return
        act.permit.close()
        if isinstance(fault, Unacceptable):
            await self._refuse(act, fault.reason)
        if kind is not None:
            return
        try:
            act.receipts = await self._gate.append_acts([*act.before, (self._asked(act), act)])
            act.receipt = act.receipts[len(act.before)]
        except ChangeRefused as refused:
            code = "changed-meanwhile" if somebody_was_faster(refused.fault) else "database-refused"
            await self._refuse(act, code)
            raise Unacceptable(code) from refused

    async def _refuse(self, act: Act, code: str) -> None:
        """What further questions told goes out with the refusal, and into the log with it."""
        await self._gate.append(self._asked(act), act.agreement, act.decision, act.standing, reason=code)
        await self._gate.append_beside(act)

    def _asked(self, act: Act) -> Question:
        return act.question or self._question


def decide_beside(act: Act, question: Question) -> Beside:
    """Decide a further question on the facts of an act; what it opens may be read until the act ends."""
    beside = Beside(question, decide(question, act.standing.facts, act.agreement))
    act.beside.append(beside)
    opened = tuple(ruling.subject for ruling in beside.decision.rulings if ruling.permitted)
    if opened:
        narrower, act.permit = act.permit, issue_tables(act.permit.tables | tables_about(opened))
        narrower.close()
    return beside


def widen(act: Act, question: Question) -> bool:
    """Let an act ask for more about the same person, where all of that is permitted: the entry then says so."""
    decision = decide(question, act.standing.facts, act.agreement)
    if any(not ruling.permitted for ruling in decision.rulings):
        return False
    narrower, act.permit = act.permit, issue_tables(act.permit.tables | tables_about(question.subjects))
    narrower.close()
    act.question, act.decision = question, decision
    return True


def somebody_was_faster(fault: Exception) -> bool:
    """Whether a row that was seen is another by now, or one that was not there is there."""
    said = (getattr(fault, "sqlite_errorname", None), getattr(fault, "sqlstate", None))
    is_there = said[0] in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE") or said[1] == "23505"
    return is_there or isinstance(fault, RowsMissed)


def released_by(act: Act, question: Question) -> Mapping[str, Sequence[str]]:
    """What an answer to an act carries, for the log: the categories or registers that were read, if any were."""
    if act.released or act.unfound or question.action is not Action.READ:
        return act.released
    return {subject.value: ["*"] for subject in question.subjects if not isinstance(subject, Category)}
