"""What a person who asks for it is given: their request opened and closed, and all that is held about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.gate import Gate, NotOnFile, Unacceptable
from app.policies.agreement import LONDON
from app.records.occurrence import within
from app.records.rows import one, rows
from app.records.writing import own_record, own_version
from app.services.answers import Answer, document
from app.vocabulary import CATEGORIES, Purpose, Question, Register

REQUESTS = "subject_request"
NOT_USED = "identifier-not-used"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose records, by which identifier, and of which days; both days are included."""

    crn: str | None
    prn: str | None
    since: date | None = None
    until: date | None = None


class SubjectAccessService:
    """A records officer's work (G3, G5); every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def open(self, question: Question, received_on: date, reference: str) -> Answer:
        """A request that the person has made; Unacceptable if one of theirs is open, or it comes from tomorrow."""
        async with self._gate.act(question) as act:
            if received_on > _today(question):
                raise Unacceptable("body-invalid", "a request cannot be received after today", "receivedOn")
            person = act.standing.person_id
            known = await rows(self._gate.records, act.permit, REQUESTS, person_id=person)
            if any(is_open(row, _today(question)) for row in known):
                raise Unacceptable("subject-request-open")
            row = own_record(question.at) | {
                "person_id": person,
                "opened_on": received_on,
                "opened_by": question.caller.staff or question.caller.client,
                "reference": reference,
            }
            act.changes.append(self._gate.writer.insert(REQUESTS, row))
            act.details |= {"change": "opened", "table": REQUESTS}
            act.answer = document({"id": row["id"], "version": row["source_version"]})
        return Answer(act.answer, act.receipt)

    async def close(self, question: Question, request: str, closed_on: date | None) -> Answer:
        """The request has been answered; from that day on nothing is given under it."""
        async with self._gate.act(question, record=(REQUESTS, request)) as act:
            row = await one(self._gate.records, act.permit, REQUESTS, request)
            if row is None:
                raise NotOnFile
            today = _today(question)
            day = closed_on or today
            if row["closed_on"] is not None:
                raise Unacceptable("subject-request-closed")
            if not row["opened_on"] <= day <= today:
                raise Unacceptable("body-invalid", "a day from that of its receipt to today", "closedOn")
            changed = {"closed_on": day, "closed_by": question.caller.staff or question.caller.client}
            changed |= own_version(question.at)
            seen = {"id": row["id"], "source_version": row["source_version"]}
            act.changes.append(self._gate.writer.update(REQUESTS, seen, changed))
            act.details |= {"change": "closed", "table": REQUESTS}
            act.answer = document({"id": row["id"], "version": changed["source_version"]})
        return Answer(act.answer, act.receipt)

    async def content(self, question: Question, wanted: Wanted) -> Answer | None:
        """Everything that is held, as far as G3 gives it; None if nothing is, or nothing may be told (S5).

        Unacceptable (`identifier-not-used`) for somebody named otherwise than by a CRN.
        """
        if question.purpose is not Purpose.SUBJECT_ACCESS or wanted.crn is None:
            await self._turn_away(question)
        try:
            async with self._gate.ask(replace(question, crn=wanted.crn)) as opened:
                held = {
                    category: await self._gate.records.read(opened.permit, category)
                    for category in CATEGORIES
                    if category in opened.permit.openings
                }
                caveats = {opening.caveat for opening in opened.permit.openings.values()} - {"all"}
                texts = [{"code": each, "text": opened.agreement.caveats[each]} for each in sorted(caveats)]
                content = {
                    "crn": opened.permit.crn,
                    "categories": within(held, wanted.since, wanted.until),
                    "caveats": texts,
                }
                opened.answer = document({"content": content})
        except NotOnFile:
            return None
        return Answer(opened.answer, opened.receipt)

    async def _turn_away(self, question: Question) -> None:
        """Nobody is asked about: who may read disclosures (G5) may know this much, and everybody else is refused."""
        asked = replace(question, subjects=(Register.DISCLOSURES,), crn=None)
        async with self._gate.act(asked, alone=True):
            raise Unacceptable(NOT_USED)


def _today(question: Question) -> date:
    return question.at.astimezone(LONDON).date()


def is_open(row: Mapping[str, Any], today: date) -> bool:
    """Whether a request has not been answered by a day."""
    return row["closed_on"] is None or row["closed_on"] > today
