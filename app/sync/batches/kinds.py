"""The kinds of lines that each side may send, and which table of ours each ends in."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.vocabulary import Action, Category, Register, Role, Subject


@dataclass(frozen=True, slots=True)
class Kind:
    """What a line of a kind is: our table, what its write is about, and when it is applied among others."""

    table: str
    subjects: tuple[Subject, ...]
    rank: int
    """After everything of a lower rank: what others belong to comes first."""
    with_: tuple[str, ...] = ()
    """The tables of the same record whose rows may come with it."""
    action: Action = Action.WRITE
    id_field: str = ""
    """For justice: the field that names the record."""


_IDENTITY = (Category.IDENTITY, Category.CONTACT)
JUSTICE: Mapping[str, Kind] = {
    "people": Kind("person", _IDENTITY, 0, id_field="crn"),
    "limits": Kind("access_limit", (Register.LIMITS,), 1, id_field="limitId"),
    "supervisions": Kind("supervision", (Category.SUPERVISION,), 2, id_field="supervisionId"),
    "allocations": Kind("allocation", (Register.ALLOCATION,), 3, id_field="allocationId"),
    "offences": Kind("offence", (Category.OFFENCE,), 4, id_field="offenceId"),
    "risk": Kind("risk_assessment", (Category.RISK,), 4, id_field="riskId"),
    "registrations": Kind("risk_alert", (Category.RISK,), 4, id_field="registrationId"),
    "obligations": Kind("obligation", (Category.OBLIGATIONS,), 4, id_field="obligationId"),
}
HEALTH: Mapping[str, Kind] = {
    "IDS001MPI": Kind("patient", _IDENTITY, 0, ("LocalPatientLink", "LocalPatientName", "IDS002GP"), Action.CREATE),
    "IDS101Referral": Kind("referral", (Category.REFERRAL,), 1, ("LocalReferral",)),
    "IDS201CareContact": Kind("appointment", (Category.ATTENDANCE,), 2, ("LocalContact",)),
    "IDS202CareActivity": Kind("care_activity", (Category.CLINICAL,), 3, ("LocalActivity",)),
    "IDS607CodedScoreAssessmentAct": Kind("outcome_score", (Category.SCORES,), 4, ("LocalScoreItems",)),
    "IDS606CodedScoreAssessmentRefer": Kind("outcome_score", (Category.SCORES,), 4),
    "LocalCore10": Kind("outcome_score", (Category.SCORES,), 4),
    "LocalClinical": Kind("clinical_record", (Category.CLINICAL,), 4, ("IDS603PresentingComplaints",)),
    "IDS603PresentingComplaints": Kind("clinical_record", (Category.CLINICAL,), 4),
    "LocalProgress": Kind("progress_summary", (Category.PROGRESS,), 4),
    "LocalNotes": Kind("session_note", (Category.NOTES,), 4),
    "LocalSafety": Kind("safety_record", (Category.SAFETY,), 4),
    "LocalSafetyAlert": Kind("safety_alert", (Category.SAFETY_ALERT,), 4),
    "IDS105OnwardReferral": Kind("onward_referral", (Category.CLINICAL,), 4),
    "IDS108WaitingTimePauses": Kind("waiting_pause", (Category.CLINICAL,), 4),
}
"""Not here: allocations of therapists and three-way meetings, which members of staff write (B5, B1)."""
KINDS: Mapping[Role, Mapping[str, Kind]] = {Role.CASE_MANAGEMENT_SYSTEM: JUSTICE, Role.CLINICAL_SYSTEM: HEALTH}
NAMED_BY: Mapping[str, str] = {
    "crn": "person",
    "LocalPatientId": "patient",
    "ServiceRequestId": "referral",
    "CareContactId": "appointment",
    "CareActId": "care_activity",
}
"""By the field in which a line names what it belongs to: the table that it stands in."""
