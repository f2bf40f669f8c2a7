"""What an import writes: through the gate alone, once, never backwards, each changed record with its entry."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

import app.tables as t
from app.audit.submission import LogUnavailable
from app.audit.verify import verify
from app.config import Clock
from app.db import Address
from app.identity.standing import Standing
from app.services.registers import Compared, person_id, record_id
from app.sync import NothingToImport, import_folder
from app.sync.writing import Writing
from app.vocabulary import Category
from tests.sync.folder import CREDENTIALS, FIRST, NOW, SECOND, ask, changed, count, found, gate_of, load, whole, write
from tests.world import entries, execute

PEOPLE, CONSENTS, LIMITS = "justice/people.jsonl", "standing/consents.jsonl", "justice/limits.jsonl"
SUPERVISIONS, STAFF, TRAINING = "justice/supervisions.jsonl", "standing/staff.jsonl", "standing/training.jsonl"
LATER = "2013-07-12T10:00:00+01:00"
WRITTEN = [
    "person",
    "patient",
    "identity_match",
    "supervision",
    "offence",
    "risk_assessment",
    "risk_alert",
    "obligation",
    "referral",
    "appointment",
    "care_activity",
    "presentation",
    "onward_referral",
    "waiting_pause",
    "national_submission",
    "progress_summary",
    "outcome_score",
    "clinical_record",
    "session_note",
    "safety_record",
    "safety_alert",
    "three_way_meeting",
    "consent",
    "objection",
    "staff",
    "training",
    "authorisation",
    "allocation",
    "client",
    "therapy_service",
    "access_limit",
    "subject_request",
]


async def by_table(url):
    """How many rows of each table, and how many entries say that they wrote one."""
    rows = dict(zip(WRITTEN, await count(url, *WRITTEN), strict=True))
    said = dict.fromkeys(WRITTEN, 0)
    for entry in await entries(url):
        if entry["details"] and "table" in entry["details"]:
            said[entry["details"]["table"]] += 1
    return rows, said


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "folder", whole())


async def test_every_record_has_its_entry_and_the_log_verifies(database_url, folder):
    report = await load(database_url, folder)
    assert found(report) == []
    assert (report.exit_code, report.waiting) == (0, 0)
    rows, said = await by_table(database_url)
    assert all(rows.values()), "the folder has one of each"
    assert said == rows
    assert sum(said.values()) == report.entries
    checked = await asyncio.to_thread(verify, Address(database_url))
    assert (checked.failure, list(checked.findings)) == (None, [])


async def test_entries_name_who_wrote_why_and_nobody_whose_record_it_is(database_url, folder):
    await load(database_url, folder)
    callers = {}
    for entry in await entries(database_url):
        caller = entry["caller"] or {}
        act = (caller.get("staff") or caller.get("client"), entry["purpose"], entry["action"], *entry["clauses"])
        callers.setdefault(entry["details"]["table"], set()).add(act)
        assert FIRST not in json.dumps(entry)
        asked = {"subjects"} if entry["caller"] else set()
        written = (
            {"basis", "change", "match", "table"}
            if entry["type"] == "match"
            else {"change", "file", "table", "version"}
        )
        assert set(entry["details"]) == written | asked
    probation, clinical = ("case-management", "records-sync", "write"), ("clinical-records", "records-sync", "write")
    assert callers["person"] == {(*probation, "H5")}
    assert callers["access_limit"] == {(*probation, "H8")}
    assert callers["patient"] == {("clinical-records", "records-sync", "create", "H7")}
    assert callers["session_note"] == {(*clinical, "H1")}
    assert callers["allocation"] == {(*probation, "H8"), ("clinician", "direct-care", "write", "B5")}
    assert callers["consent"] == {("therapist", "direct-care", "write", "B1")}
    assert callers["three_way_meeting"] == {("therapist", "direct-care", "write", "B1")}
    assert callers["authorisation"] == {("lead", "supervision", "grant", "A3")}
    assert callers["subject_request"] == {("records", "subject-access", "open", "G5")}
    assert callers["identity_match"] == {(None, None, "link")}
    assert callers["staff"] == callers["client"] == callers["training"] == {(None, None, "write")}
    kinds = {(entry["type"], entry["reason"]) for entry in await entries(database_url) if entry["caller"] is None}
    assert kinds == {("bootstrap", "operator-import"), ("match", "identity-matched")}


async def test_a_second_import_changes_nothing_and_adds_no_entry(database_url, folder):
    first = await load(database_url, folder)
    before, states = await entries(database_url), await everything(database_url)
    again = await load(database_url, folder)
    assert again.entries == 0
    assert await entries(database_url) == before
    assert await everything(database_url) == states
    for file, counts in first.files.items():
        assert (again.files[file].unchanged, again.files[file].accepted) == (counts.accepted, 0)


async def everything(url):
    """Every row of every table that an import can write, their pasts included."""
    (names,) = await ask(
        url,
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if url.startswith("sqlite")
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    )
    tables = sorted(name for (name,) in names if not name.startswith(("log_", "alembic", "sqlite_")))
    answers = await ask(url, *(f"SELECT * FROM {table}" for table in tables))
    return {table: sorted(map(repr, rows)) for table, rows in zip(tables, answers, strict=True)}


async def test_a_newer_version_is_one_change_and_an_older_one_is_none(database_url, tmp_path, folder):
    await load(database_url, folder)
    newer = changed(whole(), PEOPLE, 0, [("name.surname", "Newname"), ("lastUpdatedAt", LATER)])
    report = await load(database_url, write(tmp_path / "newer", newer))
    assert (report.entries, report.files[PEOPLE].accepted, report.files[PEOPLE].unchanged) == (1, 1, 1)
    assert (await entries(database_url))[-1]["details"]["change"] == "changed"
    older = await load(database_url, folder)
    assert (older.entries, older.files[PEOPLE].superseded, older.files[PEOPLE].unchanged) == (0, 1, 1)
    ((names,),) = await ask(database_url, f"SELECT family_name FROM person WHERE crn = '{FIRST}'")
    assert names == ("Newname",)


async def test_the_newest_of_several_versions_in_one_file_is_written(database_url, tmp_path):
    files = whole()
    files[PEOPLE].insert(0, {**files[PEOPLE][0], "sex": "F", "lastUpdatedAt": LATER})
    report = await load(database_url, write(tmp_path / "folder", files))
    assert (report.files[PEOPLE].accepted, report.files[PEOPLE].superseded, found(report)) == (2, 1, [])
    ((row,),) = await ask(database_url, f"SELECT sex FROM person WHERE crn = '{FIRST}'")
    assert row == ("female",)


async def test_somebody_who_was_faster_is_not_overwritten_and_no_entry_says_so(
    database_url, tmp_path, folder, monkeypatch
):
    newer = changed(whole(), PEOPLE, 0, [("name.surname", "Newname"), ("lastUpdatedAt", LATER)])
    await load(database_url, write(tmp_path / "newer", newer))
    size = len(await entries(database_url))

    async def compared_before_that(_self, records):
        return {(record.table, record.row["id"]): Compared.CHANGED for record in records if record.table == "person"}

    compare = Writing._standing

    async def standing(self, records):
        return await compare(self, records) | await compared_before_that(self, records)

    monkeypatch.setattr(Writing, "_standing", standing)
    report = await load(database_url, folder)
    assert (report.entries, report.files[PEOPLE].superseded) == (0, 2)
    assert len(await entries(database_url)) == size


async def test_a_withdrawal_is_entered_as_one_by_whoever_made_it(database_url, tmp_path, folder):
    await load(database_url, folder)
    withdrawn = [("withdrawnAt", LATER), ("withdrawnBy", "manager"), ("lastUpdatedAt", LATER)]
    report = await load(database_url, write(tmp_path / "later", changed(whole(), CONSENTS, 0, withdrawn)))
    assert report.entries == 1
    entry = (await entries(database_url))[-1]
    assert (entry["action"], entry["caller"]["staff"], entry["clauses"]) == ("withdraw", "manager", ["E3"])
    ((row,), past) = await ask(
        database_url,
        "SELECT withdrawn_by FROM consent WHERE source_id = 'CO1'",
        "SELECT withdrawn_by FROM consent_history WHERE source_id = 'CO1'",
    )
    assert (row, past) == (("manager",), [(None,)])
    assert await count(database_url, "consent_recipient") == (2,)


async def test_a_withdrawal_that_came_with_the_consent_keeps_both_moments(database_url, tmp_path):
    withdrawn = [("withdrawnAt", LATER), ("lastUpdatedAt", LATER)]
    await load(database_url, write(tmp_path / "folder", changed(whole(), CONSENTS, 0, withdrawn)))
    now, past = await ask(
        database_url,
        "SELECT recorded_at, withdrawn_by FROM consent WHERE source_id = 'CO1'",
        "SELECT recorded_at, superseded_at FROM consent_history WHERE source_id = 'CO1'",
    )
    given, changed_at = moment("2013-03-01T12:00:00+00:00"), moment(LATER)
    assert [(moment(row[0]), row[1]) for row in now] == [(changed_at, "therapist")]
    assert [tuple(map(moment, row)) for row in past] == [(given, changed_at)]


def moment(value):
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC)


async def test_a_date_holds_to_its_end_in_london(database_url, folder):
    await load(database_url, folder)
    ((row,), (training,)) = await ask(
        database_url,
        "SELECT valid_until FROM consent WHERE source_id = 'CO1'",
        "SELECT expires_on FROM training WHERE course = 'information-sharing' LIMIT 1",
    )
    assert moment(row[0]) == datetime(2014, 1, 1, tzinfo=UTC)
    assert str(training[0]) == "2013-10-29"


@pytest.mark.parametrize(
    ("until", "instant"),
    [
        pytest.param("2013-06-30", datetime(2013, 6, 30, 23, tzinfo=UTC), id="summer time"),
        pytest.param("2013-12-31", datetime(2014, 1, 1, tzinfo=UTC), id="winter time"),
        pytest.param("2013-03-30", datetime(2013, 3, 31, tzinfo=UTC), id="the night before the clocks change"),
        pytest.param("2013-03-31", datetime(2013, 3, 31, 23, tzinfo=UTC), id="the day on which the clocks change"),
        pytest.param("2013-07-15T17:00:00+01:00", datetime(2013, 7, 15, 16, tzinfo=UTC), id="a moment is itself"),
    ],
)
async def test_where_a_consent_ends(sqlite_url, tmp_path, until, instant):
    values = [("validUntil", until), ("validFrom", "2013-03-01")]
    await load(sqlite_url, write(tmp_path / "folder", changed(whole(), CONSENTS, 0, values)))
    ((row,),) = await ask(sqlite_url, "SELECT valid_until, valid_from FROM consent WHERE source_id = 'CO1'")
    assert tuple(map(moment, row)) == (instant, datetime(2013, 3, 1, tzinfo=UTC))


async def test_a_witness_is_kept(sqlite_url, tmp_path):
    values = [("givenHow", "orally-with-witness"), ("witness", "A. Sister")]
    await load(sqlite_url, write(tmp_path / "folder", changed(whole(), CONSENTS, 0, values)))
    (rows,) = await ask(sqlite_url, "SELECT given_how, witness FROM consent WHERE source_id = 'CO1'")
    assert [tuple(row) for row in rows] == [("orally-with-witness", "A. Sister")]


async def test_a_list_is_replaced_whole(database_url, tmp_path, folder):
    """Somebody who is taken off a list of a limit, and a requirement that is no more, are gone."""
    await load(database_url, folder)
    files = changed(whole(), LIMITS, 0, [("usernames", ["Somebody.Else", "therapist"]), ("lastUpdatedAt", LATER)])
    files = changed(files, SUPERVISIONS, 0, [("requirements", []), ("lastUpdatedAt", LATER)])
    report = await load(database_url, write(tmp_path / "later", files))
    assert (report.entries, found(report)) == (2, [])
    names, requirements, past = await ask(
        database_url,
        "SELECT username FROM access_limit_name ORDER BY username",
        "SELECT source_id FROM requirement",
        "SELECT source_id FROM requirement_history",
    )
    assert names == [("nobody.known",), ("somebody.else",), ("therapist",)]
    assert (requirements, past) == ([("RQ2",)], [("RQ1",)])


async def test_registers_are_compared_by_what_they_say(database_url, tmp_path, folder):
    await load(database_url, folder)
    revoked = [("revokedAt", LATER), ("lastUpdatedAt", LATER)]
    files = changed(whole(), STAFF, 4, revoked)
    files = changed(files, "standing/clients.jsonl", 0, [("name", "A new name"), ("lastUpdatedAt", LATER)])
    report = await load(database_url, write(tmp_path / "later", files))
    assert (report.entries, report.files[STAFF].accepted, report.files[STAFF].unchanged) == (2, 1, 4)
    ((client,), past) = await ask(
        database_url,
        "SELECT name, secret_hash FROM client WHERE id = 'case-management'",
        "SELECT revoked_at FROM staff_history",
    )
    assert client == ("A new name", CREDENTIALS["case-management"]), "what it authenticates with stays as it is"
    assert past == [(None,)]
    older = await load(database_url, folder)
    assert (older.entries, older.files[STAFF].superseded) == (0, 1)


async def test_what_has_no_column_changes_nothing(database_url, tmp_path, folder):
    await load(database_url, folder)
    files = changed(whole(), STAFF, 0, [("wholeTimeEquivalent", 0.5), ("lastUpdatedAt", LATER)])
    assert (await load(database_url, write(tmp_path / "later", files))).entries == 0


async def test_a_system_without_credentials_is_registered_but_nobody_can_be_it(sqlite_url, folder):
    async with gate_of(sqlite_url) as gate:
        report = await import_folder(folder, gate, Clock(NOW))
        clients = found(report)
        assert clients == [("standing/clients.jsonl", line, "clientId", "no-credentials") for line in (1, 2)]
        assert report.exit_code == 0
        kept = await Standing(gate.records.database, Clock(NOW)).client("case-management")
        assert kept is not None
        assert kept.secret_hash.startswith("$argon2id$")
        again = await import_folder(folder, gate, Clock(NOW))
        assert (again.entries, found(again)) == (0, [])


async def test_the_health_side_learns_nothing_of_who_is_on_file(database_url, tmp_path, folder):
    """H7: with and without the person, what is said of the health side's files is the same; later it is linked."""
    files = whole()
    for file in files:
        if file.startswith("justice/"):
            files[file] = [row for row in files[file] if row["crn"] != SECOND]
    files[CONSENTS].pop(1)
    unknown = await load(database_url, write(tmp_path / "unknown", files))
    assert found(unknown) == []
    health = {file: counts for file, counts in unknown.files.items() if file.startswith("health/")}
    meeting = health.pop("health/LocalMeeting.csv")
    assert (meeting.accepted, meeting.rejected) == (2, 0)
    assert await count(database_url, "patient", "referral", "patient WHERE person_id IS NULL") == (2, 1, 1)
    known = await load(database_url, folder)
    taken = sum(counts.accepted for file, counts in known.files.items() if file.startswith("health/"))
    assert (unknown.waiting, known.waiting) == (taken, 0)
    for file, counts in health.items():
        assert counts.accepted + counts.not_kept == known.files[file].rows
    assert await count(database_url, "patient", "referral", "patient WHERE person_id IS NULL") == (2, 2, 0)
    assert (await load(database_url, folder)).entries == 0


