"""Queries of the log find what a plain reading of its bodies finds: each filter alone, all in pairs, both orders."""

import asyncio
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from app.audit import counting, searching, walking
from app.audit.conditions import FILTERS, Asked, Hidden
from app.audit.counting import By, LogCounts, TooMany
from app.audit.indexing import Indexing
from app.audit.rows import Order, Whose
from app.audit.searching import LogSearch
from app.audit.writer import AuditLog
from app.db import Database, UnpermittedRead
from tests.audit.asking import CLAUSES, CONSENTS, PEOPLE, PERMIT, counted, expected, fill, found, kept, moment_of
from tests.audit.logs import Owner, append_all

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
"""All pairs of filters; otherwise fifty, in which each filter stands several times."""
ENTRIES = 600
"""Two full tiles, and one that is not."""


def values(whole: list[Any]) -> dict[str, list[str]]:
    """For each filter a value that is met, one that seldom is, and one that never is."""
    event = whole[17].body["eventId"]
    return {
        "staff": ["olga", "nobody"],
        "eventId": [event],
        "requestId": ["request-7"],
        "party": ["health"],
        "client": ["probation-system"],
        "role": ["therapist"],
        "purpose": ["supervision", "oversight"],
        "action": ["check"],
        "outcome": ["refused"],
        "type": ["explanation", "erase"],
        "agreement": ["b" * 64],
        "clause": ["D1", "G8", "D4"],
        "released": ["attendance", "identity-link"],
        "withheld": ["safety-alert"],
        "category": ["scores"],
        "consent": ["consent-2"],
        "decidedFrom": [whole[200].body["occurredAt"]],
        "decidedBefore": [whole[400].body["occurredAt"]],
    }


def queries(whole: list[Any]) -> Iterator[Asked]:
    """Every filter alone with each of its values, all pairs, persons, and what is hidden."""
    known = values(whole)
    assert known.keys() == FILTERS.keys()
    yield Asked()
    for name, some in known.items():
        for value in some:
            yield Asked({name: value})
    pairs = list(combinations(known, 2))
    for one, other in pairs if FULL else random.Random(len(pairs)).sample(pairs, 50):
        yield Asked({one: known[one][0], other: known[other][-1]})
    (person, crn), (other_person, other_crn) = PEOPLE[0], PEOPLE[1]
    for whose in (Whose((person,), (crn,)), Whose((person,)), Whose(crns=(crn,)), Whose(), Whose(("never",)),
                  Whose((person, other_person), (crn, other_crn))):  # fmt: skip
        yield Asked(whose=whose)
        yield Asked({"clause": "D1"}, whose)
        yield Asked({"consent": CONSENTS[0], "outcome": "permitted"}, whose)
    hidden = Hidden(Whose((other_person,), (other_crn,)), "theo")
    for filters in ({}, {"staff": "theo"}, {"purpose": "supervision"}):
        yield Asked(filters, None, hidden)
        yield Asked(filters, Whose((person, other_person), (crn, other_crn)), hidden)


