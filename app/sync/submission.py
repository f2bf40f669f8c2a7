"""The health side's submission as a whole: its tables, its header, and the rules by which all of it is refused.

Tables and fields are those of the national data set (IAPT v2.1), as CSV; what it has no table for stands in `Local…`
tables of the clinical system. As in the national service, some faults reject the file: here that is every table of the
submission, since each hangs on its patients.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.gate.remembered import Memory
from app.sync.bundle import Bundle
from app.sync.fields import LONDON, Fields
from app.sync.reading import FileRejected, Source, read_table
from app.sync.report import ImportReport, Outcome
from app.vocabulary.identifiers import nhs_number, ods_provider

_TIMES = ("RecordedAt", "ModifiedAt")
TABLES: Mapping[str, tuple[str, ...]] = {
    "IDS000Header": ("DatSetVer", "OrgIDProv", "OrgIDSubmit", "ReportingPeriodStartDate", "ReportingPeriodEndDate",
                     "DateTimeDatSetCreate"),
    "IDS001MPI": ("LocalPatientId", "NHSNumber", "PersonBirthDate", "Postcode", "Gender", "LanguageCodePreferred"),
    "IDS002GP": ("LocalPatientId", "GMPCodeReg", "StartDateGMPRegistration", "EndDateGMPRegistration"),
    "LocalPatientLink": ("LocalPatientId", "CRN", *_TIMES),
    "LocalPatientName": ("LocalPatientId", "FamilyName", "GivenNames", "PNCNumber", *_TIMES),
    "IDS101Referral": ("ServiceRequestId", "LocalPatientId", "ReferralRequestReceivedDate", "SourceOfReferralIAPT",
                       "EndCode", "ServDischDate"),
    "LocalReferral": ("ServiceRequestId", "Service", "Status", "Basis", "ReferrerUsername", "Reason",
                      "SuitabilityOutcome", "SuitabilityReason", *_TIMES),
    "LocalAllocation": ("AllocationId", "ServiceRequestId", "TherapistUsername", "StartDateTime", "EndDateTime",
                        *_TIMES),
    "IDS105OnwardReferral": ("ServiceRequestId", "OnwardReferDate", "OnwardReferReason", "OrgIDReceiving"),
    "IDS108WaitingTimePauses": ("PauseID", "ServiceRequestId", "PauseStartDate", "PauseEndDate", "PauseReason"),
    "IDS201CareContact": ("CareContactId", "ServiceRequestId", "CareContDate", "CareContTime", "AttendOrDNACode",
                          "Cancellation", "ClinContDurOfCareCont", "AppType", "ConsMechanism", "PsychMed",
                          "ActLocTypeCode", "SiteIDOfTreat"),
    "LocalContact": ("CareContactId", "TherapistUsername", "PlannedMinutes", *_TIMES),
    "IDS202CareActivity": ("CareActId", "CareContactId", "CarePersLocalId", "CodeProcAndProcStatus"),
    "IDS603PresentingComplaints": ("ServiceRequestId", "FindSchemeInUse", "PresComp", "PresCompCodSig", "PresCompDate"),
    "IDS606CodedScoreAssessmentRefer": ("ServiceRequestId", "CodedAssToolType", "PersScore", "AssToolCompDate",
                                        "AssToolCompTime"),
    "IDS607CodedScoreAssessmentAct": ("CareActId", "CodedAssToolType", "PersScore"),
    "LocalScoreItems": ("CareActId", "CodedAssToolType", "Answers", *_TIMES),
    "LocalCore10": ("LocalScoreId", "CareContactId", "PersScore", "Answers", *_TIMES),
    "LocalProgress": ("ProgressId", "ServiceRequestId", "WrittenOn", "EngagementSummary", "Goals", *_TIMES),
    "LocalClinical": ("ClinicalId", "ServiceRequestId", "WrittenOn", "FindSchemeInUse", "ProblemCode",
                      "ProblemDescriptor", "StepOfCare", "Medication", "TherapyType", *_TIMES),
    "LocalNotes": ("NoteId", "ServiceRequestId", "AuthorUsername", "WrittenAt", "Kind", "Text", "ThirdParty",
                   "SeriousHarm", *_TIMES),
    "LocalSafety": ("SafetyId", "ServiceRequestId", "AuthorUsername", "WrittenAt", "RiskToSelf", "RiskToOthers",
                    "SafetyPlan", "ThirdParty", "SeriousHarm", *_TIMES),
    "LocalSafetyAlert": ("SafetyAlertId", "ServiceRequestId", "Summary", "Reason", "Urgency", "RecipientUsername",
                         "ReleasedBy", "ReleasedAt", "AcknowledgedBy", "AcknowledgedAt", *_TIMES),
    "LocalMeeting": ("MeetingId", "ServiceRequestId", "HeldAt", "Place", "OffenderManagerUsername",
                     "TherapistUsername", "Agreed", "NextDate", "ThirdParty", "SeriousHarm", *_TIMES),
}  # fmt: skip
"""Every table that is known, with the columns that it has to have."""
REQUIRED = ("IDS000Header", "IDS001MPI", "IDS101Referral")


def path_of(table: str) -> str:
    """Where a table stands in the folder."""
    return f"health/{table}.csv"


@dataclass(frozen=True, slots=True)
class Header:
    """Who sends, for which days (both included), and when the extract was made."""

    provider: str
    created_at: datetime
    starts_on: date
    ends_on: date
    system: str | None
    """Which system made the extract."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The rows of every table that was sent, and what the header says of all of them."""

    header: Header
    tables: Mapping[str, Collection[Source]]

    @property
    def provider(self) -> str:
        """The provider's ODS code."""
        return self.header.provider

    @property
    def created_at(self) -> datetime:
        """When the extract was made."""
        return self.header.created_at

    @property
    def rows(self) -> int:
        """How many rows there are to go through."""
        return sum(map(len, self.tables.values()))

    def has(self, table: str) -> bool:
        """Whether the table was sent, with or without rows."""
        return table in self.tables