async def test_why_somebody_is_not_suitable_is_clinical(database_url, tmp_path):
    """P3: of the decision the justice party may know the outcome (D1, D2), and no word of what the person needs."""
    said = [("SuitabilityOutcome", "not-suitable"), ("SuitabilityReason", "dependent drinking: treated first")]
    await load(database_url, write(tmp_path / "folder", changed(whole(), "health/LocalReferral.csv", 0, said)))
    referral, presented = await ask(
        database_url,
        "SELECT suitability FROM referral WHERE source_id = 'OM1'",
        "SELECT suitability_reason, onset FROM presentation WHERE source_id = 'OM1'",
    )
    assert (referral, presented) == ([("not-suitable",)], [("dependent drinking: treated first", "2010-07")])
    assert t.Presentation.__table__.c.suitability_reason.info["category"] is Category.CLINICAL


async def test_rows_come_out_as_they_went_in(database_url, folder):
    """One of each kind, by the columns that a mapping could get wrong."""
    await load(database_url, folder)
    answers = await ask(
        database_url,
        f"SELECT family_name, sex, postcode, pnc_number, nhs_number FROM person WHERE crn = '{FIRST}'",
        "SELECT nhs_number, gp_practice, gender, postcode, person_id FROM patient WHERE source_id = 'LPT1'",
        "SELECT sentence_type, person_id FROM supervision WHERE source_id = 'SV1'",
        "SELECT requirement_type, practitioner, supervision_id FROM requirement WHERE source_id = 'RQ1'",
        "SELECT rosh_level, mappa_category, mappa_level FROM risk_assessment WHERE source_id = 'RK1'",
        "SELECT kind, area, sites, postcodes, hours FROM licence_condition ORDER BY source_id",
        "SELECT kind, outcome_code FROM obligation WHERE source_id = 'OB1'",
        "SELECT status, basis, source_of_referral, referred_by, suitability FROM referral WHERE source_id = 'OM1'",
        "SELECT minutes, appointment_type, attendance_code, location_code, site FROM appointment ORDER BY source_id",
        "SELECT procedure_code, practitioner, psychotropic_medication FROM care_activity WHERE source_id = 'CA1'",
        "SELECT tool, tool_code, total, band, items FROM outcome_score WHERE source_id LIKE 'CA1:%' ORDER BY tool",
        "SELECT tool, total, band, items FROM outcome_score WHERE source_id = 'C10-1'",
        "SELECT source_id, total, items FROM outcome_score WHERE source_id LIKE 'OM1:%'",
        "SELECT problem_code, problem, step FROM clinical_record",
        "SELECT text, third_party FROM session_note WHERE source_id = 'NN1'",
        "SELECT kind, username FROM allocation JOIN staff ON staff.id = staff_id ORDER BY allocation.source_id",
    )
    assert answers[0] == [(f"Family{FIRST}", "male", "LE1 1AA", "1997/0326826W", "9997450442")]
    assert answers[1] == [("9997450442", "C82902", "1", "LE1 1AA", person_id(FIRST))]
    assert answers[2] == [("community-order", person_id(FIRST))]
    assert answers[3] == [("mental-health-treatment", "clinician", record_id("supervision", "probation", "SV1"))]
    assert answers[4] == [("HIGH", 1, 2)]
    zone, curfew = (
        ("exclusion-zone", "an area", "RT5P2", "LE2,LE3 1", None),
        ("curfew", None, None, None, "19:00-07:00"),
    )
    assert answers[5] == [curfew] * 2 + [zone] * 2 + [("licence-condition", None, None, None, None)] * 2
    assert answers[6] == [("reporting", "ATTC")]
    assert answers[7] == [("in-treatment", "voluntary", "E3", "manager", "suitable")]
    assert answers[8] == [(55, "03", "5", "M02", "RT5P1"), (60, "02", None, "M02", "RT5P1")] * 2
    assert answers[9] == [("304891004", "therapist", "02")]
    assert answers[10] == [
        ("GAD-7", "445455005", 14, "moderate", None),
        ("PHQ-9", "720433000", 9, "mild", "1 1 1 1 1 1 1 1 1"),
        ("WSAS", "WSAS", 20, "significant", "4 4 4 4 4"),
    ]
    assert answers[11] == [("CORE-10", 12, "mild", "1 1 1 1 1 1 1 1 2 2")]
    assert answers[12] == [("OM1:PHQ-9:201301201200", 15, None)]
    assert answers[13] == [("F41.1", "anxiety", 3)] * 2
    assert [(row[0], bool(row[1])) for row in answers[14]] == [("what was said,\nover two lines", False)]
    assert answers[15] == [("treating", "therapist")] * 2 + [("caseload", "manager")] * 2


