"""Safety: the clinician's own record, and what of it is released so that somebody can be protected.

What was released is never edited: a new alert takes its place, or it is withdrawn with the reason, and either is told
to whoever was told of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.gate import SAFETY_ALERTS, Act, Announcing, Gate, Unacceptable
from app.gate.chasing import told
from app.pathway.chasing import TOLD, Patience, Stage, Urgency, due_at, overdue_if_before
from app.records.rows import Found, one
from app.records.writing import own_record
from app.services.answers import Answer, document, page
from app.services.cursors import decode, decode_moment, encode
from app.services.register import StaffRegister
from app.services.texts import seen
from app.vocabulary import Party, Question, Role

RECORD, ALERT, CHASE = "safety_record", "safety_alert", "safety_alert_chase"
BY_NAME = "staff"
RECIPIENTS = (Role.OFFENDER_MANAGER.value, Role.PROBATION_LEAD.value)
LISTING = "safety-alerts"
STATES = ("unacknowledged", "overdue", "acknowledged", "over")


@dataclass(frozen=True, slots=True)
class Noted:
    """What a clinician writes down of danger to the person and to others, for the health party alone."""

    risk_to_self: str | None
    risk_to_others: str | None
    plan: str | None
    third_party: bool
    serious_harm: bool


@dataclass(frozen=True, slots=True)
class Released:
    """What the justice party is told of a danger, why, how soon, and whom: an office, or `staff` and a username."""

    urgency: Urgency
    summary: str
    reason: str
    addressed_to: str
    recipient: str | None = None
    supersedes: str | None = None


class SafetyService:
    """Writes and lists about safety; every method leaves an entry."""

    def __init__(self, gate: Gate, patience: Patience) -> None:
        self._gate, self._patience = gate, patience
        self._register = StaffRegister(gate)

    async def record(self, question: Question, referral_id: str, noted: Noted) -> Answer:
        """The clinician's own record (B1, B2), which nobody of the justice party ever reads (P3)."""
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            _check_by_staff(question)
            await self._register.referral(act, question, referral_id)
            row = own_record(question.at) | self._of(act, referral_id)
            row |= {"author": question.caller.staff, "written_at": question.at}
            row |= {
                "risk_to_self": noted.risk_to_self,
                "risk_to_others": noted.risk_to_others,
                "plan": noted.plan,
                "third_party": noted.third_party,
                "serious_harm": noted.serious_harm,
            }
            act.changes.append(self._gate.writer.insert(RECORD, row))
            act.details |= {"change": "recorded", "table": RECORD}
            act.answer = document({"id": row["id"], "version": row["source_version"]})
        return Answer(act.answer, act.receipt)

    async def release(self, question: Question, referral_id: str, released: Released) -> Answer:
        """Release an alert (B1, B2): it is announced at once, and chased until somebody acknowledges it."""
        at = question.at
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            _check_by_staff(question)
            await self._register.referral(act, question, referral_id)
            _check_says(summary=released.summary, reason=released.reason)
            row = own_record(at) | self._of(act, referral_id)
            row |= {"urgency": released.urgency.value, "summary": released.summary, "reason": released.reason}
            row |= {"addressed_to": released.addressed_to, "recipient": await self._recipient(act, released, at)}
            row |= {"released_by": question.caller.staff, "released_at": at, "supersedes_id": released.supersedes}
            if released.supersedes is not None:
                before = await self._superseded(act, referral_id, released.supersedes)
                act.changes.append(self._over(before, at, {"superseded_at": at}))
            act.changes.append(self._gate.writer.insert(ALERT, row))
            chase = told(row["id"], row["person_id"], Stage.RELEASED, at)
            act.changes.append(self._gate.writer.insert(CHASE, chase))
            telling = TOLD[Stage.RELEASED]
            act.announcing = Announcing(telling.kind, telling.office, telling.parties, {"alert_id": row["id"]})
            act.details |= {"change": "released", "table": ALERT, "urgency": released.urgency.value}
            due = due_at(released.urgency, at, self._patience)
            act.answer = document({"id": row["id"], "version": row["source_version"], "dueAt": due})
        return Answer(act.answer, act.receipt)

    async def withdraw(self, question: Question, alert_id: str, reason: str) -> Answer:
        """Take an alert back (B1, B2): it stays where it was read, as withdrawn, with the reason."""
        at = question.at
        async with self._gate.act(question) as act:
            _check_by_staff(question)
            alert = await self._found(act, alert_id)
            _check_stands(alert)
            _check_says(reason=reason)
            withdrawn = {"withdrawn_at": at, "withdrawn_by": question.caller.staff, "withdrawn_because": reason}
            act.changes.append(self._over(alert, at, withdrawn))
            act.announcing = Announcing(
                "safety-alert-withdrawn", Role.OFFENDER_MANAGER.value, (Party.JUSTICE,), {"alert_id": alert_id}
            )
            act.details |= {"change": "withdrawn", "table": ALERT}
            act.answer = document({"id": alert_id, "state": "withdrawn", "withdrawnAt": at})
        return Answer(act.answer, act.receipt)

    async def acknowledge(self, question: Question, alert_id: str) -> Answer:
        """Somebody of the justice party has seen it (P4), and it is chased no more; once more answers the same."""
        at = question.at
        async with self._gate.act(question) as act:
            alert = await self._found(act, alert_id)
            said = {"acknowledged_by": alert["acknowledged_by"], "acknowledged_at": alert["acknowledged_at"]}
            if alert["acknowledged_at"] is None:
                _check_stands(alert)
                said = {"acknowledged_by": question.caller.staff, "acknowledged_at": at}
                act.changes.append(self._over(alert, at, said, acknowledged_at=None))
                act.announcing = Announcing(
                    "safety-alert-acknowledged", Role.THERAPIST.value, (Party.HEALTH,), {"alert_id": alert_id}
                )
                act.details |= {"change": "acknowledged", "table": ALERT}
            by, when = said["acknowledged_by"], said["acknowledged_at"]
            act.answer = document({"id": alert_id, "acknowledgedBy": by, "acknowledgedAt": when})
        return Answer(act.answer, act.receipt)

    async def page(self, question: Question, state: str | None, cursor: str | None, size: int) -> Answer:
        """Alerts that the caller may read, newest first and without a word of what they are about."""
        bound = {"state": state} if state else {}
        after = decode(cursor, (str, str), LISTING, bound) if cursor else None
        place = (decode_moment(after[0]), after[1]) if after else None
        late = overdue_if_before(question.at, self._patience)
        filters: dict[str, Any] = {state: {each.value: moment for each, moment in late.items()}} if state else {}
        async with self._gate.ask_many(question, SAFETY_ALERTS, filters, place, size) as listed:
            listed.answers.extend(document(self._shown(row.crn, row.fields, question.at)) for row in listed.rows)
        last = listed.rows[-1].key if listed.has_more else None
        following = encode((last[0].isoformat(), last[1]), LISTING, bound) if last else None
        return Answer(page(listed.answers, following, size), listed.receipts)

    def _shown(self, crn: str, fields: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        due = due_at(Urgency(fields["urgency"]), fields["releasedAt"], self._patience)
        return {
            "crn": crn,
            "id": fields["id"],
            "state": _state(fields, due, at),
            "urgency": fields["urgency"],
            "addressedTo": fields["addressedTo"],
            "recipient": fields["recipient"],
            "releasedBy": fields["releasedBy"],
            "releasedAt": fields["releasedAt"],
            "dueAt": due,
            "acknowledgedBy": fields["acknowledgedBy"],
            "acknowledgedAt": fields["acknowledgedAt"],
        }

    @staticmethod
    def _of(act: Act, referral_id: str) -> dict[str, Any]:
        return {"person_id": act.standing.person_id, "referral_id": referral_id}

    async def _recipient(self, act: Act, released: Released, at: datetime) -> str:
        """An office stays one: who holds it is the other party's to know, and may be another tomorrow."""
        if released.addressed_to != BY_NAME or released.recipient is None:
            return released.addressed_to
        member = await self._register.colleague(act, released.recipient, "recipient", party=Party.JUSTICE, at=at)
        if member["role"] not in RECIPIENTS:
            raise Unacceptable("staff-unsuitable", "they are no offender manager and no probation lead", "recipient")
        return str(member["username"])

    async def _superseded(self, act: Act, referral_id: str, alert_id: str) -> Found:
        alert = await one(self._gate.records, act.permit, ALERT, alert_id)
        if alert is None or alert["referral_id"] != referral_id:
            raise Unacceptable("body-invalid", "no alert of this referral has this id", "supersedes")
        _check_stands(alert)
        return alert

    async def _found(self, act: Act, alert_id: str) -> Found:
        """An alert of the person whom the question is about; any other is answered like none."""
        alert = await one(self._gate.records, act.permit, ALERT, alert_id)
        if alert is None or alert["person_id"] != act.standing.person_id:
            raise Unacceptable("not-found")
        return alert

    def _over(self, alert: Found, at: datetime, changed: Mapping[str, Any], **seen: Any) -> tuple[Any, ...]:
        """A change of what stands beside the alert: its version is the clinical system's, and stays."""
        stands = {"id": alert["id"], "superseded_at": None, "withdrawn_at": None, **seen}
        return self._gate.writer.update(ALERT, stands, {**changed, "recorded_at": at})


def _check_by_staff(question: Question) -> None:
    """A system sends its records (H1); what is written here is a clinician's own."""
    if question.caller.is_system:
        raise Unacceptable("not-found", truly="by-staff-alone")


def _check_says(**texts: str) -> None:
    for name, words in texts.items():
        if not seen(words):
            raise Unacceptable("text-insufficient", "say it in words", name)


def _check_stands(alert: Found) -> None:
    if alert["withdrawn_at"] is not None or alert["superseded_at"] is not None:
        raise Unacceptable("safety-alert-over")


def _state(fields: Mapping[str, Any], due: datetime, at: datetime) -> str:
    for column, state in (("withdrawnAt", "withdrawn"), ("supersededAt", "superseded")):
        if fields[column] is not None:
            return state
    if fields["acknowledgedAt"] is not None:
        return "acknowledged"
    return "overdue" if due <= at else "unacknowledged"
