"""Patients as the clinical system registered them, with practice and link: held for matching alone (H7).

Not kept: ethnic category. Whether the person that a link names is on file is told to nobody.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from app.services.registers import person_id, record_id
from app.sync.fields import Fields
from app.sync.health import Health, Patient
from app.sync.records import Incoming, Times, origins_of
from app.sync.report import ImportReport
from app.vocabulary import Action, Category
from app.vocabulary.identifiers import crn, gp_practice, nhs_number, postcode


def linked_people(health: Health) -> set[str]:
    """The CRNs that links name, as far as they are well-formed."""
    found = set()
    for source in health.submission.tables.get("LocalPatientLink", ()):
        given = Fields(source, ImportReport()).identifier("CRN", crn)
        found |= {given} if given else set()
    return found


def patient_records(health: Health) -> Iterator[Incoming]:
    """Each patient with practice and link."""
    links, practices = _links(health), _practices(health)
    for fields in health.rows("IDS001MPI"):
        identity = fields.required("LocalPatientId", 20)
        linked = links.pop(identity, None)
        registered = practices.pop(identity, [])
        row: dict[str, Any] = {
            "source_id": identity,
            "nhs_number": fields.identifier("NHSNumber", nhs_number),
            "date_of_birth": fields.day("PersonBirthDate"),
            "gender": fields.text("Gender", 2),
            "postcode": fields.identifier("Postcode", postcode),
            "gp_practice": registered[0][1] if registered else None,
            "interpreter_language": fields.text("LanguageCodePreferred", 10),
        }
        origins = [fields, *(one[0] for one in registered)]
        if fields.is_broken:
            health.reject(*origins, *([linked[0]] if linked else []))
            continue
        health.patients[identity] = Patient(row["date_of_birth"], linked[1] if linked else None)
        yield _patient(health, row, [*origins, linked[0]] if linked else origins, linked[1] if linked else None)
    health.orphans([linked for linked, _ in links.values()], "LocalPatientId")
    health.orphans([one for rows in practices.values() for one, _, _ in rows], "LocalPatientId")


def _patient(health: Health, row: dict[str, Any], origins: list[Fields], named: str | None) -> Incoming:
    """Without a person on file it counts as a moment older, so that the same row can be linked later."""
    provider, made = health.submission.provider, health.submission.created_at
    linked = named is not None and health.on_file(named)
    row |= {
        "id": record_id("patient", provider, row["source_id"]),
        "source": provider,
        "person_id": person_id(named) if linked and named else None,
    }
    return Incoming(
        origins=origins_of(*origins),
        table="patient",
        row=row,
        recorded_at=made,
        modified_at=made if linked else made - timedelta(microseconds=1),
        crn=named,
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
