"""Duplicates: other live referrals of one person to one service, which a clinical lead merges.

One survives. Whoever asks for the other by its id is answered with the survivor, as far as they may read that; what
hangs on the other stays where it is, under its own id, so that nothing is lost where a merge is undone. An offender
manager learns of none of it by sending (D5).
"""

from app.gate import Gate, NotOnFile, Unacceptable
from app.pathway.lifecycle import OPEN
from app.records.allocated import has_therapist
from app.records.rows import one, rows
from app.services.answers import Answer, document
from app.services.reached import REFERRAL, Reached, reached
from app.services.reads import referral_in_reach
from app.vocabulary import Category, Party, Question


class DuplicateService:
    """Finds and merges duplicates; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def of(self, question: Question, referral_id: str) -> Answer:
        """The other open referrals of the person to the same service that the caller may read, oldest first.

        For the health party also the ids of what was merged into this one, which a merge is undone by.
        """
        async with self._gate.ask(question, referral=referral_id) as opened:
            row = await referral_in_reach(self._gate, opened, referral_id)
            if row is None:
                opened.unfound()
                opened.answer = b""
            else:
                content = await self._gate.records.read(opened.permit, Category.REFERRAL)
                others = [
                    each
                    for each in content["referrals"]
                    if each["id"] != row["id"] and each["serviceId"] == row["serviceId"] and each["status"] in OPEN
                ]
                answer = {"crn": opened.permit.crn, "referralId": row["id"], "data": others}
                if question.caller.party is Party.HEALTH:
                    merged = await rows(self._gate.records, opened.permit, REFERRAL, merged_into=row["id"])
                    answer |= {"merged": sorted(each["id"] for each in merged if each["withdrawn_at"] is None)}
                opened.answer = document(answer)
        if row is None:
            raise NotOnFile
        return Answer(opened.answer, opened.receipt)

    async def merge(self, question: Question, referral_id: str, duplicate_id: str, tag: str | None) -> Answer:
        """Merge a duplicate into this referral, if `tag` (If-Match) is its version."""
        async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
            survivor = await reached(self._gate, act, question, referral_id)
            survivor.check(tag)
            duplicate = await self._duplicate(survivor, duplicate_id)
            act.changes.append(self._gate.writer.unchanged(REFERRAL, {"id": referral_id}, [survivor.row]))
            duplicate.change(merged_into=referral_id)
            for each in await rows(self._gate.records, act.permit, REFERRAL, merged_into=duplicate_id):
                again = Reached(self._gate, act, question, each, [])
                again.change(merged_into=referral_id)
            act.answer = survivor.answer("merged")
        return Answer(act.answer, act.receipt)

    async def separate(self, question: Question, referral_id: str, duplicate_id: str, tag: str | None) -> Answer:
        """Undo a merge into this referral, if `tag` (If-Match) is its version: both stand for themselves again."""
        async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
            survivor = await reached(self._gate, act, question, referral_id)
            survivor.check(tag)
            found = await one(self._gate.records, act.permit, REFERRAL, duplicate_id)
            if found is None or found["merged_into"] != referral_id or found["withdrawn_at"] is not None:
                raise Unacceptable("duplicate-unknown", field="duplicate")
            act.changes.append(self._gate.writer.unchanged(REFERRAL, {"id": referral_id}, [survivor.row]))
            Reached(self._gate, act, question, found, []).change(merged_into=None)
            act.answer = survivor.answer("separated")
        return Answer(act.answer, act.receipt)

    async def _duplicate(self, survivor: Reached, duplicate_id: str) -> Reached:
        """Unacceptable unless both are open, of one person and one service, and nobody treats under the duplicate."""
        act, question = survivor.act, survivor.question
        try:
            found = await reached(self._gate, act, question, duplicate_id)
        except Unacceptable as fault:
            raise Unacceptable("duplicate-unknown", field="duplicate") from fault
        if found.row["id"] == survivor.row["id"] or found.row["person_id"] != survivor.row["person_id"]:
            raise Unacceptable("duplicate-unknown", field="duplicate")
        if not {found.row["status"], survivor.row["status"]} <= OPEN:
            raise Unacceptable("referral-closed", field="duplicate")
        if await has_therapist(self._gate.records, duplicate_id, question.at):
            raise Unacceptable("duplicate-treated", field="duplicate")
        return found
