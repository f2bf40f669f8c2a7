"""Reports over HTTP: figures as a second, plain implementation counts them; who gets which, and what the log says."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import app.tables as t
from app.cli.root import app
from app.pathway.reports import read_beside
from app.pathway.reports.beside import BesideInvalid
from app.vocabulary import Role
from tests import world
from tests.postgres import wait_for
from tests.routers.cast import (
    CARLA,
    COLIN,
    EVALUATION,
    PETRA,
    cast_template,
    cast_url,
    everybody,
    key_file,
    service_alone,
)
from tests.services import national
from tests.services.test_audit_export import configure
from tests.world import Service, execute, of

__all__ = ["cast_template", "cast_url", "key_file", "service_alone"]
PATHWAY = "/v1/reports/pathway"
YEAR = {"from": "2025-11-01", "to": "2026-10-31"}
COHORT = national.cohort(7, 90, date(2025, 11, 1))
OUTSIDE = national.cohort(8, 6, date(2024, 1, 1))
BESIDE = """
afterwards = "afterwards.csv"

[business_case]
referrals = 100
months = 12
source = "business case"

[comparator]
name = "a <GP> practice"
source = "made up"
due = 2140
missed = 257

[costs]
currency = "GBP"

[[costs.items]]
name = "therapists"
a_year = 73050
source = "made up"

