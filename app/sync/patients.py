"""Patients as the clinical system registered them, with practice, link and name: held for matching alone (H7).

Not kept: ethnic category. Whose a registration is, matching finds out; whether they are on file is told to nobody.
"""

from collections.abc import Iterator
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
            "crn": linked[1] if linked else None,
            **(own[1] if own else dict.fromkeys(NAMED)),
            "nhs_number": fields.identifier("NHSNumber", nhs_number),
            "date_of_birth": fields.day("PersonBirthDate"),
            "gender": fields.text("Gender", 2),
            "postcode": fields.identifier("Postcode", postcode),
            "gp_practice": registered[0][1] if registered else None,
            "interpreter_language": fields.text("LanguageCodePreferred", 10),
        }
        origins = [fields, *(one[0] for one in registered), *(each[0] for each in (linked, own) if each)]
        if fields.is_broken:
            health.reject(*origins)
            continue
        record = _patient(health, row, origins)
        health.patients[identity] = Patient(record.row["id"], row["date_of_birth"])
        yield record
    for companions in (links, names):
        health.orphans([fields for fields, _ in companions.values()], "LocalPatientId")
    health.orphans([one for rows in practices.values() for one, _, _ in rows], "LocalPatientId")


def _patient(health: Health, row: dict[str, Any], origins: list[Fields]) -> Incoming:
    provider, made = health.submission.provider, health.submission.created_at
    return Incoming(
        origins=origins_of(*origins),
        table="patient",
        row=row | {"id": record_id("patient", provider, row["source_id"]), "source": provider},
        recorded_at=made,
        modified_at=made,
        crn=row["crn"],
        first=health.synced(Category.IDENTITY, Category.CONTACT, action=Action.CREATE),
    )


def _links(health: Health) -> dict[str, tuple[Fields, str]]:
    found = {}
    for (identity,), fields in health.by_key("LocalPatientLink", "LocalPatientId").items():
        fields.required("LocalPatientId", 20)
        named = fields.needed("CRN", fields.identifier("CRN", crn))
        Times.of(fields, "RecordedAt", "ModifiedAt")
        if fields.is_broken:
            health.reject(fields)
        else:
            found[identity] = (fields, named)
    return found


def _named(health: Health) -> dict[str, tuple[Fields, dict[str, Any]]]:
    """What the national table has no field for, where the clinical system sends it."""
    found = {}
    for (identity,), fields in health.by_key("LocalPatientName", "LocalPatientId").items():
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
            found[identity] = (fields, dict(zip(NAMED, values, strict=True)))
    return found


def _practices(health: Health) -> dict[str, list[tuple[Fields, str, date]]]:
    """By patient, the practice that they are with now first."""
    found: dict[str, list[tuple[Fields, str, date]]] = {}
    for fields in health.rows("IDS002GP"):
        identity = fields.required("LocalPatientId", 20)
        practice = fields.needed("GMPCodeReg", fields.identifier("GMPCodeReg", gp_practice))
        start, end = fields.day("StartDateGMPRegistration"), fields.day("EndDateGMPRegistration")
        fields.in_order(start, end, "EndDateGMPRegistration")
        if fields.is_broken:
            health.reject(fields)
        else:
            found.setdefault(identity, []).append((fields, practice, end or date.max))
    for practices in found.values():
        practices.sort(key=lambda each: each[2], reverse=True)
    return found
