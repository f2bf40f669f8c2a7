"""What makes each fact hold, as SQL over the tables as they stand at `:at`.

What is not known has its unfavourable value: a predicate that grants is EXISTS and so false without a row; one that
withholds counts a row whose end nobody recorded as live.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased

import app.tables
from app.pathway.consents import CLOCKS_APART
from app.tables import Instant
from app.vocabulary import Caller

LIVE_AFTER_CLOSING = timedelta(days=28)
LONDON = ZoneInfo("Europe/London")

AT = bindparam("at", type_=Instant())
WITHDRAWN_BY = bindparam("withdrawn_by", type_=Instant())
TODAY = bindparam("today", type_=Date())
CLOSED_AFTER = bindparam("closed_after", type_=Date())
USERNAME = bindparam("username", type_=String())
CLIENT = bindparam("client", type_=String())
TOKEN = bindparam("token", type_=String())
PARTY = bindparam("party", type_=String())
ROLE = bindparam("role", type_=String())

Predicate = ColumnElement[bool]
PERSON: Any = app.tables.Person.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not


def parameters(caller: Caller, at: datetime) -> dict[str, Any]:
    """The parameters that every facts expression takes."""
    today = at.astimezone(LONDON).date()
    return {
        "at": at,
        "withdrawn_by": at + CLOCKS_APART,
        "today": today,
        "closed_after": today - LIVE_AFTER_CLOSING,
        "username": caller.staff,
        "client": caller.client,
        "token": caller.token,
        "party": caller.party.value,
        "role": caller.role.value,
    }


ZERO: ColumnElement[Any] = literal_column("0")
Sources = tuple[Select[Any], ...]
"""Queries of people's ids, each with one column: whoever is in any of them."""


def recorded(model: Any, *conditions: Any) -> Sources:
    """People of whom a row is recorded that withholds something, under their own record or another that is theirs too.

    What grants holds under its own record alone; what withholds follows whoever the probation service merged.
    """
    merged = aliased(T.MergedPerson)
    own = select(model.person_id).where(*conditions)
    return own, select(merged.person_id).join(model, model.person_id == merged.with_id).where(*conditions)


def recorded_of(model: Any, person_id: Any, *conditions: Any) -> Select[Any]:
    """The same of one person, for a look-up by the column that says who it is: most have one record."""
    merged, own = aliased(T.MergedPerson), select(person_id.label("id")).correlate(person_id.table)
    others = select(merged.with_id).where(merged.person_id == person_id, merged.with_id != person_id)
    records = own.union_all(others.correlate(person_id.table)).subquery()
    found = select(records.c.id).select_from(records.join(model, model.person_id == records.c.id))
    return found.where(*conditions).correlate(person_id.table)


def is_merged(person_id: Any) -> Predicate:
    """Whether somebody has another record: few people have."""
    return exists().where(T.MergedPerson.person_id == person_id)


def word(word: str) -> ColumnElement[str]:
    """A word of ours as part of the SQL text, so that it needs no parameter; never anything from outside."""
    return literal_column(f"'{word}'", String())


def live(record: Any) -> Predicate:
    """A period that has begun and not ended."""
    return and_(record.valid_from <= AT, or_(record.valid_until.is_(None), record.valid_until > AT))


def not_yet(moment: Any) -> Predicate:
    """A moment that has not come, or is not set."""
    return or_(moment.is_(None), moment > AT)


def _not_stopped(moment: Any) -> Predicate:
    """Not revoked, nor suspended: what one worker stops is stopped for the next by its clock too."""
    return or_(moment.is_(None), moment > WITHDRAWN_BY)


def running(record: Any) -> Predicate:
    """A sentence or a requirement that runs today."""
    return and_(
        record.start_date <= TODAY,
        or_(record.end_date.is_(None), record.end_date >= TODAY),
        or_(record.terminated_on.is_(None), record.terminated_on > TODAY),
    )


def _referral_is_live() -> Predicate:
    return and_(
        T.Referral.status != word("draft"),
        T.Referral.withdrawn_at.is_(None),
        T.Referral.merged_into.is_(None),
        T.Referral.received_on <= TODAY,
        or_(T.Referral.closed_on.is_(None), T.Referral.closed_on > CLOSED_AFTER),
    )


# --- the caller ----------------------------------------------------------------------------------------------------

STAFF_ID = select(T.Staff.id).where(T.Staff.username == USERNAME).scalar_subquery()
SERVICE_ID = func.coalesce(
    select(T.Staff.service_id).where(T.Staff.username == USERNAME).scalar_subquery(),
    select(T.Client.service_id).where(T.Client.id == CLIENT, USERNAME.is_(None)).scalar_subquery(),
)


def session_is_live() -> Predicate:
    """Whether client, token and member of staff are still good: anything revoked stops at the next request."""
    client = exists().where(
        T.Client.id == CLIENT,
        T.Client.party == PARTY,
        T.Client.registered_at <= AT,
        _not_stopped(T.Client.suspended_at),
        or_(USERNAME.is_(None), T.Client.acts_for_staff),
    )
    staff = exists().where(T.Staff.username == USERNAME, _not_stopped(T.Staff.revoked_at))
    revoked = exists().where(T.RevokedToken.token == TOKEN)
    return and_(client, or_(USERNAME.is_(None), staff), not_(revoked))


def employed() -> Predicate:
    """Active in the token's role at its party; for a system: registered in it, and not suspended."""
    staff = exists().where(
        T.Staff.username == USERNAME,
        T.Staff.party == PARTY,
        T.Staff.role == ROLE,
        T.Staff.employed_from <= TODAY,
        or_(T.Staff.employed_until.is_(None), T.Staff.employed_until >= TODAY),
        _not_stopped(T.Staff.revoked_at),
    )
    system = exists().where(
        USERNAME.is_(None),
        T.Client.id == CLIENT,
        T.Client.party == PARTY,
        T.Client.role == ROLE,
        _not_stopped(T.Client.suspended_at),
    )
    return or_(staff, system)


