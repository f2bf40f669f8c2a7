"""Keeps a system's feed up to date (H6): who changed in what it may read, and who fell out of it.

Where nobody else waits, whoever came into it is answered in the same transactions: decided and read once.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.audit.submission import Submission
from app.gate.feed_items import Item
from app.gate.feed_moves import noted, of_receiver
from app.gate.feed_portions import Asked, first_portion, page_of, unless_overtaken, written
from app.gate.feed_sending import FeedPage, is_waiting
from app.gate.feed_working import Working
from app.policies import CompiledAgreement
from app.records import feed, feed_keeping
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate

TRIES = 8


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
        portion = await first_portion(working, doubted, at_once)
        done = await written(portion, 0 if at_once is None else at_once.size)
        if done:
            working = done[-1].portion.working
            version = working.seen.version + working.has_changed
            return WorkedOut(working.is_whole, version, portion.working.items, page_of(done))
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
    await unless_overtaken(gate, Submission((noted(gate, question, agreement, {"feed": "begun"}),), begun))
    return None
