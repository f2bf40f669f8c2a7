"""Answers out of a system's feed (H6): people as they may be read at this moment, notices, and their acknowledgement.

What is sent has an entry for each person, in one transaction with the note that the receiver has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.audit.entry import PersonPart
from app.audit.submission import ChangeRefused, LogBusy, Receipt, Submission
from app.gate.acting import somebody_was_faster
from app.gate.asking import openings_of
from app.gate.entries import PERMITTED
from app.gate.feed_items import Decided, Item, items_of
from app.gate.feed_moves import of_receiver
from app.gate.feed_sending import NOTICES, Answered, FeedPage, entries_of, given, of_notices
from app.gate.feeding import TRIES, WorkedOut, stand_back, work_out
from app.policies import CompiledAgreement, decide
from app.records import feed, feed_keeping, feed_people, feed_removals
from app.records.feed_removals import Removal
from app.records.permit import Permit, issue_tables
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate


@dataclass(frozen=True, slots=True)
class _Found:
    answer: Answered
    doubted: Sequence[str]
    """CRNs of whoever stands in the feed and may be read no longer."""
    last: int
    has_more: bool
    version: int
    """Of the receiver's rows, before any of it was read."""


async def answer_page(
    gate: "Gate", question: Question, agreement: CompiledAgreement, after: int, size: int, worked_out: WorkedOut
) -> FeedPage:
    """What stands in the feed after a number, once its entries are durable; LogBusy if others write all the time.

    People who were read when it was worked out are decided again, and sent like that if the same is open of them and
    nobody else has worked anything out. What was written of them since comes next: what is kept is what was sent.
    """
    are_settled = False
    for attempt in range(TRIES):
        found = await _look(gate, question, agreement, after, size, worked_out)
        if found.doubted and not are_settled:  # time has passed since it was worked out
            await work_out(gate, question, agreement, found.doubted)
            are_settled = True
            continue
        try:
            receipts = await gate.log.append(_submission(gate, question, agreement, found))
        except ChangeRefused as refused:
            if not somebody_was_faster(refused.fault):
                raise
            await stand_back(attempt)
            continue
        return FeedPage(found.answer.people, found.answer.removals, found.last, found.has_more, receipts)
    raise LogBusy("the feed was changed all the time")


async def _look(
    gate: "Gate", question: Question, agreement: CompiledAgreement, after: int, size: int, worked_out: WorkedOut
) -> _Found:
    records, caller = gate.records, question.caller
    receiver, _ = await feed.receiver(records, caller.client)
    version = receiver.version if receiver else 0
    read = worked_out.items if version == worked_out.version else {}
    permit = issue_tables(feed.TABLES)
    try:
        rows = await feed_people.waiting(records, permit, caller, question.at, after, size + 1)
        page, has_more = rows[:size], len(rows) > size
        decided = [(row, decide(question, row.facts, agreement)) for row in page]
        shown = [(row, decision) for row, decision in decided if row.crn is not None and decision.any_permitted]
        items = await _items(gate, permit, question, shown, read)
        notices = await feed_removals.removals(records, permit, caller.client, 0, NOTICES)
    finally:
        permit.close()
    removals = [each for each in notices if each.person_id not in items]
    numbers = [row.known.number for row in page if row.known]
    last = max(numbers, default=after) if has_more else max([after, *numbers, *(each.number for each in removals)])
    doubted = [row.crn for row, _ in decided if row.crn is not None and row.person_id not in items]
    return _Found(Answered(shown, items, removals), doubted, last, has_more, version)


async def _items(
    gate: "Gate", permit: Permit, question: Question, shown: Sequence[Decided], read: Mapping[str, Item]
) -> dict[str, Item]:
    """As they were read for this answer where the same is open of them; read now otherwise."""
    same = {row.person_id: read[row.person_id] for row, decision in shown
            if row.person_id in read and read[row.person_id].openings == openings_of(decision)}  # fmt: skip
    missing = [(row, decision) for row, decision in shown if row.person_id not in same]
    members = {row.person_id: row.known.member for row, _ in missing if row.known}
    return same | (await items_of(gate, permit, question, missing, members) if missing else {})


def _submission(gate: "Gate", question: Question, agreement: CompiledAgreement, found: _Found) -> Submission:
    """Refused where anything of the feed was worked out or answered since it was read.

    Otherwise an answer that was overtaken could be kept as the newest, and what overtook it never be sent.
    """
    answer, changes = found.answer, []
    if answer.shown or answer.removals:
        changes = [feed_keeping.answered(gate.records, question.caller.client, found.version)]
        changes += given(gate, question, answer)
    return Submission(tuple(entries_of(gate, question, agreement, answer)), of_receiver(changes))


async def answer_removals(
    gate: "Gate", question: Question, agreement: CompiledAgreement, after: int, size: int
) -> tuple[Sequence[Removal], bool, Receipt]:
    """The receiver's open notices after a number; whether there are more; and the receipt."""
    permit = issue_tables(feed.TABLES)
    try:
        found = await feed_removals.removals(gate.records, permit, question.caller.client, after, size + 1)
    finally:
        permit.close()
    record = of_notices(gate, question, agreement, found[:size])
    (receipt,) = await gate.log.append(Submission((record.sealed(),)))
    return found[:size], len(found) > size, receipt


async def acknowledge(
    gate: "Gate", question: Question, agreement: CompiledAgreement, number: int
) -> tuple[Removal, Receipt]:
    """That the receiver has dropped somebody, once and for all; AccessRefused for a notice that it never had.

    Of one that is closed already it changes nothing, and gives what was said then.
    """
    for _ in range(TRIES):
        client, permit = question.caller.client, issue_tables(feed.TABLES)
        try:
            notice = await feed_removals.removal(gate.records, permit, client, number)
        finally:
            permit.close()
        if notice is None:
            raise await gate.refuse(question, "removal-unknown")
        is_open = notice.closed_at is None
        changes = feed_keeping.acknowledged(gate.records, client, question.at, number) if is_open else []
        record = gate._record(question, agreement, PERMITTED, details={"acknowledged": number})
        about = PersonPart(notice.person_id, notice.crn) if notice.person_id else None
        try:
            (receipt,) = await gate.log.append(Submission((record.sealed(about),), of_receiver(changes)))
        except ChangeRefused as refused:
            if not somebody_was_faster(refused.fault):
                raise
            continue
        return notice, receipt
    raise LogBusy("the notice was changed all the time")