def valid_training() -> tuple[Predicate, ...]:
    """Of the caller's completed courses, those that have not expired."""
    return T.Training.staff_id == STAFF_ID, T.Training.completed_on <= TODAY, T.Training.expires_on > TODAY


def trained(course: str) -> Predicate:
    """A completed course that has not expired."""
    return exists().where(*valid_training(), T.Training.course == word(course))


def authorised() -> Predicate:
    """A live grant by a probation lead."""
    return exists().where(
        T.Authorisation.staff_id == STAFF_ID,
        T.Authorisation.kind == word("criminal-justice"),
        live(T.Authorisation),
        _not_stopped(T.Authorisation.revoked_at),
    )


# --- the caller and the person; each takes the person's id (or CRN) as a column -------------------------------------


def _allocated(kind: str) -> Predicate:
    """To the caller, begun and not ended; what was ended at once is over by every worker's clock."""
    one = T.Allocation
    planned = or_(one.ended_here_at.is_(None), one.valid_until > one.ended_here_at)
    goes_on = and_(one.valid_until > AT, or_(planned, one.valid_until > WITHDRAWN_BY))
    return and_(
        one.staff_id == STAFF_ID,
        one.kind == word(kind),
        one.valid_from <= AT,
        or_(one.valid_until.is_(None), goes_on),
    )


def caseload() -> Select[Any]:
    """People whose current offender manager the caller is."""
    return select(T.Allocation.person_id).where(_allocated("caseload"))


def treating() -> Select[Any]:
    """People with a live referral to which the caller is allocated."""
    return (
        select(T.Allocation.person_id)
        .join(T.Referral, T.Referral.id == T.Allocation.referral_id)
        .where(
            _allocated("treating"),
            T.Referral.person_id == T.Allocation.person_id,
            _referral_is_live(),
        )
    )


def service() -> Select[Any]:
    """People with a live referral to the caller's service."""
    return select(T.Referral.person_id).where(T.Referral.service_id == SERVICE_ID, _referral_is_live())


def subject_request() -> Select[Any]:
    """People with an open subject access request."""
    return select(T.SubjectRequest.person_id).where(
        T.SubjectRequest.opened_on <= TODAY,
        or_(T.SubjectRequest.closed_on.is_(None), T.SubjectRequest.closed_on > TODAY),
    )


def supervised() -> Select[Any]:
    """People with a sentence that runs today."""
    return select(T.Supervision.person_id).where(running(T.Supervision))


def mhtr() -> Select[Any]:
    """People whose running sentence has a treatment requirement that runs too."""
    return (
        select(T.Requirement.person_id)
        .join(T.Supervision, T.Supervision.id == T.Requirement.supervision_id)
        .where(
            T.Requirement.requirement_type == word("mental-health-treatment"),
            T.Supervision.person_id == T.Requirement.person_id,
            running(T.Requirement),
            running(T.Supervision),
        )
    )


def limits() -> Sources:
    """People with a live limit of either kind."""
    return recorded(T.AccessLimit, live(T.AccessLimit))


def limits_of(person_id: Any) -> Select[Any]:
    """The live limits of one person."""
    return recorded_of(T.AccessLimit, person_id, live(T.AccessLimit))


def _limit(kind: str) -> Sources:
    return tuple(source.where(T.AccessLimit.kind == word(kind)) for source in limits())


def named_on(limit: Any) -> Predicate:
    """The caller's name stands on this limit's list."""
    return exists().where(T.AccessLimitName.limit_id == limit.id, T.AccessLimitName.username == USERNAME)


def restricted() -> Sources:
    """People with a live restriction."""
    return _limit("restriction")


def listed() -> Sources:
    """On the list of every live restriction: of two, the stricter holds."""
    other = aliased(T.AccessLimit)
    narrower = other.kind == word("restriction"), live(other), not_(named_on(other))
    on_list = (source.where(named_on(T.AccessLimit)) for source in _limit("restriction"))
    return tuple(_not_elsewhere(source, recorded(other, *narrower)) for source in on_list)


def _not_elsewhere(source: Select[Any], others: Sources) -> Select[Any]:
    """Of these people those who are in none of the other sources."""
    (whose,) = source.selected_columns
    apart: list[Predicate] = []
    for other in others:
        (column,) = other.selected_columns
        same: Select[Any] = other.where(column == whose).with_only_columns(literal_column("1"))
        apart.append(not_(same.correlate(whose.table).exists()))
    return source.where(*apart)


def excluded() -> Sources:
    """People on whose live exclusion the caller stands."""
    return tuple(source.where(named_on(T.AccessLimit)) for source in _limit("exclusion"))


def among(person_id: Any, sources: Sources) -> Predicate:
    """Whether somebody is in any of them."""
    return or_(*(person_id.in_(source) for source in sources))


def kept_from_caller(person_id: Any) -> Predicate:
    """Of somebody whose record excludes the caller, or is restricted to others (S3)."""
    return or_(among(person_id, excluded()), and_(among(person_id, restricted()), not_(among(person_id, listed()))))


def break_glass() -> Select[Any]:
    """CRNs for which the caller has a live emergency grant."""
    return select(T.EmergencyGrant.crn).where(
        T.EmergencyGrant.staff_id == STAFF_ID,
        T.EmergencyGrant.granted_at <= AT,
        T.EmergencyGrant.expires_at > AT,
        _not_stopped(T.EmergencyGrant.revoked_at),
    )
