"""Erasure: nothing of the person is left, everybody else stays, and the log verifies and says what was done."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import insert, select, text, update
from sqlmodel import SQLModel
from typer.testing import CliRunner

import app.tables as t
from app.audit.ddl import ERASURE_ROLE, LOG_TABLES, SERVICE_ROLE
from app.audit.entry import PersonPart, Record
from app.audit.submission import Submission
from app.audit.verify import verify
from app.audit.writer import open_log
from app.cli.root import app
from app.db import PROTECTED, Address, open_database, open_postgres
from app.gate import Gate
from app.gate.erasing import look
from app.records import erasure
from app.records.reading import Records
from app.records.writing import person_id
from app.services import retention
from app.services.retention import ErasureRefused, Reason, RetentionService
from tests import world
from tests.gate.house import agreed, flat
from tests.postgres import wait_for
from tests.routers.cast import (
    CARE,
    FULL,
    NOBODY,
    OLGA,
    PROBATION,
    THEO,
    WORK,
    cast,
    journey,
    key_file,
    sentence,
    treatment,
)
from tests.routers.feeding import acknowledge, dropped, feed
from tests.world import NOW, TODAY

__all__ = ["key_file"]
OLD, OTHER = "X200001", "X200002"
ORPHANED = {
    "access_limit_name": "NOT EXISTS (SELECT 1 FROM access_limit o WHERE o.id = {0}.limit_id)",
    "consent_recipient": "NOT EXISTS (SELECT 1 FROM consent o WHERE o.id = {0}.consent_id)",
}
ENDED = date(2001, 5, 1)


def belonging(crn: str, model: Any, **values: Any) -> Any:
    """A row that belongs to another one of the person's."""
    return model(person_id=person_id(crn), recorded_at=NOW, **values)


def met(crn: str, mark: str) -> list[Any]:
    """A three-way meeting with all that belongs to one."""
    meeting = world.of(t.Meeting, crn, id=f"meeting-{mark}", held_at=NOW, offender_manager="olga", therapist="theo",
                       agreed=f"agreed {mark}", third_party=False, serious_harm=False)  # fmt: skip
    of = partial(belonging, crn, meeting_id=meeting.id)
    return [
        meeting,
        of(t.MeetingResponse, id=f"response-{mark}", staff="theo", party="health", response="accepted", held_at=NOW,
           responded_at=NOW),
        of(t.MeetingSharing, id=f"sharing-{mark}", scope="scores", recipient="justice", decision="refuse"),
        of(t.MeetingSignOff, id=f"sign-{mark}", signatory="therapist", recorded_by="theo", version="1", signed_at=NOW),
    ]  # fmt: skip


