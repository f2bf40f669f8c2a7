"""A small world to ask about: rows put in without the gate, and a service over them whose tokens are real."""

import asyncio
import atexit
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count, groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import asyncpg
import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import app.tables as t
from app.audit.log_keys import write_key_file
from app.audit.signed_note import Signer
from app.config import Chase, Environment, Settings
from app.db import Address, warranted
from app.identity import load_keys
from app.identity.wall import sign
from app.records.writing import person_id
from app.vocabulary import Role, parties_of

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
SERVICE = "open-mind-leicester"
LONG_AGO = NOW - timedelta(days=400)
_numbers = count(os.getpid() * 1_000_000)
"""Of records whose own does not matter; another process adds to what this one has put in."""


class TestWarrant:
    """A test puts rows in and looks at them without asking the gate."""

    __test__ = False

    def covers(self, tables: frozenset[str]) -> bool:
        """Everything."""
        return True


async def put(url: str, rows: Iterable[SQLModel]) -> None:
    """Insert rows in their order, those of one table that follow each other at once, in one transaction."""
    alike = groupby(rows, lambda row: row.__table__)
    await execute(url, [(table.insert(), [row.model_dump() for row in same]) for table, same in alike])


async def execute(url: str, statements: Iterable[tuple[Any, Any]]) -> list[list[Any]]:
    """Run statements in one transaction; the rows of those that return some."""
    address = Address(url)
    _asked.set(address)
    with warranted(TestWarrant()):
        async with _connected(address) as connection:
            if address.dialect == "sqlite":
                with connection.begin():
                    return [_rows(connection.execute(statement, values or {})) for statement, values in statements]
            async with connection.begin():
                return [_rows(await connection.execute(statement, values or {})) for statement, values in statements]


_asked: ContextVar[Address] = ContextVar("the database that is being asked")


@cache
def _sqlite() -> Engine:
    """For any file: what it keeps are compiled statements, and no connection."""
    return create_engine("sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(_asked.get().path))


@cache
def _postgresql() -> AsyncEngine:
    """For any database and in any event loop, since it keeps no connection either."""
    return create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=lambda: asyncpg.connect(_asked.get().dsn)
    )


@dataclass
class _Kept:
    """A connection beside a service that runs: a new one reads the whole schema before its first answer."""

    connection: Any = None
    file: tuple[int, int] | None = None
    is_taken: bool = False

    async def fits(self, address: Address) -> bool:
        """Whether it is still there, and to the file that is there now."""
        if address.dialect == "sqlite":
            return self.connection is not None and self.file == _file(address)
        return (
            self.connection is not None
            and not (await self.connection.get_raw_connection()).driver_connection.is_closed()
        )

    async def renew(self, address: Address) -> None:
        await self.close()
        self.connection, self.file = await _opened(address), _file(address)

    async def close(self) -> None:
        if self.connection is not None:
            await _closed(self.connection)
        self.connection = None


_kept: dict[tuple[str, int], _Kept] = {}


def _place(url: str) -> tuple[str, int]:
    """Of a database, and of the event loop, to which a connection to PostgreSQL belongs."""
    return url, id(asyncio.get_running_loop())


@asynccontextmanager
async def keeping(url: str) -> AsyncIterator[None]:
    """Keep one connection for `execute`, opened when it is needed: for who asks often, or beside a service."""
    place = _place(url)
    kept = _kept.setdefault(place, _Kept())
    try:
        yield
    finally:
        if _kept.pop(place, None) is not None:
            await kept.close()


@asynccontextmanager
async def _connected(address: Address) -> AsyncIterator[Any]:
    kept = _kept.get(_place(address.url))
    if kept is None or kept.is_taken:
        connection = await _opened(address)
        try:
            yield connection
        finally:
            await _closed(connection)
        return
    kept.is_taken = True
    try:
        if not await kept.fits(address):
            await kept.renew(address)
        yield kept.connection
    finally:
        kept.is_taken = False


async def _opened(address: Address) -> Any:
    return _sqlite().connect() if address.dialect == "sqlite" else await _postgresql().connect()


async def _closed(connection: Any) -> None:
    closing = connection.close()
    if closing is not None:
        await closing


def _file(address: Address) -> tuple[int, int] | None:
    if address.dialect != "sqlite":
        return None
    status = Path(address.path).stat()
    return status.st_dev, status.st_ino


