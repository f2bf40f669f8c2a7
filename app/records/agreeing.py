"""Which consents hold and which objections stand, as SQL: every scope or category in one subquery."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, literal_column, not_, or_, select
from sqlalchemy.orm import aliased

from app.records.predicates import (
    AT,
    PARTY,
    WITHDRAWN_BY,
    Predicate,
    Sources,
    T,
    live,
    not_yet,
    recorded,
    recorded_of,
    word,
)
from app.vocabulary import HEALTH_TO_JUSTICE, Party


def _effective(consent: Any) -> Predicate:
    """E3: from health to justice, what the justice party records needs a signed form or a countersignature."""
    unsigned = and_(
        consent.scope.in_([word(scope) for scope in sorted(HEALTH_TO_JUSTICE)]),
        consent.recorded_by_party == word(Party.JUSTICE),
        consent.signed_form.is_(None),
        not_yet(consent.countersigned_at),
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


def _kept(consent: Any, at: ColumnElement[Any]) -> Predicate:
    return or_(consent.withdrawn_at.is_(None), consent.withdrawn_at > at)


def _names_party() -> Predicate:
    """Looked up: a join may read everybody's recipients."""
    recipient = T.ConsentRecipient
    named = select(recipient.party).where(recipient.consent_id == T.Consent.id, recipient.party == PARTY)
    return named.correlate(T.Consent).scalar_subquery().is_not(None)


def _refusal() -> Select[Any]:
    """A refusal of the same scope that stands."""
    refusal = aliased(T.Consent)
    return select(refusal.id).where(
        refusal.person_id == T.Consent.person_id, refusal.scope == T.Consent.scope, _refuses(refusal)
    )


def _refuses(consent: Any) -> Predicate:
    """A refusal that stands."""
    return and_(consent.decision == word("refuse"), live(consent), _kept(consent, AT), not_(_superseded(consent)))


def _taken_back_elsewhere() -> Select[Any]:
    """What closes a permission from another record of the person: a refusal that stands, or what they took back since.

    Who takes something back under one record takes back what they had agreed to by then, and not in that record alone.
    """
    other, merged = aliased(T.Consent), aliased(T.MergedPerson)
    taken_back = and_(
        other.decision == word("permit"),
        other.withdrawn_at >= T.Consent.valid_from,
        other.withdrawn_at <= WITHDRAWN_BY,
    )
    return (
        select(other.id)
        .join(merged, merged.with_id == other.person_id)
        .where(
            merged.person_id == T.Consent.person_id,
            merged.with_id != merged.person_id,
            other.scope == T.Consent.scope,
            or_(taken_back, _refuses(other)),
        )
    )


def refusals_elsewhere(person_id: Any) -> tuple[Any, Select[Any]]:
    """The refusals that stand under another record of a person: the consents, and a query of whose they are."""
    refusal, merged = aliased(T.Consent), aliased(T.MergedPerson)
    found = select(merged.person_id).join(refusal, refusal.person_id == merged.with_id)
    elsewhere = merged.person_id == person_id, merged.with_id != merged.person_id
    return refusal, found.where(*elsewhere, _refuses(refusal))


def _permits() -> Predicate:
    """A permission for the caller's party that has effect while its period lasts and nothing supersedes it."""
    permits = T.Consent.decision == word("permit")
    return and_(permits, _kept(T.Consent, WITHDRAWN_BY), _effective(T.Consent), _names_party())


def consents() -> Select[Any]:
    """People's permissions that hold for the caller's party: given, standing, effective, and not outweighed."""
    outweighed = (source.correlate(T.Consent).exists() for source in (_refusal(), _taken_back_elsewhere()))
    return select(T.Consent.person_id).where(
        _permits(), live(T.Consent), not_(_superseded(T.Consent)), *(not_(each) for each in outweighed)
    )


def weighed() -> tuple[Select[Any], ColumnElement[str]]:
    """People's consents that bear on a decision, and a sign: `=` if one holds, `!` if it is a refusal or outweighed.

    Those that hold are those that `consents` has. Refusals are looked up: of an EXISTS that is no condition of its own,
    PostgreSQL may first hash everybody's rows.
    """
    refuses = T.Consent.decision == word("refuse")
    bears = or_(and_(refuses, _kept(T.Consent, AT)), _permits())
    outweighed = (
        source.limit(literal_column("1")).correlate(T.Consent).scalar_subquery().is_not(None)
        for source in (_refusal(), _taken_back_elsewhere())
    )
    sign = case((or_(refuses, *outweighed), word("!")), else_=word("="))
    return select(T.Consent.person_id).where(bears, live(T.Consent), not_(_superseded(T.Consent))), sign


def _stands(objection: Any) -> tuple[Predicate, ...]:
    return live(objection), not_yet(objection.withdrawn_at)


def objections() -> Sources:
    """People's objections that stand."""
    return recorded(T.Objection, *_stands(T.Objection))


def objections_of(person_id: Any) -> Select[Any]:
    """The same of one person."""
    return recorded_of(T.Objection, person_id, *_stands(T.Objection))
