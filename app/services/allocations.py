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
from app.pathway.allocations import CASELOAD, TREATING, Allocation
from app.pathway.lifecycle import CLOSED
from app.records import past, rows
from app.records.rows import Found
from app.records.writing import OWN, Writer, own_record, own_version
from app.services.answers import Answer, document
from app.services.consents import begins
from app.services.referred import Referred
from app.services.register import StaffRegister
from app.vocabulary import Action, Category, Party, Question, Register, Role

ALLOCATION = "allocation"
WRITTEN_BY = {Role.CASE_MANAGEMENT_SYSTEM: CASELOAD, Role.CLINICAL_LEAD: TREATING}


class AllocationService:
    """Allocations of people to staff; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._register = StaffRegister(gate)
        self._referred = Referred(gate)

    async def treat(self, question: Question, referral_id: str, given: Mapping[str, Any]) -> Answer:
        """Allocate a therapist to a referral of the caller's service; whoever had it until then no longer has.

        The question asks to write allocation and referral both. One of another service is answered like none.
        """
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            referral = await self._referred.referral(act, question, referral_id)
            if referral["closed_on"] is not None or referral["status"] in CLOSED:
                raise Unacceptable("referral-closed")
            start = begins(given.get("from"), question.at)
            if start < question.at:
                raise Unacceptable("period-backdated", field="from")
            therapist = await self._register.colleague(
                act, given["therapist"], "therapist",
                party=Party.HEALTH, role=Role.THERAPIST, service=referral["service_id"], at=start,
            )  # fmt: skip
            same = {"kind": TREATING, "referral_id": referral_id}
            if self._hand_over(act, question, await self._known(act, same), therapist["id"], start, same):
                raise Unacceptable("already-allocated", field="therapist")
            act.details |= {"change": "allocated", "table": ALLOCATION, "kind": TREATING}
            act.answer = document({"referralId": referral_id, "therapist": therapist["username"], "from": start})
        return Answer(act.answer, act.receipt)

    async def end_treating(self, question: Question, referral_id: str, until: datetime | None) -> Answer:
        """Nobody treats under a referral from a moment on, or from now; nor does who was to begin later.

        The question is that of `treat`, and so are the answers about a referral that is out of reach.
        """
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            await self._referred.referral(act, question, referral_id)
            end = until or question.at
            if end < question.at:
                raise Unacceptable("end-backdated", field="until")
            known = await self._known(act, {"kind": TREATING, "referral_id": referral_id})
            if not self._end(act, question, known, end, "until"):
                raise Unacceptable("not-allocated", field="until")
            act.details |= {"change": "ended", "table": ALLOCATION, "kind": TREATING}
            act.answer = document({"referralId": referral_id, "until": end})
        return Answer(act.answer, act.receipt)

    async def supervise(self, question: Question, given: Mapping[str, Any]) -> Answer:
        """Make somebody the person's offender manager, or nobody; whoever was it until then no longer is."""
        async with self._gate.act(question) as act:
            if question.caller.role is not Role.CASE_MANAGEMENT_SYSTEM:  # B5 is about therapists alone
                raise Unacceptable("not-found")
            start, username = given.get("from") or question.at, given["username"]
            same = {"kind": CASELOAD, "person_id": act.standing.person_id}
            known = await self._known(act, same)
            if username is None:
                change = "ended" if self._end(act, question, known, start, "from") else "unchanged"
                named, since = None, start
            else:
                manager = await self._register.colleague(
                    act, username, "username",
                    party=Party.JUSTICE, role=Role.OFFENDER_MANAGER, at=max(start, question.at),
                )  # fmt: skip
                running = self._hand_over(act, question, known, manager["id"], start, same)
                change = "unchanged" if running else "allocated"
                named, since = manager["username"], running["valid_from"] if running else start
            act.details |= {"change": change, "table": ALLOCATION, "kind": CASELOAD}
            act.answer = document({"crn": act.standing.crn, "username": named, "from": since})
        return Answer(act.answer, act.receipt)

    async def _known(self, act: Act, same: Mapping[str, Any]) -> list[Found]:
        return await rows.rows(self._gate.records, act.permit, ALLOCATION, **same)

    def _hand_over(self, act: Act, question: Question, known: Sequence[Found], staff: str, start: datetime,
                   same: Mapping[str, Any]) -> Found | None:  # fmt: skip
        """End what has not ended by then, and begin what follows if nobody has begun or ended anything meanwhile.

        What is as wanted already is given back, and nothing is changed.
        """
        running = _running(known, start)
        if [(one["staff_id"], one["valid_until"]) for one in running] == [(staff, None)]:
            return running[0]
        if any(one["valid_from"] >= start for one in running):
            raise Unacceptable("period-overlaps", "another begins at that time or later", "from")
        act.changes.append(self._gate.writer.unchanged(ALLOCATION, same, known))
        act.changes += [_ended_here(self._gate.writer, one, start, question.at) for one in running]
        row = own_record(question.at) | {
            "person_id": act.standing.person_id, "staff_id": staff, "valid_from": start, **same
        }  # fmt: skip
        act.changes.append(self._gate.writer.insert(ALLOCATION, row))
        return None

    def _end(self, act: Act, question: Question, known: Sequence[Found], end: datetime, field: str) -> bool:
        """End what has not ended by then; what has not begun by now never does. Whether there was any."""
        running = _running(known, end)
        if any(end <= one["valid_from"] <= question.at for one in running):
            raise Unacceptable("period-overlaps", "somebody has begun at that time or later", field)
        for one in running:
            act.changes.append(_ended_here(self._gate.writer, one, max(end, one["valid_from"]), question.at))
        return bool(running)

    async def history(self, question: Question, at: datetime | None, known_at: datetime | None) -> Answer:
        """A person's allocations, now and before, or who had them at a moment by what was known at another.

        Who writes allocations of a kind sees those; everybody else as far as they may read the supervision.
        """
        kind = WRITTEN_BY.get(question.caller.role)
        if kind is None:
            async with self._gate.ask(replace(question, subjects=(Category.SUPERVISION,))) as opened:
                found = await self._states(opened, opened.permit.person_id, CASELOAD, question.at, at, known_at)
                opened.answer = document({"crn": opened.permit.crn, "data": found})
            return Answer(opened.answer, opened.receipt)
        writing = replace(question, subjects=(Register.ALLOCATION,), action=Action.WRITE)
        async with self._gate.act(writing) as act:
            found = await self._states(act, act.standing.person_id or "", kind, question.at, at, known_at)
            act.released = {Register.ALLOCATION.value: [kind]}
            act.answer = document({"crn": act.standing.crn, "data": found})
        return Answer(act.answer, act.receipt)

    async def _states(self, opened: Act | Opened, person: str, kind: str, now: datetime, at: datetime | None,
                      known_at: datetime | None) -> list[dict[str, Any]]:  # fmt: skip
        records = self._gate.records
        states = await past.versions(records, opened.permit, ALLOCATION, person_id=person, kind=kind)
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


def _running(known: Sequence[Found], moment: datetime) -> list[Found]:
    """Of these, who holds at a moment or later."""
    return [one for one in known if Allocation.of(one, OWN).runs_beyond(moment)]


def _ended_here(writer: Writer, row: Found, until: datetime, at: datetime) -> tuple[Any, ...]:
    return ending(writer, row, until, at, ended_here_at=at)


def ending(writer: Writer, row: Found, until: datetime, at: datetime, **also: Any) -> tuple[Any, ...]:
    """The change by which an allocation ends, said at a moment, if it is still as it was seen."""
    at = max(at, row["recorded_at"] + timedelta(microseconds=1))
    seen = {"id": row["id"], "source_version": row["source_version"], "recorded_at": row["recorded_at"]}
    return writer.update(ALLOCATION, seen, {"valid_until": until, **also, **own_version(at)})


def _held(allocation: Mapping[str, Any], at: datetime) -> bool:
    until = allocation["valid_until"]
    return bool(allocation["valid_from"] <= at and (until is None or at < until))
