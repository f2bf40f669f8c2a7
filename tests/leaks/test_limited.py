"""What a limit on a person limits: every record of theirs, every list, and what can be told from outside (S3, S5)."""

from typing import Any

import pytest

from tests.leaks.telling_apart import looks
from tests.routers.cast import (
    CARE,
    CARLA,
    COURT,
    EMERGENCY,
    FULL,
    NOBODY,
    OLGA,
    PATHS,
    PROBATION,
    PROTECT,
    SYNC,
    THEO,
    WORK,
)
from tests.world import Service

pytestmark = pytest.mark.asyncio
LIMITS = [
    pytest.param("exclusion", ["OLGA", "Theo", "carla"], id="an exclusion that names them in any case"),
    pytest.param("restriction", ["somebody.else"], id="a restriction to somebody else"),
]
ASKING = [
    pytest.param(OLGA, WORK, id="her offender manager"),
    pytest.param(THEO, CARE, id="their therapist"),
    pytest.param(CARLA, CARE, id="the clinical lead"),
]


async def limit(service: Service, kind: str, names: list[str], crn: str = FULL) -> None:
    body = {"type": kind, "message": "a telling message", "startDateTime": "2026-03-01", "usernames": names}
    answer = await service.request("PUT", f"/v1/people/{crn}/limits/LM-{crn}", *PROBATION, SYNC, json=body)
    assert answer.status_code == 200
    await service.marked()


@pytest.mark.parametrize(("kind", "names"), LIMITS)
@pytest.mark.parametrize(("who", "purpose"), ASKING)
async def test_every_record_of_the_person_is_limited_with_them(
    service_alone: Service, who: Any, purpose: str, kind: str, names: list[str]
) -> None:
    assert (await service_alone.get(f"/v1/people/{FULL}", *who, purpose)).status_code == 200
    await limit(service_alone, kind, names)
    for path in (*PATHS, "/v1/people/{crn}/allocations", "/v1/people/{crn}/disclosures"):
        there = await looks(service_alone, "GET", path.format(crn=FULL), who, purpose)
        assert there == await looks(service_alone, "GET", path.format(crn=NOBODY), who, purpose), path
        assert there[0] == 404
    for path in ("/v1/referrals/{}", "/v1/referrals/{}/allocation", "/v1/referrals/{}/allocation/end"):
        method, sent = ("GET", {}) if path.endswith("{}") else ("POST", {"json": {"therapist": "tara"}})
        there = await looks(service_alone, method, path.format("referral-full"), who, purpose, **sent)
        assert there == await looks(service_alone, method, path.format("never-was"), who, purpose, **sent), path
    entries = await service_alone.entries()
    assert {(entry["outcome"], entry["released"] == {}) for entry in entries} == {("refused", True)}


@pytest.mark.parametrize(("kind", "names"), LIMITS)
@pytest.mark.parametrize(("who", "purpose"), ASKING)
async def test_no_list_search_or_answer_about_access_tells_of_the_person(
    service_alone: Service, who: Any, purpose: str, kind: str, names: list[str]
) -> None:
    await limit(service_alone, kind, names)
    for method, path, sent in (
        ("GET", "/v1/people", {}),
        ("GET", "/v1/people?pageSize=1", {}),
        ("GET", "/v1/referrals", {}),
        ("GET", "/v1/referrals?status=in-treatment", {}),
        ("POST", "/v1/people/searches", {"json": {"crn": FULL}}),
        ("POST", "/v1/people/searches", {"json": {"familyName": f"Family{FULL}"}}),
        ("POST", "/v1/people/searches", {"json": {"dateOfBirth": "1980-01-01"}}),
    ):
        answer = await service_alone.request(method, path, *who, purpose, **sent)
        assert answer.status_code == 200
        assert FULL not in answer.text
        assert "referral-full" not in answer.text
        assert "telling" not in answer.text
    asked = await service_alone.request("POST", "/v1/access", *who, purpose, json={"crns": [FULL, NOBODY]})
    there, nobody = asked.json()["access"]
    assert {**there, "crn": NOBODY} == nobody


async def test_a_page_is_as_full_as_if_the_person_were_not_there(service_alone: Service) -> None:
    before = (await service_alone.get("/v1/people?pageSize=1", *OLGA, WORK)).json()
    assert [row["crn"] for row in before["data"]] == [FULL]
    await limit(service_alone, "exclusion", ["olga"])
    after = (await service_alone.get("/v1/people?pageSize=1", *OLGA, WORK)).json()
    assert [row["crn"] for row in after["data"]] == [COURT]
    assert after["pagination"]["next"] is not None


async def test_who_is_on_the_list_sees_the_person_without_their_name_in_lists(service_alone: Service) -> None:
    await limit(service_alone, "restriction", ["OLGA"])
    assert (await service_alone.get(f"/v1/people/{FULL}/supervision", *OLGA, WORK)).status_code == 200
    listed = (await service_alone.get("/v1/people", *OLGA, WORK)).json()["data"]
    assert [row for row in listed if row["crn"] == FULL] == [{"crn": FULL, "limited": True}]
    named = {"json": {"familyName": f"Family{FULL}"}}
    assert (await service_alone.request("POST", "/v1/people/searches", *OLGA, WORK, **named)).json()["data"] == []


async def test_an_emergency_does_not_get_past_an_exclusion_and_protection_gets_past_a_restriction(
    service_alone: Service,
) -> None:
    await limit(service_alone, "restriction", ["somebody.else"])
    protects = await service_alone.get(f"/v1/people/{FULL}", *OLGA, PROTECT)
    assert list(protects.json()["categories"]) == ["identity", "safety-alert"]  # P1
    access = await service_alone.request("POST", "/v1/access", *OLGA, PROTECT, json={"crns": [FULL]})
    assert access.json()["access"][0]["userRestricted"] is False
    assert [entry["announce"] for entry in await service_alone.entries()] == ["justice", "justice"]
    await limit(service_alone, "exclusion", ["olga", "theo"], COURT)
    for who in (OLGA, THEO):  # both hold a grant for them
        assert (await service_alone.get(f"/v1/people/{COURT}", *who, EMERGENCY)).status_code == 404


async def test_a_name_on_the_list_of_another_limit_of_the_person_does_not_help(service_alone: Service) -> None:
    """Both lists at once: on the list of who may, and of who may not."""
    await limit(service_alone, "restriction", ["olga"])
    body = {"type": "exclusion", "message": "m", "startDateTime": "2026-03-01", "usernames": ["olga"]}
    await service_alone.request("PUT", f"/v1/people/{FULL}/limits/LM2", *PROBATION, SYNC, json=body)
    assert (await service_alone.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 404
    assert (await service_alone.get(f"/v1/people/{FULL}", *OLGA, PROTECT)).status_code == 404