def long_ago(crn: str, mark: str) -> list[Any]:
    """Somebody whose treatment ended long ago, with a row in every table that there is."""
    referral = world.referral(
        crn, id=f"referral-{mark}", status="discharged", end_code="46", received_on=ENDED, closed_on=ENDED
    )
    order = world.supervision(crn, id=f"order-{mark}", start_date=date(2000, 1, 1), end_date=ENDED)
    note = treatment(crn, mark, of_referral=referral)
    alert = world.alert(crn, "theo")
    of = partial(belonging, crn)
    return flat([
        world.person(crn, family_name=f"Family{mark}", nhs_number=None),
        *world.registration(crn, id=f"patient-{mark}", postcode="LE1 1AA"),
        t.Patient(**world.made() | {"id": f"claims-{mark}", "crn": crn}),
        *world.merged(crn, f"{crn[:-1]}{9 - int(crn[-1])}"),
        order, world.requirement(crn, order, end_date=ENDED, start_date=date(2000, 1, 1)), referral, *note,
        *journey(crn, mark, of_referral=referral),
        *sentence(crn, mark),
        *met(crn, mark),
        of(t.SafetyAlertChase, id=f"chase-{mark}", alert_id=f"safety_alert-{mark}", stage="overdue", told_at=NOW),
        world.consent(crn, "attendance", id=f"consent-{mark}"), world.objection(crn, "notes"),
        *world.booked(note[0], "theo"),
        world.caseload(crn, "olga"), world.treating(crn, "theo", referral),
        *world.limit(crn, "restriction", "olga", "theo", message=f"limited {mark}"),
        world.grant(crn, "theo", reviewed_at=NOW, reason=f"a reason of twenty characters {mark}"),
        world.subject_request(crn, closed_on=TODAY, reference=f"SAR-{mark}"),
        alert, world.alert_review(alert[0], "alma", f"note {mark}", crn),
        t.SyncHeld(record_id=f"held-{mark}", record_table="appointment", source_version="1", waits_for="referral:r1",
                   crn=crn, line=f"line {mark}", batch=1, chunk=0, number=1, recorded_at=NOW),
        t.SyncHeld(record_id=f"linked-{mark}", record_table="session_note", source_version="1", crn=None,
                   waits_for=f"link:claims-{mark}", line=f"line {mark}", batch=1, chunk=0, number=2, recorded_at=NOW),
        t.PartedRecord(record_id=f"parted-{mark}", record_table="session_note", source_version="1", body=f"note {mark}",
                       patient_id=f"claims-{mark}", recorded_at=NOW),
        t.SyncEvent(id=f"event-{mark}", client="probation-system", event_type="probation-case.updated", crn=crn,
                    occurred_at=NOW, occurred_version="2", outcome="awaited", recorded_at=NOW),
        t.FeedPerson(receiver="probation-system", person_id=person_id(crn), crn=crn, member=1, number=1, given=1,
                     opened="identity", identifiers=f'[{{"type":"CRN","value":"{crn}"}}]', recorded_at=NOW),
    ])  # fmt: skip


async def _world(url: str) -> None:
    feed = t.FeedReceiver(receiver="probation-system", number=2, version=0, position=0, basis="")
    rows = [*long_ago(OLD, "old"), *long_ago(OTHER, "other"), *world.alert(None, "theo", id="open")]
    await world.put(url, [*cast(), feed, *rows])
    changed = [
        update(model).where(model.person_id == person_id(crn)).values(recorded_at=NOW)
        for model in (t.Supervision, t.Requirement, t.Referral, t.Consent, t.Objection, t.Allocation, t.AccessLimit)
        for crn in (OLD, OTHER)
    ]
    grants = [
        update(t.EmergencyGrant).where(t.EmergencyGrant.crn == crn).values(recorded_at=NOW) for crn in (OLD, OTHER)
    ]
    lists = [update(model).values(recorded_at=NOW) for model in (t.ConsentRecipient, t.AccessLimitName, t.MergedPerson)]
    await world.execute(url, [(each, None) for each in (*changed, *grants, *lists)])


async def nobody_is_asking() -> None:
    """Nothing was under way."""


@asynccontextmanager
async def eraser(
    url: str, until_they_end: Callable[[], Awaitable[None]] = nobody_is_asking
) -> AsyncIterator[tuple[RetentionService, Gate]]:
    address = Address(url)
    database = open_database(address, ERASURE_ROLE)
    log = await open_log(address, ERASURE_ROLE, lambda: NOW)
    try:
        gate = Gate(Records(database), log, agreed())
        yield RetentionService(gate, until_they_end), gate
    finally:
        await log.close()
        await database.close()


async def held(url: str, mark: str, crn: str) -> dict[str, int]:
    """In how many rows of each table the person's id, CRN or mark stands, whatever the column; notices apart."""
    found = await _found(url, mark, crn)
    found.pop("feed_removal", None)
    return found


async def _found(url: str, mark: str, crn: str) -> dict[str, int]:
    found, tables = {}, SQLModel.metadata.sorted_tables
    for table, rows in zip(tables, await world.execute(url, [(select(table), None) for table in tables]), strict=True):
        hits = sum(
            any(word in str(row) for word in (crn, person_id(crn), f"-{mark}", f" {mark}", f"Family{mark}"))
            for row in rows
        )
        if hits:
            found[table.name] = hits
    return found


