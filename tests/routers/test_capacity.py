"""Working time, capacity, coverage of training and waiting over HTTP: who is told what, and what the log says."""

from datetime import date, time, timedelta
from typing import Any

import pytest

import app.tables as t
from app.vocabulary import Role
from tests import world
from tests.routers.cast import (
    ADAM,
    BARE,
    CARE,
    CARLA,
    EVALUATION,
    EXCLUDED,
    FULL,
    OLGA,
    PETRA,
    RESTRICTED,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, TODAY, Service

pytestmark = pytest.mark.asyncio
shared = pytest.mark.asyncio(loop_scope="session")
THEOS = "/v1/staff/theo/working-time"
TUESDAY = {"weekday": 2, "starts": "09:00", "ends": "12:30", "from": "2026-03-10"}
WHOLE = TUESDAY | {"site": "RT5AA", "room": "G1", "therapyKind": "CBT", "until": None}


async def planned(service: Service, body: Any, who: Any = CARLA, path: str = THEOS, tag: str | None = None) -> Any:
    if tag is None:
        tag = (await service.get(path, *who, CARE)).headers["etag"]
    return await service.request("PUT", path, *who, CARE, json=body, headers={"If-Match": tag})


def body(*sessions: Any, leave: Any = (), wte: float | None = 0.6) -> dict[str, Any]:
    return {"wte": wte, "sessions": list(sessions), "leave": list(leave)}


async def test_a_lead_plans_and_the_past_stays(service_on_both: Service) -> None:
    """What began is cut before today, what was to begin never is, and each change names the version that was read."""
    first = (await service_on_both.get(THEOS, *CARLA, CARE)).json()
    assert first == {"username": "theo", "wte": None, "sessions": [], "leave": []}
    later = TUESDAY | {"weekday": 4, "from": "2026-04-02", "until": "2026-06-25"}
    ill = {"from": "2026-03-03", "until": "2026-03-12"}
    answer = await planned(service_on_both, body(WHOLE, later, leave=[ill]))
    assert (answer.status_code, answer.json()["username"]) == (200, "theo")
    shown = await service_on_both.get(THEOS, *CARLA, CARE)
    assert shown.json()["sessions"] == [WHOLE, later | {"site": None, "room": None, "therapyKind": None}]
    assert (shown.json()["wte"], shown.json()["leave"]) == (0.6, [ill])
    assert shown.headers["etag"] == answer.json()["version"]
    began = t.StaffSession(
        id="began", recorded_at=NOW, staff_id="staff-theo", service_id=world.SERVICE, weekday=1,
        starts=time(9), ends=time(10), valid_from=date(2026, 1, 5),
    )  # fmt: skip
    await world.put(service_on_both.url, [began])
    answer = await planned(service_on_both, body(WHOLE | {"until": "2026-03-31"}, wte=None))
    assert answer.status_code == 200
    rows = await world.execute(
        service_on_both.url,
        [(t.StaffSession.__table__.select().order_by("weekday"), None), (t.StaffLeave.__table__.select(), None)],  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    )
    assert [(row[4], row[-2], row[-1]) for row in rows[0]] == [
        (1, date(2026, 1, 5), date(2026, 3, 9)),
        (2, date(2026, 3, 10), date(2026, 3, 31)),
    ]
    assert [tuple(row[-2:]) for row in rows[1]] == [(date(2026, 3, 3), date(2026, 3, 9))]
    entry = (await service_on_both.entries())[-1]
    assert (entry["type"], entry["clauses"], entry["subject"]) == ("change", ["I2"], None)
    assert entry["details"] == {
        "change": "changed", "fields": ["leave", "sessions", "wte"], "member": "theo", "table": "staff",
        "subjects": ["staff"],
    }  # fmt: skip


@shared
@pytest.mark.parametrize(
    ("wanted", "status", "code", "field"),
    [
        (body(TUESDAY, TUESDAY | {"starts": "12:29", "ends": "13:00"}), 409, "period-overlaps", "sessions"),
        (body(TUESDAY | {"from": "2026-03-09"}), 422, "period-backdated", "sessions"),
        (body(TUESDAY | {"until": "2026-03-09"}), 422, "period-disordered", "sessions.0.until"),
        (body(TUESDAY | {"ends": "09:00"}), 422, "period-disordered", "sessions.0.ends"),
        (body(leave=[{"from": "2026-03-01", "until": "2026-03-09"}]), 422, "period-backdated", "leave"),
        (body(leave=[{"from": "2026-03-12", "until": "2026-03-11"}]), 422, "period-disordered", "leave.0.until"),
        (body(leave=[{"from": "2026-03-12", "until": "2026-03-20"}] * 2), 409, "period-overlaps", "leave"),
        (body(TUESDAY | {"starts": "9:00"}), 422, "body-invalid", "sessions.0.starts"),
        (body(TUESDAY | {"starts": "09:00+01:00"}), 422, "body-invalid", "sessions.0.starts"),
        (body(TUESDAY | {"weekday": 8}), 422, "body-invalid", "sessions.0.weekday"),
        (body(wte=1.5), 422, "body-invalid", "wte"),
        (body() | {"reason": "sick"}, 422, "body-invalid", "reason"),
    ],
)
async def test_what_cannot_be_planned(service: Service, wanted: Any, status: int, code: str, field: str) -> None:
    answer = await planned(service, wanted, tag="*")
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (status, code, field)
    assert (await service.get(THEOS, *CARLA, CARE)).json()["sessions"] == []


@shared
async def test_whose_time_is_kept_by_nobody_else(service: Service) -> None:
    """Never one's own, nor that of the other party; nothing without the version, and none that is another by now."""
    for who, purpose, username, status, code in (
        (CARLA, CARE, "carla", 403, "own-record"),
        (CARLA, CARE, "olga", 404, "staff-not-found"),
        (PETRA, WORK, "theo", 404, "staff-not-found"),
        (THEO, CARE, "tara", 403, "not-permitted-for-role"),
        (ADAM, CARE, "theo", 403, "not-permitted-for-role"),
    ):
        path = f"/v1/staff/{username}/working-time"
        for method, sent in (("GET", {}), ("PUT", {"json": body(), "headers": {"If-Match": "*"}})):
            await service.marked()
            answer = await service.request(method, path, *who, purpose, **sent)
            assert (answer.status_code, told(answer)["code"]) == (status, code)
            (entry,) = await service.entries()
            assert (entry["outcome"], entry["reason"]) == ("refused", code)
    olga = "/v1/staff/olga/working-time"
    sent = {"json": body(TUESDAY), "headers": {"If-Match": "*"}}
    assert told(await service.request("PUT", olga, *PETRA, WORK, **sent))["code"] == "staff-unsuitable"
    assert told(await service.request("PUT", THEOS, *CARLA, CARE, json=body()))["status"] == 428
    assert (await planned(service, body(), tag='"another"')).status_code == 412


async def test_caseload_against_capacity(service_on_both: Service) -> None:
    """Sessions times places beside open referrals, without leave in the weeks ahead, without the lead's own."""
    await planned(service_on_both, body(WHOLE, leave=[{"from": "2026-03-17", "until": "2026-03-18"}]))
    await planned(service_on_both, body(TUESDAY | {"from": "2026-03-31"}), path="/v1/staff/tara/working-time")
    merged = world.referral(FULL, id="merged", merged_into="referral-full")
    closed = world.referral(FULL, id="closed", closed_on=TODAY)
    back = world.referral(FULL, id="back", withdrawn_at=NOW)
    gone = [world.treating(FULL, "theo", each, id=f"of-{each.id}") for each in (merged, closed, back)]
    await world.put(service_on_both.url, [merged, closed, back])
    before = (await service_on_both.get("/v1/staff/capacity", *CARLA, CARE)).json()
    await world.put(service_on_both.url, gone)
    answer = await service_on_both.get("/v1/staff/capacity", *CARLA, CARE)
    report = answer.json()
    assert report == before
    treated = {line["username"]: line["caseload"] for line in report["therapists"]}
    assert treated["theo"] > 0
    assert [line["username"] for line in report["therapists"]] == ["tara", "theo"]
    tara, theo = report["therapists"]
    assert (theo["wte"], theo["sessionsAWeek"], theo["sessionsAhead"], theo["capacity"]) == (0.6, 1, 3, 3)
    assert (theo["capacityAhead"], theo["caseload"], theo["free"]) == (2, treated["theo"], 3 - treated["theo"])
    assert (tara["sessionsAWeek"], tara["sessionsAhead"], tara["percentFull"]) == (0, 1, None)
    assert (report["total"]["caseload"], report["total"]["capacity"]) == (sum(treated.values()), 3)
    assert "assumption" in report["assumptions"]["source"]


@shared
async def test_each_person_of_a_caseload_has_an_entry(service: Service) -> None:
    await service.marked()
    await service.get("/v1/staff/capacity", *CARLA, CARE)
    *people, register = await service.entries()
    assert (register["subject"], register["released"], register["clauses"]) == (None, {"staff": ["*"]}, ["I2"])
    assert people
    for entry in people:
        assert (entry["clauses"], entry["outcome"]) == (["B5"], "permitted")
        assert entry["released"] == {"allocation": ["crn", "referralId", "therapist"]}
    parts = await world.subjects(service.url)
    crns = {part["crn"] for number, part in parts.items() if number > service.mark}
    assert not crns & {RESTRICTED, EXCLUDED}


@shared
@pytest.mark.parametrize(("who", "purpose"), [(THEO, CARE), (ADAM, CARE), (CARLA, EVALUATION)])
async def test_who_is_told_nothing_of_capacity(service: Service, who: Any, purpose: str) -> None:
    await service.marked()
    answer = await service.get("/v1/staff/capacity", *who, purpose)
    assert (answer.status_code, told(answer)["code"]) == (403, "not-permitted-for-role")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["released"]) == ("refused", {})