[costs.reconviction]
each = 10000
source = "made up"
"""
AFTERWARDS = """outcome,group,when,people,followed,with_event,events,source
reconviction,service,after,48,41,9,,probation service
reconviction,comparison,after,410,398,151,,national statistics
emergency-attendance,service,before,48,41,,62,hospital
emergency-attendance,service,after,48,41,,3,hospital
"""
Who = tuple[Role, str]


@cache
def reported() -> list[Any]:
    """The rows of everybody, the cohort and what is beside it, made once: a test puts them in and changes none."""
    outside = [row for row in national.rows(OUTSIDE) if row.__tablename__ != "person"]
    crns = {each.crn for each in COHORT}
    draft = world.referral(COHORT[0].crn, status="draft", received_on=None, referred_by="olga")
    assert {each.crn for each in OUTSIDE} <= crns
    limit = world.limit(COHORT[1].crn, "restriction", "nobody")
    return [*everybody(), *national.rows(COHORT), *outside, draft, *limit]


@pytest.fixture
async def reporting(database_url: str, key_file: Path) -> AsyncIterator[Service]:
    """A service over a cohort, with others before it and drafts beside it."""
    await world.put(database_url, reported())
    async with world.serving(database_url, key_file) as running:
        yield running


async def asked(service: Service, who: Who, accept: str = "application/json", **parameters: str) -> httpx.Response:
    return await service.get(PATHWAY, *who, EVALUATION, params=parameters, headers={"Accept": accept})


def counts(body: dict[str, Any], table: str = "all", row: str = "all") -> dict[str, Any]:
    (found,) = [each for each in body["tables"] if each["by"] == table]
    (line,) = [each for each in found["rows"] if each["value"] == row]
    return {name: each["value"] for name, each in line["counts"].items()}


async def test_the_figures_are_those_of_a_plain_implementation(reporting: Service) -> None:
    await reporting.marked()
    answer = await asked(reporting, CARLA, **YEAR)
    body = answer.json()
    assert (answer.status_code, body["figures"], body["from"], body["to"]) == (
        200, "aggregate-figures", YEAR["from"], YEAR["to"],
    )  # fmt: skip
    assert counts(body) == national.figures(COHORT)
    assert counts(body)["recovered"] > 0
    assert counts(body)["reliablyDeteriorated"] > 0
    for source in ("A1", "E3", "E5"):
        assert counts(body, "source", source) == national.figures([each for each in COHORT if each.source == source])
    for sentence in ("community-order", "post-custody-licence", None):
        same = [each for each in COHORT if each.sentence == sentence]
        assert counts(body, "sentence", sentence or "not recorded") == national.figures(same)
    for step in (2, 3, 4, None):
        same = [each for each in COHORT if each.step == step]
        assert counts(body, "step", str(step or "not recorded")) == national.figures(same)
    for first, after in (("2025-11-01", "2026-02-01"), ("2026-02-01", "2026-05-01"), ("2026-08-01", "2026-11-01")):
        same = [each for each in COHORT if first <= each.received.isoformat() < after]
        assert counts(body, "quarter", first) == national.figures(same)
    (entry,) = await reporting.entries()
    assert str(answer.headers["audit-receipt"]).partition(":")[0].isdecimal()
    assert (entry["outcome"], entry["clauses"], entry["subject"]) == ("permitted", ["G7"], None)
    assert entry["released"] == {"aggregate-figures": ["*"]}
    assert entry["details"] == {"report": "pathway", **YEAR, "by": None, "format": "json"}


@pytest.mark.parametrize("seed", [11, 12, 13])
async def test_and_those_of_an_analysts_sql(postgres_url: str, key_file: Path, seed: int) -> None:
    await world.put(postgres_url, [*everybody(), *national.rows(national.cohort(seed, 150, date(2025, 11, 1)))])
    days = {name: date.fromisoformat(YEAR[name]) for name in ("from", "to")}
    sql = text((Path(__file__).parent / "national.sql").read_text())
    (counted,) = await execute(postgres_url, [(sql, {"first": days["from"], "last": days["to"]})])
    async with world.serving(postgres_url, key_file) as running:
        answer = await asked(running, CARLA, **YEAR)
    assert counts(answer.json()) == dict(counted)
    assert dict(counted)["reliablyRecovered"] > 0


async def test_what_hangs_on_merged_duplicates_counts_for_the_one_they_were_merged_into(
    database_url: str, key_file: Path
) -> None:
    """Whenever they were received, and open or closed: of each third referral every other row hangs on a duplicate."""
    rows: list[Any] = [*national.rows(COHORT)]
    referrals = [each for each in rows if each.__tablename__ == "referral"]
    into = {each.id: f"of-{each.id}" for each in referrals[::3]}
    of_one = [each for each in rows if getattr(each, "referral_id", None) in into]
    duplicates = [
        world.referral(COHORT[place * 3].crn, id=into[each.id], merged_into=each.id,
                       received_on=date(2024 + place % 3, 12, 1), closed_on=None)
        for place, each in enumerate(referrals[::3])
    ]  # fmt: skip
    for each in of_one[::2]:
        each.referral_id = into[each.referral_id]
    moved = {each.id for each in of_one}  # comparing rows by their fields takes longer than all the rest
    await world.put(database_url, [*everybody(), *(each for each in rows if each.id not in moved), *duplicates])
    await world.put(database_url, of_one)
    async with world.serving(database_url, key_file) as running:
        answer = await asked(running, CARLA, **YEAR)
    assert counts(answer.json()) == national.figures(COHORT)


async def test_what_its_sender_took_back_counts_for_nothing(database_url: str, key_file: Path) -> None:
    """Neither referrals nor what hangs on those that stand."""
    rows: list[Any] = [*national.rows(COHORT)]
    crn, referral = COHORT[0].crn, next(each for each in rows if each.__tablename__ == "referral")
    at = world.NOW.replace(year=2024)
    about = {"withdrawn_at": world.NOW, "referral_id": referral.id}
    kinds = {"starts_at": at, "appointment_type": "03", "attendance_code": "5"}
    taken_back = [
        world.referral(crn, id="taken-back", received_on=COHORT[0].received, withdrawn_at=world.NOW),
        *(world.appointment(crn, referral, withdrawn_at=world.NOW, **kinds) for _ in range(3)),
        of(t.OutcomeScore, crn, tool="PHQ-9", tool_code=national.PHQ, total=27.0, completed_at=at, **about),
        of(t.Clinical, crn, written_on=date(2026, 12, 31), step=1, **about),
    ]
    await world.put(database_url, [*everybody(), *rows, *taken_back])
    async with world.serving(database_url, key_file) as running:
        body = (await asked(running, CARLA, **YEAR)).json()
    assert counts(body) == national.figures(COHORT)
    step = str(COHORT[0].step or "not recorded")
    same = [each for each in COHORT if str(each.step or "not recorded") == step]
    assert counts(body, "step", step) == national.figures(same)


async def test_a_part_of_a_year_and_one_table_of_it(reporting: Service) -> None:
    answer = await asked(reporting, PETRA, **{"from": "2025-12-01", "to": "2025-12-31", "by": "step"})
    body = answer.json()
    december = [each for each in COHORT if each.received.isoformat()[:7] == "2025-12"]
    assert counts(body) == national.figures(december)
    assert [table["by"] for table in body["tables"]] == ["all", "step"]
    assert body["businessCase"]["plannedInPeriod"] == 8


async def test_nobody_referred_is_a_report_of_nothing(reporting: Service) -> None:
    body = (await asked(reporting, CARLA, **{"from": "2001-01-01", "to": "2001-12-31"})).json()
    assert counts(body)["referred"] == 0
    (line,) = body["tables"][0]["rows"]
    assert {rate["text"] for rate in line["rates"].values()} == {"none to count"}
    answer = await asked(reporting, COLIN, **{"from": "2001-11-01", "to": "2002-10-31"})
    assert counts(answer.json())["referred"] == 0


async def test_the_commissioner_gets_published_figures_of_a_whole_year(reporting: Service) -> None:
    await reporting.marked()
    answer = await asked(reporting, COLIN)
    body = answer.json()
    truth = national.figures(COHORT)
    shown = counts(body)
    assert (answer.status_code, body["figures"], body["from"]) == (200, "published-figures", YEAR["from"])
    assert shown["referred"] == 90
    assert all(count is None or count % 5 == 0 for count in shown.values())
    assert all(abs(count - truth[name]) <= 2 for name, count in shown.items() if count is not None)
    assert all(
        rate["tenths"] is None for table in body["tables"] for row in table["rows"] for rate in row["rates"].values()
    )
    alone = (await asked(reporting, COLIN, by="step")).json()
    assert alone["tables"] == [each for each in body["tables"] if each["by"] in ("all", "step")]
    texts = {each["text"] for table in body["tables"] for row in table["rows"] for each in row["counts"].values()}
    assert "fewer than 5" in texts
    assert not texts & {"1", "2", "3", "4"}
    entry, _ = await reporting.entries()
    assert (entry["outcome"], entry["clauses"]) == ("permitted", ["G4"])
    assert entry["released"] == {"published-figures": ["*"]}


@pytest.mark.parametrize("who", [CARLA, COLIN], ids=["as they are", "published"])
async def test_a_sheet_says_the_same_as_the_document(reporting: Service, who: Who) -> None:
    body = (await asked(reporting, who)).json()
    answer = await asked(reporting, who, accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    expected = {
        (table["by"], row["value"], kind, name): figure["text"]
        for table in body["tables"]
        for row in table["rows"]
        for kind, figures in (("count", row["counts"]), ("rate", row["rates"]))
        for name, figure in figures.items()
    }
    assert {(line["table"], line["row"], line["kind"], line["name"]): line["text"] for line in lines} == expected
    assert not any(each.crn in answer.text or f"Family{each.crn}" in answer.text for each in COHORT)


@pytest.mark.parametrize(
    ("figures", "register", "who", "form", "begins"),
    [
        ("published", "published-figures", COLIN, "html", b"<!DOCTYPE html>"),
        ("as-they-are", "aggregate-figures", CARLA, "pdf", b"%PDF-"),
    ],
)
async def test_the_operator_takes_a_report_and_leaves_an_entry_of_its_own_kind(
    service_alone: Service, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    figures: str, register: str, who: Who, form: str, begins: bytes,
) -> None:  # fmt: skip
    """The figures are those of whoever gets them over HTTP; with what the operator's file has beside them."""
    beside = tmp_path / "beside.toml"
    beside.write_text(BESIDE)
    (tmp_path / "afterwards.csv").write_text(AFTERWARDS)
    monkeypatch.setenv("OPENMIND_REPORT_FILE", str(beside))
    configure(service_alone, key_file, monkeypatch)
    (line,) = (await asked(service_alone, who)).json()["tables"][0]["rows"]
    await service_alone.marked()
    path = tmp_path / f"report.{form.upper()}"
    result = wait_for(lambda: CliRunner().invoke(app, ["report", "-o", str(path), "--figures", figures]))
    assert result.exit_code == 0, result.output
    content = path.read_bytes()
    assert content.startswith(begins)
    if form == "html":
        referred = line["counts"]["referred"]["text"]
        assert f'<th scope="row">referred</th><td>{referred}</td>' in content.decode()
        assert "a &lt;GP&gt; practice: 12 % (10.7 to 13.5)" in content.decode()
    (entry,) = await service_alone.entries()
    assert (entry["type"], entry["caller"], entry["outcome"], entry["reason"]) == (
        "figures", None, "permitted", "operator-report",
    )  # fmt: skip
    assert (entry["released"], entry["details"]["format"]) == ({register: ["*"]}, form)


