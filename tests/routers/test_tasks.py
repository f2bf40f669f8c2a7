"""Tasks: who is being lost and who has said that they think of death; each side's own, gone with the right to know."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

import app.tables as t
from app.pathway.engagement import Contact, signals
from tests import world
from tests.routers.cast import (
    ADAM,
    BARE,
    CARE,
    CARLA,
    CLINICAL,
    COLIN,
    EVALUATION,
    FULL,
    HANA,
    OLGA,
    OTTO,
    PETRA,
    PROBATION,
    RESTRICTED,
    SYNC,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service, of

pytestmark = pytest.mark.asyncio
TASKS, MARKS = "/v1/tasks", "/v1/referrals/{}/tasks"
SIGNAL = {"crn": FULL, "kind": "two-missed", "referralId": "referral-full", "about": "missed-2"}
PROMPT = {"crn": FULL, "kind": "safety-prompt", "referralId": "referral-full", "about": "score-9"}


def missed(crn: str, referral: str, *codes: str | None, mark: str = "missed") -> list[Any]:
    """Appointments with these codes, a day apart until today."""
    of_referral = world.referral(crn, id=referral)
    return [
        world.appointment(crn, of_referral, id=f"{mark}-{place}", starts_at=NOW - timedelta(days=4 - place),
                          attendance_code=code)
        for place, code in enumerate(codes)
    ]  # fmt: skip


def answered(crn: str, items: str, **values: Any) -> Any:
    about = {"id": "score-9", "referral_id": "referral-full", "tool": "PHQ-9", "tool_code": "720433000", "total": 9.0}
    return of(t.OutcomeScore, crn, **(about | {"items": items, "completed_at": NOW - timedelta(days=1)} | values))


async def lost(service: Service) -> None:
    """Two in a row of one person, with one that the service cancelled and one not recorded between; and an answer."""
    await world.put(
        service.url, [*missed(FULL, "referral-full", "3", "4", "7", None), answered(FULL, "1 1 1 1 1 1 1 1 1")]
    )


async def listed(service: Service, who: Any, purpose: str) -> list[dict[str, Any]]:
    answer = await service.get(TASKS, *who, purpose)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return [{name: value for name, value in row.items() if name not in ("since", "acknowledgedAt")} for row in rows]


async def marks(service: Service, who: Any, purpose: str, task: dict[str, Any], mark: str, **other: Any) -> Any:
    body = {"kind": task["kind"], "about": task["about"], "mark": mark} | other
    return await service.request("POST", MARKS.format(task["referralId"]), *who, purpose, json=body)


async def test_each_side_has_its_own_and_no_prompt_leaves_health(service_on_both: Service) -> None:
    service = service_on_both
    await lost(service)
    assert await listed(service, THEO, CARE) == [PROMPT, SIGNAL]
    assert await listed(service, CARLA, CARE) == [PROMPT, SIGNAL]
    assert await listed(service, ADAM, CARE) == [SIGNAL]
    assert await listed(service, OLGA, WORK) == [SIGNAL]
    for who, purpose in ((OTTO, WORK), (TARA, CARE)):
        assert await listed(service, who, purpose) == []
    await service.marked()
    assert await listed(service, OLGA, WORK) == [SIGNAL]
    (entry,) = await service.entries()
    assert (entry["clauses"], entry["outcome"]) == (["D1"], "permitted")
    assert entry["released"].keys() == {"attendance"}
    acknowledged = await marks(service, OLGA, WORK, SIGNAL, "acknowledged")
    assert acknowledged.status_code == 200, acknowledged.text
    (row,) = (await service.get(TASKS, *OLGA, WORK)).json()["data"]
    assert row["acknowledgedAt"] == acknowledged.json()["at"]
    assert (await service.get(TASKS, *ADAM, CARE)).json()["data"][0]["acknowledgedAt"] is None
    assert (await marks(service, OLGA, WORK, SIGNAL, "done")).status_code == 200
    assert await listed(service, OLGA, WORK) == []
    assert await listed(service, ADAM, CARE) == [SIGNAL]
    assert (await marks(service, ADAM, CARE, SIGNAL, "done")).status_code == 200
    assert await listed(service, THEO, CARE) == [PROMPT]
    assert (await marks(service, CARLA, CARE, PROMPT, "done")).status_code == 200
    assert await listed(service, THEO, CARE) == []
    changes = [entry for entry in await service.entries() if entry["type"] == "change"]
    assert [entry["clauses"] for entry in changes] == [["D1"], ["D1"], ["B4"], ["B2"]]
    assert all(entry["subject"] for entry in changes)


async def test_once_more_answers_the_same(service_alone: Service) -> None:
    await lost(service_alone)
    first = await marks(service_alone, THEO, CARE, PROMPT, "done")
    again = await marks(service_alone, CARLA, CARE, PROMPT, "done")
    assert first.json() == again.json()


async def test_with_the_right_to_know_the_task_is_gone(service_alone: Service) -> None:
    await lost(service_alone)
    assert await listed(service_alone, OLGA, WORK) == [SIGNAL]
    path = "/v1/consents/consent-attendance/withdrawal"
    assert (await service_alone.request("POST", path, *THEO, CARE, json={})).status_code == 200
    assert await listed(service_alone, OLGA, WORK) == []
    refused = await marks(service_alone, OLGA, WORK, SIGNAL, "acknowledged")
    assert (refused.status_code, told(refused)["code"]) == (404, "not-found")
    assert await listed(service_alone, ADAM, CARE) == [SIGNAL]


async def test_who_comes_again_is_nobodys_task_and_a_further_miss_is_a_new_one(service_alone: Service) -> None:
    await lost(service_alone)
    assert (await marks(service_alone, OLGA, WORK, SIGNAL, "done")).status_code == 200
    path = "/v1/referrals/referral-full/appointments/missed-3/attendance"
    for code, there in (("3", ["missed-3"]), ("5", []), ("7", ["missed-3"])):
        sent = {"json": {"attendanceCode": code}, "headers": {"If-Match": "*"}}
        assert (await service_alone.request("PUT", path, *THEO, CARE, **sent)).status_code == 200
        assert [one["about"] for one in await listed(service_alone, OLGA, WORK)] == there


async def test_of_whom_nothing_is_known_there_is_no_task(service_alone: Service) -> None:
    """No sentence, another's restriction, another service, a closed referral, one that was taken back."""
    bare = world.referral(BARE, id="referral-bare")
    gone = {"closed_on": NOW.date(), "status": "discharged"}
    await world.put(service_alone.url, [
        bare, *missed(BARE, "referral-bare", "3", "3", mark="bare"),
        *missed(RESTRICTED, f"referral-{RESTRICTED}", "3", "3", mark="limited"),
        world.referral(FULL, id="closed", **gone), *missed(FULL, "closed", "3", "3", mark="closed"),
        world.referral(FULL, id="taken", withdrawn_at=NOW), *missed(FULL, "taken", "3", "3", mark="taken"),
        world.referral(FULL, id="elsewhere", service_id="another-service"),
        *missed(FULL, "elsewhere", "3", "3", mark="elsewhere"),
    ])  # fmt: skip
    assert {one["about"] for one in await listed(service_alone, OLGA, WORK)} == {"elsewhere-0", "elsewhere-1"}
    assert {one["about"] for one in await listed(service_alone, CARLA, CARE)} == {"bare-0", "bare-1"}
    assert await listed(service_alone, THEO, CARE) == []