@pytest.mark.parametrize(
    ("values", "column", "kept"),
    [
        ([("roshRegistrationCode", "RVRH"), ("rosh", "VERY_HIGH")], "rosh_level", "VERY_HIGH"),
        ([("roshRegistrationCode", "RVHR"), ("rosh", None)], "rosh_level", "VERY_HIGH"),
        ([("mappa", None)], "mappa_level", None),
    ],
)
async def test_risk_as_it_is_met_in_the_wild(sqlite_url, tmp_path, values, column, kept):
    report = await load(sqlite_url, write(tmp_path / "f", changed(whole(), "justice/risk.jsonl", 0, values)))
    assert found(report) == []
    ((row,),) = await ask(sqlite_url, f"SELECT {column} FROM risk_assessment WHERE source_id = 'RK1'")
    assert row == (kept,)


async def test_a_refusal_that_another_supersedes_comes_in_any_order(sqlite_url, tmp_path):
    files = whole()
    files[CONSENTS].insert(0, {**files[CONSENTS][0], "consentId": "CO8", "supersedes": "CO9"})
    files[CONSENTS].append({**files[CONSENTS][0], "consentId": "CO9", "supersedes": "CO1", "decision": "refuse"})
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert found(report) == []
    assert await count(sqlite_url, "consent WHERE supersedes_id IS NOT NULL") == (2,)