@shared
async def test_a_lead_of_no_service_has_no_capacity(service: Service) -> None:
    await service.marked()
    answer = await service.get("/v1/staff/capacity", *PETRA, WORK)
    assert (answer.status_code, told(answer)["code"]) == (422, "staff-unsuitable")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["released"]) == ("refused", {})


async def test_training_by_team(service_on_both: Service) -> None:
    """Who works there and has the course, has it not for long, had it once, or never; the lead is not among them."""
    late = world.staff("lapsed", Role.OFFENDER_MANAGER, "information-sharing", team="Leicester North")
    training = t.Training(id="old", recorded_at=NOW, staff_id="staff-lapsed", course="mental-health-awareness",
                          completed_on=date(2022, 1, 1), expires_on=date(2025, 1, 1))  # fmt: skip
    new = world.staff("new", Role.OFFENDER_MANAGER, "information-sharing", team="Leicester North")
    await world.put(service_on_both.url, [*late, training, *new])
    path = "/v1/staff/training?role=offender-manager"
    report = (await service_on_both.get(path, *PETRA, WORK)).json()
    assert {(one["username"], one["state"], one["lapsesOn"]) for one in report["staff"]} == {
        ("olga", "valid", "2026-06-18"), ("otto", "never", None), ("lapsed", "lapsed", "2025-01-01"),
        ("new", "never", None),
    }  # fmt: skip
    assert report["teams"][0] == {
        "team": "Leicester North", "members": 3, "valid": 1, "lapsing": 0, "lapsed": 1, "never": 1,
        "percentTrained": 33,
    }  # fmt: skip
    assert (report["teams"][1]["team"], report["total"]["percentTrained"]) == (None, 25)
    soon = (await service_on_both.get(f"{path}&days=100", *PETRA, WORK)).json()
    assert (soon["total"]["valid"], soon["total"]["lapsing"], soon["total"]["percentTrained"]) == (0, 1, 25)
    health = (await service_on_both.get("/v1/staff/training?course=criminal-justice-data", *CARLA, CARE)).json()
    assert {one["username"] for one in health["staff"] if one["state"] == "valid"} == {"theo", "adam"}
    entry = (await service_on_both.entries())[-1]
    assert (entry["clauses"], entry["released"]) == (["I2"], {"staff": ["*"], "training": ["*"]})
    for query, field in (("course=karate", "course"), ("days=0", "days"), ("role=king", "role")):
        answer = await service_on_both.get(f"/v1/staff/training?{query}", *PETRA, WORK)
        assert (answer.status_code, told(answer)["field"]) == (400, field)


