"""Who supervises and who treats a person: written by whom it is for, one after the other, with all of its past.

A clinical lead allocates therapists to the referrals of their service (B5), the case-management system allocates
offender managers (H8). Who may write an allocation may see its past; an offender manager's is part of the supervision
for those who may read that. Nobody sees both, so that who treats a person is told to nobody at the justice party.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.gate import Act, Gate, Opened, Unacceptable
from app.records import past, rows
from app.records.rows import Found
from app.records.writing import OWN, own_version, record_id
from app.services.answers import Answer, document
from app.services.register import StaffRegister
from app.vocabulary import Action, Category, Party, Question, Register, Role

CASELOAD, TREATING = "caseload", "treating"
WRITTEN_BY = {Role.CASE_MANAGEMENT_SYSTEM: CASELOAD, Role.CLINICAL_LEAD: TREATING}
CLOSED = frozenset({"discharged", "not-suitable"})


class AllocationService:
    """Allocations of people to staff; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._register = StaffRegister(gate)

    async def treat(self, question: Question, referral_id: str, given: Mapping[str, Any]) -> Answer:
        """Allocate a therapist to a referral of the caller's service; whoever had it until then no longer has.

        The question asks to write allocation and referral both. One of another service is answered like none.
        """
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            referral = await rows.one(self._gate.records, act.permit, "referral", referral_id)
            lead = await self._register.found(act, question.caller.staff or "")
            if referral is None or lead is None or referral["service_id"] != lead["service_id"]:
                raise Unacceptable("not-found")
            if referral["status"] == "draft":
                raise Unacceptable("not-found")
            if referral["closed_on"] is not None or referral["status"] in CLOSED:
                raise Unacceptable("referral-closed")
            start = given.get("from") or question.at
            if start < question.at:
                raise Unacceptable("period-backdated", field="from")
            therapist = await self._register.colleague(
                act, given["therapist"], "therapist",
                party=Party.HEALTH, role=Role.THERAPIST, service=referral["service_id"], at=start,
            )  # fmt: skip
            earlier = await self._earlier(act, TREATING, referral_id=referral_id)
            about = {"kind": TREATING, "referral_id": referral_id}
            if self._hand_over(act, question, earlier, therapist["id"], start, about):
                raise Unacceptable("already-allocated", field="therapist")
            act.details |= {"change": "allocated", "table": "allocation", "kind": TREATING}
            act.answer = document({"referralId": referral_id, "therapist": therapist["username"], "from": start})
        return Answer(act.answer, str(act.receipt))

    async def supervise(self, question: Question, given: Mapping[str, Any]) -> Answer:
        """Make somebody the person's offender manager, or nobody; whoever was it until then no longer is."""
        async with self._gate.act(question) as act:
            if question.caller.role is not Role.CASE_MANAGEMENT_SYSTEM:  # B5 is about therapists alone
                raise Unacceptable("not-found")
            start, username = given.get("from") or question.at, given["username"]
            manager = None
            if username is not None:
                manager = await self._register.colleague(
                    act, username, "username",
                    party=Party.JUSTICE, role=Role.OFFENDER_MANAGER, at=max(start, question.at),
                )  # fmt: skip
            earlier = await self._earlier(act, CASELOAD, person_id=act.standing.person_id)
            staff = str(manager["id"]) if manager else None
            same = self._hand_over(act, question, earlier, staff, start, {"kind": CASELOAD})
            change = "unchanged" if same else "allocated" if manager else "ended"
            act.details |= {"change": change, "table": "allocation", "kind": CASELOAD}
            since = same["valid_from"] if same else start
            named = manager["username"] if manager else None
            act.answer = document({"crn": act.standing.crn, "username": named, "from": since})
        return Answer(act.answer, str(act.receipt))

    async def _earlier(self, act: Act, kind: str, **equal: Any) -> list[Found]:
        found = await rows.rows(self._gate.records, act.permit, "allocation", kind=kind, **equal)
        return sorted(found, key=lambda one: (one["valid_from"], one["id"]))

    def _hand_over(self, act: Act, question: Question, earlier: Sequence[Found], staff: str | None, start: datetime,
                   about: Mapping[str, Any]) -> Found | None:  # fmt: skip
        """End what has not ended by then, and begin what follows, under an id that no other successor can have.

        What is as wanted already is given back, and nothing is changed.
        """
        running = [one for one in earlier if one["valid_until"] is None or one["valid_until"] > start]
        if [(one["staff_id"], one["valid_until"]) for one in running] == [(staff, None)]:
            return running[0]
        if any(one["valid_from"] >= start for one in running):
            raise Unacceptable("period-overlaps", "another begins at that time or later", "from")
        for one in running:
            at = max(question.at, one["recorded_at"] + timedelta(microseconds=1))
            seen = {"id": one["id"], "source_version": one["source_version"], "recorded_at": one["recorded_at"]}
            changed = {"valid_until": start, **own_version(at)}
            act.changes.append(self._gate.writer.update("allocation", seen, changed))
        if staff is None:
            return None
        of = about.get("referral_id") or act.standing.person_id
        identity = record_id("allocation", OWN, f"{of} after {earlier[-1]['id'] if earlier else 'nobody'}")
        row = {
            "id": identity,
            "source": OWN,
            "source_id": identity,
            "person_id": act.standing.person_id,
            "staff_id": staff,
            "valid_from": start,
            **about,
            **own_version(question.at),
        }
        act.changes.append(self._gate.writer.insert("allocation", row))
        return None

    async def history(self, question: Question, at: datetime | None, known_at: datetime | None) -> Answer:
        """A person's allocations, now and before, or who had them at a moment by what was known at another.

        Who writes allocations of a kind sees those; everybody else as far as they may read the supervision.
        """
        kind = WRITTEN_BY.get(question.caller.role)
        if kind is None:
            async with self._gate.ask(replace(question, subjects=(Category.SUPERVISION,))) as opened:
                found = await self._states(opened, opened.permit.person_id, CASELOAD, question.at, at, known_at)
                opened.answer = document({"crn": opened.permit.crn, "data": found})
            return Answer(opened.answer, str(opened.receipt))
        writing = replace(question, subjects=(Register.ALLOCATION,), action=Action.WRITE)
        async with self._gate.act(writing) as act:
            found = await self._states(act, act.standing.person_id or "", kind, question.at, at, known_at)
            act.released = {Register.ALLOCATION.value: [kind]}
            act.answer = document({"crn": act.standing.crn, "data": found})
        return Answer(act.answer, str(act.receipt))

    async def _states(self, opened: Act | Opened, person: str, kind: str, now: datetime, at: datetime | None,
                      known_at: datetime | None) -> list[dict[str, Any]]:  # fmt: skip
        records = self._gate.records
        states = await past.versions(records, opened.permit, "allocation", person_id=person, kind=kind)
        held = [one for one in past.known(states, known_at or now) if at is None or _held(one, at)]
        usernames = {one["staff_id"]: await self._username(opened, one["staff_id"]) for one in held}
        return [
            {"kind": one["kind"], "username": usernames[one["staff_id"]], "from": one["valid_from"],
             "until": one["valid_until"], "recordedAt": one["recorded_at"],
             **({"referralId": one["referral_id"]} if one["referral_id"] else {})}
            for one in sorted(held, key=lambda one: (one["valid_from"], one["id"]))
        ]  # fmt: skip

    async def _username(self, opened: Act | Opened, identity: str) -> str | None:
        member = await rows.one(self._gate.records, opened.permit, "staff", identity)
        return str(member["username"]) if member else None


def _held(allocation: Mapping[str, Any], at: datetime) -> bool:
    until = allocation["valid_until"]
    return bool(allocation["valid_from"] <= at and (until is None or at < until))