def _rows(result: Any) -> list[Any]:
    return [tuple(row) for row in result] if result.returns_rows else []


def made() -> dict[str, Any]:
    """The keys of a record whose origin does not matter."""
    number = f"T{next(_numbers):013}"
    return {
        "id": f"{number}-0000",
        "recorded_at": LONG_AGO,
        "source": "TEST",
        "source_id": number,
        "source_version": "1",
    }


def staff(username: str, role: Role, *courses: str, **values: Any) -> list[SQLModel]:
    """Somebody employed, with information-sharing training unless `courses` say otherwise."""
    party = values.pop("party", None) or sorted(parties_of(role))[0].value
    service = SERVICE if party == "health" else None
    row = t.Staff(
        **{
            "id": f"staff-{username}",
            "recorded_at": LONG_AGO,
            "username": username,
            "name": username.title(),
            "party": party,
            "role": role.value,
            "service_id": service,
            "employed_from": LONG_AGO.date(),
        }
        | values
    )
    taken = courses or ("information-sharing",)
    return [row, *(training(username, course) for course in taken if course)]


def training(username: str, course: str, expires_on: date = TODAY + timedelta(days=100)) -> SQLModel:
    """A completed course."""
    return t.Training(
        id=f"training-{next(_numbers)}",
        recorded_at=LONG_AGO,
        staff_id=f"staff-{username}",
        course=course,
        completed_on=TODAY - timedelta(days=200),
        expires_on=expires_on,
    )


def authorisation(username: str, lead: str, **values: Any) -> SQLModel:
    """A probation lead's authorisation to criminal-justice data."""
    return t.Authorisation(
        **{
            "id": f"authorisation-{next(_numbers)}",
            "recorded_at": LONG_AGO,
            "staff_id": f"staff-{username}",
            "kind": "criminal-justice",
            "granted_by_id": f"staff-{lead}",
            "valid_from": NOW - timedelta(days=10),
            "valid_until": NOW + timedelta(days=10),
        }
        | values
    )


def person(crn: str, **values: Any) -> SQLModel:
    """Somebody on file."""
    return t.Person(
        **{
            "id": person_id(crn),
            "recorded_at": LONG_AGO,
            "crn": crn,
            "family_name": f"Family{crn}",
            "given_names": f"Given{crn}",
            "date_of_birth": date(1980, 1, 1),
            "sex": "male",
            "address": f"{crn} Road",
            "postcode": "LE1 1AA",
            "source_version": "1",
        }
        | values
    )


def of(model: Any, crn: str, **values: Any) -> Any:
    """A record of a person."""
    return model(**{**made(), "person_id": person_id(crn), **values})


def registration(crn: str, **values: Any) -> list[SQLModel]:
    """A registration at the clinical system that is linked to the person."""
    about = of(t.Patient, crn, **({"date_of_birth": date(1980, 1, 1), "gender": "1"} | values))
    pair = {"id": f"match-{next(_numbers)}", "recorded_at": LONG_AGO, "patient_id": about.id}
    basis = {"state": "linked", "basis": "nhs-number-and-birth-date"}
    return [about, t.IdentityMatch(person_id=about.person_id, **pair, **basis)]


def merged(crn: str, into: str, **values: Any) -> list[SQLModel]:
    """The probation service merged the record of a CRN into another's."""
    about = {"said_by": person_id(crn), "recorded_at": LONG_AGO} | values
    return [t.PersonAlias(crn=one, other_crn=other, **about) for one, other in ((crn, into), (into, crn))]


def booked(contact: Any, username: str, minutes: int = 50, **values: Any) -> list[Any]:
    """Who holds an appointment, and what the person would rather have."""
    about = {name: getattr(contact, name) for name in ("person_id", "referral_id", "starts_at")}
    kept = {"ends_at": contact.starts_at + timedelta(minutes=minutes), "booked_by": username}
    booking = made() | {"id": contact.id, "staff_id": f"staff-{username}"} | about | kept | values
    del about["starts_at"]
    told = {"id": contact.referral_id, "ground_floor": False, "reminders": True, "recorded_by": username}
    return [t.Booking(**booking), t.DiaryPreference(**made() | told | about)]


def caseload(crn: str, username: str, **values: Any) -> Any:
    """The person is on this offender manager's caseload."""
    about = {"staff_id": f"staff-{username}", "kind": "caseload", "valid_from": NOW - timedelta(days=30)}
    return of(t.Allocation, crn, **(about | values))


