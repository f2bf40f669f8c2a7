"""Lists in one statement: the WHERE keeps rows for which some clause can permit, the SELECT carries each row's facts.

Conditions come from the compiled agreement, the same ones that `decide` uses, and become SQL here. A column whose
category is not permitted on a row comes back as null from the database itself; a filter on it matches no such row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from app.records import facts
from app.records.permit import Permit
from app.records.reading import Records, rows_predicate
from app.records.views import T, camel
from app.vocabulary import Caller, Category, Fact, Facts, Subject, names_of

LIMIT = bindparam("limit", type_=Integer())
IDENTITY_IN_LISTS = ("family_name", "given_names", "date_of_birth", "sex")
REFERRAL_IN_LISTS = (
    "id",
    "service_id",
    "status",
    "basis",
    "source_of_referral",
    "referred_by",
    "reason",
    "received_on",
    "suitability",
    "end_code",
    "closed_on",
    "commissioner",
    "withdrawn_at",
    "earlier_referral_id",
    "merged_into",
)
DRAFTS_FIRST: ColumnElement[Any] = func.date(
    literal_column("'9999-12-30'"), type_=Date()
)  # asyncpg sends the last day there is as infinity


class Condition(NamedTuple):
    """When a clause permits a category: these facts hold, those do not; and which referrals it reaches."""

    needs: Facts
    forbids: Facts
    rows: str = "sent"


Conditions = Sequence[Condition]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list asks: for whom, the conditions under which each category is open, the filters, where it goes on."""

    caller: Caller
    at: datetime
    conditions: Mapping[Subject, Conditions]
    filters: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[Any, ...] | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row: the person, the facts to decide it by, and its fields with null where the database withheld them."""

    person_id: str
    crn: str
    facts: Facts
    is_limited: bool
    fields: dict[str, Any]
    consents: str | None
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: the category that must be permitted on a row for it to match, and its predicate."""

    category: Category
    predicate: Callable[[Any], ColumnElement[bool]]
    names_the_person: bool = False
    """Whether a match tells a name, date of birth or sex, which lists never do of a limited record."""


def _named(column: str, name: str, _: Any) -> ColumnElement[bool]:
    lowered = func.lower(getattr(facts.PERSON, column))
    return lowered == func.lower(bindparam(name, type_=String()))


def _begins(column: str, name: str, _: Any) -> ColumnElement[bool]:
    value = func.lower(bindparam(name, type_=String()))
    return func.substr(func.lower(getattr(facts.PERSON, column)), 1, func.length(value)) == value


def _equals(table: str, column: str, name: str, _: Any) -> ColumnElement[bool]:
    target = getattr(T, table).__table__.c[column]
    return target == bindparam(name, type_=Date() if column == "date_of_birth" else String())  # type: ignore[no-any-return]  # T is Any


PEOPLE_FILTERS: dict[str, Filter] = {
    "crn": Filter(Category.IDENTITY, partial(_equals, "Person", "crn", "crn")),
    "nhsNumber": Filter(Category.IDENTITY, partial(_equals, "Person", "nhs_number", "nhsNumber")),
    "pncNumber": Filter(Category.IDENTITY, partial(_equals, "Person", "pnc_number", "pncNumber")),
    "familyName": Filter(Category.IDENTITY, partial(_named, "family_name", "familyName"), names_the_person=True),
    "givenNames": Filter(Category.IDENTITY, partial(_begins, "given_names", "givenNames"), names_the_person=True),
    "dateOfBirth": Filter(
        Category.IDENTITY, partial(_equals, "Person", "date_of_birth", "dateOfBirth"), names_the_person=True
    ),
    "postcode": Filter(Category.CONTACT, partial(_equals, "Person", "postcode", "postcode")),
}
REFERRAL_FILTERS: dict[str, Filter] = {
    "status": Filter(Category.REFERRAL, partial(_equals, "Referral", "status", "status")),
}


def minimal(conditions: Iterable[Condition]) -> list[Condition]:
    """Without those that another makes superfluous: it needs no more, forbids no more and reaches the same rows."""
    distinct = sorted(set(conditions), key=lambda each: (each.needs.bit_count() + each.forbids.bit_count(), each))
    kept: list[Condition] = []
    for one in distinct:
        if not any(
            other.needs & ~one.needs == 0 and other.forbids & ~one.forbids == 0 and other.rows == one.rows
            for other in kept
        ):
            kept.append(one)
    return kept


def when(condition: Condition, person: Any) -> ColumnElement[bool]:
    """Whether it holds of the person whose columns `id` and `crn` are given."""
    needed = [facts.holds(fact, person) for fact in names_of(condition.needs)]
    return and_(*needed, *(facts.is_absent(fact, person) for fact in names_of(condition.forbids)))


def by_bits(conditions: Conditions, bits: Any) -> ColumnElement[bool]:
    """The same, on a row's facts integer."""
    each = (_masked(bits, one.needs | one.forbids) == literal_column(str(one.needs)) for one in minimal(conditions))
    return or_(literal_column("1") == literal_column("0"), *each)


def _masked(bits: Any, mask: Facts) -> ColumnElement[Any]:
    return bits.op("&")(literal_column(str(mask)))  # type: ignore[no-any-return]  # op() is untyped


def start_from(conditions: Conditions, person: Any) -> ColumnElement[bool] | None:
    """Only people of whom the most selective fact of each condition holds, so that nobody else is looked at."""
    starts: dict[Fact, None] = {}
    for condition in conditions:
        fact = next((fact for fact in facts.SELECTIVE if fact.bit & condition.needs), None)
        if fact is None:
            return None
        starts[fact] = None
    by_key: dict[str, list[Any]] = {}
    for fact in starts:
        key, sources = facts.people_with(fact)
        by_key.setdefault(key, []).extend(sources)
    return or_(*(getattr(person, key).in_(_one(sources)) for key, sources in by_key.items()))


