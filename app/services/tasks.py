"""What there is to see to: signs that somebody is being lost, for both sides, and answers that call for a clinician.

Each side says for itself that it has seen a task or seen to it, and is not told what the other has said. An offender
manager has the tasks of people whose attendance they may read now, and no other; a safety prompt is health's alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.gate import PROMPTS, SIGNALS, Act, Gate, Kind, Unacceptable
from app.pathway.engagement import Contact, Sign, signals
from app.pathway.measures import BY_WORD
from app.pathway.scoring import prompts_safety
from app.policies import decide
from app.records import rows
from app.records.predicates import LONDON
from app.records.rows import Found
from app.records.tasks import ACKNOWLEDGED, DONE, SAFETY_PROMPT
from app.records.writing import own_record
from app.services.answers import Answer, document, page
from app.services.cursors import CursorInvalid, decode, decode_moment, encode
from app.services.referred import Referred
from app.vocabulary import Action, Category, Party, Purpose, Question, Subject

KINDS = (SAFETY_PROMPT, *(sign.value for sign in Sign))
MARKS = (ACKNOWLEDGED, DONE)
LISTS: Mapping[tuple[Party, Purpose], Sequence[Kind]] = {
    (Party.HEALTH, Purpose.DIRECT_CARE): (PROMPTS, SIGNALS),
    (Party.JUSTICE, Purpose.SUPERVISION): (SIGNALS,),
}
"""What is asked of whom: what is urgent first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of a task: its kind, the appointment or the score that gave it, and that it is seen or done."""

    kind: str
    about: str
    mark: str


class TaskService:
    """Tasks; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._referred = Referred(gate)

    async def page(self, question: Question, cursor: str | None, size: int) -> Answer:
        """The caller's tasks that their side has not done: prompts, then signals, each newest first.

        CursorInvalid for a cursor from elsewhere.
        """
        kinds = await self._kinds(question)
        place, after = _decoded(cursor, len(kinds)) if cursor else (0, None)
        answers: list[bytes] = []
        receipts: list[Any] = []
        following = None
        for at in range(place, len(kinds)):
            asked = replace(question, subjects=(kinds[at].category,))
            async with self._gate.ask_many(asked, kinds[at], {}, after, size - len(answers)) as listed:
                listed.answers.extend(document({"crn": row.crn, **row.fields}) for row in listed.rows)
            answers += listed.answers
            receipts += listed.receipts
            if listed.has_more:  # of a list for which no room was left, from its beginning
                following = _encoded(at, listed.rows[-1].key if listed.rows else None)
                break
            after = None
        return Answer(page(answers, following, size), receipts)

    async def _kinds(self, question: Question) -> Sequence[Kind]:
        """What could ever be open to the caller's role; AccessRefused, its entry durable, if that is nothing."""
        caller, agreement = question.caller, await self._gate.check_purpose(question)

        def may_be(category: Subject) -> bool:
            return bool(agreement.conditions(caller.role, caller.party, question.purpose, question.action, category))

        listed = LISTS.get((caller.party, question.purpose), ())
        kinds = [kind for kind in listed if all(map(may_be, (kind.category, *kind.also)))]
        if not kinds or caller.is_system:
            raise await self._gate.refuse(question, "not-permitted-for-role")
        return kinds

    async def mark(self, question: Question, referral_id: str, said: Mark) -> Answer:
        """Say for the caller's side that a task is seen or done; once more answers the same.

        `task-unknown` for what does not stand; a referral that is out of reach is answered like none.
        """
        if said.kind == SAFETY_PROMPT:
            return await self._mark_prompt(question, referral_id, said)
        is_health = question.caller.party is Party.HEALTH
        asked = replace(question, subjects=(Category.ATTENDANCE,), action=Action.WRITE if is_health else Action.READ)
        async with self._gate.act(asked, record=("referral", referral_id)) as act:
            self._check_purpose(asked)
            referral = await self._referral(act, asked, referral_id)
            stored = await rows.rows(self._gate.records, act.permit, "appointment", referral_id=referral_id)
            contacts = [
                Contact(one["id"], one["starts_at"], one["attendance_code"])
                for one in stored
                if one["withdrawn_at"] is None
            ]
            standing = {(each.sign.value, each.appointment_id) for each in signals(contacts)}
            if _is_closed(referral, asked) or (said.kind, said.about) not in standing:
                raise Unacceptable("task-unknown")
            same = {"appointment_id": said.about, "kind": said.kind, "mark": said.mark}
            act.answer = await self._keep(
                act, asked, "engagement_mark", same | {"party": asked.caller.party.value}, referral, said
            )
        return Answer(act.answer, act.receipt)

    async def _mark_prompt(self, question: Question, referral_id: str, said: Mark) -> Answer:
        asked = replace(question, subjects=(Category.SAFETY,), action=Action.WRITE)
        async with self._gate.act(asked, record=("referral", referral_id)) as act:
            self._check_purpose(asked)
            referral = await self._referral(act, asked, referral_id)
            reading = replace(asked, subjects=(Category.SAFETY, Category.SCORES), action=Action.READ)
            if any(not ruling.permitted for ruling in decide(reading, act.standing.facts, act.agreement).rulings):
                raise Unacceptable("not-found")
            score = await rows.one(self._gate.records, act.permit, "outcome_score", said.about)
            if score is None or _is_closed(referral, asked) or not _prompts(score, referral_id):
                raise Unacceptable("task-unknown")
            same = {"score_id": said.about, "mark": said.mark}
            act.answer = await self._keep(act, asked, "safety_prompt_mark", same, referral, said)
        return Answer(act.answer, act.receipt)

    @staticmethod
    def _check_purpose(question: Question) -> None:
        """Tasks are staff's own, for the purposes of their daily work."""
        caller = question.caller
        if caller.is_system or (caller.party, question.purpose) not in LISTS:
            raise Unacceptable("not-found")

    async def _referral(self, act: Act, question: Question, referral_id: str) -> Found:
        if question.caller.party is Party.HEALTH:
            return await self._referred.referral(act, question, referral_id)
        referral = await rows.one(self._gate.records, act.permit, "referral", referral_id)
        if referral is None or referral["status"] == "draft" or referral["withdrawn_at"] is not None:
            raise Unacceptable("not-found")
        return referral

    async def _keep(self, act: Act, question: Question, table: str, same: Mapping[str, Any], referral: Found,
                    said: Mark) -> bytes:  # fmt: skip
        """The mark, unless it is there; who set it is for the log and their own side."""
        there = await rows.rows(self._gate.records, act.permit, table, **same)
        marked_at = there[0]["marked_at"] if there else question.at
        if not there:
            new = {"id": own_record(question.at)["id"], "recorded_at": question.at, "marked_at": marked_at}
            new |= {"person_id": referral["person_id"], "referral_id": referral["id"]}
            new["marked_by"] = question.caller.staff
            act.changes.append(self._gate.writer.insert(table, {**same, **new}))
        act.details |= {"change": said.mark, "table": table}
        return document({"kind": said.kind, "about": said.about, "mark": said.mark, "at": marked_at})


def _is_closed(referral: Found, question: Question) -> bool:
    closed = referral["closed_on"]
    return closed is not None and closed <= question.at.astimezone(LONDON).date()


def _prompts(score: Found, referral_id: str) -> bool:
    measure = BY_WORD.get(score["tool_code"])
    if measure is None or score["referral_id"] != referral_id or score["withdrawn_at"] is not None:
        return False
    return prompts_safety(measure, score["items"])


def _encoded(place: int, after: tuple[Any, ...] | None) -> str:
    since, about, kind = after or ("", "", "")
    return encode((str(place), since.isoformat() if after else "", about, kind), "tasks", {})


def _decoded(cursor: str, kinds: int) -> tuple[int, tuple[Any, ...] | None]:
    place, since, about, kind = decode(cursor, (str, str, str, str), "tasks", {})
    if place not in map(str, range(kinds)):
        raise CursorInvalid("the cursor belongs to another list")
    return int(place), (decode_moment(since), about, kind) if since else None