async def _read_by_many(url: str, key: Path) -> int:
    """Answers and refusals about both: how many entries are about the one who is to be erased."""
    async with world.serving(url, key) as service:
        for crn in (OLD, OTHER):
            for who, purpose in ((OLGA, WORK), (THEO, CARE)):
                await service.get(f"/v1/people/{crn}/attendance", *who, purpose)
                await service.get(f"/v1/people/{crn}", *who, purpose)
        return len([part for part in (await world.subjects(url)).values() if OLD in str(part)])


async def _erased(url: str, key: Path) -> dict[str, Any]:
    await _world(url)
    about = await _read_by_many(url, key)
    before, others = await held(url, "old", OLD), await held(url, "other", OTHER)
    async with eraser(url) as (service, _):
        receipts = await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-2026-7", "request-1")
    stub = (await world.execute(url, [(select(t.ErasureStub.__table__), None)]))[0]  # type: ignore[attr-defined]  # SQLModel adds it
    return {
        "about": about,
        "before": before,
        "after": await held(url, "old", OLD),
        "others": (others, await held(url, "other", OTHER)),
        "receipts": receipts,
        "stub": stub,
        "entries": await world.entries(url),
    }


def test_nothing_is_left_but_that_it_was_done(database_url: str, key_file: Path) -> None:
    """Every table had something of them; afterwards no row of any table names them, and the log still verifies."""
    found = world.run(_erased(database_url, key_file))
    tables = {place.table.name for place in erasure.places()}
    assert found["about"] >= 4
    assert {name for name in tables if name not in found["before"]} <= {
        "access_limit_name", "access_limit_name_history", "consent_recipient_history", "subject_request_history"
    }  # fmt: skip
    assert found["after"] == {}
    assert found["others"][0] == found["others"][1]
    (receipt,) = found["receipts"]
    entry = found["entries"][receipt.seq]
    assert (entry["type"], entry["reason"], entry["caller"], entry["subject"]) == (
        "erase",
        "retention-over",
        None,
        None,
    )
    assert len(entry["details"]["targets"]) == found["about"]
    assert entry["details"]["authority"] == "IG-2026-7"
    assert entry["details"]["records"]["session_note"] == 1
    ((_, event, _, reason, authority, due_on, records),) = found["stub"]
    assert (event, reason, authority) == (entry["eventId"], "retention-over", "IG-2026-7")
    assert str(due_on) == "2021-05-01"
    assert json.loads(records) == entry["details"]["records"]
    report = wait_for(lambda: verify(Address(database_url)))
    assert (report.exit_code, report.erased, report.findings) == (0, found["about"], [])


def test_no_byte_of_them_is_left_in_the_file(sqlite_url: str) -> None:
    """Nor in the write-ahead log beside it, which the last process to close the file takes away."""

    async def erased() -> None:
        await _world(sqlite_url)
        async with eraser(sqlite_url) as (service, _):
            await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1")

    world.run(erased())
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    beside = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
    left = b"".join(each.read_bytes() for each in beside)
    assert left.count(b"Familyother") >= 1
    assert left.count(OLD.encode()) == 1  # in the notice to the system that was given them
    for word in (person_id(OLD), "Familyold", "note old", "alert old", "SAR-old"):
        assert word.encode() not in left, word


async def test_a_system_that_was_given_them_is_told_to_drop_them_and_then_nothing_is_left(
    database_url: str, key_file: Path
) -> None:
    """H6: the notice outlives the erasure, since without it the copy elsewhere would outlive them for good."""
    await _world(database_url)
    async with eraser(database_url) as (service, _):
        await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1")
    async with world.serving(database_url, key_file) as running:
        items, _ = await feed(running, PROBATION)
        assert dropped(items) == [("CRN", OLD), ("CRN", OTHER)]  # and whose sentence is over, by time
        assert await _found(database_url, "old", OLD) == {"feed_removal": 1}
        answers = [await acknowledge(running, PROBATION, each["id"]) for each in items if each["type"] == "removal"]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await _found(database_url, "old", OLD) == {}