async def test_what_the_operator_cannot_have(
    service_alone: Service, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(service_alone, key_file, monkeypatch)
    path = tmp_path / "report.html"
    for name in ("report.docx", "report"):
        result = wait_for(lambda name=name: CliRunner().invoke(app, ["report", "-o", str(tmp_path / name)]))
        assert (result.exit_code, "--output: name a file that ends with .html or .pdf" in result.stderr) == (2, True)
    result = wait_for(lambda: CliRunner().invoke(app, ["report", "-o", str(path), "--from", "2025-12-01"]))
    assert (result.exit_code, path.exists()) == (2, False)
    assert "--from: period-not-published, such as from 2025-11-01 to 2026-10-31" in result.stderr
    monkeypatch.setenv("OPENMIND_REPORT_FILE", str(tmp_path / "nothing.toml"))
    result = wait_for(lambda: CliRunner().invoke(app, ["report", "-o", str(path)]))
    assert (result.exit_code, "'nothing.toml' cannot be read" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("business_case = ", "'beside.toml' is not TOML"),
        ("[business_case]\nreferrals = 0\nmonths = 12\nsource = 's'", "business_case.referrals"),
        (BESIDE.replace("missed = 257", "missed = 2141"), "more were missed than were due"),
        (BESIDE.replace("due = 2140", "due = 2140\nspare = 1"), "comparator.spare"),
        (BESIDE.replace("GBP", "pounds"), "costs.currency"),
        (BESIDE.replace("afterwards.csv", "nowhere.csv"), "'nowhere.csv' cannot be read"),
    ],
    ids=["no TOML", "nothing planned", "more missed than due", "a word nobody knows", "no currency", "no such file"],
)
def test_a_file_that_cannot_stand_beside_figures(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "beside.toml"
    path.write_text(text)
    (tmp_path / "afterwards.csv").write_text(AFTERWARDS)
    with pytest.raises(BesideInvalid, match=fault):
        read_beside(path)
