"""How access to people is limited, for up to 500 at once: one statement, a decision for each, and an entry for each.

The case-management system asks about one of its users and is told of the limits on them (H9). A member of staff asks
about themselves, and is told alone whether anything is open to them: a person from whom they are kept out, one of whom
nothing is open, and one who is not on file are one and the same answer (S5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

from app.audit.canonical import Ready, ready
from app.audit.entry import PersonPart, Record
from app.audit.submission import Receipt, Submission
from app.gate.acting import STANDING
from app.gate.entries import PERMITTED, REFUSED, Phrases, cited
from app.policies import CompiledAgreement, Decision, decide
from app.records import limits
from app.records.limits import Looked
from app.records.permit import issue_tables
from app.records.reading import FEEDING, consents_in
from app.vocabulary import CATEGORIES, Fact, Party, Question, Register

if TYPE_CHECKING:
    from app.gate.door import Gate

RELEASED = ready({Register.LIMITS.value: ["exclusionMessage", "restrictionMessage", "userExcluded", "userRestricted"]})
EXPLAINED = "explanation"


@dataclass(slots=True)
class Limited:
    """What was found of each person, decided; the service puts each one's bytes into `answers`, in the same order."""

    rows: list[Looked]
    decisions: list[Decision]
    answers: list[bytes] = field(default_factory=list)
    receipts: Sequence[Receipt] = ()

    def open_rows(self) -> list[tuple[Looked, bool]]:
        """Each person, and whether they are on file and something is permitted."""
        return [
            (row, row.person_id is not None and decision.any_permitted)
            for row, decision in zip(self.rows, self.decisions, strict=True)
        ]


class AskingAccess:
    """`async with`: everybody looked up on the way in, an entry for each on the way out."""

    __slots__ = ("_agreement", "_crns", "_gate", "_is_somebody_elses", "_limited", "_question", "_user")

    def __init__(self, gate: "Gate", question: Question, crns: Sequence[str], user: str | None) -> None:
        is_system = question.caller.is_system
        subjects = (Register.LIMITS,) if is_system else CATEGORIES
        self._gate, self._question, self._crns = gate, replace(question, subjects=subjects), crns
        self._user = (user or "").lower() if is_system else None
        self._is_somebody_elses = not is_system and (user or question.caller.staff) != question.caller.staff
        self._agreement: CompiledAgreement | None = None
        self._limited: Limited | None = None

    async def __aenter__(self) -> Limited:
        gate, question = self._gate, self._question
        agreement = self._agreement = await gate.check_purpose(question)
        caller = question.caller
        if not any(
            agreement.conditions(caller.role, caller.party, question.purpose, question.action, subject)
            for subject in question.subjects
        ):
            raise await gate.refuse(question, "not-permitted-for-role")
        rows = await self._look_up()
        await self._check_caller(rows[0])
        decisions = [decide(question, row.facts, agreement) for row in rows]
        self._limited = Limited(rows, decisions)
        return self._limited

    async def _look_up(self) -> list[Looked]:
        question, permit = self._question, issue_tables(FEEDING)
        try:
            return await limits.looked_up(
                self._gate.records, permit, question.caller, question.at, self._crns, self._user
            )
        finally:
            permit.close()

    async def _check_caller(self, row: Looked) -> None:
        """The caller's own standing is the same in every row."""
        gate, question = self._gate, self._question
        if not row.session_is_live:
            raise await gate.refuse(question, "session-revoked", row.facts)
        needed = Fact.EMPLOYED.bit if question.caller.is_system else STANDING
        if row.facts & needed != needed:
            raise await gate.refuse(question, "standing-lapsed", row.facts)
        if self._is_somebody_elses:
            raise await gate.refuse(question, "access-of-others", row.facts)

    async def __aexit__(
        self, kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        limited, agreement = self._limited, self._agreement
        if kind is not None or limited is None or agreement is None:
            return
        records, entries = [], []
        for (row, is_open), decision, answer in zip(
            limited.open_rows(), limited.decisions, limited.answers, strict=True
        ):
            said = self._gate._phrases.say(self._question, decision.rulings, agreement)
            record = self._record(agreement, row, said, answer, is_open=is_open)
            records.append(record)
            entries.append(record.sealed(PersonPart(row.person_id, row.crn, cited(said, consents_in(row.consents)))))
        announced = self._gate._announcements(records)
        limited.receipts = await self._gate.log.append(Submission(tuple(entries), announced))

    def _record(
        self, agreement: CompiledAgreement, row: Looked, said: Phrases, answer: bytes, *, is_open: bool
    ) -> Record:
        values: dict[str, Any] = {"clauses": said.clauses, "facts": row.facts, "answer": answer}
        if not is_open:
            reason = "not-on-file" if row.person_id is None else "not-permitted"
            return self._gate._record(
                self._question, agreement, REFUSED, reason=reason, withheld=said.withheld, **values
            )
        if self._user is None:
            announce = Party.JUSTICE.value if said.announce else None
            return self._gate._record(
                self._question, agreement, said.outcome, kind=EXPLAINED, withheld=said.withheld, announce=announce,
                **values,
            )  # fmt: skip
        details = _of_user(self._user if row.is_known else None)
        return self._gate._record(self._question, agreement, PERMITTED, released=RELEASED, details=details, **values)


@lru_cache(maxsize=1024)
def _of_user(user: str | None) -> Ready:
    """Whose access was told; a name that nobody has may be anything, and is not kept."""
    return ready({"user": user})
