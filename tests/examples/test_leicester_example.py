"""The Leicester example: the pilot's figures, the national rules, references that hold, nobody real, the same bytes."""

import csv
import filecmp
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "leicester-2013"
TODAY = "2013-07-15"
EXTRACTED = datetime.fromisoformat("2013-07-15T06:00:00+01:00")
ATTENDED, TREATMENT = {"5", "6"}, {"02", "03", "05"}
NATIONAL_FIELDS = {
    "IDS000Header": "DatSetVer OrgIDProv OrgIDSubmit PrimSystemInUse ReportingPeriodStartDate ReportingPeriodEndDate "
    "DateTimeDatSetCreate",
    "IDS001MPI": "LocalPatientId OrgIDLocalPatientId NHSNumber NHSNumberStatus PersonBirthDate Postcode Gender "
    "EthnicCategory LanguageCodePreferred",
    "IDS002GP": "LocalPatientId GMPCodeReg StartDateGMPRegistration EndDateGMPRegistration",
    "IDS101Referral": "ServiceRequestId LocalPatientId OrgIDComm ReferralRequestReceivedDate SourceOfReferralIAPT "
    "OnsetDate PrevDiagCondInd EndCode ServDischDate",
    "IDS105OnwardReferral": "ServiceRequestId OnwardReferDate OnwardReferReason OrgIDReceiving",
    "IDS108WaitingTimePauses": "PauseID ServiceRequestId PauseStartDate PauseEndDate PauseReason",
    "IDS201CareContact": "CareContactId ServiceRequestId CareContDate CareContTime PlannedCareContIndicator "
    "AttendOrDNACode Cancellation ClinContDurOfCareCont AppType ConsMechanism CareContPatientTherMode PsychMed "
    "ActLocTypeCode SiteIDOfTreat InterpreterPresentInd",
    "IDS202CareActivity": "CareActId CareContactId CarePersLocalId CodeProcAndProcStatus CodeFind CodeObs ObsValue "
    "UnitMeasure",
    "IDS603PresentingComplaints": "ServiceRequestId FindSchemeInUse PresComp PresCompCodSig PresCompDate",
    "IDS606CodedScoreAssessmentRefer": "ServiceRequestId CodedAssToolType PersScore AssToolCompDate AssToolCompTime",
    "IDS607CodedScoreAssessmentAct": "CareActId CodedAssToolType PersScore",
}
RANGES = {"720433000": 27, "445455005": 21, "445552006": 68, "932621000000100": 9}
RANGES |= dict.fromkeys(("932581000000100", "932611000000106", "932591000000103", "932601000000109"), 8)
IDS = {
    "health/IDS001MPI.csv": "LocalPatientId",
    "health/IDS101Referral.csv": "ServiceRequestId",
    "health/IDS201CareContact.csv": "CareContactId",
    "health/IDS202CareActivity.csv": "CareActId",
    "health/IDS108WaitingTimePauses.csv": "PauseID",
    "health/LocalPatientLink.csv": "LocalPatientId",
    "health/LocalReferral.csv": "ServiceRequestId",
    "health/LocalContact.csv": "CareContactId",
    "health/LocalAllocation.csv": "AllocationId",
    "health/LocalCore10.csv": "LocalScoreId",
    "health/LocalProgress.csv": "ProgressId",
    "health/LocalClinical.csv": "ClinicalId",
    "health/LocalNotes.csv": "NoteId",
    "health/LocalSafety.csv": "SafetyId",
    "health/LocalSafetyAlert.csv": "SafetyAlertId",
    "health/LocalMeeting.csv": "MeetingId",
    "justice/people.jsonl": "crn",
    "justice/supervisions.jsonl": "supervisionId",
    "justice/offences.jsonl": "offenceId",
    "justice/risk.jsonl": "riskId",
    "justice/registrations.jsonl": "registrationId",
    "justice/obligations.jsonl": "obligationId",
    "justice/allocations.jsonl": "allocationId",
    "justice/limits.jsonl": "limitId",
    "standing/staff.jsonl": "staffId",
    "standing/training.jsonl": "trainingId",
    "standing/authorisations.jsonl": "authorisationId",
    "standing/services.jsonl": "serviceId",
    "standing/clients.jsonl": "clientId",
    "standing/consents.jsonl": "consentId",
    "standing/objections.jsonl": "objectionId",
    "standing/subject_requests.jsonl": "subjectRequestId",
}


