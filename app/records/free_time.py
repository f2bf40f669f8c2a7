"""That nobody else has what a booking takes, found in the transaction that makes it: no booking is made twice.

The appointments themselves are looked at, those that another system booked among them, as they stand at that moment,
and so is who is one with whom: a merger that is made or parted before the write counts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.db import Prepared
from app.records.diary import USUAL_MINUTES, earliest, stands, theirs, treating_then
from app.records.predicates import T
from app.records.reading import Records
from app.tables import Instant

STARTS, ENDS, EARLIEST = (bindparam(name, type_=Instant()) for name in ("starts_at", "ends_at", "earliest"))
ITSELF, STAFF, SECOND, ROOM = (
    bindparam(name, type_=String()) for name in ("id", "staff_id", "second_staff_id", "room_id")
)


class _Later(FunctionElement[datetime]):
    """A moment so many minutes after another; on SQLite to the thousandth of a second."""

    name = "later"
    inherit_cache = True
    type = Instant()


@compiles(_Later, "sqlite")
def _later_in_sqlite(element: _Later, compiler: Any, **options: Any) -> str:
    moment, minutes = (compiler.process(each, **options) for each in element.clauses)
    return f"(strftime('%Y-%m-%dT%H:%M:%f', {moment}, '+' || {minutes} || ' minutes') || '000Z')"


@compiles(_Later, "postgresql")
def _later_in_postgresql(element: _Later, compiler: Any, **options: Any) -> str:
    moment, minutes = (compiler.process(each, **options) for each in element.clauses)
    return f"({moment} + make_interval(mins => {minutes}))"


def _overlapping() -> tuple[ColumnElement[bool], ...]:
    appointment = T.Appointment
    lasts = func.coalesce(func.nullif(appointment.minutes, literal_column("0")), literal_column(str(USUAL_MINUTES)))
    return (
        stands(appointment),
        appointment.id != ITSELF,
        appointment.starts_at < ENDS,
        appointment.starts_at > EARLIEST,
        _Later(appointment.starts_at, lasts) > STARTS,
    )


def still_free(wanted: Mapping[str, Any]) -> Select[Any]:
    """One row if nobody else has the therapist, the second of staff, the room or, under any CRN, the person.

    A change that finds it is made under the log's lock, which whoever else books waits for: of any number of bookings
    of one slot that are decided at once, one is made. None stands for nobody and nowhere.
    """
    appointment, booking, allocation = T.Appointment, T.Booking, T.Allocation
    staff = [each for each in (STAFF, SECOND) if wanted[each.key] is not None]
    same = [who.in_(staff) for who in (booking.staff_id, booking.second_staff_id, allocation.staff_id) if staff]
    if wanted["room_id"] is not None:
        same.append(booking.room_id == ROOM)
    person = select(appointment.id).where(theirs(appointment.person_id), *_overlapping())
    free = [~exists(person)]
    if same:
        held = select(appointment.id).outerjoin(booking, booking.id == appointment.id)
        free.append(~exists(held.outerjoin(allocation, treating_then()).where(*_overlapping(), or_(*same))))
    return select(literal_column("1")).where(*free)


def free_change(records: Records, wanted: Mapping[str, Any]) -> tuple[str, Sequence[Any], int]:
    """The same as a change that goes before the booking's own."""
    statement = _prepared(records, wanted)
    values = dict(wanted) | {"person": wanted["person_id"], "earliest": earliest(wanted["starts_at"])}
    return statement.sql, statement.arguments({name: values[name] for name in statement.names}), 1


def _prepared(records: Records, wanted: Mapping[str, Any]) -> Prepared:
    taken = tuple(name for name in ("staff_id", "second_staff_id", "room_id") if wanted[name] is not None)
    return records.prepared(("diary still free", taken), lambda: still_free(wanted))
