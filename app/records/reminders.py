"""Which appointments a reminder is due for, and that one still is when it is written down."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, String, bindparam, literal_column, or_, select, true

from app.db import Warrant
from app.records.diary import stands
from app.records.predicates import T
from app.records.reading import Records
from app.tables import Instant

TABLES = frozenset({"appointment", "appointment_booking", "diary_preference", "person"})
_A, _B, _D, _P = T.Appointment, T.Booking, T.DiaryPreference, T.Person
_NOW, _UNTIL = bindparam("now", type_=Instant()), bindparam("until", type_=Instant())


class Due(NamedTuple):
    """An appointment whose person agreed to be reminded, and whom nobody has reminded of this start yet."""

    id: str
    starts_at: datetime
    reminded_for: datetime | None
    version: str
    person_id: str
    crn: str
    referral_id: str


def _due() -> Select[Any]:
    unsaid = or_(_B.reminded_for.is_(None), _B.reminded_for != _A.starts_at)
    return (
        select(_A.id, _A.starts_at, _B.reminded_for, _B.source_version, _P.id, _P.crn, _A.referral_id)
        .join(_B, _B.id == _A.id)
        .join(_D, _D.id == _A.referral_id)
        .join(_P, _P.id == _A.person_id)
        .where(_D.reminders == true(), stands(_A), _A.starts_at > _NOW, _A.starts_at <= _UNTIL, unsaid)
        .order_by(_A.starts_at, _A.id)
        .limit(bindparam("most", type_=Integer()))
    )


def _still() -> Select[Any]:
    """One row as long as the appointment begins then, is not cancelled, and the person has not changed their mind."""
    starts = _A.starts_at == bindparam("starts_at", type_=Instant())
    return (
        select(literal_column("1"))
        .select_from(T.Appointment.__table__)
        .join(T.DiaryPreference.__table__, _D.id == _A.referral_id)
        .where(_A.id == bindparam("id", type_=String()), starts, stands(_A), _D.reminders == true())
    )


async def due(records: Records, permit: Warrant, now: datetime, until: datetime, most: int) -> list[Due]:
    """The soonest first."""
    statement = records.prepared("reminders due", _due)
    found = await records.database.fetch(statement, {"now": now, "until": until, "most": most}, permit)
    return [Due(*row) for row in found]


def still_due(records: Records, one: Due) -> tuple[str, Sequence[Any], int]:
    """That it is, as a change that goes before the reminder."""
    statement = records.prepared("reminders still", _still)
    return statement.sql, statement.arguments({"id": one.id, "starts_at": one.starts_at}), 1
