"""Referrals on their way in: drafted, changed while they are drafts, sent; and changed by whom they were sent to.

The answer to an offender manager is the same whether or not another referral of the person is open (D5): nothing that
is on file of any other referral is looked at, but one that they name themselves and may read.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from app.gate import AccessRefused, Act, Gate, NotOnFile, Unacceptable
from app.pathway.lifecycle import CLOSED, Move
from app.policies import decide
from app.records.bases import running_bases
from app.records.rows import Found, one, rows
from app.records.writing import own_record
from app.services.answers import Answer
from app.services.presenting import Presented, present
from app.services.reached import REFERRAL, Reached, Why, name_of, reached, today
from app.services.register import StaffRegister
from app.vocabulary import Action, Category, Fact, Party, Question, Role, facts_of

VOLUNTARY = "voluntary"
PROBATION = "E3"
"""SourceOfReferralIAPT: the probation service."""
COLUMNS = {
    "basis": "basis",
    "reason": "reason",
    "service": "service_id",
    "sourceOfReferral": "source_of_referral",
    "earlierReferralId": "earlier_referral_id",
}
"""What can be changed of a referral, and the columns where it stands."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A new referral as it came; `sends` is whether it goes to the service at once."""

    fields: Mapping[str, Any]
    sends: bool


class ReferringService:
    """Writes about referrals; every method leaves an entry. `renew_at` is where awareness training is renewed."""

    def __init__(self, gate: Gate, renew_at: str | None = None) -> None:
        self._gate, self._renew_at = gate, renew_at

    async def create(self, question: Question, wanted: Wanted) -> Answer:
        """A draft or a referral; AccessRefused says where to renew a training that has lapsed."""
        try:
            async with self._gate.act(question) as act:
                row = await self._new(act, question, wanted)
                act.changes.append(self._gate.writer.insert(REFERRAL, row))
                made = Reached(self._gate, act, question, row, [])
                if wanted.sends:
                    made.note_move(None, "received", row["received_on"], _by_health(question))
                act.answer = made.answer("created")
        except AccessRefused as refused:
            if self._renew_at is not None and refused.lacks(Fact.TRAINED_AWARENESS):
                raise AccessRefused(refused.code, refused.withheld, self._renew_at) from refused
            raise
        return Answer(act.answer, act.receipt)

    async def _new(self, act: Act, question: Question, wanted: Wanted) -> Found:
        person, by_health = act.standing.person_id or "", question.caller.party is Party.HEALTH
        if by_health and not wanted.sends:
            raise Unacceptable("draft-not-possible", field="status")
        columns = {COLUMNS[name]: value for name, value in wanted.fields.items()}
        if by_health and columns.get("source_of_referral") is None:
            raise Unacceptable("referral-incomplete", "who referred the person", "sourceOfReferral")
        columns["service_id"] = await self._service(act, question, columns.get("service_id"))
        row: Found = {
            **dict.fromkeys(COLUMNS.values()),
            **own_record(question.at),
            "basis": VOLUNTARY,
            **columns,
            "source_of_referral": columns.get("source_of_referral") or PROBATION,
            "person_id": person,
            "referred_by": None if by_health else question.caller.staff,
            "status": "received" if wanted.sends else "draft",
            "received_on": today(question) if wanted.sends else None,
        }
        rest = ("suitability", "end_code", "closed_on", "commissioner", "withdrawn_at", "patient_id", "merged_into")
        row = dict.fromkeys(rest) | row
        await self._check(act, question, row)
        return row

    async def _service(self, act: Act, question: Question, named: str | None) -> str:
        """The caller's own service; for the justice party the one that is named, or the only one."""
        if question.caller.party is Party.HEALTH:
            member = await StaffRegister(self._gate).found(act, question.caller.staff or "")
            own = member["service_id"] if member else None
            if own is None or named not in (None, own):
                raise Unacceptable("service-unknown", field="service")
            return str(own)
        known = [row["id"] for row in await rows(self._gate.records, act.permit, "therapy_service")]
        if named is None and len(known) == 1:
            return str(known[0])
        if named not in known:
            raise Unacceptable("service-unknown", field="service", possible=sorted(known))
        return str(named)

    async def change(self, question: Question, referral_id: str, given: Mapping[str, Any], said: Presented | None,
                     tag: str | None) -> Answer:  # fmt: skip
        """Other values, if `tag` (If-Match) is its version; what is clinical becomes part of the clinical record."""
        async with self._reaching(question, referral_id) as one:
            one.check(tag)
            columns = {COLUMNS[name]: value for name, value in given.items()}
            if "service_id" in columns:
                columns["service_id"] = await self._service(one.act, question, columns["service_id"])
            if columns:
                await self._check(one.act, question, {**one.row, **columns})
                one.change(**columns)
            if said is not None:
                if not columns:
                    one.act.changes.append(self._gate.writer.unchanged(REFERRAL, {"id": referral_id}, [one.row]))
                await present(one, said)
            one.act.answer = one.answer("changed")
            one.act.details |= {"fields": sorted(given)}
        return Answer(one.act.answer, one.act.receipt)

    async def send(self, question: Question, referral_id: str, tag: str | None) -> Answer:
        """Send the caller's own draft; from then on it is the service's."""
        async with self._reaching(question, referral_id) as draft:
            draft.check(tag)
            draft.check_move(Move.SEND, "status")
            await self._check(draft.act, question, {**draft.row, "status": "received"})
            draft.move("received", today(question), None, received_on=today(question))
            draft.act.answer = draft.answer("sent")
        return Answer(draft.act.answer, draft.act.receipt)

    async def discard(self, question: Question, referral_id: str, tag: str | None) -> Answer:
        """Take back the caller's own draft; what was sent is the service's, which closes it."""
        async with self._reaching(question, referral_id) as draft:
            draft.check(tag)
            draft.check_move(Move.SEND, "status")
            draft.change(withdrawn_at=question.at)
            draft.act.answer = draft.answer("discarded")
        return Answer(draft.act.answer, draft.act.receipt)

    @asynccontextmanager
    async def _reaching(self, question: Question, referral_id: str) -> AsyncIterator[Reached]:
        """An act about a referral; whose awareness training has lapsed is told so of any id, there or not."""
        try:
            async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
                yield await reached(self._gate, act, question, referral_id)
        except NotOnFile as refused:
            if question.caller.role is Role.OFFENDER_MANAGER and await self._only_lacks_awareness(question):
                raise AccessRefused("training-lapsed", (), self._renew_at) from refused
            raise

    async def _only_lacks_awareness(self, question: Question) -> bool:
        """Of the facts about the caller alone: what is answered by them tells nothing of anybody else."""
        standing = await self._gate.records.standing(question.caller, question.at, crn="")
        of_caller = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.TRAINED_AWARENESS)
        return standing.facts & of_caller == of_caller & ~Fact.TRAINED_AWARENESS.bit

    async def _check(self, act: Act, question: Question, row: Found) -> None:
        """Unacceptable for a referral that rests on what does not run, or says too little to be sent."""
        if row["status"] != "draft" and not row["reason"]:
            raise Unacceptable("referral-incomplete", "why the person is referred", "reason")
        by_justice = question.caller.party is Party.JUSTICE  # health would learn from a refusal what runs
        if by_justice and row["basis"] not in await self._bases(row["person_id"], question):
            raise Unacceptable("basis-not-running", field="basis")
        if row["earlier_referral_id"] is not None:
            await self._check_earlier(act, question, row)

    async def _bases(self, person: str, question: Question) -> frozenset[str]:
        return await running_bases(self._gate.records, person, question.at) | {VOLUNTARY}

    async def _check_earlier(self, act: Act, question: Question, row: Found) -> None:
        """A closed referral of the same person that the caller may read; any other is like none."""
        reading = replace(question, subjects=(Category.REFERRAL,), action=Action.READ)
        ruling = decide(reading, act.standing.facts, act.agreement).ruling(Category.REFERRAL)
        earlier = None
        if "sent" in ruling.rows:
            earlier = await one(self._gate.records, act.permit, REFERRAL, row["earlier_referral_id"])
        if earlier is None or earlier["person_id"] != row["person_id"] or earlier["id"] == row["id"]:
            raise Unacceptable("earlier-unknown", field="earlierReferralId")
        if earlier["status"] not in CLOSED or earlier["withdrawn_at"] or earlier["merged_into"]:
            raise Unacceptable("earlier-unknown", field="earlierReferralId")


def _by_health(question: Question) -> Why | None:
    return Why(name_of(question)) if question.caller.party is Party.HEALTH else None
