"""Objections (S4): recorded for any category but two, and over at once when they are withdrawn."""

from typing import Any

import pytest

from tests.gate.house import fetched
from tests.routers.cast import (
    CARE,
    FULL,
    OLGA,
    OTTO,
    THEO,
    WORK,
    told,
)
from tests.world import Service


async def test_one_stops_the_next_read_until_it_is_withdrawn(service_on_both: Service) -> None:
    service, path = service_on_both, f"/v1/people/{FULL}/scores"
    assert (await service.get(path, *OLGA, WORK)).status_code == 200
    body = {"category": "scores", "reason": "they are mine"}
    made = await service.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
    assert (made.status_code, made.json()["state"]) == (201, "effective")
    assert (await service.get(path, *OLGA, WORK)).status_code == 403
    again = await service.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
    assert (again.status_code, told(again)["code"]) == (422, "objection-overlaps")
    gone = f"/v1/objections/{made.json()['id']}/withdrawal"
    first = await service.request("POST", gone, *OLGA, WORK)
    assert (first.status_code, first.json()["state"]) == (200, "withdrawn")
    assert (await service.request("POST", gone, *OLGA, WORK)).content == first.content
    assert (await service.get(path, *OLGA, WORK)).status_code == 200
    columns = "category, reason, recorded_by, withdrawn_by"
    kept = await fetched(service.url, f"SELECT {columns} FROM objection WHERE id = '{made.json()['id']}'")
    assert kept == [("scores", "they are mine", "theo", "olga")]
    past = f"SELECT withdrawn_by FROM objection_history WHERE id = '{made.json()['id']}'"
    assert await fetched(service.url, past) == [(None,)]


@pytest.mark.parametrize("category", ["risk", "safety-alert"])
async def test_what_protects_somebody_is_not_objected_to(service_alone: Service, category: str) -> None:
    body = {"category": category}
    answer = await service_alone.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
    assert (answer.status_code, told(answer)["code"]) == (422, "objection-not-possible")
    assert told(answer)["field"] == "category"
    assert await fetched(service_alone.url, f"SELECT id FROM objection WHERE category = '{category}'") == []


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        pytest.param({"category": "horoscope"}, "body-invalid", "category", id="no category"),
        pytest.param({"validFrom": "2026-03-09"}, "period-backdated", "validFrom", id="backdated"),
        pytest.param({"validUntil": "2026-03-09"}, "period-over", "validUntil", id="over"),
        pytest.param({"recipient": "olga"}, "body-invalid", "recipient", id="an element that there is not"),
    ],
)
async def test_faults(service_alone: Service, values: dict[str, Any], code: str, field: str) -> None:
    body = {"category": "scores"} | values
    answer = await service_alone.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
    assert await fetched(service_alone.url, "SELECT id FROM objection WHERE category = 'scores'") == []


async def test_of_somebody_elses_nothing_is_known(service_alone: Service) -> None:
    for objection in ("objection-full", "never-was"):
        path = f"/v1/objections/{objection}/withdrawal"
        answer = await service_alone.request("POST", path, *OTTO, WORK)
        assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