async def test_the_list_tables_are_emptied_as_well(database_url: str) -> None:
    """They name neither a person nor a CRN, only the row that they belong to."""
    await _world(database_url)
    async with eraser(database_url) as (service, gate):
        found = await look(gate, OLD, TODAY)
        assert found is not None
        assert {"access_limit_name", "consent_recipient", "access_limit_name_history"} <= found.records.keys()
        await service.erase(NOW, OLD, Reason.COURT_ORDER, "C-1", "request-1")
    limits = f"limit_id IN (SELECT id FROM access_limit WHERE person_id = '{person_id(OTHER)}')"
    for table, whose, rows in (
        ("access_limit_name", limits, 2),
        ("consent_recipient", "consent_id = 'consent-other'", 1),
    ):
        for name in (table, f"{table}_history"):
            ((every,),), ((kept,),) = await world.execute(database_url, [
                (text(f"SELECT count(*) FROM {name} WHERE {owner}"), None)
                for owner in (ORPHANED[table].format(name), whose)
            ])  # fmt: skip
            assert (every, kept) == (0, rows), name


async def test_afterwards_they_are_nobody(database_url: str, key_file: Path) -> None:
    await _world(database_url)
    async with eraser(database_url) as (service, _):
        await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1")
    async with world.serving(database_url, key_file) as running:
        answers = [await running.get(f"/v1/people/{crn}", *OLGA, WORK) for crn in (OLD, NOBODY)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("change", "reason", "says"),
    [
        pytest.param(
            update(t.Referral).where(t.Referral.id == "referral-old").values(closed_on=None),
            Reason.COURT_ORDER, "a referral is open", id="an open referral"),
        pytest.param(
            update(t.Supervision).where(t.Supervision.id == "order-old").values(end_date=None),
            Reason.COURT_ORDER, "a sentence is running", id="a running sentence"),
        pytest.param(
            update(t.SubjectRequest).where(t.SubjectRequest.reference == "SAR-old").values(closed_on=None),
            Reason.COURT_ORDER, "a subject access request is open", id="an open request"),
        pytest.param(
            update(t.EmergencyGrant).where(t.EmergencyGrant.crn == OLD).values(reviewed_at=None),
            Reason.COURT_ORDER, "an emergency grant waits for its review", id="a grant without its review"),
        pytest.param(
            insert(t.AccessAlertPerson).values(
                alert_id="open", person_id=person_id(OLD), crn=OLD, once="once", recorded_at=NOW),
            Reason.COURT_ORDER, "an access alert waits for its review", id="an alert without its review"),
        pytest.param(
            insert(t.PersonAlias).values([each.model_dump() for each in world.merged(OTHER, OLD)]),
            Reason.COURT_ORDER, "another record of the person is kept", id="what another record goes by"),
        pytest.param(
            update(t.Referral).where(t.Referral.id == "referral-old").values(closed_on=TODAY),
            Reason.RETENTION_OVER, "retention is not over: not before 2046-03-10", id="before its time"),
    ],
)  # fmt: skip
async def test_what_is_live_or_not_due_is_kept_whole(sqlite_url: str, change: Any, reason: Reason, says: str) -> None:
    await _world(sqlite_url)
    await world.execute(sqlite_url, [(change, None)])
    before = await held(sqlite_url, "old", OLD)
    async with eraser(sqlite_url) as (service, _):
        with pytest.raises(ErasureRefused, match=says):
            await service.erase(NOW, OLD, reason, "IG-1", "request-1")
    assert await held(sqlite_url, "old", OLD) == before
    assert await world.entries(sqlite_url) == []


