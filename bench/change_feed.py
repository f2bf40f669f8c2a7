"""A system that was away reads what changed meanwhile: everybody's appointment is another, as its feed answers it.

Once with one change of everybody, so that each change costs what a person costs: facts, decision, permitted rows, a
durable entry, and before that the working out of who changed in what the system may read. And once with `SEVERAL`
changes of everybody, as a contact brings them with its activities and scores, of which a feed of states sends the last.
"""

import gc
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import uvloop

from app.audit.entry import PersonPart, Record
from app.audit.submission import Change, Submission
from app.services.changes import ChangesService
from app.vocabulary import Action, Caller, Category, Party, Purpose, Question, Role
from bench.filling import crn_of, fill
from bench.list_page import Side, open_side
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.world import NOW

ASKED = 10_000.0
"""Changes a second to one reader."""
AT_ONCE = 1_000
SEVERAL = 5
SYSTEM = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation-system", "token")


class WrongFeed(Exception):
    """Not everybody was sent, or somebody twice, so that its time says nothing."""


def measure(places: Places, dialect: str, sizes: Sizes) -> list[Row]:
    """Changes a second; the first reading of everybody, in people a second, stands beside them."""
    url = places.new(dialect)
    fill(url, sizes.feed, appointments=1)
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)  # as the service has it
    first, rates = uvloop.run(_race(url, sizes))
    gc.unfreeze()
    places.drop(url)
    extra = {"people": sizes.feed, "first_reading_per_second": round(first)}
    return [
        Row(f"{name}_{dialect}", "changes/s", each, [ASKED] * len(each), 1.0, extra=extra)
        for name, each in rates.items()
    ]


async def _race(url: str, sizes: Sizes) -> tuple[float, dict[str, list[float]]]:
    side = await open_side(url, lambda: datetime.now(UTC))  # ids of events are of the month that they are recorded in
    service = ChangesService(side.gate, lambda: NOW)
    first, cursor = await _drain(service, None, sizes.feed)
    rates: dict[str, list[float]] = {"change_feed": [], "change_feed_several": []}
    for number in range(sizes.feed_rounds):
        for name, times in (("change_feed", 1), ("change_feed_several", SEVERAL)):
            for time_ in range(times):
                await _change(side, sizes.feed, 100 * number + 10 * times + time_)
            rate, cursor = await _drain(service, cursor, sizes.feed)
            rates[name].append(rate * times)
    if side.close is not None:
        await side.close()
    return first, rates


async def _drain(service: ChangesService, cursor: str | None, people: int) -> tuple[float, str]:
    question = Question(
        SYSTEM, Purpose.RECORDS_SYNC, Action.READ, (Category.IDENTITY,), NOW, "/v1/sync/changes", "a-request"
    )  # fmt: skip
    pages: list[Any] = []
    started = time.perf_counter()
    while not pages or pages[-1]["pagination"]["more"]:
        answer = await service.page(question, cursor, AT_ONCE, 0)
        spent = time.perf_counter() - started
        pages.append(json.loads(answer.body))  # what the reader does with it is not the feed's
        started = time.perf_counter() - spent
        cursor = pages[-1]["pagination"]["next"]
    taken = time.perf_counter() - started
    crns = [each["crn"] for page in pages for each in page["data"]]
    sent = len(crns)
    if sent != people or len(set(crns)) != people or cursor is None:
        raise WrongFeed(f"{sent} people instead of {people}")
    return sent / taken, cursor


async def _change(side: Side, people: int, minutes: int) -> None:
    """Everybody's appointment is another, and the log says of each that it was changed."""
    at, marker = ("?1", minutes) if side.database.dialect == "sqlite" else ("$1", minutes)
    change: Sequence[Change] = [Change(f"UPDATE appointment SET minutes = {at}", (marker,))]  # noqa: S608  # a placeholder
    for start in range(0, people, AT_ONCE):
        entries = tuple(
            Record(
                kind="change", occurred_at=NOW, caller=SYSTEM, action="write", resource="bench", outcome="permitted",
                request_id="a-request",
            ).sealed(PersonPart(f"p{number:06}", crn_of(number)))
            for number in range(start, min(start + AT_ONCE, people))
        )  # fmt: skip
        await side.gate.log.append(Submission(entries, tuple(change)))
        change = ()
