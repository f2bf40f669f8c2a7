"""The national tables from a person's rows: what each field of IAPT v2.1 is called here, and nothing else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.pathway.measures import BY_CODE, CORE_10, WSAS, WSAS_ITEMS
from app.pathway.scoring import UNANSWERED
from app.records.writing import OWN
from app.services.national_fields import LONDON, TIMES, Period

ATTENDED = ("5", "6")
Row = Mapping[str, Any]
Held = Mapping[str, Sequence[Row]]
Tables = dict[str, list[dict[str, str]]]


def tables_of(held: Held, crn: str, period: Period) -> Tables:
    """Every row of a person by table; contacts, scores and what else has a day, of the period alone."""
    return {name: list(rows) for name, rows in _Person(held, crn, period).tables()}


class _Person:
    def __init__(self, held: Held, crn: str, period: Period) -> None:
        self.held, self.crn, self.period = held, crn, period
        self.referrals = {
            row["id"]: row
            for row in held["referral"]
            if row["service_id"] == period.service and period.covers(row["received_on"], row["closed_on"])
        }
        self.contacts = {row["id"]: row for row in self._mine("appointment", "starts_at")}
        self.activities = {
            row["source_id"]: row for row in held["care_activity"] if row["appointment_id"] in self.contacts
        }
        self.of_contact = {row["appointment_id"]: row for row in self.activities.values()}
        self.scores = self._mine("outcome_score", "completed_at")
        self.presented = {row["referral_id"]: row for row in held["presentation"]}

    def _mine(self, table: str, dated: str | None = None) -> list[Row]:
        """The rows of exported referrals; those with a day in another period are left out."""
        of_ours = (row for row in self.held[table] if row["referral_id"] in self.referrals)
        return [row for row in of_ours if dated is None or self._is_within(row[dated])]

    def _is_within(self, when: date | datetime | None) -> bool:
        if when is None:
            return True
        day = when.astimezone(LONDON).date() if isinstance(when, datetime) else when
        return self.period.starts_on <= day <= self.period.ends_on

    def _referral(self, row: Row) -> str:
        return str(self.referrals[row["referral_id"]]["source_id"])

    def tables(self) -> Iterator[tuple[str, Iterator[dict[str, str]]]]:
        made: Mapping[str, Callable[[], Iterator[dict[str, Any]]]] = {
            "IDS001MPI": self._patients,
            "IDS002GP": self._practices,
            "IDS101Referral": self._referrals,
            "IDS105OnwardReferral": self._onward,
            "IDS108WaitingTimePauses": self._pauses,
            "IDS201CareContact": self._contacts,
            "IDS202CareActivity": self._activities,
            "IDS603PresentingComplaints": self._complaints,
            "IDS606CodedScoreAssessmentRefer": self._posted,
            "IDS607CodedScoreAssessmentAct": self._scored,
            "LocalPatientLink": self._links,
            "LocalPatientName": self._names,
            "LocalReferral": self._local_referrals,
            "LocalContact": self._local_contacts,
            "LocalClinical": self._local_clinical,
            "LocalScoreItems": self._local_items,
            "LocalCore10": self._local_core_10,
        }
        for table, rows in made.items():
            yield table, ({name: _text(value) for name, value in row.items()} for row in rows())

    # --- who ------------------------------------------------------------------------------------------------------

    def _registered(self) -> list[Row]:
        """The patients whom exported referrals name; every one where a referral does not say."""
        named = {row["patient_id"] for row in self.referrals.values()}
        known = [row for row in self.held["patient"] if named & {row["id"], None}]
        return known if self.referrals else []

    def _patients(self) -> Iterator[dict[str, Any]]:
        for row in self._registered():
            yield {
                "LocalPatientId": row["source_id"],
                "OrgIDLocalPatientId": row["registered_by"],
                "NHSNumber": row["nhs_number"],
                "NHSNumberStatus": row["nhs_number_status"],
                "PersonBirthDate": row["date_of_birth"],
                "Postcode": row["postcode"],
                "Gender": row["gender"],
                "EthnicCategory": row["ethnic_category"],
                "LanguageCodePreferred": row["interpreter_language"],
            }

    def _practices(self) -> Iterator[dict[str, Any]]:
        for row in self._registered():
            if row["gp_practice"]:
                yield {
                    "LocalPatientId": row["source_id"],
                    "GMPCodeReg": row["gp_practice"],
                    "StartDateGMPRegistration": row["gp_registered_from"],
                    "EndDateGMPRegistration": row["gp_registered_until"],
                }

    def _links(self) -> Iterator[dict[str, Any]]:
        for row in self._registered():
            yield {"LocalPatientId": row["source_id"], "CRN": self.crn, **_times(row)}

    def _names(self) -> Iterator[dict[str, Any]]:
        for row in self._registered():
            named = (row["family_name"], row["given_names"], row["pnc_number"])
            if any(named):
                said = dict(zip(("FamilyName", "GivenNames", "PNCNumber"), named, strict=True))
                yield {"LocalPatientId": row["source_id"], **said, **_times(row)}

    # --- referrals ------------------------------------------------------------------------------------------------

    def _referrals(self) -> Iterator[dict[str, Any]]:
        local = {row["id"]: row["source_id"] for row in self._registered()}
        only = next(iter(local.values())) if len(local) == 1 else None
        for row in self.referrals.values():
            said = self.presented.get(row["id"], {})
            yield {
                "ServiceRequestId": row["source_id"],
                "LocalPatientId": local.get(row["patient_id"], only),
                "OrgIDComm": row["commissioner"],
                "ReferralRequestReceivedDate": row["received_on"],
                "SourceOfReferralIAPT": row["source_of_referral"],
                "OnsetDate": said.get("onset"),
                "PrevDiagCondInd": said.get("previous_condition"),
                "EndCode": row["end_code"],
                "ServDischDate": row["closed_on"],
            }

    def _local_referrals(self) -> Iterator[dict[str, Any]]:
        for row in self.referrals.values():
            yield {
                "ServiceRequestId": row["source_id"],
                "Service": row["service_id"],
                "Status": row["status"],
                "Basis": row["basis"],
                "ReferrerUsername": row["referred_by"],
                "Reason": row["reason"],
                "SuitabilityOutcome": row["suitability"],
                "SuitabilityReason": self.presented.get(row["id"], {}).get("suitability_reason"),
                **_times(row),
            }

    def _onward(self) -> Iterator[dict[str, Any]]:
        for row in self._mine("onward_referral", "referred_on"):
            yield {
                "ServiceRequestId": self._referral(row),
                "OnwardReferDate": row["referred_on"],
                "OnwardReferReason": row["reason"],
                "OrgIDReceiving": row["receiving"],
            }

    def _pauses(self) -> Iterator[dict[str, Any]]:
        for row in self._mine("waiting_pause", "started_on"):
            yield {
                "PauseID": row["source_id"],
                "ServiceRequestId": self._referral(row),
                "PauseStartDate": row["started_on"],
                "PauseEndDate": row["ended_on"],
                "PauseReason": row["reason"],
            }

    # --- contacts -------------------------------------------------------------------------------------------------

    def _contacts(self) -> Iterator[dict[str, Any]]:
        for row in self.contacts.values():
            starts, attended = row["starts_at"].astimezone(LONDON), row["attendance_code"] in ATTENDED
            yield {
                "CareContactId": row["source_id"],
                "ServiceRequestId": self._referral(row),
                "CareContDate": starts.date(),
                "CareContTime": f"{starts:%H:%M:%S}",
                "PlannedCareContIndicator": row["planned"],
                "AttendOrDNACode": row["attendance_code"],
                "Cancellation": row["short_notice"],
                "ClinContDurOfCareCont": row["minutes"] if attended else None,
                "AppType": row["appointment_type"],
                "ConsMechanism": row["medium"],
                "CareContPatientTherMode": row["therapy_mode"],
                "PsychMed": self.of_contact.get(row["id"], {}).get("psychotropic_medication"),
                "ActLocTypeCode": row["location_code"],
                "SiteIDOfTreat": row["site"],
                "InterpreterPresentInd": row["interpreter"],
            }

    def _local_contacts(self) -> Iterator[dict[str, Any]]:
        for row in self.contacts.values():
            act = self.of_contact.get(row["id"], {})
            by = act.get("practitioner")
            yield {
                "CareContactId": row["source_id"],
                "TherapistUsername": by if by != act.get("care_personnel") else None,
                "PlannedMinutes": row["minutes"],
                "CancelledAt": _moment(row["cancelled_at"]),
                **_times(row),
            }

    def _activities(self) -> Iterator[dict[str, Any]]:
        for row in self.activities.values():
            yield {
                "CareActId": row["source_id"],
                "CareContactId": self.contacts[row["appointment_id"]]["source_id"],
                "CarePersLocalId": row["care_personnel"],
                "CodeProcAndProcStatus": row["procedure_code"],
                "CodeFind": row["finding_code"],
                "CodeObs": row["observation_code"],
                "ObsValue": row["observation_value"],
                "UnitMeasure": row["unit"],
            }

    # --- complaints and scores ------------------------------------------------------------------------------------

    def _complaints(self) -> Iterator[dict[str, Any]]:
        for row in self._mine("clinical_record", "written_on"):
            if row["problem_code"] and row["problem_scheme"]:
                yield {
                    "ServiceRequestId": self._referral(row),
                    "FindSchemeInUse": row["problem_scheme"],
                    "PresComp": row["problem_code"],
                    "PresCompCodSig": row["significance"],
                    "PresCompDate": row["written_on"],
                }

    def _local_clinical(self) -> Iterator[dict[str, Any]]:
        for row in self._mine("clinical_record", "written_on"):
            if ":" not in row["source_id"]:
                yield {
                    "ClinicalId": row["source_id"],
                    "ServiceRequestId": self._referral(row),
                    "WrittenOn": row["written_on"],
                    "FindSchemeInUse": row["problem_scheme"],
                    "ProblemCode": row["problem_code"],
                    "ProblemDescriptor": row["problem"],
                    "StepOfCare": row["step"],
                    "Medication": row["medication"],
                    "TherapyType": row["therapy_type"],
                    **_times(row),
                }

    def _at_contacts(self) -> Iterator[tuple[str, Row]]:
        """Each score at a contact, with the activity that it is of."""
        for row in self.scores:
            activity, _, rest = row["source_id"].partition(":")
            if activity in self.activities and rest == row["tool_code"]:
                yield activity, row

    def _posted(self) -> Iterator[dict[str, Any]]:
        for row in self.scores:
            referral, _, rest = row["source_id"].partition(":")
            own = row["source"] == OWN and (row["tool_code"] in BY_CODE or row["tool_code"] == WSAS.code)
            if own or (rest.startswith(f"{row['tool']}:") and referral == self._referral(row)):
                completed = row["completed_at"].astimezone(LONDON)
                for code, score in _each(row):
                    yield {
                        "ServiceRequestId": self._referral(row),
                        "CodedAssToolType": code,
                        "PersScore": score,
                        "AssToolCompDate": completed.date(),
                        "AssToolCompTime": f"{completed:%H:%M:%S}",
                    }

    def _scored(self) -> Iterator[dict[str, Any]]:
        for activity, row in self._at_contacts():
            for code, score in _each(row):
                yield {"CareActId": activity, "CodedAssToolType": code, "PersScore": score}

    def _local_items(self) -> Iterator[dict[str, Any]]:
        for activity, row in self._at_contacts():
            if row["items"] and row["tool_code"] != WSAS.code:
                said = {"CareActId": activity, "CodedAssToolType": row["tool_code"], "Answers": row["items"]}
                yield {**said, **_times(row)}

    def _local_core_10(self) -> Iterator[dict[str, Any]]:
        starts = {row["starts_at"]: row["source_id"] for row in self.contacts.values()}
        for row in self.scores:
            if row["tool_code"] == CORE_10.code and row["completed_at"] in starts and row["source"] != OWN:
                yield {
                    "LocalScoreId": row["source_id"],
                    "CareContactId": starts[row["completed_at"]],
                    "PersScore": _score(row["total"]),
                    "Answers": row["items"],
                    **_times(row),
                }


def _each(row: Row) -> list[tuple[str, str]]:
    """A score by its code; of WSAS, which has none, each answer that was given by its own."""
    if row["tool_code"] != WSAS.code:
        return [(row["tool_code"], _score(row["total"]))]
    answers = zip(WSAS_ITEMS, (row["items"] or "").split(), strict=False)
    return [(code, answer) for code, answer in answers if answer != UNANSWERED]


def _times(row: Row) -> dict[str, Any]:
    """When the record was last changed; of when it was first written the tables keep nothing."""
    return dict.fromkeys(TIMES, row["source_version"])


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _score(total: float) -> str:
    """A score as its tool counts it: whole, or with its decimals."""
    return f"{Decimal(str(total)).normalize():f}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