def _one(sources: list[Any]) -> Any:
    return sources[0] if len(sources) == 1 else union_all(*sources)


def _page_of_people(listing: Listing) -> Select[Any]:
    person = facts.PERSON
    needed = minimal(listing.conditions[Category.IDENTITY])
    inner = select(
        person.id, person.crn, facts.facts_of(person).label("facts"), facts.is_limited(person).label("limited")
    ).where(facts.session_is_live(), or_(*(when(one, person) for one in needed)))
    inner = narrowed(inner, listing, needed, PEOPLE_FILTERS, person)
    if listing.after is not None:
        inner = inner.where(person.crn > bindparam("after", type_=String()))
    page = inner.order_by(person.crn).limit(LIMIT).subquery("page")
    whole = T.Person.__table__.alias("whole")
    is_open = by_bits(listing.conditions[Category.IDENTITY], page.c.facts)
    named = and_(is_open, not_(page.c.limited))
    columns = [case((named, whole.c[name])).label(name) for name in IDENTITY_IN_LISTS]
    return (
        select(page.c.id, page.c.crn, page.c.facts, page.c.limited, facts.relied_on(page.c), *columns)
        .join(whole, whole.c.id == page.c.id)
        .order_by(page.c.crn)
    )


def narrowed(
    statement: Select[Any], listing: Listing, needed: Conditions, known: Mapping[str, Filter], person: Any
) -> Select[Any]:
    """With the filters of a list, each on rows alone whose category it asks about is open."""
    start = start_from(needed, person)
    if start is not None:
        statement = statement.where(start)
    for name in listing.filters:
        wanted = known[name]
        permitted = or_(*(when(one, person) for one in minimal(listing.conditions[wanted.category])))
        statement = statement.where(wanted.predicate(person), permitted)
        if wanted.names_the_person:
            statement = statement.where(not_(facts.is_limited(person)))
    return statement


def _page_of_referrals(listing: Listing) -> Select[Any]:
    person, referral = facts.PERSON, T.Referral.__table__.c
    needed = minimal(listing.conditions[Category.REFERRAL])
    reached = or_(*(and_(when(one, person), rows_predicate(frozenset({one.rows}))) for one in needed))
    received = func.coalesce(referral.received_on, DRAFTS_FIRST)
    inner = (
        select(
            referral.id,
            person.id.label("person_id"),
            person.crn,
            facts.facts_of(person).label("facts"),
            facts.is_limited(person).label("limited"),
            received.label("received"),
        )
        .join(T.Person.__table__, person.id == referral.person_id)
        .where(facts.session_is_live(), reached)
    )
    inner = narrowed(inner, listing, needed, REFERRAL_FILTERS, person)
    if listing.after is not None:
        last = bindparam("after_received", type_=Date())
        inner = inner.where(
            or_(received < last, and_(received == last, referral.id > bindparam("after", type_=String())))
        )
    page = inner.order_by(received.desc(), referral.id).limit(LIMIT).subquery("page")
    whole = T.Referral.__table__.alias("whole")
    is_open = by_bits(listing.conditions[Category.REFERRAL], page.c.facts)
    columns = [case((is_open, whole.c[name])).label(name) for name in REFERRAL_IN_LISTS]
    who = page.c.id
    return (
        select(page.c.person_id, page.c.crn, page.c.facts, page.c.limited, relied(page), who, page.c.received, *columns)
        .join(whole, whole.c.id == page.c.id)
        .order_by(page.c.received.desc(), page.c.id)
    )


def relied(page: Any) -> ColumnElement[Any]:
    """The consents that each row of a page rests on, for the log."""

    class Whose:
        id = page.c.person_id

    return facts.relied_on(Whose)


def shape(listing: Listing) -> tuple[Any, ...]:
    """What a list's statement depends on."""
    conditions = tuple((category, tuple(each)) for category, each in listing.conditions.items())
    return conditions, tuple(sorted(listing.filters)), listing.after is None


async def people(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """People whose identity is open to the caller, by CRN, one more than the page holds if there are more."""
    statement = records.prepared(("people", shape(listing)), lambda: _page_of_people(listing))
    asked = {**values_of(listing), "after": listing.after[0] if listing.after else None}
    listed = []
    for person_id, crn, bits, is_limited, consents, *rest in await records.database.fetch(statement, asked, permit):
        fields = dict(zip(map(camel, IDENTITY_IN_LISTS), rest, strict=True))
        listed.append(ListedRow(person_id, crn, bits, bool(is_limited), fields, consents, (crn,)))
    return listed


async def referrals(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Referrals that are open to the caller, newest first and drafts before them, one more than the page if any."""
    statement = records.prepared(("referrals", shape(listing)), lambda: _page_of_referrals(listing))
    received, last = listing.after or (None, None)
    asked = {**values_of(listing), "after_received": received, "after": last}
    listed = []
    rows = await records.database.fetch(statement, asked, permit)
    for person_id, crn, bits, is_limited, consents, who, day, *rest in rows:
        fields = dict(zip(map(camel, REFERRAL_IN_LISTS), rest, strict=True))
        listed.append(ListedRow(person_id, crn, bits, bool(is_limited), fields, consents, (day, who)))
    return listed


def values_of(listing: Listing) -> dict[str, Any]:
    """The parameters of a list's statement."""
    return {**facts.parameters(listing.caller, listing.at), **listing.filters, "limit": listing.size + 1}
