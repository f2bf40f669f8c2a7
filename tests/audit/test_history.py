"""The log read back: the same from a pattern as from a parser, by number, and by when it was recorded."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.ddl import SERVICE_ROLE
from app.audit.history import _ENTRY, History, Unreadable, _parsed, _told, open_history
from app.audit.writer import AuditLog, open_log
from app.db import Address, Database, DatabaseUnavailable, open_database
from tests.audit.logs import Owner, append_all, make_entry

START = datetime(2026, 3, 1, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
    ['","facts":null', '}],"released":{"x":[]}', "\\", '"', "]", "}", "{"]
)
WORDS = st.text("abcdefghij-", min_size=1, max_size=8)


class Ticking:
    """A clock that goes on by an hour each time it is read."""

    def __init__(self) -> None:
        self.now = START - timedelta(hours=1)

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
async def database(address: Address):
    opened = open_database(address, SERVICE_ROLE)
    yield opened
    await opened.close()


@pytest.fixture
async def hourly(address: Address):
    """A log whose clock goes on by an hour with each append."""
    clock = Ticking()
    opened = await open_log(address, SERVICE_ROLE, clock)
    clock.now = START - timedelta(hours=1)
    yield opened
    await opened.close()


async def told(history: History, numbers: range, page: int = 3) -> list:
    return [entry async for entries in history.read(numbers, page) for entry in entries]


async def test_an_empty_log_has_no_numbers(database: Database):
    history = History(database)
    assert await history.between() == range(0)
    assert await history.between(START, START + timedelta(days=1)) == range(0)


async def test_entries_are_read_in_their_order_and_those_that_say_the_same_share_it(log: AuditLog, database: Database):
    await append_all(log, 7)
    await append_all(log, 1, purpose="emergency", facts=None)
    history = History(database)
    found = await told(history, await history.between())
    assert [entry.seq for entry in found] == list(range(8))
    said = found[0].said
    assert [entry.said is said for entry in found] == [True] * 7 + [False]
    assert (said.role, said.party, said.purpose, said.action) == ("offender-manager", "justice", "supervision", "read")
    assert (said.facts, said.clauses, said.released) == (33, ("D1",), ("attendance",))
    assert said.withheld == {"scores": {"clauses": ("D4",), "missing": ("consent:scores",), "stoppedBy": ()}}
    assert (said.agreement, said.outcome, said.kind) == ("a" * 64, "permitted", "access")
    assert found[0].occurred_at == "2026-01-02T03:04:05.678901Z"
    assert (found[7].said.purpose, found[7].said.facts) == ("emergency", None)


async def test_a_period_begins_with_what_was_recorded_at_its_first_moment_and_leaves_out_its_last(
    hourly: AuditLog, database: Database, owner: Owner
):
    for number in range(10):
        await append_all(hourly, 1, request_id=f"request-{number}")
    history = History(database)
    recorded = owner.rows("SELECT seq, recorded_at FROM log_entry ORDER BY seq")
    assert [seq for seq, _ in recorded] == list(range(10))
    since, until = (datetime.fromisoformat(recorded[seq][1]) for seq in (3, 6))
    assert await history.between(since, until) == range(3, 6)
    assert await history.between(since + timedelta(microseconds=1), until + timedelta(microseconds=1)) == range(4, 7)
    assert await history.between(until=since) == range(3)
    assert not await history.between(datetime(2099, 1, 1, tzinfo=UTC))


async def test_what_an_act_was_about_is_read_from_its_details(log: AuditLog, database: Database):
    await append_all(log, 1, details={"subjects": ["identity"], "table": "person"})
    await append_all(log, 1, details={"table": "person"})
    history = History(database)
    with_subjects, without = await told(history, await history.between())
    assert (with_subjects.said.subjects, without.said.subjects) == (("identity",), None)


async def test_an_entry_that_says_too_little_is_named(database: Database):
    history = History(database)
    for body in ("{}", "[]", "no JSON", '{"caller":null,"details":null}', json.dumps({"facts": {"bits": "1"}})):
        with pytest.raises(Unreadable, match="entry 5 cannot be read"):
            history._logged(5, body)


async def test_where_there_is_no_database_none_is_made(tmp_path):
    path = tmp_path / "none.db"
    with pytest.raises(DatabaseUnavailable, match="no database file"):
        async with open_history(Address(f"sqlite:///{path}"), None):
            pass
    assert not path.exists()


@given(TEXTS, TEXTS, WORDS, st.lists(WORDS, unique=True, max_size=3), st.integers(0, 2**40) | st.none())
def test_the_pattern_reads_what_a_parser_reads(client, request, word, fields, facts):
    """Whatever strings an entry holds, one that looks like another member of it among them."""
    entry = make_entry(
        request_id=request or "r", released={word: fields}, reason=client, resource=f"/v1/{request}", facts=facts,
        clauses=(client,),
    )  # fmt: skip
    found = _ENTRY.fullmatch(entry.body)
    slow, occurred_at = _parsed(entry.body)
    if found:
        fast, at = _told(found.groups("null"))
        assert [json.loads(text) for text in fast] == [json.loads(text) for text in slow]
        assert at == occurred_at


def test_the_pattern_reads_an_ordinary_entry():
    assert _ENTRY.fullmatch(make_entry().body)
    assert _ENTRY.fullmatch(make_entry(person=False, facts=None, withheld={}, released={}).body)
    assert not _ENTRY.fullmatch(make_entry(details={"x": 1}).body)
