"""Queries of the diary: what a person has to keep clear of, and when the staff and the rooms of a service are taken.

Of other people's appointments no more is selected than when, where and with whom; nothing says whose they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from app.db import Warrant
from app.records.predicates import T
from app.records.reading import PERSON, Records
from app.tables import Instant

FROM, UNTIL = bindparam("since", type_=Instant()), bindparam("until", type_=Instant())
BEGUN = bindparam("begun", type_=Instant())
"""Before which nothing began that goes on into the window."""
FIRST, LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())
APART = bindparam("apart", type_=String())
"""The appointment that is moved, which is in nobody's way."""
LONGEST_MINUTES = 1440
USUAL_MINUTES = 60
"""How long an appointment is taken to last of which nobody said it."""
CANCELLED = ("2", "4")
"""By the patient, by the provider: whatever they took is free again."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment to another, and the days in Europe/London that they lie on; an appointment to leave out."""

    since: datetime
    until: datetime
    first: date
    last: date
    apart: str = ""

    def values(self, **also: Any) -> dict[str, Any]:
        """As the statements name them."""
        return {"since": self.since, "until": self.until, "begun": earliest(self.since), "first": self.first,
                "last": self.last, "apart": self.apart, **also}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment as far as it takes somebody's time: who holds it, who else is there, in which room, at which site.

    How long it lasts the appointment says, and not what was booked: another system may since have sent another time.
    """

    starts_at: datetime
    minutes: int | None
    staff_id: str | None
    second_staff_id: str | None
    room_id: str | None
    site: str | None

    @property
    def ends_at(self) -> datetime:
        """When it is over, as far as anybody said how long it lasts."""
        return over(self.starts_at, self.minutes)


def earliest(starts: datetime) -> datetime:
    """Before which nothing begins that lasts until then."""
    return starts - timedelta(minutes=LONGEST_MINUTES)


def over(starts: datetime, minutes: int | None) -> datetime:
    """When an appointment of so many minutes is over, or of as many as is usual."""
    return starts + timedelta(minutes=minutes or USUAL_MINUTES)


def stands(appointment: Any) -> ColumnElement[bool]:
    """Whether it takes anybody's time: not cancelled, and not taken back by its sender."""
    cancelled = appointment.attendance_code.in_([literal_column(f"'{code}'") for code in CANCELLED])
    return and_(appointment.withdrawn_at.is_(None), or_(appointment.attendance_code.is_(None), ~cancelled))


def theirs(person_id: Any) -> ColumnElement[bool]:
    """Of the person under whichever CRN: what they have to attend and keep away from does not follow the number."""
    others = select(T.MergedPerson.with_id).where(T.MergedPerson.person_id == PERSON)
    found: ColumnElement[bool] = person_id.in_(union_all(select(PERSON), others))
    return found


def _obligations() -> Select[Any]:
    obligation = T.Obligation
    columns = (obligation.starts_at, obligation.ends_at, obligation.kind, obligation.place,
               obligation.person_id != PERSON)  # fmt: skip
    within = (theirs(obligation.person_id), obligation.starts_at < UNTIL, obligation.ends_at >= FROM)
    return select(*columns).where(*within).order_by(obligation.starts_at, obligation.id)


def _conditions() -> Select[Any]:
    condition = T.LicenceCondition
    columns = (
        condition.kind,
        func.coalesce(condition.area, condition.description),
        condition.hours,
        condition.sites,
        condition.postcodes,
    )
    return (
        select(*columns, condition.start_date, condition.end_date, condition.person_id != PERSON)
        .where(
            theirs(condition.person_id),
            condition.kind.in_([literal_column("'exclusion-zone'"), literal_column("'curfew'")]),
        )
        .where(condition.start_date <= LAST, or_(condition.end_date.is_(None), condition.end_date >= FIRST))
        .order_by(condition.id)
    )


def _alerts() -> Select[Any]:
    alert = T.RiskAlert
    live = (alert.start_date <= LAST, or_(alert.deregistered_on.is_(None), alert.deregistered_on > FIRST))
    columns = (alert.code, alert.person_id != PERSON)
    return select(*columns).distinct().where(theirs(alert.person_id), *live).order_by(alert.code)


