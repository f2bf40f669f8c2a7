"""Each rule, broken once in a folder that is right otherwise: what is found, exactly, and that the rest loads."""

import pytest

from app.sync import RULES, Severity
from tests.sync.folder import FIRST, GAD7, PHQ9, SECOND, WSAS, changed, count, found, load, whole, write

H, S, J = "health", "standing", "justice"
MPI, REFERRAL, OWN = f"{H}/IDS001MPI.csv", f"{H}/IDS101Referral.csv", f"{H}/LocalReferral.csv"
CONTACT, ACTIVITY = f"{H}/IDS201CareContact.csv", f"{H}/IDS202CareActivity.csv"
SCORE, ITEMS, POSTED = (
    f"{H}/IDS607CodedScoreAssessmentAct.csv",
    f"{H}/LocalScoreItems.csv",
    f"{H}/IDS606CodedScoreAssessmentRefer.csv",
)
COMPLAINTS = f"{H}/IDS603PresentingComplaints.csv"
CORE10 = f"{H}/LocalCore10.csv"
PEOPLE, STAFF, CONSENTS = f"{J}/people.jsonl", f"{S}/staff.jsonl", f"{S}/consents.jsonl"
OBLIGATIONS = f"{J}/obligations.jsonl"


def one(file, place, field, rule, value, *, at=None, line=None, also=()):
    """One field of one row changed, and the one finding that it leads to (with those of its children)."""
    where = (file, line or place + (2 if file.endswith("csv") else 1), field if at is None else at, rule)
    name = f"{rule}: {file.split('/')[1]} {field}"
    return pytest.param(file, place, field, value, [where, *also], id=name)


def orphans(*rows):
    return [(f"{H}/{table}.csv", line, field, "parent-missing") for table, line, field in rows]


OF_FIRST_ACTIVITY = orphans(
    *(("IDS607CodedScoreAssessmentAct", line, "CareActId") for line in range(2, 9)), ("LocalScoreItems", 2, "CareActId")
)
OF_FIRST_CONTACT = [
    *orphans(("IDS202CareActivity", 2, "CareContactId"), ("LocalCore10", 2, "CareContactId")),
    *OF_FIRST_ACTIVITY,
]
OF_FIRST_REFERRAL = [
    *orphans(
        *(
            (table, line, "ServiceRequestId")
            for table, line in (
                ("LocalAllocation", 2),
                ("IDS105OnwardReferral", 2),
                ("IDS108WaitingTimePauses", 2),
                ("IDS201CareContact", 2),
                ("IDS201CareContact", 3),
                ("IDS603PresentingComplaints", 2),
                ("IDS606CodedScoreAssessmentRefer", 2),
                ("LocalProgress", 2),
                ("LocalClinical", 2),
                ("LocalNotes", 2),
                ("LocalSafety", 2),
                ("LocalSafetyAlert", 2),
                ("LocalMeeting", 2),
            )
        )
    ),
    *OF_FIRST_CONTACT,
    # the therapist no longer treats the person, and may not record for them
    (CONSENTS, 1, "", "agreement"),
    (f"{S}/objections.jsonl", 1, "", "agreement"),
]