async def test_every_query_finds_what_a_plain_reading_finds(
    log: AuditLog, indexing: Indexing, database: Database, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With words for the first tile alone, for all full ones, and with windows and stretches of every size."""
    await fill(log, ENTRIES)
    owner.tamper("DELETE FROM log_subject WHERE seq % 50 = 4")
    whole, search, counts = kept(owner), LogSearch(database), LogCounts(database)
    numbers, asked = range(ENTRIES), list(queries(whole))
    monkeypatch.setattr(indexing._numbers, "size", lambda: asyncio.sleep(0, 256))
    await indexing.catch_up()
    sizes = ((31, 1, 1), (200, 4096, 8), (64, 2, 2))
    assert len(asked) > 90
    for place, each in enumerate(asked):
        size, window, together = sizes[place % 3]
        if place == len(asked) // 2:
            monkeypatch.undo()
            await indexing.catch_up()
        monkeypatch.setattr(walking, "WINDOW", window)
        monkeypatch.setattr(walking, "TOGETHER", together)
        monkeypatch.setattr(walking, "AT_ONCE", size)
        monkeypatch.setattr(searching, "MOST_LOOKED_AT", 300 if place % 2 else 65_536)
        true = expected(whole, each)
        order = (Order.OLDEST, Order.NEWEST)[place % 2]
        assert await found(search, each, numbers, order, size) == true[:: 1 if order is Order.OLDEST else -1], each
        streamed = [row.seq async for rows, _ in search.stream(PERMIT, each, numbers, size) for row in rows]
        assert streamed == true, each
        by = list(By)[place % len(By)]
        counted_here = await counts.count(PERMIT, each, numbers, by)
        assert (counted_here.entries, counted_here.values) == (len(true), counted(whole, true, by)), (each, by)
    found_any = {name for each in asked if expected(whole, each) for name in each.filters}
    assert found_any == FILTERS.keys()


async def test_rows_are_the_entries_as_they_stand(log: AuditLog, database: Database, owner: Owner) -> None:
    await fill(log, 40)
    owner.tamper("DELETE FROM log_subject WHERE seq IN (SELECT seq FROM log_subject ORDER BY seq LIMIT 1)")
    rows = {
        row[0]: tuple(row) for row in owner.rows("SELECT seq, recorded_at, body, leaf_hash FROM log_entry ORDER BY seq")
    }
    parts = dict(owner.rows("SELECT seq, body FROM log_subject"))
    page = await LogSearch(database).page(PERMIT, Asked(), range(40), Order.OLDEST, 40)
    assert [(row.seq, row.recorded_at, row.body, row.leaf_hash) for row in page.rows] == list(rows.values())
    assert {row.seq: row.part for row in page.rows if row.part is not None} == parts
    erased = [row.seq for row in page.rows if row.is_erased]
    assert len(erased) == 1
    assert {row.subject is None for row in page.rows} == {True, False}
    assert all((row.subject is not None) is (row.seq in parts or row.seq in erased) for row in page.rows)


async def test_one_entry_by_its_number(log: AuditLog, database: Database, owner: Owner) -> None:
    await fill(log, 30)
    search, whole = LogSearch(database), kept(owner)
    about = next(each for each in whole if each.part is not None)
    row = await search.one(PERMIT, about.seq, Asked())
    assert row is not None
    assert row.seq == about.seq
    assert await search.one(PERMIT, 30, Asked()) is None
    assert await search.one(PERMIT, about.seq, Asked(hidden=Hidden(Whose(crns=(about.part["crn"],)), "nobody"))) is None


async def test_pages_are_the_whole_while_the_log_grows(log: AuditLog, database: Database) -> None:
    """What comes later is in no page of a walk that began before, from whichever end."""
    await append_all(log, 20)
    search = LogSearch(database)
    for order, true in ((Order.OLDEST, list(range(20))), (Order.NEWEST, list(range(19, -1, -1)))):
        rest, seqs = range(20), []
        while rest:
            page = await search.page(PERMIT, Asked({"clause": "D1"}), rest, order, 3)
            seqs += [row.seq for row in page.rows]
            rest = page.rest
            await append_all(log, 2)
        assert seqs == true


async def test_what_is_rare_is_found_without_reading_all_the_rest(
    log: AuditLog, indexing: Indexing, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries are read from the tiles that say the word, and from those that have no words yet."""
    await append_all(log, 3 * 256)
    await append_all(log, 1, clauses=("G8",))
    await append_all(log, 2 * 256 - 1)
    await indexing.catch_up()
    search, read = LogSearch(database), []
    whole = search._entries.read

    async def noted(*given: Any, numbers: range, **named: Any) -> Any:
        read.append(numbers)
        return await whole(*given, numbers=numbers, **named)

    monkeypatch.setattr(search._entries, "read", noted)
    assert await found(search, Asked({"clause": "G8"}), range(5 * 256), Order.NEWEST, 50) == [768]
    assert read == [range(768, 1024)]
    read.clear()
    assert await found(search, Asked({"clause": "G8", "outcome": "refused"}), range(5 * 256), Order.OLDEST, 50) == []
    assert read == []
    await append_all(log, 3)
    assert await found(search, Asked({"clause": "G9"}), range(5 * 256 + 3), Order.OLDEST, 50) == []
    assert read == [range(5 * 256, 5 * 256 + 3)]


async def test_a_page_that_has_looked_long_enough_says_how_far_it_came(
    log: AuditLog, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append_all(log, 3 * 256)
    await append_all(log, 1, clauses=("G8",))
    monkeypatch.setattr(searching, "MOST_LOOKED_AT", 100)
    monkeypatch.setattr(walking, "TOGETHER", 1)
    search = LogSearch(database)
    page = await search.page(PERMIT, Asked({"clause": "G8"}), range(769), Order.OLDEST, 50)
    assert (page.rows, page.rest) == ([], range(256, 769))
    page = await search.page(PERMIT, Asked({"clause": "G8"}), range(769), Order.NEWEST, 50)
    assert ([row.seq for row in page.rows], page.rest) == ([768], range(512))


async def test_a_period_is_turned_into_numbers(log: AuditLog, database: Database, owner: Owner) -> None:
    for _ in range(5):
        await append_all(log, 3)
    whole, search = kept(owner), LogSearch(database)
    for first, stop in ((0, 4), (3, 11), (7, 14)):
        since, until = moment_of(whole[first]), moment_of(whole[stop])
        true = [each.seq for each in whole if since <= moment_of(each) < until]
        assert list(await search.numbers(since, until)) == true
    assert not await search.numbers(
        moment_of(whole[-1]) + timedelta(seconds=1), moment_of(whole[-1]) + timedelta(days=9)
    )


async def test_too_much_to_count_is_said(log: AuditLog, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await append_all(log, 300)
    monkeypatch.setattr(counting, "MOST_COUNTED", 200)
    with pytest.raises(TooMany):
        await LogCounts(database).count(PERMIT, Asked(), range(300), By.CLAUSE)
    monkeypatch.undo()
    counts = await LogCounts(database).count(PERMIT, Asked(), range(300), By.CLAUSE)
    assert (counts.entries, counts.values) == (300, {"D1": 300})


async def test_nothing_is_read_without_a_permit(log: AuditLog, database: Database) -> None:
    class Closed:
        def covers(self, tables: frozenset[str]) -> bool:
            return False

    await append_all(log, 1)
    for asked in (Asked(), Asked({"clause": CLAUSES[0]}), Asked(whose=Whose(("person-0",)))):
        with pytest.raises(UnpermittedRead):
            await LogSearch(database).page(Closed(), asked, range(1), Order.OLDEST, 5)
        with pytest.raises(UnpermittedRead):
            await LogCounts(database).count(Closed(), asked, range(1), None)
