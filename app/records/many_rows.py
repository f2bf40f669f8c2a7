"""Statements that write many rows of a table at once on PostgreSQL, each column given as `joined` has it."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    String,
    Table,
    TypeDecorator,
    bindparam,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from app.db import apart, one_of

_POSTGRESQL: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped


@cache
def as_given(column: Any, given: Any) -> ColumnElement[bool]:
    """Whether a column has a value that may be null; of one that is never null in the form that an index serves.

    PostgreSQL finds nothing by an index in the form that takes two nulls for the same, and would read the whole table.
    """
    found: ColumnElement[bool] = column.is_not_distinct_from(given) if column.nullable else column == given
    return found


def insert_many(name: str, columns: Sequence[str]) -> Any:
    """As many rows as its arrays are long; to be told what happens to a row that is there."""
    table = _table(name)
    rows = _rows({column: table.c[column] for column in columns})
    given = select(*(rows.c[column] for column in columns))
    return postgresql.insert(table).from_select(list(columns), given, include_defaults=False)


def update_many(name: str, seen: Iterable[str], changed: Iterable[str]) -> ClauseElement:
    """Columns of each row that still has what was seen of it, its id among that.

    The ids are looked up by themselves as well: of a plain join PostgreSQL may read the whole table.
    """
    table = _table(name)
    given = {f"seen_{each}": table.c[each] for each in seen} | {f"new_{each}": table.c[each] for each in changed}
    rows, ids = _rows(given), _rows({"seen_id": table.c.id}, "ids")
    same = (as_given(table.c[each], rows.c[f"seen_{each}"]) for each in seen)
    values = {each: rows.c[f"new_{each}"] for each in changed}
    return update(table).where(one_of(table.c.id, select(ids.c.seen_id)), *same).values(values)


def _rows(columns: dict[str, Any], name: str = "rows") -> Any:
    arrays = (_array(parameter, column) for parameter, column in columns.items())
    return func.unnest(*arrays).table_valued(*columns, name=name).render_derived()


def _array(parameter: str, column: Any) -> Any:
    """What a column is to hold; a text is not cast, since a cast to a length cuts off what the column would refuse."""
    texts, kind = apart(bindparam(parameter, type_=String(), required=True)), column.type
    stored = kind.load_dialect_impl(_POSTGRESQL) if isinstance(kind, TypeDecorator) else kind
    return texts if isinstance(stored, String) else cast(texts, postgresql.ARRAY(kind))


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]
