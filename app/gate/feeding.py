"""Keeps a system's feed up to date (H6): who changed in what it may read, and who fell out of it.

Where nobody else waits, whoever came into it is answered in the same transaction: decided and read once.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.audit.submission import ChangeRefused, Receipt, Submission
from app.gate.acting import somebody_was_faster
from app.gate.feed_items import Item
from app.gate.feed_moves import noted, of_receiver
from app.gate.feed_sending import NOTICES, Answered, FeedPage, entries_of, given, is_waiting
from app.gate.feed_working import Working
from app.policies import CompiledAgreement
from app.records import feed, feed_keeping, feed_removals
from app.records.permit import Permit, issue_tables
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate

ENTRIES = 1_000
"""How many changes are worked out at once, and about how many people come into the feed at once."""
TRIES = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is to have: whoever comes after a number, so many at most."""

    after: int
    size: int


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """Whether everybody was looked at; and who was read for it as they would be sent, by id."""

    is_whole: bool
    version: int = -1
    """Of the receiver's rows, once it was written: past it somebody else may have worked out what came since."""
    items: Mapping[str, Item] = field(default_factory=dict)
    page: FeedPage | None = None
    """The answer, where it could be made at once."""


async def work_out(
    gate: "Gate", question: Question, agreement: CompiledAgreement, doubted: Iterable[str] = (),
    asked: Asked | None = None,
) -> WorkedOut:  # fmt: skip
    """Bring the feed up to date, `doubted` people (by CRN) included; and answer whom that brings, if that is all.

    What it writes has an entry of its own, and one about each person who fell out of reach.
    """
    for attempt in range(TRIES):
        working = await _begin(gate, question, agreement)
        if working is None:
            continue
        # asked once the receiver was seen: whoever else puts somebody into its feed makes this be done again
        at_once = asked if asked is not None and not await is_waiting(gate, question, asked.after) else None
        permit = issue_tables(feed.TABLES)
        try:
            most = ENTRIES if at_once is None else min(ENTRIES, at_once.size)
            await working.look_at_all(permit, tuple(doubted), most)
            answer = None if at_once is None else await _answered(working, permit, at_once)
        finally:
            permit.close()
        receipts = await _written(working, answer)
        if receipts is not None:
            working.remember()
            page = None if answer is None else _page(working, answer, receipts)
            version = working.seen.version + working.has_changed
            return WorkedOut(working.is_whole, version, working.items, page)
        await stand_back(attempt)
    return WorkedOut(is_whole=False)


async def stand_back(attempt: int) -> None:
    """Let whoever was faster go on: of several processes that work for one system not all try again at once."""
    await asyncio.sleep(random.uniform(0, 0.005 * 2**attempt))  # nothing hangs on it being unforeseen


async def _begin(gate: "Gate", question: Question, agreement: CompiledAgreement) -> Working | None:
    """None where there was no feed yet: it is begun, and has to be looked at again."""
    client = question.caller.client
    seen, service = await feed.receiver(gate.records, client)
    if seen is not None:
        return Working.of(gate, question, agreement, seen, service)
    size = (await feed.changed(gate.records, 0, 1)).size
    begun = of_receiver([feed_keeping.begun(gate.records, client, size, "")])
    await _unless_overtaken(gate, Submission((noted(gate, question, agreement, {"feed": "begun"}),), begun))
    return None


async def _answered(working: Working, permit: Permit, asked: Asked) -> Answered | None:
    """Whoever has just come into the feed, as they were decided; None if that is nobody, or not all that is to come."""
    moves = working.moves
    is_all = asked.after <= working.seen.number and not (moves.told or working.shift)
    if not moves.queued or not is_all or len(moves.queued) > asked.size:
        return None
    shown = list(moves.queued.values())
    missing = [each for each in shown if each[0].person_id not in working.items]
    items = {**working.items, **(await working.read(permit, missing) if missing else {})}
    client = working.question.caller.client
    notices = await feed_removals.removals(working.gate.records, permit, client, 0, NOTICES)
    return Answered(shown, items, [each for each in notices if each.person_id not in moves.queued])


async def _written(working: Working, answer: Answered | None) -> Sequence[Receipt] | None:
    """The receipts, without any if there was nothing to write; None if somebody else was faster."""
    gate, question = working.gate, working.question
    if not working.has_changed:
        return ()
    entries = working.moves.entries()
    if answer is None:
        return await _unless_overtaken(gate, Submission(entries, working.changes()))
    sent = entries_of(gate, question, working.agreement, answer)
    changes = working.changes(working.moves.queued) + of_receiver(given(gate, question, answer))
    receipts = await _unless_overtaken(gate, Submission((*entries, *sent), changes))
    return None if receipts is None else receipts[len(entries) :]


async def _unless_overtaken(gate: "Gate", submission: Submission) -> Sequence[Receipt] | None:
    """None if somebody else was faster, so that it has to be worked out again."""
    try:
        return await gate.log.append(submission)
    except ChangeRefused as refused:
        if somebody_was_faster(refused.fault):
            return None
        raise


def _page(working: Working, answer: Answered, receipts: Sequence[Receipt]) -> FeedPage:
    return FeedPage(answer.people, answer.removals, working.moves.number, not working.is_whole, receipts)
