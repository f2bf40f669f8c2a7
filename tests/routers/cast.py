"""A cast for the whole service: everybody who can ask, and people of whom each is known by one thing alone."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlmodel import SQLModel

import app.tables as t
from app.identity import write_private_key
from app.vocabulary import CATEGORIES, Purpose, Role
from tests import world
from tests.once import made_once
from tests.postgres import Server, wait_for
from tests.world import NOW, TODAY, Service, of

FULL, COURT, BARE, RESTRICTED, EXCLUDED, ELSEWHERE = (f"X10000{number}" for number in range(1, 7))
NOBODY = "X999999"

OLGA, OTTO = (Role.OFFENDER_MANAGER, "olga"), (Role.OFFENDER_MANAGER, "otto")
GONE = (Role.OFFENDER_MANAGER, "gone")
UNKNOWN = (Role.OFFENDER_MANAGER, "never-heard-of")
PETRA = (Role.PROBATION_LEAD, "petra")
THEO, TARA = (Role.THERAPIST, "theo"), (Role.THERAPIST, "tara")
CARLA = (Role.CLINICAL_LEAD, "carla")
ADAM = (Role.SERVICE_ADMINISTRATOR, "adam")
HANA = (Role.HEALTH_TRAINER, "hana")
RORY = (Role.RECORDS_OFFICER, "rory")
ALMA, CARA = (Role.AUDITOR, "alma"), (Role.CALDICOTT_GUARDIAN, "cara")
COLIN = (Role.COMMISSIONER, "colin")
PROBATION, CLINICAL = (Role.CASE_MANAGEMENT_SYSTEM, None), (Role.CLINICAL_SYSTEM, None)

CARE, WORK, PROTECT = Purpose.DIRECT_CARE.value, Purpose.SUPERVISION.value, Purpose.PUBLIC_PROTECTION.value
EMERGENCY, OVERSIGHT = Purpose.EMERGENCY.value, Purpose.OVERSIGHT.value
SUBJECT, EVALUATION, SYNC = Purpose.SUBJECT_ACCESS.value, Purpose.SERVICE_EVALUATION.value, Purpose.RECORDS_SYNC.value
JUSTICE_DATA, AWARENESS, SHARING = "criminal-justice-data", "mental-health-awareness", "information-sharing"
PLURALS = {"safety-alerts": "safety-alert", "meetings": "meeting", "consents": "consent"}


def everybody() -> list[SQLModel]:
    """Who asks."""
    rows = [
        *world.clients(),
        *world.staff("olga", Role.OFFENDER_MANAGER, SHARING, AWARENESS, team="Leicester North"),
        *world.staff("otto", Role.OFFENDER_MANAGER),
        *world.staff("gone", Role.OFFENDER_MANAGER, employed_until=TODAY - timedelta(days=1)),
        *world.staff("petra", Role.PROBATION_LEAD),
        *world.staff("theo", Role.THERAPIST, SHARING, JUSTICE_DATA),
        *world.staff("tara", Role.THERAPIST),
        *world.staff("carla", Role.CLINICAL_LEAD, SHARING, JUSTICE_DATA),
        *world.staff("adam", Role.SERVICE_ADMINISTRATOR, SHARING, JUSTICE_DATA),
        *world.staff("hana", Role.HEALTH_TRAINER),
        *world.staff("rory", Role.RECORDS_OFFICER),
        *world.staff("alma", Role.AUDITOR, party="health"),
        *world.staff("cara", Role.CALDICOTT_GUARDIAN, party="health"),
        *world.staff("colin", Role.COMMISSIONER),
    ]
    return rows + [world.authorisation(name, "petra") for name in ("theo", "carla", "adam")]


def moment(days: int) -> datetime:
    """So many days before NOW."""
    return NOW - timedelta(days=days)


def treatment(crn: str, mark: str, *, of_referral: Any) -> list[Any]:
    """A row of everything that the health party holds, each with its mark in every text."""

    def row(model: Any, **values: Any) -> Any:
        name = f"{model.__tablename__}-{mark}"
        return of(model, crn, id=name[:36], referral_id=of_referral.id, **values)

    contact = world.appointment(crn, of_referral, id=f"appointment-{mark}", site=f"SITE{mark[:4]}")
    return [
        contact,
        row(t.Progress, written_on=date(2026, 3, 1), engagement=f"engagement {mark}", goals=f"goals {mark}"),
        row(t.OutcomeScore, tool="PHQ-9", tool_code="phq9", total=14.0, band="moderate",
            completed_at=moment(7), items=f"items {mark}"),
        row(t.Clinical, problem_code="F32", problem=f"problem {mark}", step=3, medication=f"medication {mark}"),
        row(t.CareActivity, appointment_id=contact.id, procedure_code=f"procedure-{mark[:6]}"),
        row(t.SessionNote, author="theo", written_at=moment(7), kind="session", text=f"note {mark}",
            third_party=False, serious_harm=False),
        row(t.SafetyRecord, author="theo", written_at=moment(7), risk_to_self=f"self {mark}",
            risk_to_others=f"others {mark}", plan=f"plan {mark}", third_party=False, serious_harm=False),
        row(t.SafetyAlert, summary=f"alert {mark}", reason=f"alert reason {mark}", urgency="urgent",
            recipient="olga", released_by="theo", released_at=moment(2)),
        row(t.Presentation, onset="2011-05", previous_condition="Y"),
        row(t.OnwardReferral, referred_on=date(2026, 3, 2), reason="01", receiving="RT5"),
        row(t.WaitingPause, started_on=date(2026, 2, 2), ended_on=date(2026, 2, 9), reason="02"),
        row(t.CorrectedOutcome, appointment_id=contact.id, attendance_code="3", corrected_at=moment(6)),
        row(t.EngagementMark, appointment_id=contact.id, kind="first-missed", mark="done", party="health",
            marked_by="theo", marked_at=moment(6)),
        row(t.SafetyPromptMark, score_id=f"outcome_score-{mark}"[:36], mark="done", marked_by="theo",
            marked_at=moment(6)),
    ]  # fmt: skip


def journey(crn: str, mark: str, *, of_referral: Any) -> list[Any]:
    """A move with its reason, and a triage with each of its parts, each with its mark in every text."""

    def row(model: Any, **values: Any) -> Any:
        name = f"{model.__tablename__}-{mark}"
        return of(model, crn, id=name[:36], referral_id=of_referral.id, **values)

    flags = {"third_party": False, "serious_harm": False}
    moved = row(t.ReferralMove, from_status="received", to_status="triaged", occurred_on=date(2026, 3, 1))
    triage = row(t.Triage, triaged_on=date(2026, 3, 1), triaged_by="carla", signs="psychosis", fit="refer-on", step=4,
                 onward="secondary-care", reasons="psychosis", note=f"triage note {mark}", **flags)  # fmt: skip
    return [
        moved,
        row(t.MoveReason, move_id=moved.id, moved_by="carla", note=f"move note {mark}", **flags),
        triage,
        row(t.TriageMeasure, triage_id=triage.id, scores=f"outcome_score-{mark}", reasons="severe"),
        row(t.TriageRisk, triage_id=triage.id, signs="risk-to-self", reasons="severe-with-risk", **flags),
    ]


def sentence(crn: str, mark: str) -> list[Any]:
    """A row of everything that the justice party holds, each with its mark in every text."""

    def row(model: Any, **values: Any) -> Any:
        return of(model, crn, id=f"{model.__tablename__}-{mark}"[:36], **values)

    return [
        row(t.Offence, kind="index", code="C1", description=f"offence {mark}", court=f"court {mark}"),
        row(t.RiskAssessment, rosh_level="HIGH", mappa_category=2, mappa_level=1, assessed_on=date(2026, 2, 1)),
        row(t.RiskAlert, code="RSTO", description=f"risk alert {mark}", start_date=date(2026, 2, 1)),
        row(t.LicenceCondition, kind="exclusion-zone", description=f"zone {mark}", area=f"area {mark}",
            start_date=date(2026, 2, 1)),
        row(t.Obligation, kind="unpaid-work", description=f"obligation {mark}", starts_at=moment(-1),
            ends_at=moment(-2), place=f"place {mark}"),
    ]  # fmt: skip


def meeting(crn: str, mark: str, **values: Any) -> Any:
    """A three-way meeting that was held."""
    about = {"held_at": moment(9), "offender_manager": "olga", "therapist": "theo", "agreed": f"agreed {mark}"}
    flags = {"third_party": False, "serious_harm": False}
    return of(t.Meeting, crn, **({"id": f"meeting-{mark}"} | about | flags | values))


def met(crn: str, mark: str) -> list[Any]:
    """A three-way meeting with all that belongs to one, and an alert's first chase."""

    def of_person(model: Any, **values: Any) -> Any:
        name = f"{model.__tablename__}-{mark}"
        return model(id=name, recorded_at=moment(9), person_id=world.person_id(crn), **values)

    def of_meeting(model: Any, **values: Any) -> Any:
        return of_person(model, meeting_id=f"meeting-{mark}", **values)

    return [
        meeting(crn, mark),
        of_meeting(t.MeetingResponse, staff="theo", party="health", response="accepted", held_at=moment(9),
                   responded_at=moment(10)),
        of_meeting(t.MeetingSharing, scope="scores", recipient="justice", decision="permit"),
        of_meeting(t.MeetingSignOff, signatory="therapist", recorded_by="theo", version="1", signed_at=moment(8)),
        of_person(t.SafetyAlertChase, alert_id=f"safety_alert-{mark}", stage="released", told_at=moment(2)),
    ]  # fmt: skip


