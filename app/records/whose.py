"""Whose entries of the log are meant: the people behind an identifier, a consent or an emergency grant.

Every identifier that somebody is or was known by leads to them, whichever system wrote it down; and whoever was ever
taken for one person is found by the identifiers of both, after they were parted as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, String, and_, bindparam, select, union

from app.db import Warrant
from app.records import predicates
from app.records.reading import Records
from app.records.views import T, tables_about
from app.vocabulary import Caller, Register

Source = Callable[[], Select[Any]]
_VALUE = bindparam("value", type_=String(), required=True)


class Named(NamedTuple):
    """Somebody by CRN, with the id that they have here; None where nobody is on file under it."""

    person_id: str | None
    crn: str


@dataclass(frozen=True, slots=True)
class Sought:
    """Canonical identifiers by the names of `SOURCES`, a consent's id and a grant's; people have to answer to all."""

    identifiers: Mapping[str, str] = field(default_factory=dict)
    consent: str | None = None
    grant: str | None = None

    def __bool__(self) -> bool:
        return bool(self.identifiers or self.consent or self.grant)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who used an emergency grant, and within which moments."""

    staff: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The people; of a grant also who used it and when."""

    people: Sequence[Named]
    grant: Grant | None = None


def _person(column: str) -> Source:
    return lambda: select(T.Person.id, T.Person.crn).where(getattr(T.Person, column) == _VALUE)


def _patient(column: str) -> Source:
    """As the health party registered them, which is linked to a person on file."""
    same = T.Person.id == T.Patient.person_id
    return lambda: select(T.Person.id, T.Person.crn).join(T.Patient, same).where(getattr(T.Patient, column) == _VALUE)


def _formerly(kind: str) -> Source:
    """By an identifier that they are or were known by, at either party."""
    known = T.PersonIdentifier
    same = and_(known.person_id == T.Person.id, known.kind == predicates.word(kind))
    return lambda: select(T.Person.id, T.Person.crn).join(known, same).where(known.value == _VALUE)


def _merged() -> Select[Any]:
    """The CRNs that one was ever taken for the same person with, and whether it is so still."""
    alias = T.PersonAlias
    return (
        select(T.Person.id, alias.other_crn, alias.parted_at)
        .select_from(alias)
        .outerjoin(T.Person, T.Person.crn == alias.other_crn)
        .where(alias.crn == _VALUE)
    )


def _consent() -> Select[Any]:
    return (
        select(T.Person.id, T.Person.crn)
        .join(T.Consent, T.Consent.person_id == T.Person.id)
        .where(T.Consent.id == _VALUE)
    )


def _grant() -> Select[Any]:
    grant = T.EmergencyGrant
    return (
        select(T.Person.id, grant.crn, T.Staff.username, grant.granted_at, grant.expires_at, grant.revoked_at)
        .join(T.Staff, T.Staff.id == grant.staff_id)
        .outerjoin(T.Person, T.Person.crn == grant.crn)
        .where(grant.id == _VALUE)
    )


SOURCES: Mapping[str, tuple[Source, ...]] = {
    "crn": (_person("crn"), _formerly("crn")),
    "personId": (_person("id"),),
    "nhsNumber": (_person("nhs_number"), _patient("nhs_number"), _formerly("nhs-number")),
    "pncNumber": (_person("pnc_number"), _formerly("pnc-number")),
    "nomsNumber": (_person("noms_number"), _formerly("noms-number")),
    "croNumber": (_person("cro_number"), _formerly("cro-number")),
}
TABLES = tables_about((Register.AUDIT_LOG,))
"""What it takes to find them, and those who exclude whoever asks."""


async def found(records: Records, permit: Warrant, sought: Sought) -> Found:
    """Everybody who answers to all of it, by CRN; UnpermittedRead without a permit."""
    sets = [
        await _with_merged(records, permit, await _by_identifier(records, permit, *each))
        for each in sought.identifiers.items()
    ]
    if sought.consent is not None:
        sets.append(await _named(records, permit, "consent", (_consent,), sought.consent))
    grant = None
    if sought.grant is not None:
        people, grant = await _of_grant(records, permit, sought.grant)
        sets.append(people)
    return Found(sorted(set.intersection(*sets), key=lambda each: each.crn), grant)


async def excluding(records: Records, permit: Warrant, caller: Caller, at: datetime) -> list[Named]:
    """Whoever keeps the caller out of their record (S3), under each CRN that is theirs."""

    def build() -> Select[Any]:
        return select(T.Person.id, T.Person.crn).where(predicates.among(T.Person.id, predicates.excluded()))

    values = predicates.parameters(caller, at)
    rows = await records.database.fetch(records.prepared("whose-excluding", build), values, permit)
    people = await _with_merged(records, permit, {Named(*row) for row in rows}, is_still=True)
    return sorted(people, key=lambda each: each.crn)


async def _with_merged(records: Records, permit: Warrant, people: set[Named], *, is_still: bool = False) -> set[Named]:
    """With whoever was ever taken for the same person, or `is_still`, and so on from them."""
    statement, found, waiting = records.prepared(("whose", "merged"), _merged), set(people), list(people)
    while waiting:
        rows = await records.database.fetch(statement, {"value": waiting.pop().crn}, permit)
        new = {Named(person_id, crn) for person_id, crn, parted in rows if parted is None or not is_still} - found
        found |= new
        waiting += new
    return found


async def _by_identifier(records: Records, permit: Warrant, name: str, value: str) -> set[Named]:
    """Of a CRN the log can speak although nobody is on file under it."""
    people = await _named(records, permit, name, SOURCES[name], value)
    return people or ({Named(None, value)} if name == "crn" else set())


async def _named(records: Records, permit: Warrant, name: str, sources: Sequence[Source], value: str) -> set[Named]:
    def build() -> Any:
        return union(*(source() for source in sources)) if len(sources) > 1 else sources[0]()

    rows = await records.database.fetch(records.prepared(("whose", name), build), {"value": value}, permit)
    return {Named(*row) for row in rows}


async def _of_grant(records: Records, permit: Warrant, identity: str) -> tuple[set[Named], Grant | None]:
    rows = await records.database.fetch(records.prepared(("whose", "grant"), _grant), {"value": identity}, permit)
    if not rows:
        return set(), None
    person_id, crn, staff, granted_at, expires_at, revoked_at = rows[0]
    ends = min(moment for moment in (expires_at, revoked_at) if moment)
    return {Named(person_id, crn)}, Grant(staff, granted_at, ends)
