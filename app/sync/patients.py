"""Patients as the clinical system registered them, with practice, link and name: held for matching alone (H7).

Not kept: practices before the one that they are with now. Whose a registration is, matching finds out; whether they are
on file is told to nobody. What a table would say that was not sent stays as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.services.registers import record_id
from app.sync.fields import Fields
from app.sync.health import Health, Patient
from app.sync.records import Incoming, Times, origins_of
from app.vocabulary import Action, Category
from app.vocabulary.identifiers import crn, gp_practice, nhs_number, pnc_number, postcode

NAMED = ("family_name", "given_names", "pnc_number")


def patient_records(health: Health) -> Iterator[Incoming]:
    """Each patient with practice, link and name."""
    links, practices, names = _links(health), _practices(health), _named(health)
    for fields in health.rows("IDS001MPI"):
        identity = fields.required("LocalPatientId", 20)
        linked = links.pop(identity, None)
        registered, own = practices.pop(identity, []), names.pop(identity, None)
        row: dict[str, Any] = {
            "source_id": identity,
            "nhs_number": fields.identifier("NHSNumber", nhs_number),
            "date_of_birth": fields.day("PersonBirthDate"),
            "gender": fields.text("Gender", 2),
            "postcode": fields.identifier("Postcode", postcode),
            "gp_practice": registered[0].practice if registered else None,
            "gp_registered_from": registered[0].starts_on if registered else None,
            "gp_registered_until": registered[0].ends_on if registered else None,
            "interpreter_language": fields.text("LanguageCodePreferred", 10),
            "nhs_number_status": fields.text("NHSNumberStatus", 2),
            "ethnic_category": fields.text("EthnicCategory", 2),
            "registered_by": fields.text("OrgIDLocalPatientId", 6),
        }
        if health.submission.has("LocalPatientLink"):
            row["crn"] = linked[1] if linked else None
        if health.submission.has("LocalPatientName"):
            row |= own[1] if own else dict.fromkeys(NAMED)
        origins = [fields, *(one.fields for one in registered), *(each[0] for each in (linked, own) if each)]
        if fields.is_broken:
            health.reject(*origins)
            continue
        record = _patient(health, row, origins)
        health.patients[identity] = Patient(record.row["id"], row["date_of_birth"])
        yield record
    for companions in (links, names):
        health.orphans([fields for fields, _ in companions.values()], "LocalPatientId")
    health.orphans([one.fields for rows in practices.values() for one in rows], "LocalPatientId")


def _patient(health: Health, row: dict[str, Any], origins: list[Fields]) -> Incoming:
    provider, made = health.submission.provider, health.submission.created_at
    return Incoming(
        origins=origins_of(*origins),
        table="patient",
        row=row | {"id": record_id("patient", provider, row["source_id"]), "source": provider},
        recorded_at=made,
        modified_at=made,
        by_content=True,
        crn=row.get("crn"),
        first=health.synced(Category.IDENTITY, Category.CONTACT, action=Action.CREATE),
    )


def _links(health: Health) -> dict[str, tuple[Fields, str]]:
    found = {}
    for fields in health.by_key("LocalPatientLink", "LocalPatientId").left():
        fields.required("LocalPatientId", 20)
        named = fields.needed("CRN", fields.identifier("CRN", crn))
        Times.of(fields, "RecordedAt", "ModifiedAt")
        if fields.is_broken:
            health.reject(fields)
        else:
            found[str(fields.given("LocalPatientId"))] = (fields, named)
    return found


def _named(health: Health) -> dict[str, tuple[Fields, dict[str, Any]]]:
    """What the national table has no field for, where the clinical system sends it."""
    found = {}
    for fields in health.by_key("LocalPatientName", "LocalPatientId").left():
        fields.required("LocalPatientId", 20)
        values = (
            fields.text("FamilyName", 100),
            fields.text("GivenNames", 200),
            fields.identifier("PNCNumber", pnc_number),
        )
        Times.of(fields, "RecordedAt", "ModifiedAt")
        if fields.is_broken:
            health.reject(fields)
        else:
            found[str(fields.given("LocalPatientId"))] = (fields, dict(zip(NAMED, values, strict=True)))
    return found


@dataclass(frozen=True, slots=True)
class _Registration:
    """With which practice a patient was, and for how long."""

    fields: Fields
    practice: str
    starts_on: date | None
    ends_on: date | None


def _practices(health: Health) -> dict[str, list[_Registration]]:
    """By patient, the practice that they are with now first."""
    found: dict[str, list[_Registration]] = {}
    for fields in health.rows("IDS002GP"):
        identity = fields.required("LocalPatientId", 20)
        practice = fields.needed("GMPCodeReg", fields.identifier("GMPCodeReg", gp_practice))
        start, end = fields.day("StartDateGMPRegistration"), fields.day("EndDateGMPRegistration")
        fields.in_order(start, end, "EndDateGMPRegistration")
        if fields.is_broken:
            health.reject(fields)
        else:
            found.setdefault(identity, []).append(_Registration(fields, practice, start, end))
    for practices in found.values():
        practices.sort(key=lambda each: each.ends_on or date.max, reverse=True)
    return found
