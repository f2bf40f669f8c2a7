"""Three-way meetings: invited to, held and recorded with what was said of sharing, changed, cancelled.

Each party writes its own view and nobody the other's; what the person thinks, either as they were told.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.gate import Act, Gate, NotOnFile, Unacceptable
from app.records.rows import Found
from app.records.writing import own_record, own_version
from app.services.answers import Answer, document
from app.services.consents import ConsentService
from app.services.entity_tags import tag_of
from app.services.meeting_rows import CANCELLED, HELD, MEETING, PLANNED, SHARING, belonging, found, tell
from app.services.register import StaffRegister
from app.services.said import Hearing, Said
from app.vocabulary import Category, Party, Question, Role

COLUMNS = {
    "startsAt": "held_at",
    "place": "place",
    "site": "site",
    "agenda": "agenda",
    "agreed": "agreed",
    "personView": "person_view",
    "nextDate": "next_date",
    "thirdParty": "third_party",
    "seriousHarm": "serious_harm",
}
OWN_VIEW = {Party.JUSTICE: "offender_manager_view", Party.HEALTH: "therapist_view"}
"""Each party writes its own, and either what the person told them."""
PARTICIPANTS = {"offenderManager": "offender_manager", "therapist": "therapist"}
ROLES = {
    "offenderManager": (Party.JUSTICE, frozenset({Role.OFFENDER_MANAGER})),
    "therapist": (Party.HEALTH, frozenset({Role.THERAPIST, Role.CLINICAL_LEAD})),
}
WHILE = {
    PLANNED: frozenset({"startsAt", "place", "site", "agenda", "thirdParty", "seriousHarm", *PARTICIPANTS}),
    HELD: frozenset({*COLUMNS, "ownView"}) - {"agenda"},
}
"""What can be changed of a meeting in each state."""


class MeetingService:
    """Meetings of one person; every method leaves an entry, and raises AccessRefused or Unacceptable with it made."""

    def __init__(self, gate: Gate, consents: ConsentService) -> None:
        self._gate = gate
        self._hearing = Hearing(gate, consents)
        self._register = StaffRegister(gate)

    async def one(self, question: Question, meeting: str) -> tuple[Answer, str]:
        """A meeting with all that belongs to it, and its entity tag; any other is answered like none."""
        async with self._gate.ask(question) as opened:
            content = await self._gate.records.read(opened.permit, Category.MEETING)
            meant = next((row for row in content["meetings"] if row["id"] == meeting), None)
            if meant is None:
                opened.unfound()
            parts = {
                name: [_without_meeting(row) for row in content[name] if row["meetingId"] == meeting]
                for name in ("responses", "sharing", "signOffs")
            }
            opened.answer = document({"crn": opened.permit.crn, **meant, **parts}) if meant else b""
        if meant is None:
            raise NotOnFile
        return Answer(opened.answer, opened.receipt), tag_of({"source_version": meant["version"]})

    async def invite(self, question: Question, given: Mapping[str, Any]) -> Answer:
        """A meeting that is to be held (E1, B1, B2); the other party is told that there is an invitation."""
        async with self._gate.act(question) as act:
            if given["startsAt"] <= question.at:
                raise Unacceptable("period-backdated", "a moment that is yet to come", "startsAt")
            row = await self._row(act, question, given, PLANNED)
            act.changes.append(self._gate.writer.insert(MEETING, row))
            tell(act, question, "meeting-invited", row["id"])
            act.details |= {"change": "invited", "table": MEETING}
            act.answer = document(_written(row))
        return Answer(act.answer, act.receipt)

    async def record_new(self, question: Question, given: Mapping[str, Any], said: Said) -> Answer:
        """A meeting that was held, with what was said in it: all of it in one transaction (E3)."""
        async with self._hearing.act(question, said) as (act, heard):
            _check_past(given["startsAt"], question.at)
            row = await self._row(act, question, given, HELD)
            act.changes.append(self._gate.writer.insert(MEETING, row))
            self._share(act, question, row["id"], heard.sharing)
            self._recorded(act, question, row["id"])
            act.answer = document(_written(row) | {"consents": heard.answers})
        return Answer(act.answer, act.receipts)

    async def record(
        self, question: Question, meeting: str, given: Mapping[str, Any], said: Said, tag: str | None
    ) -> Answer:
        """The record of a meeting that was invited to, once it was held; the same in every other way."""
        async with self._hearing.act(question, said) as (act, heard):
            row = await found(self._gate, act, meeting, tag)
            if row["status"] != PLANNED:
                raise Unacceptable("meeting-state", "it was held or cancelled already")
            _check_past(given.get("startsAt", row["held_at"]), question.at)
            changed = self._columns(question, given) | {"status": HELD}
            act.changes.append(self._change(row, changed, question.at))
            self._share(act, question, meeting, heard.sharing)
            self._recorded(act, question, meeting)
            act.answer = document(_written(row | changed | _version(row, question.at)) | {"consents": heard.answers})
        return Answer(act.answer, act.receipts)

    async def change(self, question: Question, meeting: str, given: Mapping[str, Any], tag: str | None) -> Answer:
        """Change some of it, as far as its state lets: what is left out stays, and no signature stands any more."""
        async with self._gate.act(question) as act:
            row = await found(self._gate, act, meeting, tag)
            barred = sorted(given.keys() - WHILE.get(row["status"], frozenset()))
            if barred:
                raise Unacceptable("meeting-state", "not in the state that the meeting is in", barred[0])
            if row["status"] == PLANNED and given.get("startsAt", row["held_at"]) <= question.at:
                raise Unacceptable("period-backdated", "a moment that is yet to come", "startsAt")
            if row["status"] == HELD:
                _check_past(given.get("startsAt", row["held_at"]), question.at)
            changed = self._columns(question, given) | await self._participants(act, question, given)
            act.changes.append(self._change(row, changed, question.at))
            tell(act, question, "meeting-changed", meeting)
            act.details |= {"change": "changed", "table": MEETING, "fields": sorted(given)}
            act.answer = document(_written(row | changed | _version(row, question.at)))
        return Answer(act.answer, act.receipt)

    async def cancel(self, question: Question, meeting: str, reason: str, tag: str | None) -> Answer:
        """A meeting that was invited to is not held."""
        async with self._gate.act(question) as act:
            row = await found(self._gate, act, meeting, tag)
            if row["status"] != PLANNED:
                raise Unacceptable("meeting-state", "it was held or cancelled already")
            changed = {"status": CANCELLED, "cancelled_because": reason}
            act.changes.append(self._change(row, changed, question.at))
            tell(act, question, "meeting-cancelled", meeting)
            act.details |= {"change": "cancelled", "table": MEETING}
            act.answer = document(_written(row | changed | _version(row, question.at)))
        return Answer(act.answer, act.receipt)

    async def _row(self, act: Act, question: Question, given: Mapping[str, Any], status: str) -> dict[str, Any]:
        own = {Role.OFFENDER_MANAGER: "offenderManager", Role.THERAPIST: "therapist"}.get(question.caller.role)
        named = {name: given.get(name) or (question.caller.staff if name == own else None) for name in PARTICIPANTS}
        marks = {"third_party": False, "serious_harm": False}
        return (
            own_record(question.at)
            | {"person_id": act.standing.person_id, "status": status, "invited_by": question.caller.staff}
            | marks
            | self._columns(question, given)
            | await self._participants(act, question, named)
        )

    @staticmethod
    def _columns(question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
        own = {OWN_VIEW[question.caller.party]: given["ownView"]} if "ownView" in given else {}
        return {COLUMNS[name]: value for name, value in given.items() if name in COLUMNS} | own

    async def _participants(self, act: Act, question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
        """By the register and not by whose person it is: who has them is no part of a meeting."""
        named = {}
        for name in PARTICIPANTS.keys() & given.keys():
            if given[name] is None:
                raise Unacceptable("body-invalid", "somebody has to be named", name)
            party, roles = ROLES[name]
            member = await self._register.colleague(act, given[name], name, party=party, at=question.at)
            if member["role"] not in {role.value for role in roles}:
                raise Unacceptable("staff-unsuitable", "they have no part in a three-way meeting", name)
            named[PARTICIPANTS[name]] = member["username"]
        return named

    def _change(self, row: Found, changed: Mapping[str, Any], at: datetime) -> tuple[Any, ...]:
        seen = {"id": row["id"], "source_version": row["source_version"]}
        return self._gate.writer.update(MEETING, seen, {**changed, **_version(row, at)})

    def _share(self, act: Act, question: Question, meeting: str, sharing: list[dict[str, Any]]) -> None:
        act.changes += [belonging(self._gate, SHARING, act, meeting, question.at, each) for each in sharing]

    def _recorded(self, act: Act, question: Question, meeting: str) -> None:
        tell(act, question, "meeting-recorded", meeting)
        act.details |= {"change": "recorded", "table": MEETING}


def _check_past(held_at: datetime, at: datetime) -> None:
    if held_at > at:
        raise Unacceptable("date-in-future", "a meeting is recorded once it was held", "startsAt")


def _version(row: Found, at: datetime) -> dict[str, Any]:
    """Later than the one before, whichever clock that was by."""
    return own_version(max(at, row["recorded_at"] + timedelta(microseconds=1)))


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "version": row["source_version"], "status": row["status"]}


def _without_meeting(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "meetingId"}