async def test_consents_that_supersede_each_other_are_refused(sqlite_url, tmp_path):
    files = changed(whole(), CONSENTS, 0, [("supersedes", "CO2")])
    files = changed(files, CONSENTS, 1, [("supersedes", "CO1")])
    report = await load(sqlite_url, write(tmp_path / "folder", files))
    assert found(report) == [(CONSENTS, line, "supersedes", "parent-missing") for line in (1, 2)]


async def test_half_a_folder_goes_on_from_what_is_there(database_url, tmp_path, folder):
    """A later extract need not repeat staff and people."""
    await load(database_url, folder)
    files = whole()
    later = {"justice/obligations.jsonl": [{**files["justice/obligations.jsonl"][0], "obligationId": "OB9"}]}
    later[CONSENTS] = [{**files[CONSENTS][0], "consentId": "CO9", "scope": "progress"}]
    report = await load(database_url, write(tmp_path / "later", later))
    assert (report.entries, found(report)) == (2, [])


async def test_a_folder_with_nothing_in_it_is_refused(sqlite_url, tmp_path):
    with pytest.raises(NothingToImport):
        await load(sqlite_url, tmp_path)
    assert await entries(sqlite_url) == []


async def test_outside_the_agreement_nothing_is_written_by_anybody(sqlite_url, folder):
    before = datetime(2012, 10, 31, 12, 0, tzinfo=UTC)
    async with gate_of(sqlite_url, Clock(before)) as gate:
        report = await import_folder(folder, gate, Clock(before), credentials=CREDENTIALS)
    assert {finding.rule_id for finding in report.findings} >= {"agreement"}
    assert await count(sqlite_url, "person", "patient", "consent") == (0, 0, 0)
    assert not [entry for entry in await entries(sqlite_url) if entry["type"] == "change"]


