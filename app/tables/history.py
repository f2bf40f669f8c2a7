"""Past states of what feeds a fact: a row that is changed or deleted is kept, by the database itself."""

from sqlalchemy import Column, Table
from sqlmodel import SQLModel

from app.tables.columns import Instant

SUPERSEDED = "superseded_at"


def history_of(table: Table) -> Table:
    """`<name>_history`: the same columns without keys or checks, and the moment from which the row was no longer so."""
    copies = [Column(column.name, column.type, nullable=True, info=dict(column.info)) for column in table.columns]
    key = Column(SUPERSEDED, Instant, nullable=False, index=True, info=dict(copies[0].info))
    return Table(f"{table.name}_history", SQLModel.metadata, *copies, key, info=_protection(table))


def _protection(table: Table) -> dict[str, object]:
    return {name: value for name, value in table.info.items() if name == "protected"}
