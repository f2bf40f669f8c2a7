"""Appending: one order without gaps, one entry for one event, a change with its entry, and nobody harmed by another."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import Entry
from app.audit.submission import (
    Change,
    ChangeRefused,
    EntryRefused,
    EventConflict,
    LogBusy,
    LogUnavailable,
    Receipts,
    RowsMissed,
    Submission,
)
from app.audit.writer import AuditLog, open_log
from app.db import Address
from tests.audit.burst import append_in_turns
from tests.audit.logs import Owner, append_all, make_entry, now, verified
from tests.nursery import forked


@pytest.fixture
def ledger(owner: Owner, address: Address) -> Iterator[Address]:
    """A table of the test's own that changes are made to."""
    grant = () if address.dialect == "sqlite" else (f"GRANT ALL ON ledger TO {SERVICE_ROLE}",)
    owner.run("CREATE TABLE ledger (id bigint PRIMARY KEY, note text NOT NULL)", *grant)
    return address


def adding(address: Address, number: int, note: str | None = "x") -> Change:
    places = "?, ?" if address.dialect == "sqlite" else "$1, $2"
    return Change(f"INSERT INTO ledger (id, note) VALUES ({places})", (number, note))


async def test_concurrent_appends_stand_in_one_order(log: AuditLog, address: Address) -> None:
    """Sixty-four at once: numbers without a gap, and a log that verifies."""
    receipts = [receipt for _ in range(5) for receipt in await append_all(log, 64)]
    assert sorted(receipt.seq for receipt in receipts) == list(range(320))
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 320), report.findings


async def test_a_receipt_is_the_leaf_that_is_stored(log: AuditLog, owner: Owner) -> None:
    """Number, leaf hash and event id, as the table has them."""
    receipts = await append_all(log, 3)
    rows = owner.rows("SELECT seq, leaf_hash, event_id FROM log_entry ORDER BY seq")
    assert [(receipt.seq, bytes.fromhex(receipt.leaf_hash), receipt.event_id) for receipt in receipts] == rows


async def test_two_writers_do_not_fork(address: Address) -> None:
    """Two logs open in one process."""
    logs = [await open_log(address, SERVICE_ROLE, now) for _ in range(2)]
    done = await asyncio.gather(*(append_all(log, 200) for log in logs))
    for log in logs:
        await log.close()
    assert sorted(receipt.seq for receipts in done for receipt in receipts) == list(range(400))
    assert verified(address).exit_code == 0


async def test_processes_do_not_fork(address: Address) -> None:
    """Four processes on one database."""
    processes = [forked(append_in_turns, address.url, SERVICE_ROLE) for _ in range(4)]
    for process in processes:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in processes] == [0] * 4
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 800), report.findings


async def test_the_same_event_twice_is_one_entry(log: AuditLog, address: Address) -> None:
    """Later, at the same time, and beside others: the same receipt."""
    entry, beside = make_entry(1), make_entry(2)
    first = await log.append(Submission((entry,)))
    again, other, twice = await asyncio.gather(
        log.append(Submission((entry,))), log.append(Submission((beside,))), log.append(Submission((beside,)))
    )
    assert again == first
    assert other == twice
    assert verified(address).size == 2


async def test_the_same_event_with_other_content_is_a_conflict(log: AuditLog, address: Address) -> None:
    """It fails alone; the entry that came first and the entries beside it stand."""
    await log.append(Submission((make_entry(1, event_id="event-1"),)))
    done = await asyncio.gather(
        log.append(Submission((make_entry(2, event_id="event-1"),))),
        log.append(Submission((make_entry(3, event_id="event-3"), make_entry(1, event_id="event-1")))),
        log.append(Submission((make_entry(4),))),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [EventConflict, EventConflict, Receipts]
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 2)


async def test_a_poisoned_entry_fails_alone(log: AuditLog, address: Address) -> None:
    """An entry that the database cannot hold harms nobody in its batch."""
    bad = make_entry(1)
    poisoned = Entry(bad.event_id, "no JSON", bad.digest, bad.salt, bad.person)
    short = Entry(make_entry(2).event_id, make_entry(2).body, bad.digest, b"short", bad.person)
    done = await asyncio.gather(
        *(log.append(Submission((entry,))) for entry in (make_entry(3), poisoned, make_entry(4), short, make_entry(5))),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [Receipts, EntryRefused, Receipts, EntryRefused, Receipts]
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 3), report.findings


async def test_what_would_be_two_entries_is_none(log: AuditLog, address: Address) -> None:
    """Two bodies in one, or two persons' parts, however they are put beside each other."""
    good, bad = make_entry(1), make_entry(2)
    bodies = bad._replace(body=f"{bad.body}\x1e{good.body}")
    parts = bad._replace(person=f"{bad.person}\x1e{good.person}")
    done = await asyncio.gather(
        *(log.append(Submission((entry,))) for entry in (bodies, good, parts)), return_exceptions=True
    )
    assert [type(one) for one in done] == [EntryRefused, Receipts, EntryRefused]
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 1), report.findings


