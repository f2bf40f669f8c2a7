"""What a person agrees to and refuses: recorded, countersigned, withdrawn; each act with its entry or not at all.

Nothing is kept that would not be enforced: what cannot be is refused, with the field at fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.gate import Act, Gate, NotOnFile, Unacceptable
from app.pathway.consents import RECEIVES, Consent, State, in_the_way, is_replaced, state_of
from app.policies.agreement import LONDON, midnight
from app.records import consents as records
from app.records.rows import one, rows
from app.records.writing import own_record, own_version
from app.services.answers import Answer, document
from app.vocabulary import JUSTICE_ROLES, Party, Question, Scope

CONSENT, RECIPIENT = "consent", "consent_recipient"
ORALLY = "orally-with-witness"


@dataclass(frozen=True, slots=True)
class Given:
    """What a person said of one scope, as it came."""

    scope: Scope
    decision: str
    recipients: Sequence[Party]
    given_how: str
    capacity: bool
    wording_version: str
    """Of the words that the person was shown."""
    valid_from: datetime | None = None
    """None for from now on."""
    valid_until: datetime | None = None
    witness: str | None = None
    signed_form: str | None = None
    supersedes: str | None = None


class ConsentService:
    """Writes about consent; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def record(self, question: Question, given: Given) -> Answer:
        """A permission or a refusal; Unacceptable names what of it would not be enforced."""
        async with self._gate.act(question) as act:
            row, known = await self.add(act, question, given)
            act.details |= {"change": "recorded", "table": CONSENT, "scope": given.scope.value}
            act.answer = document(stands(row, known, question.at))
        return Answer(act.answer, act.receipt)

    async def add(self, act: Act, question: Question, given: Given) -> tuple[dict[str, Any], list[Consent]]:
        """Put what was said into an act that writes consent: its row, and what there is of its scope with it."""
        person = act.standing.person_id or ""
        seen = await records.of_scope(self._gate.records, act.permit, person, given.scope.value)
        known = [Consent.of(row) for row in seen]
        row = self._row(question, given, person)
        new = Consent.of(row | {"countersigned_at": None, "withdrawn_at": None})
        await self._check_said(act, question, given)
        check_period(new.valid_from, new.valid_until, question.at)
        check_chain(replace(new, valid_from=_said_from(given, new, question.at)), known, question.at)
        check_free(new, known, question.at)
        scope = {"person_id": person, "scope": given.scope.value}
        act.changes.append(self._gate.writer.unchanged(CONSENT, scope, seen))
        act.changes.append(self._gate.writer.insert(CONSENT, row))
        for party in dict.fromkeys(given.recipients):
            named = {"consent_id": row["id"], "party": party.value, "recorded_at": question.at}
            act.changes.append(self._gate.writer.insert(RECIPIENT, named))
        return row, [*known, new]

    async def countersign(self, question: Question, consent: str) -> Answer:
        """A clinician's countersignature (E3), from now on; once more answers the same."""
        async with self._gate.act(question, record=(CONSENT, consent)) as act:
            row = await self._found(act, consent)
            if question.caller.role in JUSTICE_ROLES:
                raise Unacceptable("countersignature-by-clinician")
            signed = row | {"countersigned_at": row["countersigned_at"] or question.at}
            state = await self._state(act, signed, question.at)
            if row["countersigned_at"] is None:
                self._check_awaits(Consent.of(row), state)
                row |= self._sign(act, question, row)
            act.details |= {"change": "countersigned", "table": CONSENT, "scope": row["scope"]}
            act.answer = _answer(row, state)
        return Answer(act.answer, act.receipt)

    async def countersign_awaiting(self, act: Act, question: Question, consents: Sequence[str]) -> list[str]:
        """Countersign those of these that wait for it, in an act of a clinician that writes consent; which they are."""
        signed = []
        for consent in consents:
            row = await self._found(act, consent)
            if await self._state(act, row, question.at) is State.AWAITING:
                self._sign(act, question, row)
                signed.append(consent)
        return signed

    def _sign(self, act: Act, question: Question, row: Mapping[str, Any]) -> dict[str, Any]:
        changed = {"countersigned_at": question.at, "countersigned_by": _name(question)} | own_version(question.at)
        seen = {"id": row["id"], "source_version": row["source_version"]}
        act.changes.append(self._gate.writer.update(CONSENT, seen, changed))
        return changed

    async def withdraw(self, question: Question, consent: str) -> Answer:
        """It and every permission of its scope are over from now on; once more answers the same.

        A person takes back what they agreed to and not one record of it: nothing of that scope is open afterwards,
        whichever consent is named. Never does a withdrawal open anything, that of a refusal included.
        """
        async with self._gate.act(question, record=(CONSENT, consent)) as act:
            row = await self._found(act, consent)
            person, scope = row["person_id"], row["scope"]
            act.changes.extend(
                records.withdrawal(self._gate.records, person, (scope,), question.at, _name(question), also=row["id"])
            )
            act.details |= {"change": "withdrawn", "table": CONSENT, "scope": scope}
            if not Consent.of(row).is_withdrawn(question.at):
                row |= own_version(question.at)
            act.answer = _answer(row, State.WITHDRAWN)
        return Answer(act.answer, act.receipt)

    async def withdraw_scopes(self, question: Question, scopes: Sequence[Scope]) -> Answer:
        """Every permission of these scopes is over, for a caller who may not read which there are."""
        words = [scope.value for scope in dict.fromkeys(scopes)]
        async with self._gate.act(question) as act:
            person = act.standing.person_id or ""
            act.changes.extend(records.withdrawal(self._gate.records, person, words, question.at, _name(question)))
            act.details |= {"change": "withdrawn", "table": CONSENT, "scopes": words}
            act.answer = document({"scopes": words, "state": State.WITHDRAWN})
        return Answer(act.answer, act.receipt)

    async def _found(self, act: Act, consent: str) -> dict[str, Any]:
        row = await one(self._gate.records, act.permit, CONSENT, consent)
        if row is None:
            raise NotOnFile
        return row

    async def _state(self, act: Act, row: Mapping[str, Any], at: datetime) -> State:
        person, scope = row["person_id"], row["scope"]
        found = await records.of_scope(self._gate.records, act.permit, person, scope)
        among = [Consent.of(row if each["id"] == row["id"] else each) for each in found]
        return state_of(Consent.of(row), among, at)[0]

    @staticmethod
    def _check_awaits(consent: Consent, state: State) -> None:
        if not consent.permits or not consent.needs_countersignature:
            raise Unacceptable("countersignature-not-needed")
        if state in (State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED):
            raise Unacceptable("consent-over")

    def _row(self, question: Question, given: Given, person: str) -> dict[str, Any]:
        return own_record(question.at) | {
            "person_id": person,
            "scope": given.scope.value,
            "decision": given.decision,
            "valid_from": begins(given.valid_from, question.at),
            "valid_until": given.valid_until,
            "given_how": given.given_how,
            "witness": given.witness,
            "capacity": given.capacity,
            "wording_version": given.wording_version,
            "recorded_by": _name(question),
            "recorded_by_party": question.caller.party.value,
            "signed_form": given.signed_form,
            "supersedes_id": given.supersedes,
        }

    async def _check_said(self, act: Act, question: Question, given: Given) -> None:
        if given.decision == "permit" and not given.capacity:
            raise Unacceptable("consent-without-capacity", field="capacity")
        _check_recipients(given)
        if (given.given_how == ORALLY) != (given.witness is not None):
            raise Unacceptable("consent-witness", field="witness")
        if given.witness is not None:
            staff = await rows(self._gate.records, act.permit, "staff", username=question.caller.staff)
            own = {name.casefold() for each in staff for name in (each["name"], each["username"])}
            if given.witness.casefold() in own:
                raise Unacceptable("consent-witness", "somebody other than who records it", "witness")