REJECTED = [
    # --- national
    one(SCORE, 0, "CodedAssToolType", "score-tool-unknown", "1234", also=orphans(("LocalScoreItems", 2, "CareActId"))),
    one(POSTED, 0, "CodedAssToolType", "score-tool-unknown", ""),
    one(SCORE, 1, "PersScore", "score-malformed", "14.5"),
    one(SCORE, 1, "PersScore", "score-malformed", ""),
    one(SCORE, 1, "PersScore", "score-malformed", "fourteen"),
    one(CORE10, 0, "PersScore", "score-malformed", "-1"),
    one(SCORE, 3, "PersScore", "score-malformed", "x"),
    one(SCORE, 0, "CareActId", "parent-missing", "CA9", also=orphans(("LocalScoreItems", 2, "CareActId"))),
    one(ITEMS, 0, "Answers", "answers-malformed", "1 1 1"),
    one(ITEMS, 0, "CodedAssToolType", "score-tool-unknown", "1"),
    one(CORE10, 0, "Answers", "answers-malformed", "5 1 1 1 1 1 1 1 2 2"),
    one(REFERRAL, 0, "ReferralRequestReceivedDate", "referral-before-birth", "1979-03-31", also=OF_FIRST_REFERRAL),
    one(CONTACT, 0, "CareContDate", "contact-before-referral", "2012-12-02", also=OF_FIRST_CONTACT),
    one(REFERRAL, 0, "ServDischDate", "discharge-before-referral", "2012-12-02",
        also=[(REFERRAL, 2, "EndCode", "discharge-incomplete"), *OF_FIRST_REFERRAL]),
    one(CONTACT, 0, "AttendOrDNACode", "attendance-code-unknown", "1", also=OF_FIRST_CONTACT),
    one(CONTACT, 0, "AttendOrDNACode", "attendance-code-unknown", "", also=OF_FIRST_CONTACT),
    one(CONTACT, 0, "AppType", "appointment-type-unknown", "08", also=OF_FIRST_CONTACT),
    one(CONTACT, 0, "AppType", "appointment-type-unknown", "", also=OF_FIRST_CONTACT),
    one(CONTACT, 1, "ServiceRequestId", "parent-missing", "OM9"),
    one(ACTIVITY, 0, "CareContactId", "parent-missing", "CC9", also=OF_FIRST_ACTIVITY),
    one(REFERRAL, 0, "LocalPatientId", "parent-missing", "LPT9", also=OF_FIRST_REFERRAL),
    one(f"{H}/IDS105OnwardReferral.csv", 0, "ServiceRequestId", "parent-missing", "OM9"),
    one(f"{H}/IDS108WaitingTimePauses.csv", 0, "PauseEndDate", "ends-before-start", "2012-12-01"),
    one(f"{H}/IDS108WaitingTimePauses.csv", 0, "PauseReason", "code-unknown", "04"),
    one(f"{H}/LocalProgress.csv", 0, "ServiceRequestId", "parent-missing", "OM9"),
    one(f"{H}/LocalNotes.csv", 1, "WrittenAt", "moment-without-offset", "2013-02-01T11:48:00", line=4),
    one(f"{H}/LocalClinical.csv", 0, "StepOfCare", "value-malformed", "5"),
    one(f"{H}/LocalSafety.csv", 0, "ThirdParty", "value-malformed", "maybe"),
    one(f"{H}/LocalSafetyAlert.csv", 0, "Urgency", "code-unknown", "soon"),
    one(f"{H}/LocalAllocation.csv", 1, "TherapistUsername", "staff-unknown", "stranger",
        also=[(CONSENTS, 2, "", "agreement"), (f"{H}/LocalMeeting.csv", 3, "", "agreement")]),
    one(f"{H}/LocalMeeting.csv", 0, "TherapistUsername", "staff-unknown", "stranger"),
    one(f"{H}/IDS002GP.csv", 0, "GMPCodeReg", "identifier-invalid", "C8"),
    one(f"{H}/IDS105OnwardReferral.csv", 0, "OnwardReferDate", "field-missing", ""),
    one(f"{H}/IDS108WaitingTimePauses.csv", 0, "PauseID", "field-missing", ""),
    # --- what a spreadsheet mangles
    one(SCORE, 0, "CodedAssToolType", "number-rounded", "7.20433E+08",
        also=orphans(("LocalScoreItems", 2, "CareActId"))),
    one(ACTIVITY, 0, "CodeProcAndProcStatus", "number-rounded", "3.04891E+08", also=OF_FIRST_ACTIVITY),
    one(CONTACT, 0, "CareContDate", "date-ambiguous", "01/02/2013", also=OF_FIRST_CONTACT),
    one(CONTACT, 0, "CareContDate", "date-serial", "41306", also=OF_FIRST_CONTACT),
    # --- identifiers, dates and codes of the justice side
    one(OBLIGATIONS, 0, "crn", "identifier-invalid", "X32074"),
    one(OBLIGATIONS, 0, "crn", "parent-missing", "X999999"),
    one(OBLIGATIONS, 0, "crn", "field-missing", None),
    one(OBLIGATIONS, 0, "startDateTime", "moment-without-offset", "2013-03-19T13:00:00"),
    one(OBLIGATIONS, 0, "startDateTime", "moment-malformed", "19/03/2013 13:00"),
    one(OBLIGATIONS, 0, "endDateTime", "ends-before-start", "2013-03-19T12:59:59+00:00"),
    one(OBLIGATIONS, 0, "type", "code-unknown", "party"),
    one(OBLIGATIONS, 0, "description", "value-too-long", "x" * 301),
    one(OBLIGATIONS, 0, "description", "value-malformed", "nul\0"),
    one(OBLIGATIONS, 0, "description", "value-malformed", 7),
    one(OBLIGATIONS, 0, "lastUpdatedAt", "modified-before-recorded", "2013-03-11T11:59:59+00:00"),
    one(OBLIGATIONS, 0, "recordedAt", "field-missing", None),
    one(f"{J}/supervisions.jsonl", 0, "endDate", "ends-before-start", "2012-10-02"),
    one(f"{J}/supervisions.jsonl", 0, "startDate", "date-malformed", "2012-10-32"),
    one(f"{J}/supervisions.jsonl", 0, "sentenceType", "code-unknown", "fine"),
    one(f"{J}/supervisions.jsonl", 0, "requirements.0.willing", "willingness-missing", None,
        at="requirements[0].willing"),
    one(f"{J}/supervisions.jsonl", 0, "requirements.0.type", "code-unknown", "tea", at="requirements[0].type"),
    one(f"{J}/supervisions.jsonl", 0, "requirements", "value-malformed", "none"),
    one(f"{J}/offences.jsonl", 0, "kind", "code-unknown", "old"),
    one(f"{J}/risk.jsonl", 0, "rosh", "codes-disagree", "LOW", at="roshRegistrationCode"),
    one(f"{J}/risk.jsonl", 0, "rosh", "code-unknown", "SEVERE"),
    one(f"{J}/risk.jsonl", 0, "mappa.level", "value-malformed", 4),
    one(f"{J}/registrations.jsonl", 0, "deregistrationDate", "ends-before-start", "2013-01-01"),
    one(f"{J}/limits.jsonl", 0, "type", "code-unknown", "both"),
    # --- standing
    one(f"{S}/training.jsonl", 1, "username", "staff-unknown", "stranger"),
    one(f"{S}/training.jsonl", 1, "course", "code-unknown", "cookery"),
    one(f"{S}/authorisations.jsonl", 0, "grantedBy", "staff-unknown", "stranger"),
    one(f"{S}/authorisations.jsonl", 0, "grantedBy", "never-to-oneself", "therapist"),
    one(f"{S}/authorisations.jsonl", 0, "grantedBy", "agreement", "manager", at=""),
    one(CONSENTS, 0, "recordedBy", "staff-unknown", "stranger"),
    one(CONSENTS, 0, "recordedBy", "party-differs", "manager", at="recordedByParty"),
    one(CONSENTS, 0, "scope", "code-unknown", "everything"),
    one(CONSENTS, 0, "recipients.0", "code-unknown", "hannah.thorley", at="recipients[0]"),
    one(CONSENTS, 0, "recipients", "field-missing", None),
    one(CONSENTS, 0, "validUntil", "ends-before-start", "2013-02-27"),
    one(CONSENTS, 0, "supersedes", "parent-missing", "CO9"),
    one(CONSENTS, 0, "capacity", "field-missing", None),
    one(CONSENTS, 0, "recordedAt", "agreement", "2012-12-04T09:59:59+00:00", at=""),  # a second before treating
    one(f"{S}/objections.jsonl", 0, "category", "code-unknown", "risk"),
    one(f"{S}/subject_requests.jsonl", 0, "openedBy", "agreement", "therapist", at=""),
]  # fmt: skip

