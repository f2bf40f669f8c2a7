"""A question about one person, from facts to entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from app.audit.submission import Receipt
from app.gate.entries import caveat_of
from app.gate.refusals import AccessRefused, NotOnFile
from app.policies import CompiledAgreement, Decision, Explanation, decide, explain
from app.records.permit import Opening, PersonPermit, issue
from app.records.reading import Standing
from app.vocabulary import CATEGORIES, Category, Question

if TYPE_CHECKING:
    from app.gate.door import Gate


@dataclass(slots=True)
class Opened:
    """What the gate hands out: the permit, the decision, and a place for the answer and its receipt."""

    permit: PersonPermit
    decision: Decision
    agreement: CompiledAgreement
    kind: str
    answer: bytes | None = None
    receipt: Receipt | None = None
    is_found: bool = True
    released: Mapping[str, Sequence[str]] | None = None
    """Which fields of which category the answer carries, where it carries less than what is open."""
    details: Mapping[str, Any] | None = None
    """What else the entry says; nothing personal."""

    def unfound(self) -> None:
        """Nothing of what was asked is there: the entry says refused, since nothing is released."""
        self.is_found = False

    def withheld(self) -> tuple[Explanation, ...]:
        """Why each category that is not open is not, naming no fact whose category the caller may not read."""
        return explain(self.decision, self.agreement)


class Asking:
    """`async with`: raises AccessRefused on the way in, and makes the entry durable on the way out."""

    __slots__ = ("_gate", "_kind", "_opened", "_question", "_referral", "_standing")

    def __init__(self, gate: "Gate", question: Question, kind: str, referral: str | None) -> None:
        self._gate, self._question, self._kind, self._referral = gate, question, kind, referral
        self._opened: Opened | None = None
        self._standing: Standing | None = None

    async def __aenter__(self) -> Opened:
        gate, question = self._gate, self._question
        agreement = await gate.check_purpose(question)
        standing = self._standing = await self._facts()
        if not standing.session_is_live:
            raise await gate.refuse(question, "session-revoked", standing.facts)
        decision = decide(question, standing.facts, agreement)
        if standing.person_id is None or not decision.any_permitted:
            raise await self._refusal(decision, standing, agreement)
        permit = issue(standing.person_id, standing.crn or "", question.caller, question.at, openings_of(decision))
        self._opened = Opened(permit, decision, agreement, self._kind)
        return self._opened

    async def _facts(self) -> Standing:
        records, question = self._gate.records, self._question
        if self._referral is not None:
            return await records.standing_by_referral(question.caller, question.at, referral=self._referral)
        return await records.standing(question.caller, question.at, crn=question.crn or "")

    async def _refusal(self, decision: Decision, standing: Standing, agreement: CompiledAgreement) -> AccessRefused:
        """Reasons for a caller to whom another category of this person is open; for everybody else, nobody there."""
        on_file = standing.person_id is not None
        reason = "not-permitted" if on_file else "not-on-file"
        await self._gate.append(self._question, agreement, decision, standing, reason=reason)
        whole = decide(replace(self._question, subjects=CATEGORIES), standing.facts, agreement)
        if not on_file or self._referral is not None or not whole.any_permitted:
            return NotOnFile()  # a referral's id: that it exists is itself in the category that is closed
        asked = set(self._question.subjects)
        return AccessRefused("withheld", [each for each in explain(whole, agreement) if each.subject in asked])

    async def __aexit__(
        self, kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        opened = self._opened
        if opened is None or self._standing is None:
            return
        opened.permit.close()
        if kind is None:
            opened.receipt = await self._gate.append(
                self._question,
                opened.agreement,
                opened.decision,
                self._standing,
                opened=opened if opened.is_found else None,
                reason=None if opened.is_found else "not-on-file",
            )


def openings_of(decision: Decision) -> dict[Category, Opening]:
    """How far each category is open that is."""
    return {
        ruling.subject: Opening(caveat_of(ruling), ruling.rows)
        for ruling in decision.rulings
        if ruling.permitted and isinstance(ruling.subject, Category)
    }