@pytest.mark.parametrize(
    ("at", "is_over"),
    [
        pytest.param("2021-04-30T22:59:59.999999+00:00", False, id="the last moment of the day before, in summer time"),
        pytest.param("2021-04-30T23:00:00+00:00", True, id="the day begins in London"),
    ],
)
async def test_retention_is_over_from_the_beginning_of_its_day_in_london(
    sqlite_url: str, at: str, is_over: bool
) -> None:
    await _world(sqlite_url)
    async with eraser(sqlite_url) as (service, _):
        plan = await service.plan(datetime.fromisoformat(at), OLD, Reason.RETENTION_OVER)
    assert ("retention is not over: not before 2021-05-01 (20-years-after-treatment)" in plan.against) is not is_over


async def test_an_erasure_that_was_granted_needs_no_date(sqlite_url: str) -> None:
    await _world(sqlite_url)
    recent = update(t.Referral).where(t.Referral.id == "referral-old").values(closed_on=TODAY)
    await world.execute(sqlite_url, [(recent, None)])
    async with eraser(sqlite_url) as (service, _):
        assert len(await service.erase(NOW, OLD, Reason.ERASURE_GRANTED, "IG-1", "request-1")) == 1


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ([], False),
        (world.limit(OLD, "exclusion", "olga"), True),
        (world.limit(OLD, "exclusion", "olga", valid_until=NOW - timedelta(days=1)), False),
        ([world.objection(OLD, "notes")], True),
        ([world.objection(OLD, "notes", withdrawn_at=NOW)], False),
        (world.consent(OLD, "scores"), False),
        (world.consent(OLD, "scores", withdrawn_at=NOW), True),
        (world.consent(OLD, "scores", decision="refuse"), True),
        (world.consent(OLD, "scores", decision="refuse", withdrawn_at=NOW), False),
    ],
)
async def test_one_of_two_merged_records_is_erased_unless_the_other_goes_by_it(
    sqlite_url: str, row: Any, kept: bool
) -> None:
    await world.put(sqlite_url, flat([*cast(), world.person(OLD), world.person(OTHER), world.merged(OLD, OTHER), row]))
    async with eraser(sqlite_url) as (service, _):
        plan = await service.plan(NOW, OLD, Reason.ERASURE_GRANTED)
        assert [each[:22] for each in plan.against] == ["another record of the "] * kept
        if not kept:
            await service.erase(NOW, OLD, Reason.ERASURE_GRANTED, "IG-1", "request-1")
            assert await held(sqlite_url, "old", OLD) == {}
            left = set(await held(sqlite_url, "other", OTHER))
            assert left == {"person", "person_identifier", "merged_person_history"}, "of their own"


