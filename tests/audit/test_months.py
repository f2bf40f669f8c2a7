"""On PostgreSQL the log stands in months: it goes on across their ends, each guards itself, and none is missed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from app.audit.ahead import MonthsAhead
from app.audit.ddl import SERVICE_ROLE
from app.audit.months import distance, later, strays
from app.audit.submission import LogUnavailable, Submission
from app.audit.writer import open_log
from app.db import Address, open_database, open_postgres
from migrations import upgrade
from tests.audit.logs import MONTH, Owner, append_all, make_entry, month_after, now, verified
from tests.postgres import Server, wait_for

MONTHS = "SELECT relname::text FROM pg_class WHERE relname ~ '^log_entry_[0-9_]{7}$' AND relkind = 'r' ORDER BY 1"
WHERE = "SELECT seq, tableoid::regclass::text FROM log_entry ORDER BY seq"
ENDED = datetime.fromisoformat(f"{later(MONTH[-7:].replace('_', '-'), 1)}-01T00:00:00Z")
"""When the month ends in which these tests began."""


@pytest.fixture
def address(postgres_url: str) -> Address:
    return Address(postgres_url)


def clock(*moments: datetime) -> Callable[[], datetime]:
    """These moments, one after the other, and then the last one for good."""
    rest = list(moments)
    return lambda: rest.pop(0) if len(rest) > 1 else rest[0]


async def append_at(address: Address, *moments: datetime) -> None:
    """An entry at each moment."""
    for number, moment in enumerate(moments):
        log = await open_log(address, SERVICE_ROLE, clock(moment))
        await append_all(log, 1, request_id=f"at-{number}")
        await log.close()


def test_a_log_that_is_there_becomes_the_first_month(postgres_server: Server) -> None:
    """Every byte stays, in as many rows, and it goes on."""
    url = postgres_server.create_database("openmind_months")
    try:
        wait_for(lambda: upgrade(url, "0015"))
        address, owner = Address(url), Owner(Address(url))

        async def fill(count: int) -> None:
            log = await open_log(address, None, now)
            await append_all(log, count)
            await log.close()

        wait_for(lambda: asyncio.run(fill(300)))
        held = [owner.rows(f"SELECT * FROM {table} ORDER BY 1") for table in ("log_entry", "log_subject", "log_head")]
        wait_for(lambda: upgrade(url))
        assert held == [
            owner.rows(f"SELECT * FROM {table} ORDER BY 1") for table in ("log_entry", "log_subject", "log_head")
        ]
        assert [name for (name,) in owner.rows(MONTHS)] == [month_after(each) for each in range(4)]
        assert verified(address).exit_code == 0
        wait_for(lambda: asyncio.run(fill(5)))
        report = verified(address)
        assert (report.exit_code, report.size, report.findings) == (0, 305, [])
    finally:
        postgres_server.drop_database("openmind_months")


async def test_an_append_goes_on_across_the_end_of_a_month(address: Address, owner: Owner) -> None:
    """Each entry stands in the month of its own time, in one order of numbers."""
    await append_at(address, ENDED - timedelta(microseconds=1), ENDED, ENDED - timedelta(days=1), ENDED)
    assert owner.rows(WHERE) == [(0, MONTH), (1, month_after(1)), (2, month_after(1)), (3, month_after(1))]
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 4), report.findings


def test_bodies_are_compressed_alike_in_every_month(owner: Owner) -> None:
    """By what compresses fastest of all that the server has, in months that are made later as well."""
    ((has_lz4,),) = owner.rows(
        "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
    )
    owner.rows(f"SELECT log_make_months('{later(MONTH[-7:].replace('_', '-'), 5)}')")
    found = owner.rows(
        "SELECT c.relname::text, a.attcompression::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE a.attname = 'body' AND c.relkind IN ('r', 'p') AND c.relname ~ '^log_entry'"
    )
    assert dict(found) == dict.fromkeys(["log_entry", *map(month_after, range(6))], "l" if has_lz4 else "")


async def test_the_same_event_in_another_month_is_one_entry(address: Address, owner: Owner) -> None:
    """No unique key reaches across months; whoever repeats something after the end of one gets its receipt."""
    entry, other = make_entry(1), make_entry(2)
    for moment in (ENDED - timedelta(seconds=1), ENDED + timedelta(days=40)):
        log = await open_log(address, SERVICE_ROLE, clock(moment))
        receipts = [await log.append(Submission((each,))) for each in (entry, other)]
        await log.close()
        assert [receipt.seq for (receipt,) in receipts] == [0, 1]
    assert owner.rows(WHERE) == [(0, MONTH), (1, MONTH)]


def test_an_event_is_looked_for_where_its_time_is_not_well_within_the_month() -> None:
    """Its own time is the first 48 bits of its id."""

    def of(moment: datetime, version: int = 7) -> str:
        digits = f"{round(moment.timestamp() * 1000):012x}"
        return f"{digits[:8]}-{digits[8:]}-{version}000-8000-000000000000"

    recorded = "2026-03-15T12:00:00.000000Z"
    near = [of(datetime(2026, 3, 1, 0, 11, tzinfo=UTC)), of(datetime(2026, 3, 15, 12, 9, tzinfo=UTC))]
    far = [
        of(datetime(2026, 2, 28, 23, 59, tzinfo=UTC)),
        of(datetime(2026, 3, 1, 0, 9, tzinfo=UTC)),
        of(datetime(2026, 3, 15, 12, 11, tzinfo=UTC)),
        of(datetime(2026, 3, 10, tzinfo=UTC), version=4),
        "an id of another kind",
    ]
    assert strays([*near, *far], recorded) == far


async def test_without_its_month_nothing_is_lost(address: Address, owner: Owner) -> None:
    """Refused with nothing of it kept, and taken when there is a month again."""
    owner.run(
        *(f"DROP TABLE {month_after(each)}" for each in (1, 2, 3)),
        f"REVOKE EXECUTE ON FUNCTION log_make_months(text) FROM {SERVICE_ROLE}",
    )
    log = await open_log(address, SERVICE_ROLE, clock(ENDED))
    entry = Submission((make_entry(1),))
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            await log.append(entry)
    assert (owner.rows(WHERE), owner.rows("SELECT size FROM log_head")) == ([], [(0,)])
    owner.run(f"GRANT EXECUTE ON FUNCTION log_make_months(text) TO {SERVICE_ROLE}")
    (receipt,) = await log.append(entry)
    await log.close()
    assert (receipt.seq, owner.rows(WHERE)) == (0, [(0, month_after(1))])
    assert verified(address).exit_code == 0


async def test_months_are_made_ahead_by_the_service(address: Address, owner: Owner) -> None:
    """So many after the present one, once; how many are left says when they run out."""
    database = open_database(address, SERVICE_ROLE)
    moments = clock(ENDED + timedelta(days=40))
    ahead = MonthsAhead(database, address, SERVICE_ROLE, moments)
    assert ahead.left() == 0
    for _ in range(2):
        assert await ahead.make() == month_after(5)[-7:].replace("_", "-")
    assert [name for (name,) in owner.rows(MONTHS)] == [month_after(each) for each in range(6)]
    assert ahead.left() == 3
    ahead._now = clock(ENDED + timedelta(days=100))
    assert ahead.left() == 1
    await ahead.close()
    await database.close()
    assert verified(address).exit_code == 0


@pytest.mark.parametrize("wanted", ["2040-01", "2026-13", "2026-1", "", "2026-11'); DROP TABLE log_head; --"])
async def test_only_the_next_months_are_made(address: Address, owner: Owner, wanted: str) -> None:
    """The service has them made with the owner's rights, so that it can ask for nothing else."""
    connection = await open_postgres(address.dsn, SERVICE_ROLE)
    try:
        with pytest.raises(asyncpg.PostgresError, match="five years ahead"):
            await connection.fetchval("SELECT log_make_months($1)", wanted)
    finally:
        await connection.close()
    assert len(owner.rows(MONTHS)) == 4


