"""Contacts and what was done at them, by the national rules: one that lies in the past says whether it was attended.

Not kept: a contact's place by name; whether medication was taken, of a contact without an activity.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.pathway.attendance import CANCELLED
from app.sync.fields import LONDON, Fields
from app.sync.health import ATTENDED, Contact, Health, Referred
from app.sync.records import Incoming, Reference, Times
from app.vocabulary import Category

ATTENDANCE = ("2", "3", "4", "5", "6", "7")
BY_PATIENT = "2"
MEDIA = ("01", "02", "09", "10", "11", "12", "13", "98")
APPOINTMENTS = ("01", "02", "03", "04", "05", "06", "07")


def contact_records(health: Health) -> Iterator[Incoming]:
    """Each contact; one that lies in the past needs to say whether it was attended."""
    local = health.by_key("LocalContact", "CareContactId")
    attended = health.new_set()
    for fields in health.rows("IDS201CareContact"):
        identity, referred = fields.required("CareContactId", 20), health.referral_of(fields)
        own = local.pop(identity)
        starts_at = _starts_at(health, fields, referred)
        row = _outcome(health, fields, starts_at)
        row |= {
            "starts_at": starts_at,
            "minutes": fields.number("ClinContDurOfCareCont", 0, 1440),
            "medium": fields.listed("ConsMechanism", MEDIA, 2),
            "location_code": fields.text("ActLocTypeCode", 3),
            "site": fields.text("SiteIDOfTreat", 9),
            "planned": fields.listed("PlannedCareContIndicator", ("Y", "N"), 1),
            "therapy_mode": fields.text("CareContPatientTherMode", 1),
            "interpreter": fields.text("InterpreterPresentInd", 1),
        }
        when = Times.of(own, "RecordedAt", "ModifiedAt") if own else None
        if row["minutes"] is None:  # national tables alone say nothing of what is planned, and change nothing of it
            del row["minutes"]
            row |= {"minutes": own.number("PlannedMinutes", 0, 1440)} if own else {}
        row |= _cancelled(own, row["attendance_code"]) if own else {}
        therapist = own.username("TherapistUsername") if own else None
        origins = (fields, own) if own else (fields,)
        if identity in health.contacts:
            fields.fault("CareContactId", "record-repeated")
        if starts_at is None or referred is None or any(each.is_broken for each in origins):
            health.reject(*origins)
            continue
        if row["attendance_code"] in ATTENDED:
            once = (referred.id, starts_at.isoformat())
            if once in attended:
                fields.fault("CareContTime", "attended-twice")
            attended.add(once)
        made = health.submission.created_at
        moments = (when.recorded_at, when.modified_at) if when else (made, made)
        row |= health.keys("appointment", identity, referred)
        health.contacts[identity] = Contact(
            row["id"], referred, starts_at, *moments, therapist, fields.text("PsychMed", 2), own is not None
        )
        act = health.synced(Category.ATTENDANCE)
        yield health.record("appointment", row, referred, moments, origins, act, by_content=own is None)
    health.orphans(local.left(), "CareContactId")


def _starts_at(health: Health, fields: Fields, referred: Referred | None) -> datetime | None:
    day = fields.needed("CareContDate", fields.day("CareContDate"))
    clock = fields.needed("CareContTime", fields.clock("CareContTime"))
    if day and referred and day < referred.received:
        fields.fault("CareContDate", "contact-before-referral")
    return datetime.combine(day, clock, LONDON) if day and clock else None


def _outcome(health: Health, fields: Fields, starts_at: datetime | None) -> dict[str, Any]:
    code = fields.code("AttendOrDNACode", ATTENDANCE, "attendance-code-unknown")
    written = fields.moment("ModifiedAt") or health.submission.created_at  # what comes late was right then
    is_past = starts_at is not None and starts_at < min(written, health.submission.created_at)
    if is_past and fields.given("AttendOrDNACode") is None:
        fields.fault("AttendOrDNACode", "attendance-code-unknown")
    notice = fields.code("Cancellation", ("Y", "N"))
    if code is not None and (code == BY_PATIENT) != (notice is not None):
        fields.fault("Cancellation", "cancellation-unfit")
    kind = fields.code("AppType", APPOINTMENTS, "appointment-type-unknown")
    if fields.given("AppType") is None:
        fields.fault("AppType", "appointment-type-unknown")
    return {"attendance_code": code, "short_notice": notice, "appointment_type": kind}


def _cancelled(own: Fields, code: str | None) -> dict[str, Any]:
    """When it was cancelled, of what was; a system that does not say so takes nothing back."""
    moment = own.moment("CancelledAt")
    if moment is None:
        return {}
    if code not in CANCELLED:
        own.fault("CancelledAt", "cancellation-unfit")
        return {}
    return {"cancelled_at": moment}


def activity_records(health: Health) -> Iterator[Incoming]:
    """What was done at each contact; its time is the contact's."""
    for fields in health.rows("IDS202CareActivity"):
        identity, contact = fields.required("CareActId", 20), health.contact_of(fields)
        practitioner = fields.text("CarePersLocalId", 20)
        found = {
            "procedure_code": fields.concept("CodeProcAndProcStatus"),
            "finding_code": fields.concept("CodeFind"),
            "observation_code": fields.concept("CodeObs"),
            "observation_value": fields.text("ObsValue", 10),
            "unit": fields.text("UnitMeasure", 10),
            "care_personnel": practitioner,
        }
        if identity in health.activities:
            fields.fault("CareActId", "record-repeated")
        if fields.is_broken or contact is None:
            health.reject(fields)
            continue
        health.activities[identity] = contact
        row = health.keys("care_activity", identity, contact.referred) | found
        row |= {"appointment_id": contact.id, "psychotropic_medication": contact.medication}
        row |= {"practitioner": contact.therapist} if contact.therapist else {}
        moments = (contact.recorded_at, contact.modified_at)
        at = Reference("appointment", contact.id, "CareContactId")
        yield health.record(
            "care_activity", row, contact.referred, moments, (fields,), health.synced(Category.CLINICAL), at,
            assumed={"practitioner": practitioner}, by_content=not contact.is_dated,
        )  # fmt: skip
