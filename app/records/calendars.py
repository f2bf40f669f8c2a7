"""Appointments that a member of staff holds, of everybody whose attendance is open to the caller: one statement."""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, or_, select

from app.records import facts
from app.records.diary import stands, treating_then
from app.records.lists import LIMIT, Filter, ListedRow, Listing, minimal, narrowed, relied, shape, values_of, when
from app.records.permit import Permit
from app.records.reading import Records
from app.records.views import T
from app.tables import Instant
from app.vocabulary import Category

STAFF = bindparam("staff", type_=String())
_B, _A, _L = T.Booking, T.Appointment, T.Allocation


def _holds(_: Any) -> ColumnElement[bool]:
    """Whoever it was booked with, or treats the person where another system booked it."""
    mine = select(T.Staff.id).where(T.Staff.username == STAFF).scalar_subquery()
    return or_(_B.staff_id == mine, _B.second_staff_id == mine, and_(_B.id.is_(None), _L.staff_id == mine))


def _since(_: Any) -> ColumnElement[bool]:
    return _A.starts_at >= bindparam("since", type_=Instant())  # type: ignore[no-any-return]  # T is Any


def _until(_: Any) -> ColumnElement[bool]:
    return _A.starts_at < bindparam("until", type_=Instant())  # type: ignore[no-any-return]  # T is Any


FILTERS = {
    "staff": Filter(Category.ATTENDANCE, _holds),
    "since": Filter(Category.ATTENDANCE, _since),
    "until": Filter(Category.ATTENDANCE, _until),
}
NAMES = ("id", "referralId", "startsAt", "minutes", "roomId", "site", "recordedAt")
TABLES = frozenset({"appointment", "appointment_booking"})


def _page(listing: Listing) -> Select[Any]:
    person = facts.PERSON
    needed = minimal(listing.conditions[Category.ATTENDANCE])
    statement = (
        select(
            person.id.label("person_id"), person.crn, facts.facts_of(person).label("facts"),
            facts.is_limited(person).label("limited"), _A.id, _A.referral_id, _A.starts_at, _A.minutes, _B.room_id,
            _A.site, _A.recorded_at,
        )
        .join(T.Person.__table__, person.id == _A.person_id)
        .outerjoin(_B, _B.id == _A.id)
        .outerjoin(_L, treating_then())
        .where(facts.session_is_live(), stands(_A), or_(*(when(one, person) for one in needed)))
    )  # fmt: skip
    page = (
        narrowed(statement, listing, needed, FILTERS, person)
        .order_by(_A.starts_at, _A.id)
        .limit(LIMIT)
        .subquery("page")
    )
    whole = [page.c[name] for name in ("person_id", "crn", "facts", "limited")]
    rest = [column for column in page.c if column.name not in ("person_id", "crn", "facts", "limited")]
    return select(*whole, relied(page), *rest).order_by(page.c.starts_at, page.c.id)


async def held(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Each by its start, one more than the page holds if there are more."""
    statement = records.prepared(("calendar", shape(listing)), lambda: _page(listing))
    found = await records.database.fetch(statement, values_of(listing), permit)
    return [
        ListedRow(person_id, crn, bits, bool(limited_), dict(zip(NAMES, rest, strict=True)), consents, (rest[0],))
        for person_id, crn, bits, limited_, consents, *rest in found
    ]
