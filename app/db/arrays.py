"""Many values in one parameter: the texts of a JSON array as rows of a statement, however many there are."""

from typing import Any

from sqlalchemy import BindParameter, String, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Texts(FunctionElement[str]):
    name = "texts"
    inherit_cache = True


@compiles(_Texts, "sqlite")
def _texts_in_sqlite(element: _Texts, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Texts, "postgresql")
def _texts_in_postgresql(element: _Texts, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"


def each_text(array: BindParameter[str], name: str) -> Any:
    """A table with the one column `value`, under a name of its own in the statement."""
    return _Texts(array).table_valued(column("value", String()), name=name)
