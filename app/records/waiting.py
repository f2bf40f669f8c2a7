"""Lists of who waits for treatment and of who is treated by whom; each in one statement, as lists are."""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from app.pathway.waiting import WAITING, Pause
from app.records import facts
from app.records.lists import (
    LIMIT,
    Filter,
    ListedRow,
    Listing,
    by_bits,
    minimal,
    narrowed,
    relied,
    shape,
    values_of,
    when,
)
from app.records.permit import Permit
from app.records.reading import Records, rows_predicate
from app.records.views import T
from app.vocabulary import Category, Register

FIELDS = ("id", "serviceId", "status", "receivedOn", "pauses")
_GOES_ON = "-"


def _is_open(_: Any) -> ColumnElement[bool]:
    return T.Referral.closed_on.is_(None)  # type: ignore[no-any-return]  # T is Any


CASELOAD_FILTERS = {"open": Filter(Category.REFERRAL, _is_open)}
"""That a referral is not closed is in the category of referrals."""


def _pauses(referral: Any) -> ColumnElement[Any]:
    """Each as its first and last day with a slash between, separated by spaces."""
    pause = T.WaitingPause
    ended = func.coalesce(cast(pause.ended_on, String), literal_column(f"'{_GOES_ON}'"))
    one = cast(pause.started_on, String).concat(literal_column("'/'")).concat(ended)
    return (
        select(facts.Joined(one))
        .where(pause.referral_id == referral, pause.withdrawn_at.is_(None))
        .correlate(referral.table)
        .scalar_subquery()
    )


def _page_of_waiting(listing: Listing) -> Select[Any]:
    person, referral = facts.PERSON, T.Referral.__table__.c
    needed = minimal(listing.conditions[Category.REFERRAL])
    reached = or_(*(and_(when(one, person), rows_predicate(frozenset({one.rows}))) for one in needed))
    waits = referral.status.in_([literal_column(f"'{status}'") for status in WAITING])
    inner = (
        select(
            referral.id,
            person.id.label("person_id"),
            person.crn,
            facts.facts_of(person).label("facts"),
            facts.is_limited(person).label("limited"),
            referral.received_on,
            referral.service_id,
            referral.status,
        )
        .join(T.Person.__table__, person.id == referral.person_id)
        .where(facts.session_is_live(), reached, waits, referral.closed_on.is_(None))
    )
    inner = narrowed(inner, listing, needed, {}, person)
    if listing.after is not None:
        inner = inner.where(_comes_after(referral.received_on, referral.id))
    page = inner.order_by(referral.received_on, referral.id).limit(LIMIT).subquery("page")
    is_clinical = by_bits(listing.conditions[Category.CLINICAL], page.c.facts)
    columns = (page.c.id, page.c.service_id, page.c.status, page.c.received_on)
    return select(*_whose(page), *columns, is_clinical, case((is_clinical, _pauses(page.c.id)))).order_by(
        page.c.received_on, page.c.id
    )


def _whose(page: Any) -> tuple[ColumnElement[Any], ...]:
    """What is decided about each row, and what that rests on."""
    return page.c.person_id, page.c.crn, page.c.facts, page.c.limited, relied(page)


def _comes_after(received: Any, identity: Any) -> ColumnElement[bool]:
    last = bindparam("after_received", type_=Date())
    return or_(received > last, and_(received == last, identity > bindparam("after", type_=String())))


async def waiting(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Referrals that wait for treatment, the longest first; `pauses` is None where the clinical record is not open."""
    statement = records.prepared(("waiting", shape(listing)), lambda: _page_of_waiting(listing))
    received, last = listing.after or (None, None)
    values = {**values_of(listing), "after_received": received, "after": last}
    listed = []
    rows = await records.database.fetch(statement, values, permit)
    for person_id, crn, bits, limit, consents, who, service, status, day, is_clinical, pauses in rows:
        shown = [_pause(each) for each in sorted((pauses or "").split())] if is_clinical else None
        fields = dict(zip(FIELDS, (who, service, status, day, shown), strict=True))
        listed.append(ListedRow(person_id, crn, bits, bool(limit), fields, consents, (day, who)))
    return listed


def _pause(text: str) -> Pause:
    first, _, last = text.partition("/")
    return date.fromisoformat(first), None if last == _GOES_ON else date.fromisoformat(last)


def _page_of_caseloads(listing: Listing) -> Select[Any]:
    person, allocation, referral, staff = facts.PERSON, T.Allocation, T.Referral, T.Staff
    needed = minimal(listing.conditions[Register.ALLOCATION])
    inner = (
        select(
            allocation.id,
            referral.id.label("referral"),
            staff.username,
            person.id.label("person_id"),
            person.crn,
            facts.facts_of(person).label("facts"),
            facts.is_limited(person).label("limited"),
        )
        .join(referral, referral.id == allocation.referral_id)
        .join(staff, staff.id == allocation.staff_id)
        .join(T.Person.__table__, person.id == allocation.person_id)
        .where(
            facts.session_is_live(),
            or_(*(when(one, person) for one in needed)),
            allocation.kind == literal_column("'treating'"),
            facts.live(allocation),
            rows_predicate(frozenset({"sent"})),
        )
    )
    inner = narrowed(inner, listing, needed, CASELOAD_FILTERS, person)
    if listing.after is not None:
        inner = inner.where(allocation.id > bindparam("after", type_=String()))
    page = inner.order_by(allocation.id).limit(LIMIT).subquery("page")
    return select(*_whose(page), page.c.id, page.c.referral, page.c.username).order_by(page.c.id)


async def caseloads(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Who treats under which open referral now, one more than the page holds if there are more."""
    statement = records.prepared(("caseloads", shape(listing)), lambda: _page_of_caseloads(listing))
    values = {**values_of(listing), "after": listing.after[0] if listing.after else None}
    listed = []
    rows = await records.database.fetch(statement, values, permit)
    for person_id, crn, bits, limit, consents, identity, referral, username in rows:
        fields = {"referralId": referral, "therapist": username}
        listed.append(ListedRow(person_id, crn, bits, bool(limit), fields, consents, (identity,)))
    return listed
