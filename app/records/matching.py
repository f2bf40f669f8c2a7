"""Registrations and people as far as they are compared, the pairs that are kept of them, and how those change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Integer, Select, String, bindparam, cast, not_, select, tuple_
from sqlmodel import SQLModel

import app.tables
from app.db import Warrant, each_text, one_of
from app.pathway.matching import Basis, Side, State
from app.records import predicates
from app.records.reading import Records
from app.records.writing import Writer
from app.tables import Instant
from app.vocabulary import Caller

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
Change = tuple[str, Sequence[Any], int]
PERSON, PATIENT, MATCH = "person", "patient", "identity_match"
COMPARED = frozenset({PERSON, PATIENT, MATCH})
"""Every table that matching reads."""
_VALUES = bindparam("sought", type_=String(), required=True)
_SIDE = ("nhs_number", "crn", "pnc_number", "date_of_birth", "family_name", "given_names", "postcode")
_COLUMNS = {PERSON: ("id", *_SIDE, "sex"), PATIENT: ("id", *_SIDE, "gender", "source", "source_id", "person_id")}
_SEXES = {"male": "male", "female": "female", "1": "male", "2": "female"}
_MATCH = ("id", "patient_id", "person_id", "state", "basis", "decided_by", "recorded_at")
_DECIDED = ("decided_at", "note")


class Registered(NamedTuple):
    """A registration, with the person whose it is."""

    side: Side
    person_id: str | None


class Kept(NamedTuple):
    """A pair as it is kept."""

    id: str
    patient_id: str
    person_id: str
    state: State
    basis: Basis
    decided_by: str | None
    recorded_at: datetime

    @property
    def is_decided(self) -> bool:
        """Whether somebody has said so."""
        return self.decided_by is not None


async def people(records: Records, permit: Warrant, by: str, values: Iterable[Any]) -> list[Side]:
    """Everybody with one of these values in a column; UnpermittedRead without a permit."""
    return [_side(PERSON, row) for row in await _with(records, permit, PERSON, by, values)]


async def registrations(records: Records, permit: Warrant, by: str, values: Iterable[Any]) -> list[Registered]:
    """Every registration with one of these values in a column."""
    return [Registered(_side(PATIENT, row), row[-1]) for row in await _with(records, permit, PATIENT, by, values)]


async def crns_of(records: Records, permit: Warrant, registrations: Iterable[str]) -> dict[str, str]:
    """By the id of each of these registrations that is somebody's, their CRN."""

    def build() -> Select[Any]:
        asked = each_text(_VALUES, "sought_values").c.value
        linked = select(T.Patient.id, T.Person.crn).join(T.Person, T.Person.id == T.Patient.person_id)
        return linked.where(one_of(T.Patient.id, select(asked)))

    statement = records.prepared("crns of registrations", build)
    rows = await records.database.fetch(statement, {"sought": json.dumps(sorted(registrations))}, permit)
    return {identity: crn for identity, crn in rows}  # noqa: C416  # rows are tuples of Any


async def pairs(records: Records, permit: Warrant, by: str, values: Iterable[str]) -> list[Kept]:
    """Every pair that is kept of these registrations or people."""
    return [_kept(row) for row in await _with(records, permit, MATCH, by, values)]


async def _with(records: Records, permit: Warrant, table: str, by: str, values: Iterable[Any]) -> list[Any]:
    sought = sorted({value.isoformat() if isinstance(value, date) else value for value in values})
    if not sought:
        return []
    dialect = records.database.dialect
    statement = records.prepared(("matching", table, by), lambda: _having(table, by, dialect))
    return await records.database.fetch(statement, {"sought": json.dumps(sought)}, permit)


def _having(table: str, by: str, dialect: str) -> Select[Any]:
    wanted, each = SQLModel.metadata.tables[table].c, each_text(_VALUES, "sought_values").c.value
    if isinstance(wanted[by].type, Date) and dialect == "postgresql":
        each = cast(each, Date)
    return select(*(wanted[name] for name in _COLUMNS.get(table, _MATCH))).where(one_of(wanted[by], select(each)))


def _side(table: str, row: Sequence[Any]) -> Side:
    found = dict(zip(_COLUMNS[table], row, strict=True))
    for name in ("person_id", "source_id"):
        found.pop(name, None)
    sex = found.pop("sex" if table == PERSON else "gender")
    return Side(**found, sex=_SEXES.get(sex or ""))