async def test_plans_to_die_in_core_10_are_for_a_clinician_too(service_on_both: Service) -> None:
    core = {"tool": "CORE-10", "tool_code": "CORE-10"}
    await world.put(
        service_on_both.url,
        [
            answered(FULL, "0 0 0 0 0 1 0 0 0 0", id="score-6", **core),
            answered(FULL, "4 4 4 4 4 0 4 4 4 4", id="score-none", **core),
        ],
    )
    task = PROMPT | {"about": "score-6"}
    assert await listed(service_on_both, THEO, CARE) == [task]
    assert (await marks(service_on_both, THEO, CARE, task, "done")).status_code == 200
    assert (await marks(service_on_both, THEO, CARE, task | {"about": "score-none"}, "done")).status_code == 404
    assert await listed(service_on_both, THEO, CARE) == []


async def test_pages_go_on_from_prompts_to_signals(service_on_both: Service) -> None:
    await lost(service_on_both)
    await world.put(service_on_both.url, [
        answered(FULL, "0 0 0 0 0 0 0 0 3", id="score-8", completed_at=NOW - timedelta(days=2)),
        answered(FULL, "3 3 3 3 3 3 3 3 0", id="score-7"), answered(FULL, "3 3 3 3 3 3 3 3 -", id="score-6"),
        answered(FULL, "0 0 0 0 0 0 0 0 3", id="score-5", withdrawn_at=NOW),
        world.referral(BARE, id="referral-bare"), *missed(BARE, "referral-bare", "3", "3", mark="bare"),
    ])  # fmt: skip
    seen, path = [], f"{TASKS}?pageSize=1"
    while path:
        answer = await service_on_both.get(path, *CARLA, CARE)
        (row,) = answer.json()["data"]
        seen.append((row["kind"], row["about"]))
        cursor = answer.json()["pagination"]["next"]
        path = f"{TASKS}?pageSize=1&cursor={cursor}" if cursor else ""
    assert seen == [
        ("safety-prompt", "score-9"), ("safety-prompt", "score-8"), ("two-missed", "missed-2"),
        ("two-missed", "bare-1"), ("first-missed", "bare-0"),
    ]  # fmt: skip
    full = await service_on_both.get(f"{TASKS}?pageSize=5", *CARLA, CARE)
    assert (len(full.json()["data"]), full.json()["pagination"]["next"]) == (5, None)
    await world.execute(service_on_both.url, [(text("UPDATE appointment SET attendance_code = '5'"), None)])
    prompts = await service_on_both.get(f"{TASKS}?pageSize=2", *CARLA, CARE)
    assert (len(prompts.json()["data"]), prompts.json()["pagination"]["next"]) == (2, None)
    wrong = await service_on_both.get(f"{TASKS}?cursor=nonsense", *CARLA, CARE)
    assert (wrong.status_code, told(wrong)["code"]) == (400, "cursor-invalid")


