"""The clinical system's own tables: progress, problem and treatment, notes, safety, released alerts, meetings.

Written by the clinical system (H1); a three-way meeting by the therapist who was there (B1). Not kept: the author of a
progress summary or of a clinical record; the contact that a note was written after.
"""

from collections.abc import Callable, Iterator
from typing import Any

from app.pathway.chasing import Urgency
from app.sync.fields import Fields
from app.sync.health import Health, Referred
from app.sync.records import Act, Incoming, Times
from app.vocabulary import Action, Category

COMPLAINTS = "IDS603PresentingComplaints"
SCHEMES = ("01", "04")
Row = dict[str, Any]


def clinical_records(health: Health) -> Iterator[Incoming]:
    """Everything but meetings."""
    yield from _of_clinical(health)
    yield from _each(health, "LocalProgress", "ProgressId", "progress_summary", Category.PROGRESS, _progress)
    yield from _each(health, "LocalNotes", "NoteId", "session_note", Category.NOTES, _note)
    yield from _each(health, "LocalSafety", "SafetyId", "safety_record", Category.SAFETY, _safety)
    yield from _each(health, "LocalSafetyAlert", "SafetyAlertId", "safety_alert", Category.SAFETY_ALERT, _alert)


def complaints_sought(health: Health) -> set[tuple[str, str]]:
    """The national complaints by referral and code, where no local table says which records they are."""
    if health.submission.has("LocalClinical"):
        return set()
    named = ((fields.given("ServiceRequestId"), fields.given("PresComp")) for fields in health.rows(COMPLAINTS))
    known = ((health.referrals.get(str(referral).strip()), str(code).strip()) for referral, code in named)
    return {(referred.id, code) for referred, code in known if referred is not None}


def meeting_records(health: Health) -> Iterator[Incoming]:
    """Meetings of the person, the offender manager and the therapist."""
    for fields in health.rows("LocalMeeting"):
        identity, referred = fields.required("MeetingId", 40), health.referral_of(fields)
        therapist = fields.needed("TherapistUsername", fields.username("TherapistUsername"))
        row = {
            "status": "held",
            "held_at": fields.needed("HeldAt", fields.moment("HeldAt")),
            "place": fields.text("Place", 200),
            "offender_manager": fields.needed("OffenderManagerUsername", fields.username("OffenderManagerUsername")),
            "therapist": therapist,
            "agreed": fields.required("Agreed", 2000),
            "next_date": fields.day("NextDate"),
            **_marks(fields),
        }
        when = Times.of(fields, "RecordedAt", "ModifiedAt")
        act = health.callers.by(
            fields, "TherapistUsername", therapist, Action.WRITE, Category.MEETING, when.recorded_at
        )
        if fields.is_broken or referred is None:
            health.reject(fields)
            continue
        row |= health.keys("three_way_meeting", identity, referred)
        del row["referral_id"]
        row["patient_id"] = referred.patient_id
        yield health.record("three_way_meeting", row, referred, (when.recorded_at, when.modified_at), (fields,), act)


def _each(health: Health, table: str, name: str, ours: str, category: Category,
          read: Callable[[Fields], Row]) -> Iterator[Incoming]:  # fmt: skip
    for fields in health.rows(table):
        identity, referred = fields.required(name, 40), health.referral_of(fields)
        row = read(fields)
        when = Times.of(fields, "RecordedAt", "ModifiedAt")
        if fields.is_broken or referred is None:
            health.reject(fields)
        else:
            yield _record(health, ours, identity, row, referred, when, [fields], health.synced(category))


def _record(health: Health, ours: str, identity: str, row: Row, referred: Referred, when: Times, origins: list[Fields],
            act: Act | None, *, by_content: bool = False) -> Incoming:  # fmt: skip
    row |= health.keys(ours, identity, referred)
    moments = (when.recorded_at, when.modified_at)
    return health.record(ours, row, referred, moments, origins, act, by_content=by_content)


def _marks(fields: Fields) -> Row:
    """Whether it names third parties, and whether reading it could do serious harm."""
    return {
        "third_party": fields.needed("ThirdParty", fields.flag("ThirdParty")),
        "serious_harm": fields.needed("SeriousHarm", fields.flag("SeriousHarm")),
    }


