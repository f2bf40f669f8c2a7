"""Referrals, with what the clinical system adds to the national row, and whose patients people are.

Therapists are allocated by the service's clinical lead (B5). Why somebody is not suitable is clinical: what the justice
party may know of the decision is its outcome (P3). Not kept: the day of a suitability decision. Where the
national tables come alone, what the clinical system would add follows from them or is assumed (`Assumed`).
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from app.pathway.lifecycle import END_CODES
from app.services.registers import person_id
from app.sync.fields import Fields
from app.sync.health import NOBODY, Health, Patient, Referred
from app.sync.records import Act, Incoming, Reference, Times, origins_of
from app.sync.registered import staff_id
from app.vocabulary import Action, Category, Register
from app.vocabulary.words import BASES, SOURCES_OF_REFERRAL

STATUSES = ("received", "triaged", "not-suitable", "waiting", "offered", "assessed", "in-treatment", "discharged")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
NOT_SUITABLE = frozenset(("10", "11"))
PAUSE_REASONS = ("01", "02", "03")
TREATED = ("02", "03", "05")


def referral_records(health: Health) -> Iterator[Incoming]:
    """Each referral with what the clinical system adds to the national row."""
    local = health.by_key("LocalReferral", "ServiceRequestId")
    for fields in health.rows("IDS101Referral"):
        identity = fields.required("ServiceRequestId", 20)
        if identity in health.referrals:
            fields.fault("ServiceRequestId", "record-repeated")
            health.reject(fields)
            continue
        own = local.pop(identity)
        patient = _patient_of(health, fields)
        row, said = _national(fields, patient.born if patient else None), _presented(fields)
        assumed: dict[str, Any] = {}
        if own is not None:
            row |= _locally(health, own)
            said |= {"suitability_reason": own.text("SuitabilityReason", 150)}
        elif health.submission.has("LocalReferral"):
            fields.fault("ServiceRequestId", "companion-missing")
        else:
            row, assumed = _alone(health, fields, row)
        made = health.submission.created_at
        when = Times.of(own, "RecordedAt", "ModifiedAt") if own else Times(made, made)
        if fields.is_broken or (own and own.is_broken) or patient is None:
            health.reject(*([fields, own] if own else [fields]))
            continue
        crn = health.people.get(patient.id, NOBODY)
        row |= {**health.own_keys("referral", identity, crn), "patient_id": patient.id}
        service = str(row.get("service_id") or assumed["service_id"])
        referred = Referred(
            row["id"], patient.id, crn, row["received_on"], service, when.modified_at, when.recorded_at, own is not None
        )
        health.referrals[identity] = referred
        if any(said.values()):
            health.presented[identity] = (fields.source, said)
        yield _referral(health, row, assumed, referred, (fields, own) if own else (fields,))
    health.orphans(local.left(), "ServiceRequestId")


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
    code, closed = fields.code("EndCode", END_CODES, "end-code-unknown"), fields.day("ServDischDate")
    if (fields.given("EndCode") is None) != (fields.given("ServDischDate") is None):
        fields.fault("ServDischDate" if code else "EndCode", "discharge-incomplete")
    fields.in_order(received, closed, "ServDischDate", "discharge-before-referral")
    return {
        "received_on": received,
        "source_of_referral": origin,
        "end_code": code,
        "closed_on": closed,
        "commissioner": fields.text("OrgIDComm", 6),
    }


def _alone(health: Health, fields: Fields, row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row with the status that follows from the national tables, and what is assumed of a new one."""
    if health.assumed.service is None:
        fields.fault("ServiceRequestId", "service-unclear")
    elif health.assumed.service not in health.services:
        fields.fault("ServiceRequestId", "service-unknown")
    assumed = {"service_id": health.assumed.service, "basis": health.assumed.basis}
    if row["closed_on"] is not None or row["end_code"] is not None:
        return {**row, "status": "not-suitable" if row["end_code"] in NOT_SUITABLE else "discharged"}, assumed
    seen = health.attended_at(str(fields.given("ServiceRequestId")))
    if seen:
        return {**row, "status": "in-treatment" if seen & {*TREATED} else "assessed"}, assumed
    return row, {**assumed, "status": "received"}


