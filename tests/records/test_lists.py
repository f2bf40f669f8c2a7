"""Lists say what single reads say, in one statement, and no more of a limited record."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal_column, select

from app.db import prepare
from app.gate import PEOPLE, REFERRALS, AccessRefused, Gate
from app.gate.listing import conditions_for
from app.policies import CompiledAgreement, decide
from app.records import lists
from app.services.cursors import CursorInvalid
from app.services.people import PeopleService
from app.services.referrals import ReferralService
from app.vocabulary import CATEGORIES, FACTS, Action, Caller, Category, Party, Purpose, Question, Role, parties_of
from tests import world
from tests.gate.house import CALLERS, agreed, asks, gate_over, put
from tests.gate.worlds import BIRTHS, FAMILIES, POSTCODES, RandomWorld, Somebody, world_of, worlds
from tests.policies.clauses import AFTER, ended
from tests.world import NOW

IDENTITY, CONTACT, REFERRAL = Category.IDENTITY, Category.CONTACT, Category.REFERRAL
NAMING = {"familyName", "givenNames", "dateOfBirth", "sex"}
SIZES = (1, 2, 3, 4, 5, 50)
EXAMPLES = settings(max_examples=max(10, settings.default.max_examples // 5))


def purposes_of(caller: Caller) -> list[str]:
    return sorted(agreed().at(NOW).purposes_of(caller.role))


async def pages(
    service: PeopleService | ReferralService, question: Question, filters: dict[str, Any], size: int
) -> Any:
    """Every row of every page, in order; nothing where the list is refused."""
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        try:
            answer = await service.page(question, filters, cursor, size)
        except AccessRefused:
            assert cursor is None
            return rows
        page = json.loads(answer.body)
        assert len(page["data"]) <= size
        rows += page["data"]
        cursor = page["pagination"]["next"]
        if cursor is None:
            return rows
        assert len(page["data"]) == size  # a page that goes on is full
        assert len(rows) < 100, "the list never ends"


@dataclass(frozen=True)
class Single:
    """What a single read says: what is open, and on which facts."""

    opened: frozenset[Category]
    facts: int = 0
    consents: tuple[tuple[str, str], ...] = ()


async def single(gate: Gate, question: Question, crn: str) -> Single:
    asked = replace(question, subjects=(IDENTITY, CONTACT, REFERRAL), crn=crn)
    try:
        async with gate.ask(asked) as opened:
            found = frozenset(opened.permit.openings)
    except AccessRefused:
        return Single(frozenset())
    standing = await gate.records.standing(question.caller, question.at, crn=crn)
    assert standing.facts == opened.decision.facts
    return Single(found, standing.facts, standing.consents)


async def read_alone(gate: Gate, question: Question, referral: str) -> dict[str, Any] | None:
    try:
        answer = await ReferralService(gate).one(replace(question, subjects=(REFERRAL,)), referral)
    except AccessRefused:
        return None
    return json.loads(answer.body)


def matches(somebody: Somebody, filters: dict[str, Any]) -> bool:
    number = somebody.crn[1:]
    return all(
        {
            "crn": lambda value: somebody.crn == value,
            "nhsNumber": lambda value: f"9990{number}" == value,
            "pncNumber": lambda value: f"20{number[:2]}/{number}A" == value,
            "familyName": lambda value: somebody.family.lower() == value.lower() and not somebody.is_limited,
            "givenNames": lambda value: somebody.given.lower().startswith(value.lower()) and not somebody.is_limited,
            "dateOfBirth": lambda value: somebody.born == value and not somebody.is_limited,
            "postcode": lambda value: somebody.postcode == value,
        }[name](value)
        for name, value in filters.items()
    )


async def check_people(gate: Gate, question: Question, people: Sequence[Somebody], filters: Any, size: int) -> int:
    """Listed are exactly those whose single read opens what the list and its filters ask; how many they are."""
    alone = dict(
        zip(
            (each.crn for each in people),
            await asyncio.gather(*(single(gate, question, each.crn) for each in people)),
            strict=True,
        )
    )
    wanted = {IDENTITY} | {lists.PEOPLE_FILTERS[name].category for name in filters}
    expected = [each for each in people if alone[each.crn].opened >= wanted and matches(each, filters)]
    rows = await pages(PeopleService(gate), question, filters, size)
    assert [row["crn"] for row in rows] == [each.crn for each in expected]
    for row, each in zip(rows, expected, strict=True):
        if each.is_limited:
            assert row == {"crn": each.crn, "limited": True}
        else:
            assert row == {
                "crn": each.crn,
                "familyName": each.family,
                "givenNames": each.given,
                "dateOfBirth": each.born.isoformat(),
                "sex": "male",
            }
    await check_rows(gate, question, alone)
    return len(rows)


async def check_rows(gate: Gate, question: Question, alone: dict[str, Single]) -> None:
    """A row's facts and consents are those of the single read; a limited one's names never left the database."""
    try:
        async with gate.ask_many(question, PEOPLE, {}, None, 200) as listed:
            listed.answers.extend(b"" for _ in listed.rows)
    except AccessRefused:
        return
    for row in listed.rows:
        assert row.facts == alone[row.crn].facts
        assert tuple(sorted(filter(None, (row.consents or "").split()))) == tuple(
            f"{scope}={identity}" for scope, identity in alone[row.crn].consents
        )
        assert set(row.fields) == NAMING
        assert not row.is_limited or set(row.fields.values()) == {None}


async def check_referrals(gate: Gate, question: Question, ids: Sequence[str], filters: Any, size: int) -> int:
    question = replace(question, subjects=(REFERRAL,))
    alone = await asyncio.gather(*(read_alone(gate, question, identity) for identity in ids))
    expected = {each["id"]: each for each in alone if each and filters.get("status", each["status"]) == each["status"]}
    rows = await pages(ReferralService(gate), question, filters, size)
    assert sorted(row["id"] for row in rows) == sorted(expected)  # none twice, none lost
    received = [row["receivedOn"] or "9999-12-31" for row in rows]
    assert received == sorted(received, reverse=True)
    for row in rows:
        assert row == expected[row["id"]]
    return len(rows)


async def check(url: str, one: RandomWorld, callers: Sequence[str], filters: Any, status: Any, size: int) -> int:
    rows = one.rows()
    await put(url, *rows)
    ids = [row.id for row in rows if row.__tablename__ == "referral"]
    count = 0
    async with gate_over(url) as gate:
        for name in callers:
            for purpose in purposes_of(CALLERS[name]):
                question = asks(name, purpose, IDENTITY)
                count += await check_people(gate, question, one.people, {}, size)
                if filters:
                    await check_people(gate, question, one.people, filters, size)
                count += await check_referrals(gate, question, ids, status, size)
    return count


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "familyName": st.sampled_from((*FAMILIES, "SMITH", "Smit", "Nobody")),
        "givenNames": st.sampled_from(("ann", "A", "Bo", "bob", "%")),
        "dateOfBirth": st.sampled_from((*BIRTHS, date(2000, 1, 1))),
        "postcode": st.sampled_from([*filter(None, POSTCODES)]),
        "crn": st.sampled_from(("X000001", "X000002", "X999999")),
        "nhsNumber": st.sampled_from(("9990000001", "9990000003")),
        "pncNumber": st.sampled_from(("2000/000001A", "2000/000002A")),
    },
).map(lambda all_: dict(list(all_.items())[:2]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


def fresh(template: Path, folder: Path) -> str:
    """A database for one world; the one before it is gone."""
    for each in folder.iterdir():
        each.unlink()
    shutil.copy(template, folder / "world.db")
    return f"sqlite:///{folder / 'world.db'}"


@EXAMPLES
@given(
    one=worlds(),
    callers=st.lists(st.sampled_from(sorted(CALLERS)), min_size=3, max_size=3, unique=True),
    filters=FILTERS,
    status=st.sampled_from(({}, {}, {"status": "draft"}, {"status": "in-treatment"})),
    size=st.sampled_from(SIZES),
)
def test_lists_agree_with_single_reads(sqlite_template, folder, one, callers, filters, status, size) -> None:
    world.run(check(fresh(sqlite_template, folder), one, callers, filters, status, size))


async def test_lists_agree_with_single_reads_for_every_caller(sqlite_url: str) -> None:
    listed = await check(sqlite_url, world_of(1), sorted(CALLERS), {"givenNames": "ann"}, {}, 2)
    assert listed > 40, "too few were listed for the test to tell anything"


async def test_lists_agree_with_single_reads_on_postgresql(postgres_url: str) -> None:
    """Fewer callers, since planning each of their statements takes a tenth of a second."""
    listed = await check(postgres_url, world_of(2, 8), ["olive", "theo"], {"postcode": "LE1 1AA"}, {}, 2)
    assert listed > 4, "too few were listed for the test to tell anything"


class TestCursors:
    """A cursor goes on with the list and the filters that made it, and with no other."""

    async def test_bound_to_list_and_filters(self, sqlite_url: str) -> None:
        crns = [f"X{number:06}" for number in range(1, 5)]
        about = [[world.person(crn), world.referral(crn), *world.consent(crn, "offence")] for crn in crns]
        await put(sqlite_url, *about)
        async with gate_over(sqlite_url) as gate:
            people, referrals = PeopleService(gate), ReferralService(gate)
            question = asks("adam", "direct-care", IDENTITY)
            of_people = json.loads((await people.page(question, {}, None, 2)).body)["pagination"]["next"]
            filtered = json.loads((await people.page(question, {"givenNames": "given"}, None, 2)).body)
            of_filtered = filtered["pagination"]["next"]
            assert of_people
            assert of_filtered
            for cursor, filters in (
                (of_people, {"givenNames": "given"}),
                (of_filtered, {}),
                (of_filtered, {"givenNames": "give"}),
                (of_filtered, {"familyName": "given"}),
            ):
                with pytest.raises(CursorInvalid):
                    await people.page(question, filters, cursor, 2)
            with pytest.raises(CursorInvalid):
                await referrals.page(replace(question, subjects=(REFERRAL,)), {}, of_people, 2)

    async def test_referrals_of_one_day_are_split_by_their_id(self, database_url: str) -> None:
        crn = "X000001"
        await put(
            database_url,
            world.person(crn),
            world.caseload(crn, "olive"),
            world.supervision(crn),
            *(world.referral(crn, status="draft", received_on=None, referred_by="olive") for _ in range(3)),
            *(world.referral(crn) for _ in range(4)),
            *world.consent(crn, "attendance"),
        )
        async with gate_over(database_url) as gate:
            rows = await pages(ReferralService(gate), asks("olive", "supervision", REFERRAL), {}, 2)
        assert [row["status"] for row in rows] == ["draft"] * 3 + ["in-treatment"] * 4
        assert len({row["id"] for row in rows}) == 7


# --- conditions as SQL ---------------------------------------------------------------------------------------------

Asked = tuple[Question, Category]


@cache
def every_read(at: datetime) -> tuple[Asked, ...]:
    """Every (role, party, purpose) that reads, with each category."""
    found = []
    for role in Role:
        for party in sorted(parties_of(role)):
            for purpose in Purpose:
                caller = Caller(Party(party), role, "a-client", "a-token", "somebody")
                question = Question(caller, purpose, Action.READ, CATEGORIES, at, "/v1/test", "a-request")
                found += [(question, category) for category in CATEGORIES]
    return tuple(found)


@cache
def predicates(ended_: bool) -> tuple[tuple[Asked, str], ...]:
    agreement, at = (ended(), AFTER) if ended_ else (agreed().at(NOW), NOW)
    compiled = []
    for question, category in every_read(at):
        conditions = conditions_for(question, category, agreement)
        bits = literal_column("bits.value")
        sql = prepare(select(lists.by_bits(conditions, bits)), "sqlite").sql
        compiled.append(((question, category), f"{sql} FROM json_each(?) AS bits ORDER BY bits.key"))
    return tuple(compiled)


@cache
def close_to_some_clause(agreement: CompiledAgreement) -> tuple[int, ...]:
    """What each condition needs, and that with one fact more or less."""
    needs = {
        each.needs for question, category in every_read(NOW) for each in conditions_for(question, category, agreement)
    }
    return tuple(sorted(needs | {one ^ fact.bit for one in needs for fact in FACTS}))


@pytest.mark.parametrize("is_over", [False, True], ids=["in force", "ended"])
def test_conditions_in_sql_are_those_that_decide_uses(is_over: bool) -> None:
    """Every read of every role, on what each condition needs and on all that differs from it by one fact."""
    agreement = ended() if is_over else agreed().at(NOW)
    check_conditions(is_over, agreement, close_to_some_clause(agreed().at(NOW)))


@settings(max_examples=max(10, settings.default.max_examples // 5))
@given(st.lists(st.integers(0, (1 << len(FACTS)) - 1), min_size=20, max_size=100), st.booleans())
def test_conditions_in_sql_on_any_facts(facts: list[int], is_over: bool) -> None:
    check_conditions(is_over, ended() if is_over else agreed().at(NOW), tuple(facts))


def is_ever_open(question: Question, category: Category) -> bool:
    return bool(conditions_for(question, category, agreed().at(NOW)))


def check_conditions(is_over: bool, agreement: CompiledAgreement, facts: Sequence[int]) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        for (question, category), sql in predicates(is_over):
            asked = facts if is_ever_open(question, category) else facts[:3]
            said = [bool(value) for (value,) in connection.execute(sql, (json.dumps(asked),))]
            decided = [decide(replace(question, subjects=(category,)), bits, agreement).any_permitted for bits in asked]
            assert said == decided, (question.caller.role, question.purpose, category)
    finally:
        connection.close()


# --- how many statements -------------------------------------------------------------------------------------------


class TestStatements:
    """A page is one statement whatever is on it; a single read is one for the facts and one for the columns."""

    @pytest.fixture
    def statements(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        from app.db import PostgresDatabase, SqliteDatabase

        seen: list[str] = []
        for kind in (SqliteDatabase, PostgresDatabase):
            run = kind._run

            async def counted(self: Any, statement: Any, arguments: list[Any], run: Any = run) -> Any:
                seen.append(statement.sql)
                return await run(self, statement, arguments)

            monkeypatch.setattr(kind, "_run", counted)
        return seen

    async def test_a_page_is_one(self, database_url: str, statements: list[str]) -> None:
        people = world_of(7, 60).people
        await put(
            database_url,
            *(each.rows() for each in people),
            *([world.caseload(each.crn, "olive"), *_draft(each.crn)] for each in people),
        )
        async with gate_over(database_url) as gate:
            question = asks("olive", "supervision", IDENTITY)
            async with gate.ask_many(question, PEOPLE, {}, None, 25) as listed:
                listed.answers.extend(b"" for _ in listed.rows)
            assert (len(listed.rows), listed.has_more, len(statements)) == (25, True, 1)
            statements.clear()
            async with gate.ask_many(replace(question, subjects=(REFERRAL,)), REFERRALS, {}, None, 25) as listed:
                listed.answers.extend(b"" for _ in listed.rows)
            assert (len(listed.rows), listed.has_more, len(statements)) == (25, True, 1)
            statements.clear()
            await PeopleService(gate).page(question, {"givenNames": "a", "postcode": "LE1 1AA"}, None, 50)
            assert len(statements) == 1

    async def test_fifty_people_are_one(self, database_url: str, statements: list[str]) -> None:
        crns = [f"X{number:06}" for number in range(1, 52)]
        await put(database_url, *([world.person(crn), world.caseload(crn, "olive")] for crn in crns))
        async with gate_over(database_url) as gate:
            answer = await PeopleService(gate).page(asks("olive", "supervision", IDENTITY), {}, None, 50)
        assert [row["crn"] for row in json.loads(answer.body)["data"]] == crns[:50]
        assert len(statements) == 1

    async def test_one_category_is_two(self, database_url: str, statements: list[str]) -> None:
        crn, referred = "X000001", world.referral("X000001")
        await put(database_url, world.person(crn), referred, world.appointment(crn, referred))
        async with gate_over(database_url) as gate:
            question = asks("adam", "direct-care", Category.ATTENDANCE, crn=crn)
            answer = await PeopleService(gate).category(question, Category.ATTENDANCE)
        assert len(json.loads(answer.body)["data"]["appointments"]) == 1
        assert len(statements) == 2


def _draft(crn: str) -> list[Any]:
    return [world.supervision(crn), world.referral(crn, status="draft", received_on=None, referred_by="olive")]
