"""Whole rows of one table by the value of some columns, for an act that has been decided on."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import SQLModel

from app.db import Warrant
from app.records.reading import Records
from app.records.views import camel

Found = dict[str, Any]


async def rows(records: Records, permit: Warrant, table: str, **equal: Any) -> list[Found]:
    """Every row in which each of these columns has this value, by id; UnpermittedRead unless the permit opens them."""
    wanted = SQLModel.metadata.tables[table]
    names = tuple(sorted(equal))

    def build() -> Any:
        same = (wanted.c[name] == bindparam(name, type_=wanted.c[name].type) for name in names)
        return select(*wanted.columns).where(*same).order_by(*wanted.primary_key.columns)

    found = await records.database.fetch(records.prepared(("rows", table, names), build), equal, permit)
    return [dict(zip(wanted.columns.keys(), row, strict=True)) for row in found]


async def one(records: Records, permit: Warrant, table: str, identity: str) -> Found | None:
    """The row with this id."""
    return next(iter(await rows(records, permit, table, id=identity)), None)


def shown(row: Mapping[str, Any], names: Iterable[str]) -> Found:
    """Some columns of a row as an answer spells them."""
    return {camel(name): row[name] for name in names}