async def test_what_comes_in_meanwhile_goes_by_a_further_entry(
    sqlite_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody reads between looking and destroying: their entry is found afterwards, and its part goes too."""
    await _world(sqlite_url)
    looked = 0

    async def look_and_be_read(gate: Gate, crn: str, today: date) -> Any:
        nonlocal looked
        found = await look(gate, crn, today)
        looked += 1
        if looked == 2:  # once to plan, once to do
            async with world.serving(sqlite_url, key_file) as running:
                assert (await running.get(f"/v1/people/{OLD}/attendance", *OLGA, WORK)).status_code in (200, 403)
        return found

    monkeypatch.setattr(retention, "look", look_and_be_read)
    async with eraser(sqlite_url) as (service, _):
        await service.plan(NOW, OLD, Reason.RETENTION_OVER)
        receipts = await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1")
    assert len(receipts) == 2
    assert await held(sqlite_url, "old", OLD) == {}
    report = wait_for(lambda: verify(Address(sqlite_url)))
    assert (report.exit_code, report.erased) == (0, 1)


def _erase_apart(url: str, until_they_end: Callable[[], None]) -> int:
    """As another process would, with a loop of its own; how many entries say so."""

    async def erase() -> int:
        async with eraser(url, lambda: asyncio.to_thread(until_they_end)) as (service, _):
            return len(await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1"))

    entries: int = world.run(erase())
    return entries


async def _asked_for_all_the_while(url: str, key: Path) -> tuple[dict[str, list[int]], Any]:
    """Requests about three people, one after the other in several lines, before, during and after an erasure."""
    seen: dict[str, list[int]] = {OLD: [], OTHER: [], FULL: []}
    begun, done = asyncio.Event(), asyncio.Event()
    rounds = [0, 0, 0]

    async def line(service: world.Service, place: int) -> None:
        is_over = False
        while not is_over:
            is_over = done.is_set()  # and then once more, so that each line has asked afterwards
            for crn, answers in seen.items():
                answers.append((await service.get(f"/v1/people/{crn}/attendance", *OLGA, WORK)).status_code)
            begun.set()
            rounds[place] += 1

    def until_they_end() -> None:
        """Each line has ended what it had begun."""
        before = list(rounds)
        while not all(now > then for now, then in zip(rounds, before, strict=True)):
            time.sleep(0.01)

    async with world.serving(url, key) as service:
        asking = [asyncio.create_task(line(service, place)) for place in range(3)]
        await begun.wait()
        assert await asyncio.to_thread(_erase_apart, url, until_they_end) >= 1
        meanwhile = await asyncio.to_thread(verify, Address(url))
        done.set()
        await asyncio.gather(*asking)
    return seen, meanwhile


def test_an_erasure_while_the_service_answers(database_url: str, key_file: Path) -> None:
    """Known to the last request before it, nobody from the first after it; no false alarm while requests go on."""
    world.run(_world(database_url))
    seen, meanwhile = world.run(_asked_for_all_the_while(database_url, key_file))
    assert (meanwhile.exit_code, meanwhile.findings) == (0, [])
    first = seen[OLD].index(404)
    assert first > 0
    assert set(seen[OLD][:first]) == {403}
    assert set(seen[OLD][-3:]) == {404}
    assert (set(seen[OTHER]), set(seen[FULL])) == ({403}, {200})
    assert world.run(held(database_url, "old", OLD)).keys() <= {"log_subject"}  # who asks afterwards asks of nobody
    left = [part for part in world.run(world.subjects(database_url)).values() if OLD in str(part)]
    assert {part["personId"] for part in left} <= {None}
    report = wait_for(lambda: verify(Address(database_url)))
    assert (report.exit_code, report.findings) == (0, [])
    assert report.erased >= first


async def test_what_was_under_way_goes_too(sqlite_url: str) -> None:
    """A request that had found the person before has its entry after everything was destroyed."""
    await _world(sqlite_url)
    house: list[Gate] = []

    async def late() -> None:
        record = Record(
            kind="access",
            occurred_at=NOW,
            caller=None,
            action="read",
            resource="/v1/people/{crn}",
            outcome="permitted",
            request_id="request-2",
        )
        await house[0].log.append(Submission((record.sealed(PersonPart(person_id(OLD), OLD)),)))

    async with eraser(sqlite_url, late) as (service, gate):
        house.append(gate)
        receipts = await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1")
    assert [receipt.seq for receipt in receipts] == [0, 2]
    assert await held(sqlite_url, "old", OLD) == {}


async def test_a_record_that_is_written_meanwhile_is_not_left_behind(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer rows were counted than are there: nothing is destroyed until everything is."""
    await _world(sqlite_url)
    looked = 0

    async def look_and_be_written(gate: Gate, crn: str, today: date) -> Any:
        nonlocal looked
        found = await look(gate, crn, today)
        looked += 1
        if looked == 1:
            await world.put(sqlite_url, [world.of(t.Offence, OLD, kind="previous", code="C2", description="late old")])
        return found

    monkeypatch.setattr(retention, "look", look_and_be_written)
    async with eraser(sqlite_url) as (service, _):
        (receipt,) = await service.erase(NOW, OLD, Reason.RETENTION_OVER, "IG-1", "request-1")
    assert (await world.entries(sqlite_url))[receipt.seq]["details"]["records"]["offence"] == 2
    assert await held(sqlite_url, "old", OLD) == {}


# --- who may, and what the database lets through ---------------------------------------------------------------------


def test_every_table_with_something_of_a_person_is_reached() -> None:
    protected = {table.name for table in SQLModel.metadata.tables.values() if table.info.get(PROTECTED)}
    assert len(protected) > 30
    assert protected - erasure.tables() == {
        "access_alert", "access_alert_review", "access_watch",  # of staff alone
        "sync_chunk",  # lines that go once they are applied
        "feed_removal",  # by what a system knows them, until it has dropped them
    }  # fmt: skip


async def test_the_eraser_alone_may_empty_them(postgres_url: str) -> None:
    """The service's role deletes from lists that it replaces, what only waits, of whom a system was given, and whom it
    told of an alert that says something else by now.
    """
    deleted = (
        "access_limit_name",
        "consent_recipient",
        "feed_person",
        "requirement",
        "safety_alert_chase",
        "sync_held",
    )
    connection = await asyncpg.connect(postgres_url)
    try:
        for table in sorted(erasure.tables()):
            rights = await connection.fetchrow(
                "SELECT has_table_privilege($1, $3, 'DELETE'), has_table_privilege($1, $3, 'UPDATE'), "
                "has_table_privilege($2, $3, 'DELETE')", ERASURE_ROLE, SERVICE_ROLE, table,
            )  # fmt: skip
            assert tuple(rights) == (True, False, table in deleted), table
    finally:
        await connection.close()


async def test_not_even_the_eraser_rewrites_the_log(postgres_url: str, key_file: Path) -> None:
    await _world(postgres_url)
    await _read_by_many(postgres_url, key_file)
    connection = await open_postgres(Address(postgres_url).dsn, ERASURE_ROLE)
    try:
        for sql in ("DELETE FROM log_subject", "DELETE FROM log_subject WHERE seq = 1"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(sql)
        for table in LOG_TABLES:
            for verb in ("TRUNCATE {0} CASCADE", "UPDATE {0} SET seq = 1", "ALTER TABLE {0} DISABLE TRIGGER ALL"):
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedColumnError)):
                    await connection.execute(verb.format(table))
            if table != "log_subject":
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"DELETE FROM {table}")
    finally:
        await connection.close()
    assert wait_for(lambda: verify(Address(postgres_url))).exit_code == 0


