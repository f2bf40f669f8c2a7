"""The appointments of a referral, as far as attendance may be read; who holds them and where, for the health party."""

from dataclasses import replace
from typing import Any

from app.gate import Gate, NotOnFile, Opened
from app.records import rows
from app.records.diary import CANCELLED
from app.records.rows import Found
from app.services.answers import Answer, document
from app.services.diary import DiaryService
from app.vocabulary import Category, Party, Question


class AppointmentService:
    """Reads of appointments; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._diary = DiaryService(gate)

    async def of(self, question: Question, referral: str) -> Answer:
        """Those of one referral; one that the caller may not reach is answered like one that does not exist.

        Who treats a person is told to nobody of the justice party.
        """
        found, records = False, self._gate.records
        both = replace(question, subjects=(Category.ATTENDANCE, Category.REFERRAL))
        async with self._gate.ask(both, referral=referral) as opened:
            if {*both.subjects} <= opened.permit.openings.keys():
                known = await records.read(opened.permit, Category.REFERRAL)
                found = any(row["id"] == referral for row in known["referrals"])
            if found:
                opened.answer = await self._document(question, opened, referral)
            else:
                opened.unfound()
        if not found:
            raise NotOnFile
        return Answer(opened.answer or b"", opened.receipt)

    async def _document(self, question: Question, opened: Opened, referral: str) -> bytes:
        content = await self._gate.records.read(opened.permit, Category.ATTENDANCE)
        stored = {row["id"]: row for row in await self._rows(opened, "appointment", referral)}
        shown = [row for row in content["appointments"] if row["id"] in stored and row["withdrawnAt"] is None]
        if question.caller.party is Party.HEALTH:
            held = {row["id"]: row for row in await self._rows(opened, "appointment_booking", referral)}
            shown = [row | await self._held(opened, held.get(row["id"]), stored[row["id"]]) for row in shown]
            coming = [row for row in shown if row["startsAt"] > question.at and row["attendanceCode"] not in CANCELLED]
            if coming:
                told = await self._diary.unsuitable(question, referral, coming)
                shown = [row | {"unsuitable": told.get(row["id"])} for row in shown]
        return document({"crn": opened.permit.crn, "referralId": referral, "data": shown})

    async def _rows(self, opened: Opened, table: str, referral: str) -> list[Found]:
        return await rows.rows(self._gate.records, opened.permit, table, referral_id=referral)

    async def _held(self, opened: Opened, held: Found | None, stored: Found) -> dict[str, Any]:
        found: dict[str, Any] = {"version": stored["source_version"]}
        if held is not None:
            for name, column in (("therapist", "staff_id"), ("secondStaff", "second_staff_id")):
                member = held[column] and await rows.one(self._gate.records, opened.permit, "staff", held[column])
                found[name] = member["username"] if member else None
            found["room"] = held["room_id"] and held["room_id"].partition(":")[2]
        return found