def _kept(row: Sequence[Any]) -> Kept:
    found = dict(zip(_MATCH, row, strict=True))
    return Kept(**found | {"state": State(found["state"]), "basis": Basis(found["basis"])})


# --- changes -------------------------------------------------------------------------------------------------------


def stands(writer: Writer, seen: Kept, values: Mapping[str, Any], at: datetime) -> Change:
    """The pair in another state; refused where somebody else has changed it since it was seen."""
    was = {"id": seen.id, "state": seen.state.value, "basis": seen.basis.value, "recorded_at": seen.recorded_at}
    return writer.update(MATCH, was, _written(values, at))


def stand(writer: Writer, pairs: Sequence[Mapping[str, Any]], at: datetime) -> list[Change]:
    """New pairs, each with its id, which follows from nothing, and the two records' ids; refused if one is there."""
    return writer.insert_many(MATCH, [_written(values, at) for values in pairs]) if pairs else []


def _written(values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {"decided_by": None, "decided_at": None, "note": None, **values, "recorded_at": at}


def belong(writer: Writer, moved: Mapping[Registered, str | None]) -> list[Change]:
    """Registrations are of somebody else from here on, or of nobody: the database takes away what came with them."""
    rows = [
        ({"id": registered.side.id, "person_id": registered.person_id}, {"person_id": person_id})
        for registered, person_id in moved.items()
    ]
    return writer.update_many(PATIENT, rows) if rows else []


# --- the review list -----------------------------------------------------------------------------------------------


class Reviewed(NamedTuple):
    """A pair with both sides."""

    kept: Kept
    decided_at: datetime | None
    note: str | None
    registration: Side
    local_id: str
    """Of the registration, at the system that it comes from."""
    person: Side


async def page(
    records: Records, permit: Warrant, caller: Caller, at: datetime, state: State,
    after: tuple[datetime, str] | None, size: int,
) -> list[Reviewed]:  # fmt: skip
    """Pairs in a state, newest first, and one more than `size`: none of whoever is kept from the caller (S3)."""

    def build() -> Select[Any]:
        match = T.IdentityMatch
        going_on = () if after is None else (_before(match),)
        return (
            _both()
            .where(
                match.state == bindparam("state", type_=String()),
                not_(predicates.kept_from_caller(match.person_id)),
                *going_on,
            )
            .order_by(match.recorded_at.desc(), match.id.desc())
            .limit(bindparam("size", type_=Integer()))
        )

    values = {**predicates.parameters(caller, at), "state": state.value, "size": size + 1}
    if after is not None:
        values |= {"last_at": after[0], "last_id": after[1]}
    rows = await records.database.fetch(records.prepared(("matches", after is not None), build), values, permit)
    return [_reviewed(row) for row in rows]


async def one(records: Records, permit: Warrant, identity: str) -> Reviewed | None:
    """A pair with both sides."""

    def build() -> Select[Any]:
        return _both().where(T.IdentityMatch.id == bindparam("identity", type_=String()))

    rows = await records.database.fetch(records.prepared("match", build), {"identity": identity}, permit)
    return _reviewed(rows[0]) if rows else None


def _before(match: Any) -> ColumnElement[bool]:
    last = tuple_(bindparam("last_at", type_=Instant()), bindparam("last_id", type_=String()))
    return tuple_(match.recorded_at, match.id) < last


def _both() -> Select[Any]:
    columns = [getattr(T.IdentityMatch, name) for name in (*_MATCH, *_DECIDED)]
    for table in (PATIENT, PERSON):
        columns += [SQLModel.metadata.tables[table].c[name] for name in _COLUMNS[table]]
    return (
        select(*columns)
        .join(T.Patient, T.Patient.id == T.IdentityMatch.patient_id)
        .join(T.Person, T.Person.id == T.IdentityMatch.person_id)
    )


def _reviewed(row: Sequence[Any]) -> Reviewed:
    kept, rest = _kept(row[: len(_MATCH)]), row[len(_MATCH) :]
    decided_at, note, *sides = rest
    edge = len(_COLUMNS[PATIENT])
    registration, person = sides[:edge], sides[edge:]
    local_id = registration[_COLUMNS[PATIENT].index("source_id")]
    return Reviewed(kept, decided_at, note, _side(PATIENT, registration), local_id, _side(PERSON, person))
