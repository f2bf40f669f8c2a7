"""The example folder, whole: it says what the pilot said, and twice is once."""

import asyncio
import json
import shutil
from xml.etree import ElementTree

import pytest

from app.audit.verify import verify
from app.db import Address
from app.pathway.reports import Breakdown, beside
from app.services.report_shapes import Form
from app.services.reports import ReportService, Wanted, register_for
from app.sync import Severity
from app.vocabulary import Action, Caller, Party, Purpose, Question, Role
from examples import picture
from tests.postgres import wait_for
from tests.sync.folder import EXAMPLE, NOW, ask, count, gate_of, load
from tests.world import entries

SEEN = """EXISTS (SELECT 1 FROM appointment a WHERE a.referral_id = r.id AND a.attendance_code IN ('5', '6'))"""
TREATED = SEEN.replace("'6')", "'6') AND a.appointment_type IN ('02', '03', '05')")
FIRST_MISSED = (
    "(SELECT a.attendance_code FROM appointment a WHERE a.referral_id = r.id ORDER BY a.starts_at LIMIT 1) = '3'"
)


async def test_the_pilots_figures_stand_in_the_database_and_a_second_import_changes_nothing(database_url):
    report = await load(database_url, EXAMPLE)
    assert await count(
        database_url,
        "referral r",
        "referral r WHERE r.status = 'not-suitable' AND r.end_code IN ('10', '11')",
        f"referral r WHERE {FIRST_MISSED} AND NOT {SEEN}",
        f"referral r WHERE {TREATED}",
    ) == (104, 13, 43, 48)
    said = await entries(database_url)
    written = [entry for entry in said if entry["details"] and "table" in entry["details"]]
    assert len(written) == report.entries > 5_000
    checked = await asyncio.to_thread(verify, Address(database_url))
    assert (checked.failure, list(checked.findings)) == (None, [])

    again = await load(database_url, EXAMPLE)
    assert again.entries == 0
    after = await entries(database_url)
    assert [entry for entry in after if entry["outcome"] == "permitted"] == [
        entry for entry in said if entry["outcome"] == "permitted"
    ]


@pytest.fixture(scope="module")
def loaded(sqlite_template, tmp_path_factory):
    """The example in a file that the tests only look at, and the report of its import."""
    path = tmp_path_factory.mktemp("example") / "open-mind.db"
    shutil.copy(sqlite_template, path)
    url = f"sqlite:///{path}"
    return url, wait_for(lambda: asyncio.run(load(url, EXAMPLE)))


def test_nothing_of_the_example_is_rejected(loaded):
    _, report = loaded
    assert [str(finding) for finding in report.findings if finding.rule.severity is not Severity.WARNING] == []
    assert (report.exit_code, report.waiting) == (0, 0)


async def test_the_cast_is_there(loaded):
    url, _ = loaded
    limits, kinds, mhtr = await ask(
        url,
        "SELECT DISTINCT kind FROM access_limit ORDER BY kind",
        "SELECT count(DISTINCT sentence_type) FROM supervision",
        "SELECT count(*) FROM requirement WHERE requirement_type = 'mental-health-treatment'",
    )
    assert limits == [("exclusion",), ("restriction",)]
    assert kinds == [(3,)]
    assert mhtr[0][0] >= 3
    named = await ask(url, "SELECT username FROM access_limit_name WHERE username LIKE 'hannah%'")
    assert named == [[("hannah.thorley",)]]


FUNNEL = ("referred", "notSuitable", "firstAppointmentMissed", "enteredTreatment")
SHARES = ("notSuitableRate", "firstAppointmentMissedRate", "enteredTreatmentRate")


@pytest.mark.parametrize(
    ("role", "party", "staff", "expected"),
    [
        pytest.param(Role.CLINICAL_LEAD, Party.HEALTH, "marcus.hathersage", [104, 13, 43, 48], id="as they are (G7)"),
        pytest.param(
            Role.COMMISSIONER, Party.COMMISSIONER, "stephen.quorndon", [105, 15, 45, 50], id="as published (G4)"
        ),
    ],
)
async def test_the_pilots_report(loaded, role, party, staff, expected):
    client = {"health": "clinical-records", "commissioner": "commissioner-reports"}[party.value]
    caller = Caller(party, role, client, f"token-{staff}", staff)
    question = Question(
        caller, Purpose.SERVICE_EVALUATION, Action.READ, (register_for(party),), NOW, "/v1/reports/pathway", "request-1"
    )
    async with gate_of(loaded[0]) as gate:
        answer = await ReportService(gate, beside()).pathway(question, Wanted(by=Breakdown.STEP), Form.JSON)
    body = json.loads(answer.body)
    assert (body["from"], body["to"]) == ("2012-11-01", "2013-10-31")
    (row,) = body["tables"][0]["rows"]
    assert [row["counts"][name]["value"] for name in FUNNEL] == expected
    assert [row["rates"][name]["text"] for name in SHARES] == ["13 %", "41 %", "46 %"]
    case = body["businessCase"]
    assert (case["plannedInPeriod"], case["reachedPercent"]) == (100, expected[0])


async def test_the_pilot_in_one_picture(loaded):
    """The picture in docs says what the reports say: every word of it, and no more."""
    found = []
    async with gate_of(loaded[0]) as gate:
        for caller in (picture.LEAD, picture.COMMISSIONER):
            subjects, purpose = (register_for(caller.party),), Purpose.SERVICE_EVALUATION
            question = Question(caller, purpose, Action.READ, subjects, NOW, "/v1/reports/pathway", "request-1")
            answer = await ReportService(gate, beside()).pathway(question, Wanted(), Form.JSON)
            found.append(json.loads(answer.body))
    drawn = _words(picture.picture(*found).svg())
    assert drawn == _words((EXAMPLE.parents[1] / "docs" / "leicester-2013.svg").read_bytes())
    for said in ("104", "13, 13 %", "43, 41 %", "48, 46 %", "105", "15, 13 %", "45, 41 %", "50, 46 %"):
        assert said in drawn


def _words(svg):
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("tool", ["PHQ-9", "GAD-7", "WSAS", "CORE-10", "SPIN"])
async def test_every_score_of_a_whole_measure_has_its_band(loaded, tool):
    url, _ = loaded
    whole = f"outcome_score WHERE tool = '{tool}'"
    work = " AND items NOT LIKE '9%'" if tool == "WSAS" else ""
    scores, bare = await count(url, whole, f"{whole} AND band IS NULL{work}")
    assert scores > 0
    assert bare == 0