TIMES = {"csv": ("RecordedAt", "ModifiedAt"), "jsonl": ("recordedAt", "lastUpdatedAt")}


def table(name):
    with (FOLDER / "health" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def rows_of(path):
    name = path.split("/")[1]
    return table(name.removesuffix(".csv")) if name.endswith(".csv") else lines(path.removesuffix(".jsonl"))


def contacts_by_referral():
    found = {}
    for contact in sorted(table("IDS201CareContact"), key=lambda row: (row["CareContDate"], row["CareContTime"])):
        found.setdefault(contact["ServiceRequestId"], []).append(contact)
    return found


def is_attended(contact):
    return contact["AttendOrDNACode"] in ATTENDED


def is_treatment(contact):
    return is_attended(contact) and contact["AppType"] in TREATMENT


@pytest.fixture(scope="module")
def referrals():
    return {row["ServiceRequestId"]: row for row in table("IDS101Referral")}


@pytest.fixture(scope="module")
def crns():
    return {row["crn"] for row in lines("justice/people")}


@pytest.fixture(scope="module")
def usernames():
    return {row["username"]: row for row in lines("standing/staff")}


class TestThePilot:
    def test_every_referral_is_one_of_the_pilots_three_outcomes(self, referrals):
        contacts = contacts_by_referral()
        not_suitable = {key for key, row in referrals.items() if row["EndCode"] in {"10", "11"}}
        missed = {
            key
            for key in referrals
            if contacts[key][0]["AttendOrDNACode"] == "3" and not any(map(is_attended, contacts[key]))
        }
        treated = {key for key in referrals if any(map(is_treatment, contacts[key]))}
        assert (len(referrals), len(not_suitable), len(missed), len(treated)) == (104, 13, 43, 48)
        assert not_suitable | missed | treated == set(referrals)

    def test_all_came_from_probation_between_november_and_july_and_were_seen_on_its_premises(self, referrals):
        assert {row["SourceOfReferralIAPT"] for row in referrals.values()} == {"E3"}
        months = Counter(row["ReferralRequestReceivedDate"][:7] for row in referrals.values())
        assert sorted(months) == ["2012-11", "2012-12", *(f"2013-0{month}" for month in range(1, 8))]
        assert {row["ActLocTypeCode"] for row in table("IDS201CareContact")} == {"M02"}

    def test_the_team_is_1_2_of_cbt_and_one_session_a_week(self, usernames):
        therapists = [row["wholeTimeEquivalent"] for row in usernames.values() if row["role"] == "therapist"]
        assert sorted(therapists) == [0.1, 0.2, 1.0]

    def test_three_sentence_types(self):
        kinds = {row["sentenceType"] for row in lines("justice/supervisions")}
        assert kinds == {"community-order", "suspended-sentence-order", "post-custody-licence"}

    def test_some_are_finished_some_dropped_out_some_are_live(self, referrals):
        treated = {key for key, held in contacts_by_referral().items() if any(map(is_treatment, held))}
        ends = Counter(referrals[key]["EndCode"] for key in treated)
        assert ends["46"] >= 8
        assert ends["47"] >= 5
        assert ends[""] >= 15


class TestNationalRules:
    @pytest.mark.parametrize("name", NATIONAL_FIELDS)
    def test_headers_are_the_national_field_names_in_their_order(self, name):
        first = (FOLDER / "health" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert first == NATIONAL_FIELDS[name].replace(" ", ",")

    def test_nobody_is_referred_before_birth_or_discharged_before_referral(self, referrals):
        born = {row["LocalPatientId"]: row["PersonBirthDate"] for row in table("IDS001MPI")}
        for row in referrals.values():
            received, discharged = row["ReferralRequestReceivedDate"], row["ServDischDate"]
            assert born[row["LocalPatientId"]] < row["OnsetDate"] < received
            assert bool(row["EndCode"]) == bool(discharged)
            assert not discharged or received <= discharged < TODAY

    def test_contacts_lie_inside_their_referral_and_have_an_outcome_when_past(self, referrals):
        for contact in table("IDS201CareContact"):
            referral, day = referrals[contact["ServiceRequestId"]], contact["CareContDate"]
            assert day != TODAY
            assert referral["ReferralRequestReceivedDate"] < day <= (referral["ServDischDate"] or "2013-08-09")
            assert contact["AttendOrDNACode"] in ({"2", "3", "4", "5", "6", "7"} if day < TODAY else {""})
            assert (contact["Cancellation"] in {"Y", "N"}) == (contact["AttendOrDNACode"] == "2")
            assert bool(contact["ClinContDurOfCareCont"]) == is_attended(contact)
            assert contact["AppType"] in {f"0{number}" for number in range(1, 8)}

    def test_no_two_contacts_at_one_moment_for_a_person_or_a_therapist(self, referrals):
        therapist = {row["CareContactId"]: row["TherapistUsername"] for row in table("LocalContact")}
        by_person: Counter[tuple[str, ...]] = Counter()
        by_therapist: Counter[tuple[str, ...]] = Counter()
        for row in table("IDS201CareContact"):
            moment = (row["CareContDate"], row["CareContTime"])
            by_person[(*moment, referrals[row["ServiceRequestId"]]["LocalPatientId"])] += 1
            by_therapist[(*moment, therapist[row["CareContactId"]])] += 1
        assert max(by_person.values()) == max(by_therapist.values()) == 1

    def test_children_have_their_parents(self, referrals):
        patients = {row["LocalPatientId"] for row in table("IDS001MPI")}
        contacts = {row["CareContactId"]: row for row in table("IDS201CareContact")}
        activities = {row["CareActId"]: row for row in table("IDS202CareActivity")}
        assert {row["LocalPatientId"] for row in referrals.values()} == patients
        assert {row["LocalPatientId"] for row in table("IDS002GP")} == patients
        for path in (FOLDER / "health").glob("*.csv"):
            for row in table(path.stem):
                assert row.get("ServiceRequestId", "OM0001") in referrals
                assert row.get("CareContactId", "CC000001") in contacts
                assert "CareActId" not in row or row["CareActId"] in activities
        assert all(is_attended(contacts[row["CareContactId"]]) for row in activities.values())

    def test_scores_are_known_and_in_range_and_their_answers_add_up(self):
        taken = table("IDS607CodedScoreAssessmentAct")
        for row in [*taken, *table("IDS606CodedScoreAssessmentRefer")]:
            assert 0 <= int(row["PersScore"]) <= RANGES[row["CodedAssToolType"]]
        totals = {(row["CareActId"], row["CodedAssToolType"]): int(row["PersScore"]) for row in taken}
        assert len(totals) == len(taken)
        for row in table("LocalScoreItems"):
            assert sum(map(int, row["Answers"].split())) == totals[row["CareActId"], row["CodedAssToolType"]]
        for row in table("LocalCore10"):
            assert sum(map(int, row["Answers"].split())) == int(row["PersScore"])

    def test_scores_outside_a_contact_lie_inside_the_referral(self, referrals):
        for row in table("IDS606CodedScoreAssessmentRefer"):
            assert referrals[row["ServiceRequestId"]]["ReferralRequestReceivedDate"] <= row["AssToolCompDate"] < TODAY

    def test_pauses_end_after_they_start(self, referrals):
        for row in table("IDS108WaitingTimePauses"):
            received = referrals[row["ServiceRequestId"]]["ReferralRequestReceivedDate"]
            assert received <= row["PauseStartDate"] <= row["PauseEndDate"] < TODAY

    def test_people_got_better_more_often_than_worse(self, referrals):
        phq = {row["CareActId"]: int(row["PersScore"]) for row in table("IDS607CodedScoreAssessmentAct")
               if row["CodedAssToolType"] == "720433000"}  # fmt: skip
        of_contact = {row["CareContactId"]: phq[row["CareActId"]] for row in table("IDS202CareActivity")}
        changes = []
        for key, held in contacts_by_referral().items():
            scores = [of_contact[row["CareContactId"]] for row in held if is_attended(row)]
            if len(scores) > 1 and referrals[key]["EndCode"] == "46":
                changes.append(scores[0] - scores[-1])
        assert 0.3 < sum(change >= 6 for change in changes) / len(changes) < 1
        assert any(change < 6 for change in changes)


class TestNobodyReal:
    def test_nhs_numbers_are_valid_and_of_the_range_that_is_never_issued(self):
        numbers = [row["NHSNumber"] for row in table("IDS001MPI")]
        numbers_of_all = [row["nhsNumber"] for row in lines("justice/people")]
        assert set(numbers) <= set(numbers_of_all)
        assert len(set(numbers_of_all)) == len(numbers_of_all)
        for number in numbers_of_all:
            total = sum((10 - place) * int(digit) for place, digit in enumerate(number[:9]))
            assert re.fullmatch(r"999\d{7}", number)
            assert number != number[::-1]
            assert (11 - total % 11) % 11 == int(number[9])
            assert total % 11 != 1

    def test_no_file_holds_another_number_that_could_be_an_nhs_number(self):
        for path in FOLDER.rglob("*.*"):
            for found in re.findall(r"(?<!\d)\d{10}(?!\d)", path.read_text(encoding="utf-8")):
                assert found.startswith("999"), path

    def test_phones_mail_and_postcodes_can_reach_nobody(self):
        for row in lines("justice/people"):
            contact = row["contactDetails"]
            assert contact["telephone"] is None or contact["telephone"].startswith("07700 900")
            assert contact["email"] is None or contact["email"].endswith("@example.org")
            assert re.fullmatch(r"LE[1-5] [1-9][CIKMOV]{2}", contact["address"]["postcode"])

    def test_identifiers_are_well_formed(self):
        letters = "ZABCDEFGHJKLMNPQRTUVWXY"
        for row in lines("justice/people"):
            assert re.fullmatch(r"[A-Z]\d{6}", row["crn"])
            assert row["nomsNumber"] is None or re.fullmatch(r"[A-Z]\d{4}[A-Z]{2}", row["nomsNumber"])
            year, serial, letter = re.fullmatch(r"(\d{4})/(\d{7})([A-Z])", row["pncNumber"]).groups()
            assert letters[int(year[2:] + serial) % 23] == letter


class TestReferences:
    @pytest.mark.parametrize("path", IDS)
    def test_every_record_has_an_id_of_at_most_20_characters_that_no_other_has(self, path):
        ids = [row[IDS[path]] for row in rows_of(path)]
        assert ids
        assert len(set(ids)) == len(ids)
        assert all(0 < len(identifier) <= 20 for identifier in ids)

    def test_every_file_is_named_here(self):
        found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*")}
        without_ids = {f"health/{name}.csv" for name in NATIONAL_FIELDS} | {"health/LocalScoreItems.csv"}
        assert found == set(IDS) | without_ids

    def test_every_local_record_says_when_it_was_written_and_changed_never_after_the_extract(self):
        for path in IDS:
            if "IDS" in path:
                continue
            recorded, changed = TIMES[path.split(".")[1]]
            for row in rows_of(path):
                written, last = datetime.fromisoformat(row[recorded]), datetime.fromisoformat(row[changed])
                assert written <= last <= EXTRACTED, (path, row)

    def test_justice_and_standing_records_are_about_people_on_file(self, crns):
        for path in FOLDER.rglob("*.jsonl"):
            rows = lines(str(path.relative_to(FOLDER)).removesuffix(".jsonl"))
            assert {row["crn"] for row in rows if "crn" in row} <= crns, path

    def test_patients_are_linked_one_to_one_to_the_same_person(self, crns):
        links = {row["LocalPatientId"]: row["CRN"] for row in table("LocalPatientLink")}
        people = {row["crn"]: row for row in lines("justice/people")}
        assert len(set(links.values())) == len(links)
        for row in table("IDS001MPI"):
            person = people[links[row["LocalPatientId"]]]
            assert (person["nhsNumber"], person["dateOfBirth"]) == (row["NHSNumber"], row["PersonBirthDate"])
            assert person["contactDetails"]["address"]["postcode"] == row["Postcode"]

    def test_whoever_is_named_is_on_the_staff_list(self, usernames):
        named = set()
        for path in FOLDER.rglob("Local*.csv"):
            for row in table(path.stem):
                named |= {value for key, value in row.items() if key.endswith(("Username", "By")) and value}
        for name in ("justice/allocations", "standing/training", "standing/authorisations", "standing/consents"):
            for row in lines(name):
                named |= {row.get(key) for key in ("username", "grantedBy", "revokedBy", "recordedBy", "withdrawnBy")}
        for row in lines("justice/limits"):
            named |= {username.lower() for username in row["usernames"]}
        named |= {row["manager"] for row in usernames.values()}
        assert named - {None} <= set(usernames)

    def test_local_companions_cover_every_national_record(self, referrals):
        assert {row["ServiceRequestId"] for row in table("LocalReferral")} == set(referrals)
        assert [row["CareContactId"] for row in table("LocalContact")] == [
            row["CareContactId"] for row in table("IDS201CareContact")
        ]

    def test_appointments_are_booked_after_the_referral_and_before_they_start(self, referrals):
        contacts = {row["CareContactId"]: row for row in table("IDS201CareContact")}
        for row in table("LocalContact"):
            contact = contacts[row["CareContactId"]]
            received = referrals[contact["ServiceRequestId"]]["ReferralRequestReceivedDate"]
            assert received <= row["RecordedAt"][:10] < contact["CareContDate"]

    def test_a_consent_given_in_a_three_way_meeting_has_its_meeting(self, referrals):
        links = {row["LocalPatientId"]: row["CRN"] for row in table("LocalPatientLink")}
        crn_of = {key: links[row["LocalPatientId"]] for key, row in referrals.items()}
        held = {(crn_of[row["ServiceRequestId"]], row["HeldAt"]) for row in table("LocalMeeting")}
        given = {(row["crn"], row["recordedAt"]) for row in lines("standing/consents") if "meeting" in row["givenHow"]}
        assert given <= held

    def test_a_sentence_runs_on_the_day_of_each_referral(self, referrals):
        links = {row["LocalPatientId"]: row["CRN"] for row in table("LocalPatientLink")}
        sentences = {row["crn"]: row for row in lines("justice/supervisions")}
        for row in referrals.values():
            sentence = sentences[links[row["LocalPatientId"]]]
            assert sentence["startDate"] <= row["ReferralRequestReceivedDate"] <= sentence["endDate"]

    def test_the_basis_of_a_referral_stands_in_the_sentence(self, referrals):
        links = {row["LocalPatientId"]: row["CRN"] for row in table("LocalPatientLink")}
        sentences = {row["crn"]: row for row in lines("justice/supervisions")}
        for row in table("LocalReferral"):
            sentence = sentences[links[referrals[row["ServiceRequestId"]]["LocalPatientId"]]]
            kinds = {requirement["type"] for requirement in sentence["requirements"]}
            needed = {
                "mental-health-treatment-requirement": "mental-health-treatment" in kinds,
                "rehabilitation-activity-requirement": "rehabilitation-activity" in kinds,
                "licence-condition": sentence["sentenceType"] == "post-custody-licence",
                "voluntary": True,
            }
            assert needed[row["Basis"]], row

    def test_treatment_requirements_name_a_practitioner_and_the_persons_willingness_and_no_treatment(self):
        kept = [
            requirement
            for row in lines("justice/supervisions")
            for requirement in row["requirements"]
            if requirement["type"] == "mental-health-treatment"
        ]
        assert len(kept) >= 3
        assert all(row["willing"] and row["practitioner"] and row["endDate"] for row in kept)

    def test_who_records_has_taken_the_training_by_then(self):
        trained = {
            row["username"]: row["completedOn"]
            for row in lines("standing/training")
            if row["course"] == "information-sharing"
        }
        for row in lines("standing/consents"):
            assert trained[row["recordedBy"]] < row["recordedAt"][:10], row["consentId"]
        for row in table("LocalMeeting"):
            assert trained[row["TherapistUsername"]] < row["HeldAt"][:10], row["MeetingId"]

    def test_who_records_supervised_or_treated_the_person_at_that_moment(self, referrals):
        spans = self.spans(referrals)
        said = [(row["crn"], row["recordedBy"], row["recordedAt"]) for row in lines("standing/consents")]
        said += [
            (row["crn"], row["withdrawnBy"], row["withdrawnAt"])
            for row in lines("standing/consents")
            if row["withdrawnAt"]
        ]
        crn_of = {row["LocalPatientId"]: row["CRN"] for row in table("LocalPatientLink")}
        for row in table("LocalMeeting"):
            crn = crn_of[referrals[row["ServiceRequestId"]]["LocalPatientId"]]
            said += [(crn, row[key], row["HeldAt"]) for key in ("OffenderManagerUsername", "TherapistUsername")]
        for row in table("LocalReferral"):
            crn = crn_of[referrals[row["ServiceRequestId"]]["LocalPatientId"]]
            said.append((crn, row["ReferrerUsername"], row["RecordedAt"]))
        assert len(said) > 250
        for crn, username, moment in said:
            at = datetime.fromisoformat(moment)
            assert any(begins <= at < ends for begins, ends in spans[crn, username]), (crn, username, moment)

    def spans(self, referrals):
        """When somebody supervised or treated a person, by CRN and username."""
        crn_of = {row["LocalPatientId"]: row["CRN"] for row in table("LocalPatientLink")}
        found: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
        for row in table("LocalAllocation"):
            crn = crn_of[referrals[row["ServiceRequestId"]]["LocalPatientId"]]
            begins, ends = row["StartDateTime"], row["EndDateTime"]
            found[crn, row["TherapistUsername"]].append((datetime.fromisoformat(begins), self.end(ends)))
        for row in lines("justice/allocations"):
            begins, ends = row["startDateTime"], row["endDateTime"]
            found[row["crn"], row["username"]].append((datetime.fromisoformat(begins), self.end(ends)))
        return found

    def end(self, moment):
        return datetime.fromisoformat(moment) if moment else EXTRACTED

    def test_consent_chains_supersede_an_earlier_one_of_the_same_scope(self):
        consents = {row["consentId"]: row for row in lines("standing/consents")}
        chained = [row for row in consents.values() if row["supersedes"]]
        assert chained
        for row in chained:
            earlier = consents[row["supersedes"]]
            assert (earlier["crn"], earlier["scope"]) == (row["crn"], row["scope"])
            assert earlier["recordedAt"] < row["recordedAt"]

    def test_moments_carry_the_offset_of_their_day_in_leicester(self):
        offsets = {row["startDateTime"][-6:] for row in lines("justice/obligations")}
        assert offsets == {"+00:00", "+01:00"}
        for row in lines("justice/obligations"):
            assert row["startDateTime"] < row["endDateTime"]
            summer = row["startDateTime"] >= "2013-03-31T01"
            assert row["startDateTime"].endswith("+01:00" if summer else "+00:00")

    def test_outcomes_are_recorded_for_the_past_alone(self):
        for row in lines("justice/obligations"):
            assert row["outcomeCode"] is None or row["startDateTime"] < TODAY


class TestTheCast:
    """Each promise of examples/README.md, from the files alone, on 15 July 2013."""

    def said(self, crn, scope="attendance"):
        found = [row for row in lines("standing/consents") if (row["crn"], row["scope"]) == (crn, scope)]
        return found[0] if len(found) == 1 else found

    def test_the_readme_lists_everybody_by_crn(self, crns):
        listed = re.findall(r"^\| (X\d{6}) \|", (FOLDER.parent / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
        assert listed == sorted(crn for crn in crns if crn.startswith("X3207"))

    def live(self, consent):
        until = consent["validUntil"]
        return (
            consent["decision"] == "permit"
            and consent["capacity"]
            and consent["withdrawnAt"] is None
            and consent["validFrom"][:10] <= TODAY
            and (until is None or until[:10] >= TODAY)
        )

    @pytest.mark.parametrize(
        "crn", ["X320741", "X320747", "X320748", "X320749", "X320751", "X320754", "X320761", "X320766", "X320771"]
    )
    def test_live_consent_to_attendance(self, crn):
        assert self.live(self.said(crn))

    def test_ways_not_to_have_consent(self):
        assert [row for row in lines("standing/consents") if row["crn"] in {"X320742", "X320743", "X320750"}] == []
        assert self.said("X320744")["validUntil"] == "2013-07-14"
        assert self.said("X320745")["withdrawnAt"].startswith("2013-07-01")
        assert [row["decision"] for row in self.said("X320746")] == ["permit", "refuse"]
        assert self.said("X320770")["decision"] == "refuse"
        assert not self.said("X320756")["capacity"]
        assert self.said("X320764")["validFrom"].startswith("2013-08-01")
        by_manager = self.said("X320757")
        assert by_manager["recordedByParty"] == "justice"
        assert by_manager["signedForm"] is by_manager["countersignedBy"] is None

    def test_a_consent_that_the_therapist_countersigned_the_next_day(self):
        (countersigned,) = [row for row in lines("standing/consents") if row["countersignedBy"]]
        assert countersigned == self.said("X320771", "scores")
        assert self.live(countersigned)
        assert (countersigned["recordedBy"], countersigned["recordedByParty"]) == ("hannah.thorley", "justice")
        assert (countersigned["signedForm"], countersigned["countersignedBy"]) == (None, "alice.winterbourne")
        assert countersigned["recordedAt"].startswith("2013-06-18")
        assert countersigned["countersignedAt"] == countersigned["lastUpdatedAt"] == "2013-06-19T09:20:00+01:00"

    def test_limits_objections_and_requests(self):
        limits = {(row["crn"], row["type"]) for row in lines("justice/limits") if row["endDateTime"] is None}
        assert limits == {("X320747", "restriction"), ("X320748", "exclusion")}
        assert {row["crn"] for row in lines("standing/objections")} == {"X320749"}
        assert [row["crn"] for row in lines("standing/subject_requests") if not row["closedOn"]] == ["X320753"]
        managers = {row["crn"]: row["username"] for row in lines("justice/allocations") if not row["endDateTime"]}
        assert managers["X320748"] == "callum.brayfield"

    def test_treatment_requirements_run_or_have_ended(self):
        ends = {
            row["crn"]: requirement["endDate"]
            for row in lines("justice/supervisions")
            for requirement in row["requirements"]
            if requirement["type"] == "mental-health-treatment"
        }
        assert ends["X320743"] > TODAY
        assert ends["X320770"] > TODAY
        assert ends["X320755"] == "2013-05-31"
        sentence = {row["crn"]: row["endDate"] for row in lines("justice/supervisions")}
        assert sentence["X320755"] > TODAY
        assert sentence["X320754"] == "2013-06-30"

    def test_attended_and_missed_appointments_with_scores(self, referrals):
        links = {row["CRN"]: row["LocalPatientId"] for row in table("LocalPatientLink")}
        (own,) = [key for key, row in referrals.items() if row["LocalPatientId"] == links["X320741"]]
        codes = {row["AttendOrDNACode"] for row in contacts_by_referral()[own]}
        assert {"2", "3", "5", ""} <= codes

    def test_a_clash_a_zone_and_two_staff(self, referrals):
        links = {row["CRN"]: row["LocalPatientId"] for row in table("LocalPatientLink")}
        (own,) = [key for key, row in referrals.items() if row["LocalPatientId"] == links["X320765"]]
        coming = [row for row in contacts_by_referral()[own] if not row["AttendOrDNACode"]]
        starts = datetime.fromisoformat(f"{coming[0]['CareContDate']}T{coming[0]['CareContTime']}+01:00")
        assert any(
            datetime.fromisoformat(row["startDateTime"]) <= starts < datetime.fromisoformat(row["endDateTime"])
            for row in lines("justice/obligations")
            if row["crn"] == "X320765"
        )
        (risk,) = [row for row in lines("justice/risk") if row["crn"] == "X320765"]
        assert risk["exclusionZones"][0]["sites"] == ["RT5P2"]
        assert "AV2S2" in {row["type"]["code"] for row in lines("justice/registrations") if row["crn"] == "X320765"}

    def test_safety_alerts_wait_for_one_and_are_acknowledged_for_the_other(self):
        assert sorted(bool(row["AcknowledgedAt"]) for row in table("LocalSafetyAlert")) == [False, True]

    def test_a_lapsed_training_a_revoked_authorisation_and_one_never_given(self, usernames):
        taken = [row for row in lines("standing/training") if row["course"] == "information-sharing"]
        assert [row["username"] for row in taken if row["completedOn"] < "2012-07-15"] == ["meera.solanvi"]
        grants = {row["username"]: row["revokedAt"] for row in lines("standing/authorisations")}
        assert grants["alice.winterbourne"] is None
        assert grants["samir.dhalvani"] is not None
        assert "bridget.fenlow" not in grants


def test_the_same_seed_makes_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, "-m", "examples.generate", "--out", str(tmp_path)], cwd=ROOT, check=True)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    kept = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*")}
    assert made == kept
    _, mismatch, errors = filecmp.cmpfiles(FOLDER, tmp_path, sorted(kept), shallow=False)
    assert (mismatch, errors) == ([], [])


def test_the_folder_stays_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.*")) < 3_000_000
