"""Scores: recorded by their answers, counted here, read with their course and the outcome as far as each may see."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import app.tables as t
from tests import world
from tests.routers.cast import (
    ADAM,
    CARE,
    CARLA,
    CLINICAL,
    COURT,
    FULL,
    HANA,
    OLGA,
    OTTO,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service, of

pytestmark = pytest.mark.asyncio
AT, MINE = "/v1/referrals/{}/scores", "/v1/referrals/referral-full/scores"
PHQ, GAD, SPIN = ("PHQ-9", "720433000"), ("GAD-7", "445455005"), ("SPIN", "445552006")


def scored(tool: tuple[str, str], total: float, days: int, **values: Any) -> Any:
    """A score of so many days ago."""
    about = {"referral_id": "referral-full", "tool": tool[0], "tool_code": tool[1], "total": total}
    return of(t.OutcomeScore, FULL, **(about | {"completed_at": NOW - timedelta(days=days), "band": "band"} | values))


async def posts(service: Service, body: Any, who: Any = THEO, purpose: str = CARE, path: str = MINE) -> Any:
    return await service.request("POST", path, *who, purpose, json=body)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def treated(
    cast_template: Path, tmp_path_factory: pytest.TempPathFactory, key_file: Path
) -> AsyncIterator[Service]:
    """One application: somebody at caseness for social anxiety, better on every measure, for what changes nothing."""
    path = tmp_path_factory.mktemp("scores") / "cast.db"
    shutil.copy(cast_template, path)
    url = f"sqlite:///{path}"
    await world.put(url, [
        scored(PHQ, 16, 30, items="2 2 2 2 2 2 2 1 1"), scored(PHQ, 8, 1), scored(GAD, 12, 30), scored(GAD, 7, 1),
        scored(SPIN, 40, 30), scored(SPIN, 30, 2), scored(SPIN, 10, 1, withdrawn_at=NOW),
        of(t.Clinical, FULL, id="clinical-new", referral_id="referral-full", problem_scheme="01",
           problem_code="F40.1", written_on=NOW.date()),
    ])  # fmt: skip
    async with world.serving_at_rest(url, key_file) as running:
        yield running


async def test_a_measure_is_counted_here_and_read_at_once(service_on_both: Service) -> None:
    service = service_on_both
    answer = await posts(service, {"tool": "PHQ-9", "items": [2, 2, 2, 2, 2, 2, 2, 1, None]})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["total"], made["band"], made["proRated"]) == (17.0, "moderately severe", True)
    assert [each["code"] for each in made["warnings"]] == ["safety-unanswered"]
    read = await service.get(f"/v1/people/{FULL}/scores", *THEO, CARE)
    (row,) = [one for one in read.json()["data"]["measures"] if one["id"] == made["id"]]
    assert (row["total"], row["items"], row["toolCode"]) == (17.0, "2 2 2 2 2 2 2 1 -", "720433000")
    entry = next(entry for entry in await service.entries() if entry["type"] == "change")
    assert (entry["clauses"], entry["action"], entry["outcome"]) == (["B1"], "create", "permitted")
    assert entry["details"] == {"change": "created", "table": "outcome_score", "subjects": ["scores"]}
    assert "safety" not in json.dumps(entry)


async def test_once_is_enough(service_alone: Service) -> None:
    body = {"toolCode": "445455005", "items": [1] * 7, "completedAt": "2026-03-09T10:00:00Z"}
    assert (await posts(service_alone, body, CARLA)).status_code == 201
    again = await posts(service_alone, body, CARLA)
    assert (again.status_code, told(again)["code"]) == (409, "score-recorded")


async def test_a_score_in_error_is_taken_back_and_recorded_again(service_on_both: Service) -> None:
    service = service_on_both
    body = {"tool": "PHQ-9", "items": [3] * 9, "completedAt": "2026-03-09T10:00:00Z"}
    made = (await posts(service, body)).json()
    back = f"{MINE}/{made['id']}/withdrawal"

    async def takes_back(who: Any, tag: str | None, purpose: str = CARE) -> Any:
        headers = {"If-Match": tag} if tag else {}
        return await service.request("POST", back, *who, purpose, json={}, headers=headers)

    assert (await takes_back(THEO, None)).status_code == 428
    assert (await takes_back(THEO, '"1"')).status_code == 412
    for who, purpose in ((OLGA, WORK), (ADAM, CARE), (TARA, CARE)):
        assert (await takes_back(who, None, purpose)).status_code == 404
    (listed,) = [
        one for measure in (await service.get(MINE, *THEO, CARE)).json()["measures"] for one in measure["scores"]
        if one["id"] == made["id"]
    ]  # fmt: skip
    assert listed["version"] == made["version"]
    assert (await service.get("/v1/tasks", *THEO, CARE)).json()["data"][0]["about"] == made["id"]
    assert (await takes_back(THEO, f'"{listed["version"]}"')).status_code == 200
    assert made["id"] not in (await service.get(MINE, *THEO, CARE)).text
    assert (await service.get("/v1/tasks", *THEO, CARE)).json()["data"] == []
    assert made["id"] in (await service.get(f"/v1/people/{FULL}/scores", *RORY, SUBJECT)).text
    assert (await posts(service, body | {"items": [0] * 9})).status_code == 201
    assert (await takes_back(THEO, "*")).status_code == 404


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"tool": "PHQ-8", "total": 3}, "score-tool-unknown", "tool"),
        ({"toolCode": "720433001", "items": [0] * 9}, "score-tool-unknown", "toolCode"),
        ({"items": [0] * 9}, "score-tool-unknown", "toolCode"),
        ({"tool": "PHQ-9", "total": 12}, "score-needs-answers", "items"),
        ({"tool": "PHQ-9", "items": [0] * 8 + [4]}, "score-out-of-range", "items.8"),
        ({"tool": "PHQ-9", "items": [0] * 8}, "score-incomplete", "items"),
        ({"tool": "PHQ-9", "items": [1] * 6 + [None] * 3}, "score-incomplete", "items"),
        ({"tool": "PHQ-9", "items": [1] * 9, "total": 8}, "score-differs", "total"),
        ({"tool": "PHQ-9", "items": ["1"] * 9}, "body-invalid", "items.0"),
        ({"tool": "SPIN", "total": 69}, "score-out-of-range", "total"),
        ({"tool": "SPIN", "total": 18.5}, "score-malformed", "total"),
        ({"tool": "OCI", "items": [1] * 18}, "score-by-total", "items"),
        ({"tool": "GAD-7", "items": [0] * 7, "completedAt": "2026-04-10T00:00:00Z"}, "score-outside-referral", None),
        ({"tool": "GAD-7", "items": [0] * 7, "completedAt": "2026-01-28T23:00:00Z"}, "score-outside-referral", None),
        ({"tool": "GAD-7", "items": [0] * 7, "band": "mild"}, "body-invalid", "band"),
    ],
)
async def test_what_is_no_score(treated: Service, body: Any, code: str, field: str | None) -> None:
    answer = await posts(treated, body)
    assert (answer.status_code, told(answer)["code"]) == (422, code)
    assert told(answer)["field"] == (field or "completedAt")


@pytest.mark.parametrize(
    ("who", "purpose", "path"),
    [
        pytest.param(OLGA, WORK, MINE, id="the offender manager"),
        pytest.param(ADAM, CARE, MINE, id="the administrator"),
        pytest.param(TARA, CARE, MINE, id="a therapist who does not treat"),
        pytest.param(CLINICAL, SYNC, MINE, id="a system sends batches"),
        pytest.param(CARLA, CARE, AT.format(f"referral-{RESTRICTED}"), id="restricted"),
        pytest.param(CARLA, CARE, AT.format("referral-elsewhere"), id="another service"),
        pytest.param(CARLA, CARE, AT.format("draft-full"), id="a draft"),
    ],
)
async def test_out_of_reach_is_like_nothing(service: Service, who: Any, purpose: str, path: str) -> None:
    body = {"tool": "PHQ-9", "items": [1] * 9}
    answer = await posts(service, body, who, purpose, path)
    nothing = await posts(service, body, who, purpose, AT.format("nothing"))
    assert (answer.status_code, answer.content) == (404, nothing.content)
    assert [entry["outcome"] for entry in await service.entries()] == ["refused", "refused"]


async def test_the_outcome_by_the_measure_that_is_right_for_the_problem(treated: Service) -> None:
    """SPIN counts and not GAD-7: it fell by its reliable change, and is still at caseness."""
    answer = await treated.get(MINE, *THEO, CARE)
    said = answer.json()
    assert said["proposed"] == {"depression": "PHQ-9", "anxiety": "SPIN"}
    assert said["outcome"] == {
        "depression": "PHQ-9", "anxiety": "SPIN", "paired": True, "caseAtStart": True, "recovered": False,
        "reliablyImproved": True, "reliablyDeteriorated": False, "reliablyRecovered": False,
    }  # fmt: skip
    by_tool = {one["tool"]: one for one in said["measures"]}
    assert [one["total"] for one in by_tool["SPIN"]["scores"]] == [40.0, 30.0]
    assert (by_tool["SPIN"]["first"], by_tool["SPIN"]["last"]) == (40.0, 30.0)
    assert by_tool["SPIN"]["change"] == by_tool["PHQ-9"]["change"] == "reliable improvement"
    assert (by_tool["GAD-7"]["caseAt"], by_tool["GAD-7"]["reliableChange"]) == (8.0, 4.0)
    assert [one["total"] for one in by_tool["PHQ-9"]["scores"]] == [16.0, 14.0, 8.0]


async def test_another_measure_than_the_problems_is_warned_of(service_alone: Service) -> None:
    problem = of(t.Clinical, FULL, id="clinical-new", referral_id="referral-full", problem_scheme="01",
                 problem_code="F401", written_on=NOW.date())  # fmt: skip
    await world.put(service_alone.url, [problem])
    for tool, items, total, warned in (("GAD-7", [0] * 7, None, ["anxiety-measure"]), ("SPIN", None, 20, [])):
        answer = await posts(service_alone, {"tool": tool, "items": items, "total": total})
        assert [each["code"] for each in answer.json()["warnings"]] == warned


async def test_the_offender_manager_is_given_totals_and_bands_alone(treated: Service) -> None:
    for path in (MINE, f"/v1/people/{FULL}/scores/trend"):
        answer = await treated.get(path, *OLGA, WORK)
        assert answer.status_code == 200
        said = answer.json()
        assert said.keys() <= {"crn", "referralId", "measures", "caveat"}
        assert said["caveat"]["code"] == "totals"
        for measure in said["measures"]:
            assert measure.keys() == {"tool", "scores", "first", "last"}
            assert all(one.keys() == {"tool", "toolCode", "total", "band", "completedAt"} for one in measure["scores"])
        assert "2 2 2" not in answer.text
        assert "F40" not in answer.text


async def test_what_was_given_is_what_the_entry_says(treated: Service) -> None:
    await treated.marked()
    assert (await treated.get(MINE, *OLGA, WORK)).status_code == 200
    (entry,) = await treated.entries()
    assert entry["released"]["referral"] == ["referrals.id"]
    assert "measures.items" not in entry["released"]["scores"]
    assert entry["released"].keys() == {"referral", "scores"}


async def test_the_trend_of_a_person(treated: Service) -> None:
    answer = (await treated.get(f"/v1/people/{FULL}/scores/trend", *THEO, CARE)).json()
    assert {one["tool"]: one["change"] for one in answer["measures"]} == {
        "GAD-7": "reliable improvement", "PHQ-9": "reliable improvement", "SPIN": "reliable improvement"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("who", "purpose", "path"),
    [
        pytest.param(OTTO, WORK, MINE, id="somebody else's offender manager"),
        pytest.param(OLGA, WORK, AT.format(f"referral-{COURT}"), id="by court order without consent"),
        pytest.param(TARA, CARE, MINE, id="triage does not read scores"),
        pytest.param(HANA, CARE, MINE, id="the health trainer"),
        pytest.param(ADAM, CARE, MINE, id="the administrator"),
        pytest.param(OLGA, WORK, AT.format("draft-full"), id="a draft of their own"),
    ],
)
async def test_reads_out_of_reach_are_like_nothing(treated: Service, who: Any, purpose: str, path: str) -> None:
    answer = await treated.get(path, *who, purpose)
    nothing = await treated.get(AT.format("nothing"), *who, purpose)
    assert (answer.status_code, answer.content) == (404, nothing.content)


async def test_without_the_referral_there_are_none_of_it(service_alone: Service) -> None:
    """With consent to scores alone that there is this referral is not theirs to know; the totals are."""
    await world.put(service_alone.url, [world.objection(FULL, "referral")])
    assert (await service_alone.get(MINE, *OLGA, WORK)).status_code == 404
    assert (await service_alone.get(f"/v1/people/{FULL}/scores", *OLGA, WORK)).status_code == 200
