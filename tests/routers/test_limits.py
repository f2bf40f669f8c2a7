"""Limited access: written by the system that owns it, live at once, and told to its owner alone."""

from typing import Any

import pytest
from sqlmodel import SQLModel

import app.tables as t
from tests import world
from tests.leaks.telling_apart import looks
from tests.routers.cast import (
    BARE,
    CARE,
    CARLA,
    CLINICAL,
    COURT,
    EMERGENCY,
    EXCLUDED,
    FULL,
    GONE,
    NOBODY,
    OLGA,
    OTTO,
    PETRA,
    PROBATION,
    PROTECT,
    RESTRICTED,
    SYNC,
    THEO,
    UNKNOWN,
    WORK,
    told,
)
from tests.world import NOW, Service, execute

pytestmark = pytest.mark.asyncio
KEPT_OUT = {"userExcluded": True, "userRestricted": True, "exclusionMessage": None, "restrictionMessage": None}
FREE = {"userExcluded": False, "userRestricted": False, "exclusionMessage": None, "restrictionMessage": None}
EXCLUSION = {
    "type": "exclusion", "message": "You are excluded. Tell your manager.",
    "startDateTime": "2026-03-10T09:00:00Z", "usernames": ["OLGA", "nobody.knows"],
}  # fmt: skip
RESTRICTION = EXCLUSION | {"type": "restriction", "message": "Restricted. Ask Petra.", "usernames": ["Olga", "THEO"]}


async def puts(service: Service, crn: str, limit: str, body: Any, who: Any = PROBATION, purpose: str = SYNC) -> Any:
    return await service.request("PUT", f"/v1/people/{crn}/limits/{limit}", *who, purpose, json=body)


async def asks(service: Service, body: Any, who: Any = PROBATION, purpose: str = SYNC) -> Any:
    return await service.request("POST", "/v1/access", *who, purpose, json=body)


async def rows(service: Service, name: str) -> list[dict[str, Any]]:
    table = SQLModel.metadata.tables[name]
    (found,) = await execute(service.url, [(table.select(), None)])
    return [dict(zip(table.c.keys(), row, strict=True)) for row in found]


async def names_of(service: Service, limit: str) -> list[str]:
    (one,) = [row for row in await rows(service, "access_limit") if row["source_id"] == limit]
    return sorted(row["username"] for row in await rows(service, "access_limit_name") if row["limit_id"] == one["id"])


async def test_an_exclusion_holds_at_once_whatever_the_case_of_the_name(service_on_both: Service) -> None:
    person = f"/v1/people/{FULL}"
    assert (await service_on_both.get(person, *OLGA, WORK)).status_code == 200
    answer = await puts(service_on_both, FULL, "LM9", EXCLUSION)
    assert (answer.status_code, answer.json()["change"], answer.json()["limitId"]) == (200, "created", "LM9")
    assert await names_of(service_on_both, "LM9") == ["nobody.knows", "olga"]
    refused = await service_on_both.get(person, *OLGA, WORK)
    assert (refused.status_code, told(refused)["code"]) == (404, "not-found")
    assert "Tell your manager" not in refused.text
    assert (await service_on_both.get(person, *THEO, CARE)).status_code == 200
    entry = next(entry for entry in await service_on_both.entries() if entry["type"] == "change")
    assert (entry["clauses"], entry["released"]) == (["H8"], {})
    assert entry["details"] == {
        "change": "created",
        "kind": "exclusion",
        "table": "access_limit",
        "subjects": ["limits"],
    }