WARNED = [
    one(SCORE, 1, "PersScore", "score-out-of-range", "22"),
    one(SCORE, 3, "PersScore", "score-out-of-range", "9"),
    one(SCORE, 0, "PersScore", "score-differs", "10"),
    one(CORE10, 0, "PersScore", "score-differs", "13"),
    one(REFERRAL, 0, "SourceOfReferralIAPT", "referral-source-unknown", "Z9"),
    one(REFERRAL, 0, "EndCode", "discharge-incomplete", "46", at="ServDischDate"),
    one(REFERRAL, 0, "ServDischDate", "discharge-incomplete", "2013-06-20", at="EndCode"),
    one(CONTACT, 0, "Cancellation", "cancellation-unfit", "Y"),
    one(CONTACT, 0, "AttendOrDNACode", "cancellation-unfit", "2", at="Cancellation"),
    one(OBLIGATIONS, 0, "outcomeCode", "outcome-unknown", "ZZZZ"),
    one(REFERRAL, 0, "OnsetDate", "onset-malformed", "2010"),
    one(REFERRAL, 0, "PrevDiagCondInd", "code-unlisted", "P"),
    one(CONTACT, 0, "ConsMechanism", "code-unlisted", "77"),
    one(CONTACT, 0, "AppType", "zero-restored", "3"),
    one(REFERRAL, 0, "ReferralRequestReceivedDate", "date-respelled", "3-Dec-2012"),
]


