"""An import finds out whose each registration is, and lets in what came with it for that person alone."""

import pytest

from tests.sync.folder import FIRST, SECOND, ask, changed, count, found, load, whole, write
from tests.world import entries

H = "health"
MPI, LINK, NAMES = f"{H}/IDS001MPI.csv", f"{H}/LocalPatientLink.csv", f"{H}/LocalPatientName.csv"
PEOPLE = "justice/people.jsonl"
LATER = "2013-07-12T10:00:00+01:00"


async def linked(url):
    """The CRN of each registration's person, and the state and basis of each pair."""
    people, pairs = await ask(
        url,
        "SELECT q.source_id, p.crn FROM patient q LEFT JOIN person p ON p.id = q.person_id ORDER BY q.source_id",
        "SELECT q.source_id, p.crn, m.state, m.basis FROM identity_match m JOIN patient q ON q.id = m.patient_id "
        "JOIN person p ON p.id = m.person_id ORDER BY q.source_id",
    )
    return dict(people), pairs


async def test_without_a_link_the_nhs_number_and_the_date_of_birth_say_whose_it_is(database_url, tmp_path):
    files = whole()
    files[LINK] = []
    report = await load(database_url, write(tmp_path / "folder", files))
    assert (found(report), report.waiting) == ([], 0)
    people, pairs = await linked(database_url)
    assert people == {"LPT1": FIRST, "LPT2": SECOND}
    assert {basis for *_, basis in pairs} == {"nhs-number-and-birth-date"}
    assert await count(database_url, "referral", "session_note") == (2, 2)


async def test_a_crn_with_another_date_of_birth_waits_for_somebody_to_look(database_url, tmp_path):
    """Nothing of it is let in, and its sender is not told (H7)."""
    files = changed(whole(), MPI, 0, [("PersonBirthDate", "1979-04-02"), ("NHSNumber", "")])
    files["standing/consents.jsonl"], files["standing/objections.jsonl"] = [], []
    report = await load(database_url, write(tmp_path / "folder", files))
    assert [each for each in found(report) if each[0].startswith(H) and "Meeting" not in each[0]] == []
    assert report.waiting > 10
    people, pairs = await linked(database_url)
    assert people == {"LPT1": None, "LPT2": SECOND}
    assert pairs[0] == ("LPT1", FIRST, "possible", "identifier-contradicted")
    assert await count(database_url, "referral") == (1,)


async def test_a_name_that_the_clinical_system_sends_is_compared(database_url, tmp_path):
    files = whole()
    times = {"RecordedAt": "2012-12-03T09:20:00+00:00", "ModifiedAt": "2012-12-03T09:20:00+00:00"}
    named = {"FamilyName": "Nobody", "GivenNames": "Quite Another", "PNCNumber": "81/34U"}
    files[NAMES] = [{"LocalPatientId": "LPT1", **named, **times}]
    files[LINK].pop(0)
    report = await load(database_url, write(tmp_path / "folder", files))
    people, pairs = await linked(database_url)
    assert people["LPT1"] is None
    assert pairs[0][2:] == ("possible", "identifier-contradicted")
    ((row,),) = await ask(
        database_url, "SELECT family_name, given_names, pnc_number FROM patient WHERE source_id = 'LPT1'"
    )
    assert row == ("Nobody", "Quite Another", "1981/0000034U")
    assert report.files[NAMES].accepted == 1


async def test_merged_records_are_said_to_be_one_person_until_they_are_parted(database_url, tmp_path):
    merged = changed(whole(), PEOPLE, 0, [("mergedInto", SECOND)])
    await load(database_url, write(tmp_path / "merged", merged))
    aliases = "SELECT crn, other_crn, parted_at FROM person_alias ORDER BY crn"
    ((rows),) = await ask(database_url, aliases)
    assert rows == sorted([(FIRST, SECOND, None), (SECOND, FIRST, None)])
    parted = changed(whole(), PEOPLE, 0, [("lastUpdatedAt", LATER)])
    report = await load(database_url, write(tmp_path / "parted", parted))
    assert report.files[PEOPLE].accepted == 1
    ((rows),) = await ask(database_url, aliases)
    assert len(rows) == 2
    assert all(parted_at is not None for *_, parted_at in rows)
    again = changed(whole(), PEOPLE, 0, [("lastUpdatedAt", "2013-07-13T10:00:00+01:00"), ("mergedInto", SECOND)])
    await load(database_url, write(tmp_path / "again", again))
    ((rows),) = await ask(database_url, aliases)
    assert [parted_at for *_, parted_at in rows] == [None, None]
    said = [entry for entry in await entries(database_url) if (entry["details"] or {}).get("table") == "person"]
    assert [entry["clauses"] for entry in said] == [["H5"]] * 4


@pytest.mark.parametrize(("value", "rule"), [(FIRST, "merged-into-itself"), ("X32", "identifier-invalid")])
async def test_a_record_is_merged_into_another(sqlite_url, tmp_path, value, rule):
    report = await load(sqlite_url, write(tmp_path / "folder", changed(whole(), PEOPLE, 0, [("mergedInto", value)])))
    assert (PEOPLE, 1, "mergedInto", rule) in found(report)
    assert await count(sqlite_url, "person_alias") == (0,)