async def test_a_limit_is_put_again_changed_and_ended(service_on_both: Service) -> None:
    await puts(service_on_both, FULL, "LM9", RESTRICTION)
    again = await puts(service_on_both, FULL, "LM9", RESTRICTION)
    assert again.json()["change"] == "unchanged"
    changed = await puts(service_on_both, FULL, "LM9", RESTRICTION | {"usernames": ["olga", "petra"]})
    assert changed.json()["change"] == "changed"
    assert await names_of(service_on_both, "LM9") == ["olga", "petra"]
    assert (await service_on_both.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 200
    assert (await service_on_both.get(f"/v1/people/{FULL}", *THEO, CARE)).status_code == 404
    ended = await puts(service_on_both, FULL, "LM9", RESTRICTION | {"endDateTime": "2026-03-10T09:15:00Z"})
    assert ended.json()["change"] == "changed"
    assert (await service_on_both.get(f"/v1/people/{FULL}", *THEO, CARE)).status_code == 200
    past = t.HISTORIES["access_limit"]
    (kept,) = await execute(service_on_both.url, [(past.select(), None)])
    assert [dict(zip(past.c.keys(), row, strict=True))["valid_until"] for row in kept] == [None, None]
    shown = (await service_on_both.get(f"/v1/people/{FULL}/limits", *PROBATION, SYNC)).json()
    (limit,) = shown["data"]
    assert shown["crn"] == FULL
    assert limit["recordedAt"]
    assert {name: limit[name] for name in limit if name != "recordedAt"} == {
        "limitId": "LM9", "type": "restriction", "message": "Restricted. Ask Petra.",
        "startDateTime": "2026-03-10T09:00:00Z", "endDateTime": "2026-03-10T09:15:00Z", "usernames": ["olga", "theo"],
    }  # fmt: skip
    entry = (await service_on_both.entries())[-1]
    assert (entry["clauses"], entry["released"]) == (["H9"], {"limits": ["*"]})


async def test_a_day_that_ends_a_limit_belongs_to_it(service_alone: Service) -> None:
    await puts(service_alone, FULL, "LM9", EXCLUSION | {"startDateTime": "2026-03-01", "endDateTime": "2026-03-09"})
    await puts(service_alone, COURT, "LM10", EXCLUSION | {"startDateTime": "2026-03-10", "endDateTime": "2026-03-10"})
    await puts(service_alone, BARE, "LM11", EXCLUSION | {"startDateTime": "2026-03-11"})
    statuses = [(await service_alone.get(f"/v1/people/{crn}", *OLGA, WORK)).status_code for crn in (FULL, COURT, BARE)]
    assert statuses == [200, 404, 200]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"type": "inclusion"}, "body-invalid", "type"),
        ({"message": ""}, "body-invalid", "message"),
        ({"startDateTime": "2026-03-10T09:00:00"}, "body-invalid", "startDateTime"),
        ({"endDateTime": "2026-03-01"}, "period-disordered", "endDateTime"),
        ({"usernames": []}, "body-invalid", "usernames"),
        ({"usernames": ["a b"]}, "body-invalid", "usernames.0"),
        ({"usernames": "olga"}, "body-invalid", "usernames"),
        ({"crn": FULL}, "body-invalid", "crn"),
    ],
)
async def test_a_limit_that_cannot_be(service_alone: Service, wrong: Any, code: str, field: str) -> None:
    before = await rows(service_alone, "access_limit"), await rows(service_alone, "access_limit_name")
    answer = await puts(service_alone, FULL, "LM9", EXCLUSION | wrong)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
    assert (await rows(service_alone, "access_limit"), await rows(service_alone, "access_limit_name")) == before


async def test_a_limits_id_belongs_to_one_person(service_alone: Service) -> None:
    await puts(service_alone, FULL, "LM9", EXCLUSION)
    answer = await puts(service_alone, COURT, "LM9", EXCLUSION)
    assert (answer.status_code, told(answer)["code"]) == (409, "identifier-shared")
    odd = await puts(service_alone, COURT, "L M", EXCLUSION)
    assert (odd.status_code, told(odd)["field"]) == (400, "limitId")


@pytest.mark.parametrize(
    ("who", "purpose"), [(OTTO, WORK), (CARLA, EMERGENCY), (GONE, WORK), (PETRA, EMERGENCY)]
)  # fmt: skip
async def test_nobody_else_reads_or_writes_limits(service_alone: Service, who: Any, purpose: str) -> None:
    before = await rows(service_alone, "access_limit")
    for method, path, body in (("GET", "/v1/people/{}/limits", None), ("PUT", "/v1/people/{}/limits/LM9", EXCLUSION)):
        sent = {} if body is None else {"json": body}
        there = await looks(service_alone, method, path.format(FULL), who, purpose, **sent)
        assert there == await looks(service_alone, method, path.format(NOBODY), who, purpose, **sent)
        assert there[0] == 404
    assert await rows(service_alone, "access_limit") == before


async def test_who_knows_the_person_learns_nothing_of_their_limits(service_alone: Service) -> None:
    """A refusal to read the limits is the same whether there are some or none."""
    path = f"/v1/people/{FULL}/limits"
    none = await looks(service_alone, "GET", path, OLGA, WORK)
    await puts(service_alone, FULL, "LM9", RESTRICTION)
    await puts(service_alone, FULL, "LM10", EXCLUSION | {"usernames": ["otto"]})
    await service_alone.marked()
    some = await looks(service_alone, "GET", path, OLGA, WORK)
    assert none == some
    assert none[0] == 403