async def test_the_database_finds_what_the_rules_say(cast_on_both: str, key_file: Any) -> None:
    """Many courses, against the pure signs of each."""
    chance, expected, rows = Random(6), set(), []
    for number in range(40):
        codes = [chance.choice([*"3373425", None]) for _ in range(chance.randrange(7))]
        of_referral = world.referral(FULL, id=f"course-{number}")
        course = missed(FULL, of_referral.id, *codes, mark=f"c{number}")
        rows += [of_referral, *course]
        found = signals(Contact(one.id, one.starts_at, one.attendance_code) for one in course)
        expected |= {(each.sign.value, each.appointment_id) for each in found}
    await world.put(cast_on_both, rows)
    async with world.serving(cast_on_both, key_file) as service:
        answer = await service.get(f"{TASKS}?pageSize=200", *CARLA, CARE)
    assert len(expected) > 10
    assert {(one["kind"], one["about"]) for one in answer.json()["data"]} == expected


@pytest.mark.parametrize(
    ("who", "purpose"),
    [(PROBATION, SYNC), (CLINICAL, SYNC), (COLIN, EVALUATION), (PETRA, WORK), (OLGA, "emergency"), (THEO, "emergency")],
)
async def test_nobody_else_has_tasks(service: Service, who: Any, purpose: str) -> None:
    answer = await service.get(TASKS, *who, purpose)
    assert (answer.status_code, told(answer)["code"]) == (403, "not-permitted-for-role")
    (entry,) = await service.entries()
    assert entry["outcome"] == "refused"


async def test_what_stands_not_is_no_task(service_alone: Service) -> None:
    await lost(service_alone)
    for who, purpose, task in (
        (THEO, CARE, SIGNAL | {"about": "missed-0"}),
        (THEO, CARE, SIGNAL | {"kind": "first-missed"}),
        (OLGA, WORK, SIGNAL | {"about": "appointment-full"}),
        (CARLA, CARE, PROMPT | {"about": "outcome_score-full"}),
    ):
        answer = await marks(service_alone, who, purpose, task, "done")
        assert (answer.status_code, told(answer)["code"]) == (404, "task-unknown")


@pytest.mark.parametrize(
    ("who", "purpose", "task"),
    [
        pytest.param(OLGA, WORK, PROMPT, id="a prompt is never probation's"),
        pytest.param(ADAM, CARE, PROMPT, id="nor the administrator's"),
        pytest.param(TARA, CARE, SIGNAL, id="a therapist who does not treat"),
        pytest.param(HANA, CARE, SIGNAL, id="the health trainer"),
        pytest.param(PROBATION, SYNC, SIGNAL, id="a system"),
        pytest.param(CARLA, CARE, SIGNAL | {"referralId": "referral-elsewhere"}, id="another service"),
        pytest.param(OLGA, WORK, SIGNAL | {"referralId": f"referral-{RESTRICTED}"}, id="restricted"),
    ],
)
async def test_out_of_reach_is_like_nothing(service: Service, who: Any, purpose: str, task: dict[str, Any]) -> None:
    answer = await marks(service, who, purpose, task, "done")
    nothing = await marks(service, who, purpose, task | {"referralId": "nothing"}, "done")
    assert (answer.status_code, answer.content) == (404, nothing.content)
    assert [entry["outcome"] for entry in await service.entries()] == ["refused", "refused"]