@pytest.mark.parametrize("replica", ["", "SET session_replication_role = replica; "])
@pytest.mark.parametrize("number", [0, 1])
def test_each_month_refuses_to_be_rewritten(address: Address, owner: Owner, number: int, replica: str) -> None:
    """Also the owner, who names it and not the whole; a statement on the whole does not come by here."""
    wait_for(lambda: asyncio.run(append_at(address, ENDED - timedelta(days=1), ENDED)))
    month = month_after(number)
    for sql in (f"UPDATE {month} SET body = '{{}}'", f"DELETE FROM {month}", f"TRUNCATE {month}", "TRUNCATE log_entry"):
        with pytest.raises(asyncpg.RestrictViolationError):
            owner.run(f"{replica}{sql}")
    wrong = f"INSERT INTO {month} SELECT 9, recorded_at, replace(body, 'eventId', 'event'), leaf_hash, 'x' FROM {month}"
    owner.run(f"{replica}{wrong}")
    assert owner.rows(f"SELECT event_id, staff FROM {month} WHERE seq = 9") == [(None, "o.manager")]


async def test_the_service_reaches_no_month_but_through_the_whole(address: Address) -> None:
    """It can read and add, and neither owns nor names a month."""
    connection = await open_postgres(address.dsn, SERVICE_ROLE)
    try:
        await connection.fetch("SELECT seq FROM log_entry")
        for month in (MONTH, month_after(1)):
            for sql in (f"SELECT seq FROM {month}", f"INSERT INTO {month} (seq) VALUES (1)", f"DROP TABLE {month}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(sql)
    finally:
        await connection.close()


def test_an_entry_in_another_month_is_out_of_order(address: Address, owner: Owner) -> None:
    """Its time says where it belongs, and so it cannot be put elsewhere unseen."""
    wait_for(lambda: asyncio.run(append_at(address, ENDED - timedelta(days=1), ENDED - timedelta(days=1), ENDED)))
    owner.tamper(f"UPDATE log_entry SET recorded_at = '{ENDED:%Y-%m-%d}T00:00:00.000000Z' WHERE seq = 0")
    report = verified(address)
    assert (report.exit_code, report.first) == (1, 0), report.findings


def test_a_number_that_stands_in_two_months_is_seen(address: Address, owner: Owner) -> None:
    """No key reaches across months, and the verifier does."""
    wait_for(lambda: asyncio.run(append_at(address, ENDED - timedelta(days=1), ENDED)))
    owner.tamper(
        "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) SELECT 0, recorded_at, "
        "replace(body, 'eventId\":\"', 'eventId\":\"x'), leaf_hash FROM log_entry WHERE seq = 1"
    )
    report = verified(address)
    assert (report.exit_code, report.first) == (1, 0), report.findings
    assert "entry-out-of-order" in {each.code for each in report.findings}


def test_an_event_that_stands_in_two_months_is_seen(address: Address, owner: Owner) -> None:
    """The same again."""
    wait_for(lambda: asyncio.run(append_at(address, ENDED - timedelta(days=1), ENDED)))
    owner.tamper("UPDATE log_entry SET body = (SELECT body FROM log_entry WHERE seq = 0), event_id = "
                 "(SELECT event_id FROM log_entry WHERE seq = 0) WHERE seq = 1")  # fmt: skip
    assert "event-repeated" in {each.code for each in verified(address).findings}


def test_a_part_without_an_entry_is_seen(address: Address, owner: Owner) -> None:
    """No key refers to an entry any more, since it may stand in any month: the verifier does."""
    wait_for(lambda: asyncio.run(append_at(address, ENDED)))
    owner.run("INSERT INTO log_subject (seq, salt, body) SELECT 7, salt, body FROM log_subject")
    report = verified(address)
    assert [(each.seq, each.code) for each in report.findings] == [(7, "part-without-entry")]


@pytest.mark.parametrize("number", [0, 1], ids=["detached", "dropped"])
def test_a_month_that_is_gone_is_seen(address: Address, owner: Owner, number: int) -> None:
    """With the first entry that it held, and as a month that is missing."""
    wait_for(lambda: asyncio.run(append_at(address, ENDED - timedelta(days=1), ENDED, ENDED + timedelta(days=31))))
    month = month_after(number)
    owner.run(f"ALTER TABLE log_entry DETACH PARTITION {month}", *([f"DROP TABLE {month}"] if number else []))
    report = verified(address)
    assert (report.exit_code, report.first) == (1, number), report.findings
    assert "month" in {each.code for each in report.findings}

    """Across the end of a year, in both directions."""
    assert [later("2026-11", count) for count in (-11, 0, 1, 2, 14)] == [
        "2025-12", "2026-11", "2026-12", "2027-01", "2028-01",
    ]  # fmt: skip
    assert [distance("2026-11", each) for each in ("2026-11", "2027-01", "2025-12")] == [0, 2, -11]