# --- POST /v1/access ------------------------------------------------------------------------------------------------


async def limited(service: Service) -> None:
    """FULL excludes olga and restricts to olga and theo; COURT has an exclusion that is over; BARE has none."""
    await world.put(service.url, [
        *world.limit(FULL, "exclusion", "olga", id="x", message="excluded"),
        *world.limit(FULL, "restriction", "olga", "theo", id="r", message="restricted"),
        *world.limit(COURT, "exclusion", "olga", id="y", valid_until=NOW),
    ])  # fmt: skip


async def access(service: Service, username: str, *crns: str) -> dict[str, dict[str, Any]]:
    answer = await asks(service, {"username": username, "crns": list(crns)})
    assert answer.status_code == 200
    said = answer.json()["access"]
    assert [one["crn"] for one in said] == list(crns)
    return {one.pop("crn"): one for one in said}


EXCLUDES = {"userExcluded": True, "exclusionMessage": "excluded"}
RESTRICTS = {"userRestricted": True, "restrictionMessage": "restricted"}


@pytest.mark.parametrize(
    ("username", "full", "bare"),
    [
        pytest.param("Olga", FREE | EXCLUDES, FREE, id="who is excluded, and on the list"),
        pytest.param("OTTO", FREE | RESTRICTS, FREE, id="who is not on the list"),
        pytest.param("petra", FREE | RESTRICTS, FREE, id="a lead who is not on the list"),
        pytest.param("nobody", FREE | EXCLUDES | RESTRICTS, FREE, id="a name that nobody has"),
        pytest.param("theo", FREE | EXCLUDES | RESTRICTS, FREE, id="staff of the other party, who is on the list"),
        pytest.param("gone", FREE | EXCLUDES | RESTRICTS, FREE, id="somebody who has left"),
    ],
)
async def test_a_system_asks_about_its_users(service_on_both: Service, username: str, full: Any, bare: Any) -> None:
    await limited(service_on_both)
    said = await access(service_on_both, username, BARE, FULL, NOBODY, COURT)
    assert said == {BARE: bare, FULL: full, NOBODY: KEPT_OUT, COURT: FREE}
    entries = await service_on_both.entries()
    assert [entry["outcome"] for entry in entries] == ["permitted", "permitted", "refused", "permitted"]
    assert entries[2]["reason"] == "not-on-file"
    known = username.lower() if username.lower() in ("olga", "otto", "petra") else None
    for entry in (entries[0], entries[1], entries[3]):
        assert (entry["clauses"], entry["details"]) == (["H9"], {"user": known})
        assert list(entry["released"]) == ["limits"]
    people = await world.subjects(service_on_both.url)
    assert [part["crn"] for part in people.values()] == [BARE, FULL, NOBODY, COURT]


async def test_limits_that_hold_together_are_told_by_the_first(service_alone: Service) -> None:
    await limited(service_alone)
    await world.put(service_alone.url, world.limit(FULL, "restriction", "otto", "olga", id="s", message="second"))
    assert (await access(service_alone, "otto", FULL))[FULL]["restrictionMessage"] == "restricted"
    assert (await access(service_alone, "theo", FULL))[FULL]["restrictionMessage"] == "restricted"
    await world.put(service_alone.url, world.staff("oskar", OLGA[0]))
    await world.put(service_alone.url, [t.AccessLimitName(limit_id="r", username="oskar", recorded_at=NOW)])
    assert (await access(service_alone, "oskar", FULL))[FULL] == FREE | {
        "userRestricted": True, "restrictionMessage": "second"
    }  # fmt: skip


async def test_staff_ask_about_themselves_and_learn_what_a_stranger_learns(service_on_both: Service) -> None:
    """Excluded, not on the list, nothing open, not on file: one answer (S5)."""
    crns = [FULL, EXCLUDED, RESTRICTED, NOBODY, BARE]
    answer = await asks(service_on_both, {"crns": crns}, OLGA, WORK)
    said = {one.pop("crn"): one for one in answer.json()["access"]}
    assert said == {FULL: FREE, EXCLUDED: KEPT_OUT, RESTRICTED: KEPT_OUT, NOBODY: KEPT_OUT, BARE: FREE}
    stranger = await asks(service_on_both, {"username": "OTTO", "crns": crns}, OTTO, WORK)
    assert all({**one, "crn": ""} == KEPT_OUT | {"crn": ""} for one in stranger.json()["access"])
    entries = await service_on_both.entries()
    reasons = [None, "not-permitted", "not-permitted", "not-on-file", None]
    assert [entry["reason"] for entry in entries[:5]] == reasons
    assert [entry["reason"] for entry in entries[5:]] == ["not-permitted"] * 3 + ["not-on-file", "not-permitted"]
    assert {entry["type"] for entry, reason in zip(entries, reasons, strict=False) if reason is None} == {"explanation"}
    assert all(entry["released"] == {} for entry in entries)
    assert "excluded" in entries[1]["facts"]["names"]


