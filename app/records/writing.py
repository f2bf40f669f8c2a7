"""Changes to records: one upsert for each table, in which an older version never overwrites a newer one.

A record's id follows from its source and its id there, so that the same record synced twice is one record and a child
finds its parent without a look-up. The statements run in the log writer's transaction, with the entry that says so.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ClauseElement,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel
from uuid_utils import UUID, uuid5

from app.db import Database, Prepared, compiled_once, each_text, joined, one_of
from app.records.many_rows import as_given, insert_many, update_many
from app.records.permit import Permit

_NAMES = UUID("6f6d1f0e-5c7e-5b7e-8d3c-2f2f6b0c9a11")
VERSIONED = "source_version"
_TICK = timedelta(microseconds=1)
_Turn = tuple[Mapping[str, Any], Mapping[str, Any]]
FEW = 2
"""Rows from which on one statement is made of many."""


@lru_cache(maxsize=16_384)
def person_id(crn: str) -> str:
    """The id of the person with a CRN."""
    return str(uuid5(_NAMES, f"person:{crn}"))


@lru_cache(maxsize=16_384)
def record_id(table: str, source: str, source_id: str) -> str:
    """The id of a record that a neighbouring system owns."""
    return str(uuid5(_NAMES, f"{table}:{source}:{source_id}"))


OWN = "open-mind"
"""The source of what is recorded here and nowhere else."""


def own_record(at: datetime) -> dict[str, Any]:
    """Id, source and version of a record made here."""
    identity = str(uuid4())
    return {"id": identity, "source": OWN, "source_id": identity, **own_version(at)}


def own_version(at: datetime) -> dict[str, Any]:
    """What tells a record's newest state from those before."""
    return {"source_version": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "recorded_at": at}


def next_version(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A version later than a row's own, whichever system gave it that, and whatever its clock says."""
    at = max(at, row["recorded_at"] + _TICK)
    made = own_version(at)
    if made[VERSIONED] <= row[VERSIONED]:  # theirs is ahead of our clock
        made[VERSIONED] = _later(row[VERSIONED])
    return made


def _later(version: str) -> str:
    """What sorts right after a version, a moment or not."""
    try:
        return str(own_version(datetime.fromisoformat(version) + _TICK)[VERSIONED])
    except ValueError:
        return f"{version[:31]}~"


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


_GOES_WITH = {("appointment", "cancelled_at"): "attendance_code"}
"""What a system does not send, and is said of another column: it is over once that is another."""
_STAYS = {
    "consent": ("withdrawn_at", "withdrawn_by"),
    "safety_alert": ("acknowledged_at", "acknowledged_by"),
}
"""A withdrawal, or an acknowledgement, that was recorded here is not undone by a system that has not heard of it."""
_SAYS = {"safety_alert": ("summary", "reason", "urgency", "addressed_to", "recipient")}
"""What was acknowledged: with other words it is another alert, that nobody has seen."""


@cache
def _upsert(name: str, columns: tuple[str, ...], dialect: str) -> ClauseElement:
    table = _table(name)
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]  # alike, with no type in common
    statement: Any = insert(table).values({column: bindparam(column, type_=table.c[column].type) for column in columns})
    return _over_older(name, columns, statement)


def _update(name: str, seen: Iterable[str], changed: Iterable[str]) -> ClauseElement:
    table = _table(name)
    same = (as_given(table.c[each], bindparam(f"seen_{each}", type_=table.c[each].type)) for each in seen)
    values = {each: bindparam(f"new_{each}", type_=table.c[each].type) for each in changed}
    return update(table).where(*same).values(values)


def _over_older(name: str, columns: tuple[str, ...], statement: Any) -> ClauseElement:
    """The insertion, or the change of what is there in an older version."""
    table = _table(name)
    keys = [column.name for column in table.primary_key.columns]
    changed = {column: statement.excluded[column] for column in columns if column not in keys}
    stays = {
        column: func.coalesce(table.c[column], changed[column]) for column in _STAYS.get(name, ()) if column in changed
    }
    same = [table.c[each].is_not_distinct_from(changed[each]) for each in _SAYS.get(name, ()) if each in changed]
    changed |= {
        column: case((and_(*same), value), else_=changed[column]) if same else value for column, value in stays.items()
    }
    for (of, column), said in _GOES_WITH.items():
        if of == name and column not in columns and said in changed:
            is_same = table.c[said].is_not_distinct_from(changed[said])
            changed[column] = case((is_same, table.c[column]))
    if not changed:
        unchanged: ClauseElement = statement.on_conflict_do_nothing(index_elements=keys)
        return unchanged
    newer = table.c[VERSIONED] < statement.excluded[VERSIONED] if VERSIONED in table.c else None
    upserted: ClauseElement = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=newer)
    return upserted


