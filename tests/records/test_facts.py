"""Each fact: what makes it hold, what ends it, and that what is not known has the unfavourable value."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

import app.tables as t
from app.db import Address, open_database
from app.records.reading import Records, Standing
from app.vocabulary import Caller, Fact, Party, Role, Scope, names_of
from tests import world
from tests.world import NOW, TODAY

CRN = "X000001"
DAY = timedelta(days=1)
OLIVE = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "t1", "olive")
THEO = Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "t2", "theo")
RORY = Caller(Party.HEALTH, Role.RECORDS_OFFICER, "clinical-records", "t3", "rory")
PROBATION = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation-system", "t4")
CLINICAL = Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, "clinical-records", "t5")


async def standing(url: str, caller: Caller, rows: list[SQLModel], at: datetime = NOW, crn: str = CRN) -> Standing:
    await world.put(url, [*world.clients(), world.person(CRN), *rows])
    database = open_database(Address(url))
    try:
        return await Records(database).standing(caller, at, crn=crn)
    finally:
        await database.close()


async def facts(url: str, caller: Caller, *rows: Any, at: datetime = NOW) -> set[str]:
    flat = [each for row in rows for each in (row if isinstance(row, list) else [row])]
    return {fact.value for fact in names_of((await standing(url, caller, flat, at)).facts)}


def olive(*courses: str, **values: Any) -> list[SQLModel]:
    return world.staff("olive", Role.OFFENDER_MANAGER, *courses, **values)


def theo(*courses: str, **values: Any) -> list[SQLModel]:
    return world.staff("theo", Role.THERAPIST, *courses, **values)


SENTENCE = world.supervision(CRN)
REFERRAL = world.referral(CRN)
CLOSED = {"status": "discharged", "end_code": "46"}

CASES = [
    pytest.param(OLIVE, [olive()], {"employed", "training:information-sharing"}, id="staff in their role are employed"),
    pytest.param(OLIVE, [], set(), id="somebody not on the register is nothing"),
    pytest.param(
        OLIVE,
        [olive(employed_until=TODAY)],
        {"employed", "training:information-sharing"},
        id="the last day still counts",
    ),
    pytest.param(
        OLIVE, [olive(employed_until=TODAY - DAY)], {"training:information-sharing"}, id="the day after it does not"
    ),
    pytest.param(
        OLIVE,
        [olive(revoked_at=NOW - DAY)],
        {"training:information-sharing"},
        id="a revoked member of staff is not employed",
    ),
    pytest.param(
        OLIVE,
        [world.staff("olive", Role.PROBATION_LEAD)],
        {"training:information-sharing"},
        id="a role that changed since the token was made is not held any more",
    ),
    pytest.param(PROBATION, [], {"employed"}, id="a registered system is employed"),
    pytest.param(
        OLIVE,
        [olive(""), world.training("olive", "information-sharing", TODAY)],
        {"employed"},
        id="training ends with the day before it expires",
    ),
    pytest.param(
        OLIVE,
        [olive(""), world.training("olive", "information-sharing", TODAY + DAY)],
        {"employed", "training:information-sharing"},
        id="training holds on its last day",
    ),
    pytest.param(
        THEO,
        [theo("information-sharing", "criminal-justice-data", "mental-health-awareness")],
        {
            "employed",
            "training:information-sharing",
            "training:criminal-justice-data",
            "training:mental-health-awareness",
        },
        id="each course is a fact of its own",
    ),
]
OF_PERSON = [
    pytest.param(OLIVE, [world.caseload(CRN, "olive")], {"caseload"}, id="the current offender manager"),
    pytest.param(OLIVE, [world.caseload(CRN, "olive", valid_until=NOW)], set(), id="a caseload ends at its moment"),
    pytest.param(OLIVE, [world.caseload(CRN, "olive", valid_from=NOW + DAY)], set(), id="a caseload of tomorrow"),
    pytest.param(OLIVE, [SENTENCE], {"supervised"}, id="a sentence runs"),
    pytest.param(OLIVE, [world.supervision(CRN, end_date=TODAY)], {"supervised"}, id="a sentence runs on its last day"),
    pytest.param(OLIVE, [world.supervision(CRN, end_date=TODAY - DAY)], set(), id="a sentence has ended"),
    pytest.param(OLIVE, [world.supervision(CRN, start_date=TODAY + DAY)], set(), id="a sentence has not begun"),
    pytest.param(OLIVE, [world.supervision(CRN, terminated_on=TODAY)], set(), id="a sentence terminated today"),
    pytest.param(
        OLIVE, [SENTENCE, world.requirement(CRN, SENTENCE)], {"supervised", "mhtr"}, id="a treatment requirement runs"
    ),
    pytest.param(
        OLIVE,
        [SENTENCE, world.requirement(CRN, SENTENCE, end_date=TODAY - DAY)],
        {"supervised"},
        id="a treatment requirement that ended while the sentence runs",
    ),
    pytest.param(
        OLIVE,
        [SENTENCE, world.requirement(CRN, SENTENCE, requirement_type="curfew")],
        {"supervised"},
        id="another requirement is no treatment requirement",
    ),
    pytest.param(THEO, [REFERRAL], {"service"}, id="a live referral to the caller's service"),
    pytest.param(CLINICAL, [REFERRAL], {"service"}, id="a live referral to the system's service"),
    pytest.param(PROBATION, [REFERRAL], set(), id="a system of no service"),
    pytest.param(THEO, [world.referral(CRN, service_id="another-service")], set(), id="a referral to another service"),
    pytest.param(THEO, [world.referral(CRN, status="draft", received_on=None)], set(), id="a draft is not live"),
    pytest.param(
        THEO, [world.referral(CRN, closed_on=TODAY - 27 * DAY, **CLOSED)], {"service"}, id="closed 27 days ago is live"
    ),
    pytest.param(
        THEO, [world.referral(CRN, closed_on=TODAY - 28 * DAY, **CLOSED)], set(), id="closed 28 days ago is not"
    ),
    pytest.param(
        THEO, [REFERRAL, world.treating(CRN, "theo", REFERRAL)], {"service", "treating"}, id="the allocated therapist"
    ),
    pytest.param(
        THEO,
        [REFERRAL, world.treating(CRN, "theo", REFERRAL, valid_until=NOW - DAY)],
        {"service"},
        id="a therapist who handed over",
    ),
    pytest.param(OLIVE, [world.grant(CRN, "olive")], {"break-glass"}, id="a live emergency grant"),
    pytest.param(OLIVE, [world.grant("X000002", "olive")], set(), id="a grant for somebody else"),
    pytest.param(OLIVE, [world.grant(CRN, "olive", expires_at=NOW)], set(), id="a grant ends after its 60 minutes"),
    pytest.param(OLIVE, [world.grant(CRN, "olive", revoked_at=NOW)], set(), id="a grant that was revoked"),
    pytest.param(OLIVE, [world.limit(CRN, "exclusion", "olive")], {"excluded"}, id="excluded by name"),
    pytest.param(OLIVE, [world.limit(CRN, "exclusion", "other")], set(), id="somebody else is excluded"),
    pytest.param(
        OLIVE, [world.limit(CRN, "exclusion", "olive", valid_until=NOW)], set(), id="an exclusion that has ended"
    ),
    pytest.param(OLIVE, [world.limit(CRN, "restriction", "other")], {"restricted"}, id="restricted to somebody else"),
    pytest.param(OLIVE, [world.limit(CRN, "restriction")], {"restricted"}, id="restricted to nobody"),
    pytest.param(OLIVE, [world.limit(CRN, "restriction", "olive")], {"restricted", "listed"}, id="on the access list"),
    pytest.param(
        OLIVE,
        [world.limit(CRN, "restriction", "olive"), world.limit(CRN, "restriction", "other")],
        {"restricted"},
        id="of two restrictions the stricter holds",
    ),
    pytest.param(
        OLIVE,
        [world.limit(CRN, "restriction", "olive"), world.limit(CRN, "exclusion", "olive")],
        {"restricted", "listed", "excluded"},
        id="a record can be restricted and exclude the same person",
    ),
    pytest.param(RORY, [world.subject_request(CRN)], {"subject-request"}, id="an open subject access request"),
    pytest.param(RORY, [world.subject_request(CRN, closed_on=TODAY)], set(), id="a request closed today"),
    pytest.param(OLIVE, [world.consent(CRN, "attendance")], {"consent:attendance"}, id="a live consent"),
    pytest.param(THEO, [world.consent(CRN, "attendance")], set(), id="a consent that names the other party alone"),
    pytest.param(
        OLIVE,
        [
            world.consent(CRN, "attendance"),
            world.consent(CRN, "scores"),
            world.consent(CRN, "meeting", "justice", "health"),
        ],
        {"consent:attendance", "consent:scores", "consent:meeting"},
        id="each scope is a fact of its own",
    ),
    pytest.param(OLIVE, [world.consent(CRN, "attendance", capacity=False)], set(), id="given without capacity"),
    pytest.param(OLIVE, [world.consent(CRN, "attendance", withdrawn_at=NOW)], set(), id="withdrawn this moment"),
    pytest.param(OLIVE, [world.consent(CRN, "attendance", valid_until=NOW)], set(), id="expired this moment"),
    pytest.param(OLIVE, [world.consent(CRN, "attendance", valid_from=NOW + DAY)], set(), id="not yet begun"),
    pytest.param(
        OLIVE,
        [
            world.consent(CRN, "attendance"),
            world.consent(CRN, "attendance", decision="refuse", valid_from=NOW - 9 * DAY),
        ],
        set(),
        id="an older refusal outweighs a newer permission",
    ),
    pytest.param(
        OLIVE,
        [world.consent(CRN, "attendance"), world.consent(CRN, "scores", decision="refuse")],
        {"consent:attendance"},
        id="a refusal of another scope changes nothing",
    ),
    pytest.param(
        OLIVE,
        [world.consent(CRN, "attendance"), world.consent(CRN, "attendance", decision="refuse", withdrawn_at=NOW - DAY)],
        {"consent:attendance"},
        id="a refusal that was withdrawn outweighs nothing",
    ),
    pytest.param(
        OLIVE,
        [world.consent(CRN, "attendance", recorded_by_party="justice")],
        set(),
        id="recorded by justice without a signature takes no effect (E3)",
    ),
    pytest.param(
        OLIVE,
        [world.consent(CRN, "attendance", recorded_by_party="justice", signed_form="F1")],
        {"consent:attendance"},
        id="recorded by justice with a signed form",
    ),
    pytest.param(
        OLIVE,
        [world.consent(CRN, "attendance", recorded_by_party="justice", countersigned_by="theo", countersigned_at=NOW)],
        {"consent:attendance"},
        id="recorded by justice and countersigned",
    ),
    pytest.param(
        THEO,
        [world.consent(CRN, "offence", recorded_by_party="justice")],
        {"consent:offence"},
        id="from justice to health needs no signature",
    ),
    pytest.param(OLIVE, [world.objection(CRN, "attendance")], {"objection:attendance"}, id="an objection"),
    pytest.param(
        OLIVE,
        [world.objection(CRN, "attendance"), world.objection(CRN, "scores"), world.objection(CRN, "attendance")],
        {"objection:attendance", "objection:scores"},
        id="objections add up, however often they are made",
    ),
    pytest.param(OLIVE, [world.objection(CRN, "attendance", withdrawn_at=NOW)], set(), id="an objection withdrawn"),
]
STANDING = {"employed", "training:information-sharing"}


@pytest.mark.parametrize(("caller", "rows", "expected"), CASES)
async def test_facts_about_the_caller(sqlite_url: str, caller: Caller, rows: list[Any], expected: set[str]) -> None:
    assert await facts(sqlite_url, caller, *rows) == expected


@pytest.mark.parametrize(("caller", "rows", "expected"), OF_PERSON)
async def test_facts_about_the_person(sqlite_url: str, caller: Caller, rows: list[Any], expected: set[str]) -> None:
    staff = [*olive(), *theo(), *world.staff("rory", Role.RECORDS_OFFICER)]
    of_caller = {"employed"} if caller.is_system else STANDING
    assert await facts(sqlite_url, caller, staff, *rows) == expected | of_caller


async def test_every_fact_on_postgresql(postgres_url: str) -> None:
    """All at once, the same on the other database: the cases above differ in rows, not in dialect."""
    rows: list[Any] = [
        theo("information-sharing", "criminal-justice-data", "mental-health-awareness"),
        world.staff("lead", Role.PROBATION_LEAD),
        world.authorisation("theo", "lead"),
        SENTENCE,
        world.requirement(CRN, SENTENCE),
        REFERRAL,
        world.treating(CRN, "theo", REFERRAL),
        world.caseload(CRN, "theo"),
        world.grant(CRN, "theo"),
        world.limit(CRN, "restriction", "theo"),
        world.limit(CRN, "exclusion", "theo"),
        world.subject_request(CRN),
        *(world.consent(CRN, scope.value, "health") for scope in Scope),
        *(
            world.objection(CRN, fact.value.removeprefix("objection:"))
            for fact in Fact
            if fact.value.startswith("objection:")
        ),
    ]
    assert await facts(postgres_url, THEO, *rows) == {fact.value for fact in Fact}


async def test_no_fact_is_known_of_a_person_who_is_not_on_file(database_url: str) -> None:
    found = await standing(database_url, OLIVE, [*olive(), world.caseload(CRN, "olive")], crn="X999999")
    assert found.person_id is None
    assert set(names_of(found.facts)) == {Fact.EMPLOYED, Fact.TRAINED_SHARING}


async def test_the_consents_relied_on_are_named(database_url: str) -> None:
    given, other = world.consent(CRN, "attendance"), world.consent(CRN, "scores", capacity=False)
    found = await standing(database_url, OLIVE, [*olive(), *given, *other])
    assert found.consents == (("attendance", given[0].id),)


class TestSupersession:
    """A chain of consents: only its last link counts, and a link that is not effective replaces nothing."""

    async def test_a_refusal_in_place_of_a_permission(self, sqlite_url: str) -> None:
        first = world.consent(CRN, "attendance")
        refusal = world.consent(CRN, "attendance", decision="refuse", supersedes_id=first[0].id)
        assert "consent:attendance" not in await facts(sqlite_url, OLIVE, olive(), first, refusal)

    async def test_a_permission_in_place_of_a_refusal(self, sqlite_url: str) -> None:
        refusal = world.consent(CRN, "attendance", decision="refuse")
        after = world.consent(CRN, "attendance", supersedes_id=refusal[0].id)
        assert "consent:attendance" in await facts(sqlite_url, OLIVE, olive(), refusal, after)

    async def test_a_permission_without_capacity_replaces_no_refusal(self, sqlite_url: str) -> None:
        other = world.consent(CRN, "attendance")
        refusal = world.consent(CRN, "attendance", decision="refuse")
        after = world.consent(CRN, "attendance", supersedes_id=refusal[0].id, capacity=False)
        assert "consent:attendance" not in await facts(sqlite_url, OLIVE, olive(), other, refusal, after)

    async def test_a_superseded_permission_does_not_revive(self, sqlite_url: str) -> None:
        first = world.consent(CRN, "attendance")
        after = world.consent(CRN, "attendance", supersedes_id=first[0].id, withdrawn_at=NOW - DAY)
        assert "consent:attendance" not in await facts(sqlite_url, OLIVE, olive(), first, after)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), False),
    ],
    ids=["in summer the day ends at 23:00 UTC", "and not at midnight UTC"],
)
async def test_days_are_those_of_london(sqlite_url: str, at: datetime, expected: bool) -> None:
    ends = world.supervision(CRN, end_date=date(2026, 6, 30))
    assert ("supervised" in await facts(sqlite_url, OLIVE, olive(), ends, at=at)) is expected


class TestSession:
    """What was revoked stops, whatever the token says."""

    @pytest.mark.parametrize(
        ("rows", "live"),
        [
            pytest.param([olive()], True, id="nothing revoked"),
            pytest.param([olive(revoked_at=NOW)], False, id="the member of staff"),
            pytest.param([olive(), t.RevokedToken(token="t1", expires_at=NOW, revoked_at=NOW)], False, id="the token"),
            pytest.param(
                [olive(), t.RevokedToken(token="t9", expires_at=NOW, revoked_at=NOW)], True, id="another token"
            ),
            pytest.param([], False, id="nobody of that name"),
        ],
    )
    async def test_revoked(self, sqlite_url: str, rows: list[Any], live: bool) -> None:
        flat = [each for row in rows for each in (row if isinstance(row, list) else [row])]
        assert (await standing(sqlite_url, OLIVE, flat)).session_is_live is live

    async def test_a_suspended_client(self, sqlite_url: str) -> None:
        stranger = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "unknown-system", "t1", "olive")
        assert not (await standing(sqlite_url, stranger, olive())).session_is_live
