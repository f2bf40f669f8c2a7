"""The facts of (caller, person) as one SQL expression, used by single reads and by lists alike: a bit for each fact."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, case, cast, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.records import predicates
from app.records.predicates import PERSON, USERNAME, ZERO, Predicate, T, live, parameters, session_is_live
from app.vocabulary import CATEGORIES, NEVER_OBJECTED, Fact, Scope, objection_to

__all__ = [
    "PERSON",
    "SELECTIVE",
    "USERNAME",
    "facts_of",
    "holds",
    "live",
    "parameters",
    "people_with",
    "relied_on",
    "session_is_live",
]


def _bits(which: ColumnElement[Any], facts: dict[str, Fact], source: Select[Any], person: Any) -> ColumnElement[Any]:
    bit = case(*((which == predicates.word(word), _bit(fact)) for word, fact in facts.items()), else_=ZERO)
    total = cast(func.coalesce(func.sum(bit.distinct()), ZERO), BigInteger)  # PostgreSQL adds bigints to a numeric
    (column,) = source.selected_columns
    return source.where(column == person).with_only_columns(total).correlate(person.table).scalar_subquery()


def _bit(fact: Fact) -> ColumnElement[Any]:
    return literal_column(str(fact.bit))


SCOPES = {scope.value: Fact(f"consent:{scope.value}") for scope in Scope}
OBJECTIONS = {category.value: objection_to(category) for category in CATEGORIES if category not in NEVER_OBJECTED}

_CALLER: dict[Fact, Callable[[], Predicate]] = {
    Fact.EMPLOYED: predicates.employed,
    Fact.TRAINED_SHARING: lambda: predicates.trained("information-sharing"),
    Fact.TRAINED_JUSTICE_DATA: lambda: predicates.trained("criminal-justice-data"),
    Fact.TRAINED_AWARENESS: lambda: predicates.trained("mental-health-awareness"),
    Fact.AUTHORISED_JUSTICE: predicates.authorised,
}
_PERSON: dict[Fact, Callable[[], Select[Any]]] = {
    Fact.CASELOAD: predicates.caseload,
    Fact.TREATING: predicates.treating,
    Fact.SERVICE: predicates.service,
    Fact.LISTED: predicates.listed,
    Fact.EXCLUDED: predicates.excluded,
    Fact.SUPERVISED: predicates.supervised,
    Fact.MHTR: predicates.mhtr,
    Fact.RESTRICTED: predicates.restricted,
    Fact.SUBJECT_REQUEST: predicates.subject_request,
}
SELECTIVE = (Fact.BREAK_GLASS, Fact.CASELOAD, Fact.TREATING, Fact.SUBJECT_REQUEST, Fact.SERVICE, Fact.MHTR)
"""Facts that few people have for one caller, most selective first: what a list starts from instead of everybody."""


def people_with(fact: Fact) -> tuple[str, Select[Any]]:
    """Everybody of whom a fact about a person holds: the person's column (`id` or `crn`), and its values."""
    if fact is Fact.BREAK_GLASS:
        return "crn", predicates.break_glass()
    if fact.value in (name.value for name in SCOPES.values()):
        scope = fact.value.removeprefix("consent:")
        return "id", predicates.consents().where(T.Consent.scope == predicates.word(scope))
    if fact.value in (name.value for name in OBJECTIONS.values()):
        category = fact.value.removeprefix("objection:")
        return "id", predicates.objections().where(T.Objection.category == predicates.word(category))
    return "id", _PERSON[fact]()


def holds(fact: Fact, person: Any) -> Predicate:
    """One fact as a predicate, for the person whose columns `id` and `crn` are given.

    It is correlated with their table alone: the statement around it may well select from a table that it reads itself.
    """
    if fact in _CALLER:
        return _CALLER[fact]()
    key, source = people_with(fact)
    (column,) = source.selected_columns
    whose = getattr(person, key)
    return source.where(column == whose).with_only_columns(literal_column("1")).correlate(whose.table).exists()


def facts_of(person: Any) -> ColumnElement[Any]:
    """Every fact of (caller, person) as one integer; what the gate decides on and the log keeps."""
    singles = [*_CALLER, Fact.BREAK_GLASS, *_PERSON]
    total: ColumnElement[Any] = _bits(T.Consent.scope, SCOPES, predicates.consents(), person.id)
    total = total + _bits(T.Objection.category, OBJECTIONS, predicates.objections(), person.id)
    for fact in singles:
        total = total + case((holds(fact, person), _bit(fact)), else_=ZERO)
    return total


class _Joined(FunctionElement[str]):
    """Texts of a group, joined by spaces; SQLAlchemy's own takes the separator as a parameter of each execution."""

    name = "joined"
    inherit_cache = True
    type = String()


@compiles(_Joined, "sqlite")
def _joined_in_sqlite(element: _Joined, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ' ')"


@compiles(_Joined, "postgresql")
def _joined_in_postgresql(element: _Joined, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ' ')"


def relied_on(person: Any) -> ColumnElement[Any]:
    """The consents that hold, as `scope=id` separated by spaces: what an entry names as relied upon."""
    named = T.Consent.scope.concat(predicates.word("=")).concat(T.Consent.id)
    source = predicates.consents().where(T.Consent.person_id == person.id)
    return source.with_only_columns(_Joined(named)).correlate(person.id.table).scalar_subquery()