def _reworded() -> ClauseElement:
    """What an alert was chased with, if a newer version of it says something else."""
    alert, chase = _table("safety_alert").c, _table("safety_alert_chase")
    now = {name: bindparam(f"new_{name}", type_=alert[name].type) for name in ("id", VERSIONED, *_SAYS["safety_alert"])}
    others = or_(*(alert[name].is_distinct_from(now[name]) for name in _SAYS["safety_alert"]))
    is_another: Any = select(literal_column("1")).where(
        alert.id == now["id"], alert[VERSIONED] < now[VERSIONED], others
    )
    return delete(chase).where(chase.c.alert_id == now["id"], is_another.exists())


def _version_of(table: Table) -> str:
    """What is another after each change of a row."""
    return VERSIONED if VERSIONED in table.c else "recorded_at"


def _unchanged(table: Table, same: Sequence[str], seen: int) -> ClauseElement:
    """One row if as many rows as were seen are there, and each of them in the version that was seen."""
    version, number = table.c[_version_of(table)], bindparam("count", type_=Integer())
    there = select(func.count()).select_from(table)
    there = there.where(*(table.c[name] == bindparam(f"same_{name}", type_=table.c[name].type) for name in same))
    each = (
        and_(
            table.c.id == bindparam(f"id_{place}", type_=table.c.id.type),
            version == bindparam(f"version_{place}", type_=version.type),
        )
        for place in range(seen)
    )
    as_seen = there.where(or_(false(), *each))
    return select(literal_column("1")).where(there.scalar_subquery() == number, as_seen.scalar_subquery() == number)