def _locally(health: Health, own: Fields) -> dict[str, Any]:
    service = own.required("Service", 40)
    if service and service not in health.services:
        own.fault("Service", "service-unknown")
    return {
        "service_id": service,
        "status": own.needed("Status", own.code("Status", STATUSES)),
        "basis": own.needed("Basis", own.code("Basis", BASES)),
        "referred_by": own.username("ReferrerUsername"),
        "reason": own.text("Reason", 1000),
        "suitability": own.text("SuitabilityOutcome", 40),
    }


def _referral(health: Health, row: dict[str, Any], assumed: dict[str, Any], referred: Referred,
              origins: tuple[Fields, ...]) -> Incoming:  # fmt: skip
    return Incoming(
        origins=origins_of(*origins),
        table="referral",
        row={**row, "withdrawn_at": None},
        recorded_at=referred.recorded_at,
        modified_at=referred.modified_at,
        crn=referred.crn,
        first=health.synced(Category.REFERRAL),
        needs=(Reference("person", person_id(referred.crn), "LocalPatientId"),),
        assumed=assumed,
        by_content=not referred.is_dated,
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


def presentation_records(health: Health) -> Iterator[Incoming]:
    """When each person's condition began, whether one was diagnosed before, why they are not suitable: what is said."""
    for identity, (source, said) in health.presented.items():
        fields, referred = Fields(source, health.report), health.referrals[identity]
        row = health.keys("presentation", identity, referred) | said
        when, act = (referred.recorded_at, referred.modified_at), health.synced(Category.CLINICAL)
        yield health.record(
            "presentation", row, referred, when, (fields,), act, by_content=not referred.is_dated, counts=False
        )


def _presented(fields: Fields) -> dict[str, Any]:
    onset = fields.text("OnsetDate", 10)
    if onset is not None and not MONTH.fullmatch(onset):
        fields.fault("OnsetDate", "onset-malformed")
        onset = None
    return {"onset": onset, "previous_condition": fields.listed("PrevDiagCondInd", ("Y", "N"), 1)}


def onward_records(health: Health) -> Iterator[Incoming]:
    """To whom people were referred on; as new as the extract, since nothing else says how new they are."""
    for fields in health.rows("IDS105OnwardReferral"):
        referred, day = health.referral_of(fields), fields.needed("OnwardReferDate", fields.day("OnwardReferDate"))
        reason, receiving = fields.text("OnwardReferReason", 2), fields.text("OrgIDReceiving", 9)
        if fields.is_broken or referred is None:
            health.reject(fields)
            continue
        identity = f"{fields.given('ServiceRequestId')}:{day:%Y%m%d}:{receiving or ''}"
        row = health.keys("onward_referral", identity, referred)
        row |= {"referred_on": day, "reason": reason, "receiving": receiving}
        yield _undated(health, "onward_referral", row, referred, fields)


def pause_records(health: Health) -> Iterator[Incoming]:
    """Pauses of waiting times; as new as the extract."""
    seen = health.new_set()
    for fields in health.rows("IDS108WaitingTimePauses"):
        identity, referred = fields.required("PauseID", 20), health.referral_of(fields)
        start, end = fields.needed("PauseStartDate", fields.day("PauseStartDate")), fields.day("PauseEndDate")
        fields.in_order(start, end, "PauseEndDate")
        reason = fields.code("PauseReason", PAUSE_REASONS)
        if identity in seen:
            fields.fault("PauseID", "record-repeated")
        if fields.is_broken or referred is None:
            health.reject(fields)
            continue
        seen.add(identity)
        row = health.keys("waiting_pause", identity, referred)
        row |= {"started_on": start, "ended_on": end, "reason": reason}
        yield _undated(health, "waiting_pause", row, referred, fields)


def _undated(health: Health, table: str, row: dict[str, Any], referred: Referred, fields: Fields) -> Incoming:
    made = health.submission.created_at
    act = health.synced(Category.CLINICAL)
    return health.record(table, row, referred, (made, made), (fields,), act, by_content=True)