async def test_only_the_parts_that_the_newest_entry_names_can_go(database_url: str, key_file: Path) -> None:
    """Neither other parts, nor by an older entry, nor on PostgreSQL by anybody but the eraser."""
    from app.audit.submission import Submission
    from tests.audit.logs import make_entry

    await _world(database_url)
    await _read_by_many(database_url, key_file)
    address = Address(database_url)
    delete = text("DELETE FROM log_subject WHERE seq = :seq")

    async def refused(seq: int) -> bool:
        try:
            await world.execute(database_url, [(delete, {"seq": seq})])
        except Exception as fault:  # whichever driver it is, the log's own words
            return "the log only grows" in str(fault)
        return False

    log = await open_log(address, SERVICE_ROLE, lambda: NOW)
    try:
        await log.append(
            Submission((make_entry(kind="erase", person=False, details={"authority": "x", "targets": [1]}),))
        )
        assert await refused(2)
        assert await refused(1) is (address.dialect == "postgresql")
        await log.append(
            Submission((make_entry(kind="erase", person=False, details={"authority": "x", "targets": [3]}),))
        )
        await log.append(Submission((make_entry(7, kind="access", person=False),)))
        assert await refused(3)
    finally:
        await log.close()


async def test_an_erasure_that_the_database_refuses_leaves_nothing_behind(database_url: str, key_file: Path) -> None:
    """Neither the entry nor what was changed before it: the entry would say that something was done."""
    from app.audit.submission import Change, ChangeRefused, Submission
    from tests.audit.logs import make_entry

    await _world(database_url)
    await _read_by_many(database_url, key_file)
    before, size = await held(database_url, "old", OLD), len(await world.entries(database_url))
    entry = make_entry(kind="erase", person=False, details={"authority": "x", "targets": [1]})
    other = Change("DELETE FROM log_subject WHERE seq = 2")
    record = Change("DELETE FROM session_note WHERE id = 'session_note-old'")
    log = await open_log(Address(database_url), ERASURE_ROLE, lambda: NOW)
    try:
        with pytest.raises(ChangeRefused):
            await log.append(Submission((entry,), (record,), (other,)))
        await log.append(Submission((make_entry(8, person=False, occurred_at=NOW),)))
    finally:
        await log.close()
    assert await held(database_url, "old", OLD) == before
    assert len(await world.entries(database_url)) == size + 1
    report = wait_for(lambda: verify(Address(database_url)))
    assert (report.exit_code, report.erased) == (0, 0), report.findings


