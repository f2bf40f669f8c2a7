"""A small folder of both sides' records, right in every field: two people, of whom tests break one thing at a time."""

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.audit.writer import open_log
from app.config import Clock
from app.db import Address, open_database
from app.gate import Gate
from app.policies import shipped_versions
from app.records.reading import Records
from app.sync import ImportReport, import_folder
from tests.world import execute

NOW = datetime(2013, 7, 15, 9, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "examples" / "leicester-2013"
CLIENTS = ("case-management", "clinical-records", "audit-console", "guardian-console", "commissioner-reports")
CREDENTIALS = dict.fromkeys(CLIENTS, "a hash that fits no secret")
Row = dict[str, Any]
Files = dict[str, list[Row]]
FIRST, SECOND = "X320741", "X320742"
PHQ9, GAD7 = "720433000", "445455005"
WSAS = ("932621000000100", "932581000000100", "932611000000106", "932591000000103", "932601000000109")


def times(moment: str, modified: str | None = None) -> Row:
    return {"recordedAt": moment, "lastUpdatedAt": modified or moment}


def local(moment: str, modified: str | None = None) -> Row:
    return {"RecordedAt": moment, "ModifiedAt": modified or moment}


def _staff(number: int, username: str, party: str, role: str, service: str | None = None) -> Row:
    return {
        "staffId": f"ST{number}",
        "username": username,
        "name": username.title(),
        "party": party,
        "role": role,
        "team": "team",
        "service": service,
        "manager": None,
        "employedFrom": "2010-01-04",
        "employedTo": None,
        "revokedAt": None,
        **times("2012-11-01T09:00:00+00:00"),
    }


def _client(identity: str, party: str, role: str, service: str | None) -> Row:
    return {
        "clientId": identity,
        "name": identity,
        "party": party,
        "role": role,
        "service": service,
        "actsForStaff": True,
        "registeredAt": "2012-11-01T08:00:00+00:00",
        "suspendedAt": None,
        **times("2012-11-01T08:00:00+00:00"),
    }


def _training(number: int, username: str, course: str) -> Row:
    return {
        "trainingId": f"TR{number}",
        "username": username,
        "course": course,
        "completedOn": "2012-10-29",
        **times("2012-11-01T09:00:00+00:00"),
    }


def _standing() -> Files:
    service = "open-mind-leicester"
    people = [
        _staff(1, "lead", "justice", "probation-lead"),
        _staff(2, "manager", "justice", "offender-manager"),
        _staff(3, "clinician", "health", "clinical-lead", service),
        _staff(4, "therapist", "health", "therapist", service),
        _staff(5, "records", "health", "records-officer"),
    ]
    return {
        "standing/services.jsonl": [
            {"serviceId": service, "name": "Open Mind", "provider": "RT5", **times("2012-11-01T08:00:00+00:00")}
        ],
        "standing/staff.jsonl": people,
        "standing/clients.jsonl": [
            _client("case-management", "justice", "case-management-system", None),
            _client("clinical-records", "health", "clinical-system", service),
        ],
        "standing/training.jsonl": [
            _training(number, member["username"], "information-sharing") for number, member in enumerate(people, 1)
        ],
        "standing/authorisations.jsonl": [
            {
                "authorisationId": "AU1",
                "username": "therapist",
                "kind": "criminal-justice",
                "grantedBy": "lead",
                "validFrom": "2012-11-19T09:30:00+00:00",
                "validUntil": "2013-11-19T09:30:00+00:00",
                "revokedAt": None,
                "revokedBy": None,
                **times("2012-11-19T09:30:00+00:00"),
            }
        ],
        "standing/consents.jsonl": [_consent(1, FIRST), _consent(2, SECOND)],
        "standing/objections.jsonl": [
            {
                "objectionId": "OJ1",
                "crn": FIRST,
                "category": "attendance",
                "reason": "would rather tell in person",
                "validFrom": "2013-06-01T10:00:00+01:00",
                "validUntil": None,
                "recordedBy": "therapist",
                "withdrawnAt": None,
                **times("2013-06-01T10:00:00+01:00"),
            }
        ],
        "standing/subject_requests.jsonl": [
            {"subjectRequestId": "SR1", "crn": FIRST, "openedOn": "2013-07-03", "openedBy": "records",
             "closedOn": None, **times("2013-07-03T09:45:00+01:00")}
        ],
    }  # fmt: skip


def _consent(number: int, crn: str) -> Row:
    return {
        "consentId": f"CO{number}",
        "crn": crn,
        "scope": "attendance",
        "decision": "permit",
        "recipients": ["justice"],
        "validFrom": "2013-03-01T12:00:00+00:00",
        "validUntil": "2013-12-31",
        "givenHow": "in-writing",
        "capacity": True,
        "wordingVersion": "OM-2012-1",
        "recordedBy": "therapist",
        "recordedByParty": "health",
        "signedForm": None,
        "countersignedBy": None,
        "countersignedAt": None,
        "supersedes": None,
        "withdrawnAt": None,
        "withdrawnBy": None,
        **times("2013-03-01T12:00:00+00:00"),
    }


def _person(crn: str, nhs: str, pnc: str) -> Row:
    return {
        "crn": crn,
        "nomsNumber": None,
        "pncNumber": pnc,
        "croNumber": None,
        "nhsNumber": nhs,
        "name": {"forename": "Given", "surname": f"Family{crn}"},
        "dateOfBirth": "1979-04-01",
        "sex": "M",
        "contactDetails": {
            "address": {"line": "1 Some Street", "postcode": "le1 1aa"},
            "telephone": "07700 900741",
            "email": None,
        },
        "interpreterLanguage": None,
        "accessNeeds": None,
        **times("2012-10-03T11:00:00+01:00"),
    }


def _of(number: int, crn: str) -> Files:
    recorded = times("2012-10-03T15:30:00+01:00")
    return {
        "justice/supervisions.jsonl": [
            {
                "supervisionId": f"SV{number}",
                "crn": crn,
                "sentenceType": "community-order",
                "sentenceCode": "SP",
                "startDate": "2012-10-03",
                "endDate": "2013-10-03",
                "terminationDate": None,
                "requirements": [
                    {
                        "requirementId": f"RQ{number}",
                        "type": "mental-health-treatment",
                        "sourceCode": "MHT",
                        "startDate": "2012-10-03",
                        "endDate": "2013-10-03",
                        "terminationDate": None,
                        "days": None,
                        "willing": True,
                        "practitioner": "clinician",
                    }
                ],
                **recorded,
            }
        ],
        "justice/offences.jsonl": [
            {"offenceId": f"OF{number}", "crn": crn, "kind": "index", "code": "VI05", "description": "assault",
             "offenceDate": "2012-05-27", "convictionDate": "2012-08-30", "court": "a court", **recorded}
        ],
        "justice/risk.jsonl": [
            {
                "riskId": f"RK{number}",
                "crn": crn,
                "rosh": "HIGH",
                "roshRegistrationCode": "RHRH",
                "mappa": {"category": 1, "level": 2},
                "assessedOn": "2012-10-15",
                "licenceConditions": [
                    {"conditionId": f"LC{number}", "description": "a condition", "startDate": "2012-10-15",
                     "endDate": "2013-10-03"}
                ],
                "exclusionZones": [
                    {"zoneId": f"EZ{number}", "description": "not to enter", "area": "an area",
                     "sites": ["rt5p2"], "postcodes": ["LE2", "LE3 1"], "startDate": "2012-10-15", "endDate": None}
                ],
                "curfews": [
                    {"curfewId": f"CU{number}", "description": "at home", "hours": "19:00-07:00",
                     "startDate": "2012-10-15"}
                ],
                **times("2012-10-15T10:59:00+01:00"),
            }
        ],
        "justice/registrations.jsonl": [
            {"registrationId": f"RG{number}", "crn": crn, "type": {"code": "WEAP", "description": "weapons"},
             "startDate": "2013-01-02", "nextReviewDate": "2013-10-15", "deregistrationDate": None,
             **times("2013-01-02T14:10:00+00:00")}
        ],
        "justice/obligations.jsonl": [
            {"obligationId": f"OB{number}", "crn": crn, "type": "reporting", "description": "report",
             "startDateTime": "2013-03-19T13:00:00+00:00", "endDateTime": "2013-03-19T13:30:00+00:00",
             "place": "an office", "outcomeCode": "ATTC", **times("2013-03-11T12:00:00+00:00")}
        ],
        "justice/allocations.jsonl": [
            {"allocationId": f"CM{number}", "crn": crn, "username": "Manager",
             "startDateTime": "2012-10-03T09:00:00+01:00", "endDateTime": None, **times("2012-10-03T09:00:00+01:00")}
        ],
        "justice/limits.jsonl": [
            {"limitId": f"LM{number}", "crn": crn, "type": "exclusion", "usernames": ["Nobody.Known"],
             "message": "ask your manager", "startDateTime": "2013-07-10T09:00:00+01:00", "endDateTime": None,
             **times("2013-07-10T09:00:00+01:00")}
        ],
    }  # fmt: skip


def _health(number: int, crn: str, nhs: str) -> Files:
    patient, referral, contact, activity = f"LPT{number}", f"OM{number}", f"CC{number}", f"CA{number}"
    seen = local("2013-02-01T11:40:00+00:00")
    return {
        "health/IDS001MPI.csv": [
            {"LocalPatientId": patient, "OrgIDLocalPatientId": "RT5", "NHSNumber": nhs, "NHSNumberStatus": "01",
             "PersonBirthDate": "1979-04-01", "Postcode": "LE1 1AA", "Gender": "1", "EthnicCategory": "A",
             "LanguageCodePreferred": "en"}
        ],
        "health/IDS002GP.csv": [
            {"LocalPatientId": patient, "GMPCodeReg": "C82902", "StartDateGMPRegistration": "2009-03-01",
             "EndDateGMPRegistration": ""}
        ],
        "health/LocalPatientLink.csv": [
            {"LocalPatientId": patient, "CRN": crn, "ServiceRequestId": referral, **local("2012-12-03T09:20:00+00:00")}
        ],
        "health/IDS101Referral.csv": [
            {"ServiceRequestId": referral, "LocalPatientId": patient, "OrgIDComm": "QK1",
             "ReferralRequestReceivedDate": "2012-12-03", "SourceOfReferralIAPT": "E3", "OnsetDate": "2010-07",
             "PrevDiagCondInd": "Y", "EndCode": "", "ServDischDate": ""}
        ],
        "health/LocalReferral.csv": [
            {"ServiceRequestId": referral, "Service": "open-mind-leicester", "Status": "in-treatment",
             "Basis": "voluntary", "ReferrerUsername": "manager", "Reason": "worry", "SuitabilityOutcome": "suitable",
             "SuitabilityReason": "", "SuitabilityDate": "", **local("2012-12-03T09:20:00+00:00")}
        ],
        "health/LocalAllocation.csv": [
            {"AllocationId": f"AL{number}", "ServiceRequestId": referral, "TherapistUsername": "therapist",
             "StartDateTime": "2012-12-04T10:00:00+00:00", "EndDateTime": "", **local("2012-12-04T10:00:00+00:00")}
        ],
        "health/IDS105OnwardReferral.csv": [
            {"ServiceRequestId": referral, "OnwardReferDate": "2013-03-01", "OnwardReferReason": "01",
             "OrgIDReceiving": "RT5"}
        ],
        "health/IDS108WaitingTimePauses.csv": [
            {"PauseID": f"PA{number}", "ServiceRequestId": referral, "PauseStartDate": "2012-12-04",
             "PauseEndDate": "2012-12-11", "PauseReason": "01"}
        ],
        "health/IDS201CareContact.csv": [
            {"CareContactId": contact, "ServiceRequestId": referral, "CareContDate": "2013-02-01",
             "CareContTime": "10:40:00", "PlannedCareContIndicator": "Y", "AttendOrDNACode": "5", "Cancellation": "",
             "ClinContDurOfCareCont": "55", "AppType": "03", "ConsMechanism": "01", "CareContPatientTherMode": "1",
             "PsychMed": "02", "ActLocTypeCode": "M02", "SiteIDOfTreat": "RT5P1", "InterpreterPresentInd": "N"},
            {"CareContactId": f"{contact}-2", "ServiceRequestId": referral, "CareContDate": "2013-07-22",
             "CareContTime": "10:40:00", "PlannedCareContIndicator": "Y", "AttendOrDNACode": "", "Cancellation": "",
             "ClinContDurOfCareCont": "", "AppType": "02", "ConsMechanism": "01", "CareContPatientTherMode": "1",
             "PsychMed": "", "ActLocTypeCode": "M02", "SiteIDOfTreat": "RT5P1", "InterpreterPresentInd": "N"},
        ],
        "health/LocalContact.csv": [
            {"CareContactId": each, "TherapistUsername": "therapist", "PlannedMinutes": "60", "Place": "an office",
             **local("2013-01-25T14:05:00+00:00", "2013-02-01T11:40:00+00:00")}
            for each in (contact, f"{contact}-2")
        ],
        "health/IDS202CareActivity.csv": [
            {"CareActId": activity, "CareContactId": contact, "CarePersLocalId": "CP01",
             "CodeProcAndProcStatus": "304891004", "CodeFind": "", "CodeObs": "", "ObsValue": "", "UnitMeasure": ""}
        ],
        "health/IDS603PresentingComplaints.csv": [
            {"ServiceRequestId": referral, "FindSchemeInUse": "01", "PresComp": "F41.1", "PresCompCodSig": "1",
             "PresCompDate": "2013-02-01"}
        ],
        "health/IDS606CodedScoreAssessmentRefer.csv": [
            {"ServiceRequestId": referral, "CodedAssToolType": PHQ9, "PersScore": "15",
             "AssToolCompDate": "2013-01-20", "AssToolCompTime": "12:00:00"}
        ],
        "health/IDS607CodedScoreAssessmentAct.csv": [
            {"CareActId": activity, "CodedAssToolType": code, "PersScore": score}
            for code, score in ((PHQ9, "9"), (GAD7, "14"), *((code, "4") for code in WSAS))
        ],
        "health/LocalScoreItems.csv": [
            {"CareActId": activity, "CodedAssToolType": PHQ9, "Answers": "1 1 1 1 1 1 1 1 1", **seen}
        ],
        "health/LocalCore10.csv": [
            {"LocalScoreId": f"C10-{number}", "CareContactId": contact, "PersScore": "12",
             "Answers": "1 1 1 1 1 1 1 1 2 2", **seen}
        ],
        "health/LocalProgress.csv": [
            {"ProgressId": f"PR{number}", "ServiceRequestId": referral, "WrittenOn": "2013-02-01",
             "AuthorUsername": "therapist", "EngagementSummary": "engaged", "Goals": "a goal", **seen}
        ],
        "health/LocalClinical.csv": [
            {"ClinicalId": f"CL{number}", "ServiceRequestId": referral, "WrittenOn": "2013-02-01",
             "AuthorUsername": "therapist", "FindSchemeInUse": "01", "ProblemCode": "F41.1",
             "ProblemDescriptor": "anxiety", "StepOfCare": "3", "Medication": "none", "TherapyType": "CBT", **seen}
        ],
        "health/LocalNotes.csv": [
            {"NoteId": f"NN{number}", "ServiceRequestId": referral, "CareContactId": contact,
             "AuthorUsername": "therapist", "WrittenAt": "2013-02-01T11:48:00+00:00", "Kind": "session",
             "Text": "what was said,\nover two lines", "ThirdParty": "N", "SeriousHarm": "N", **seen}
        ],
        "health/LocalSafety.csv": [
            {"SafetyId": f"SF{number}", "ServiceRequestId": referral, "AuthorUsername": "therapist",
             "WrittenAt": "2013-02-01T11:52:00+00:00", "RiskToSelf": "none", "RiskToOthers": "none", "SafetyPlan": "",
             "ThirdParty": "N", "SeriousHarm": "N", **seen}
        ],
        "health/LocalSafetyAlert.csv": [
            {"SafetyAlertId": f"SA{number}", "ServiceRequestId": referral, "Summary": "do not see alone",
             "Reason": "said so", "Urgency": "urgent", "RecipientUsername": "manager", "ReleasedBy": "clinician",
             "ReleasedAt": "2013-07-10T16:20:00+01:00", "AcknowledgedBy": "", "AcknowledgedAt": "",
             **local("2013-07-10T16:20:00+01:00")}
        ],
        "health/LocalMeeting.csv": [
            {"MeetingId": f"MT{number}", "ServiceRequestId": referral, "HeldAt": "2013-02-01T12:09:00+00:00",
             "Place": "an office", "OffenderManagerUsername": "manager", "TherapistUsername": "therapist",
             "Agreed": "what was agreed", "NextDate": "", "ThirdParty": "N", "SeriousHarm": "N",
             **local("2013-02-01T12:44:00+00:00")}
        ],
    }  # fmt: skip


def _whole() -> Files:
    numbers = {FIRST: ("9997450442", "1997/0326826W"), SECOND: ("9998766729", "2005/0466388U")}
    files = _standing()
    files["health/IDS000Header.csv"] = [
        {"DatSetVer": "2.1", "OrgIDProv": "RT5", "OrgIDSubmit": "RT5", "PrimSystemInUse": "a system",
         "ReportingPeriodStartDate": "2012-11-01", "ReportingPeriodEndDate": "2013-07-31",
         "DateTimeDatSetCreate": "2013-07-15T06:00:00"}
    ]  # fmt: skip
    for number, (crn, (nhs, pnc)) in enumerate(numbers.items(), 1):
        files.setdefault("justice/people.jsonl", []).append(_person(crn, nhs, pnc))
        for part in (_of(number, crn), _health(number, crn, nhs)):
            for file, rows in part.items():
                files.setdefault(file, []).extend(rows)
    return files


WHOLE = _whole()


def whole() -> Files:
    """A copy to break."""
    return deepcopy(WHOLE)


def write(folder: Path, files: Files) -> Path:
    """The folder with these files."""
    for file, rows in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".jsonl":
            path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        else:
            columns = list((WHOLE.get(file) or rows)[0])
            with path.open("w", encoding="utf-8", newline="") as target:
                writer = csv.DictWriter(target, columns)
                writer.writeheader()
                writer.writerows(rows)
    return folder


@asynccontextmanager
async def gate_of(url: str, now: Callable[[], datetime] | None = None) -> AsyncIterator[Gate]:
    """The gate of a database, as the service opens it."""
    address = Address(url)
    role = None if address.dialect == "sqlite" else "openmind_service"
    database = open_database(address, role)
    log = await open_log(address, role, now or Clock(NOW))
    try:
        yield Gate(Records(database), log, shipped_versions())
    finally:
        await log.close()
        await database.close()


async def load(url: str, folder: Path) -> ImportReport:
    """One import on the day of the example."""
    async with gate_of(url) as gate:
        return await import_folder(folder, gate, Clock(NOW), credentials=CREDENTIALS)


async def ask(url: str, *statements: str) -> list[list[Any]]:
    """What stands in the database, whoever may read it."""
    return await execute(url, [(text(statement), None) for statement in statements])


async def count(url: str, *conditions: str) -> tuple[int, ...]:
    """How many rows there are of each `table WHERE …`."""
    answers = await ask(url, *(f"SELECT count(*) FROM {condition}" for condition in conditions))
    return tuple(answer[0][0] for answer in answers)


def found(report: ImportReport) -> list[tuple[str, int, str, str]]:
    """Every finding, in order."""
    return sorted((each.file, each.line, each.field, each.rule_id) for each in report.findings)


def changed(files: Files, file: str, place: int, values: Iterable[tuple[str, Any]]) -> Files:
    """The files with fields of one row changed, by name and through dots."""
    for name, value in values:
        inside: Any = files[file][place]
        *path, last = name.split(".")
        for part in path:
            inside = inside[int(part) if part.isdigit() else part]
        inside[int(last) if last.isdigit() else last] = value
    return files
