"""The national tables in and out: alone, out again and back, and a newer submission of a period."""

import csv
import io
import json
import shutil
import sqlite3
import zipfile
from collections import Counter
from copy import deepcopy

import pytest

from app.audit.submission import LogUnavailable
from app.config import Clock
from app.gate import AccessRefused
from app.gate.erasing import due
from app.records.views import tables_of
from app.services.national_fields import NATIONAL
from app.services.people import PeopleService
from app.sync import Assumed, import_folder, refreshing
from app.sync.exporting import CannotExport, export_iapt
from app.sync.refreshing import Refreshing
from app.vocabulary import CATEGORIES, Action, Caller, Category, Party, Purpose, Question, Role
from tests.sync.folder import (
    CREDENTIALS,
    EXAMPLE,
    FIRST,
    NOW,
    WSAS,
    ask,
    changed,
    count,
    found,
    gate_of,
    load,
    whole,
    write,
)
from tests.sync.test_import import everything
from tests.world import entries

PERIOD = "2012-11..2013-07"
TABLES = (
    "patient",
    "referral",
    "presentation",
    "onward_referral",
    "waiting_pause",
    "appointment",
    "care_activity",
    "outcome_score",
    "clinical_record",
)
HEADER, CONTACT = "health/IDS000Header.csv", "health/IDS201CareContact.csv"
REFERRAL = "health/IDS101Referral.csv"
NEWER = "2013-07-15T09:00:00"


async def export(url, output, username="clinician", period=PERIOD, *, with_local=True):
    async with gate_of(url) as gate:
        return await export_iapt(
            gate, Clock(NOW), period, username, output, lambda _done, _all: None, with_local=with_local
        )


async def rows(url, table, *, without=("source_version", "recorded_at")):
    """Every row of a table by id, without when it came."""
    names = [name for name in (await columns(url, table)) if name not in without]
    (answer,) = await ask(url, f"SELECT {', '.join(names)} FROM {table}")
    return {row[names.index("id")]: dict(zip(names, row, strict=True)) for row in answer}


async def columns(url, table):
    (answer,) = await ask(
        url,
        f"SELECT name FROM pragma_table_info('{table}')"
        if url.startswith("sqlite")
        else f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'",
    )
    return [name for (name,) in answer]


def others(files):
    """Both sides' records without the health side's submission."""
    return {name: rows for name, rows in files.items() if not name.startswith("health/")}


def newer(files, made=NEWER):
    files[HEADER][0]["DateTimeDatSetCreate"] = made
    return files


def alone(files):
    """Without the clinical system's own tables."""
    return {name: rows for name, rows in files.items() if "/Local" not in name}


