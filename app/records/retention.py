"""What retention goes by, of everybody or of one person: referrals, and what keeps a record whatever its age."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Select, String, and_, bindparam, exists, literal_column, or_, select, union_all

from app.db import Warrant
from app.pathway.retention import Hold, Treatment
from app.policies.agreement import midnight
from app.records.predicates import LONDON, T
from app.records.reading import Records
from app.tables import Instant

CRN = bindparam("crn", type_=String())
TODAY = bindparam("today", type_=Date())
SINCE = bindparam("since", type_=Instant())
RETAINED = frozenset(
    {
        "person",
        "referral",
        "supervision",
        "subject_request",
        "emergency_grant",
        "access_alert_person",
        "access_alert_review",
        "merged_person",
        "access_limit",
        "consent",
        "objection",
    }
)
"""The tables that these statements read."""


def _treatments(*, of_one: bool) -> Select[Any]:
    person, referral = T.Person, T.Referral
    statement = select(person.crn, referral.status, referral.closed_on, referral.end_code, referral.withdrawn_at)
    statement = statement.join(person, person.id == referral.person_id).where(referral.merged_into.is_(None))
    return statement.where(person.crn == CRN) if of_one else statement


def _holds(*, of_one: bool) -> Any:
    person, sentence, request, grant = T.Person, T.Supervision, T.SubjectRequest, T.EmergencyGrant
    alert, closing = T.AccessAlertPerson, T.AccessAlertReview

    def held(hold: Hold) -> Any:
        return literal_column(f"'{hold.name}'", String()).label("hold")

    running = or_(sentence.end_date.is_(None), sentence.end_date >= TODAY)
    parts = [
        select(person.crn, held(Hold.SENTENCE))
        .join(sentence, sentence.person_id == person.id)
        .where(running, or_(sentence.terminated_on.is_(None), sentence.terminated_on > TODAY)),
        select(person.crn, held(Hold.REQUEST))
        .join(request, request.person_id == person.id)
        .where(or_(request.closed_on.is_(None), request.closed_on > TODAY)),
        select(person.crn, held(Hold.REVIEW)).join(grant, grant.crn == person.crn).where(grant.reviewed_at.is_(None)),
        select(person.crn, held(Hold.ALERT))
        .join(alert, alert.person_id == person.id)
        .outerjoin(closing, closing.alert_id == alert.alert_id)
        .where(closing.alert_id.is_(None)),
        *(select(person.crn, held(Hold.MERGED)).where(_has_another(person.id), each) for each in _withholding(person)),
    ]
    return union_all(*([part.where(person.crn == CRN) for part in parts] if of_one else parts))


def _has_another(person_id: Any) -> Any:
    merged = T.MergedPerson
    return exists().where(merged.person_id == person_id, merged.with_id != person_id)


def _withholding(person: Any) -> tuple[Any, ...]:
    """What of a record would withhold nothing from the person's others any more, once it is destroyed."""
    limit, objection, consent = T.AccessLimit, T.Objection, T.Consent
    refused = and_(consent.decision == literal_column("'refuse'"), consent.withdrawn_at.is_(None))
    taken_back = and_(consent.decision == literal_column("'permit'"), consent.withdrawn_at.is_not(None))
    return (
        exists().where(limit.person_id == person.id, or_(limit.valid_until.is_(None), limit.valid_until > SINCE)),
        exists().where(objection.person_id == person.id, objection.withdrawn_at.is_(None)),
        exists().where(consent.person_id == person.id, or_(refused, taken_back)),
    )


async def treatments(records: Records, permit: Warrant, crn: str | None = None) -> Mapping[str, list[Treatment]]:
    """Each person's referrals by CRN, of everybody or of one; UnpermittedRead unless the permit opens them."""
    key, values = ("retention", crn is not None), {"crn": crn} if crn else {}
    statement = records.prepared(key, lambda: _treatments(of_one=crn is not None))
    found: dict[str, list[Treatment]] = {}
    for whose, status, closed_on, end_code, withdrawn_at in await records.database.fetch(statement, values, permit):
        found.setdefault(whose, []).append(_treatment(status, closed_on, end_code, withdrawn_at))
    return found


def _treatment(status: str, closed_on: date | None, end_code: str | None, withdrawn_at: datetime | None) -> Treatment:
    """What was taken back ended then at the latest, and its end code says nothing: nobody died by a mistake."""
    if withdrawn_at is None:
        return Treatment(status, closed_on, end_code)
    withdrawn_on = withdrawn_at.astimezone(LONDON).date()
    return Treatment(status, max(closed_on or withdrawn_on, withdrawn_on), None)


async def holds(records: Records, permit: Warrant, today: date, crn: str | None = None) -> Mapping[str, list[Hold]]:
    """What keeps each person's record whatever its age, but open referrals, which retention itself sees."""
    key = ("holds", crn is not None)
    values = {"today": today, "since": midnight(today)} | ({"crn": crn} if crn else {})
    statement = records.prepared(key, lambda: _holds(of_one=crn is not None))
    found: dict[str, list[Hold]] = {}
    for whose, hold in await records.database.fetch(statement, values, permit):
        if Hold[hold] not in found.setdefault(whose, []):
            found[whose].append(Hold[hold])
    return found
