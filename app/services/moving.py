"""The moves of a referral once it is at the service: offered, returned to the list, assessed, treated, discharged.

Each is dated and attributable; what led where, and who did it, is the referral's history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.gate import Gate, NotOnFile, Opened, Unacceptable
from app.pathway.lifecycle import LIFE, RETURNED, Course, Move, can, end_codes, passed, possible
from app.records import past
from app.records.allocated import has_therapist
from app.records.reading import released_fields
from app.records.rows import Found, rows
from app.services.answers import Answer, document, reasons
from app.services.presenting import Presented, newest, present
from app.services.reached import MOVE, REASON, REFERRAL, Note, Reached, Why, name_of, reached
from app.services.reads import referral_in_reach
from app.vocabulary import Category, Question

BY_STATUS: Mapping[str, Move] = {LIFE[move].to: move for move in (Move.OFFER, Move.RETURN, Move.ASSESS, Move.BEGIN)}
"""The moves that are named by where they lead; the others have an address of their own."""
WEIGHED = (Category.CLINICAL, Category.SCORES, Category.SAFETY)
"""What a recommendation rests on: told to who may not read all of it, it would tell what they may not."""
SEEN, ASSESSMENTS, TREATMENTS = ("5", "6"), ("01", "03"), ("02", "03", "05")
"""Attended contacts, and the kinds of contact that are assessments or treatment."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A move as it came; `said` is what is offered, of whom treatment begins."""

    to: str
    on: date | None = None
    reason: str | None = None
    note: Note | None = None
    said: Presented | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """A discharge as it came."""

    code: str
    on: date | None = None
    note: Note | None = None