# --- what is due, and the command line -------------------------------------------------------------------------------


async def test_what_is_due_is_listed_with_what_keeps_it(sqlite_url: str) -> None:
    await _world(sqlite_url)
    running = update(t.Supervision).where(t.Supervision.id == "order-other").values(end_date=None)
    await world.execute(sqlite_url, [(running, None)])
    async with eraser(sqlite_url) as (service, _):
        due = await service.due(NOW, TODAY, "request-1")
        assert await service.due(NOW, date(2021, 4, 30), "request-2") == []
    assert [(each.crn, str(each.retention.due_on), [hold.value for hold in each.holds]) for each in due] == [
        (OLD, "2021-05-01", []),
        (OTHER, "2021-05-01", ["a sentence is running"]),
    ]
    entries = await world.entries(sqlite_url)
    assert [(e["type"], e["resource"], e["subject"]) for e in entries] == [
        ("report", "openmind retention due", None)
    ] * 2


def set_environment(monkeypatch: pytest.MonkeyPatch, url: str, key: Path) -> None:
    for name, value in {
        "DATABASE_URL": url,
        "ISSUER": "https://open-mind.test",
        "SIGNING_KEY_FILE": str(key),
        "ENVIRONMENT": "demo",
        "CLOCK_START": NOW.isoformat(),
    }.items():
        monkeypatch.setenv(f"OPENMIND_{name}", value)
    monkeypatch.setattr(retention, "UNDER_WAY_SECONDS", 0)  # nobody is asking
    for name, value in world.log_environment().items():
        monkeypatch.setenv(name, value)


def test_the_command_shows_first_and_does_it_when_told(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(_world(database_url))
    set_environment(monkeypatch, database_url, key_file)
    order = ["erase", OLD.lower(), "--reason", "retention-over", "--authority", "IG-2026-7"]
    listed = CliRunner().invoke(app, ["retention", "due", "--json"])
    assert [each["crn"] for each in json.loads(listed.stdout)["due"]] == [OLD, OTHER]
    shown = CliRunner().invoke(app, order)
    assert (shown.exit_code, "nothing was changed" in shown.stdout) == (0, True)
    assert "session_note: 1" in shown.stdout
    assert world.run(held(database_url, "old", OLD)) != {}
    done = CliRunner().invoke(app, [*order, "--yes"])
    assert (done.exit_code, "erased; receipts " in done.stdout) == (0, True)
    assert world.run(held(database_url, "old", OLD)) == {}
    again = CliRunner().invoke(app, [*order, "--yes"])
    assert (again.exit_code, "nothing of this person is held" in again.output) == (1, True)
    for check in ("verify", "replay"):
        checked = CliRunner().invoke(app, ["audit", check])
        assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["erase", "X1", "--reason", "court-order", "--authority", "IG-1"], 2, "CRN: "),
        (["erase", OLD, "--reason", "court-order", "--authority", "Olga Smith said so"], 2, "--authority: "),
        (["erase", OLD, "--reason", "because", "--authority", "IG-1"], 2, "reason"),
        (["erase", FULL, "--reason", "court-order", "--authority", "IG-1", "--yes"], 1, "a referral is open"),
    ],
)
def test_what_cannot_be_erased_is_said(
    sqlite_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, says: str
) -> None:
    world.run(_world(sqlite_url))
    set_environment(monkeypatch, sqlite_url, key_file)
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, says in result.output) == (code, True), result.output
    assert world.run(world.entries(sqlite_url)) == []
