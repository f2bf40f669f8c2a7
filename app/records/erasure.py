"""A person's part of every table: where it stands, how many rows it is, and the statements that destroy it.

Drawn from the tables' own columns and keys, so that a table that is added is found: by the person's id, by the CRN, or
by belonging to a row that is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlmodel import SQLModel

from app.db import PROTECTED, Prepared, Warrant
from app.records.reading import Records
from app.tables import HISTORIES
from app.tables.log import LogSubject

WHO = bindparam("person", type_=String())
CRN = bindparam("crn", type_=String())
HELD = "sync_held"
FIRST = (HELD, "merged_person")
"""Whose the one is, its registration says; the other the database empties by itself once a merger goes."""
Count = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A table, and which of its rows are the person's."""

    table: Table
    whose: ColumnElement[bool]


@cache
def places() -> tuple[Place, ...]:
    """Every place, in the order in which it can be emptied: what belongs to a row first, past states last."""
    declared = [table for table in SQLModel.metadata.sorted_tables if table.info.get(PROTECTED)]
    current = [table for table in reversed(declared) if table.name not in _kept_apart()]
    current.sort(key=lambda table: table.name not in FIRST)
    own = [Place(table, whose) for table in current if (whose := _own(table)) is not None]
    of_rows = [place for table in current if _own(table) is None for place in _belonging(table)]
    histories = [
        Place(HISTORIES[place.table.name], _matched(HISTORIES[place.table.name]))
        for place in own
        if place.table.name in HISTORIES
    ]
    return (*of_rows, *own, *histories)


def _own(table: Table) -> ColumnElement[bool] | None:
    if table.name == "person":
        return table.c.id == WHO
    return _matched(table) if {"person_id", "crn"} & {*table.c.keys()} else None


def _matched(table: Table) -> ColumnElement[bool]:
    if table.name == HELD:  # a line of a registration that is linked to nobody says no CRN
        patient = SQLModel.metadata.tables["patient"]
        waited_for: Any = literal_column("'link:'", String()) + patient.c.id
        return or_(table.c.crn == CRN, table.c.waits_for.in_(select(waited_for).where(_matched(patient))))
    if "with_id" in table.c:
        return or_(table.c.person_id == WHO, table.c.with_id == WHO)
    if "other_crn" in table.c:
        return or_(table.c.crn == CRN, table.c.other_crn == CRN)
    if "person_id" not in table.c:
        return table.c.crn == CRN
    if "crn" not in table.c:
        return table.c.person_id == WHO
    return or_(table.c.person_id == WHO, and_(table.c.person_id.is_(None), table.c.crn == CRN))


def _belonging(table: Table) -> Iterator[Place]:
    """The rows of a list, and its past states, by the row that they belong to, in whichever state that was."""
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
        parent = key.column.table
        if _own(parent) is None:
            continue
        owners: Any = select(parent.c.id).where(_matched(parent))
        if parent.name in HISTORIES:
            owners = union(owners, select(HISTORIES[parent.name].c.id).where(_matched(HISTORIES[parent.name])))
        for one in (table, HISTORIES.get(table.name)):
            if one is not None:
                yield Place(one, one.c[key.parent.name].in_(owners))


def tables() -> frozenset[str]:
    """Every table that holds something of a person, and what it takes to find it."""
    return frozenset(place.table.name for place in places())


@cache
def _kept_apart() -> frozenset[str]:
    return frozenset(history.name for history in HISTORIES.values())


def _count(place: Place) -> Select[Any]:
    return select(func.count()).select_from(place.table).where(place.whose)


def _delete(place: Place) -> Delete:
    return delete(place.table).where(place.whose)


async def count(records: Records, permit: Warrant, person_id: str, crn: str) -> Count:
    """How many rows of the person there are in each table, past states apart; UnpermittedRead without a permit."""
    found = {}
    for place in places():
        statement = records.prepared(("erasure count", place.table.name), lambda: _count(place))  # noqa: B023  # called at once
        ((rows,),) = await records.database.fetch(statement, _named(statement, person_id, crn), permit)
        if rows:
            found[str(place.table.name)] = rows
    return found


def statements(
    records: Records, person_id: str, crn: str, counted: Count
) -> list[tuple[str, Sequence[Any], int | None]]:
    """SQL and arguments that destroy all of it, in their order; each has to find as many rows as were counted.

    What is destroyed is written into the past first, so that of past states nobody can know the number beforehand.
    """
    made: list[tuple[str, Sequence[Any], int | None]] = []
    for place in places():
        statement = records.prepared(("erasure", place.table.name), lambda: _delete(place))  # noqa: B023  # called at once
        rows = None if place.table.name in _kept_apart() else counted.get(place.table.name, 0)
        made.append((statement.sql, statement.arguments(_named(statement, person_id, crn)), rows))
    return made


async def person_with(records: Records, permit: Warrant, crn: str) -> str | None:
    """The id of the person with a CRN; None if nobody is on file."""
    person: Any = SQLModel.metadata.tables["person"].c
    statement = records.prepared("erasure person", lambda: select(person.id).where(person.crn == CRN))
    found = await records.database.fetch(statement, {"crn": crn}, permit)
    return str(found[0][0]) if found else None


def _named(statement: Prepared, person_id: str, crn: str) -> dict[str, str]:
    return {name: value for name, value in (("person", person_id), ("crn", crn)) if name in statement.names}


async def parts(records: Records, person_id: str, crn: str) -> list[int]:
    """The numbers of the log's entries whose person's part is about this person, or names their CRN."""
    part: Any = LogSubject.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    statement = records.prepared(
        "erasure parts",
        lambda: select(part.seq).where(or_(part.person_id == WHO, part.crn == CRN)).order_by(part.seq),
    )
    return [seq for (seq,) in await records.database.fetch(statement, {"person": person_id, "crn": crn})]


def erase_parts(records: Records, seqs: Sequence[int]) -> list[tuple[str, Sequence[Any], int]]:
    """The persons' parts of these entries, each of which must be there; the database looks for the entry saying so."""
    part: Any = LogSubject.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    statement = records.prepared(
        "erase part", lambda: delete(part).where(part.c.seq == bindparam("seq", type_=part.c.seq.type))
    )
    return [(statement.sql, statement.arguments({"seq": seq}), 1) for seq in seqs]
