"""A log to be watched: entries as the gate writes them, at moments of the test's own, and what is kept of alerts."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import Entry, PersonPart, Record
from app.audit.submission import Submission
from app.audit.writer import AuditLog, open_log
from app.config import Watch
from app.db import Address, open_database
from app.gate import Gate
from app.gate.watching import Raised
from app.records.reading import Records
from app.records.writing import person_id
from app.services.watching import WatchService
from app.vocabulary import Caller, Fact, Party, Role, facts_of
from tests import world
from tests.gate.house import agreed
from tests.world import execute, settings_for

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Ten in the morning, in Leicester too."""
LATER = MONDAY + timedelta(days=40)
"""When everything that was to follow had time to."""
CALLERS = {
    "olga": Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "t1", "olga"),
    "otto": Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "t2", "otto"),
    "theo": Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "t3", "theo"),
    "nora": Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "t4", "nora"),
    "adam": Caller(Party.HEALTH, Role.SERVICE_ADMINISTRATOR, "clinical-records", "t5", "adam"),
}
OWN = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.CASELOAD, Fact.TREATING, Fact.SERVICE)
SERVICE = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.SERVICE)
STRANGER = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.BREAK_GLASS)


def entry(staff: str, crn: str, at: datetime, *, facts: int = OWN, **values: Any) -> Entry:
    """A read that was answered."""
    about = {
        "kind": "access", "occurred_at": at, "caller": CALLERS[staff], "action": "read", "outcome": "permitted",
        "resource": "/v1/people/{crn}/attendance", "request_id": "request", "agreement": "a" * 64,
        "purpose": "supervision", "released": {"attendance": ("id",)}, "clauses": ("D1",), "facts": facts,
    }  # fmt: skip
    return Record(**about | values).sealed(PersonPart(person_id(crn), crn))


def refusal(staff: str, crn: str, at: datetime, **values: Any) -> Entry:
    """A read that was refused about somebody."""
    about = {"outcome": "refused", "reason": "not-permitted", "released": {}}
    return entry(staff, crn, at, facts=STRANGER, **about | values)


@dataclass
class Log:
    """A log that is written at whatever moment the test says."""

    url: str
    log: AuditLog
    moments: list[datetime] = field(default_factory=lambda: [MONDAY])

    async def add(self, at: datetime, *entries: Entry) -> int:
        """The number of the first of them."""
        self.moments.append(at)
        receipts = await self.log.append(Submission(entries))
        return receipts[0].seq

    async def look(self, staff: str, crns: Sequence[str], at: datetime = MONDAY, **values: Any) -> int:
        """One member of staff looks at some people."""
        return await self.add(at, *(entry(staff, crn, at, **values) for crn in crns))


@asynccontextmanager
async def written(url: str) -> AsyncIterator[Log]:
    """The log of a database, to write by hand."""
    moments = [MONDAY]
    log = await open_log(Address(url), SERVICE_ROLE, lambda: moments[-1])
    try:
        yield Log(url, log, moments)
    finally:
        await log.close()


def stopped(at: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: at


@asynccontextmanager
async def watchers(log: Log, **thresholds: Any) -> AsyncIterator[WatchService]:
    """A process that watches when it is asked to, by the clock of the log."""
    settings = settings_for(log.url, Path("unused.pem"), watch=Watch(**thresholds), database_role=SERVICE_ROLE)
    database = open_database(Address(log.url), SERVICE_ROLE)
    try:
        service = WatchService(settings, Gate(Records(database), log.log, agreed()), page=3)
        async with service.watching():
            yield service
    finally:
        await database.close()


async def watched(log: Log, at: datetime | None = None, **thresholds: Any) -> list[Raised]:
    """What a process raises that begins anew; at the last moment of the log unless another is given."""
    async with watchers(log, **thresholds) as service:
        return (await service.watch(stopped(at or log.moments[-1]))).raised


async def kept(url: str) -> list[dict[str, Any]]:
    """Alerts with whom they are about, in the order in which they were raised."""
    columns = ("id", "rule", "key", "a.staff", "a.party", "a.role", "entries", "figures", "p.crn", "a.event_id")
    sql = (
        f"SELECT {', '.join(columns)} FROM access_alert a LEFT JOIN access_alert_person p ON p.alert_id = a.id "
        "JOIN log_entry e ON e.event_id = a.event_id ORDER BY e.seq"
    )
    (rows,) = await execute(url, [(text(sql), None)])
    return [dict(zip((name.rpartition(".")[2] for name in columns), row, strict=True)) for row in rows]


def people(*crns: str, family: str = "Family") -> list[Any]:
    """Somebody on file under each CRN."""
    return [world.person(crn, family_name=f"{family}{crn}") for crn in crns]


def staff(**names: str) -> list[Any]:
    """Everybody who looks, by their username's display name or by one that is given."""
    members = [
        world.staff(username, caller.role, name=names.get(username, username.title()))
        for username, caller in CALLERS.items()
    ]
    return [*world.clients(), *(row for rows in members for row in rows)]
