"""Many values in one parameter: the elements of a JSON array as rows of a statement, however many there are."""

from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, Select, String, cast, column, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Texts(FunctionElement[str]):
    name = "texts"
    inherit_cache = True


class _Rows(FunctionElement[str]):
    name = "rows"
    inherit_cache = True


@compiles(_Texts, "sqlite")
@compiles(_Rows, "sqlite")
def _elements_in_sqlite(element: FunctionElement[str], compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Texts, "postgresql")
def _texts_in_postgresql(element: _Texts, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"


@compiles(_Rows, "postgresql")
def _rows_in_postgresql(element: _Rows, compiler: Any, **options: Any) -> str:
    """In a form of which one element after the other is taken without reading the row again."""
    return f"jsonb_array_elements(CAST({compiler.process(element.clauses, **options)} AS jsonb))"


def each_text(array: BindParameter[str], name: str) -> Any:
    """A table with the one column `value`, under a name of its own in the statement."""
    return _Texts(array).table_valued(column("value", String()), name=name)


class _OneOf(FunctionElement[bool]):
    name = "one_of"
    inherit_cache = True
    type = Boolean()


@compiles(_OneOf, "sqlite")
def _one_of_in_sqlite(element: _OneOf, compiler: Any, **options: Any) -> str:
    value, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{value} IN {values}"


@compiles(_OneOf, "postgresql")
def _one_of_in_postgresql(element: _OneOf, compiler: Any, **options: Any) -> str:
    value, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{value} = ANY (ARRAY{values})"


def one_of(value: ColumnElement[Any], values: Select[Any]) -> ColumnElement[bool]:
    """Whether a column has one of the values of a SELECT, which are put together first and then looked up by its index.

    Of a plain IN PostgreSQL may compare each value with each row: the plan is kept, and was made when there were few.
    """
    return _OneOf(value, values.scalar_subquery())


class _At(FunctionElement[str]):
    name = "at"
    inherit_cache = True
    type = String()


@compiles(_At, "sqlite")
def _at_in_sqlite(element: _At, compiler: Any, **options: Any) -> str:
    value, place = (compiler.process(each, **options) for each in element.clauses)
    return f"json_extract({value}, '$[' || {place} || ']')"


@compiles(_At, "postgresql")
def _at_in_postgresql(element: _At, compiler: Any, **options: Any) -> str:
    value, place = (compiler.process(each, **options) for each in element.clauses)
    return f"({value} ->> {place})"


def each_row(array: BindParameter[str], name: str, *types: Any) -> tuple[Any, list[ColumnElement[Any]]]:
    """A table of the arrays in a JSON array, and their elements in order as columns of these types."""
    rows = _Rows(array).table_valued(column("value", String()), name=name)
    places = (_At(rows.c.value, literal_column(str(place))) for place in range(len(types)))
    return rows, [cast(each, kind) for each, kind in zip(places, types, strict=True)]
