"""Changes out (H6): what a system may read of whom, as it changes; what it has to drop; and who has not done so yet."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from app.gate import Gate
from app.gate.feed_items import check_receiver
from app.gate.feed_pages import acknowledge, answer_page, answer_removals
from app.gate.feed_portions import Asked
from app.gate.feed_sending import FeedPage, is_waiting
from app.gate.feeding import work_out
from app.records import feed_removals
from app.records.feed_removals import Removal
from app.services.answers import Answer, document, page
from app.services.cursors import CursorInvalid, decode, encode, number
from app.vocabulary import Question

CHANGES, REMOVALS = "changes", "removals"
POLL_SECONDS = 1.0
CATCH_UP_SECONDS = 1.0
"""How long an answer is kept back for what has still to be worked out; after that it says that there is more."""


async def _stays() -> bool:
    return False


class Unheard(Exception):
    """Whoever asked went away before there was an answer: nothing was disclosed, and nothing is."""


class ChangesService:
    """Every method leaves an entry, refusals included."""

    def __init__(self, gate: Gate, clock: Callable[[], datetime]) -> None:
        self._gate, self._clock = gate, clock
        self.poll_seconds = POLL_SECONDS

    async def page(
        self, question: Question, cursor: str | None, size: int, wait: float,
        is_gone: Callable[[], Awaitable[bool]] = _stays,
    ) -> Answer:  # fmt: skip
        """What is new after a cursor, once something is or `wait` seconds are over; CursorInvalid for another's.

        While it waits it holds no connection and no lock, and looks once in `poll_seconds`. Unheard once whoever asked
        `is_gone`.
        """
        client, now = question.caller.client, asyncio.get_running_loop().time
        after = _after(cursor, client, CHANGES)
        until, at_last = now() + wait, now() + max(wait, CATCH_UP_SECONDS)
        while True:
            asked, agreement = await check_receiver(self._gate, question)
            worked_out = await work_out(self._gate, asked, agreement, asked=Asked(after, size))
            is_late = now() >= (until if worked_out.is_whole else at_last)
            if worked_out.page is not None or is_late or await is_waiting(self._gate, asked, after):
                break
            if worked_out.is_whole:
                await asyncio.sleep(min(until - now(), self.poll_seconds))
            if await is_gone():
                raise Unheard
            question = replace(question, at=self._clock())
        found = worked_out.page or await answer_page(self._gate, asked, agreement, after, size, worked_out)
        more = found.has_more or not worked_out.is_whole
        return Answer(_page(found, client, size, more=more), found.receipts)

    async def removals(self, question: Question, cursor: str | None, size: int) -> Answer:
        """The notices that the system has not acknowledged, oldest first."""
        client = question.caller.client
        after = _after(cursor, client, REMOVALS)
        asked, agreement = await check_receiver(self._gate, question)
        found, has_more, receipt = await answer_removals(self._gate, asked, agreement, after, size)
        following = _cursor(found[-1].number, client, REMOVALS) if has_more else None
        return Answer(page([document(_notice(each)) for each in found], following, size), receipt)

    async def acknowledge(self, question: Question, removal: int) -> Answer:
        """That the system has dropped whom a notice named; the same answer each time."""
        asked, agreement = await check_receiver(self._gate, question)
        notice, receipt = await acknowledge(self._gate, asked, agreement, removal)
        done = {"id": str(removal), "madeAt": notice.made_at, "state": "void" if _is_void(notice) else "acknowledged"}
        return Answer(document(done | {"at": notice.closed_at or question.at}), receipt)

    async def receivers(self, question: Question) -> Answer:
        """For oversight (G1): every system that was ever given anybody, how many, and what it has not dropped yet."""
        async with self._gate.act(question) as act:
            rows = await feed_removals.receivers(self._gate.records, act.permit)
            act.details = {"listed": "feed_receiver", "shown": len(rows)}
            act.answer = document({"data": [_receiver(row, question.at) for row in rows]})
        if act.receipt is None:
            raise RuntimeError("an answer left the gate without its entry")
        return Answer(act.answer, act.receipt)


def _is_void(notice: Removal) -> bool:
    return notice.closed_at is not None and notice.acknowledged_at is None


def _page(found: FeedPage, client: str, size: int, *, more: bool) -> bytes:
    """Notices first: of nobody whom the same answer holds."""
    rows = [*(document(_notice(each)) for each in found.removals), *found.people]
    pagination = {"next": _cursor(found.last, client, CHANGES), "more": more, "pageSize": size}
    return b'{"data":[' + b",".join(rows) + b'],"pagination":' + to_json(pagination) + b"}"


def _notice(removal: Removal) -> Mapping[str, Any]:
    return {
        "type": "removal",
        "id": str(removal.number),
        "identifiers": json.loads(removal.identifiers or "[]"),
        "madeAt": removal.made_at,
    }


def _receiver(row: tuple[Any, ...], at: datetime) -> Mapping[str, Any]:
    client, name, party, suspended_at, people, notices, oldest = row
    hours = None if oldest is None else int((at - oldest).total_seconds() // 3600)
    outstanding = {"count": notices, "oldestAt": oldest, "oldestHours": hours}
    about = {"client": client, "name": name, "party": party, "suspendedAt": suspended_at, "people": people}
    return {**about, "outstanding": outstanding}


def _cursor(last: int, client: str, listing: str) -> str:
    """Bound to the system, and sealed: a digit that got lost leads nowhere else."""
    return encode((str(last), _seal(str(last), client)), listing, {"client": client})


def _after(cursor: str | None, client: str, listing: str) -> int:
    if cursor is None:
        return 0
    last, seal = decode(cursor, (str, str), listing, {"client": client})
    if seal != _seal(last, client):
        raise CursorInvalid("the cursor was altered")
    return number(last)


def _seal(last: str, client: str) -> str:
    return sha256(f"{client} {last}".encode()).hexdigest()[:12]