def supervision(crn: str, **values: Any) -> Any:
    """A community order that runs."""
    about = {
        "sentence_type": "community-order",
        "start_date": TODAY - timedelta(days=60),
        "end_date": TODAY + timedelta(days=60),
    }
    return of(t.Supervision, crn, **(about | values))


def requirement(crn: str, sentence: Any, **values: Any) -> Any:
    """A mental health treatment requirement that runs."""
    about = {
        "requirement_type": "mental-health-treatment",
        "start_date": TODAY - timedelta(days=50),
        "end_date": TODAY + timedelta(days=50),
    }
    return of(t.Requirement, crn, **({"supervision_id": sentence.id} | about | values))


def referral(crn: str, **values: Any) -> Any:
    """A referral that is in treatment."""
    about = {
        "service_id": SERVICE,
        "status": "in-treatment",
        "basis": "voluntary",
        "source_of_referral": "E3",
        "received_on": TODAY - timedelta(days=40),
    }
    return of(t.Referral, crn, **(about | values))


def treating(crn: str, username: str, of_referral: Any, **values: Any) -> Any:
    """The therapist who is allocated to a referral."""
    about = {"staff_id": f"staff-{username}", "kind": "treating", "valid_from": NOW - timedelta(days=20)}
    return of(t.Allocation, crn, **({"referral_id": of_referral.id} | about | values))


def consent(crn: str, scope: str, *recipients: str, **values: Any) -> list[SQLModel]:
    """A permission, recorded by a therapist, for the party that needs it unless named."""
    about = {
        "scope": scope,
        "decision": "permit",
        "valid_from": NOW - timedelta(days=5),
        "given_how": "in-writing",
        "capacity": True,
        "wording_version": "1",
        "recorded_by": "theo",
        "recorded_by_party": "health",
    }
    given = of(t.Consent, crn, **(about | values))
    parties = recipients or ("health" if scope in ("offence", "health-trainer") else "justice",)
    named = [t.ConsentRecipient(consent_id=given.id, party=party, recorded_at=LONG_AGO) for party in parties]
    return [given, *named]


def objection(crn: str, category: str, **values: Any) -> Any:
    """An objection that stands."""
    about = {"category": category, "valid_from": NOW - timedelta(days=5), "recorded_by": "theo"}
    return of(t.Objection, crn, **(about | values))


def limit(crn: str, kind: str, *names: str, **values: Any) -> list[SQLModel]:
    """An exclusion of these names, or a restriction to them."""
    about = {"kind": kind, "message": "limited", "valid_from": NOW - timedelta(days=5)}
    row = of(t.AccessLimit, crn, **(about | values))
    return [row, *(t.AccessLimitName(limit_id=row.id, username=name, recorded_at=LONG_AGO) for name in names)]


def grant(crn: str, username: str, **values: Any) -> SQLModel:
    """A live emergency grant."""
    return t.EmergencyGrant(
        **{
            "id": f"grant-{next(_numbers)}",
            "recorded_at": LONG_AGO,
            "staff_id": f"staff-{username}",
            "crn": crn,
            "reason": "a reason of more than twenty characters",
            "feared": "harm to themselves",
            "granted_at": NOW - timedelta(minutes=10),
            "expires_at": NOW + timedelta(minutes=50),
        }
        | values
    )


def subject_request(crn: str, **values: Any) -> Any:
    """An open subject access request."""
    return of(t.SubjectRequest, crn, **({"opened_on": TODAY - timedelta(days=3), "opened_by": "rory"} | values))


def alert(crn: str | None, username: str, **values: Any) -> list[SQLModel]:
    """An access alert, about somebody if a CRN is given; neither its id nor its words tell of whom."""
    number = f"{next(_numbers)}"
    about = {
        "id": f"alert-{number}",
        "recorded_at": NOW - timedelta(hours=1),
        "event_id": f"event-{number}",
        "rule": "namesake",
        "key": number,
        "staff": username,
        "party": "health",
        "role": "therapist",
        "tripped_at": NOW - timedelta(hours=2),
        "entries": "[1,2]",
        "figures": '{"people":2}',
        "explanation": "An explanation.",
        "ask": "their manager: why?",
    }
    row = t.AccessAlert(**about | values)
    if crn is None:
        return [row]
    person = {"alert_id": row.id, "person_id": person_id(crn), "crn": crn, "recorded_at": row.recorded_at}
    return [row, t.AccessAlertPerson(**person, once=f"{row.rule}:{row.key}:{username}:{crn}")]


