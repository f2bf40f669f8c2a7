"""Queries about who stands where: the register of staff in pages, what of it lapses, and live authorisations.

The registers of staff hold nothing of a person's record, so that no permit opens them; who may read them is decided at
the gate all the same.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.records import predicates
from app.records.as_of import then
from app.records.predicates import T
from app.records.reading import Records
from app.records.rows import Found
from app.tables import Instant

LIMIT = bindparam("limit", type_=Integer())
LAST = bindparam("last", type_=Date())
LATEST = bindparam("latest", type_=Instant())
OF_PARTY = bindparam("of_party", type_=String())
NOT_OF = bindparam("not_of", type_=String())
MEMBER = ("username", "name", "role", "service_id", "team", "manager", "employed_from", "employed_until", "revoked_at")
AUTHORISED = ("id", "username", "kind", "granted_by", "valid_from", "valid_until", "revoked_at")


def works_here(staff: Any) -> ColumnElement[bool]:
    """Whether they are employed that day and not revoked."""
    return and_(
        staff.employed_from <= predicates.TODAY,
        or_(staff.employed_until.is_(None), staff.employed_until >= predicates.TODAY),
        or_(staff.revoked_at.is_(None), staff.revoked_at > predicates.AT),
    )


def kept_by(staff: Any) -> ColumnElement[bool]:
    """Of the caller's party, and not the caller (I1, I2)."""
    return and_(staff.party == OF_PARTY, staff.username != NOT_OF)


def _members(filters: tuple[str, ...], *, employed: bool | None, is_past: bool, goes_on: bool) -> Select[Any]:
    staff = T.Staff
    statement = select(*(getattr(staff, name) for name in MEMBER)).where(kept_by(staff))
    if is_past:  # so that the moment is a parameter of the statement
        statement = statement.where(staff.recorded_at <= predicates.AT)
    for name in filters:
        statement = statement.where(getattr(staff, name) == bindparam(name, type_=String()))
    if employed is not None:
        statement = statement.where(works_here(staff) if employed else not_(works_here(staff)))
    if goes_on:
        statement = statement.where(staff.username > bindparam("after", type_=String()))
    return statement.order_by(staff.username).limit(LIMIT)


async def members(records: Records, about: Mapping[str, Any], filters: Mapping[str, str], *, employed: bool | None,
                  is_past: bool, after: str | None, size: int) -> list[Found]:  # fmt: skip
    """Staff of a party by username, one more than the page holds if there are more; `about` as `window` gives it.

    `is_past` asks for the register as it stood at that moment.
    """
    names = tuple(sorted(filters))
    statement = records.prepared(
        ("members", names, employed, is_past, after is None),
        lambda: _members(names, employed=employed, is_past=is_past, goes_on=after is not None),
        then=then(records) if is_past else None,
    )
    rows = await records.database.fetch(statement, {**about, **filters, "after": after, "limit": size + 1})
    return [dict(zip(MEMBER, row, strict=True)) for row in rows]


def window(party: str, caller: str, at: datetime, last: date, latest: datetime) -> dict[str, Any]:
    """The parameters of every query here: whose staff, but for whom, from when and, for what lapses, to when."""
    today = at.astimezone(predicates.LONDON).date()
    return {"of_party": party, "not_of": caller, "at": at, "today": today, "last": last, "latest": latest}


def _lapsing_training() -> Select[Any]:
    """The last of each course that somebody completed, if it runs out within the window."""
    staff, training, newer = T.Staff, T.Training, aliased(T.Training)
    renewed = exists().where(
        newer.staff_id == training.staff_id,
        newer.course == training.course,
        newer.completed_on <= predicates.TODAY,
        or_(
            newer.expires_on > training.expires_on,
            and_(newer.expires_on == training.expires_on, newer.id > training.id),
        ),
    )
    return (
        select(staff.username, staff.name, staff.team, staff.manager, training.course, training.expires_on)
        .join(training, training.staff_id == staff.id)
        .where(kept_by(staff), works_here(staff), not_(renewed))
        .where(training.expires_on > predicates.TODAY, training.expires_on <= LAST)
    )


def _lapsing_employment() -> Select[Any]:
    staff = T.Staff
    return select(staff.username, staff.name, staff.team, staff.manager, staff.employed_until).where(
        kept_by(staff), works_here(staff), staff.employed_until < LAST
    )


def _lapsing_authorisation() -> Select[Any]:
    """Live ones that end before `latest`, unless another goes on where they end."""
    grant, next_one = T.Authorisation, aliased(T.Authorisation)
    goes_on = exists().where(
        next_one.staff_id == grant.staff_id,
        next_one.kind == grant.kind,
        next_one.revoked_at.is_(None),
        next_one.valid_from <= grant.valid_until,
        next_one.valid_until > grant.valid_until,
    )
    return (
        select(T.Staff.username, grant.id, grant.valid_until)
        .join(grant, grant.staff_id == T.Staff.id)
        .where(works_here(T.Staff), predicates.live(grant), grant.revoked_at.is_(None), not_(goes_on))
        .where(grant.valid_until < LATEST)
    )


async def lapsing_trainings(records: Records, about: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Username, name, team, manager, course and the day from which it no longer counts."""
    return await records.database.fetch(records.prepared("lapsing-training", _lapsing_training), about)


async def lapsing_employments(records: Records, about: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Username, name, team, manager and the last day of an employment that ends."""
    return await records.database.fetch(records.prepared("lapsing-employment", _lapsing_employment), about)


async def lapsing_authorisations(records: Records, about: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Username, id and end of an authorisation."""
    return await records.database.fetch(records.prepared("lapsing-authorisation", _lapsing_authorisation), about)


def _authorisations(*, of_one: bool, live: bool | None, goes_on: bool) -> Select[Any]:
    grant, lead = T.Authorisation, aliased(T.Staff)
    statement = (
        select(grant.id, T.Staff.username, grant.kind, lead.username, *_period(grant))
        .join(T.Staff, T.Staff.id == grant.staff_id)
        .join(lead, lead.id == grant.granted_by_id)
    )
    if of_one:
        statement = statement.where(T.Staff.username == bindparam("username", type_=String()))
    if live is not None:
        good = and_(predicates.live(grant), or_(grant.revoked_at.is_(None), grant.revoked_at > predicates.AT))
        statement = statement.where(good if live else not_(good))
    if goes_on:
        statement = statement.where(grant.id > bindparam("after", type_=String()))
    return statement.order_by(grant.id).limit(LIMIT)


def _period(grant: Any) -> tuple[Any, ...]:
    return grant.valid_from, grant.valid_until, grant.revoked_at


async def authorisations(records: Records, at: datetime, username: str | None, *, live: bool | None,
                         after: str | None, size: int) -> list[Found]:  # fmt: skip
    """Authorisations by id, one more than the page holds if there are more."""
    statement = records.prepared(
        ("authorisations", username is None, live, after is None),
        lambda: _authorisations(of_one=username is not None, live=live, goes_on=after is not None),
    )
    values = {"at": at, "username": username, "after": after, "limit": size + 1}
    return [dict(zip(AUTHORISED, row, strict=True)) for row in await records.database.fetch(statement, values)]
