"""What a record has to know of those that it belongs to: whose they are, and the days and times that bear on it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, String, bindparam, select

import app.tables
from app.db import Warrant, each_text, one_of
from app.records.reading import Records

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
PARENTS = frozenset({"person", "patient", "referral", "appointment", "care_activity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A record that others belong to; None for what it does not have."""

    crn: str | None = None
    patient: str | None = None
    """The registration that it came with."""
    referral: str | None = None
    appointment: str | None = None
    received: date | None = None
    service: str | None = None
    starts_at: datetime | None = None
    born: date | None = None


_TEXT = TypeAdapter(Parent)


def text_of(parent: Parent) -> str:
    """As JSON, while the record waits."""
    return _TEXT.dump_json(parent, exclude_none=True).decode()


def parent_of(text: str) -> Parent:
    """The same read again."""
    return _TEXT.validate_json(text)


_P, _R, _A, _C, _M = T.Person, T.Referral, T.Appointment, T.CareActivity, T.Patient
_SELECTS: Mapping[str, tuple[tuple[str, ...], Any, Any]] = {
    "referral": (
        ("crn", "patient", "received", "service"),
        select(_R.id, _P.crn, _R.patient_id, _R.received_on, _R.service_id).join(_P, _P.id == _R.person_id),
        _R.id,
    ),
    "appointment": (
        ("crn", "patient", "referral", "starts_at"),
        select(_A.id, _P.crn, _R.patient_id, _A.referral_id, _A.starts_at)
        .join(_R, _R.id == _A.referral_id)
        .join(_P, _P.id == _A.person_id),
        _A.id,
    ),
    "care_activity": (
        ("crn", "patient", "referral", "appointment", "starts_at"),
        select(_C.id, _P.crn, _R.patient_id, _C.referral_id, _C.appointment_id, _A.starts_at)
        .join(_A, _A.id == _C.appointment_id)
        .join(_R, _R.id == _C.referral_id)
        .join(_P, _P.id == _C.person_id),
        _C.id,
    ),
    "patient": (("born",), select(_M.id, _M.date_of_birth), _M.id),
}
_ASKED = bindparam("asked", type_=String(), required=True)


def _among(column: Any) -> Any:
    return one_of(column, select(each_text(_ASKED, "asked_for").c.value))


async def parents(records: Records, permit: Warrant, table: str, ids: Iterable[str]) -> dict[str, Parent]:
    """Those of these records that are there; UnpermittedRead unless the permit opens them."""
    names, rows, key = _SELECTS[table]
    found = await _fetched(records, permit, ("parents", table), rows.where(_among(key)), ids)
    return {identity: Parent(**dict(zip(names, values, strict=True))) for identity, *values in found}


async def numbers_of(records: Records, permit: Warrant, people: Iterable[str]) -> dict[str, str | None]:
    """The NHS number that each of these people (by id) is known by."""
    statement = select(_P.id, _P.nhs_number).where(_among(_P.id))
    return dict(await _fetched(records, permit, "parents numbers", statement, people))


async def people_with(records: Records, permit: Warrant, numbers: Iterable[str]) -> dict[str, str]:
    """By NHS number the id of the person who has it."""
    statement = select(_P.nhs_number, _P.id).where(_among(_P.nhs_number))
    return dict(await _fetched(records, permit, "parents people", statement, numbers))


async def patients_with(records: Records, permit: Warrant, numbers: Iterable[str]) -> list[tuple[str, str, str]]:
    """NHS number, source and id of each patient who has one of these."""
    statement = select(_M.nhs_number, _M.source, _M.id).where(_among(_M.nhs_number)).order_by(_M.id)
    return list(await _fetched(records, permit, "parents patients", statement, numbers))


async def names_of(records: Records, permit: Warrant, ids: Iterable[str]) -> dict[str, str]:
    """By id, what the sender of a person or a patient calls them: a CRN, or a local id."""
    asked = list(ids)
    people: Any = select(_P.id, _P.crn).where(_among(_P.id))
    patients: Any = select(_M.id, _M.source_id).where(_among(_M.id))
    named = dict(await _fetched(records, permit, "parents crns", people, asked))
    return named | dict(await _fetched(records, permit, "parents local ids", patients, asked))


async def _fetched(records: Records, permit: Warrant, key: Any, statement: Select[Any], asked: Iterable[str]) -> Any:
    wanted = list(asked)
    if not wanted:
        return []
    return await records.database.fetch(records.prepared(key, lambda: statement), {"asked": json.dumps(wanted)}, permit)
