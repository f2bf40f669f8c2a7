"""Authorisation to criminal-justice data (A3): to named health staff, never to oneself, with an end, revocable."""

from datetime import datetime, timedelta
from typing import Any

import pytest

import app.tables as t
from tests import world
from tests.routers.cast import CARE, CARLA, FULL, OLGA, PETRA, TARA, THEO, WORK, told
from tests.world import NOW, Service, execute

pytestmark = pytest.mark.asyncio
UNTIL = {"validUntil": "2026-09-30"}


async def stored(service: Service, username: str) -> list[dict[str, Any]]:
    columns = t.Authorisation.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    query = t.Authorisation.__table__.select().where(columns.staff_id == f"staff-{username}")  # type: ignore[attr-defined]  # as above
    (rows,) = await execute(service.url, [(query, None)])
    return [dict(zip(columns.keys(), row, strict=True)) for row in rows]


async def grants(service: Service, username: str, body: Any, who: Any = PETRA, purpose: str = WORK) -> Any:
    return await service.request("POST", f"/v1/staff/{username}/authorisations", *who, purpose, json=body)


async def revokes(service: Service, identity: str, who: Any = PETRA, purpose: str = WORK) -> Any:
    return await service.request("POST", f"/v1/authorisations/{identity}/revocation", *who, purpose)


async def sees_risk(service: Service, who: Any = TARA) -> bool:
    answer = await service.get(f"/v1/people/{FULL}/risk", *who, CARE)
    assert answer.status_code in (200, 403)
    return answer.status_code == 200


async def test_a_grant_opens_at_once_and_its_revocation_closes_at_once(service_on_both: Service) -> None:
    await world.put(service_on_both.url, [world.training("tara", "criminal-justice-data")])
    assert not await sees_risk(service_on_both)
    answer = await grants(service_on_both, "TARA", UNTIL)
    said = answer.json()
    assert (answer.status_code, said["kind"], said["validUntil"]) == (201, "criminal-justice", "2026-09-30T23:00:00Z")
    (row,) = await stored(service_on_both, "tara")
    assert (row["id"], row["granted_by_id"], row["revoked_at"]) == (said["id"], "staff-petra", None)
    assert await sees_risk(service_on_both)
    answer = await revokes(service_on_both, said["id"])
    assert answer.status_code == 200
    assert not await sees_risk(service_on_both)
    (row,) = await stored(service_on_both, "tara")
    assert row["revoked_at"] is not None
    again = await revokes(service_on_both, said["id"])
    assert (again.status_code, told(again)["code"]) == (409, "authorisation-over")
    granted, revoked = [entry for entry in await service_on_both.entries() if entry["type"] == "change"]
    assert (granted["action"], granted["clauses"]) == ("grant", ["A3"])
    assert (revoked["action"], revoked["clauses"]) == ("revoke", ["A3"])
    assert revoked["details"] == {
        "change": "revoked",
        "kind": "criminal-justice",
        "member": "tara",
        "table": "authorisation",
        "subjects": ["authorisation"],
    }


@pytest.mark.parametrize("start", ["2026-03-10", "2026-03-10T00:00:00Z", "2026-03-10T10:29:59+01:00"])
async def test_from_today_is_from_now_on(service_alone: Service, start: str) -> None:
    """What began earlier today holds from the request on: nothing holds before it was recorded."""
    await world.put(service_alone.url, [world.training("tara", "criminal-justice-data")])
    answer = await grants(service_alone, "tara", UNTIL | {"validFrom": start})
    assert answer.status_code == 201
    assert NOW < datetime.fromisoformat(answer.json()["validFrom"]) < NOW + timedelta(minutes=5)
    assert await sees_risk(service_alone)


async def test_the_past_of_an_authorisation_is_kept(service_on_both: Service) -> None:
    identity = (await stored(service_on_both, "theo"))[0]["id"]
    await revokes(service_on_both, identity)
    past = t.HISTORIES["authorisation"]
    (rows,) = await execute(service_on_both.url, [(past.select().where(past.c.id == identity), None)])
    assert [dict(zip(past.c.keys(), row, strict=True))["revoked_at"] for row in rows] == [None]


async def test_who_was_authorised_at_a_past_moment(service_on_both: Service) -> None:
    async def held(query: str) -> list[str]:
        answer = await service_on_both.get(f"/v1/authorisations?{query}", *PETRA, WORK)
        return sorted(one["username"] for one in answer.json()["data"])

    (row,) = await stored(service_on_both, "theo")
    assert (await revokes(service_on_both, row["id"])).status_code == 200
    then, before = "at=2026-03-01T00:00:00Z", "at=2026-02-28T09:29:59Z"
    assert (await held(then), await held("live=true")) == (["adam", "carla", "theo"], ["adam", "carla"])
    assert (await held(f"{then}&username=THEO"), await held(f"{then}&live=false"), await held(before)) == (
        ["theo"], [], []
    )  # fmt: skip
    assert await held(f"{before}&live=false") == ["adam", "carla", "theo"]


