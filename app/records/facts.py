"""The facts of (caller, person) as one SQL expression, used by single reads and by lists alike.

Each fact is a predicate over the tables as they stand at `:at`; `facts_of` adds them up to one integer, a bit each.
What is not known has its unfavourable value: a predicate that grants is EXISTS and so false without a row; one that
withholds counts a row whose end nobody recorded as live.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

import app.tables
from app.tables import Instant
from app.vocabulary import CATEGORIES, HEALTH_TO_JUSTICE, NEVER_OBJECTED, Caller, Fact, Party, Scope, objection_to

LIVE_AFTER_CLOSING = timedelta(days=28)
LONDON = ZoneInfo("Europe/London")

AT = bindparam("at", type_=Instant())
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
        "today": today,
        "closed_after": today - LIVE_AFTER_CLOSING,
        "username": caller.staff,
        "client": caller.client,
        "token": caller.token,
        "party": caller.party.value,
        "role": caller.role.value,
    }


ZERO: ColumnElement[Any] = literal_column("0")


def _word(word: str) -> ColumnElement[str]:
    """A word of ours as part of the SQL text, so that it needs no parameter; never anything from outside."""
    return literal_column(f"'{word}'", String())


def live(record: Any) -> Predicate:
    """A period that has begun and not ended."""
    return and_(record.valid_from <= AT, or_(record.valid_until.is_(None), record.valid_until > AT))


def _not_yet(moment: Any) -> Predicate:
    return or_(moment.is_(None), moment > AT)


def _running(record: Any) -> Predicate:
    return and_(
        record.start_date <= TODAY,
        or_(record.end_date.is_(None), record.end_date >= TODAY),
        or_(record.terminated_on.is_(None), record.terminated_on > TODAY),
    )


def _referral_is_live() -> Predicate:
    return and_(
        T.Referral.status != _word("draft"),
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
        _not_yet(T.Client.suspended_at),
        or_(USERNAME.is_(None), T.Client.acts_for_staff),
    )
    staff = exists().where(T.Staff.username == USERNAME, _not_yet(T.Staff.revoked_at))
    revoked = exists().where(T.RevokedToken.token == TOKEN)
    return and_(client, or_(USERNAME.is_(None), staff), not_(revoked))


def _employed() -> Predicate:
    staff = exists().where(
        T.Staff.username == USERNAME,
        T.Staff.party == PARTY,
        T.Staff.role == ROLE,
        T.Staff.employed_from <= TODAY,
        or_(T.Staff.employed_until.is_(None), T.Staff.employed_until >= TODAY),
        _not_yet(T.Staff.revoked_at),
    )
    system = exists().where(
        USERNAME.is_(None),
        T.Client.id == CLIENT,
        T.Client.party == PARTY,
        T.Client.role == ROLE,
        _not_yet(T.Client.suspended_at),
    )
    return or_(staff, system)


def _trained(course: str) -> Predicate:
    return exists().where(
        T.Training.staff_id == STAFF_ID,
        T.Training.course == _word(course),
        T.Training.completed_on <= TODAY,
        T.Training.expires_on > TODAY,
    )


def _authorised() -> Predicate:
    return exists().where(
        T.Authorisation.staff_id == STAFF_ID,
        T.Authorisation.kind == _word("criminal-justice"),
        live(T.Authorisation),
        _not_yet(T.Authorisation.revoked_at),
    )


# --- the caller and the person; each takes the person's id (or CRN) as a column -------------------------------------


def _caseload() -> Select[Any]:
    return select(T.Allocation.person_id).where(
        T.Allocation.staff_id == STAFF_ID, T.Allocation.kind == _word("caseload"), live(T.Allocation)
    )


def _treating() -> Select[Any]:
    return (
        select(T.Allocation.person_id)
        .join(T.Referral, T.Referral.id == T.Allocation.referral_id)
        .where(
            T.Allocation.staff_id == STAFF_ID,
            T.Allocation.kind == _word("treating"),
            T.Referral.person_id == T.Allocation.person_id,
            live(T.Allocation),
            _referral_is_live(),
        )
    )


def _service() -> Select[Any]:
    return select(T.Referral.person_id).where(T.Referral.service_id == SERVICE_ID, _referral_is_live())


def _subject_request() -> Select[Any]:
    return select(T.SubjectRequest.person_id).where(
        T.SubjectRequest.opened_on <= TODAY,
        or_(T.SubjectRequest.closed_on.is_(None), T.SubjectRequest.closed_on > TODAY),
    )


def _supervised() -> Select[Any]:
    return select(T.Supervision.person_id).where(_running(T.Supervision))


def _mhtr() -> Select[Any]:
    return (
        select(T.Requirement.person_id)
        .join(T.Supervision, T.Supervision.id == T.Requirement.supervision_id)
        .where(
            T.Requirement.requirement_type == _word("mental-health-treatment"),
            T.Supervision.person_id == T.Requirement.person_id,
            _running(T.Requirement),
            _running(T.Supervision),
        )
    )


def _limit(kind: str) -> Select[Any]:
    return select(T.AccessLimit.person_id).where(T.AccessLimit.kind == _word(kind), live(T.AccessLimit))


def _named_on(limit: Any) -> Predicate:
    return exists().where(T.AccessLimitName.limit_id == limit.id, T.AccessLimitName.username == USERNAME)


def _restricted() -> Select[Any]:
    return _limit("restriction")


def _listed() -> Select[Any]:
    """On the list of every live restriction: of two, the stricter holds."""
    other = aliased(T.AccessLimit)
    elsewhere = exists().where(
        other.person_id == T.AccessLimit.person_id,
        other.kind == _word("restriction"),
        live(other),
        not_(_named_on(other)),
    )
    return _limit("restriction").where(_named_on(T.AccessLimit), not_(elsewhere))


def _excluded() -> Select[Any]:
    return _limit("exclusion").where(_named_on(T.AccessLimit))


def _break_glass() -> Select[Any]:
    return select(T.EmergencyGrant.crn).where(
        T.EmergencyGrant.staff_id == STAFF_ID,
        T.EmergencyGrant.granted_at <= AT,
        T.EmergencyGrant.expires_at > AT,
        _not_yet(T.EmergencyGrant.revoked_at),
    )


# --- consents and objections: every scope or category in one subquery ----------------------------------------------


def _effective(consent: Any) -> Predicate:
    """E3: from health to justice, what the justice party records needs a signed form or a countersignature."""
    unsigned = and_(
        consent.scope.in_([_word(scope) for scope in sorted(HEALTH_TO_JUSTICE)]),
        consent.recorded_by_party == _word(Party.JUSTICE),
        consent.signed_form.is_(None),
        _not_yet(consent.countersigned_at),
    )
    return and_(consent.capacity, not_(unsigned))


def _superseded(consent: Any) -> Predicate:
    later = aliased(T.Consent)
    return exists().where(
        later.supersedes_id == consent.id,
        later.person_id == consent.person_id,
        later.scope == consent.scope,
        later.valid_from <= AT,
        _effective(later),
    )


def _standing(consent: Any) -> Predicate:
    return and_(live(consent), _not_yet(consent.withdrawn_at), not_(_superseded(consent)))


def _consents() -> Select[Any]:
    refusal = aliased(T.Consent)
    refused = exists().where(
        refusal.person_id == T.Consent.person_id,
        refusal.scope == T.Consent.scope,
        refusal.decision == _word("refuse"),
        _standing(refusal),
    )
    names_party = exists().where(T.ConsentRecipient.consent_id == T.Consent.id, T.ConsentRecipient.party == PARTY)
    return select(T.Consent.person_id).where(
        T.Consent.decision == _word("permit"), _standing(T.Consent), _effective(T.Consent), names_party, not_(refused)
    )


def _objections() -> Select[Any]:
    return select(T.Objection.person_id).where(live(T.Objection), _not_yet(T.Objection.withdrawn_at))


def _bits(which: ColumnElement[Any], facts: dict[str, Fact], source: Select[Any], person: Any) -> ColumnElement[Any]:
    bit = case(*((which == _word(word), _bit(fact)) for word, fact in facts.items()), else_=ZERO)
    total = cast(func.coalesce(func.sum(bit.distinct()), ZERO), BigInteger)  # PostgreSQL adds bigints to a numeric
    (column,) = source.selected_columns
    return source.where(column == person).with_only_columns(total).correlate(person.table).scalar_subquery()


def _bit(fact: Fact) -> ColumnElement[Any]:
    return literal_column(str(fact.bit))


SCOPES = {scope.value: Fact(f"consent:{scope.value}") for scope in Scope}
OBJECTIONS = {category.value: objection_to(category) for category in CATEGORIES if category not in NEVER_OBJECTED}

_CALLER: dict[Fact, Callable[[], Predicate]] = {
    Fact.EMPLOYED: _employed,
    Fact.TRAINED_SHARING: lambda: _trained("information-sharing"),
    Fact.TRAINED_JUSTICE_DATA: lambda: _trained("criminal-justice-data"),
    Fact.TRAINED_AWARENESS: lambda: _trained("mental-health-awareness"),
    Fact.AUTHORISED_JUSTICE: _authorised,
}
_PERSON: dict[Fact, Callable[[], Select[Any]]] = {
    Fact.CASELOAD: _caseload,
    Fact.TREATING: _treating,
    Fact.SERVICE: _service,
    Fact.LISTED: _listed,
    Fact.EXCLUDED: _excluded,
    Fact.SUPERVISED: _supervised,
    Fact.MHTR: _mhtr,
    Fact.RESTRICTED: _restricted,
    Fact.SUBJECT_REQUEST: _subject_request,
}
SELECTIVE = (Fact.BREAK_GLASS, Fact.CASELOAD, Fact.TREATING, Fact.SUBJECT_REQUEST, Fact.SERVICE, Fact.MHTR)
"""Facts that few people have for one caller, most selective first: what a list starts from instead of everybody."""


def people_with(fact: Fact) -> tuple[str, Select[Any]]:
    """Everybody of whom a fact about a person holds: the person's column (`id` or `crn`), and its values."""
    if fact is Fact.BREAK_GLASS:
        return "crn", _break_glass()
    if fact.value in (name.value for name in SCOPES.values()):
        scope = fact.value.removeprefix("consent:")
        return "id", _consents().where(T.Consent.scope == _word(scope))
    if fact.value in (name.value for name in OBJECTIONS.values()):
        category = fact.value.removeprefix("objection:")
        return "id", _objections().where(T.Objection.category == _word(category))
    return "id", _PERSON[fact]()


