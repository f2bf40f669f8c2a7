"""A page of the feed in portions: while one becomes durable the next is put into words and the one after it is read.

Each portion is whole in itself, worked out, decided, read and written once in one transaction, and is written only once
the one before it is. Nothing of a page leaves before all of it is durable, and nobody stands in it twice.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from app.audit.submission import ChangeRefused, Receipt, Submission
from app.gate.acting import somebody_was_faster
from app.gate.feed_moves import of_receiver
from app.gate.feed_sending import NOTICES, Answered, FeedPage, entries_of, given
from app.gate.feed_working import Entangled, Working
from app.gate.turns import giving_way
from app.records import feed, feed_removals
from app.records.permit import Permit, issue_tables

if TYPE_CHECKING:
    from app.gate.door import Gate

A = TypeVar("A")
B = TypeVar("B")
ENTRIES = 1_000
"""How many changes are worked out at once, and about how many people come into the feed at once."""
PORTION = 250
"""How many changes a portion of a page has at most: few enough for two to be at work, too many to be all beginnings."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is to have: whoever comes after a number, so many at most."""

    after: int
    size: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was worked out together, and read."""

    working: Working
    answer: Answered | None
    """What of a page it makes, where it can be answered at once."""

    def leaves(self, room: int) -> int:
        """How many more people the page has room for."""
        return 0 if self.answer is None else room - len(self.answer.shown)


@dataclass(frozen=True, slots=True)
class Portion:
    """What was worked out together, as it is to be written."""

    working: Working
    answer: Answered | None
    submission: Submission | None
    """None if there is nothing to write."""
    noted: int = 0
    """How many of the entries, the first ones, are of working it out and not of the answer."""


@dataclass(frozen=True, slots=True)
class Written:
    """A portion that is durable, with the receipts of what it answers."""

    portion: Portion
    receipts: Sequence[Receipt]


async def first_portion(working: Working, doubted: Iterable[str], asked: Asked | None) -> Read:
    """What was seen of a receiver, worked out as far as goes at once, `doubted` people (by CRN) included."""
    most = PORTION if working.swept_to is None else ENTRIES  # a round over everybody goes faster by more at once
    permit = issue_tables(feed.TABLES)
    try:
        await working.look_at_all(permit, tuple(doubted), ENTRIES if asked is None else min(most, asked.size))
        answer = None if asked is None else await _answered(working, permit, asked)
    finally:
        permit.close()
    return Read(working, answer)


class _Ahead:
    """The portions of a page in their order, of which the next is being read already when one is put into words."""

    def __init__(self, first: Read, size: int) -> None:
        self._read: asyncio.Future[Read | None] = asyncio.get_running_loop().create_future()
        self._read.set_result(first)
        self._room = size

    async def portion(self) -> Portion | None:
        """The next one; None after the last."""
        read = await self._read
        if read is None:
            return None
        self._room = read.leaves(self._room)
        self._read = asyncio.create_task(_following(read, self._room))
        return await _portion(read)

    async def close(self) -> None:
        """What was read in vain is dropped."""
        self._read.cancel()
        await asyncio.gather(self._read, return_exceptions=True)


async def written(first: Read, size: int) -> list[Written]:
    """The portions that are durable, one after the other, of a page of `size`; none if somebody else was faster."""
    done: list[Written] = []
    ahead = _Ahead(first, size)
    try:
        portion = await ahead.portion()
        while portion is not None:
            receipts, following = await _both(_receipts(portion), ahead.portion())
            if receipts is None:
                break
            portion.working.remember()
            done.append(Written(portion, receipts))
            portion = following
    finally:
        await ahead.close()
    return done


def page_of(done: Sequence[Written]) -> FeedPage | None:
    """The answer that these portions make, if they make any."""
    answers = [each.portion.answer for each in done if each.portion.answer is not None]
    if not answers:
        return None
    last = done[-1].portion.working
    people = [person for answer in answers for person in answer.people]
    receipts = [receipt for each in done for receipt in each.receipts]
    return FeedPage(people, answers[0].removals, last.moves.number, not last.is_whole, receipts)


async def unless_overtaken(gate: "Gate", submission: Submission) -> Sequence[Receipt] | None:
    """None if somebody else was faster, so that it has to be worked out again."""
    try:
        return await gate.log.append(submission)
    except ChangeRefused as refused:
        if somebody_was_faster(refused.fault):
            return None
        raise


async def _following(before: Read, room: int) -> Read | None:
    """The next portion of a page, read before the one before it is written; None where the page ends with that.

    It ends where somebody has to be dropped, came back after that, or changed again: the next answer has them. So
    nobody stands in a page twice, nor together with a notice about them.
    """
    is_over = before.answer is None or not before.working.is_behind or before.working.swept_to is not None
    if is_over or room <= 0:
        return None
    working, permit = before.working.following(), issue_tables(feed.TABLES)
    try:
        await working.look_at_all(permit, (), min(PORTION, room))
        answer = await _answered(working, permit, Asked(0, room))
    except Entangled:
        return None
    finally:
        permit.close()
    if answer is None or any(row.known is not None and row.known.removal is not None for row, _ in answer.shown):
        return None
    return Read(working, answer)


async def _answered(working: Working, permit: Permit, asked: Asked) -> Answered | None:
    """Whoever has just come into the feed, as they were decided; None if that is nobody, or not all that is to come.

    The notices stand in a page's first portion.
    """
    moves = working.moves
    is_all = asked.after <= working.seen.number and not (moves.told or working.shift)
    if not moves.queued or not is_all or len(moves.queued) > asked.size:
        return None
    shown = list(moves.queued.values())
    missing = [each for each in shown if each[0].person_id not in working.items]
    items = {**working.items, **(await working.read(permit, missing) if missing else {})}
    if working.ahead is not None:
        return Answered(shown, items, [])
    client = working.question.caller.client
    notices = await feed_removals.removals(working.gate.records, permit, client, 0, NOTICES)
    return Answered(shown, items, [each for each in notices if each.person_id not in moves.queued])


async def _portion(read: Read) -> Portion:
    """As it is to be written; what else goes on gets its turn every so often."""
    working, answer = read.working, read.answer
    if not working.has_changed:
        return Portion(working, answer, None)
    entries, gate, question = working.moves.entries(), working.gate, working.question
    if answer is None:
        return Portion(working, None, Submission(entries, working.changes()), len(entries))
    sent = [entry async for entry in giving_way(entries_of(gate, question, working.agreement, answer))]
    changes = working.changes(working.moves.queued) + of_receiver(given(gate, question, answer))
    return Portion(working, answer, Submission((*entries, *sent), changes), len(entries))


async def _receipts(portion: Portion) -> Sequence[Receipt] | None:
    """The receipts of its answer once it is durable; None if somebody else was faster."""
    if portion.submission is None:
        return ()
    receipts = await unless_overtaken(portion.working.gate, portion.submission)
    return None if receipts is None else receipts[portion.noted :]


async def _both(one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Both at once, to the end of both; then the fault of either is raised."""
    a, b = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(a, BaseException):
        raise a
    if isinstance(b, BaseException):
        raise b
    return a, b