def read_submission(bundle: Bundle, report: ImportReport) -> Submission | None:
    """The submission; None if there is none, or if a fault rejects all of it, which is in the report then."""
    sent = {table: columns for table, columns in TABLES.items() if path_of(table) in bundle.names}
    if not sent:
        return None
    tables: dict[str, Collection[Source]] = {}
    is_rejected = False
    for table, columns in sent.items():
        try:
            tables[table] = read_table(bundle, path_of(table), columns, report)
        except FileRejected:
            is_rejected = True
    for table in REQUIRED:
        if table not in sent:
            report.found(path_of(table), 0, "", "table-missing")
            is_rejected = True
    header = None if is_rejected else _header(tables["IDS000Header"], report)
    if header is None or not _patients_are_sound(tables["IDS001MPI"], report):
        for table, rows in tables.items():
            report.came_to(path_of(table), Outcome.REJECTED, len(rows))
        return None
    report.came_to(path_of("IDS000Header"), Outcome.NOT_KEPT)
    return Submission(header, tables)


def _header(rows: Collection[Source], report: ImportReport) -> Header | None:
    if len(rows) != 1:
        report.found(path_of("IDS000Header"), 0, "", "header-invalid")
        return None
    fields = Fields(next(iter(rows)), report)
    provider = fields.identifier("OrgIDProv", ods_provider, "header-invalid")
    fields.code("DatSetVer", ("2.1",), "header-invalid")
    made = _moment(fields, "DateTimeDatSetCreate")
    starts, ends = (_moment(fields, f"ReportingPeriod{name}Date") for name in ("Start", "End"))
    first, last = starts and starts.date(), ends and ends.date()
    if provider is None and not fields.is_broken:
        fields.fault("OrgIDProv", "header-invalid")
    fields.in_order(first, last, "ReportingPeriodEndDate", "header-invalid")
    if fields.is_broken or provider is None or made is None or first is None or last is None:
        return None
    moment = (made if made.tzinfo else made.replace(tzinfo=LONDON)).astimezone(UTC)
    return Header(provider, moment, first, last, fields.text("PrimSystemInUse", 100))


def _moment(fields: Fields, name: str) -> datetime | None:
    """A day or a moment in ISO 8601; what is none breaks the header."""
    try:
        return datetime.fromisoformat(fields.text(name) or "")
    except ValueError:
        fields.fault(name, "header-invalid")
        return None


def _patients_are_sound(rows: Collection[Source], report: ImportReport) -> bool:
    """Whether each patient stands there once, and each NHS number is one and one person's."""
    is_sound = True
    memory = Memory()
    seen = {"LocalPatientId": memory.mapping(), "NHSNumber": memory.mapping()}
    repeated = {"LocalPatientId": "patient-repeated", "NHSNumber": "nhs-number-shared"}
    for source in rows:
        fields = Fields(source, report)
        found = {
            "LocalPatientId": fields.text("LocalPatientId"),
            "NHSNumber": fields.identifier("NHSNumber", nhs_number, "nhs-number-invalid"),
        }
        for name, value in found.items():
            if value is not None and value in seen[name]:
                fields.fault(name, repeated[name])
            elif value is not None:
                seen[name].add(value)
        is_sound &= not fields.is_broken
    return is_sound