@pytest.mark.parametrize(("file", "place", "field", "value", "expected"), REJECTED)
async def test_a_broken_row_is_found_and_the_rest_loads(sqlite_url, tmp_path, file, place, field, value, expected):
    folder = write(tmp_path / "folder", changed(whole(), file, place, [(field, value)]))
    report = await load(sqlite_url, folder)
    assert found(report) == sorted(expected)
    assert report.exit_code == 1
    assert report.files[file].rejected >= 1
    both = await count(sqlite_url, "person", "referral", "appointment", "obligation", "session_note", "consent")
    assert all(both), "what is not broken is loaded"


@pytest.mark.parametrize(("file", "place", "field", "value", "expected"), WARNED)
async def test_what_only_warns_is_loaded(sqlite_url, tmp_path, file, place, field, value, expected):
    folder = write(tmp_path / "folder", changed(whole(), file, place, [(field, value)]))
    report = await load(sqlite_url, folder)
    assert found(report) == sorted(expected)
    assert report.files[file].warned == 1
    assert report.rejected == 0
    assert report.exit_code == 0


FILE_FAULTS = {
    "nhs-number-invalid": (MPI, [("NHSNumber", "9997450443")], (MPI, 2, "NHSNumber")),
    "nhs-number-shared": (MPI, [("NHSNumber", "999 876 6729")], (MPI, 3, "NHSNumber")),
    "patient-repeated": (MPI, [("LocalPatientId", "LPT2")], (MPI, 3, "LocalPatientId")),
    "header-invalid": (f"{H}/IDS000Header.csv", [("DatSetVer", "2.0")], (f"{H}/IDS000Header.csv", 2, "DatSetVer")),
}


