"""Contacts and what was done at them, by the national rules: one that lies in the past says whether it was attended.

Not kept: a contact's planned indicator, therapy mode, interpreter and place by name; an activity's findings and
observations.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.sync.fields import LONDON, Fields
from app.sync.health import Contact, Health, Referred
from app.sync.records import Incoming, Reference, Times
from app.vocabulary import Category

ATTENDANCE = ("2", "3", "4", "5", "6", "7")
ATTENDED = ("5", "6")
BY_PATIENT = "2"
APPOINTMENTS = ("01", "02", "03", "04", "05", "06", "07")


def contact_records(health: Health) -> Iterator[Incoming]:
    """Each contact; one that lies in the past needs to say whether it was attended."""
    local = health.by_key("LocalContact", "CareContactId")
    attended: set[tuple[str, datetime]] = set()
    for fields in health.rows("IDS201CareContact"):
        identity, referred = fields.required("CareContactId", 20), health.referral_of(fields)
        own = local.pop((identity,), None)
        starts_at = _starts_at(health, fields, referred)
        row = _outcome(health, fields, starts_at)
        row |= {
            "starts_at": starts_at,
            "minutes": fields.number("ClinContDurOfCareCont", 0, 1440),
            "medium": fields.text("ConsMechanism", 2),
            "location_code": fields.text("ActLocTypeCode", 3),
            "site": fields.text("SiteIDOfTreat", 9),
        }
        when = Times.of(own, "RecordedAt", "ModifiedAt") if own else None
        if own is not None and row["minutes"] is None:
            row["minutes"] = own.number("PlannedMinutes", 0, 1440)
        therapist = own.username("TherapistUsername") if own else None
        origins = (fields, own) if own else (fields,)
        if identity in health.contacts:
            fields.fault("CareContactId", "record-repeated")
        if starts_at is None or referred is None or any(each.is_broken for each in origins):
            health.reject(*origins)
            continue
        if row["attendance_code"] in ATTENDED:
            if (referred.id, starts_at) in attended:
                fields.fault("CareContTime", "attended-twice")
            attended.add((referred.id, starts_at))
        made = health.submission.created_at
        moments = (when.recorded_at, when.modified_at) if when else (made, made)
        row |= health.keys("appointment", identity, referred)
        health.contacts[identity] = Contact(
            row["id"], referred, starts_at, *moments, therapist, fields.text("PsychMed", 2)
        )
        yield health.record("appointment", row, referred, moments, origins, health.synced(Category.ATTENDANCE))
    health.orphans(local.values(), "CareContactId")


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


def activity_records(health: Health) -> Iterator[Incoming]:
    """What was done at each contact; its time is the contact's."""
    for fields in health.rows("IDS202CareActivity"):
        identity, contact = fields.required("CareActId", 20), health.contact_of(fields)
        procedure = fields.text("CodeProcAndProcStatus", 20)
        practitioner = fields.text("CarePersLocalId", 20)
        if identity in health.activities:
            fields.fault("CareActId", "record-repeated")
        if fields.is_broken or contact is None:
            health.reject(fields)
            continue
        health.activities[identity] = contact
        row = health.keys("care_activity", identity, contact.referred) | {
            "appointment_id": contact.id,
            "procedure_code": procedure,
            "practitioner": contact.therapist or practitioner,
            "psychotropic_medication": contact.medication,
        }
        moments = (contact.recorded_at, contact.modified_at)
        at = Reference("appointment", contact.id, "CareContactId")
        yield health.record(
            "care_activity", row, contact.referred, moments, (fields,), health.synced(Category.CLINICAL), at
        )
