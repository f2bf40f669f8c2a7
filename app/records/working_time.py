"""Queries about when the staff of a service hold sessions, and when they are away; registers, which no permit opens."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Select, String, bindparam, or_, select

from app.pathway.working_time import Leave, Session
from app.records.predicates import T
from app.records.reading import Records

FIRST, LAST = bindparam("first", type_=Date()), bindparam("last", type_=Date())
SERVICE = bindparam("service", type_=String())


def _sessions() -> Select[Any]:
    session, staff = T.StaffSession, T.Staff
    columns = (session.weekday, session.starts, session.ends, session.valid_from, session.valid_until)
    return (
        select(session.id, staff.username, *columns, session.site, session.room, session.therapy_kind,
               staff.employed_from, staff.employed_until)
        .join(staff, staff.id == session.staff_id)
        .where(session.service_id == SERVICE, staff.service_id == SERVICE, staff.revoked_at.is_(None))
        .where(session.valid_from <= LAST, or_(session.valid_until.is_(None), session.valid_until >= FIRST))
        .where(staff.employed_from <= LAST, or_(staff.employed_until.is_(None), staff.employed_until >= FIRST))
        .order_by(session.id)
    )  # fmt: skip


def _leave() -> Select[Any]:
    leave, staff = T.StaffLeave, T.Staff
    return (
        select(staff.username, leave.starts_on, leave.ends_on)
        .join(staff, staff.id == leave.staff_id)
        .where(staff.service_id == SERVICE, leave.starts_on <= LAST, leave.ends_on >= FIRST)
        .order_by(leave.id)
    )


async def sessions(records: Records, service: str, first: date, last: date) -> list[Session]:
    """The weekly sessions at a service that can be held on some of these days; none goes on after an employment."""
    about = {"service": service, "first": first, "last": last}
    rows = await records.database.fetch(records.prepared("working-sessions", _sessions), about)
    return [
        Session(identity, staff, weekday, starts, ends, max(begins, employed), _earlier(until, employed_until), *rest)
        for identity, staff, weekday, starts, ends, begins, until, *rest, employed, employed_until in rows
    ]


async def leave(records: Records, service: str, first: date, last: date) -> list[Leave]:
    """When the staff of a service are away, as far as it touches these days."""
    about = {"service": service, "first": first, "last": last}
    rows = await records.database.fetch(records.prepared("working-leave", _leave), about)
    return [Leave(*row) for row in rows]


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((each for each in (one, other) if each is not None), default=None)