def alert_review(of_alert: Any, username: str, note: str, crn: str | None = None, **values: Any) -> list[SQLModel]:
    """How an alert was closed."""
    about = {"alert_id": of_alert.id, "recorded_at": NOW}
    closed = {"outcome": "concern", "reviewed_by": username, "reviewed_at": NOW}
    review = t.AccessAlertReview(**about | closed | values)
    return [review, t.AccessAlertNote(person_id=None if crn is None else person_id(crn), note=note, **about)]


def appointment(crn: str, of_referral: Any, **values: Any) -> Any:
    """An attended appointment."""
    about = {"starts_at": NOW - timedelta(days=7), "minutes": 50, "appointment_type": "02", "attendance_code": "5"}
    return of(t.Appointment, crn, **({"referral_id": of_referral.id} | about | values))


def clients() -> list[SQLModel]:
    """One service, and one system of each kind, that act for staff."""
    return [
        t.TherapyService(id=SERVICE, name="Leicester Open Mind", provider="RT5"),
        t.TherapyService(id="another-service", name="Another", provider="RT5"),
        _client("probation-system", "justice", "case-management-system"),
        _client("clinical-records", "health", "clinical-system", service_id=SERVICE),
        _client("oversight-console", "commissioner", None),
    ]


def _client(name: str, party: str, role: str | None, **values: Any) -> SQLModel:
    about = {"secret_hash": "none", "registered_at": LONG_AGO, "recorded_at": LONG_AGO, "acts_for_staff": True}
    return t.Client(id=name, name=name, party=party, role=role, **about, **values)


SYSTEMS = {Role.CASE_MANAGEMENT_SYSTEM: "probation-system", Role.CLINICAL_SYSTEM: "clinical-records"}
_CLIENT_OF = {"justice": "probation-system", "health": "clinical-records", "commissioner": "oversight-console"}


@dataclass
class Service:
    """The application over a world, and a client for each of its callers."""

    app: FastAPI
    http: httpx.AsyncClient
    settings: Settings
    url: str
    mark: int = -1
    looking: sqlite3.Connection | None = None
    """Kept by a service that tests may share: a new connection reads the whole schema before its first answer."""

    async def marked(self) -> "Service":
        """The same, with what is in the log so far left out of `entries`."""
        ((self.mark,),) = await self._seen("SELECT coalesce(max(seq), -1) FROM log_entry")
        return self

    async def entries(self) -> list[dict[str, Any]]:
        """What came into the log since the mark, in order."""
        return [json.loads(body) for (body,) in await self._seen(_ENTRIES, after=self.mark)]

    async def _seen(self, sql: str, **values: Any) -> list[Any]:
        if self.looking is not None:
            return self.looking.execute(sql, values).fetchall()
        (rows,) = await execute(self.url, [(text(sql), values)])
        return rows

    def token(self, role: Role, username: str | None = None, /, **claims: Any) -> str:
        """A real access token, the same again within a minute, as callers have it."""
        now = int(datetime.now(UTC).timestamp()) // 60 * 60
        party = claims.pop("party", None) or sorted(parties_of(role))[0].value
        client = claims.pop("client_id", None) or (SYSTEMS[role] if username is None else _CLIENT_OF[party])
        body = {
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": username or client,
            "client_id": client,
            "jti": f"token-{role.value}-{username}",
            "iat": now,
            "exp": now + 600,
            "kind": "staff" if username else "system",
            "party": party,
            "role": role.value,
        }
        return _signed(self.settings.signing_key_file, self.settings.signing_key_id, json.dumps(body | claims))

    async def get(
        self, path: str, role: Role, username: str | None, purpose: str | None, **request: Any
    ) -> httpx.Response:
        """One request of a caller for a purpose."""
        return await self.request("GET", path, role, username, purpose, **request)

    async def request(
        self, method: str, path: str, role: Role, username: str | None, purpose: str | None, **request: Any
    ) -> httpx.Response:
        """One request of a caller for a purpose, by any method."""
        headers = {"Authorization": f"Bearer {self.token(role, username)}"} | request.pop("headers", {})
        if purpose is not None:
            headers["Purpose-Of-Use"] = purpose
        return await self.http.request(method, path, headers=headers, **request)


