"""Staff standing over HTTP: each lead keeps their own party's staff, nobody themselves, and a change holds at once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import app.tables as t
from tests import world
from tests.routers.cast import CARE, CARLA, FULL, OLGA, PETRA, PROBATION, SYNC, THEO, WORK, told
from tests.world import NOW, TODAY, Service, execute

pytestmark = pytest.mark.asyncio
NINA = {"username": "Nina", "name": "Nina North", "role": "offender-manager", "employedFrom": "2026-03-01"}


async def row(service: Service, username: str) -> dict[str, Any]:
    """The member as the table has them."""
    columns = t.Staff.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    (found,) = await execute(service.url, [(t.Staff.__table__.select().where(columns.username == username), None)])
    return dict(zip(columns.keys(), found[0], strict=True))


async def count(service: Service, table: str) -> int:
    ((number,),) = (await execute(service.url, [(text(f"SELECT count(*) FROM {table}"), None)]))[0:1][0]
    return number


async def tag(service: Service, username: str, who: Any = PETRA, purpose: str = WORK) -> dict[str, str]:
    answer = await service.get(f"/v1/staff/{username}", *who, purpose)
    return {"If-Match": answer.headers["etag"]}


async def changes(service: Service, username: str, change: Any, who: Any = PETRA, purpose: str = WORK) -> Any:
    headers = await tag(service, username, who, purpose)
    return await service.request("PATCH", f"/v1/staff/{username}", *who, purpose, json=change, headers=headers)


async def test_a_lead_lists_the_staff_of_their_party_but_themselves(service_on_both: Service) -> None:
    justice = await service_on_both.get("/v1/staff", *PETRA, WORK)
    health = await service_on_both.get("/v1/staff?pageSize=3", *CARLA, CARE)
    assert [one["username"] for one in justice.json()["data"]] == ["gone", "olga", "otto"]
    assert justice.json()["data"][1] == {
        "username": "olga", "service": None, "name": "Olga", "role": "offender-manager", "team": "Leicester North",
        "manager": None, "employedFrom": "2025-02-03", "employedUntil": None, "revokedAt": None,
    }  # fmt: skip
    page = health.json()
    assert [one["username"] for one in page["data"]] == ["adam", "alma", "cara"]
    following = await service_on_both.get(f"/v1/staff?pageSize=200&cursor={page['pagination']['next']}", *CARLA, CARE)
    assert [one["username"] for one in following.json()["data"]] == ["hana", "rory", "tara", "theo"]
    assert following.json()["pagination"] == {"next": None, "pageSize": 200}
    entry = (await service_on_both.entries())[0]
    assert (entry["clauses"], entry["released"], entry["outcome"]) == (["I1"], {"staff": ["*"]}, "permitted")
    assert entry["subject"] is None


@pytest.mark.parametrize(
    ("query", "usernames"),
    [
        ("role=offender-manager", ["gone", "olga", "otto"]),
        ("team=Leicester%20North", ["olga"]),
        ("employed=true", ["olga", "otto"]),
        ("employed=false", ["gone"]),
        ("employed=true&role=probation-lead", []),
        ("manager=PETRA", []),
    ],
)
async def test_a_list_is_narrowed(service_alone: Service, query: str, usernames: list[str]) -> None:
    answer = await service_alone.get(f"/v1/staff?{query}", *PETRA, WORK)
    assert [one["username"] for one in answer.json()["data"]] == usernames


@pytest.mark.parametrize(
    ("query", "field"), [("role=king", "role"), ("employed=yes", "employed"), ("team=", "team"), ("team=%00", "team")]
)
async def test_a_filter_that_is_none(service_alone: Service, query: str, field: str) -> None:
    answer = await service_alone.get(f"/v1/staff?{query}", *PETRA, WORK)
    assert (answer.status_code, told(answer)["field"]) == (400, field)


async def test_a_member_with_their_training(service_on_both: Service) -> None:
    answer = await service_on_both.get("/v1/staff/OLGA", *PETRA, WORK)
    said = answer.json()
    assert said["facts"] == ["employed", "training:information-sharing", "training:mental-health-awareness"]
    assert [(one["course"], one["completedOn"], one["expiresOn"]) for one in said["trainings"]] == [
        ("information-sharing", "2025-08-22", "2026-06-18"),
        ("mental-health-awareness", "2025-08-22", "2026-06-18"),
    ]
    assert answer.headers["etag"] == '"20250203T093000.000000Z"'
    assert "at" not in said


@pytest.mark.parametrize(
    ("who", "purpose", "username", "status", "code"),
    [
        pytest.param(PETRA, WORK, "theo", 404, "staff-not-found", id="staff of the other party"),
        pytest.param(PETRA, WORK, "nobody", 404, "staff-not-found", id="a name that nobody has"),
        pytest.param(PETRA, WORK, "a b", 404, "staff-not-found", id="a name that nobody can have"),
        pytest.param(PETRA, WORK, "Petra", 403, "own-record", id="oneself"),
        pytest.param(CARLA, CARE, "carla", 403, "own-record", id="a clinical lead herself"),
        pytest.param(CARLA, CARE, "olga", 404, "staff-not-found", id="justice staff for a clinical lead"),
        pytest.param(OLGA, WORK, "otto", 403, "not-permitted-for-role", id="for an offender manager"),
        pytest.param(THEO, CARE, "tara", 403, "not-permitted-for-role", id="for a therapist"),
        pytest.param(PROBATION, SYNC, "olga", 403, "not-permitted-for-role", id="for a system"),
    ],
)
async def test_whose_record_is_not_shown_nor_changed(
    service_alone: Service, who: Any, purpose: str, username: str, status: int, code: str
) -> None:
    before = await count(service_alone, "staff_history")
    for method, path, body in (
        ("GET", f"/v1/staff/{username}", None),
        ("PATCH", f"/v1/staff/{username}", {"team": "Elsewhere"}),
        ("POST", f"/v1/staff/{username}/trainings", {"course": "information-sharing", "completedOn": "2026-03-01"}),
    ):
        await service_alone.marked()
        sent = {} if body is None else {"json": body, "headers": {"If-Match": "*"}}
        answer = await service_alone.request(method, path, *who, purpose, **sent)
        assert (answer.status_code, told(answer)["code"]) == (status, code), path
        (entry,) = await service_alone.entries()
        assert (entry["outcome"], entry["reason"], entry["details"]) == ("refused", code, None)
    assert await count(service_alone, "staff_history") == before


async def test_somebody_new_can_work_at_once(service_on_both: Service) -> None:
    answer = await service_on_both.request("POST", "/v1/staff", *PETRA, WORK, json=NINA | {"manager": "OLGA"})
    assert (answer.status_code, answer.json()["username"]) == (201, "nina")
    stored = await row(service_on_both, "nina")
    assert (stored["party"], stored["role"], stored["manager"]) == ("justice", "offender-manager", "olga")
    assert (stored["employed_from"], stored["employed_until"]) == (date(2026, 3, 1), None)
    entry = (await service_on_both.entries())[-1]
    assert (entry["type"], entry["action"], entry["clauses"]) == ("change", "create", ["I1"])
    assert entry["details"] == {
        "change": "created",
        "member": "nina",
        "role": "offender-manager",
        "table": "staff",
        "subjects": ["staff"],
    }
    refused = await service_on_both.get(f"/v1/people/{FULL}", OLGA[0], "nina", WORK)
    assert refused.status_code == 404  # no training yet, and nobody's caseload
    course = {"course": "information-sharing", "completedOn": "2026-03-02"}
    trained = await service_on_both.request("POST", "/v1/staff/nina/trainings", *PETRA, WORK, json=course)
    assert trained.status_code == 201
    assert trained.json()["expiresOn"] == "2027-03-02"
    listed = await service_on_both.get("/v1/people", OLGA[0], "nina", WORK)
    assert (listed.status_code, listed.json()["data"]) == (200, [])


@pytest.mark.parametrize(
    ("wrong", "status", "code", "field"),
    [
        ({"username": "OLGA"}, 409, "staff-exists", "username"),
        ({"username": "theo"}, 409, "staff-exists", "username"),
        ({"username": "petra"}, 403, "own-record", None),
        ({"username": "Lapsing"}, 422, "body-invalid", "username"),
        ({"username": ".."}, 422, "body-invalid", "username"),
        ({"username": "no/address"}, 422, "body-invalid", "username"),
        ({"username": "a b"}, 422, "body-invalid", "username"),
        ({"username": "\u212aim"}, 422, "body-invalid", "username"),
        ({"role": "therapist"}, 422, "role-not-at-party", "role"),
        ({"role": "case-management-system"}, 422, "body-invalid", "role"),
        ({"role": "king"}, 422, "body-invalid", "role"),
        ({"service": world.SERVICE}, 422, "service-unknown", "service"),
        ({"manager": "theo"}, 422, "staff-unknown", "manager"),
        ({"manager": "nina"}, 422, "staff-unsuitable", "manager"),
        ({"employedUntil": "2026-02-28"}, 422, "period-disordered", "employedUntil"),
        ({"employedFrom": "yesterday"}, 422, "body-invalid", "employedFrom"),
        ({"employedFrom": "9999-12-31"}, 422, "body-invalid", "employedFrom"),
        ({"party": "health"}, 422, "body-invalid", "party"),
        ({"name": " "}, 422, "body-invalid", "name"),
        ({"name": "a\x00b"}, 422, "body-invalid", "name"),
    ],
)
async def test_who_cannot_be_registered(
    service_alone: Service, wrong: dict[str, str], status: int, code: str, field: str | None
) -> None:
    before = await count(service_alone, "staff")
    answer = await service_alone.request("POST", "/v1/staff", *PETRA, WORK, json=NINA | wrong)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)
    assert await count(service_alone, "staff") == before
    (entry,) = await service_alone.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", code)


async def test_a_change_needs_the_version_that_was_read(service_on_both: Service) -> None:
    path, first = "/v1/staff/olga", await tag(service_on_both, "olga")
    without = await service_on_both.request("PATCH", path, *PETRA, WORK, json={"team": "South"})
    assert (without.status_code, told(without)["code"]) == (428, "precondition-required")
    done = await service_on_both.request("PATCH", path, *PETRA, WORK, json={"team": "South"}, headers=first)
    assert done.status_code == 200
    stale = await service_on_both.request("PATCH", path, *PETRA, WORK, json={"team": "West"}, headers=first)
    assert (stale.status_code, told(stale)["code"]) == (412, "precondition-failed")
    assert (await row(service_on_both, "olga"))["team"] == "South"
    assert (await tag(service_on_both, "olga")) == {"If-Match": done.json()["version"]}
    entry = (await service_on_both.entries())[2]
    assert entry["details"] == {
        "change": "changed",
        "fields": ["team"],
        "member": "olga",
        "table": "staff",
        "subjects": ["staff"],
    }


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({}, 422, "body-invalid", "body"),
        ({"name": None}, 422, "body-invalid", "name"),
        ({"employedFrom": None}, 422, "body-invalid", "employedFrom"),
        ({"username": "olga2"}, 422, "body-invalid", "username"),
        ({"revoked": "yes"}, 422, "body-invalid", "revoked"),
        ({"role": "clinical-lead"}, 422, "role-not-at-party", "role"),
        ({"employedUntil": "2020-01-01"}, 422, "period-disordered", "employedUntil"),
        ({"manager": "olga"}, 422, "staff-unsuitable", "manager"),
    ],
)
async def test_what_cannot_be_changed(service_alone: Service, change: Any, status: int, code: str, field: str) -> None:
    before = await row(service_alone, "olga")
    answer = await changes(service_alone, "olga", change)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (status, code, field)
    assert await row(service_alone, "olga") == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        pytest.param({"revoked": True}, 401, "session-revoked", id="revoked"),
        pytest.param({"employedUntil": (TODAY - timedelta(days=1)).isoformat()}, 404, "not-found", id="left yesterday"),
        pytest.param({"role": "probation-lead"}, 404, "not-found", id="in another role, by the token of the old one"),
    ],
)
async def test_a_change_holds_at_the_next_request_on_every_worker(
    cast_url: str, key_file: Any, change: Any, status: int, code: str
) -> None:
    behind = NOW - timedelta(seconds=5)  # the second worker's clock lags, and what is revoked is revoked all the same
    async with world.serving(cast_url, key_file) as one, world.serving(cast_url, key_file, clock_start=behind) as other:
        for worker in (one, other):
            assert (await worker.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 200
        assert (await changes(one, "olga", change)).status_code == 200
        for worker in (one, other):
            refused = await worker.get(f"/v1/people/{FULL}", *OLGA, WORK)
            assert (refused.status_code, told(refused)["code"]) == (status, code)


async def test_a_revocation_can_be_taken_back(service_alone: Service) -> None:
    assert (await changes(service_alone, "olga", {"revoked": True})).status_code == 200
    first = (await row(service_alone, "olga"))["revoked_at"]
    assert (await changes(service_alone, "olga", {"revoked": True, "team": "South"})).status_code == 200
    assert (await row(service_alone, "olga"))["revoked_at"] == first
    assert (await changes(service_alone, "olga", {"revoked": False})).status_code == 200
    assert (await service_alone.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 200


async def test_who_keeps_the_register_is_revoked_like_anybody(service_alone: Service) -> None:
    await world.put(service_alone.url, world.staff("paul", PETRA[0]))
    assert (await changes(service_alone, "paul", {"revoked": True})).status_code == 200
    answer = await service_alone.request("POST", "/v1/staff", PETRA[0], "paul", WORK, json=NINA)
    assert (answer.status_code, told(answer)["code"]) == (401, "session-revoked")
    assert await count(service_alone, "staff") == 14


@pytest.mark.parametrize(
    ("course", "completed", "expires"),
    [
        ("information-sharing", "2026-03-10", "2027-03-10"),
        ("criminal-justice-data", "2026-03-10", "2028-03-10"),
        ("mental-health-awareness", "2024-02-29", "2027-02-28"),
    ],
)
async def test_a_course_counts_for_as_long_as_the_agreement_says(
    service_alone: Service, course: str, completed: str, expires: str
) -> None:
    body = {"course": course, "completedOn": completed}
    answer = await service_alone.request("POST", "/v1/staff/tara/trainings", *CARLA, CARE, json=body)
    assert (answer.status_code, answer.json()["expiresOn"]) == (201, expires)
    again = await service_alone.request("POST", "/v1/staff/tara/trainings", *CARLA, CARE, json=body)
    assert (again.status_code, told(again)["code"]) == (409, "training-recorded")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"course": "juggling", "completedOn": "2026-03-01"}, "body-invalid", "course"),
        ({"course": "information-sharing", "completedOn": "2026-03-11"}, "date-in-future", "completedOn"),
        ({"course": "information-sharing", "completedOn": "2026-03-01T10:00:00Z"}, "body-invalid", "completedOn"),
        ({"course": "information-sharing"}, "body-invalid", "completedOn"),
    ],
)
async def test_a_course_that_cannot_be_recorded(service_alone: Service, body: Any, code: str, field: str) -> None:
    before = await count(service_alone, "training")
    answer = await service_alone.request("POST", "/v1/staff/otto/trainings", *PETRA, WORK, json=body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
    assert await count(service_alone, "training") == before


async def test_training_renewed_opens_what_its_lapse_closed(service_on_both: Service) -> None:
    table = t.Training.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    lapsed = table.update().where(table.c.staff_id == "staff-olga").values(expires_on=TODAY)
    await execute(service_on_both.url, [(lapsed, None)])
    assert (await service_on_both.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 404
    body = {"course": "information-sharing", "completedOn": TODAY.isoformat()}
    await service_on_both.request("POST", "/v1/staff/olga/trainings", *PETRA, WORK, json=body)
    assert (await service_on_both.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 200


async def test_who_was_what_at_a_past_moment(service_on_both: Service) -> None:
    """Role and team are what was recorded then; employment and training by what is known now, or was known then."""
    body = {"team": "South", "employedUntil": "2026-03-31"}
    assert (await changes(service_on_both, "olga", body)).status_code == 200
    now = (await service_on_both.get("/v1/staff/olga", *PETRA, WORK)).json()
    assert (now["team"], now["employedUntil"]) == ("South", "2026-03-31")
    path = "/v1/staff/olga?at=2026-03-01T12:00:00Z"
    then = (await service_on_both.get(path, *PETRA, WORK)).json()
    assert (then["team"], then["employedUntil"]) == ("Leicester North", "2026-03-31")
    assert then["facts"] == ["employed", "training:information-sharing", "training:mental-health-awareness"]
    assert (then["at"], then["knownAt"][:10]) == ("2026-03-01T12:00:00Z", "2026-03-10")
    known = (await service_on_both.get(f"{path}&knownAt=2026-03-02T12:00:00Z", *PETRA, WORK)).json()
    assert (known["team"], known["employedUntil"]) == ("Leicester North", None)
    early = (await service_on_both.get("/v1/staff/olga?at=2024-03-01T12:00:00Z", *PETRA, WORK)).json()
    assert (early["facts"], early["trainings"]) == ([], [])
    unknown = await service_on_both.get("/v1/staff/olga?knownAt=2024-03-01T12:00:00Z", *PETRA, WORK)
    assert (unknown.status_code, told(unknown)["code"]) == (404, "staff-not-found")


async def test_who_stood_where_at_a_past_moment(service_on_both: Service) -> None:
    """The list as the register stood then: who was on it, in which team, and who worked that day."""

    async def listed(query: str) -> list[tuple[str, str | None]]:
        answer = await service_on_both.get(f"/v1/staff?{query}", *PETRA, WORK)
        return [(one["username"], one["team"]) for one in answer.json()["data"]]

    await world.put(service_on_both.url, world.staff("late", OLGA[0], recorded_at=NOW - timedelta(days=1)))
    assert (await changes(service_on_both, "olga", {"team": "South", "employedUntil": "2026-03-31"})).status_code == 200
    then = "at=2026-03-08T12:00:00Z"
    assert await listed("") == [("gone", None), ("late", None), ("olga", "South"), ("otto", None)]
    assert await listed(then) == [("gone", None), ("olga", "Leicester North"), ("otto", None)]
    assert await listed(f"{then}&employed=true&pageSize=1") == [("gone", None)]
    assert await listed("employed=true&team=South") == [("olga", "South")]
    assert await listed(f"{then}&team=South") == await listed("at=2020-01-01T00:00:00Z") == []
    page = (await service_on_both.get(f"/v1/staff?{then}&pageSize=1", *PETRA, WORK)).json()["pagination"]["next"]
    assert await listed(f"{then}&pageSize=1&cursor={page}") == [("olga", "Leicester North")]
    elsewhere = await service_on_both.get(f"/v1/staff?pageSize=1&cursor={page}", *PETRA, WORK)
    assert told(elsewhere)["code"] == "cursor-invalid"
    assert (await service_on_both.get("/v1/staff?at=2027-01-01T00:00:00Z", *PETRA, WORK)).status_code == 400


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00:00+01:00",
        "soon",
        "2027-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
    ],
)
async def test_a_moment_that_is_none(service_alone: Service, moment: str) -> None:
    answer = await service_alone.get(f"/v1/staff/olga?at={moment}", *PETRA, WORK)
    assert (answer.status_code, told(answer)["field"]) == (400, "at")


async def test_what_lapses_soon(service_on_both: Service) -> None:
    soon = {"expires_on": TODAY + timedelta(days=30), "completed_on": TODAY - timedelta(days=300)}
    rows = [
        *world.staff("lara", OLGA[0], "", employed_until=TODAY + timedelta(days=29)),
        world.training("otto", "criminal-justice-data", expires_on=TODAY + timedelta(days=1)),
        world.training("otto", "mental-health-awareness", expires_on=TODAY + timedelta(days=31)),
        world.training("olga", "criminal-justice-data", expires_on=TODAY + timedelta(days=9)),
        world.training("olga", "criminal-justice-data", expires_on=TODAY + timedelta(days=99)),
        world.training("gone", "criminal-justice-data", expires_on=TODAY + timedelta(days=9)),
        t.Training(
            id="training-theo", recorded_at=NOW, staff_id="staff-theo", course="mental-health-awareness", **soon
        ),
    ]
    await world.put(service_on_both.url, [row for row in rows if isinstance(row, t.Staff)])
    await world.put(service_on_both.url, [row for row in rows if not isinstance(row, t.Staff)])
    answer = await service_on_both.get("/v1/staff/lapsing", *PETRA, WORK)
    said = answer.json()["data"]
    assert [(one["username"], one["fact"], one["lapsesOn"]) for one in said] == [
        ("otto", "training:criminal-justice-data", "2026-03-11"),
        ("adam", "authorised:criminal-justice", "2026-03-20"),
        ("carla", "authorised:criminal-justice", "2026-03-20"),
        ("theo", "authorised:criminal-justice", "2026-03-20"),
        ("lara", "employed", "2026-04-09"),
    ]
    first, second = await service_on_both.entries()
    assert (first["clauses"], first["action"], first["released"]) == (["A3"], "revoke", {"authorisation": ["*"]})
    assert (second["clauses"], second["action"]) == (["I1"], "read")
    assert second["released"] == {"staff": ["*"], "training": ["*"]}
    assert [part.split(":")[0] for part in answer.headers["audit-receipt"].split(", ")] == ["0", "1"]
    health = (await service_on_both.get("/v1/staff/lapsing?days=30", *CARLA, CARE)).json()["data"]
    assert [(one["username"], one["fact"]) for one in health] == [("theo", "training:mental-health-awareness")]
    near = (await service_on_both.get("/v1/staff/lapsing?days=1", *PETRA, WORK)).json()["data"]
    assert [one["username"] for one in near] == ["otto"]
    page = (await service_on_both.get("/v1/staff/lapsing?pageSize=2", *PETRA, WORK)).json()
    following = await service_on_both.get(
        f"/v1/staff/lapsing?pageSize=3&cursor={page['pagination']['next']}", *PETRA, WORK
    )
    assert page["data"] + following.json()["data"] == said
    assert following.json()["pagination"]["next"] is None


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        pytest.param(datetime(2026, 4, 9, 22, 59, 59, tzinfo=UTC), ["rory"], id="in the last second of the 30th day"),
        pytest.param(datetime(2026, 4, 9, 23, tzinfo=UTC), [], id="with the 30th day, and so from the 31st on"),
    ],
)
async def test_an_authorisation_lapses_by_the_day_like_everything(
    service_alone: Service, ends: datetime, said: list[str]
) -> None:
    await world.put(service_alone.url, [world.authorisation("rory", "petra", valid_until=ends)])
    found = (await service_alone.get("/v1/staff/lapsing", *PETRA, WORK)).json()["data"]
    assert [one["username"] for one in found if one["username"] == "rory"] == said


@pytest.mark.parametrize("days", ["0", "367", "-1", "many", "1e2", "٣"])
async def test_days_that_are_none(service_alone: Service, days: str) -> None:
    answer = await service_alone.get(f"/v1/staff/lapsing?days={days}", *PETRA, WORK)
    assert (answer.status_code, told(answer)["field"]) == (400, "days")


async def test_two_who_register_the_same_name_at_once(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the name free, and the first's row when it writes: a conflict, and one member."""

    async def nobody(*_: Any) -> None:
        return None

    await world.put(service_on_both.url, world.staff("nina", OLGA[0], "")[:1])
    monkeypatch.setattr("app.services.register.StaffRegister.found", nobody)
    answer = await service_on_both.request("POST", "/v1/staff", *PETRA, WORK, json=NINA)
    assert (answer.status_code, told(answer)["code"]) == (409, "changed-meanwhile")
    assert (await row(service_on_both, "nina"))["name"] == "Nina"
    (entry,) = await service_on_both.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", "changed-meanwhile")
