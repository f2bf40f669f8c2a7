"""What a provider has sent, by ids and versions: whether a row stands there as it comes, and what a period holds.

Nothing of a record leaves these statements but its ids, its version and whose it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Integer, Select, String, bindparam, literal_column, select
from sqlmodel import SQLModel

from app.db import Warrant
from app.pathway.working_days import start_of
from app.records.many_rows import as_given
from app.records.reading import Records
from app.records.writing import OWN
from app.tables import Instant

DATED = {
    "referral": ("referral", "received_on"),
    "presentation": ("referral", "received_on"),
    "onward_referral": ("onward_referral", "referred_on"),
    "waiting_pause": ("waiting_pause", "started_on"),
    "appointment": ("appointment", "starts_at"),
    "care_activity": ("appointment", "starts_at"),
    "clinical_record": ("clinical_record", "written_on"),
    "outcome_score": ("outcome_score", "completed_at"),
}
"""What a submission replaces for its period, and the column whose day says to which period a record belongs."""
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Sought:
    """Which records of a provider: those of a period (both days included), or those of a referral."""

    source: str
    starts_on: date | None = None
    ends_before: date | None = None
    referral: str | None = None
    after: str = ""
    """The id of the last that is known already."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A record that was sent, as far as it takes to say that it was taken back."""

    id: str
    source_id: str
    version: str
    crn: str
    withdrawn_at: datetime | None


def tables_of(table: str) -> frozenset[str]:
    """What it takes to find the records of a table."""
    return frozenset({table, "person", DATED[table][0]})


def _same(table: Any, columns: Sequence[str]) -> Select[Any]:
    each = (as_given(table.c[name], bindparam(name, type_=table.c[name].type)) for name in columns)
    return select(literal_column("1")).where(*each)


async def alike(records: Records, permit: Warrant, table: str, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The ids of those rows of which every column that is given is there as it is given."""
    target, found = SQLModel.metadata.tables[table], set()
    for row in rows:
        columns = tuple(sorted(row))
        statement = records.prepared(("alike", table, columns), lambda: _same(target, columns))  # noqa: B023  # called at once
        if await records.database.fetch(statement, dict(row), permit):
            found.add(str(row["id"]))
    return frozenset(found)


async def made_here(
    records: Records, permit: Warrant, table: str, wanted: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    """Those ids of `wanted` whose columns are those of a record that was made here and stands."""
    target, found = SQLModel.metadata.tables[table], set()
    for identity, row in wanted.items():
        columns = tuple(sorted(row))
        statement = records.prepared(
            ("made here", table, columns),
            lambda: _same(target, (*columns, "source")).where(target.c.withdrawn_at.is_(None)),  # noqa: B023  # called at once
        )
        if await records.database.fetch(statement, {**row, "source": OWN}, permit):
            found.add(identity)
    return frozenset(found)


def _complaint() -> Select[Any]:
    record = SQLModel.metadata.tables["clinical_record"].c
    same = (record[name] == bindparam(name, type_=String()) for name in ("source", "referral_id", "problem_code"))
    return select(record.source_id).where(*same).order_by(record.source_id).limit(literal_column("1"))


async def complained(
    records: Records, permit: Warrant, source: str, sought: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """By referral and code of a problem, the provider's id of the record that holds it already."""
    statement, found = records.prepared("complained", _complaint), {}
    for referral, code in sought:
        values = {"source": source, "referral_id": referral, "problem_code": code}
        for (identity,) in await records.database.fetch(statement, values, permit):
            found[referral, code] = str(identity)
    return found


def _of(table: str, *, by_referral: bool) -> Select[Any]:
    target, person = SQLModel.metadata.tables[table], SQLModel.metadata.tables["person"]
    dated, column = DATED[table]
    other = SQLModel.metadata.tables[dated]
    whole: Any = target.join(person, person.c.id == target.c.person_id)
    if other is not target:
        key = "referral_id" if dated == "referral" else "appointment_id"
        whole = whole.join(other, other.c.id == target.c[key])
    said = (target.c[name] for name in ("id", "source_id", "source_version", "withdrawn_at"))
    statement = select(*said, person.c.crn).select_from(whole)
    statement = statement.where(target.c.source == bindparam("source", type_=String()))
    statement = statement.where(target.c.id > bindparam("known", type_=String())).order_by(target.c.id)
    statement = statement.limit(bindparam("most", type_=Integer()))
    if by_referral:
        return statement.where(target.c.referral_id == bindparam("referral", type_=String()))
    kind = Instant() if isinstance(other.c[column].type, Instant) else Date()
    first, after = bindparam("first", type_=kind), bindparam("after", type_=kind)
    return statement.where(other.c[column] >= first, other.c[column] < after)


async def records_of(records: Records, permit: Warrant, table: str, sought: Sought) -> list[Submitted]:
    """Records of a table that are sought, taken back or not, by id, and no more than `AT_ONCE`."""
    by_referral = sought.referral is not None
    statement = records.prepared(("submitted", table, by_referral), lambda: _of(table, by_referral=by_referral))
    values: dict[str, Any] = {"source": sought.source, "known": sought.after, "most": AT_ONCE}
    if by_referral:
        values["referral"] = sought.referral
    else:
        values |= {"first": _edge(table, sought.starts_on), "after": _edge(table, sought.ends_before)}
    found = await records.database.fetch(statement, values, permit)
    return [
        Submitted(str(identity), str(source_id), str(version), str(crn), gone)
        for identity, source_id, version, gone, crn in found
    ]


def _edge(table: str, day: date | None) -> date | datetime | None:
    dated, column = DATED[table]
    is_moment = isinstance(SQLModel.metadata.tables[dated].c[column].type, Instant)
    return start_of(day) if is_moment and day is not None else day