async def test_what_is_exported_comes_back_the_same_elsewhere_and_changes_nothing_here(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", whole()))
    before = {table: await rows(database_url, table) for table in TABLES}
    done = await export(database_url, tmp_path / "out.zip")
    assert (done.people, done.referrals, done.not_open) == (2, 2, 0)
    said, states = await entries(database_url), await everything(database_url)
    again = await load(database_url, tmp_path / "out.zip")
    assert (found(again), again.entries, again.ended) == ([], 0, 0)
    assert (await entries(database_url), await everything(database_url)) == (said, states)
    assert {table: await rows(database_url, table) for table in TABLES} == before
    assert all(before.values()), "there is a row of each"


async def test_a_score_that_was_recorded_here_goes_out_and_is_known_again(database_url, tmp_path):
    """Under the provider's referral, as one outside a contact; coming back it is the one that stands here."""
    await load(database_url, write(tmp_path / "folder", whole()))
    about = "recorded_at, source_version, person_id, referral_id, tool, tool_code, band, completed_at"
    own = "INSERT INTO outcome_score (id, source, source_id, total, items, {about}) SELECT 'own-' || substr(id, 1, 30),"
    own += " 'open-mind', substr(id, 1, 30), {total}, '{items}', {about} FROM outcome_score WHERE tool IN ({tools})"
    own += " AND source_id NOT LIKE 'OM%'"
    phq = own.format(about=about, total=17, items="2 2 2 2 2 2 2 2 1", tools="'PHQ-9', 'CORE-10'")
    wsas = own.format(about=about, total=30, items="6 6 6 6 -", tools="'WSAS'")
    for statement in (phq, wsas):
        await ask(database_url, statement)
    before = await everything(database_url)
    await export(database_url, tmp_path / "out")
    totals, items = {}, Counter[str]()
    for name in ("IDS606CodedScoreAssessmentRefer", "LocalCore10"):
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8") as source:
            listed = list(csv.DictReader(source))
        totals[name] = [row["PersScore"] for row in listed]
        items += Counter(row["CodedAssToolType"] for row in listed if row.get("CodedAssToolType") in WSAS)
    assert items == dict.fromkeys(WSAS[:4], 2)  # what was not answered is in no row
    assert totals["IDS606CodedScoreAssessmentRefer"].count("17") == 2
    assert totals["LocalCore10"] == ["12", "12"]
    said = await entries(database_url)
    again = await load(database_url, tmp_path / "out")
    assert (found(again), again.entries) == ([], 0)
    assert (await entries(database_url), await everything(database_url)) == (said, before)


async def test_the_example_comes_back_the_same_as_far_as_it_is_open(sqlite_template, tmp_path):
    here, there = (f"sqlite:///{shutil.copy(sqlite_template, tmp_path / name)}" for name in ("here.db", "there.db"))
    await load(here, EXAMPLE)
    (leads,) = await ask(here, "SELECT username FROM staff WHERE role = 'clinical-lead' ORDER BY username")
    done = await export(here, tmp_path / "out", leads[0][0])
    assert done.referrals == 104
    assert 30 < done.rows["IDS101Referral"] == done.referrals - done.not_open
    for part in ("standing", "justice"):
        shutil.copytree(EXAMPLE / part, tmp_path / "folder" / part)
    shutil.copytree(tmp_path / "out", tmp_path / "folder" / "health")
    report = await load(there, tmp_path / "folder")
    assert [each for each in found(report) if each[0].startswith("health/")] == []
    for table in TABLES:
        first, second = await rows(here, table), await rows(there, table)
        assert {identity: first.get(identity) for identity in second} == second
        assert second
    assert len(await rows(there, "referral")) == done.rows["IDS101Referral"]
    assert len(await rows(there, "appointment")) == done.rows["IDS201CareContact"]
    assert len(await rows(there, "care_activity")) == done.rows["IDS202CareActivity"]


async def test_national_tables_alone_change_nothing_of_what_local_ones_said(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", whole()))
    await export(database_url, tmp_path / "out", with_local=False)
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(NATIONAL)
    before = {table: await rows(database_url, table) for table in TABLES}
    report = await load(database_url, tmp_path / "out")
    assert (found(report), report.entries) == ([], 0)
    assert {table: await rows(database_url, table) for table in TABLES} == before


async def test_national_tables_alone_come_in_with_what_follows_from_them(database_url, tmp_path):
    files = whole()
    await load(database_url, write(tmp_path / "others", others(files)))
    linked = {name: rows for name, rows in files.items() if name in ("health/LocalPatientLink.csv", *alone(files))}
    report = await load(database_url, write(tmp_path / "alone", {n: r for n, r in linked.items() if "health" in n}))
    assert found(report) == []
    referrals = (await rows(database_url, "referral")).values()
    said = {(row["service_id"], row["status"], row["basis"], row["commissioner"]) for row in referrals}
    assert said == {("open-mind-leicester", "in-treatment", "voluntary", "QK1")}
    assert await count(database_url, "appointment", "outcome_score WHERE tool = 'WSAS'", "care_activity") == (4, 2, 2)
    ((practitioner,),) = (await ask(database_url, "SELECT DISTINCT practitioner FROM care_activity"))[0]
    assert practitioner == "CP01"


async def test_of_two_services_somebody_has_to_say_which(sqlite_url, tmp_path):
    files = whole()
    second = {**files["standing/services.jsonl"][0], "serviceId": "other"}
    files["standing/services.jsonl"].append(second)
    for name in ("health/LocalReferral.csv", "health/LocalAllocation.csv"):
        del files[name]
    folder = write(tmp_path / "folder", files)
    report = await load(sqlite_url, folder)
    assert (REFERRAL, 2, "ServiceRequestId", "service-unclear") in found(report)
    assert await count(sqlite_url, "referral") == (0,)
    async with gate_of(sqlite_url) as gate:
        wanted = Assumed("other", "licence-condition")
        await import_folder(folder, gate, Clock(NOW), None, CREDENTIALS, wanted)
    assert await count(sqlite_url, "referral WHERE service_id = 'other' AND basis = 'licence-condition'") == (2,)


async def test_patients_of_whom_nothing_says_who_they_are_wait_until_something_does(database_url, tmp_path):
    files = whole()
    await load(database_url, write(tmp_path / "others", others(files)))
    sent = {name: rows for name, rows in alone(files).items() if name.startswith("health/")}
    known = deepcopy(sent)
    for row in sent["health/IDS001MPI.csv"]:
        row["NHSNumber"] = ""
    report = await load(database_url, write(tmp_path / "alone", sent))
    assert (found(report), report.exit_code) == ([], 0)
    assert report.waiting > 20
    assert await count(database_url, "patient WHERE person_id IS NULL", "referral") == (2, 0)
    report = await load(database_url, write(tmp_path / "known", newer(known)))
    assert (found(report), report.waiting) == ([], 0)
    assert await count(database_url, "patient WHERE person_id IS NULL", "referral") == (0, 2)


async def test_what_came_with_a_registration_goes_with_its_link(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", whole()))
    about = "id, recorded_at, person_id, referral_id"
    await ask(
        database_url,
        "UPDATE appointment SET attendance_code = '3' WHERE attendance_code = '5'",
        f"INSERT INTO engagement_mark ({about}, appointment_id, kind, mark, party, marked_at, marked_by)"
        f" SELECT {about}, id, 'two-missed', 'done', 'health', recorded_at, 'clinician' FROM appointment",
        f"INSERT INTO safety_prompt_mark ({about}, score_id, mark, marked_at, marked_by)"
        f" SELECT {about}, id, 'done', recorded_at, 'clinician' FROM outcome_score",
    )
    marks = ("corrected_outcome", "engagement_mark", "safety_prompt_mark")
    assert await count(database_url, *marks) == (2, 4, 10)
    parted = "UPDATE patient SET person_id = NULL WHERE source_id = 'LPT1'"
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA foreign_keys = ON")  # as the service opens it
            connection.execute(parted)
        connection.close()
    else:
        await ask(database_url, parted)
    assert await count(database_url, *TABLES) == (2, 1, 1, 1, 1, 2, 1, 5, 1)
    assert await count(database_url, *marks) == (1, 2, 5)


async def test_what_a_newer_submission_does_not_have_any_more_has_ended_with_an_entry_each(database_url, tmp_path):
    await load(database_url, write(tmp_path / "first", whole()))
    files = newer(whole())
    gone = files[CONTACT].pop(0)["CareContactId"]
    for table, key in (("IDS202CareActivity", "CareContactId"), ("LocalContact", "CareContactId"),
                       ("LocalCore10", "CareContactId"), ("LocalNotes", "CareContactId")):  # fmt: skip
        files[f"health/{table}.csv"] = [row for row in files[f"health/{table}.csv"] if row[key] != gone]
    for table in ("IDS607CodedScoreAssessmentAct", "LocalScoreItems"):
        files[f"health/{table}.csv"] = [row for row in files[f"health/{table}.csv"] if row["CareActId"] != "CA1"]
    report = await load(database_url, write(tmp_path / "second", files))
    assert found(report) == []
    ended = {"appointment": 1, "care_activity": 1, "outcome_score": 4}
    withdrawn = [f"{table} WHERE withdrawn_at IS NOT NULL" for table in TABLES if table != "patient"]
    assert await count(database_url, *withdrawn) == tuple(ended.get(table, 0) for table in TABLES if table != "patient")
    assert report.ended == sum(ended.values())
    said = [entry["details"] for entry in await entries(database_url) if (entry["details"] or {}).get("change")]
    assert sorted(each["table"] for each in said if each["change"] == "withdrawn") == sorted(
        table for table, number in ended.items() for _ in range(number)
    )
    again = await load(database_url, tmp_path / "second")
    assert (again.entries, again.ended) == (0, 0)

    back = await load(database_url, write(tmp_path / "third", newer(whole(), "2013-07-15T09:30:00")))
    assert (back.ended, back.restored) == (0, sum(ended.values()))
    assert sum(await count(database_url, *withdrawn)) == 0


@pytest.mark.parametrize("starts_on", ["2012-11-01", "2012-01-01"], ids=["the same period", "a longer one"])
async def test_an_older_submission_overwrites_nothing(database_url, tmp_path, starts_on):
    files = newer(whole())
    files["health/IDS108WaitingTimePauses.csv"][0]["PauseReason"] = "02"
    await load(database_url, write(tmp_path / "newer", files))
    before = await everything(database_url)
    older = changed(whole(), HEADER, 0, [("ReportingPeriodStartDate", starts_on)])
    report = await load(database_url, write(tmp_path / "older", older))
    assert found(report) == [(HEADER, 0, "DateTimeDatSetCreate", "submission-superseded")]
    assert report.files[CONTACT].superseded == 4
    assert await everything(database_url) == before


async def test_a_period_beside_another_is_neither_older_nor_newer(sqlite_url, tmp_path):
    await load(sqlite_url, write(tmp_path / "newer", newer(whole())))
    beside = [("ReportingPeriodStartDate", "2013-08-01"), ("ReportingPeriodEndDate", "2013-08-31")]
    report = await load(sqlite_url, write(tmp_path / "august", changed(whole(), HEADER, 0, beside)))
    assert (found(report), report.ended) == ([], 0)
    assert await count(sqlite_url, "national_submission") == (2,)


async def test_a_refresh_that_breaks_off_is_made_again_whole(sqlite_url, tmp_path, monkeypatch):
    await load(sqlite_url, write(tmp_path / "first", whole()))
    files = newer(whole())
    for table in ("IDS105OnwardReferral", "IDS108WaitingTimePauses"):
        files[f"health/{table}.csv"] = [{**row, "ServiceRequestId": "OM9"} for row in files[f"health/{table}.csv"]]
    files["health/IDS108WaitingTimePauses.csv"] = [
        {**row, "PauseID": "PA9"} for row in files["health/IDS108WaitingTimePauses.csv"][:1]
    ]
    folder = write(tmp_path / "second", files)
    real, marked = Refreshing._made, []

    def broken(self, act, record):
        if marked:
            raise LogUnavailable("gone")
        marked.append(record.table)
        return real(self, act, record)

    monkeypatch.setattr(refreshing, "AT_ONCE", 1)
    monkeypatch.setattr(Refreshing, "_made", broken)
    with pytest.raises(LogUnavailable):
        await load(sqlite_url, folder)
    assert marked == ["waiting_pause"]
    monkeypatch.undo()
    report = await load(sqlite_url, folder)
    assert report.ended == 1
    assert await count(sqlite_url, "waiting_pause WHERE withdrawn_at IS NOT NULL") == (2,)
    assert (await load(sqlite_url, folder)).entries == 0


async def test_a_referral_that_is_taken_back_takes_along_what_hangs_on_it_and_opens_nothing(database_url, tmp_path):
    await load(database_url, write(tmp_path / "first", whole()))
    files = newer(whole())
    files[REFERRAL].pop(0)
    files["health/LocalReferral.csv"].pop(0)
    report = await load(database_url, write(tmp_path / "second", files))
    (left,) = await ask(database_url, "SELECT source_id FROM referral WHERE withdrawn_at IS NULL")
    assert left == [("OM2",)]
    for table in TABLES[2:]:
        of_first = f"{table} WHERE referral_id = (SELECT id FROM referral WHERE source_id = 'OM1')"
        every, withdrawn = await count(database_url, of_first, f"{of_first} AND withdrawn_at IS NOT NULL")
        assert every == withdrawn >= 1
    assert report.ended == sum(await count(database_url, *(f"{t} WHERE withdrawn_at IS NOT NULL" for t in TABLES[1:])))
    done = await export(database_url, tmp_path / "out")
    assert (done.people, done.referrals, done.rows["IDS101Referral"]) == (1, 1, 1)
    async with gate_of(database_url) as gate:
        treatments, _ = await due(gate, NOW, NOW.date(), "request")
    assert [(each.closed_on, each.end_code) for each in treatments[FIRST]] == [(NOW.date(), None)]


async def read(url, username, role, purpose, category):
    """A category of the first person as a member of health staff is answered."""
    caller = Caller(Party.HEALTH, role, "clinical-records", "token", username)
    question = Question(caller, purpose, Action.READ, (category,), NOW, "test", "request", FIRST)
    async with gate_of(url) as gate:
        return json.loads((await PeopleService(gate).category(question, category)).body)["data"]


async def test_what_is_taken_back_is_shown_to_nobody_but_who_asks_for_all_that_is_held(database_url, tmp_path):
    await load(database_url, write(tmp_path / "first", whole()))
    files = newer(whole())
    files[CONTACT].pop(0)
    files["health/LocalContact.csv"].pop(0)
    files["health/IDS105OnwardReferral.csv"].pop(0)
    await load(database_url, write(tmp_path / "second", files))
    as_lead = ("clinician", Role.CLINICAL_LEAD, Purpose.DIRECT_CARE)
    as_officer = ("records", Role.RECORDS_OFFICER, Purpose.SUBJECT_ACCESS)
    shown = await read(database_url, *as_lead, Category.ATTENDANCE)
    assert [row["startsAt"][:10] for row in shown["appointments"]] == ["2013-07-22"]
    held = await read(database_url, *as_officer, Category.ATTENDANCE)
    assert [(row["startsAt"][:10], row["withdrawnAt"] is not None) for row in held["appointments"]] == [
        ("2013-02-01", True), ("2013-07-22", False)
    ]  # fmt: skip
    assert (await read(database_url, *as_lead, Category.CLINICAL))["onwardReferrals"] == []
    (onward,) = (await read(database_url, *as_officer, Category.CLINICAL))["onwardReferrals"]
    assert (onward["referredOn"], onward["withdrawnAt"] is not None) == ("2013-03-01", True)


async def test_what_the_provider_registered_is_given_to_the_person_alone(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", whole()))
    for category, fields in (
        (Category.IDENTITY, {"nhsNumber": "9997450442", "ethnicCategory": "A", "nhsNumberStatus": "01"}),
        (Category.CONTACT, {"postcode": "LE1 1AA", "gpPractice": "C82902", "gpRegisteredFrom": "2009-03-01"}),
    ):
        held = await read(database_url, "records", Role.RECORDS_OFFICER, Purpose.SUBJECT_ACCESS, category)
        assert [fields.items() <= row.items() for row in held["registrations"]] == [True]
        shown = await read(database_url, "clinician", Role.CLINICAL_LEAD, Purpose.DIRECT_CARE, category)
        assert set(shown) == {"person"}
    released = [entry["released"]["contact"] for entry in await entries(database_url)
                if (entry["released"] or {}).get("contact")]  # fmt: skip
    assert [any(field.startswith("registrations.") for field in each) for each in released] == [True, False]


async def test_what_the_national_tables_say_besides_is_clinical_and_is_not_probations(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", whole()))
    clinical = await read(database_url, "clinician", Role.CLINICAL_LEAD, Purpose.DIRECT_CARE, Category.CLINICAL)
    assert [(row["onset"], row["previousCondition"]) for row in clinical["presentations"]] == [("2010-07", "Y")]
    assert [(row["startedOn"], row["reason"]) for row in clinical["pauses"]] == [("2012-12-04", "01")]
    (activity,) = clinical["activities"]
    assert (activity["carePersonnel"], activity["practitioner"]) == ("CP01", "therapist")
    for category in set(CATEGORIES) - {Category.CLINICAL}:
        assert tables_of(category).isdisjoint({"presentation", "onward_referral", "waiting_pause"})  # P3


async def test_a_row_that_is_broken_is_not_one_that_is_gone(sqlite_url, tmp_path):
    await load(sqlite_url, write(tmp_path / "first", whole()))
    files = newer(whole())
    files[CONTACT][0]["AppType"] = "99"
    files["health/IDS606CodedScoreAssessmentRefer.csv"][0]["PersScore"] = "many"
    files["health/LocalClinical.csv"][0]["StepOfCare"] = "9"
    report = await load(sqlite_url, write(tmp_path / "second", files))
    assert (CONTACT, 2, "AppType", "appointment-type-unknown") in found(report)
    assert report.ended == 0


async def test_a_table_that_is_not_sent_ends_nothing_and_one_without_rows_ends_all(sqlite_url, tmp_path):
    await load(sqlite_url, write(tmp_path / "first", whole()))
    files = newer(whole())
    del files["health/IDS108WaitingTimePauses.csv"]
    report = await load(sqlite_url, write(tmp_path / "second", files))
    assert report.ended == 0
    files = newer(whole(), "2013-07-15T09:40:00")
    folder = write(tmp_path / "third", files)
    path = folder / "health/IDS108WaitingTimePauses.csv"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    report = await load(sqlite_url, folder)
    assert report.ended == 2
    assert await count(sqlite_url, "waiting_pause WHERE withdrawn_at IS NOT NULL") == (2,)


async def test_an_export_holds_no_more_than_its_reader_may_read(database_url, tmp_path):
    files = whole()
    files["justice/limits.jsonl"][1]["usernames"] = ["clinician"]
    await load(database_url, write(tmp_path / "folder", files))
    done = await export(database_url, tmp_path / "out.zip", with_local=False)
    assert (done.referrals, done.not_open, done.rows["IDS001MPI"]) == (2, 1, 1)
    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        content = b"".join(packed.read(name) for name in packed.namelist())
        (patient,) = csv.DictReader(io.StringIO(packed.read("IDS001MPI.csv").decode()))
    assert patient["LocalPatientId"] == "LPT1"
    assert b"OM2" not in content
    assert FIRST.encode() not in content, "the national tables name nobody's CRN"
    said = [entry for entry in await entries(database_url) if entry["resource"] == "openmind export iapt"]
    (person,) = [entry for entry in said if (entry["details"] or {}).get("export")]
    handed_out = sorted(set(NATIONAL) - {"IDS000Header"})
    assert person["details"] == {"export": "iapt", "from": "2012-11-01", "to": "2013-07-31", "tables": handed_out}
    assert (person["caller"]["staff"], person["clauses"], person["outcome"]) == ("clinician", ["B2"], "permitted")
    assert {(entry["purpose"], *entry["clauses"]) for entry in said} == {
        ("direct-care", "B2"), ("service-evaluation", "G7")
    }  # fmt: skip


@pytest.mark.parametrize("username", ["therapist", "manager"])
async def test_who_leads_no_service_takes_nothing_out(sqlite_url, tmp_path, username):
    await load(sqlite_url, write(tmp_path / "folder", whole()))
    with pytest.raises((AccessRefused, CannotExport)):
        await export(sqlite_url, tmp_path / "out.zip", username)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("period", ["2013", "2013-13", "06-2013", "2013-07..2013-06", ""])
async def test_what_is_no_period_is_said(sqlite_url, tmp_path, period):
    with pytest.raises(CannotExport):
        await export(sqlite_url, tmp_path / "out.zip", period=period)


async def test_what_is_there_already_is_not_written_over(sqlite_url, tmp_path):
    (tmp_path / "out.zip").write_bytes(b"mine")
    await load(sqlite_url, write(tmp_path / "folder", whole()))
    with pytest.raises(FileExistsError):
        await export(sqlite_url, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes() == b"mine"


async def test_a_formula_is_marked_on_its_way_out_and_comes_back_as_it_was(sqlite_url, tmp_path):
    files = whole()
    reason = '=HYPERLINK("http://example.org";"see")'
    files["health/LocalReferral.csv"][0]["Reason"] = reason
    await load(sqlite_url, write(tmp_path / "folder", files))
    await export(sqlite_url, tmp_path / "out")
    written = list(csv.DictReader(io.StringIO((tmp_path / "out" / "LocalReferral.csv").read_text())))
    assert {row["Reason"] for row in written} == {f"'{reason}", "worry"}
    assert (await load(sqlite_url, tmp_path / "out")).entries == 0


async def test_a_month_holds_its_own_contacts_and_what_was_open_in_it(sqlite_url, tmp_path):
    await load(sqlite_url, write(tmp_path / "folder", whole()))
    february = await export(sqlite_url, tmp_path / "february", period="2013-02")
    march = await export(sqlite_url, tmp_path / "march", period="2013-03")
    before = await export(sqlite_url, tmp_path / "before", period="2012-11")
    got = [[done.rows[table] for table in ("IDS101Referral", "IDS201CareContact", "IDS105OnwardReferral",
            "IDS108WaitingTimePauses")] for done in (february, march, before)]  # fmt: skip
    assert got == [[2, 2, 0, 0], [2, 0, 2, 0], [0, 0, 0, 0]]