def begins(given: datetime | None, at: datetime) -> datetime:
    """When a period starts that is recorded now: today, and a moment of today that has passed, is from now on."""
    return at if given is None or midnight(at.astimezone(LONDON).date()) <= given < at else given


def _said_from(given: Given, new: Consent, at: datetime) -> datetime:
    """The moment from which the person is said to have agreed, though it holds from now on; of a day, from now on.

    What was said before a withdrawal and is entered after it must not open again what the person has closed.
    """
    said = given.valid_from
    return new.valid_from if said is None or said == midnight(at.astimezone(LONDON).date()) else said


def check_period(start: datetime, end: datetime | None, at: datetime) -> None:
    """Unacceptable for a period that begins before today, or that nobody could ever be in."""
    if start < midnight(at.astimezone(LONDON).date()):
        raise Unacceptable("period-backdated", "a day or a moment from today on", "validFrom")
    if end is not None and end <= max(start, at):
        raise Unacceptable("period-over", "a day or a moment after its start, and after now", "validUntil")


def check_chain(new: Consent, known: Sequence[Consent], at: datetime) -> None:
    """Unacceptable for a consent that supersedes what it cannot, or begins before that or before a withdrawal."""
    if new.supersedes_id is not None:
        before = next((each for each in known if each.id == new.supersedes_id), None)
        if before is None:
            raise Unacceptable("consent-chain", "no consent of this person and scope has this id", "supersedes")
        if is_replaced(before, known, at):
            raise Unacceptable("consent-chain", "another supersedes it already: name the newest", "supersedes")
        if new.valid_from < before.valid_from:
            raise Unacceptable("period-backdated", "not before what it supersedes begins", "validFrom")
    withdrawn = [each.withdrawn_at for each in known if each.withdrawn_at and each.withdrawn_at <= at]
    if new.permits and withdrawn and new.valid_from < max(withdrawn):
        raise Unacceptable("period-backdated", "not before the last withdrawal of this scope", "validFrom")


def check_free(new: Consent, known: Sequence[Consent], at: datetime) -> None:
    """Unacceptable for a consent in whose period another holds that it does not supersede."""
    if in_the_way(new, known, at):
        raise Unacceptable("consent-overlaps", field="supersedes")


def _check_recipients(given: Given) -> None:
    """The party that the scope opens something to; of meetings, health as well, which is there in any case."""
    needed = RECEIVES[given.scope]
    able = {needed, Party.HEALTH} if given.scope is Scope.MEETING else {needed}
    if needed not in given.recipients or not able.issuperset(given.recipients):
        said = " and ".join(sorted(party.value for party in able))
        raise Unacceptable("consent-not-enforceable", f"a consent of this scope is for {said}", "recipients")


def _name(question: Question) -> str:
    return question.caller.staff or question.caller.client


def stands(row: Mapping[str, Any], among: Sequence[Consent], at: datetime) -> dict[str, Any]:
    """What an answer says of a consent that was recorded, the last of these."""
    return _said(row, state_of(among[-1], among, at)[0])


def _said(row: Mapping[str, Any], state: State) -> dict[str, Any]:
    return {"id": row["id"], "version": row["source_version"], "state": state}


def _answer(row: Mapping[str, Any], state: State) -> bytes:
    return document(_said(row, state))
