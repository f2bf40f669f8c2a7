"""Why each category of a person is open to somebody, and if not why not: as data and in plain words.

A caller asks about themselves, as they stand now. Oversight (G1) asks about any member of staff, or any system, at any
moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.gate import EXPLAINED, Gate, Unacceptable
from app.policies import CompiledAgreement, Decision, Explanation, decide, explain
from app.policies.plain import permitted_in_words, withheld_in_words
from app.records.as_of import caller_at, standing_at, system_at
from app.services.answers import Answer, document
from app.vocabulary import CATEGORIES, FACTS, Action, Caller, Category, Purpose, Question, Register, facts_of, names_of


@dataclass(frozen=True, slots=True)
class Somebody:
    """Of whom oversight asks: a member of staff, or else a system; for a purpose, at a moment."""

    staff: str | None
    system: str | None
    purpose: Purpose
    at: datetime

    @property
    def kind(self) -> str:
        """`staff` or `system`."""
        return "system" if self.staff is None else "staff"

    @property
    def named(self) -> dict[str, Any]:
        """By what they are known."""
        return {self.kind: self.system if self.staff is None else self.staff}


class ExplanationService:
    """Answers "may I, and if not why not"; discloses nothing of the record, and leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def own(self, question: Question, purpose: Purpose, only: Category | None) -> Answer:
        """The caller's own access for any purpose, if anything is open to them for the one that they ask with."""
        async with self._gate.ask(question, kind=EXPLAINED) as opened:
            decision = opened.decision
            if purpose is not question.purpose:
                decision = decide(replace(question, purpose=purpose), decision.facts, opened.agreement)
                opened.details = {"explained": {"purpose": purpose.value}}
            said = _said(decision, opened.agreement, explain(decision, opened.agreement), only)
            opened.answer = document(_head(opened.permit.crn, purpose, opened.agreement) | said)
        return Answer(opened.answer, opened.receipt)

    async def of_somebody(self, question: Question, somebody: Somebody, only: Category | None) -> Answer:
        """Another's access at a moment, on the facts and under the agreement of that moment; every fact is named (G1).

        Unacceptable if nobody of that name was on the register then, and no such system.
        """
        asked = replace(question, subjects=(Register.AUDIT_LOG,))
        async with self._gate.act(asked) as act:
            records, at = self._gate.records, somebody.at
            caller = await self._caller(somebody)
            if caller is None:
                raise Unacceptable(f"{somebody.kind}-unknown-then", field=somebody.kind)
            standing = await standing_at(records, caller, at, crn=act.standing.crn or "")
            agreement = self._gate.agreements.at(at)
            theirs = Question(
                caller, somebody.purpose, Action.READ, CATEGORIES, at, question.resource, question.request_id
            )
            decision = decide(theirs, standing.facts, agreement)
            act.details |= {"explained": somebody.named | {"purpose": somebody.purpose.value, "at": at.isoformat()}}
            about = somebody.named | {"role": caller.role.value, "party": caller.party.value, "at": at}
            said = _said(decision, agreement, explain(decision, agreement, facts_of(*FACTS)), only)
            facts = [fact.value for fact in names_of(standing.facts)]
            head = _head(act.standing.crn or "", somebody.purpose, agreement)
            act.answer = document(head | {"about": about, "facts": facts} | said)
        return Answer(act.answer, act.receipt)

    async def _caller(self, somebody: Somebody) -> Caller | None:
        if somebody.staff is not None:
            return await caller_at(self._gate.records, somebody.staff, somebody.at)
        return await system_at(self._gate.records, somebody.system or "", somebody.at)


def _head(crn: str, purpose: Purpose, agreement: CompiledAgreement) -> dict[str, Any]:
    return {
        "crn": crn,
        "purpose": purpose.value,
        "action": Action.READ.value,
        "agreement": {"version": agreement.version, "digest": agreement.digest},
    }


def _said(
    decision: Decision, agreement: CompiledAgreement, withheld: Sequence[Explanation], only: Category | None
) -> dict[str, Any]:
    wanted = (only,) if only else CATEGORIES
    return {
        "open": [_open(decision, agreement, category) for category in wanted if category in decision.permitted],
        "withheld": [
            each.as_data() | {"explanation": withheld_in_words(each, agreement)}
            for each in withheld
            if each.subject in wanted
        ],
    }


def _open(decision: Decision, agreement: CompiledAgreement, category: Category) -> dict[str, Any]:
    ruling = decision.ruling(category)
    narrowed = {"caveat": agreement.caveats[ruling.fields[0]]} if ruling.fields else {}
    return {
        "category": category.value,
        "clauses": list(ruling.clauses),
        "because": [agreement.sentence(clause) for clause in ruling.clauses],
        **narrowed,
        "explanation": permitted_in_words(ruling, agreement),
    }
