"""Allocations: a clinical lead's therapists (B5), a system's offender managers (H8), one after the other, all kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest

import app.tables as t
from tests import world
from tests.leaks.telling_apart import looks
from tests.routers.cast import (
    CARE,
    CARLA,
    CLINICAL,
    COURT,
    ELSEWHERE,
    EXCLUDED,
    FULL,
    NOBODY,
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
from tests.world import NOW, Service, execute

pytestmark = pytest.mark.asyncio
TREAT, END = "/v1/referrals/{}/allocation", "/v1/referrals/{}/allocation/end"


async def stored(service: Service, crn: str, kind: str) -> list[tuple[Any, ...]]:
    """Whose, from when, until when."""
    columns = t.Allocation.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    query = t.Allocation.__table__.select().where(columns.kind == kind, columns.person_id == world.person_id(crn))  # type: ignore[attr-defined]  # as above
    (rows,) = await execute(service.url, [(query.order_by(columns.valid_from), None)])
    found = [dict(zip(columns.keys(), row, strict=True)) for row in rows]
    return [(one["staff_id"], one["valid_from"], one["valid_until"]) for one in found]


async def treats(service: Service, referral: str, body: Any, who: Any = CARLA, purpose: str = CARE) -> Any:
    return await service.request("POST", TREAT.format(referral), *who, purpose, json=body)


async def ends(service: Service, referral: str, **body: Any) -> Any:
    return await service.request("POST", END.format(referral), *CARLA, CARE, json=body)


async def supervises(service: Service, crn: str, body: Any, who: Any = PROBATION, purpose: str = SYNC) -> Any:
    return await service.request("PUT", f"/v1/people/{crn}/offender-manager", *who, purpose, json=body)


async def history(service: Service, crn: str, who: Any, purpose: str, query: str = "") -> Any:
    return await service.get(f"/v1/people/{crn}/allocations{query}", *who, purpose)


async def test_a_therapist_takes_over_and_the_one_before_is_kept(service_on_both: Service) -> None:
    notes = f"/v1/people/{FULL}/notes"
    assert (await service_on_both.get(notes, *THEO, CARE)).status_code == 200
    assert (await service_on_both.get(notes, *TARA, CARE)).status_code == 403
    answer = await treats(service_on_both, "referral-full", {"therapist": "TARA"})
    assert (answer.status_code, answer.json()["therapist"]) == (201, "tara")
    assert (await service_on_both.get(notes, *TARA, CARE)).status_code == 200
    assert (await service_on_both.get(notes, *THEO, CARE)).status_code == 403
    first, second = await stored(service_on_both, FULL, "treating")
    assert (first[0], second[0], second[2]) == ("staff-theo", "staff-tara", None)
    assert first[2] == second[1]
    back = await treats(service_on_both, "referral-full", {"therapist": "theo"})
    assert back.status_code == 201
    assert [one[0] for one in await stored(service_on_both, FULL, "treating")] == [
        "staff-theo", "staff-tara", "staff-theo"
    ]  # fmt: skip
    entry = next(entry for entry in await service_on_both.entries() if entry["type"] == "change")
    assert (entry["clauses"], entry["action"]) == (["B2", "B5"], "write")
    assert entry["details"] == {
        "change": "allocated",
        "kind": "treating",
        "table": "allocation",
        "subjects": ["allocation", "referral"],
    }
    assert entry["subject"] is not None


@pytest.mark.parametrize("start", ["2026-03-10", "2026-03-10T09:00:00Z"])
async def test_from_today_is_from_now_on(service_alone: Service, start: str) -> None:
    answer = await treats(service_alone, "referral-full", {"therapist": "tara", "from": start})
    assert answer.status_code == 201
    first, second = await stored(service_alone, FULL, "treating")
    assert NOW < datetime.fromisoformat(answer.json()["from"]) < NOW + timedelta(minutes=5)
    assert first[2] == second[1]
    assert (await service_alone.get(f"/v1/people/{FULL}/notes", *TARA, CARE)).status_code == 200


async def test_the_first_therapist_of_a_referral(service_on_both: Service) -> None:
    answer = await treats(service_on_both, f"referral-{COURT}", {"therapist": "tara", "from": "2026-03-16"})
    assert (answer.status_code, answer.json()["from"]) == (201, "2026-03-16T00:00:00Z")
    assert (await service_on_both.get(f"/v1/people/{COURT}/notes", *TARA, CARE)).status_code == 403  # not yet
    again = await treats(service_on_both, f"referral-{COURT}", {"therapist": "theo"})
    assert (again.status_code, told(again)["code"], told(again)["field"]) == (409, "period-overlaps", "from")
    assert [one[0] for one in await stored(service_on_both, COURT, "treating")] == ["staff-tara"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"therapist": "nobody"}, 422, "staff-unknown", "therapist"),
        ({"therapist": "olga"}, 422, "staff-unknown", "therapist"),
        ({"therapist": "hana"}, 422, "staff-unsuitable", "therapist"),
        ({"therapist": "other"}, 422, "staff-unsuitable", "therapist"),
        ({"therapist": "left"}, 422, "staff-unsuitable", "therapist"),
        ({"therapist": "theo"}, 409, "already-allocated", "therapist"),
        ({"therapist": "tara", "from": "2026-03-09"}, 422, "period-backdated", "from"),
        ({"therapist": "tara", "from": "2026-03-16T10:00:00"}, 422, "body-invalid", "from"),
        ({}, 422, "body-invalid", "therapist"),
        ({"therapist": "tara", "since": "2026-03-16"}, 422, "body-invalid", "since"),
    ],
)
async def test_who_cannot_be_allocated(service_alone: Service, body: Any, status: int, code: str, field: str) -> None:
    await world.put(service_alone.url, [
        *world.staff("other", TARA[0], service_id="another-service"),
        *world.staff("left", TARA[0], employed_until=NOW.date() - timedelta(days=1)),
    ])  # fmt: skip
    before = await stored(service_alone, FULL, "treating")
    answer = await treats(service_alone, "referral-full", body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (status, code, field)
    assert await stored(service_alone, FULL, "treating") == before


async def test_a_closed_referral_is_nobodys(service_alone: Service) -> None:
    referral = t.Referral.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    closed = referral.update().where(referral.c.id == "referral-full").values(closed_on=NOW.date(), status="discharged")
    await execute(service_alone.url, [(closed, None)])
    answer = await treats(service_alone, "referral-full", {"therapist": "tara"})
    assert (answer.status_code, told(answer)["code"]) == (409, "referral-closed")
    assert (await ends(service_alone, "referral-full")).status_code == 200  # who treated still sees it for a while


async def test_an_allocation_ends_without_a_successor(service_on_both: Service) -> None:
    """From the next request on; what was before can be asked about, and the entry says what was done."""
    service, notes = service_on_both, f"/v1/people/{FULL}/notes"
    assert (await service.get(notes, *THEO, CARE)).status_code == 200
    answer = await ends(service, "referral-full")
    assert (answer.status_code, answer.json().keys()) == (200, {"referralId", "until"})
    assert (await service.get(notes, *THEO, CARE)).status_code == 403
    ((staff, _, until),) = await stored(service, FULL, "treating")
    assert (staff, until) == ("staff-theo", datetime.fromisoformat(answer.json()["until"]))
    entry = next(entry for entry in await service.entries() if entry["type"] == "change")
    assert (entry["clauses"], entry["action"], entry["outcome"]) == (["B2", "B5"], "write", "permitted")
    assert entry["details"] == {
        "change": "ended",
        "kind": "treating",
        "table": "allocation",
        "subjects": ["allocation", "referral"],
    }
    for moment, who in ((NOW.isoformat(), ["theo"]), (answer.json()["until"], [])):
        then = await history(service, FULL, CARLA, CARE, f"?at={moment.replace('+00:00', 'Z')}")
        assert [one["username"] for one in then.json()["data"]] == who
    again = await ends(service, "referral-full")
    assert (again.status_code, told(again)["code"]) == (409, "not-allocated")
    assert (await treats(service, "referral-full", {"therapist": "theo"})).status_code == 201
    assert (await service.get(notes, *THEO, CARE)).status_code == 200


async def test_an_end_that_is_planned_and_one_that_comes_before_it(service_alone: Service) -> None:
    """Nobody takes over who was to: what has not begun never does, and somebody else can be allocated."""
    service = service_alone
    assert (await treats(service, "referral-full", {"therapist": "tara", "from": "2026-03-16"})).status_code == 201
    planned = await ends(service, "referral-full", until="2026-03-12")
    assert (planned.status_code, planned.json()["until"]) == (200, "2026-03-13T00:00:00Z")
    first, second = await stored(service, FULL, "treating")
    assert (first[0], first[2].isoformat()) == ("staff-theo", "2026-03-13T00:00:00+00:00")
    assert (second[0], second[1]) == ("staff-tara", second[2])
    assert (await service.get(f"/v1/people/{FULL}/notes", *THEO, CARE)).status_code == 200
    assert (await ends(service, "referral-full", until="2026-03-14")).status_code == 409
    assert (await ends(service, "referral-full")).status_code == 200
    assert (await service.get(f"/v1/people/{FULL}/notes", *THEO, CARE)).status_code == 403
    for therapist in ("tara", "theo"):
        assert (await treats(service, "referral-full", {"therapist": therapist})).status_code == 201
    assert [one[0] for one in await stored(service, FULL, "treating") if one[2] is None] == ["staff-theo"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"until": "2026-03-09"}, "end-backdated", "until"),
        ({"until": "2026-03-09T23:00:00"}, "body-invalid", "until"),
        ({"from": "2026-03-16"}, "body-invalid", "from"),
    ],
)
async def test_when_an_allocation_cannot_end(service_alone: Service, body: Any, code: str, field: str) -> None:
    answer = await ends(service_alone, "referral-full", **body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
    assert [one[2] for one in await stored(service_alone, FULL, "treating")] == [None]


async def test_an_end_holds_on_a_worker_whose_clock_is_behind(cast_url: str, key_file: Any) -> None:
    behind, notes, caseload = NOW - timedelta(seconds=5), f"/v1/people/{FULL}/notes", f"/v1/people/{FULL}"
    async with world.serving(cast_url, key_file) as one, world.serving(cast_url, key_file, clock_start=behind) as other:
        assert (await other.get(notes, *THEO, CARE)).status_code == 200
        assert (await ends(one, "referral-full")).status_code == 200
        assert (await supervises(one, FULL, {"username": None})).status_code == 200
        for worker in (one, other):
            assert (await worker.get(notes, *THEO, CARE)).status_code == 403
            assert (await worker.get(caseload, *OLGA, WORK)).status_code == 404


HIDDEN = [
    pytest.param(CARLA, CARE, "referral-elsewhere", id="of another service"),
    pytest.param(CARLA, CARE, "draft-full", id="a draft that was not sent"),
    pytest.param(CARLA, CARE, f"referral-{RESTRICTED}", id="of a restricted record"),
    pytest.param(CARLA, CARE, "second-elsewhere", id="of another service, though this one treats the person too"),
    pytest.param(PROBATION, SYNC, "referral-full", id="for the case-management system"),
    pytest.param(CLINICAL, SYNC, "referral-full", id="for the clinical system"),
    pytest.param(THEO, CARE, "referral-full", id="for the therapist"),
    pytest.param(OLGA, WORK, "referral-full", id="for the offender manager"),
]


@pytest.mark.parametrize(("who", "purpose", "referral"), HIDDEN)
async def test_a_referral_out_of_reach_is_one_that_there_is_not(
    service_alone: Service, who: Any, purpose: str, referral: str
) -> None:
    await world.put(service_alone.url, [world.referral(FULL, id="second-elsewhere", service_id="another-service")])
    for path, body in ((TREAT, {"therapist": "tara"}), (END, {})):
        there = await looks(service_alone, "POST", path.format(referral), who, purpose, json=body)
        nobody = await looks(service_alone, "POST", path.format("never-was"), who, purpose, json=body)
        odd = await looks(service_alone, "POST", path.format("n" * 50), who, purpose, json=body)
        assert there == nobody == odd
        assert there[0] == 404
    assert [entry["outcome"] for entry in await service_alone.entries()] == ["refused"] * 6
    assert [one[2] for one in await stored(service_alone, FULL, "treating")] == [None]


async def test_a_caseload_is_handed_over(service_on_both: Service) -> None:
    person = f"/v1/people/{FULL}"
    assert (await service_on_both.get(person, *OTTO, WORK)).status_code == 404
    answer = await supervises(service_on_both, FULL, {"username": "Otto"})
    assert (answer.status_code, answer.json()["username"]) == (200, "otto")
    assert (await service_on_both.get(person, *OTTO, WORK)).status_code == 200
    assert (await service_on_both.get(person, *OLGA, WORK)).status_code == 404
    again = await supervises(service_on_both, FULL, {"username": "otto"})
    assert (again.status_code, again.json()) == (200, answer.json())
    ended = await supervises(service_on_both, FULL, {"username": None})
    assert (ended.status_code, ended.json()["username"]) == (200, None)
    assert (await service_on_both.get(person, *OTTO, WORK)).status_code == 404
    first, second = await stored(service_on_both, FULL, "caseload")
    assert (first[0], second[0]) == ("staff-olga", "staff-otto")
    assert first[2] == second[1] < second[2]
    back = await supervises(service_on_both, FULL, {"username": "olga"})
    assert back.status_code == 200
    changes = [entry["details"]["change"] for entry in await service_on_both.entries() if entry["details"]]
    assert changes == ["allocated", "unchanged", "ended", "allocated"]


async def test_nobody_supervises_and_whoever_was_to_begin_does_not(service_alone: Service) -> None:
    assert (await supervises(service_alone, FULL, {"username": "otto", "from": "2026-03-16"})).status_code == 200
    refused = await supervises(service_alone, FULL, {"username": None, "from": "2026-01-01"})
    assert (refused.status_code, told(refused)["code"], told(refused)["field"]) == (409, "period-overlaps", "from")
    for change in ("ended", "unchanged"):
        assert (await supervises(service_alone, FULL, {"username": None})).status_code == 200
        assert (await service_alone.entries())[-1]["details"]["change"] == change
    first, second = await stored(service_alone, FULL, "caseload")
    assert (first[0], second[0], second[1]) == ("staff-olga", "staff-otto", second[2])
    assert first[2] is not None
    assert (await supervises(service_alone, FULL, {"username": "otto"})).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"username": "petra"}, 422, "staff-unsuitable", "username"),
        ({"username": "gone"}, 422, "staff-unsuitable", "username"),
        ({"username": "theo"}, 422, "staff-unknown", "username"),
        ({"username": "nobody"}, 422, "staff-unknown", "username"),
        ({"username": "otto", "from": "2026-01-01"}, 409, "period-overlaps", "from"),
        ({}, 422, "body-invalid", "username"),
    ],
)
async def test_who_cannot_supervise(service_alone: Service, body: Any, status: int, code: str, field: str) -> None:
    before = await stored(service_alone, FULL, "caseload")
    answer = await supervises(service_alone, FULL, body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (status, code, field)
    assert await stored(service_alone, FULL, "caseload") == before


@pytest.mark.parametrize(
    ("who", "purpose", "crn"),
    [
        pytest.param(CARLA, CARE, FULL, id="a clinical lead, who may allocate therapists"),
        pytest.param(OTTO, WORK, FULL, id="an offender manager"),
        pytest.param(CLINICAL, SYNC, ELSEWHERE, id="the clinical system"),
    ],
)
async def test_nobody_else_hands_a_caseload_over(service_alone: Service, who: Any, purpose: str, crn: str) -> None:
    path, body = "/v1/people/{}/offender-manager", {"username": "otto"}
    there = await looks(service_alone, "PUT", path.format(crn), who, purpose, json=body)
    assert there == await looks(service_alone, "PUT", path.format(NOBODY), who, purpose, json=body)
    assert there[0] == 404
    assert [one[0] for one in await stored(service_alone, FULL, "caseload")] == ["staff-olga"]


async def test_each_party_sees_its_own_allocations_alone(service_on_both: Service) -> None:
    """That somebody treats a person is told to nobody at the justice party."""
    for who, purpose, kinds in (
        (CARLA, CARE, [("treating", "theo")]),
        (PROBATION, SYNC, [("caseload", "olga")]),
        (OLGA, WORK, [("caseload", "olga")]),
        (PETRA, WORK, [("caseload", "olga")]),
    ):
        answer = await history(service_on_both, FULL, who, purpose)
        assert [(one["kind"], one["username"]) for one in answer.json()["data"]] == kinds
        if purpose != CARE:
            assert "referral" not in answer.text
    said = await service_on_both.entries()
    assert [entry["clauses"] for entry in said] == [["B5"], ["H8"], ["A1"], ["A2"]]
    assert [entry["released"].get("allocation") for entry in said] == [["treating"], ["caseload"], None, None]


@pytest.mark.parametrize(
    ("who", "purpose", "crn"),
    [
        (OTTO, WORK, FULL),
        (CARLA, CARE, RESTRICTED),
        (OLGA, WORK, EXCLUDED),
        (CARLA, CARE, ELSEWHERE),
        (CLINICAL, SYNC, ELSEWHERE),
    ],
)
async def test_whose_allocations_are_not_told(service_alone: Service, who: Any, purpose: str, crn: str) -> None:
    path = "/v1/people/{}/allocations"
    there = await looks(service_alone, "GET", path.format(crn), who, purpose)
    assert there == await looks(service_alone, "GET", path.format(NOBODY), who, purpose)
    assert there[0] == 404


async def test_who_had_them_at_a_past_moment(service_on_both: Service) -> None:
    """By what is known now, and by what was known then: a change recorded today reaches back, and can be told apart."""
    await supervises(service_on_both, FULL, {"username": "otto", "from": "2026-03-01T00:00:00Z"})

    async def had(query: str) -> list[str]:
        answer = await history(service_on_both, FULL, PROBATION, SYNC, query)
        return [one["username"] for one in answer.json()["data"]]

    assert await had("") == ["olga", "otto"]
    assert await had("?at=2026-02-20T00:00:00Z") == ["olga"]
    assert await had("?at=2026-03-05T00:00:00Z") == ["otto"]
    assert await had("?at=2026-03-05T00:00:00Z&knownAt=2026-03-05T00:00:00Z") == ["olga"]
    assert await had("?at=2026-01-01T00:00:00Z") == []
    assert await had("?knownAt=2024-01-01T00:00:00Z") == []