async def test_without_a_log_nothing_is_written(sqlite_url, folder, monkeypatch):
    async def closed(_submission):
        raise LogUnavailable("the log is closed")

    async with gate_of(sqlite_url) as gate:
        monkeypatch.setattr(gate.log, "append", closed)
        with pytest.raises(LogUnavailable):
            await import_folder(folder, gate, Clock(NOW), credentials=CREDENTIALS)
    assert await count(sqlite_url, "staff", "person") == (0, 0)


async def test_a_log_that_goes_away_in_between_leaves_what_can_be_gone_on_from(sqlite_url, folder, monkeypatch):
    async with gate_of(sqlite_url) as gate:
        append, calls = gate.log.append, []

        async def fails(*arguments):
            calls.append(arguments)
            if len(calls) > 20:
                raise LogUnavailable("the log cannot be written")
            return await append(*arguments)

        monkeypatch.setattr(gate.log, "append", fails)
        with pytest.raises(LogUnavailable):
            await import_folder(folder, gate, Clock(NOW), credentials=CREDENTIALS)
    report = await load(sqlite_url, folder)
    assert found(report) == []
    rows, said = await by_table(sqlite_url)
    assert said == rows


async def test_who_was_stopped_here_stays_stopped_whatever_comes_from_elsewhere(sqlite_url, tmp_path, folder):
    await load(sqlite_url, folder)
    stop = "UPDATE client SET suspended_at = recorded_at", "UPDATE staff SET revoked_at = recorded_at"
    await execute(sqlite_url, [(text(statement), None) for statement in (*stop, "DELETE FROM obligation")])
    report = await load(sqlite_url, folder)
    assert {finding.rule_id for finding in report.findings} == {"agreement"}
    assert await count(sqlite_url, "obligation") == (0,)
    files = changed(whole(), "standing/clients.jsonl", 0, [("name", "A new name"), ("lastUpdatedAt", LATER)])
    files = changed(files, STAFF, 0, [("team", "another"), ("lastUpdatedAt", LATER)])
    assert (await load(sqlite_url, write(tmp_path / "later", files))).entries == 2
    unstopped = "client WHERE suspended_at IS NULL", "staff WHERE revoked_at IS NULL"
    assert await count(sqlite_url, *unstopped) == (0, 0)


