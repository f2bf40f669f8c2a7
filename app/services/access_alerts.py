"""Access alerts: the review list, one alert with its figures, and its closing by somebody whom it is not about."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.records import alerts
from app.services.answers import Answer, document, page
from app.services.cursors import decode, decode_moment, encode
from app.services.texts import seen
from app.vocabulary import Question

LISTING = "access-alerts"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the review list is narrowed to."""

    state: str | None = None
    rule: str | None = None
    staff: str | None = None
    """A username."""
    since: datetime | None = None

    def given(self) -> dict[str, str]:
        """What a cursor is bound to."""
        values = {"state": self.state, "rule": self.rule, "staff": self.staff, "since": self.since}
        return {name: str(value) for name, value in values.items() if value is not None}

    def asked(self) -> dict[str, Mapping[str, Any]]:
        """As `app.records.alerts.page` takes them."""
        asked: dict[str, Mapping[str, Any]] = {self.state: {}} if self.state else {}
        if self.rule:
            asked["rule"] = {"rule": self.rule}
        if self.staff is not None:
            asked["staff"] = {"of_staff": self.staff.lower()}
        if self.since is not None:
            asked["since"] = {"since": self.since}
        return asked


@dataclass(frozen=True, slots=True)
class Closing:
    """What a reviewer concludes: a word of `app.services.shapes_alerts.Outcome`, and why."""

    outcome: str
    note: str


class AccessAlertService:
    """Alerts for review (G6); every method leaves an entry, refusals included."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def page(self, question: Question, filters: Filters, cursor: str | None, size: int) -> Answer:
        """The review list, newest first; CursorInvalid for a cursor from elsewhere."""
        bound = filters.given()
        asked = filters.asked() | ({"after": _after(cursor, bound)} if cursor else {})
        async with self._gate.act(question) as act:
            found = await alerts.page(self._gate.records, act.permit, question.caller, question.at, asked, size)
            rows, last = found[:size], found[size - 1] if len(found) > size else None
            following = encode((last["recorded_at"].isoformat(), last["id"]), LISTING, bound) if last else None
            act.details = {"listed": "access_alert", "shown": len(rows)}
            act.answer = page([document(_shown(row)) for row in rows], following, size)
        return _answered(act)

    async def one(self, question: Question, identity: str) -> Answer:
        """One alert: its figures, and whom to ask."""
        async with self._gate.act(question) as act:
            alert = await self._found(act, question, identity)
            act.details = {"read": "access_alert", "alert": identity}
            shown = _in_full(alert)
            act.released = {question.subjects[0].value: sorted(shown)}
            act.answer = document(shown)
        return _answered(act)

    async def review(self, question: Question, identity: str, closing: Closing) -> Answer:
        """Close an alert, once."""
        at = question.at
        async with self._gate.act(question) as act:
            alert = await self._found(act, question, identity)
            if alert["outcome"] is not None:
                raise Unacceptable("alert-closed")
            if not seen(closing.note):
                raise Unacceptable("text-insufficient", "say why", "note")
            about = {"alert_id": identity, "recorded_at": at}
            review = {"outcome": closing.outcome, "reviewed_by": question.caller.staff, "reviewed_at": at} | about
            note = {"person_id": alert["person_id"], "note": closing.note.strip()} | about
            act.changes += alerts.reviewed(self._gate.writer, review, note)
            act.details = {
                "alert": identity, "change": "reviewed", "outcome": closing.outcome, "table": "access_alert_review",
            }  # fmt: skip
            kept = {"outcome": closing.outcome, "reviewedBy": question.caller.staff, "reviewedAt": at}
            act.answer = document({"id": identity, "state": "closed", **kept, "note": note["note"]})
        return _answered(act)

    async def _found(self, act: Act, question: Question, identity: str) -> alerts.Found:
        """Unacceptable `alert-unknown` for one that there is not, and alike for what the caller is not to know of."""
        alert = await alerts.one(self._gate.records, act.permit, identity)
        if alert is None:
            raise Unacceptable("alert-unknown")
        if alert["staff"] == question.caller.staff:
            raise Unacceptable("alert-unknown", truly="own-alert")
        if alert["crn"] is not None and not await self._gate.decide_about(act, question, alert["crn"]):
            raise Unacceptable("alert-unknown", truly="not-permitted")
        return alert


def _after(cursor: str, bound: Mapping[str, str]) -> Mapping[str, Any]:
    moment, identity = decode(cursor, (str, str), LISTING, bound)
    return {"last_at": decode_moment(moment), "last_id": identity}


def _shown(alert: alerts.Found) -> dict[str, Any]:
    names = {"outcome": "outcome", "reviewedBy": "reviewed_by", "reviewedAt": "reviewed_at"}
    is_closed = alert["outcome"] is not None
    return {
        "id": alert["id"],
        "rule": alert["rule"],
        "explanation": alert["explanation"],
        "staff": {"username": alert["staff"], "party": alert["party"], "role": alert["role"]}
        | {"name": alert["staff_name"]},
        "crn": alert["crn"],
        "trippedAt": alert["tripped_at"],
        "raisedAt": alert["recorded_at"],
        "entries": json.loads(alert["entries"]),
        "state": "closed" if is_closed else "open",
        "review": {name: alert[column] for name, column in names.items()} if is_closed else None,
    }


def _in_full(alert: alerts.Found) -> dict[str, Any]:
    shown = _shown(alert)
    if shown["review"]:
        shown["review"]["note"] = alert["note"]
    return shown | {
        "figures": json.loads(alert["figures"]),
        "ask": alert["ask"],
        "manager": alert["manager"],
        "eventId": alert["event_id"],
    }


def _answered(act: Act) -> Answer:
    if act.answer is None or act.receipt is None:
        raise RuntimeError("an answer left the gate without its entry")
    return Answer(act.answer, act.receipt)
