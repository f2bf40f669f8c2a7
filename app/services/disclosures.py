"""Who has seen a person's record, when, why and under which clause, in words that the person can read."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Any

from app.audit.disclosures import Disclosure, DisclosureLog
from app.gate import Act, Gate
from app.policies import CompiledAgreement
from app.policies.agreement import LONDON
from app.records.rows import rows
from app.services.answers import Answer, document
from app.services.cursors import decode, encode, number
from app.vocabulary import Category, Question, Register

LISTING = "disclosures"


class DisclosureService:
    """Reads the log for the person it is about (G5); every page leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._log = DisclosureLog(gate.records.database)

    async def page(self, question: Question, cursor: str | None, size: int) -> Answer:
        """Disclosures by day, newest first; CursorInvalid for a cursor from elsewhere."""
        bound = {"crn": question.crn}
        before = number(decode(cursor, (str,), LISTING, bound)[0]) if cursor else None
        async with self._gate.act(question) as act:
            found, has_more = await self._log.page(act.permit, act.standing.person_id or "", before, size)
            people = _Names(self._gate, act)
            lines = [await self._line(each, people, act.agreement) for each in found]
            following = encode((str(found[-1].seq),), LISTING, bound) if has_more else None
            act.answer = document(
                {
                    "crn": act.standing.crn,
                    "data": [{"date": day, "disclosures": list(same)} for day, same in groupby(lines, _day_of)],
                    "pagination": {"next": following, "pageSize": size},
                }
            )
        return Answer(act.answer, act.receipt)

    async def _line(self, one: Disclosure, people: "_Names", current: CompiledAgreement) -> dict[str, Any]:
        try:
            agreement = self._gate.agreements.by_digest(one.agreement or "")
        except KeyError:  # a version that this installation was never given: its words are not known here
            agreement = current
        who = await people.of(one, agreement)
        what = [_subject(word, fields, agreement) for word, fields in one.released.items()]
        clauses = [{"id": clause, "text": _sentence(clause, agreement)} for clause in one.clauses]
        why = next((terms.text for word, terms in agreement.agreement.purposes.items() if word == one.purpose), "")
        return {
            "entry": one.seq,
            "at": one.at,
            "who": who,
            "purpose": {"code": one.purpose, "text": why},
            "what": what,
            "clauses": clauses,
            "text": _said(one.at, who, what, why, clauses),
        }


class _Names:
    """Who stands behind a username or a system's id, looked up once for each."""

    def __init__(self, gate: Gate, act: Act) -> None:
        self._gate, self._act = gate, act
        self._known: dict[tuple[str, str], str | None] = {}

    async def of(self, one: Disclosure, agreement: CompiledAgreement) -> dict[str, Any]:
        """Name, role and organisation."""
        name = await (
            self._name("staff", "username", one.staff) if one.staff else self._name("client", "id", one.client)
        )
        party = next(
            (terms.name for word, terms in agreement.agreement.parties.items() if word == one.party), one.party
        )
        return {"name": name, "role": one.role, "organisation": party, "isSystem": one.staff is None}

    async def _name(self, table: str, column: str, value: str) -> str | None:
        key = (table, value)
        if key not in self._known:
            found = await rows(self._gate.records, self._act.permit, table, **{column: value})
            self._known[key] = found[0]["name"] if found else None
        return self._known[key]


def _subject(word: str, fields: Iterable[str], agreement: CompiledAgreement) -> dict[str, Any]:
    terms = agreement.agreement
    texts: dict[str, str] = {each.value: one.text for each, one in terms.categories.items()}
    texts |= {each.value: one.text for each, one in terms.registers.items()}
    known = {each.value for each in (*Category, *Register)}
    return {"category": word, "text": texts.get(word, "") if word in known else "", "fields": list(fields)}


def _sentence(clause: str, agreement: CompiledAgreement) -> str:
    try:
        return agreement.sentence(clause)
    except KeyError:
        return ""


def _said(
    at: datetime, who: dict[str, Any], what: list[dict[str, Any]], why: str, clauses: list[dict[str, Any]]
) -> str:
    """One sentence after the other, as somebody would say it who was there."""
    local = at.astimezone(LONDON)
    role = who["role"].replace("-", " ")
    somebody = f"{who['name'] or 'somebody whose name is no longer on the register'}, {role}"
    seen = "; ".join(each["text"].rstrip(".") or each["category"] for each in what)
    under = " ".join(f"Clause {each['id']}: {each['text']}" for each in clauses)
    verb = "received" if who["isSystem"] else "saw"
    when = f"{local:%H:%M} on {local.day} {local:%B %Y}"
    return f"At {when} {somebody} at {who['organisation']} {verb}: {seen}. Why: {why} {under}".strip()


def _day_of(line: dict[str, Any]) -> date:
    moment: datetime = line["at"]
    return moment.astimezone(LONDON).date()