async def test_progress_never_runs_back_and_ends_at_its_end(sqlite_url, folder):
    told = []
    async with gate_of(sqlite_url) as gate:
        await import_folder(folder, gate, Clock(NOW), lambda done, rows: told.append((done, rows)), CREDENTIALS)
    assert told == sorted(told)
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 50


async def test_a_report_names_no_person(sqlite_url, tmp_path):
    values = [("crn", "X32074"), ("name.surname", "x" * 101)]
    report = await load(sqlite_url, write(tmp_path / "folder", changed(whole(), PEOPLE, 0, values)))
    said = json.dumps(report.as_data()) + "".join(map(str, report.findings))
    assert not [value for value in ("X32074", "xxx", "1979", "9997450442") if value in said]
    assert "justice/people.jsonl:1: crn: the identifier is not one" in said


async def test_a_withdrawal_that_was_recorded_here_outlives_a_newer_import(database_url, tmp_path, folder):
    """The other system has not heard of it: what it says of the rest is taken, and the consent stays withdrawn."""
    await load(database_url, folder)
    here = "SET withdrawn_at = '2013-03-02T09:00:00.000000Z', withdrawn_by = 'tess' WHERE source_id = 'CO1'"
    await execute(database_url, [(text(f"UPDATE consent {here}"), None)])
    newer = [("signedForm", "form-9"), ("lastUpdatedAt", LATER)]
    report = await load(database_url, write(tmp_path / "later", changed(whole(), CONSENTS, 0, newer)))
    assert report.entries == 1
    ((row,),) = await ask(database_url, "SELECT withdrawn_by, signed_form FROM consent WHERE source_id = 'CO1'")
    assert tuple(row) == ("tess", "form-9")