def _full() -> list[Any]:
    """On file with everything, agreed to everything, and has asked for their own records."""
    referral = world.referral(FULL, id="referral-full", reason="reason full", referred_by="olga")
    order = world.supervision(FULL, id="order-full")
    note = treatment(FULL, "full", of_referral=referral)[5].model_dump()
    harm = note | {"id": "note-harm", "source_id": "note-harm", "text": "note of harm", "serious_harm": True}
    third = note | {"id": "note-third", "source_id": "note-third", "text": "note of a sister", "third_party": True}
    scopes = ("attendance", "progress", "scores", "offence", "meeting", "health-trainer")
    return [
        world.person(FULL, nhs_number="9990000018", pnc_number="1981/0000034U", phone="0116 000 0001"),
        order,
        world.requirement(FULL, order, id="requirement-full", requirement_type="unpaid-work", days=20),
        world.caseload(FULL, "olga"),
        referral,
        world.referral(FULL, id="draft-full", status="draft", received_on=None, referred_by="olga", reason="my draft"),
        world.referral(FULL, id="draft-otto", status="draft", received_on=None, referred_by="otto", reason="his draft"),
        world.treating(FULL, "theo", referral),
        *treatment(FULL, "full", of_referral=referral),
        t.SessionNote(**harm),
        t.SessionNote(**third),
        *sentence(FULL, "full"),
        *met(FULL, "full"),
        *(row for scope in scopes for row in world.consent(FULL, scope, id=f"consent-{scope}")),
        world.objection(FULL, "identity", id="objection-full"),
        world.subject_request(FULL, id="request-full"),
    ]


