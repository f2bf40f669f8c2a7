"""The facts of (caller, person) as one SQL expression, used by single reads and by lists alike: a bit for each fact."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.records import agreeing, predicates
from app.records.predicates import PERSON, USERNAME, ZERO, Predicate, Sources, T, live, parameters, session_is_live
from app.vocabulary import CATEGORIES, NEVER_OBJECTED, Fact, Facts, Scope, objection_to

__all__ = [
    "PERSON",
    "SELECTIVE",
    "USERNAME",
    "cited",
    "consents_relied_on",
    "facts_but_consents",
    "facts_of",
    "holds",
    "is_absent",
    "is_limited",
    "live",
    "parameters",
    "people_with",
    "relied_on",
    "session_is_live",
]


def _bits(which: ColumnElement[Any], facts: dict[str, Fact], rows: Select[Any]) -> ColumnElement[Any]:
    bit = case(*((which == predicates.word(word), _bit(fact)) for word, fact in facts.items()), else_=ZERO)
    total = cast(func.coalesce(func.sum(bit.distinct()), ZERO), BigInteger)  # PostgreSQL adds bigints to a numeric
    return rows.with_only_columns(total).scalar_subquery()


def _bit(fact: Fact) -> ColumnElement[Any]:
    return literal_column(str(fact.bit))


SCOPES = {scope.value: Fact(f"consent:{scope.value}") for scope in Scope}
OBJECTIONS = {category.value: objection_to(category) for category in CATEGORIES if category not in NEVER_OBJECTED}

COURSES = {
    "information-sharing": Fact.TRAINED_SHARING,
    "criminal-justice-data": Fact.TRAINED_JUSTICE_DATA,
    "mental-health-awareness": Fact.TRAINED_AWARENESS,
}
_CALLER: dict[Fact, Callable[[], Predicate]] = {
    Fact.EMPLOYED: predicates.employed,
    Fact.TRAINED_SHARING: lambda: predicates.trained("information-sharing"),
    Fact.TRAINED_JUSTICE_DATA: lambda: predicates.trained("criminal-justice-data"),
    Fact.TRAINED_AWARENESS: lambda: predicates.trained("mental-health-awareness"),
    Fact.AUTHORISED_JUSTICE: predicates.authorised,
}
_PERSON: dict[Fact, Callable[[], Select[Any] | Sources]] = {
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
_APART = (
    Fact.TRAINED_SHARING,
    Fact.TRAINED_JUSTICE_DATA,
    Fact.TRAINED_AWARENESS,
    Fact.RESTRICTED,
    Fact.LISTED,
    Fact.EXCLUDED,
)
_ONE_BY_ONE = [fact for fact in (*_CALLER, Fact.BREAK_GLASS, *_PERSON) if fact not in _APART]
SELECTIVE = (Fact.BREAK_GLASS, Fact.CASELOAD, Fact.TREATING, Fact.SUBJECT_REQUEST, Fact.SERVICE, Fact.MHTR)
"""Facts that few people have for one caller, most selective first: what a list starts from instead of everybody."""


def people_with(fact: Fact) -> tuple[str, Sources]:
    """Everybody of whom a fact about a person holds: the person's column (`id` or `crn`), and where its values are."""
    if fact is Fact.BREAK_GLASS:
        return "crn", (predicates.break_glass(),)
    if fact.value in (name.value for name in SCOPES.values()):
        scope = fact.value.removeprefix("consent:")
        return "id", (agreeing.consents().where(T.Consent.scope == predicates.word(scope)),)
    if fact.value in (name.value for name in OBJECTIONS.values()):
        category = T.Objection.category == predicates.word(fact.value.removeprefix("objection:"))
        return "id", tuple(source.where(category) for source in agreeing.objections())
    found = _PERSON[fact]()
    return "id", found if isinstance(found, tuple) else (found,)


def holds(fact: Fact, person: Any) -> Predicate:
    """One fact as a predicate, for the person whose columns `id` and `crn` are given.

    It is correlated with their table alone: the statement around it may well select from a table that it reads itself.
    """
    return _CALLER[fact]() if fact in _CALLER else or_(*_in_each(fact, person))


def is_absent(fact: Fact, person: Any) -> Predicate:
    """That it does not hold, as conditions of their own: PostgreSQL plans them better than one that denies them all."""
    return not_(_CALLER[fact]()) if fact in _CALLER else and_(*(not_(each) for each in _in_each(fact, person)))


def is_limited(person: Any) -> Predicate:
    """Whether the record is kept from anybody at all."""
    return or_(*(_is_in(source, person.id) for source in predicates.limits()))


def _in_each(fact: Fact, person: Any) -> list[Predicate]:
    key, sources = people_with(fact)
    return [_is_in(source, getattr(person, key)) for source in sources]


def _is_in(source: Select[Any], whose: Any) -> Predicate:
    (column,) = source.selected_columns
    return source.where(column == whose).with_only_columns(literal_column("1")).correlate(whose.table).exists()