async def test_who_is_on_every_list_is_let_in(service_alone: Service) -> None:
    await world.put(service_alone.url, world.limit(FULL, "restriction", "olga"))
    answer = await asks(service_alone, {"crns": [FULL]}, OLGA, WORK)
    assert answer.json()["access"] == [{"crn": FULL} | FREE]


@pytest.mark.parametrize(
    ("who", "purpose", "body", "status", "code"),
    [
        pytest.param(OLGA, WORK, {"crns": [FULL], "username": "otto"}, 403, "access-of-others", id="about another"),
        pytest.param(CARLA, CARE, {"crns": [FULL], "username": "theo"}, 403, "access-of-others", id="a lead's staff"),
        pytest.param(
            CLINICAL, SYNC, {"crns": [FULL], "username": "theo"}, 403, "not-permitted-for-role", id="clinical"
        ),
        pytest.param(PROBATION, SYNC, {"crns": [FULL]}, 422, "body-invalid", id="a system without a user"),
        pytest.param(PROBATION, SYNC, {"crns": [], "username": "olga"}, 422, "body-invalid", id="about nobody"),
        pytest.param(PROBATION, SYNC, {"crns": ["X1"], "username": "olga"}, 422, "body-invalid", id="no CRN"),
        pytest.param(PROBATION, SYNC, {"crns": FULL, "username": "olga"}, 422, "body-invalid", id="no list"),
        pytest.param(OLGA, PROTECT, {"crns": [FULL, FULL[:-1]]}, 422, "body-invalid", id="one of two malformed"),
        pytest.param(GONE, WORK, {"crns": [FULL]}, 403, "standing-lapsed", id="who has left"),
        pytest.param(UNKNOWN, WORK, {"crns": [FULL], "username": "olga"}, 401, "session-revoked", id="unknown"),
        pytest.param(OLGA, SYNC, {"crns": [FULL]}, 403, "purpose-not-for-role", id="for another's purpose"),
    ],
)
async def test_who_is_not_told(
    service_alone: Service, who: Any, purpose: str, body: Any, status: int, code: str
) -> None:
    answer = await asks(service_alone, body, who, purpose)
    assert (answer.status_code, told(answer)["code"]) == (status, code)
    (entry,) = await service_alone.entries()
    assert (entry["outcome"], entry["released"]) == ("refused", {})


async def test_five_hundred_at_once_by_one_statement(service_on_both: Service) -> None:
    database = service_on_both.app.state.services.gate.records.database
    crns = [f"X7{number:05}" for number in range(499)]
    await world.put(service_on_both.url, [world.person(crn) for crn in crns])
    statements, run = [], database._run

    async def counted(statement: Any, arguments: Any) -> Any:
        if not any(part in statement.sql for part in (" log_", " sync_")):  # checkpoints and batches, meanwhile
            statements.append(statement)
        return await run(statement, arguments)

    database._run = counted
    for who, purpose, username in ((PROBATION, SYNC, "olga"), (OLGA, WORK, "olga")):
        statements.clear()
        await service_on_both.marked()
        asked = [crn.lower() for crn in crns] + [EXCLUDED]
        answer = await asks(service_on_both, {"crns": asked, "username": username}, who, purpose)
        assert [one["crn"] for one in answer.json()["access"]] == [*crns, EXCLUDED]
        assert len(statements) == 1
        assert len(await service_on_both.entries()) == 500
    over = await asks(service_on_both, {"crns": [*crns, EXCLUDED, FULL], "username": "olga"})
    assert (over.status_code, told(over)["field"]) == (422, "crns")


async def test_twice_the_same_person_is_one_result(service_alone: Service) -> None:
    said = await access(service_alone, "otto", FULL)
    answer = await asks(service_alone, {"username": "otto", "crns": [FULL, FULL.lower(), f" {FULL}"]})
    assert answer.json()["access"] == [{"crn": FULL} | said[FULL]]
