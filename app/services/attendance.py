"""What became of an appointment: recorded by the service that offered it, corrected, and kept as it was before.

It is passed on as what happened. Whether an absence was acceptable the probation service judges, in its own records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.gate import Gate, NotOnFile, Unacceptable
from app.pathway import attendance, engagement
from app.pathway.attendance import CANCELLED
from app.pathway.engagement import Contact
from app.records import rows
from app.records.life import say_outcome
from app.records.rows import Found
from app.records.writing import next_version
from app.services.answers import Answer, document
from app.services.diary import DiaryService
from app.services.entity_tags import check_tag, tag_of
from app.services.following import attended
from app.services.meanwhile import looked_again
from app.services.referred import Referred
from app.vocabulary import Category, Question

APPOINTMENT, CORRECTED = "appointment", "corrected_outcome"
EARLIER = ("attendance_code", "short_notice", "cancelled_at", "recorded_at", "corrected_at")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A national code, or None to take back what was recorded; and when it was cancelled, None for now."""

    code: str | None
    cancelled_at: datetime | None = None


class AttendanceService:
    """Outcomes of appointments; every method leaves an entry."""

    def __init__(self, gate: Gate, short_notice_hours: int) -> None:
        self._gate, self._hours = gate, short_notice_hours
        self._referred, self._diary = Referred(gate), DiaryService(gate)

    async def one(self, question: Question, referral: str, appointment: str) -> tuple[Answer, str]:
        """An appointment with what was recorded of it before, and the entity tag that a correction has to name."""
        async with self._gate.ask(question, referral=referral) as opened:
            content = await self._gate.records.read(opened.permit, Category.ATTENDANCE)
            found = [
                row
                for row in content["appointments"]
                if (row["id"], row["referralId"]) == (appointment, referral) and row["withdrawnAt"] is None
            ]
            tag = ""
            if not found:
                opened.unfound()
            for row in found:
                stored = await self._rows(opened.permit, APPOINTMENT, id=appointment)
                tag = tag_of(stored[0])
                earlier = await self._rows(opened.permit, CORRECTED, appointment_id=appointment)
                opened.answer = document({"crn": opened.permit.crn, **row, "corrected": _corrected(earlier, row)})
        if not found:
            raise NotOnFile
        return Answer(opened.answer or b"", opened.receipt), tag

    async def record(self, question: Question, referral: str, appointment: str, said: Recorded, tag: str | None
                     ) -> tuple[Answer, str]:  # fmt: skip
        """Record or correct what became of an appointment; Unacceptable for what cannot have happened.

        An outcome of the future is none: attended or missed is only what has begun. A cancellation of what is to come
        is taken back only where it could be booked now (`slot-taken`, `slot-unsuitable`).
        """
        return await looked_again(lambda: self._record(question, referral, appointment, said, tag))

    async def _record(self, question: Question, referral: str, appointment: str, said: Recorded, tag: str | None
                      ) -> tuple[Answer, str]:  # fmt: skip
        async with self._gate.act(question, record=("referral", referral)) as act:
            of = await self._referred.referral(act, question, referral)
            row = await self._referred.record(act, question, referral, APPOINTMENT, appointment)
            check_tag(tag_of(row), tag)
            changed = self._outcome(row, said, question.at) | next_version(row, question.at)
            if row["starts_at"] > question.at and row["attendance_code"] in CANCELLED and said.code not in CANCELLED:
                await self._diary.take_again(act, question, row)
            seen = {"id": appointment, "source_version": row["source_version"]}
            act.changes.append(self._gate.writer.update(APPOINTMENT, seen, changed))
            act.details |= {"change": "recorded", "table": APPOINTMENT}
            others = await self._rows(act.permit, APPOINTMENT, referral_id=referral)
            version = changed["source_version"]
            now = [row | changed if one["id"] == appointment else one for one in others]
            moved = await attended(self._gate, act, question, of, row, now)
            said_now = {"id": appointment, "version": version, "signals": _signals(now), "moved": moved}
            act.answer = document(said_now)
        return Answer(act.answer, act.receipt), tag_of(changed)

    async def _rows(self, permit: Any, table: str, **equal: str) -> list[Found]:
        return await rows.rows(self._gate.records, permit, table, **equal)

    def _outcome(self, row: Found, said: Recorded, at: datetime) -> dict[str, Any]:
        try:
            cancelled = attendance.cancelled_at(said.code, said.cancelled_at, row["starts_at"], at)
        except attendance.Wrong as wrong:
            raise Unacceptable(wrong.code, field=wrong.field) from wrong
        notice = attendance.short_notice(said.code, cancelled, row["starts_at"], self._hours)
        return {"attendance_code": said.code, "cancelled_at": cancelled, "short_notice": notice}


def _corrected(earlier: list[Found], row: Found) -> list[Found]:
    """What was recorded before, oldest first, in the words of today."""
    shown = [rows.shown(one, EARLIER) | {"startsAt": row["startsAt"]} for one in earlier]
    say_outcome({"appointments": shown})
    for one in shown:
        del one["startsAt"]
    return sorted(shown, key=lambda one: one["correctedAt"])


def _signals(now: list[Found]) -> list[str]:
    """What stands under the referral once the change is made."""
    there = [one for one in now if one["withdrawn_at"] is None]
    contacts = [Contact(one["id"], one["starts_at"], one["attendance_code"]) for one in there]
    return [each.sign.value for each in engagement.signals(contacts)]
