"""Referrals, with what the clinical system adds to the national row, and whose patients people are.

Therapists are allocated by the service's clinical lead (B5). Not kept: onset and previous diagnosis; the day of a
suitability decision. Checked and not kept, since nothing here has a place for it: onward referrals (IDS105) and
waiting-time pauses (IDS108).
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from app.services.registers import person_id, record_id
from app.sync.fields import Fields
from app.sync.health import NOBODY, Health, Patient, Referred
from app.sync.records import Act, Incoming, Reference, Times, origins_of
from app.sync.registered import staff_id
from app.sync.report import Outcome
from app.vocabulary import Action, Category, Register

STATUSES = ("received", "triaged", "not-suitable", "waiting", "offered", "assessed", "in-treatment", "discharged")
BASES = ("voluntary", "mental-health-treatment-requirement", "rehabilitation-activity-requirement", "licence-condition")
_BLOCKS = dict(zip("ABCDEFGHIJKLMNP", (3, 2, 3, 2, 6, 3, 4, 2, 2, 4, 5, 2, 9, 4, 1), strict=True))
SOURCES_OF_REFERRAL = frozenset(f"{block}{place}" for block, last in _BLOCKS.items() for place in range(1, last + 1))
"""From memory but for A1, B1 and the justice block E1 to E6; an unknown one is warned of, never rejected."""
END_CODES = frozenset(("50", "10", "11", "12", "13", "14", "16", "17", "95", "46", "47", "48", "49", "96"))
PAUSE_REASONS = ("01", "02", "03")


def referral_records(health: Health) -> Iterator[Incoming]:
    """Each referral with what the clinical system adds to the national row."""
    local = health.by_key("LocalReferral", "ServiceRequestId")
    for fields in health.rows("IDS101Referral"):
        identity = fields.required("ServiceRequestId", 20)
        if identity in health.referrals:
            fields.fault("ServiceRequestId", "record-repeated")
            health.reject(fields)
            continue
        own = local.pop((identity,), None)
        patient = _patient_of(health, fields)
        if own is None:
            fields.fault("ServiceRequestId", "companion-missing")
        row = _national(fields, patient.born if patient else None)
        if own is not None:
            row |= _locally(health, own)
        when = Times.of(own, "RecordedAt", "ModifiedAt") if own else None
        if fields.is_broken or own is None or own.is_broken or when is None or patient is None:
            health.reject(*([fields, own] if own else [fields]))
            continue
        named = record_id("referral", health.submission.provider, identity)
        row["patient_id"] = patient.id
        referred = Referred(
            named,
            patient.id,
            health.people.get(patient.id, NOBODY),
            row["received_on"],
            row["service_id"],
            when.modified_at,
            when.recorded_at,
        )
        health.referrals[identity] = referred
        yield _referral(health, row, identity, referred, when, (fields, own))
    health.orphans(local.values(), "ServiceRequestId")


def _patient_of(health: Health, fields: Fields) -> Patient | None:
    identity = fields.required("LocalPatientId", 20)
    patient = health.patients.get(identity) if identity else None
    if identity and patient is None:
        fields.fault("LocalPatientId", "parent-missing")
    return patient


def _national(fields: Fields, born: date | None) -> dict[str, Any]:
    received = fields.needed("ReferralRequestReceivedDate", fields.day("ReferralRequestReceivedDate"))
    if received and born and received < born:
        fields.fault("ReferralRequestReceivedDate", "referral-before-birth")
    origin = fields.required("SourceOfReferralIAPT", 2)
    if origin and origin not in SOURCES_OF_REFERRAL:
        fields.fault("SourceOfReferralIAPT", "referral-source-unknown")
    code, closed = fields.text("EndCode", 2), fields.day("ServDischDate")
    if code and code not in END_CODES:
        fields.fault("EndCode", "end-code-unknown")
    if (fields.given("EndCode") is None) != (fields.given("ServDischDate") is None):
        fields.fault("ServDischDate" if code else "EndCode", "discharge-incomplete")
    fields.in_order(received, closed, "ServDischDate", "discharge-before-referral")
    return {"received_on": received, "source_of_referral": origin, "end_code": code, "closed_on": closed}


def _locally(health: Health, own: Fields) -> dict[str, Any]:
    service = own.required("Service", 40)
    if service and service not in health.services:
        own.fault("Service", "service-unknown")
    outcome, why = own.text("SuitabilityOutcome", 40), own.text("SuitabilityReason", 150)
    return {
        "service_id": service,
        "status": own.needed("Status", own.code("Status", STATUSES)),
        "basis": own.needed("Basis", own.code("Basis", BASES)),
        "referred_by": own.username("ReferrerUsername"),
        "reason": own.text("Reason", 1000),
        "suitability": ": ".join(part for part in (outcome, why) if part) or None,
    }


def _referral(health: Health, row: dict[str, Any], identity: str, referred: Referred, when: Times,
              origins: tuple[Fields, ...]) -> Incoming:  # fmt: skip
    provider = health.submission.provider
    row |= {
        "id": referred.id,
        "source": provider,
        "source_id": identity,
        "person_id": person_id(referred.crn),
    }
    return Incoming(
        origins=origins_of(*origins),
        table="referral",
        row=row,
        recorded_at=when.recorded_at,
        modified_at=when.modified_at,
        crn=referred.crn,
        first=health.synced(Category.REFERRAL),
        needs=(Reference("person", person_id(referred.crn), "LocalPatientId"),),
        keeps_past=True,
        waits_for_person=True,
    )


def allocation_records(health: Health) -> Iterator[Incoming]:
    """Whose patient the person is: written by the clinical lead of the day (B5)."""
    for fields in health.rows("LocalAllocation"):
        identity, referred = fields.required("AllocationId", 40), health.referral_of(fields)
        username = fields.needed("TherapistUsername", fields.username("TherapistUsername"))
        if username and username not in health.callers.members:
            fields.fault("TherapistUsername", "staff-unknown")
        start, end = fields.needed("StartDateTime", fields.start("StartDateTime")), fields.end("EndDateTime")
        fields.in_order(start, end, "EndDateTime")
        when = Times.of(fields, "RecordedAt", "ModifiedAt")
        act = None if fields.is_broken or referred is None else _by_lead(health, fields, referred, when.recorded_at)
        if fields.is_broken or referred is None or act is None:
            health.reject(fields)
            continue
        row = health.keys("allocation", identity, referred) | {
            "staff_id": staff_id(username),
            "kind": "treating",
            "valid_from": start,
            "valid_until": end,
        }
        moments = (when.recorded_at, when.modified_at)
        yield health.record("allocation", row, referred, moments, (fields,), act, keeps_past=True)


def _by_lead(health: Health, fields: Fields, referred: Referred, at: datetime) -> Act | None:
    lead = health.callers.clinical_lead(referred.service, at)
    if lead is None:
        fields.fault("TherapistUsername", "clinical-lead-unknown")
        return None
    return health.callers.by(fields, "TherapistUsername", lead, Action.WRITE, Register.ALLOCATION, at)


def check_the_rest(health: Health) -> None:
    """Onward referrals and pauses: their parents, dates and codes."""
    for fields in health.rows("IDS105OnwardReferral"):
        health.referral_of(fields)
        fields.day("OnwardReferDate")
        _not_kept(health, fields)
    for fields in health.rows("IDS108WaitingTimePauses"):
        health.referral_of(fields)
        start, end = fields.needed("PauseStartDate", fields.day("PauseStartDate")), fields.day("PauseEndDate")
        fields.in_order(start, end, "PauseEndDate")
        fields.code("PauseReason", PAUSE_REASONS)
        _not_kept(health, fields)


def _not_kept(health: Health, fields: Fields) -> None:
    outcome = Outcome.REJECTED if fields.is_broken else Outcome.NOT_KEPT
    health.report.came_to(fields.source.file, outcome)