@pytest.mark.parametrize("rule", FILE_FAULTS)
async def test_a_broken_submission_changes_nothing_of_the_health_side(sqlite_url, tmp_path, rule):
    file, values, place = FILE_FAULTS[rule]
    report = await load(sqlite_url, write(tmp_path / "folder", changed(whole(), file, 0, values)))
    health = [finding for finding in found(report) if finding[0].startswith(H)]
    assert health == [(*place, rule)]
    assert RULES[rule].severity is Severity.FILE
    assert await count(sqlite_url, "patient", "referral", "appointment", "session_note") == (0, 0, 0, 0)
    assert await count(sqlite_url, "person", "obligation", "supervision") == (2, 2, 2)
    assert all(
        (counts.accepted, counts.rejected) == (0, counts.rows)
        for name, counts in report.files.items()
        if name.startswith(H)
    )


@pytest.mark.parametrize("table", ["IDS000Header", "IDS001MPI", "IDS101Referral"])
async def test_without_a_required_table_nothing_of_the_health_side_is_loaded(sqlite_url, tmp_path, table):
    files = whole()
    del files[f"{H}/{table}.csv"]
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert (f"{H}/{table}.csv", 0, "", "table-missing") in found(report)
    assert await count(sqlite_url, "patient", "referral", "person") == (0, 0, 2)