def holds(fact: Fact, person: Any) -> Predicate:
    """One fact as a predicate, for the person whose columns `id` and `crn` are given.

    It is correlated with their table alone: the statement around it may well select from a table that it reads itself.
    """
    if fact in _CALLER:
        return _CALLER[fact]()
    key, source = people_with(fact)
    (column,) = source.selected_columns
    whose = getattr(person, key)
    return source.where(column == whose).with_only_columns(literal_column("1")).correlate(whose.table).exists()


def facts_of(person: Any) -> ColumnElement[Any]:
    """Every fact of (caller, person) as one integer; what the gate decides on and the log keeps."""
    singles = [*_CALLER, Fact.BREAK_GLASS, *_PERSON]
    total: ColumnElement[Any] = _bits(T.Consent.scope, SCOPES, _consents(), person.id)
    total = total + _bits(T.Objection.category, OBJECTIONS, _objections(), person.id)
    for fact in singles:
        total = total + case((holds(fact, person), _bit(fact)), else_=ZERO)
    return total


class _Joined(FunctionElement[str]):
    """Texts of a group, joined by spaces; SQLAlchemy's own takes the separator as a parameter of each execution."""

    name = "joined"
    inherit_cache = True
    type = String()


@compiles(_Joined, "sqlite")
def _joined_in_sqlite(element: _Joined, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ' ')"


@compiles(_Joined, "postgresql")
def _joined_in_postgresql(element: _Joined, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ' ')"


def relied_on(person: Any) -> ColumnElement[Any]:
    """The consents that hold, as `scope=id` separated by spaces: what an entry names as relied upon."""
    named = T.Consent.scope.concat(_word("=")).concat(T.Consent.id)
    source = _consents().where(T.Consent.person_id == person.id)
    return source.with_only_columns(_Joined(named)).correlate(person.id.table).scalar_subquery()
