"""Who of a party's staff completed a course, and until when it counts; registers, which no permit opens."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, String, bindparam, func, select

from app.records.predicates import T
from app.records.reading import Records
from app.records.standing import kept_by, works_here
from app.records.working_time import SERVICE


class Trained(NamedTuple):
    """A member of staff who works here, and the first day on which the course no longer counts; None for never."""

    username: str
    name: str
    role: str
    team: str | None
    expires_on: date | None


class Colleague(NamedTuple):
    """A member of a service's staff, and the share of a week that they work."""

    username: str
    name: str
    role: str
    wte: float | None


def _trained() -> Select[Any]:
    staff, training = T.Staff, T.Training
    last = (
        select(func.max(training.expires_on))
        .where(training.staff_id == staff.id, training.course == bindparam("course", type_=String()))
        .where(training.completed_on <= bindparam("today", type_=training.completed_on.type))
        .correlate(staff)
        .scalar_subquery()
    )
    return (
        select(staff.username, staff.name, staff.role, staff.team, last)
        .where(kept_by(staff), works_here(staff))
        .order_by(staff.username)
    )


async def trained(records: Records, about: dict[str, Any], course: str) -> list[Trained]:
    """The staff of a party who work there, by username; `about` as `standing.window` gives it."""
    rows = await records.database.fetch(records.prepared("trained", _trained), {**about, "course": course})
    return [Trained(*row) for row in rows]


def _colleagues() -> Select[Any]:
    staff = T.Staff
    return (
        select(staff.username, staff.name, staff.role, staff.wte)
        .where(kept_by(staff), works_here(staff), staff.service_id == SERVICE)
        .order_by(staff.username)
    )


async def colleagues(records: Records, about: dict[str, Any], service: str) -> list[Colleague]:
    """The staff of a service who work there, without the caller."""
    rows = await records.database.fetch(records.prepared("colleagues", _colleagues), {**about, "service": service})
    return [Colleague(*row) for row in rows]
