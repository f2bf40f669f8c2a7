"""Facts at a past moment are the facts that were computed live at that moment, whatever was recorded since."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

import app.tables as t
from app.db import Address, PostgresDatabase, UnpermittedRead, open_database
from app.records.as_of import caller_at, standing_at
from app.records.reading import Records, Standing
from app.records.writing import person_id
from app.vocabulary import Fact, Role, names_of
from tests import world
from tests.gate.house import CALLERS, everybody, flat
from tests.world import NOW, TODAY

CRN, OTHER = "X000001", "X000002"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WHO = ("olive", "theo", "claire", "rory", "hana", "probation", "clinical")
REFERRAL = world.referral(CRN, id="referral-1")
SENTENCE = world.supervision(CRN, id="sentence-1")


def other_record() -> list[Any]:
    """Another record of theirs, from which everything that withholds follows while the two are merged."""
    return flat(
        [
            world.person(OTHER),
            world.merged(OTHER, CRN),
            world.limit(OTHER, "restriction", "theo", id="limit-3"),
            world.limit(OTHER, "exclusion", "rory", id="limit-4"),
            world.objection(OTHER, "scores", id="objection-2"),
            world.consent(OTHER, "progress", decision="refuse", id="refusal-2"),
        ]
    )


def person() -> list[Any]:
    """Somebody of whom every fact holds for somebody."""
    scopes = ("attendance", "progress", "scores", "offence", "meeting", "health-trainer")
    return flat(
        [
            world.person(CRN),
            world.referral(CRN, id="referral-1"),
            world.supervision(CRN, id="sentence-1"),
            world.requirement(CRN, SENTENCE, id="requirement-1"),
            world.caseload(CRN, "olive", id="caseload-1"),
            world.treating(CRN, "theo", REFERRAL, id="treating-1"),
            *(world.consent(CRN, scope, id=f"consent-{scope}") for scope in scopes),
            world.objection(CRN, "notes", id="objection-1"),
            *world.limit(CRN, "restriction", "olive", "theo", id="limit-1"),
            *world.limit(CRN, "exclusion", "hana", id="limit-2"),
            world.grant(CRN, "theo", id="grant-1"),
            world.subject_request(CRN, id="request-1"),
            *other_record(),
        ]
    )


def _set(model: Any, identity: str, **values: Any) -> Callable[[datetime], Any]:
    """A change of some columns; a value can be made from the moment."""

    def change(at: datetime) -> Any:
        made = {name: value(at) if callable(value) else value for name, value in values.items()}
        return update(model).where(model.id == identity).values(**made, recorded_at=at)

    return change


def _part(parted: bool) -> Callable[[datetime], Any]:
    said = t.PersonAlias.said_by == person_id(OTHER)
    return lambda at: update(t.PersonAlias).where(said).values(parted_at=at if parted else None, recorded_at=at)


def _remove_name(at: datetime) -> Any:
    return delete(t.AccessLimitName).where(t.AccessLimitName.limit_id == "limit-1")


def _now(at: datetime) -> Any:
    return at


CHANGES: dict[str, Callable[[datetime], Any]] = {
    "employment ends": _set(t.Staff, "staff-olive", employed_until=TODAY - DAY),
    "employment goes on": _set(t.Staff, "staff-olive", employed_until=None),
    "another service": _set(t.Staff, "staff-claire", service_id="another-service"),
    "revoked": _set(t.Staff, "staff-theo", revoked_at=_now),
    "not revoked": _set(t.Staff, "staff-theo", revoked_at=None),
    "another role": _set(t.Staff, "staff-hana", role="therapist"),
    "suspended": _set(t.Client, "probation-system", suspended_at=_now),
    "a system's other service": _set(t.Client, "clinical-records", service_id="another-service"),
    "allocation ends": _set(t.Allocation, "caseload-1", valid_until=_now),
    "allocation of somebody else": _set(t.Allocation, "caseload-1", valid_until=None, staff_id="staff-omar"),
    "allocation back": _set(t.Allocation, "caseload-1", valid_until=None, staff_id="staff-olive"),
    "treatment ends": _set(t.Allocation, "treating-1", valid_until=_now),
    "referral closed": _set(t.Referral, "referral-1", closed_on=TODAY - 40 * DAY, status="discharged"),
    "referral open again": _set(t.Referral, "referral-1", closed_on=None, status="in-treatment"),
    "sentence ends": _set(t.Supervision, "sentence-1", terminated_on=TODAY - DAY),
    "sentence goes on": _set(t.Supervision, "sentence-1", terminated_on=None),
    "requirement ends": _set(t.Requirement, "requirement-1", end_date=TODAY - DAY),
    "consent withdrawn": _set(t.Consent, "consent-attendance", withdrawn_at=_now),
    "consent refused": _set(t.Consent, "consent-scores", decision="refuse"),
    "consent without capacity": _set(t.Consent, "consent-progress", capacity=False),
    "consent backdated": _set(t.Consent, "consent-attendance", withdrawn_at=None, valid_from=NOW - 50 * DAY),
    "objection withdrawn": _set(t.Objection, "objection-1", withdrawn_at=_now),
    "objection stands": _set(t.Objection, "objection-1", withdrawn_at=None),
    "restriction ends": _set(t.AccessLimit, "limit-1", valid_until=_now),
    "exclusion becomes restriction": _set(t.AccessLimit, "limit-2", kind="restriction"),
    "names off the list": _remove_name,
    "grant revoked": _set(t.EmergencyGrant, "grant-1", revoked_at=_now),
    "records parted": _part(parted=True),
    "records merged": _part(parted=False),
    "the other's restriction ends": _set(t.AccessLimit, "limit-3", valid_until=_now),
    "the other's refusal withdrawn": _set(t.Consent, "refusal-2", withdrawn_at=_now),
    "request closed": _set(t.SubjectRequest, "request-1", closed_on=TODAY),
    "request open": _set(t.SubjectRequest, "request-1", closed_on=None),
}


async def _all(records: Records, at: datetime, ask: Any) -> dict[str, Standing]:
    return {name: await ask(CALLERS[name], at, crn=CRN) for name in WHO}


async def _history_is_told_right(url: str, names: list[str]) -> int:
    """Apply the changes an hour apart, keep what was so after each, and ask for all of it at the end."""
    async with world.keeping(url):
        return await _told_right(url, names)


async def _told_right(url: str, names: list[str]) -> int:
    await world.put(url, [*everybody(), *person()])
    database = open_database(Address(url))
    seen: list[tuple[datetime, dict[str, Standing]]] = []
    try:
        records = Records(database)
        for place, name in enumerate(names):
            at = NOW + place * HOUR
            await world.execute(url, [(CHANGES[name](at), None)])
            # the database's own clock says when something was deleted, and this world's is another
            for past in (t.HISTORIES["access_limit_name"], t.HISTORIES["merged_person"]):
                deleted = update(past).where(past.c.superseded_at > NOW + 100 * DAY).values(superseded_at=at)
                await world.execute(url, [(deleted, None)])
            then = at + HOUR / 2
            seen.append((then, await _all(records, then, records.standing)))
        for then, live in seen:
            asked = await _all(records, then, lambda caller, at, *, crn: standing_at(records, caller, at, crn=crn))
            for name in WHO:
                assert names_of(asked[name].facts) == names_of(live[name].facts), (name, then)
                assert asked[name].consents == live[name].consents
                assert (asked[name].person_id, asked[name].crn) == (live[name].person_id, live[name].crn)
    finally:
        await database.close()
    return len({tuple(each.facts for each in live.values()) for _, live in seen})


@pytest.mark.parametrize("seed", range(2))
def test_facts_at_a_past_moment_are_those_of_that_moment(database_url: str, seed: int) -> None:
    """On both databases, over every kind of change; and they do change."""
    names = list(CHANGES)
    Random(seed).shuffle(names)
    assert world.run(_history_is_told_right(database_url, names)) > 15


@settings(max_examples=15)
@given(names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=12))
def test_whatever_was_changed_in_whichever_order(sqlite_template: Path, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "past.db"
        shutil.copy(sqlite_template, path)
        assert world.run(_history_is_told_right(f"sqlite:///{path}", names)) >= 1


async def test_what_was_recorded_later_was_not_known_then(database_url: str) -> None:
    """A consent that was backdated when it was recorded did not hold before that: nobody could have relied on it."""
    late = world.consent(CRN, "attendance", recorded_at=NOW, valid_from=NOW - 30 * DAY)
    await world.put(database_url, [*everybody(), world.person(CRN), world.caseload(CRN, "olive"), *late])
    database = open_database(Address(database_url))
    try:
        records = Records(database)
        before = await standing_at(records, CALLERS["olive"], NOW - DAY, crn=CRN)
        after = await standing_at(records, CALLERS["olive"], NOW, crn=CRN)
    finally:
        await database.close()
    assert Fact.CASELOAD in names_of(before.facts)
    assert Fact.CONSENT_ATTENDANCE not in names_of(before.facts)
    assert Fact.CONSENT_ATTENDANCE in names_of(after.facts)


async def test_somebody_is_known_by_the_role_that_they_had(database_url: str) -> None:
    await world.put(database_url, everybody())
    await world.execute(database_url, [(_set(t.Staff, "staff-hana", role="therapist")(NOW), None)])
    database = open_database(Address(database_url))
    try:
        records = Records(database)
        before = await caller_at(records, "hana", NOW - HOUR)
        after = await caller_at(records, "hana", NOW)
        never = await caller_at(records, "nobody", NOW)
        earlier = await caller_at(records, "hana", world.LONG_AGO - DAY)
    finally:
        await database.close()
    assert before is not None
    assert after is not None
    assert (before.role, after.role) == (Role.HEALTH_TRAINER, Role.THERAPIST)
    assert (never, earlier) == (None, None)


async def test_the_past_is_as_protected_as_the_present(database_url: str) -> None:
    """The statement names the histories among the tables that it reads, so that no other warrant covers it."""
    database = open_database(Address(database_url))
    try:
        records = Records(database)
        await standing_at(records, CALLERS["olive"], NOW, crn=CRN)
        (kept,) = [each for key, each in records._prepared.items() if key == ("as of", "crn")]
        assert {"consent", "consent_history", "access_limit_history"} <= kept.protected
        with pytest.raises(UnpermittedRead):
            await database.fetch(kept, {}, records._facts)
    finally:
        await database.close()


async def test_the_statement_stays_prepared_however_long_it_is(postgres_url: str) -> None:
    """Planning it takes longer than running it."""
    database = PostgresDatabase(Address(postgres_url).dsn, None, connections=1)
    try:
        records = Records(database)
        for _ in range(3):
            await standing_at(records, CALLERS["olive"], NOW, crn=CRN)
        kept = "SELECT generic_plans FROM pg_prepared_statements WHERE length(statement) > 15 * 1024"
        assert [tuple(row) for row in await database._fetch(kept, [])] == [(3,)]
    finally:
        await database.close()