def _progress(fields: Fields) -> Row:
    return {
        "written_on": fields.needed("WrittenOn", fields.day("WrittenOn")),
        "engagement": fields.required("EngagementSummary", 2000),
        "goals": fields.text("Goals", 2000),
    }


def _note(fields: Fields) -> Row:
    return {
        "author": fields.needed("AuthorUsername", fields.username("AuthorUsername")),
        "written_at": fields.needed("WrittenAt", fields.moment("WrittenAt")),
        "kind": fields.required("Kind", 20),
        "text": fields.required("Text"),
        **_marks(fields),
    }


def _safety(fields: Fields) -> Row:
    return {
        "author": fields.needed("AuthorUsername", fields.username("AuthorUsername")),
        "written_at": fields.needed("WrittenAt", fields.moment("WrittenAt")),
        "risk_to_self": fields.text("RiskToSelf"),
        "risk_to_others": fields.text("RiskToOthers"),
        "plan": fields.text("SafetyPlan"),
        **_marks(fields),
    }


def _alert(fields: Fields) -> Row:
    released, seen = fields.needed("ReleasedAt", fields.moment("ReleasedAt")), fields.moment("AcknowledgedAt")
    fields.in_order(released, seen, "AcknowledgedAt")
    return {
        "summary": fields.required("Summary", 2000),
        "reason": fields.required("Reason", 1000),
        "urgency": fields.needed("Urgency", fields.code("Urgency", tuple(each.value for each in Urgency))),
        "addressed_to": "staff",
        "recipient": fields.needed("RecipientUsername", fields.username("RecipientUsername")),
        "released_by": fields.needed("ReleasedBy", fields.username("ReleasedBy")),
        "released_at": released,
        "acknowledged_by": fields.username("AcknowledgedBy"),
        "acknowledged_at": seen,
    }


def _of_clinical(health: Health) -> Iterator[Incoming]:
    """The clinical system's record of a referral, with the national presenting complaint of the same code."""
    complaints = _complaints(health)
    for fields in health.rows("LocalClinical"):
        identity, referred = fields.required("ClinicalId", 40), health.referral_of(fields)
        row: Row = {
            "problem_scheme": fields.code("FindSchemeInUse", SCHEMES),
            "problem_code": fields.text("ProblemCode", 20),
            "problem": fields.text("ProblemDescriptor", 300),
            "step": fields.number("StepOfCare", 1, 4),
            "medication": fields.text("Medication", 300),
            "therapy_type": fields.text("TherapyType", 100),
            "written_on": fields.day("WrittenOn"),
        }
        when = Times.of(fields, "RecordedAt", "ModifiedAt")
        if fields.is_broken or referred is None:
            health.reject(fields)
            continue
        same = complaints.pop((referred.id, row["problem_code"]), None)
        row["significance"] = same[2]["significance"] if same else None
        origins = [fields, same[0]] if same else [fields]
        act = health.synced(Category.CLINICAL)
        yield _record(health, "clinical_record", identity, row, referred, when, origins, act)
    for own, referred, row in complaints.values():
        made = Times(health.submission.created_at, health.submission.created_at)
        there = health.complained.get((referred.id, str(row["problem_code"])))
        identity = there or f"{own.given('ServiceRequestId')}:{row['problem_code']}"[:40]
        act = health.synced(Category.CLINICAL)
        yield _record(health, "clinical_record", identity, row, referred, made, [own], act, by_content=True)


def _complaints(health: Health) -> dict[tuple[str, str | None], tuple[Fields, Referred, Row]]:
    """The national presenting complaints by referral and code."""
    found: dict[tuple[str, str | None], tuple[Fields, Referred, Row]] = {}
    for fields in health.rows(COMPLAINTS):
        referred, code = health.referral_of(fields), fields.required("PresComp", 18)
        row = {
            "problem_scheme": fields.needed("FindSchemeInUse", fields.code("FindSchemeInUse", SCHEMES)),
            "problem_code": code,
            "written_on": fields.day("PresCompDate"),
            "significance": fields.text("PresCompCodSig", 1),
        }
        if referred is not None and (referred.id, code) in found:
            fields.fault("PresComp", "record-repeated")
        if fields.is_broken or referred is None:
            health.reject(fields)
        else:
            found[referred.id, code] = (fields, referred, row)
    return found