async def test_a_change_commits_with_its_entry(log: AuditLog, ledger: Address, owner: Owner) -> None:
    """Both or neither: a refused change leaves no entry and no part of itself, and says what the database said."""
    done = await asyncio.gather(
        log.append(Submission((make_entry(1),), (adding(ledger, 1),))),
        log.append(Submission((make_entry(2),), (adding(ledger, 2), adding(ledger, 1)))),
        log.append(Submission((make_entry(3),), (adding(ledger, 3, note=None),))),
        log.append(Submission((make_entry(4),), (adding(ledger, 4),))),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [Receipts, ChangeRefused, ChangeRefused, Receipts]
    assert isinstance(done[1].fault, sqlite3.IntegrityError | asyncpg.UniqueViolationError)
    assert owner.rows("SELECT id FROM ledger ORDER BY id") == [(1,), (4,)]
    assert owner.rows("SELECT request_id FROM log_entry ORDER BY seq") == [("request-1",), ("request-4",)]
    assert verified(ledger).exit_code == 0


async def test_an_entry_that_is_refused_undoes_its_change(log: AuditLog, ledger: Address, owner: Owner) -> None:
    """No change without an entry."""
    poisoned = Entry("e", "no JSON", "0" * 64)
    with pytest.raises(EntryRefused):
        await log.append(Submission((poisoned,), (adding(ledger, 1),)))
    with pytest.raises(ValueError, match="entry"):
        await log.append(Submission((), (adding(ledger, 1),)))
    assert owner.rows("SELECT id FROM ledger") == []


async def test_a_repeated_submission_does_not_change_twice(log: AuditLog, ledger: Address, owner: Owner) -> None:
    """The second time is the same receipt, though its change would now break a constraint."""
    submission = Submission((make_entry(1),), (adding(ledger, 1),))
    assert await log.append(submission) == await log.append(submission)
    assert owner.rows("SELECT count(*) FROM ledger") == [(1,)]


async def test_a_change_that_must_touch_a_row_is_refused_if_it_touches_none(log: AuditLog, ledger: Address) -> None:
    """Somebody was faster."""
    await log.append(Submission((make_entry(1),), (adding(ledger, 1),)))
    places = ("?", "?") if ledger.dialect == "sqlite" else ("$1", "$2")
    sql = f"UPDATE ledger SET note = 'new' WHERE id = {places[0]} AND note = {places[1]}"
    await log.append(Submission((make_entry(2),), (Change(sql, (1, "x"), touches=1),)))
    with pytest.raises(ChangeRefused) as refused:
        await log.append(Submission((make_entry(3),), (Change(sql, (1, "x"), touches=1),)))
    assert isinstance(refused.value.fault, RowsMissed)
    assert verified(ledger).size == 2


async def test_a_full_queue_turns_away(address: Address) -> None:
    """Whoever would wait too long is told at once, and nothing of theirs is written."""
    log = await open_log(address, SERVICE_ROLE, now, queued_entries=10)
    done = await asyncio.gather(*(log.append(Submission((make_entry(n),))) for n in range(30)), return_exceptions=True)
    await log.close()
    assert [type(one) for one in done] == [Receipts] * 10 + [LogBusy] * 20
    assert verified(address).size == 10


async def test_a_caller_that_goes_away_neither_loses_nor_doubles(log: AuditLog, address: Address) -> None:
    """Cancelled while queued or while committing: the entry is there once, and so are the others."""
    tasks = [asyncio.create_task(log.append(Submission((make_entry(n),)))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in done[:2]] == [asyncio.CancelledError, Receipts]
    await log.ping()
    report = verified(address)
    assert (report.exit_code, report.size) == (0, 20)


async def test_time_never_runs_back(address: Address, owner: Owner) -> None:
    """A clock that is set back repeats the last time instead."""
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC) - timedelta(days=day) for day in range(10)])
    log = await open_log(address, SERVICE_ROLE, lambda: next(moments))
    for number in range(3):
        await log.append(Submission((make_entry(number),)))
    await log.close()
    assert {time for (time,) in owner.rows("SELECT recorded_at FROM log_entry")} == {"2026-01-01T00:00:00.000000Z"}
    assert verified(address).exit_code == 0


async def test_a_closed_log_has_written_what_it_took(address: Address) -> None:
    """Closing waits for the queue, and then refuses."""
    log = await open_log(address, SERVICE_ROLE, now)
    waiting = [asyncio.create_task(log.append(Submission((make_entry(n),)))) for n in range(10)]
    await asyncio.sleep(0)
    await log.close()
    assert len(await asyncio.gather(*waiting)) == 10
    with pytest.raises(LogUnavailable):
        await log.append(Submission((make_entry(),)))


async def test_the_query_columns_say_what_the_body_says(log: AuditLog, owner: Owner) -> None:
    """The database makes them: nobody can write them beside the body."""
    entry = make_entry(1)
    await log.append(Submission((entry,)))
    columns = "event_id, type, staff, party, role, client, purpose, action, outcome, request_id"
    caller = ("o.manager", "justice", "offender-manager", "case-management")
    assert owner.rows(f"SELECT {columns} FROM log_entry") == [
        (entry.event_id, "access", *caller, "supervision", "read", "permitted", "request-1")
    ]
    assert owner.rows("SELECT person_id, crn FROM log_subject") == [("person-1", "X000001")]


async def test_text_of_every_script_is_kept(log: AuditLog, address: Address) -> None:
    """Canonical JSON is UTF-8, and both databases give back the same bytes."""
    await log.append(Submission((make_entry(1, reason='Zoë \U0001f600 \\ " \u2028 \x1f'),)))
    await log.append(Submission((make_entry("é"),)))
    assert verified(address).exit_code == 0