@pytest.mark.parametrize(
    ("username", "body", "status", "code", "field"),
    [
        pytest.param("petra", UNTIL, 422, "authorisation-to-oneself", "username", id="to oneself"),
        pytest.param("PETRA", UNTIL, 422, "authorisation-to-oneself", "username", id="to oneself in capitals"),
        pytest.param("olga", UNTIL, 422, "staff-unknown", "username", id="to justice staff"),
        pytest.param("nobody", UNTIL, 422, "staff-unknown", "username", id="to nobody"),
        pytest.param("left", UNTIL, 422, "staff-unsuitable", "username", id="to somebody who has left"),
        pytest.param("tara", {}, 422, "body-invalid", "validUntil", id="without an end"),
        pytest.param("tara", {"validUntil": None}, 422, "body-invalid", "validUntil", id="with no end"),
        pytest.param(
            "tara", {"validUntil": "2026-03-09"}, 422, "period-disordered", "validUntil", id="until yesterday"
        ),
        pytest.param("tara", {"validUntil": "2027-03-11"}, 422, "period-too-long", "validUntil", id="for too long"),
        pytest.param("tara", UNTIL | {"validFrom": "2026-03-09"}, 422, "period-backdated", "validFrom", id="backdated"),
        pytest.param("tara", {"validUntil": "2026-09-30T10:00:00"}, 422, "body-invalid", "validUntil", id="no offset"),
        pytest.param("tara", UNTIL | {"kind": "all"}, 422, "body-invalid", "kind", id="of another kind"),
        pytest.param("theo", UNTIL, 409, "period-overlaps", "validFrom", id="over one that is live"),
    ],
)
async def test_what_is_not_granted(
    service_alone: Service, username: str, body: Any, status: int, code: str, field: str
) -> None:
    await world.put(service_alone.url, world.staff("left", TARA[0], employed_until=NOW.date() - timedelta(days=1)))
    before = [await stored(service_alone, name) for name in ("tara", "theo", "left")]
    answer = await grants(service_alone, username, body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (status, code, field)
    assert [await stored(service_alone, name) for name in ("tara", "theo", "left")] == before
    (entry,) = await service_alone.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", code)


async def test_the_last_day_that_can_be_granted(service_alone: Service) -> None:
    assert (await grants(service_alone, "tara", {"validUntil": "2027-03-10"})).status_code == 201


async def test_one_is_renewed_where_it_ends(service_alone: Service) -> None:
    renewed = {"validFrom": "2026-03-20T09:30:00Z", "validUntil": "2026-12-31"}
    assert (await grants(service_alone, "theo", renewed)).status_code == 201
    lapsing = await service_alone.get("/v1/staff/lapsing", *PETRA, WORK)
    assert [one["username"] for one in lapsing.json()["data"]] == ["adam", "carla"]


@pytest.mark.parametrize(("who", "purpose"), [(CARLA, CARE), (OLGA, WORK), (THEO, CARE)])
async def test_nobody_else_grants_revokes_or_lists(service_alone: Service, who: Any, purpose: str) -> None:
    identity = (await stored(service_alone, "theo"))[0]["id"]
    for answer in (
        await grants(service_alone, "tara", UNTIL, who, purpose),
        await revokes(service_alone, identity, who, purpose),
        await service_alone.get("/v1/authorisations", *who, purpose),
    ):
        assert (answer.status_code, told(answer)["code"]) == (403, "not-permitted-for-role")
    assert await sees_risk(service_alone, THEO)


@pytest.mark.parametrize("identity", ["never-was", "not an id", "x" * 37])
async def test_one_that_there_is_not(service_alone: Service, identity: str) -> None:
    answer = await revokes(service_alone, identity)
    assert (answer.status_code, told(answer)["code"]) == (404, "authorisation-not-found")


async def test_those_that_may_be_revoked_are_listed(service_on_both: Service) -> None:
    await revokes(service_on_both, (await stored(service_on_both, "adam"))[0]["id"])
    everything = (await service_on_both.get("/v1/authorisations", *PETRA, WORK)).json()["data"]
    assert sorted(one["username"] for one in everything) == ["adam", "carla", "theo"]
    live = (await service_on_both.get("/v1/authorisations?live=true", *PETRA, WORK)).json()["data"]
    assert sorted(one["username"] for one in live) == ["carla", "theo"]
    over = (await service_on_both.get("/v1/authorisations?live=false", *PETRA, WORK)).json()["data"]
    assert [(one["username"], one["grantedBy"]) for one in over] == [("adam", "petra")]
    one = (await service_on_both.get("/v1/authorisations?username=THEO", *PETRA, WORK)).json()["data"]
    assert [each["username"] for each in one] == ["theo"]
    page = (await service_on_both.get("/v1/authorisations?pageSize=2", *PETRA, WORK)).json()
    rest = await service_on_both.get(f"/v1/authorisations?cursor={page['pagination']['next']}", *PETRA, WORK)
    assert page["data"] + rest.json()["data"] == everything
    entry = (await service_on_both.entries())[-1]
    assert (entry["clauses"], entry["released"]) == (["A3"], {"authorisation": ["*"]})