async def test_who_waits_the_longest_first(service_on_both: Service) -> None:
    """Days since receipt; pauses beside them for clinicians alone; nobody whose record is kept from the caller."""
    waits = [
        world.referral(BARE, id="long", status="waiting", received_on=TODAY - timedelta(days=50)),
        world.referral(FULL, id="short", status="offered", received_on=TODAY - timedelta(days=10)),
        world.referral(FULL, id="closed", status="waiting", received_on=TODAY - timedelta(days=90),
                       closed_on=TODAY - timedelta(days=1)),
        world.referral(RESTRICTED, id="hidden", status="waiting", received_on=TODAY - timedelta(days=70)),
    ]  # fmt: skip
    pauses = [(60, 45), (20, 11), (12, None), (2, None)]
    paused = [
        world.of(t.WaitingPause, BARE, id=f"pause-{number}", referral_id="long", reason="01",
                 started_on=TODAY - timedelta(days=start), ended_on=end and TODAY - timedelta(days=end),
                 withdrawn_at=NOW if number == 2 else None)
        for number, (start, end) in enumerate(pauses)
    ]  # fmt: skip
    await world.put(service_on_both.url, [*waits, *paused])
    await service_on_both.marked()
    answer = await service_on_both.get("/v1/referrals/waiting?pageSize=1", *CARLA, CARE)
    page = answer.json()
    (long,) = page["data"]
    day = TODAY - timedelta(days=50)
    assert (long["id"], long["crn"], long["status"], long["receivedOn"]) == ("long", BARE, "waiting", day.isoformat())
    assert (long["daysWaited"], long["daysPaused"]) == (50, 6 + 10 + 2)
    assert [each["until"] is None for each in long["pauses"]] == [False, False, True]
    (entry,) = await service_on_both.entries()
    assert entry["clauses"] == ["B2"]
    assert entry["released"]["clinical"] == ["pauses"]
    assert entry["released"]["referral"] == ["crn", "id", "receivedOn", "serviceId", "status"]
    rest = (
        await service_on_both.get(f"/v1/referrals/waiting?cursor={page['pagination']['next']}", *CARLA, CARE)
    ).json()
    assert {"long", "closed", "hidden"}.isdisjoint(one["id"] for one in rest["data"])
    assert "short" in [one["id"] for one in rest["data"]]
    office = (await service_on_both.get("/v1/referrals/waiting", *ADAM, CARE)).json()["data"]
    assert [one["id"] for one in office] == ["long", *(one["id"] for one in rest["data"])]
    assert {(one["daysPaused"], one["pauses"]) for one in office} == {(None, None)}
    entry = (await service_on_both.entries())[-1]
    assert (list(entry["released"]), entry["clauses"], entry["outcome"]) == (["referral"], ["B4"], "partly-permitted")
    assert entry["withheld"]["clinical"]


@shared
async def test_an_offender_manager_sees_who_waits_of_those_whom_they_may_know_of(service: Service) -> None:
    crns = {one["crn"] for one in (await service.get("/v1/referrals/waiting", *OLGA, WORK)).json()["data"]}
    known = {one["crn"] for one in (await service.get("/v1/referrals", *OLGA, WORK)).json()["data"]}
    assert crns <= known
    assert RESTRICTED not in crns