class MovingService:
    """Moves of referrals of the caller's service; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def move(self, question: Question, referral_id: str, wanted: Moving, tag: str | None) -> Answer:
        """To another status that it can go to; of two at once one is made."""
        async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
            one = await reached(self._gate, act, question, referral_id)
            one.check(tag)
            move = BY_STATUS[wanted.to]
            if not can(move, one.row["status"]):
                raise Unacceptable("move-not-possible", field="to", possible=possible(one.row["status"]))
            self._check_reason(move, wanted)
            if move is Move.BEGIN:
                await self._begin(one, wanted)
            one.move(wanted.to, one.day(wanted.on), Why(name_of(question), wanted.reason, wanted.note))
            act.answer = one.answer("moved")
        return Answer(act.answer, act.receipt)

    @staticmethod
    def _check_reason(move: Move, wanted: Moving) -> None:
        if (move is Move.RETURN) != (wanted.reason is not None):
            said = f"one of {', '.join(RETURNED)}" if move is Move.RETURN else "only of who is back on the list"
            raise Unacceptable("reason-unfitting", said, "reason")
        if move is not Move.BEGIN and wanted.said is not None:
            raise Unacceptable("treatment-not-beginning", field="step")

    async def _begin(self, one: Reached, wanted: Moving) -> None:
        """Treatment has a step, a kind of therapy, and a therapist."""
        before = await newest(one)
        known = {name: before[name] for name in ("step", "therapy_type")} if before else {}
        said = known | (dict(wanted.said.columns) if wanted.said else {})
        for name, field in (("step", "step"), ("therapy_type", "therapyType")):
            if said.get(name) is None:
                raise Unacceptable("treatment-incomplete", field=field)
        if not await has_therapist(self._gate.records, one.row["id"], one.question.at):
            raise Unacceptable("treatment-incomplete", "allocate a therapist: POST /v1/referrals/{id}/allocation")
        if wanted.said is not None:
            await present(one, wanted.said)

    async def discharge(self, question: Question, referral_id: str, wanted: Ending, tag: str | None) -> Answer:
        """Close it with a national code that fits how far the person has come."""
        async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
            one = await reached(self._gate, act, question, referral_id)
            one.check(tag)
            one.check_move(Move.DISCHARGE, "endCode")
            check_code(await course_of(one), wanted.code)
            on = one.day(wanted.on)
            one.move("discharged", on, Why(name_of(question), None, wanted.note), end_code=wanted.code, closed_on=on)
            act.answer = one.answer("discharged")
        return Answer(act.answer, act.receipt)

    async def history(self, question: Question, referral_id: str) -> Answer:
        """Every status that it had, oldest first; who moved it and why only for who may read the clinical record.

        What was overruled rests on scores and risk besides, and is for who may read these too.
        """
        async with self._gate.ask(question, referral=referral_id) as opened:
            row = await referral_in_reach(self._gate, opened, referral_id)
            if row is None:
                opened.unfound()
            opened.answer = b"" if row is None else await self._told(opened, row["id"])
        if row is None:
            raise NotOnFile
        return Answer(opened.answer, opened.receipt)

    async def _told(self, opened: Opened, referral_id: str) -> bytes:
        records, permit = self._gate.records, opened.permit
        moves = await rows(records, permit, MOVE, referral_id=referral_id)
        states = await past.versions(records, permit, REFERRAL, id=referral_id)
        whys: dict[str, Found] = {}
        if _is_whole(opened, Category.CLINICAL):
            whys = {each["move_id"]: each for each in await rows(records, permit, REASON, referral_id=referral_id)}
        sees_all = all(_is_whole(opened, each) for each in WEIGHED)
        data = [_as_data(each, whys.get(each["id"]), overruled=sees_all) for each in history(moves, states)]
        opened.released = _released(opened, overruled=sees_all and any(each["overruled"] for each in whys.values()))
        withheld = reasons(each for each in opened.withheld() if each.subject is not Category.REFERRAL)
        return document({"crn": permit.crn, "referralId": referral_id, "data": data, "withheld": withheld})


def history(moves: Sequence[Found], states: Sequence[Found]) -> list[Found]:
    """The moves, and between them the statuses that another system gave it, which have no day of their own."""
    ours = {(each["to_status"], each["recorded_at"]) for each in moves}
    found, before = list(moves), None
    for state in states:
        status, at = state["status"], state["recorded_at"]
        if status not in (before, "draft") and (status, at) not in ours:
            synced = {"from_status": before, "to_status": status, "recorded_at": at}
            found.append({"id": None, "occurred_on": None, **synced})
        before = status
    return sorted(found, key=lambda each: each["recorded_at"])


def _released(opened: Opened, *, overruled: bool) -> dict[str, list[str]]:
    """Of scores and risk nothing but what a recommendation that was overruled tells of them."""
    told = {
        category.value: list(released_fields(category, opening.caveat, opening.rows))
        for category, opening in opened.permit.openings.items()
        if category in (Category.REFERRAL, Category.CLINICAL)
    }
    return told | ({Category.SCORES.value: ["triageMeasures.reasons"], Category.SAFETY.value: ["triageRisks.reasons"]}
                   if overruled else {})  # fmt: skip


def _as_data(move: Mapping[str, Any], why: Mapping[str, Any] | None, *, overruled: bool) -> dict[str, Any]:
    origin = move["from_status"]
    said = {
        "from": None if origin == "draft" else origin,  # that there was a draft is its author's to know
        "to": move["to_status"],
        "occurredOn": move["occurred_on"],
        "recordedAt": move["recorded_at"],
        "recordedHere": move["id"] is not None,
    }
    if why is None:
        return said
    clinical = {"by": why["moved_by"], "reason": why["reason"], "note": why["note"]}
    return said | {"clinical": clinical | ({"overruled": why["overruled"]} if overruled else {})}


def _is_whole(opened: Opened, category: Category) -> bool:
    opening = opened.permit.openings.get(category)
    return opening is not None and opening.caveat == "all"


def check_code(course: Course, code: str) -> None:
    """Unacceptable for a code that does not fit; says which do."""
    fitting = end_codes(course)
    if code not in fitting:
        raise Unacceptable("end-code-unfitting", field="endCode", possible=fitting)


async def course_of(one: Reached) -> Course:
    """How far the person has come, by what was recorded of their contacts under this referral or its duplicates."""
    records, permit = one.gate.records, one.act.permit
    merged = await rows(records, permit, REFERRAL, merged_into=one.row["id"])
    contacts = [
        contact
        for referral in (one.row, *merged)
        for contact in await rows(records, permit, "appointment", referral_id=referral["id"])
        if contact["withdrawn_at"] is None and contact["attendance_code"] in SEEN
    ]
    kinds = {contact["appointment_type"] for contact in contacts}
    moves = sorted(one.moves, key=lambda each: (each["recorded_at"], each["id"]))
    through = passed((each["from_status"], each["to_status"]) for each in moves) | {one.row["status"]}
    return Course(
        one.row["status"],
        seen=bool(contacts),
        assessed=bool(kinds & {*ASSESSMENTS}) or "assessed" in through,
        treated=bool(kinds & {*TREATMENTS}) or "in-treatment" in through,
    )