def _named(seen: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """As the statements of an update name them."""
    given = {f"seen_{name}": value for name, value in seen.items()}
    return given | {f"new_{name}": value for name, value in changed.items()}


def _of_many(statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> tuple[str, Sequence[Any], int]:
    arrays = {name: joined([row[name] for row in rows]) for name in statement.names}
    return statement.sql, statement.arguments(arrays), len(rows)


class Writer:
    """Builds the changes that go with an entry; it runs none of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared = compiled_once(Writer, database.dialect)

    def upsert(self, table: str, row: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """SQL and arguments that write one row, unless a newer version of it stands there."""
        columns = tuple(sorted(row))
        key = ("upsert", table, columns)
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(_upsert(table, columns, self._database.dialect))
        statement = self._prepared[key]
        return statement.sql, statement.arguments(row)

    def upsert_many(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Sequence[Any], int]]:
        """The same for rows with the same columns, each of another record: on PostgreSQL in one statement.

        Each has to be newer than what is there, or they touch fewer rows than they must.
        """
        if self._database.dialect != "postgresql" or len(rows) < FEW:
            return [(*self.upsert(table, row), 1) for row in rows]
        columns = tuple(sorted(rows[0]))
        key = ("upsert many", table, columns)
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(_over_older(table, columns, insert_many(table, columns)))
        return [_of_many(self._prepared[key], rows)]

    def before(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Sequence[Any]]]:
        """What goes before rows that are written over older ones: an alert with other words is told of anew."""
        if table != "safety_alert":
            return []
        if (key := ("reworded",)) not in self._prepared:
            self._prepared[key] = self._database.prepare(_reworded())
        statement = self._prepared[key]
        given = [{name: row[name.removeprefix("new_")] for name in statement.names} for row in rows]
        return [(statement.sql, statement.arguments(each)) for each in given]

    def insert(self, table: str, row: Mapping[str, Any]) -> tuple[str, Sequence[Any], int]:
        """A row that is not there yet."""
        columns = tuple(sorted(row))
        key = ("insert", table, columns)
        if key not in self._prepared:
            target = _table(table)
            values = {column: bindparam(column, type_=target.c[column].type) for column in columns}
            self._prepared[key] = self._database.prepare(target.insert().values(values).inline())
        statement = self._prepared[key]
        return statement.sql, statement.arguments(row), 1

    def update(self, table: str, seen: Mapping[str, Any], changed: Mapping[str, Any]) -> tuple[str, Sequence[Any], int]:
        """Columns of the one row that still has what was `seen` (its id, its version): it must touch exactly one."""
        key = ("update", table, tuple(sorted(seen)), tuple(sorted(changed)))
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(_update(table, sorted(seen), sorted(changed)))
        statement = self._prepared[key]
        return statement.sql, statement.arguments(_named(seen, changed)), 1

    def insert_many(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Sequence[Any], int]]:
        """Rows with the same columns that are not there yet: on PostgreSQL in one statement."""
        if self._database.dialect != "postgresql" or len(rows) < FEW:
            return [self.insert(table, row) for row in rows]
        columns = tuple(sorted(rows[0]))
        key = ("insert many", table, columns)
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(insert_many(table, columns))
        return [_of_many(self._prepared[key], rows)]

    def update_many(self, table: str, rows: Sequence[_Turn]) -> list[tuple[str, Sequence[Any], int]]:
        """`update` for many rows of one table, each as what was seen and what changes, in the same columns."""
        if self._database.dialect != "postgresql" or len(rows) < FEW:
            return [self.update(table, seen, changed) for seen, changed in rows]
        columns = tuple(tuple(sorted(each)) for each in rows[0])
        key = ("update many", table, columns)
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(update_many(table, *columns))
        return [_of_many(self._prepared[key], [_named(seen, changed) for seen, changed in rows])]

    def unchanged(
        self, table: str, same: Mapping[str, Any], seen: Sequence[Mapping[str, Any]]
    ) -> tuple[str, Sequence[Any], int]:
        """That the rows in which these columns have these values are those that were `seen`, none changed and none new.

        It changes nothing and goes before what was decided on them: run under the log's lock, it holds until the end of
        the transaction, since whoever else writes waits for that lock.
        """
        key = ("unchanged", table, tuple(sorted(same)), len(seen))
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(_unchanged(_table(table), sorted(same), len(seen)))
        statement, version = self._prepared[key], _version_of(_table(table))
        given = {"count": len(seen)} | {f"same_{name}": value for name, value in same.items()}
        for place, row in enumerate(seen):
            given |= {f"id_{place}": row["id"], f"version_{place}": row[version]}
        return statement.sql, statement.arguments(given), 1

    def delete(self, table: str, seen: Mapping[str, Any]) -> tuple[str, Sequence[Any], int]:
        """The one row that still has what was `seen`."""
        key = ("delete", table, tuple(sorted(seen)))
        if key not in self._prepared:
            target = _table(table)
            same = (target.c[name] == bindparam(name, type_=target.c[name].type) for name in sorted(seen))
            self._prepared[key] = self._database.prepare(delete(target).where(*same))
        statement = self._prepared[key]
        return statement.sql, statement.arguments(seen), 1

    def remove(self, table: str, column: str, value: str) -> tuple[str, Sequence[Any]]:
        """SQL and arguments that delete the rows of a list that is replaced whole."""
        key = ("remove", table, column)
        if key not in self._prepared:
            target = _table(table).c[column]
            statement = delete(_table(table)).where(target == bindparam("value", type_=target.type))
            self._prepared[key] = self._database.prepare(statement)
        return self._prepared[key].sql, self._prepared[key].arguments({"value": value})

    def part(self, table: str, column: str, value: str, at: datetime) -> tuple[str, Sequence[Any]]:
        """SQL and arguments by which the rows of a list that still hold do so no more, and stay; not what is newer."""
        key = ("part", table, column)
        if key not in self._prepared:
            rows = _table(table).c
            whose = rows[column] == bindparam("value", type_=rows[column].type)
            moment = bindparam("at", type_=rows.parted_at.type)
            standing = rows.parted_at.is_(None), rows.recorded_at <= moment
            statement = update(_table(table)).where(whose, *standing).values({"parted_at": moment})
            self._prepared[key] = self._database.prepare(statement)
        return self._prepared[key].sql, self._prepared[key].arguments({"value": value, "at": at})

    async def versions(self, permit: Permit, table: str, ids: Iterable[str]) -> dict[str, str]:
        """The version that each of these records has, of those that are there."""
        key = ("version", table)
        if key not in self._prepared:
            rows = _table(table)
            asked = each_text(bindparam("ids", type_=String(), required=True), "asked")
            statement = select(rows.c.id, rows.c[VERSIONED]).where(one_of(rows.c.id, select(asked.c.value)))
            self._prepared[key] = self._database.prepare(statement)
        found = await self._database.fetch(self._prepared[key], {"ids": json.dumps(list(ids))}, permit)
        return {identity: version for identity, version in found}  # noqa: C416  # rows are tuples of Any

    async def register(self, table: str) -> list[dict[str, Any]]:
        """Every row of a register of staff or systems; UnpermittedRead for a table with records of people."""
        rows = _table(table)
        key = ("register", table)
        if key not in self._prepared:
            self._prepared[key] = self._database.prepare(select(*rows.columns))
        names = [column.name for column in rows.columns]
        return [dict(zip(names, row, strict=True)) for row in await self._database.fetch(self._prepared[key], {})]
