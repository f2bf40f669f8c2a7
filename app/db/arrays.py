"""Many values in one parameter: the elements of a JSON array as rows of a statement, however many there are.

Or, on PostgreSQL, as one text that the server takes apart: a third of what the driver takes to encode an array.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BindParameter, Boolean, ColumnElement, Select, String, cast, column, literal_column
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


class _Apart(FunctionElement[Any]):
    name = "apart"
    inherit_cache = True
    type = ARRAY(String())


@compiles(_Apart, "postgresql")
def _apart_in_postgresql(element: _Apart, compiler: Any, **options: Any) -> str:
    return apart_sql(compiler.process(element.clauses, **options))


def apart_sql(text: str) -> str:
    """PostgreSQL's expression for the texts that `joined` has joined."""
    return f"string_to_array(substr({text}, 3), substr({text}, 1, 1), substr({text}, 2, 1))"


def apart(text: BindParameter[str]) -> Any:
    """The same as an expression of SQLAlchemy's."""
    return _Apart(text)


_MARKS = [chr(31), chr(30), chr(29), chr(28), *(chr(0xE000 + place) for place in range(6400))]
"""What hardly stands in any text: the separators of ASCII, then what nobody has given a meaning."""


def joined(values: Sequence[Any]) -> str:
    """Values as one text for `apart`: what separates them, what stands for null, then they; nulls alone are no element.

    ValueError for one empty text by itself, which would be none, and for a moment without an offset.
    """
    texts = [value if type(value) is str else _text_of(value) for value in values]
    given = [text for text in texts if text is not None]
    if not given:
        return _MARKS[0] + _MARKS[1]
    if len(texts) == 1 and not given[0]:
        raise ValueError("an empty text alone is no array")
    everything = "".join(given)
    between, null = _absent(everything)
    return between + null + between.join([null if text is None else text for text in texts])


def _absent(text: str) -> list[str]:
    """Two characters that do not stand in a text."""
    found = [mark for mark in _MARKS[:4] if mark not in text][:2]
    return found if len(found) > 1 else [mark for mark in _MARKS if mark not in text][:2]


def _text_of(value: Any) -> str | None:
    """As PostgreSQL reads it."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value.isoformat() if isinstance(value, date) else str(value)


@lru_cache(maxsize=1024)
def _moment(value: datetime) -> str:
    """Rows that are written together have many moments in common."""
    if value.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return value.astimezone(UTC).isoformat()