@cache
def _signed(key: Path, key_id: str, claims: str) -> str:
    keys = load_keys(settings_for("sqlite:///nowhere.db", key, signing_key_id=key_id))
    return sign(json.loads(claims), keys.signing, keys.algorithm, keys.key_id)


_ENTRIES = "SELECT body FROM log_entry WHERE seq > :after ORDER BY seq"
LOG_ORIGIN = "open-mind.test/log"


@cache
def log_key_file() -> Path:
    """What signs the checkpoints of every service that a test starts: one file for the whole process."""
    folder = Path(tempfile.mkdtemp(prefix="openmind-log-key-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_key_file(folder / "log.key", Signer.new(LOG_ORIGIN))
    return folder / "log.key"


def log_settings() -> dict[str, Any]:
    """The settings of a log that nobody witnesses."""
    return {"log_origin": LOG_ORIGIN, "log_key_files": [log_key_file()]}


def log_environment() -> dict[str, str]:
    """The same as variables."""
    return {"OPENMIND_LOG_ORIGIN": LOG_ORIGIN, "OPENMIND_LOG_KEY_FILES": json.dumps([str(log_key_file())])}


UNCHASED = Chase(look_seconds=3600)
"""No alert is chased beside a test: one that is about that looks by itself."""


class Given(Settings):
    """Settings that a test gives; looking through variables and files for each of them takes most of making them."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, init_settings: Any, **__: Any) -> tuple[Any]:
        """What is given, and nothing of the environment."""
        return (init_settings,)


def settings_for(url: str, key: Path, **values: Any) -> Settings:
    """Settings of a demo whose clock stands near NOW."""
    return Given(
        environment=Environment.DEMO,
        database_url=SecretStr(url),
        issuer="https://open-mind.test",
        signing_key_file=key,
        **({"clock_start": NOW, "chase": UNCHASED} | log_settings() | values),
    )


def _nothing(*_: int) -> None: ...


UNCOLLECTED = SimpleNamespace(collect=_nothing, freeze=_nothing, unfreeze=_nothing, set_threshold=_nothing)
"""In place of `gc` at a start: collecting and freezing is for a process that lives long, and takes most of it."""


@asynccontextmanager
async def serving(url: str, key: Path, **values: Any) -> AsyncIterator[Service]:
    """The application, started and stopped as a server would."""
    from app.main import create_app  # here, so that what tests the rooms below needs no more than them
    from tests.documented import documented

    settings = settings_for(url, key, **values)
    app = create_app(settings)
    with patch("app.main.gc", UNCOLLECTED):
        async with app.router.lifespan_context(app), keeping(url):  # which ends first: SQLite tidies up at the last
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            hooks = {"response": [documented]}
            async with httpx.AsyncClient(
                transport=transport, base_url="https://open-mind.test", event_hooks=hooks
            ) as http:
                yield Service(app, http, settings, url)


@asynccontextmanager
async def serving_at_rest(url: str, key: Path, **values: Any) -> AsyncIterator[Service]:
    """The same with a checkpoint of the log as it was at the start, and none that comes later in the background."""

    async def rest(*_: Any) -> None: ...

    async with AsyncExitStack() as running:
        with patch("app.services.checkpointing.Checkpointing._go_on", rest):
            service = await running.enter_async_context(serving(url, key, **values))
        await service.http.get("/v1/audit/checkpoint")  # asking makes the first
        address = Address(url)
        looking = closing(sqlite3.connect(address.path, isolation_level=None)) if address.dialect == "sqlite" else None
        with looking or nullcontext() as service.looking:
            yield service


async def entries(url: str, after: int = -1) -> list[dict[str, Any]]:
    """Every entry of the log, in order; or those after one."""
    (rows,) = await execute(url, [(text(_ENTRIES), {"after": after})])
    return [json.loads(body) for (body,) in rows]


async def subjects(url: str) -> dict[int, dict[str, Any]]:
    """The person's part of each entry that has one, by the entry's number."""
    (rows,) = await execute(url, [(text("SELECT seq, body FROM log_subject ORDER BY seq"), None)])
    return {seq: json.loads(body) for seq, body in rows}


def run(coroutine: Any) -> Any:
    """Run from a test that is not async."""
    return asyncio.run(coroutine)
