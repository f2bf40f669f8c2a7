"""Statements made once: built by SQLAlchemy from the tables, run as SQL text on the driver."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Float, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

from app.db.texts import PROTECTED, reads

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, with the conversions of its parameters and columns."""

    sql: str
    names: tuple[str, ...]
    defaults: Mapping[str, Any]
    binders: tuple[tuple[int, Callable[[Any], Any]], ...]
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]
    protected: frozenset[str]
    together: str | None = None
    """The same for many sets of parameters at once, each an array: rows begin with the place of the set, from 1."""

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The driver's positional arguments; KeyError for a parameter that nobody gave."""
        defaults = self.defaults
        arguments = [values[name] if name in values else defaults[name] for name in self.names]
        for place, bind in self.binders:
            arguments[place] = bind(arguments[place])
        return arguments

    def rows(self, fetched: Sequence[Any]) -> list[Row]:
        """The driver's rows with the values that the tables' types promise."""
        if not self.readers:
            return [tuple(row) for row in fetched]
        rows = []
        for row in fetched:
            values = list(row)
            for place, read in self.readers:
                values[place] = read(values[place])
            rows.append(tuple(values))
        return rows


def protected_tables(statement: ClauseElement) -> frozenset[str]:
    """The protected tables that a statement mentions anywhere, subqueries included."""
    names, waiting = set(), [statement]
    seen: dict[int, Any] = {}  # kept, since what is gone could lend its id to another
    while waiting:  # each part once, however often the statement comes back to it
        element: Any = waiting.pop()
        if id(element) in seen:
            continue
        seen[id(element)] = element
        waiting.extend(element.get_children())
        if element.__visit_name__ == "table" and getattr(element, "info", {}).get(PROTECTED):
            names.add(element.name)
    return frozenset(names)


@cache
def compiled_once(_of: type, _dialect: str) -> dict[Any, Prepared]:
    """What a class keeps for as long as the process: a statement follows from its key and the dialect alone."""
    return {}


_DIALECTS: dict[str, Any] = {
    "sqlite": sqlite.dialect(paramstyle="numeric_dollar"),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
}


def prepare(statement: ClauseElement, dialect_name: str, *, shared: bool = False) -> Prepared:
    """Compile once; keep the result, since this takes longer than running it.

    A `shared` SELECT can also run for many sets of parameters at once, where that saves the server anything.
    """
    dialect = _DIALECTS[dialect_name]
    compiled: Any = statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup or ())
    binders = []
    for place, name in enumerate(names):
        bind = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        if bind is not None:
            binders.append((place, bind))
    readers = []
    if isinstance(statement, SelectBase):
        for place, column in enumerate(statement.selected_columns):
            if isinstance(column.type, Float):  # both drivers give floats; asyncpg's dialect asks for a type code first
                continue
            read = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if read is not None:
                readers.append((place, read))
    defaults = {
        name: bind.value
        for name, bind in compiled.binds.items()
        if not bind.required  # an absent value must raise, never mean "no filter"
    }
    protected = protected_tables(statement)
    if not isinstance(statement, SelectBase) and not reads(str(compiled)):
        protected = frozenset()
    sqlite_text = dialect_name == "sqlite"
    sql = re.sub(r"\$(\d+)", r"?\1", str(compiled)) if sqlite_text else str(compiled)
    many = _together(statement, compiled, names, dialect) if shared and names and not sqlite_text else None
    return Prepared(sql, names, defaults, tuple(binders), tuple(readers), protected, many)


def prepare_each(statement: SelectBase, dialect_name: str, name: str) -> Prepared:
    """A SELECT for many values of one of its parameters, whose place is the last: on PostgreSQL an array of them.

    There the rows begin with the place of their value, from 1, and what does not depend on it is worked out once.
    """
    if dialect_name == "sqlite":
        return prepare(statement, dialect_name)
    dialect = _DIALECTS[dialect_name]

    def of_row(element: Any, **_: Any) -> Any:
        is_varied = isinstance(element, BindParameter) and element.key == name
        return literal_column(f"asked.{name}", element.type) if is_varied else None

    varied: Any = visitors.replacement_traverse(statement, {}, of_row)
    one = prepare(varied, dialect_name)
    given = (each for each in visitors.iterate(statement) if isinstance(each, BindParameter) and each.key == name)
    array = f"${len(one.names) + 1}::{dialect.type_compiler_instance.process(next(given).type)}[]"
    sql = (
        f"SELECT asked.place, answer.* FROM unnest({array}) WITH ORDINALITY AS asked ({name}, place) "  # noqa: S608  # SQL of our own statements
        f"CROSS JOIN LATERAL ({one.sql}) AS answer"
    )
    return replace(one, sql=sql, names=(*one.names, name))


def _together(statement: ClauseElement, compiled: Any, names: tuple[str, ...], dialect: Any) -> str:
    """The statement once for each row of its parameters: what a server spends on starting it, it spends once."""

    def of_row(element: Any, **_: Any) -> Any:
        return literal_column(f"asked.{element.key}", element.type) if isinstance(element, BindParameter) else None

    one: Any = visitors.replacement_traverse(statement, {}, of_row)
    arrays = ", ".join(
        f"${place}::{dialect.type_compiler_instance.process(compiled.binds[name].type)}[]"
        for place, name in enumerate(names, start=1)
    )
    return (
        f"SELECT asked.place, answer.* FROM unnest({arrays}) WITH ORDINALITY AS asked ({', '.join(names)}, place) "  # noqa: S608  # SQL of our own statements
        f"CROSS JOIN LATERAL ({one.compile(dialect=dialect)}) AS answer"
    )