def treating_then() -> ColumnElement[bool]:
    """Who treats under the referral at the time of an appointment that was not booked here."""
    appointment, allocation = T.Appointment, T.Allocation
    return and_(
        T.Booking.id.is_(None),
        allocation.person_id == appointment.person_id,  # by an index: of a referral there is none
        allocation.referral_id == appointment.referral_id,
        allocation.kind == literal_column("'treating'"),
        allocation.valid_from <= appointment.starts_at,
        or_(allocation.valid_until.is_(None), allocation.valid_until > appointment.starts_at),
    )


def _held(*also: Any, where: Any) -> Select[Any]:
    appointment, booking, allocation = T.Appointment, T.Booking, T.Allocation
    return (
        select(appointment.starts_at, appointment.minutes, booking.staff_id, booking.second_staff_id, booking.room_id,
               appointment.site, allocation.staff_id, *also)
        .outerjoin(booking, booking.id == appointment.id)
        .outerjoin(allocation, treating_then())
        .where(stands(appointment), appointment.id != APART, appointment.starts_at < UNTIL, *where)
        .order_by(appointment.starts_at, appointment.id)
    )  # fmt: skip


def _own() -> Select[Any]:
    appointment = T.Appointment
    within = (theirs(appointment.person_id), appointment.starts_at >= BEGUN)
    return _held(appointment.person_id != PERSON, where=within)


def _taken() -> Select[Any]:
    return _held(where=(T.Appointment.starts_at >= FROM,))


def _language() -> Select[Any]:
    return select(T.Person.interpreter_language).where(T.Person.id == PERSON)


async def obligations(records: Records, permit: Warrant, person: str, window: Window) -> Sequence[Any]:
    """Start, end, kind and place of each, and whether it stands under another record of the person."""
    return await _fetched(records, permit, "diary obligations", _obligations, window.values(person=person))


async def conditions(records: Records, permit: Warrant, person: str, window: Window) -> Sequence[Any]:
    """Of zones and curfews: kind, area, hours, sites, postcodes, first and last day, whether another record has it."""
    return await _fetched(records, permit, "diary conditions", _conditions, window.values(person=person))


async def alerts(records: Records, permit: Warrant, person: str, window: Window) -> Sequence[Any]:
    """The codes of registrations that are live on some of these days, each with whether another record has it."""
    return await _fetched(records, permit, "diary alerts", _alerts, window.values(person=person))


async def own(records: Records, permit: Warrant, person: str, window: Window) -> list[tuple[Held, bool]]:
    """The person's therapy appointments, under whichever referral and CRN; each with whether another record has it.

    As of obligations, those that have ended by the first moment of the window are none of them.
    """
    rows = await _fetched(records, permit, "diary own", _own, window.values(person=person))
    found = ((_as_held(row[:-1]), bool(row[-1])) for row in rows)
    return [(held, elsewhere) for held, elsewhere in found if held.ends_at >= window.since]


async def taken(records: Records, permit: Warrant, window: Window) -> list[Held]:
    """Everybody's appointments, without whose they are."""
    return [_as_held(row) for row in await _fetched(records, permit, "diary taken", _taken, window.values())]


async def language(records: Records, permit: Warrant, person: str) -> str | None:
    """In which the person needs an interpreter, or somebody who speaks it."""
    ((found,),) = await _fetched(records, permit, "diary language", _language, {"person": person})
    return str(found) if found else None


def _as_held(row: Sequence[Any]) -> Held:
    """Whoever treats the person holds what was booked elsewhere."""
    starts, minutes, staff, second, room, site, treating = row
    return Held(starts, minutes, staff or treating, second, room, site)


async def _fetched(records: Records, permit: Warrant, key: str, build: Any, values: Mapping[str, Any]) -> Sequence[Any]:
    statement = records.prepared(key, build)
    return await records.database.fetch(statement, {name: values[name] for name in statement.names}, permit)
