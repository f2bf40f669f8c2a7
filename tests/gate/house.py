"""The gate over a database of the test's own, callers of every role, and what the log and the tables say afterwards."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import text

from app.audit.ddl import SERVICE_ROLE
from app.audit.writer import open_log
from app.db import Address, open_database
from app.gate import Gate
from app.policies import AgreementVersions, shipped_versions
from app.records.reading import Records
from app.vocabulary import Action, Caller, Party, Purpose, Question, Role, Subject
from tests import world
from tests.world import NOW, SYSTEMS

_CLIENTS = {
    Party.JUSTICE: "probation-system",
    Party.HEALTH: "clinical-records",
    Party.COMMISSIONER: "oversight-console",
}
ALL_COURSES = ("information-sharing", "criminal-justice-data", "mental-health-awareness")
STAFF: dict[str, tuple[Party, Role]] = {
    "olive": (Party.JUSTICE, Role.OFFENDER_MANAGER),
    "omar": (Party.JUSTICE, Role.OFFENDER_MANAGER),
    "lena": (Party.JUSTICE, Role.PROBATION_LEAD),
    "theo": (Party.HEALTH, Role.THERAPIST),
    "claire": (Party.HEALTH, Role.CLINICAL_LEAD),
    "adam": (Party.HEALTH, Role.SERVICE_ADMINISTRATOR),
    "hana": (Party.HEALTH, Role.HEALTH_TRAINER),
    "rory": (Party.HEALTH, Role.RECORDS_OFFICER),
    "audrey": (Party.HEALTH, Role.AUDITOR),
    "gus": (Party.HEALTH, Role.CALDICOTT_GUARDIAN),
    "gwen": (Party.JUSTICE, Role.CALDICOTT_GUARDIAN),
    "carl": (Party.COMMISSIONER, Role.COMMISSIONER),
}
CALLERS: dict[str, Caller] = {
    name: Caller(party, role, _CLIENTS[party], f"token-{name}", name) for name, (party, role) in STAFF.items()
} | {
    "probation": Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, SYSTEMS[Role.CASE_MANAGEMENT_SYSTEM], "token-p"),
    "clinical": Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, SYSTEMS[Role.CLINICAL_SYSTEM], "token-c"),
}


def everybody() -> list[Any]:
    """The systems, and a member of staff in every role; omar alone lacks the awareness course."""
    rows = world.clients()
    for name, (party, role) in STAFF.items():
        courses = ALL_COURSES[:2] if name == "omar" else ALL_COURSES
        rows += world.staff(name, role, *courses, party=party.value)
    return [*rows, *(world.authorisation(name, "lena") for name in ("theo", "adam"))]


def asks(
    who: str,
    purpose: str,
    *subjects: Subject,
    crn: str | None = None,
    action: Action = Action.READ,
    at: datetime = NOW,
    request_id: str = "a-request",
) -> Question:
    """A question of one of the callers."""
    return Question(CALLERS[who], Purpose(purpose), action, subjects, at, "/v1/test", request_id, crn)


@cache
def agreed() -> AgreementVersions:
    """The versions that ship, loaded once."""
    return shipped_versions()


@asynccontextmanager
async def gate_over(url: str, agreements: AgreementVersions | None = None) -> AsyncIterator[Gate]:
    """The gate as the service has it, acting as the service's own database role."""
    address = Address(url)
    database = open_database(address, SERVICE_ROLE)
    try:
        log = await open_log(address, SERVICE_ROLE, lambda: datetime.now(UTC))
        try:
            yield Gate(Records(database), log, agreements or agreed())
        finally:
            await log.close()
    finally:
        await database.close()


async def put(url: str, *rows: Any) -> None:
    """Everybody, and these rows; lists of rows are laid flat."""
    await world.put(url, [*everybody(), *flat(rows)])


def flat(rows: Iterable[Any]) -> list[Any]:
    """Rows, of rows and lists of rows."""
    return [each for row in rows for each in (row if isinstance(row, list) else [row])]


async def fetched(url: str, sql: str) -> list[Any]:
    """The rows of one statement, read without the gate."""
    (rows,) = await world.execute(url, [(text(sql), None)])
    return rows


async def entries(url: str) -> list[dict[str, Any]]:
    """Every entry, each with its person's part under `person` and the salt beside it."""
    rows = await fetched(
        url,
        "SELECT e.body, s.body, s.salt FROM log_entry e LEFT JOIN log_subject s ON s.seq = e.seq ORDER BY e.seq",
    )
    return [json.loads(body) | {"person": part and json.loads(part), "salt": salt} for body, part, salt in rows]


async def announced(url: str) -> Sequence[tuple[str, str, str]]:
    """Event, kind and party of every announcement."""
    rows = await fetched(url, "SELECT event_id, kind, party FROM announcement ORDER BY created_at, event_id")
    return [(event, kind, party) for event, kind, party in rows]
