"""What follows for a referral from its appointments: who waits and has one booked has been offered it, and who came to
their assessment has been assessed. Nothing else follows: what becomes of a missed one, people decide.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from app.gate import Act, Gate
from app.pathway.attendance import ATTENDED, CANCELLED
from app.pathway.lifecycle import ATTENDED as CAME
from app.pathway.lifecycle import BOOKED, CORRECTED, UNATTENDED, Move, can
from app.policies.agreement import LONDON
from app.records.rows import Found, rows
from app.services.moving import ASSESSMENTS
from app.services.reached import MOVE, Reached, Why, name_of, today
from app.vocabulary import Category, Question


async def booked(gate: Gate, act: Act, question: Question, referral: Found) -> str | None:
    """To which status a referral goes because an appointment is booked; None if it stays where it is."""
    if not can(Move.OFFER, referral["status"]):
        return None
    return await _move(gate, act, question, referral, ("offered", BOOKED), today(question))


async def accepted(one: Reached) -> None:
    """Who is put on the list and has an appointment ahead, booked before the decision, has been offered it."""
    contacts = await rows(one.gate.records, one.act.permit, "appointment", referral_id=one.row["id"])
    if any(each["starts_at"] > one.question.at and _stands(each) for each in contacts):
        one.move("offered", one.day(None), Why(name_of(one.question), BOOKED))
        one.act.details |= {"moved": "offered"}


def _stands(contact: Found) -> bool:
    return contact["withdrawn_at"] is None and contact["attendance_code"] not in CANCELLED


async def attended(gate: Gate, act: Act, question: Question, referral: Found, before: Found,
                   contacts: Iterable[Found]) -> str | None:  # fmt: skip
    """The same, because of what is recorded of an appointment: it as it was before, all of the referral as they are."""
    standing = {each["id"]: each for each in contacts if each["withdrawn_at"] is None}
    now = standing[before["id"]]
    if _is_assessment(now) and can(Move.ASSESS, referral["status"]):
        day = now["starts_at"].astimezone(LONDON).date()
        return await _move(gate, act, question, referral, ("assessed", CAME), day)
    is_undone = _is_assessment(before) and not any(map(_is_assessment, standing.values()))
    if is_undone and referral["status"] == CORRECTED[0]:
        return await _move(gate, act, question, referral, (CORRECTED[1], UNATTENDED), today(question))
    return None


def _is_assessment(contact: Found) -> bool:
    return contact["appointment_type"] in ASSESSMENTS and contact["attendance_code"] in ATTENDED


async def _move(
    gate: Gate, act: Act, question: Question, referral: Found, wanted: tuple[str, str], day: date
) -> str | None:
    """The move as anybody would make it, if the caller may write the referral as well; never before the last one."""
    both = replace(question, subjects=tuple(dict.fromkeys((*question.subjects, Category.REFERRAL))))
    if not gate.widen(act, both):
        return None
    to, reason = wanted
    moves = await rows(gate.records, act.permit, MOVE, referral_id=referral["id"])
    one = Reached(gate, act, question, referral, moves)
    last = max((each["occurred_on"] for each in moves), default=referral["received_on"])
    one.move(to, one.day(max(day, last) if last else day), Why(name_of(question), reason))
    act.details |= {"moved": to}
    return to