def _others() -> list[Any]:
    court = world.supervision(COURT, id="order-court")
    treated = {crn: world.referral(crn, id=f"referral-{crn}") for crn in (COURT, RESTRICTED, EXCLUDED)}
    elsewhere = world.referral(ELSEWHERE, id="referral-elsewhere", service_id="another-service")
    return [
        *(world.person(crn) for crn in (COURT, BARE, RESTRICTED, EXCLUDED, ELSEWHERE)),
        *(world.caseload(crn, "olga") for crn in (COURT, BARE, RESTRICTED, EXCLUDED)),
        world.caseload(ELSEWHERE, "otto"),
        court,
        world.requirement(COURT, court, id="requirement-court"),
        world.supervision(RESTRICTED, id="order-restricted"),
        world.supervision(EXCLUDED, id="order-excluded"),
        *treated.values(),
        elsewhere,
        *(row for crn, referral in treated.items() for row in treatment(crn, crn, of_referral=referral)),
        *treatment(ELSEWHERE, "elsewhere", of_referral=elsewhere),
        world.objection(COURT, "attendance"),
        world.objection(COURT, "referral"),
        world.grant(COURT, "theo"),
        world.grant(COURT, "olga"),
        *world.limit(RESTRICTED, "restriction", "otto"),
        *world.limit(EXCLUDED, "exclusion", "olga", "theo"),
    ]


