"""Past states of what feeds a fact: a row that is changed or deleted is kept, by the database itself."""

from sqlalchemy import Column, Index, Table
from sqlmodel import SQLModel

from app.tables.columns import Instant

SUPERSEDED = "superseded_at"
LOOKED_UP = {"staff": "username", "training": "staff_id", "authorisation": "staff_id", "allocation": "person_id"}
"""By what the past of somebody's standing is found, however long it has grown."""


def history_of(table: Table) -> Table:
    """`<name>_history`: the same columns without keys or checks, and the moment from which the row was no longer so."""
    copies = [Column(column.name, column.type, nullable=True, info=dict(column.info)) for column in table.columns]
    key = Column(SUPERSEDED, Instant, nullable=False, index=True, info=dict(copies[0].info))
    name, found_by = f"{table.name}_history", LOOKED_UP.get(table.name)
    indexes = [Index(f"ix_{name}_{found_by}", found_by)] if found_by else []
    return Table(name, SQLModel.metadata, *copies, key, *indexes, info=_protection(table))


def _protection(table: Table) -> dict[str, object]:
    return {name: value for name, value in table.info.items() if name == "protected"}
