"""The tables and fields of the national data set (IAPT v2.1), and the `Local…` ones that an export has beside them.

The `Local…` tables are what it takes to bring the same rows back; the national service has no use for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
NATIONAL: Mapping[str, tuple[str, ...]] = {
    "IDS000Header": ("DatSetVer", "OrgIDProv", "OrgIDSubmit", "PrimSystemInUse", "ReportingPeriodStartDate",
                     "ReportingPeriodEndDate", "DateTimeDatSetCreate"),
    "IDS001MPI": ("LocalPatientId", "OrgIDLocalPatientId", "NHSNumber", "NHSNumberStatus", "PersonBirthDate",
                  "Postcode", "Gender", "EthnicCategory", "LanguageCodePreferred"),
    "IDS002GP": ("LocalPatientId", "GMPCodeReg", "StartDateGMPRegistration", "EndDateGMPRegistration"),
    "IDS101Referral": ("ServiceRequestId", "LocalPatientId", "OrgIDComm", "ReferralRequestReceivedDate",
                       "SourceOfReferralIAPT", "OnsetDate", "PrevDiagCondInd", "EndCode", "ServDischDate"),
    "IDS105OnwardReferral": ("ServiceRequestId", "OnwardReferDate", "OnwardReferReason", "OrgIDReceiving"),
    "IDS108WaitingTimePauses": ("PauseID", "ServiceRequestId", "PauseStartDate", "PauseEndDate", "PauseReason"),
    "IDS201CareContact": ("CareContactId", "ServiceRequestId", "CareContDate", "CareContTime",
                          "PlannedCareContIndicator", "AttendOrDNACode", "Cancellation", "ClinContDurOfCareCont",
                          "AppType", "ConsMechanism", "CareContPatientTherMode", "PsychMed", "ActLocTypeCode",
                          "SiteIDOfTreat", "InterpreterPresentInd"),
    "IDS202CareActivity": ("CareActId", "CareContactId", "CarePersLocalId", "CodeProcAndProcStatus", "CodeFind",
                           "CodeObs", "ObsValue", "UnitMeasure"),
    "IDS603PresentingComplaints": ("ServiceRequestId", "FindSchemeInUse", "PresComp", "PresCompCodSig",
                                   "PresCompDate"),
    "IDS606CodedScoreAssessmentRefer": ("ServiceRequestId", "CodedAssToolType", "PersScore", "AssToolCompDate",
                                        "AssToolCompTime"),
    "IDS607CodedScoreAssessmentAct": ("CareActId", "CodedAssToolType", "PersScore"),
}  # fmt: skip
"""Every national table with its fields, in the national order."""
TIMES = ("RecordedAt", "ModifiedAt")
LOCAL: Mapping[str, tuple[str, ...]] = {
    "LocalPatientLink": ("LocalPatientId", "CRN", *TIMES),
    "LocalPatientName": ("LocalPatientId", "FamilyName", "GivenNames", "PNCNumber", *TIMES),
    "LocalReferral": ("ServiceRequestId", "Service", "Status", "Basis", "ReferrerUsername", "Reason",
                      "SuitabilityOutcome", "SuitabilityReason", *TIMES),
    "LocalContact": ("CareContactId", "TherapistUsername", "PlannedMinutes", "CancelledAt", *TIMES),
    "LocalClinical": ("ClinicalId", "ServiceRequestId", "WrittenOn", "FindSchemeInUse", "ProblemCode",
                      "ProblemDescriptor", "StepOfCare", "Medication", "TherapyType", *TIMES),
    "LocalScoreItems": ("CareActId", "CodedAssToolType", "Answers", *TIMES),
    "LocalCore10": ("LocalScoreId", "CareContactId", "PersScore", "Answers", *TIMES),
}  # fmt: skip
OURS = "Open Mind"
"""As PrimSystemInUse: what comes back from an export is no submission, and replaces nothing."""


@dataclass(frozen=True, slots=True)
class Period:
    """Of which service, whose system sends as which provider, and of which days, both included."""

    service: str
    provider: str
    starts_on: date
    ends_on: date

    def covers(self, received_on: date | None, closed_on: date | None) -> bool:
        """Whether a referral was open on one of these days."""
        began = received_on is not None and received_on <= self.ends_on
        return began and (closed_on is None or closed_on >= self.starts_on)


def header(period: Period, made: datetime) -> dict[str, str]:
    """The one row of the header."""
    return {
        "DatSetVer": "2.1",
        "OrgIDProv": period.provider,
        "OrgIDSubmit": period.provider,
        "PrimSystemInUse": OURS,
        "ReportingPeriodStartDate": period.starts_on.isoformat(),
        "ReportingPeriodEndDate": period.ends_on.isoformat(),
        "DateTimeDatSetCreate": f"{made.astimezone(LONDON):%Y-%m-%dT%H:%M:%S}",
    }