def cast() -> list[SQLModel]:
    """Everybody and everything, in the order in which it can be put in."""
    return [*everybody(), *_full(), *_others()]


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What signs the tokens of a session."""
    path = tmp_path_factory.mktemp("keys") / "signing.pem"
    write_private_key(path)
    return path


@pytest.fixture(scope="session")
def cast_template(sqlite_template: Path) -> Path:
    """A SQLite file with the cast in it, to copy."""

    def make(path: Path) -> None:
        shutil.copy(sqlite_template, path)
        world.run(world.put(f"sqlite:///{path}", cast()))

    return made_once("cast.db", make)


@pytest.fixture(scope="session")
def cast_in_postgres(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the cast in it, to copy; nobody connects to it any more."""
    with postgres_server.copied(postgres_template) as name:
        wait_for(lambda: world.run(world.put(postgres_server.url(name), cast())))
        yield name


@pytest.fixture
def cast_postgres_url(postgres_server: Server, cast_in_postgres: str) -> Iterator[str]:
    """A fresh PostgreSQL database with the cast in it."""
    with postgres_server.copied(cast_in_postgres) as name:
        yield postgres_server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def cast_on_both(request: pytest.FixtureRequest) -> str:
    """A fresh database with the cast in it: the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue({"sqlite": "cast_url", "postgresql": "cast_postgres_url"}[request.param])
    return url


@pytest.fixture
def cast_url(cast_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with the cast in it."""
    path = tmp_path / "cast.db"
    shutil.copy(cast_template, path)
    return f"sqlite:///{path}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_service(
    cast_template: Path, tmp_path_factory: pytest.TempPathFactory, key_file: Path
) -> AsyncIterator[Service]:
    """The application over the cast, once for all tests that only read."""
    path = tmp_path_factory.mktemp("shared") / "cast.db"
    shutil.copy(cast_template, path)
    async with world.serving_at_rest(f"sqlite:///{path}", key_file) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def service(shared_service: Service) -> Service:
    """The same, with an empty log as far as `entries` says and no strangers counted yet."""
    return await afresh(shared_service)


async def afresh(running: Service) -> Service:
    """A service that tests share, for the next test or case."""
    running.app.state.services._strangers.clear()
    return await running.marked()


@pytest.fixture
async def service_alone(cast_url: str, key_file: Path) -> AsyncIterator[Service]:
    """The application over a cast of the test's own, which it may change."""
    async with world.serving(cast_url, key_file) as running:
        yield running


@pytest.fixture
async def service_on_both(cast_on_both: str, key_file: Path) -> AsyncIterator[Service]:
    """The application over the cast, on SQLite and on PostgreSQL."""
    async with world.serving(cast_on_both, key_file) as running:
        yield running


def told(response: httpx.Response) -> dict[str, Any]:
    """A problem as it came, checked for what every problem has; never a stack trace."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:open-mind:problem:{body['code']}"
    assert body["title"]
    assert body["remedy"]
    assert "Traceback" not in response.text
    assert 'File "' not in response.text
    return body


CATEGORY_WORDS = [category.value for category in CATEGORIES]
PATHS = ["/v1/people/{crn}", "/v1/people/{crn}/access"] + [
    f"/v1/people/{{crn}}/{word}" for word in (*CATEGORY_WORDS, *PLURALS)
]
"""Every address about one person."""
