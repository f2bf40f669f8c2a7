"""Possible matches as a Caldicott guardian sees and decides them (G8): both sides, what agrees, and one answer."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from app.audit.submission import ChangeRefused
from app.gate import Act, Gate, Unacceptable
from app.gate.several import decide_about_each
from app.pathway.matching import Basis, Field, Pair, Side, State, weights
from app.records import matching as pairs
from app.records.matching import Reviewed
from app.records.views import camel
from app.services.answers import Answer, document, page
from app.services.cursors import decode, decode_moment, encode
from app.services.matching import MatchingService
from app.services.texts import seen
from app.vocabulary import Action, Category, Question, Register

LISTING = "matches"
SHOWN = ("crn", "nhs_number", "pnc_number", "family_name", "given_names", "date_of_birth", "sex")
"""Of each side: identity alone. How far postcodes agree is said, and not which they are."""
BEFORE = {
    State.LINKED: (State.POSSIBLE, State.DISMISSED),
    State.DISMISSED: (State.POSSIBLE,),
}
"""From which states somebody can decide for one."""


class MatchService:
    """Every method raises AccessRefused or Unacceptable once the entry that says so is durable."""

    def __init__(self, gate: Gate, matching: MatchingService) -> None:
        self._gate, self._matching = gate, matching

    async def page(self, question: Question, state: State, cursor: str | None, size: int) -> Answer:
        """Pairs in a state, newest first; an entry for each person shown. CursorInvalid for a cursor from elsewhere."""
        bound = {"state": state.value}
        after = _after(cursor, bound) if cursor else None
        async with self._gate.act(question) as act:
            found = await pairs.page(self._gate.records, act.permit, question.caller, question.at, state, after, size)
            rows, last = found[:size], found[size - 1].kept if len(found) > size else None
            following = encode((last.recorded_at.isoformat(), last.id), LISTING, bound) if last else None
            crns = list(dict.fromkeys(row.person.crn for row in rows if row.person.crn is not None))
            if crns:
                opened = await decide_about_each(self._gate, act, question, crns)
                rows = [row for row in rows if row.person.crn in opened]
            act.details = {"listed": "identity_match", "shown": len(rows)}
            act.released = _released() if rows else {}
            answer = page([document(_shown(row)) for row in rows], following, size)
            act.answer = None if act.also else answer
        return Answer(answer, act.receipt)

    async def one(self, question: Question, identity: str) -> Answer:
        """One pair."""
        async with self._gate.act(question) as act:
            row = await self._found(act, question, identity)
            act.details = {"match": identity, "read": "identity_match"}
            act.released = _released()
            act.answer = document(_shown(row))
        return Answer(act.answer, act.receipt)

    async def link(self, question: Question, identity: str, note: str) -> Answer:
        """They are one person: what the registration brings is theirs from here on."""
        return await self._decide(question, identity, State.LINKED, note)

    async def unlink(self, question: Question, identity: str, note: str) -> Answer:
        """They are two people: what had come with the registration is taken from the person at once."""
        return await self._decide(question, identity, State.DISMISSED, note)

    async def dismiss(self, question: Question, identity: str, note: str) -> Answer:
        """They are two people, and were not taken for one."""
        return await self._decide(question, identity, State.DISMISSED, note)

    async def _decide(self, question: Question, identity: str, state: State, note: str) -> Answer:
        async with self._gate.act(question) as act:
            row = await self._found(act, question, identity)
            was = (State.LINKED,) if question.action is Action.UNLINK else BEFORE[state]
            if row.kept.state not in was:
                raise Unacceptable("match-decided", f"it is {row.kept.state} already")
            if not seen(note):
                raise Unacceptable("text-insufficient", "say why", "note")
            await self._write(act, row, state, note.strip(), question)
            act.details = {"match": identity, "change": state.value, "table": "identity_match"}
            act.answer = document({"id": identity, "state": state.value})
        with suppress(ChangeRefused):  # the decision stands, and what follows from it the next run of matching finds
            await self._matching.match(registrations=(row.registration.id,))
        return Answer(act.answer, act.receipt)

    async def _write(self, act: Act, row: Reviewed, state: State, note: str, question: Question) -> None:
        writer, at = self._gate.writer, question.at
        decided = {"decided_by": question.caller.staff, "decided_at": at, "note": note}
        values = {"state": state.value, "basis": Basis.DECIDED.value} | decided
        act.changes.append(pairs.stands(writer, row.kept, values, at))
        (registered,) = await pairs.registrations(self._gate.records, act.permit, "id", [row.registration.id])
        if state is State.LINKED:
            if registered.person_id is not None:
                raise Unacceptable("registration-linked")
            act.changes += pairs.belong(writer, {registered: row.person.id})
            act.changes += self._matching.released([row.registration.id])
        elif row.kept.state is State.LINKED:
            act.changes += pairs.belong(writer, {registered: None})

    async def _found(self, act: Act, question: Question, identity: str) -> Reviewed:
        """Unacceptable `match-unknown` for one that there is not, and alike for what the caller is not to know of."""
        row = await pairs.one(self._gate.records, act.permit, identity)
        if row is None or row.kept.state is State.LAPSED:
            raise Unacceptable("match-unknown")
        if not await self._gate.decide_about(act, question, row.person.crn or ""):
            raise Unacceptable("match-unknown", truly="not-permitted")
        return row


def _after(cursor: str, bound: dict[str, str]) -> tuple[datetime, str]:
    moment, identity = decode(cursor, (str, str), LISTING, bound)
    return decode_moment(moment), identity


def _shown(row: Reviewed) -> dict[str, Any]:
    pair = Pair.of(row.registration, row.person)
    return {
        "id": row.kept.id,
        "state": row.kept.state,
        "basis": row.kept.basis,
        "since": row.kept.recorded_at,
        "weight": weights().total(pair.compared),
        "agreement": {camel(field.value.replace("-", "_")): pair.compared.levels[field] for field in Field},
        "person": _side(row.person),
        "registration": {"source": row.registration.source, "localId": row.local_id, **_side(row.registration)},
        "decision": None
        if row.kept.decided_by is None
        else {"by": row.kept.decided_by, "at": row.decided_at, "note": row.note},
    }


def _side(side: Side) -> dict[str, Any]:
    return {camel(name): getattr(side, name) for name in SHOWN}


def _released() -> dict[str, list[str]]:
    return {
        Category.IDENTITY.value: sorted(camel(name) for name in SHOWN),
        Register.IDENTITY_LINK.value: [
            "agreement",
            "basis",
            "decision",
            "localId",
            "since",
            "source",
            "state",
            "weight",
        ],
    }