async def test_a_column_that_is_missing_is_named(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", whole())
    path = folder / CONTACT
    path.write_text(path.read_text().replace("AppType", "ApType"))
    report = await load(sqlite_url, folder)
    assert (CONTACT, 1, "AppType", "columns-missing") in found(report)
    assert await count(sqlite_url, "patient", "person") == (0, 2)


@pytest.mark.parametrize("file", [CONTACT, OBLIGATIONS])
async def test_what_is_not_utf8_is_not_guessed(sqlite_url, tmp_path, file):
    folder = write(tmp_path / "folder", whole())
    (folder / file).write_bytes((folder / file).read_text().encode("utf-16"))
    report = await load(sqlite_url, folder)
    assert (file, 0, "", "file-utf16") in found(report)
    assert await count(sqlite_url, "person") == (2,)


@pytest.mark.parametrize(
    "line", ["{", "[]", "7", '{"crn": "X320741", "crn": "X320742"}', '{"a": NaN}', '{"a": ' * 5000, '"\\ud800"']
)
async def test_a_line_that_is_no_object_is_found_and_the_others_load(sqlite_url, tmp_path, line):
    folder = write(tmp_path / "folder", whole())
    path = folder / OBLIGATIONS
    path.write_text(f"{line}\n\n{path.read_text()}")
    report = await load(sqlite_url, folder)
    assert found(report) == [(OBLIGATIONS, 1, "", "row-malformed")]
    assert await count(sqlite_url, "obligation") == (2,)


async def test_a_row_of_another_length_is_found_and_the_others_load(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", whole())
    path = folder / f"{H}/LocalNotes.csv"
    path.write_text(path.read_text() + "NN3,OM1\n")
    report = await load(sqlite_url, folder)
    assert found(report) == [(f"{H}/LocalNotes.csv", 6, "", "row-malformed")]
    assert await count(sqlite_url, "session_note") == (2,)


async def test_a_byte_order_mark_and_line_ends_of_windows_are_read(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", whole())
    for path in folder.glob("*/*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert found(await load(sqlite_url, folder)) == []


async def test_a_file_that_nothing_is_known_of_is_named(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", whole())
    (folder / "health" / "IDS999.csv").write_text("a\n1\n")
    report = await load(sqlite_url, folder)
    assert found(report) == [("health/IDS999.csv", 0, "", "file-unknown")]
    assert report.exit_code == 0


async def test_two_attended_contacts_at_one_moment_are_warned_of(sqlite_url, tmp_path):
    files = whole()
    again = {**files[CONTACT][0], "CareContactId": "CC1-3"}
    files[CONTACT].append(again)
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert found(report) == [(CONTACT, 6, "CareContTime", "attended-twice")]
    assert await count(sqlite_url, "appointment") == (5,)


async def test_one_item_of_wsas_may_be_missing_and_no_two(sqlite_url, tmp_path):
    files = whole()
    files[SCORE] = [row for row in files[SCORE] if row["CareActId"] != "CA1" or row["CodedAssToolType"] != WSAS[4]]
    report = await load(sqlite_url, write(tmp_path / "four", files))
    assert found(report) == []
    assert await count(sqlite_url, "outcome_score WHERE items = '4 4 4 4 -' AND total = 20") == (1,)
    files[SCORE] = [row for row in files[SCORE] if row["CareActId"] != "CA2" or row["CodedAssToolType"] not in WSAS[3:]]
    report = await load(sqlite_url, write(tmp_path / "three", files))
    assert [each[2:] for each in found(report)] == [("CodedAssToolType", "score-incomplete")]
    assert report.files[SCORE].rejected == 3


async def test_wsas_outside_a_contact_is_one_measure_of_five_items(database_url, tmp_path):
    files, table = whole(), "health/IDS606CodedScoreAssessmentRefer.csv"
    first = files[table][0]
    files[table] += [first | {"CodedAssToolType": code, "PersScore": "9" if code == WSAS[0] else "6"} for code in WSAS]
    report = await load(database_url, write(tmp_path / "five", files))
    assert found(report) == []
    where = "outcome_score WHERE tool = 'WSAS' AND items = '9 6 6 6 6' AND total = 30"
    assert await count(database_url, where) == (1,)
    files[table].append(first | {"CodedAssToolType": WSAS[1], "PersScore": "5"})
    repeated = await load(database_url, write(tmp_path / "six", files))
    assert [each[2:] for each in found(repeated)] == [("CodedAssToolType", "record-repeated")]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (OBLIGATIONS, [(OBLIGATIONS, 3, "", "record-repeated")]),
        (REFERRAL, [(REFERRAL, 4, "ServiceRequestId", "record-repeated")]),
        (CONTACT, [(CONTACT, 6, "CareContactId", "record-repeated")]),
        (ACTIVITY, [(ACTIVITY, 4, "CareActId", "record-repeated")]),
        (SCORE, [(SCORE, 16, "CodedAssToolType", "record-repeated")]),
        (ITEMS, [(ITEMS, 4, "", "record-repeated")]),
        (OWN, [(OWN, 4, "", "record-repeated")]),
        (f"{H}/LocalNotes.csv", [(f"{H}/LocalNotes.csv", 6, "", "record-repeated")]),
        (COMPLAINTS, [(COMPLAINTS, 4, "PresComp", "record-repeated")]),
    ],
)  # fmt: skip
async def test_the_same_record_twice_is_one_record(sqlite_url, tmp_path, file, expected):
    files = whole()
    files[file].append(files[file][0])
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert found(report) == expected
    assert report.files[file].rejected == 1


async def test_a_referral_needs_its_local_row(sqlite_url, tmp_path):
    files = whole()
    files[OWN].pop(0)
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert (REFERRAL, 2, "ServiceRequestId", "companion-missing") in found(report)
    assert await count(sqlite_url, "patient", "referral") == (2, 1)


async def test_rows_that_go_with_nothing_are_orphans(sqlite_url, tmp_path):
    files = whole()
    lonely = [(f"{H}/LocalContact.csv", "CareContactId"), (OWN, "ServiceRequestId"), (ITEMS, "CareActId")]
    lonely += [(f"{H}/LocalPatientLink.csv", "LocalPatientId"), (f"{H}/IDS002GP.csv", "LocalPatientId")]
    for file, name in lonely:
        files[file].append({**files[file][0], name: "NONE"})
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    lines = {file: len(files[file]) + 1 for file, _ in lonely}
    assert found(report) == sorted((file, lines[file], name, "parent-missing") for file, name in lonely)


@pytest.mark.parametrize(
    "name", ["pncNumber", "croNumber", "nomsNumber", "nhsNumber", "contactDetails.address.postcode"]
)
async def test_a_person_with_a_wrong_identifier_is_rejected_with_what_hangs_on_them(sqlite_url, tmp_path, name):
    report = await load(sqlite_url, write(tmp_path / "folder", changed(whole(), PEOPLE, 0, [(name, "123")])))
    assert (PEOPLE, 1, name, "identifier-invalid") in found(report)
    justice = {(file, rule) for file, _, _, rule in found(report) if file.startswith(J)} - {
        (PEOPLE, "identifier-invalid")
    }
    assert {rule for _, rule in justice} == {"parent-missing"}
    assert await count(sqlite_url, "person", "obligation", "referral") == (1, 1, 1)
    assert not [finding for finding in found(report) if finding[0].startswith(H)], "the health side learns nothing"
    assert report.waiting > 0


async def test_the_justice_side_without_its_system_is_told_so(sqlite_url, tmp_path):
    files = whole()
    files[f"{S}/clients.jsonl"].pop(0)
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert (PEOPLE, 0, "", "client-unknown") in found(report)
    assert await count(sqlite_url, "person", "patient") == (0, 2)


async def test_the_health_side_without_its_system_is_told_so(sqlite_url, tmp_path):
    files = whole()
    files[f"{S}/clients.jsonl"].pop(1)
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert (MPI, 0, "", "client-unknown") in found(report)
    assert await count(sqlite_url, "person", "patient") == (2, 0)


@pytest.mark.parametrize(
    ("place", "field", "value", "rule"),
    [
        (3, "role", "offender-manager", "role-not-at-party"),
        (3, "service", "another", "service-unknown"),
        (3, "username", "two words", "value-malformed"),
        (3, "employedTo", "2009-01-01", "ends-before-start"),
    ],
)
async def test_a_broken_member_of_staff_is_found(sqlite_url, tmp_path, place, field, value, rule):
    report = await load(sqlite_url, write(tmp_path / "folder", changed(whole(), STAFF, place, [(field, value)])))
    assert (STAFF, place + 1, field, rule) in found(report)
    assert await count(sqlite_url, "staff", "person") == (4, 2)


async def test_without_anybody_to_lead_the_service_nobody_is_allocated(sqlite_url, tmp_path):
    folder = write(tmp_path / "folder", changed(whole(), STAFF, 2, [("employedFrom", "2013-01-01")]))
    report = await load(sqlite_url, folder)
    file = f"{H}/LocalAllocation.csv"
    assert (file, 2, "TherapistUsername", "clinical-lead-unknown") in found(report)


async def test_an_nhs_number_of_two_people_is_found(database_url, tmp_path):
    folder = write(tmp_path / "folder", changed(whole(), PEOPLE, 1, [("nhsNumber", "9997450442")]))
    report = await load(database_url, folder)
    (shared,) = [finding for finding in found(report) if finding[3] == "nhs-number-held"]
    assert shared[:3] == (PEOPLE, 2, "nhsNumber")
    assert await count(database_url, "person", "person WHERE nhs_number IS NULL") == (2, 1)


async def test_an_nhs_number_that_is_there_is_the_health_sides_to_correct(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", whole()))
    moved = [("nhsNumber", "9990000042"), ("lastUpdatedAt", "2013-07-14T09:00:00+00:00"), ("accessNeeds", "a ramp")]
    report = await load(database_url, write(tmp_path / "later", changed(whole(), PEOPLE, 0, moved)))
    assert found(report) == [(PEOPLE, 1, "nhsNumber", "owned-by-health")]
    assert (report.entries, report.exit_code) == (1, 0)
    changed_alone = "person WHERE nhs_number = '9997450442' AND access_needs = 'a ramp'"
    assert await count(database_url, changed_alone) == (1,)


def test_every_rule_says_what_is_wrong_and_what_to_do():
    assert all(rule.wrong and rule.remedy for rule in RULES.values())
    assert len(RULES) > 50
    assert (FIRST, SECOND, PHQ9, GAD7) == ("X320741", "X320742", "720433000", "445455005")
