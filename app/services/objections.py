"""What a person objects to (S4): recorded and withdrawn, each with its entry or not at all."""

from dataclasses import dataclass
from datetime import datetime

from app.gate import Gate, NotOnFile, Unacceptable
from app.pathway.consents import State, period_state
from app.records.rows import Found, one, rows
from app.records.writing import own_record, own_version
from app.services.answers import Answer, document
from app.services.consents import begins, check_period
from app.vocabulary import NEVER_OBJECTED, Category, Question

OBJECTION = "objection"


@dataclass(frozen=True, slots=True)
class Objected:
    """The category that the other party is not to read, as it came."""

    category: Category
    valid_from: datetime | None = None
    """None for from now on."""
    valid_until: datetime | None = None
    reason: str | None = None


class ObjectionService:
    """Writes about objections; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def record(self, question: Question, objected: Objected) -> Answer:
        """Unacceptable for a category that protects somebody, and for one that is objected to in that period."""
        async with self._gate.act(question) as act:
            if objected.category in NEVER_OBJECTED:
                raise Unacceptable("objection-not-possible", field="category")
            start = begins(objected.valid_from, question.at)
            check_period(start, objected.valid_until, question.at)
            person, category = act.standing.person_id, objected.category.value
            same = {"person_id": person, "category": category}
            known = await rows(self._gate.records, act.permit, OBJECTION, **same)
            if any(_overlaps(row, start, objected.valid_until, question.at) for row in known):
                raise Unacceptable("objection-overlaps", field="category")
            row = own_record(question.at) | {
                **same,
                "valid_from": start,
                "valid_until": objected.valid_until,
                "reason": objected.reason,
                "recorded_by": question.caller.staff or question.caller.client,
            }
            act.changes.append(self._gate.writer.unchanged(OBJECTION, same, known))
            act.changes.append(self._gate.writer.insert(OBJECTION, row))
            act.details |= {"change": "recorded", "table": OBJECTION, "category": category}
            state = period_state(start, objected.valid_until, None, question.at)
            act.answer = document({"id": row["id"], "version": row["source_version"], "state": state})
        return Answer(act.answer, act.receipt)

    async def withdraw(self, question: Question, objection: str) -> Answer:
        """It is over from now on; once more answers the same. It opens something, and so is a change like any other."""
        async with self._gate.act(question, record=(OBJECTION, objection)) as act:
            row = await one(self._gate.records, act.permit, OBJECTION, objection)
            if row is None:
                raise NotOnFile
            version = row["source_version"]
            if row["withdrawn_at"] is None or row["withdrawn_at"] > question.at:
                changed = {"withdrawn_at": question.at, "withdrawn_by": question.caller.staff or question.caller.client}
                changed |= own_version(question.at)
                act.changes.append(
                    self._gate.writer.update(OBJECTION, {"id": objection, "source_version": version}, changed)
                )
                version = changed["source_version"]
            act.details |= {"change": "withdrawn", "table": OBJECTION, "category": row["category"]}
            act.answer = document({"id": objection, "version": version, "state": State.WITHDRAWN})
        return Answer(act.answer, act.receipt)


def _overlaps(row: Found, start: datetime, end: datetime | None, at: datetime) -> bool:
    if row["withdrawn_at"] is not None and row["withdrawn_at"] <= at:
        return False
    return (end is None or row["valid_from"] < end) and (row["valid_until"] is None or start < row["valid_until"])
