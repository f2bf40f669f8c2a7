"""Every state that a row was ever in: the one that stands, and those that the database kept when it was changed.

Two times are told apart. What is *valid* at a moment is for the row's own period to say; what was *known* at a moment
is what had been recorded by then and had not been recorded otherwise yet.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal_column, select, union_all
from sqlmodel import SQLModel

from app.db import Warrant
from app.records.reading import Records
from app.records.rows import Found
from app.tables import HISTORIES

SUPERSEDED = "superseded_at"


async def versions(records: Records, permit: Warrant, table: str, **equal: Any) -> list[Found]:
    """Each state in which these columns have these values, oldest first; `superseded_at` is None for what stands."""
    now, past = SQLModel.metadata.tables[table], HISTORIES[table]
    names, columns = tuple(sorted(equal)), [column.key for column in now.columns]

    def build() -> Any:
        chosen = [
            select(
                *(source.c[column] for column in columns),
                source.c[SUPERSEDED] if source is past else literal_column("NULL", past.c[SUPERSEDED].type),
            ).where(*(source.c[name] == bindparam(name, type_=now.c[name].type) for name in names))
            for source in (past, now)
        ]
        return union_all(*chosen)

    found = await records.database.fetch(records.prepared(("versions", table, names), build), equal, permit)
    states = [dict(zip((*columns, SUPERSEDED), row, strict=True)) for row in found]
    return sorted(states, key=lambda state: (state["recorded_at"], state[SUPERSEDED] is None))


def known(states: Iterable[Found], at: datetime) -> list[Found]:
    """Of these, what was known at a moment: recorded by then, and not recorded otherwise or deleted by then."""
    return [
        state
        for state in states
        if state["recorded_at"] <= at and (state[SUPERSEDED] is None or state[SUPERSEDED] > at)
    ]