def facts_of(person: Any) -> ColumnElement[Any]:
    """Every fact of (caller, person) as one integer; what the gate decides on and the log keeps."""
    consents = agreeing.consents().where(T.Consent.person_id == person.id).correlate(person.id.table)
    return _bits(T.Consent.scope, SCOPES, consents) + facts_but_consents(person)


def consents_relied_on(named: tuple[tuple[str, str], ...]) -> Facts:
    """The facts that follow from the consents of `relied_on`, so that a single read asks for them once."""
    total = 0
    for scope, _ in named:
        total |= SCOPES[scope].bit
    return total


def facts_but_consents(person: Any) -> ColumnElement[Any]:
    """The facts of (caller, person) without those of `relied_on`, whose ids a single read needs anyway."""
    total = _bits(T.Objection.category, OBJECTIONS, agreeing.objections_of(person.id))
    total = total + _trainings() + _limits(person)
    for fact in _ONE_BY_ONE:
        total = total + case((_CALLER[fact]() if fact in _CALLER else _looked_up(fact, person), _bit(fact)), else_=ZERO)
    return total


def _looked_up(fact: Fact, person: Any) -> Predicate:
    """The same as `holds`, as a look-up by the person: of an EXISTS, PostgreSQL may first hash everybody's rows."""
    key, (source,) = people_with(fact)
    (column,) = source.selected_columns
    whose = getattr(person, key)
    one: Select[Any] = source.where(column == whose).with_only_columns(literal_column("1")).limit(literal_column("1"))
    return one.correlate(whose.table).scalar_subquery().is_not(None)


def _trainings() -> ColumnElement[Any]:
    """Every course in one pass; which of them is valid is what `predicates.trained` says."""
    training = T.Training
    bit = case(
        *((training.course == predicates.word(course), _bit(fact)) for course, fact in COURSES.items()), else_=ZERO
    )
    total = cast(func.coalesce(func.sum(bit.distinct()), ZERO), BigInteger)
    return select(total).where(*predicates.valid_training()).scalar_subquery()


def _limits(person: Any) -> ColumnElement[Any]:
    """Restricted, listed and excluded in one pass over a person's live limits, which few people have."""
    limit = T.AccessLimit
    named = predicates.named_on(limit)
    restriction = limit.kind == predicates.word("restriction")
    restricted = func.max(case((restriction, _bit(Fact.RESTRICTED)), else_=ZERO))
    listed = func.min(case((and_(restriction, named), _bit(Fact.LISTED)), (restriction, ZERO)))  # on every list
    excluded = func.max(case((and_(not_(restriction), named), _bit(Fact.EXCLUDED)), else_=ZERO))
    total = sum((func.coalesce(each, ZERO) for each in (restricted, listed, excluded)), start=ZERO)
    return predicates.limits_of(person.id).with_only_columns(cast(total, BigInteger)).scalar_subquery()


_NOTHING = predicates.word("")


class Joined(FunctionElement[str]):
    """Texts of a group, joined by spaces; SQLAlchemy's own takes the separator as a parameter of each execution."""

    name = "joined"
    inherit_cache = True
    type = String()


@compiles(Joined, "sqlite")
def _joined_in_sqlite(element: Joined, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ' ')"


@compiles(Joined, "postgresql")
def _joined_in_postgresql(element: Joined, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ' ')"


def relied_on(person: Any) -> ColumnElement[Any]:
    """The consents that hold, as `scope=id` separated by spaces: what an entry names as relied upon."""
    named = T.Consent.scope.concat(predicates.word("=")).concat(T.Consent.id)
    source = agreeing.consents().where(T.Consent.person_id == person.id)
    return source.with_only_columns(Joined(named)).correlate(person.id.table).scalar_subquery()


def cited(person: Any) -> ColumnElement[Any]:
    """The same with the consents that decide against: `scope=id` of one that holds, `scope!id` of one that does not.

    The latter are the refusals that stand and the permissions that they outweigh.
    """
    weighed, sign = agreeing.weighed()
    source = weighed.where(T.Consent.person_id == person.id)
    named = T.Consent.scope.concat(sign).concat(T.Consent.id)
    own = source.with_only_columns(Joined(named)).correlate(person.id.table).scalar_subquery()
    elsewhere = case((predicates.is_merged(person.id), _cited_elsewhere(person)), else_=_NOTHING)
    return func.coalesce(own, _NOTHING).concat(elsewhere)


def _cited_elsewhere(person: Any) -> ColumnElement[Any]:
    """The refusals that stand under another record of the person."""
    refusal, refusals = agreeing.refusals_elsewhere(person.id)
    named = Joined(refusal.scope.concat(predicates.word("!")).concat(refusal.id))
    found = refusals.with_only_columns(named).correlate(person.id.table).scalar_subquery()
    return predicates.word(" ").concat(func.coalesce(found, _NOTHING))
