"""Services, staff, their training, and systems: what the operator registers before anybody can ask for anything.

Not kept, since nothing here has a place for it: a service's commissioner and sites; a member's whole-time equivalent
and local id; the roles that a system acts for.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta

from app.services.registers import record_id
from app.sync.callers import Callers
from app.sync.fields import Fields
from app.sync.reading import Source
from app.sync.records import Incoming, Times, origins_of
from app.sync.report import ImportReport
from app.vocabulary import Fact, Party, Role, parties_of
from app.vocabulary.identifiers import ods_provider

SOURCE = "open-mind"
"""Where records come from that staff made here."""
COURSES = {
    "information-sharing": Fact.TRAINED_SHARING,
    "criminal-justice-data": Fact.TRAINED_JUSTICE_DATA,
    "mental-health-awareness": Fact.TRAINED_AWARENESS,
}
Months = Callable[[Fact], int]
"""For how many months a training is valid, by the agreement."""


def staff_id(username: str) -> str:
    """The id of the member of staff with a username."""
    return record_id("staff", SOURCE, username)


def times(fields: Fields) -> Times:
    """When a JSON record was recorded and last changed."""
    return Times.of(fields, "recordedAt", "lastUpdatedAt")


def register_record(fields: Fields, table: str, row: dict[str, Any]) -> Incoming | None:
    """A row of a register; None if the row is broken."""
    when = times(fields)
    if fields.is_broken:
        return None
    return Incoming(
        origins=origins_of(fields),
        table=table,
        row=row,
        recorded_at=when.recorded_at,
        modified_at=when.modified_at,
        keeps_past=table != "therapy_service",
    )


def service(source: Source, report: ImportReport) -> Incoming | None:
    """A service that people are referred to."""
    fields = Fields(source, report)
    row = {
        "id": fields.required("serviceId", 40),
        "name": fields.required("name", 200),
        "provider": fields.needed("provider", fields.identifier("provider", ods_provider)),
    }
    return register_record(fields, "therapy_service", row)


def member(source: Source, report: ImportReport, services: frozenset[str]) -> Incoming | None:
    """A member of staff."""
    fields = Fields(source, report)
    username = fields.needed("username", fields.username("username"))
    party = fields.needed("party", fields.word("party", Party))
    role = fields.needed("role", fields.word("role", Role))
    if party and role and party not in parties_of(role):
        fields.fault("role", "role-not-at-party")
    since, until = fields.needed("employedFrom", fields.day("employedFrom")), fields.day("employedTo")
    fields.in_order(since, until, "employedTo")
    row = {
        "id": username and staff_id(username),
        "username": username,
        "name": fields.required("name", 200),
        "party": party and party.value,
        "role": role and role.value,
        "service_id": _service(fields, services),
        "team": fields.text("team", 100),
        "manager": fields.username("manager"),
        "employed_from": since,
        "employed_until": until,
        "revoked_at": fields.moment("revokedAt"),
    }
    return register_record(fields, "staff", row)


def client(
    source: Source, report: ImportReport, services: frozenset[str], credential: Callable[[str], str | None]
) -> Incoming | None:
    """A registered system; `credential` gives the hash of its secret if it is new."""
    fields = Fields(source, report)
    party = fields.needed("party", fields.word("party", Party))
    role = fields.word("role", Role)
    if party and role and party not in parties_of(role):
        fields.fault("role", "role-not-at-party")
    row = {
        "id": fields.required("clientId", 60),
        "name": fields.required("name", 200),
        "party": party and party.value,
        "role": role and role.value,
        "service_id": _service(fields, services),
        "acts_for_staff": fields.needed("actsForStaff", fields.flag("actsForStaff")),
        "registered_at": fields.needed("registeredAt", fields.moment("registeredAt")),
        "suspended_at": fields.moment("suspendedAt"),
    }
    if not fields.is_broken:
        row |= {"secret_hash": credential(row["id"]), "jwks": None}
    return register_record(fields, "client", row)


def _service(fields: Fields, services: frozenset[str]) -> str | None:
    named = fields.text("service", 40)
    if named is not None and named not in services:
        fields.fault("service", "service-unknown")
    return named


def training(source: Source, report: ImportReport, callers: Callers, months: Months) -> Incoming | None:
    """A completed course, with the day from which it is no longer valid."""
    fields = Fields(source, report)
    identity = fields.required("trainingId", 40)
    username = known_member(fields, "username", callers)
    course = fields.needed("course", fields.code("course", COURSES))
    completed: date | None = fields.needed("completedOn", fields.day("completedOn"))
    row = {
        "id": identity and record_id("training", SOURCE, identity),
        "staff_id": username and staff_id(username),
        "course": course,
        "completed_on": completed,
        "expires_on": completed and course and completed + relativedelta(months=months(COURSES[course])),
    }
    return register_record(fields, "training", row)


def known_member(fields: Fields, name: str, callers: Callers) -> str | None:
    """The username in a field; notes where nobody on the register has it."""
    username: str | None = fields.needed(name, fields.username(name))
    if username and username not in callers.members:
        fields.fault(name, "staff-unknown")
    return username
