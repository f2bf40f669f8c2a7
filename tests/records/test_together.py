"""Requests that run as one: each gets what it would have got alone, whatever becomes of the others."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Integer, String, bindparam, literal_column, select

from app.db import Address, DatabaseUnavailable, PostgresDatabase, Prepared, prepare
from app.db.together import AT_ONCE, MOST, Together
from app.records.reading import Records, Standing
from app.vocabulary import CATEGORIES, Caller, Category
from tests.gate.house import CALLERS, asks, gate_over, put
from tests.gate.worlds import world_of
from tests.world import NOW

ECHO = select(
    bindparam("number", type_=Integer()).label("number"), bindparam("text", type_=String()).label("text")
).where(literal_column("1") == literal_column("1"))


def echo() -> Prepared:
    return prepare(ECHO, "postgresql", shared=True)


class Server:
    """Instead of a database: notes what it is sent, answers when it is told to, and refuses the number 13."""

    def __init__(self) -> None:
        self.runs: list[int] = []
        self.goes_on = asyncio.Event()
        self.fault: Exception | None = None

    async def run(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        many = sql == echo().together
        self.runs.append(len(arguments[0]) if many else 1)
        await self.goes_on.wait()
        if self.fault is not None:
            raise self.fault
        asked = list(zip(*arguments, strict=True)) if many else [tuple(arguments)]
        if any(number == 13 for number, _ in asked):
            raise OverflowError("no thirteen")
        rows = [(place, *row) for place, row in enumerate(asked, start=1) for _ in range(row[0] % 3)]
        return rows if many else [row[1:] for row in rows]


def expected(number: int) -> list[tuple[int, str]]:
    return [(number, f"t{number}")] * (number % 3)


async def test_each_gets_its_own_rows() -> None:
    """None, one or two rows each; no more runs than it takes."""
    server = Server()
    together = Together(echo(), server.run)
    asked = [together.ask([number, f"t{number}"]) for number in range(14, 300)]
    server.goes_on.set()
    answers = await asyncio.gather(*asked)
    assert [list(rows) for rows in answers] == [expected(number) for number in range(14, 300)]
    assert server.runs == [MOST] * 4 + [286 - 4 * MOST]


async def test_what_comes_while_runs_are_under_way_shares_the_next() -> None:
    server = Server()
    together = Together(echo(), server.run)
    asked = []
    for number in range(20, 30):
        asked.append(together.ask([number, f"t{number}"]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert server.runs == [1] * AT_ONCE
    server.goes_on.set()
    assert [list(rows) for rows in await asyncio.gather(*asked)] == [expected(number) for number in range(20, 30)]
    assert server.runs == [1] * AT_ONCE + [10 - AT_ONCE]


async def test_what_is_refused_of_one_is_refused_of_it_alone() -> None:
    server = Server()
    together = Together(echo(), server.run)
    server.goes_on.set()
    answers = await asyncio.gather(
        *(together.ask([number, f"t{number}"]) for number in (12, 13, 14)), return_exceptions=True
    )
    assert isinstance(answers[1], OverflowError)
    assert [answers[0], answers[2]] == [expected(12), expected(14)]


@pytest.mark.parametrize("cause", [OSError("gone"), None])
async def test_a_database_that_is_gone_is_not_asked_again_for_each(cause: Exception | None) -> None:
    server = Server()
    server.fault = DatabaseUnavailable("gone")
    server.fault.__cause__ = cause
    server.goes_on.set()
    together = Together(echo(), server.run)
    answers = await asyncio.gather(*(together.ask([n, "t"]) for n in range(20)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [DatabaseUnavailable] * 20
    assert server.runs == [20]


async def test_an_argument_that_cannot_be_sent_concerns_nobody_else(postgres_url: str) -> None:
    """One that the driver refuses, and one that the server refuses."""
    database = PostgresDatabase(Address(postgres_url).dsn)
    given = [{"number": 1, "text": "a"}, {"number": 2, "text": "\ud800"}, {"number": 3, "text": "\x00"}]
    answers = await asyncio.gather(
        *(database.fetch(echo(), values) for values in [*given, {"number": 4, "text": "b"}]), return_exceptions=True
    )
    assert answers[0] == [(1, "a")]
    assert answers[3] == [(4, "b")]
    assert isinstance(answers[1], Exception)
    assert isinstance(answers[2], Exception)
    await database.close()


async def test_who_goes_away_is_not_asked_for() -> None:
    server = Server()
    together = Together(echo(), server.run)
    held = [together.ask([number, "t"]) for number in (2, 5)]
    await asyncio.sleep(0)
    leaving, staying = together.ask([8, "t8"]), together.ask([11, "t11"])
    leaving.cancel()
    server.goes_on.set()
    assert await staying == expected(11)
    await asyncio.gather(*held)
    assert leaving.cancelled()
    assert server.runs == [2, 1]


@pytest.mark.parametrize("seed", [1, 2])
async def test_facts_and_columns_are_the_same_together_and_alone(postgres_url: str, seed: int) -> None:
    """Every caller about everybody, at once and one by one."""
    people = world_of(seed, 12).people
    await put(postgres_url, *(each.rows() for each in people))
    pairs = [(caller, each.crn) for caller in CALLERS.values() for each in people]
    async with gate_over(postgres_url) as gate:
        records = gate.records

        async def of(caller: Caller, crn: str) -> Standing:
            return await records.standing(caller, NOW, crn=crn)

        at_once = await asyncio.gather(*(of(*pair) for pair in pairs))
        assert at_once == [await of(*pair) for pair in pairs]
        assert len({standing.facts for standing in at_once}) > 20
        whole = await asyncio.gather(*(_whole(gate, each.crn) for each in people))
        assert whole == [await _whole(gate, each.crn) for each in people]


async def _whole(gate: Any, crn: str) -> Any:
    from app.gate import AccessRefused  # here: what is refused is an answer too

    records: Records = gate.records
    try:
        async with gate.ask(asks("theo", "direct-care", *CATEGORIES, crn=crn)) as opened:
            found: dict[Category, Any] = {
                category: await records.read(opened.permit, category) for category in opened.permit.openings
            }
            opened.answer = b"{}"
    except AccessRefused as refused:
        return refused.code
    return found
