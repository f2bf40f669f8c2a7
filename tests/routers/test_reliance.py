"""Oversight sees from the log who relied on a consent, and whom it refused."""

from typing import Any

import pytest

from tests.routers.cast import (
    ALMA,
    CARA,
    CARE,
    FULL,
    HANA,
    OLGA,
    OVERSIGHT,
    PROBATION,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.routers.consenting import record, withdraw
from tests.world import Service


async def test_who_relied_on_it(service_on_both: Service) -> None:
    service = service_on_both
    await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
    await service.get(f"/v1/people/{FULL}/scores", *OLGA, WORK)
    await service.get("/v1/referrals", *OLGA, WORK)
    await withdraw(service, "consent-attendance")
    await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    path = "/v1/consents/consent-attendance/reliance"
    answer = (await service.get(path, *CARA, OVERSIGHT)).json()
    *listed, whole, single = answer["data"]
    assert (single["entry"], single["staff"], single["role"]) == (0, "olga", "offender-manager")
    assert (single["purpose"], single["outcome"], single["clauses"]) == ("supervision", "permitted", ["D1"])
    assert (single["released"], single["withheld"]) == (["attendance"], [])
    assert single["byConsent"] == [{"category": "attendance", "scopes": ["attendance"]}]
    assert {"category": "scores", "scopes": ["scores"]} in whole["byConsent"]
    assert {"notes", "clinical"}.isdisjoint(whole["released"])
    assert [line["released"] for line in listed] == [["referral"]] * len(listed)
    assert listed[0]["byConsent"] == [{"category": "referral", "scopes": ["attendance"]}]
    assert listed[0]["at"] >= whole["at"] >= single["at"]


async def test_whom_a_refusal_refused(service_alone: Service) -> None:
    no = (await record(service_alone, FULL, decision="refuse")).json()["id"]
    await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    (line,) = (await service_alone.get(f"/v1/consents/{no}/reliance", *CARA, OVERSIGHT)).json()["data"]
    assert (line["outcome"], line["released"], line["byConsent"]) == ("refused", [], [])
    assert line["withheld"] == [{"category": "attendance", "scopes": ["attendance"]}]


async def test_lists_and_systems_relied_on_it_too(service_alone: Service) -> None:
    for path, who, purpose in (
        ("/v1/referrals", OLGA, WORK),
        ("/v1/people", PROBATION, SYNC),
        ("/v1/referrals/referral-full", OLGA, WORK),
        ("/v1/people", OLGA, WORK),
        ("/v1/people", HANA, CARE),
    ):
        assert (await service_alone.get(path, *who, purpose)).status_code == 200
    answer = await service_alone.get("/v1/consents/consent-attendance/reliance", *ALMA, OVERSIGHT)
    assert [(line["role"], line["released"]) for line in answer.json()["data"]] == [
        ("offender-manager", ["referral"]),
        ("case-management-system", ["identity"]),
        ("offender-manager", ["referral"]),
        ("offender-manager", ["referral"]),
    ]  # the list has two referrals of theirs: one that was sent, and one draft
    trainers = await service_alone.get("/v1/consents/consent-health-trainer/reliance", *CARA, OVERSIGHT)
    assert [(line["staff"], line["byConsent"][0]["scopes"]) for line in trainers.json()["data"]] == [
        ("hana", ["health-trainer"])
    ]


async def test_page_by_page(service_alone: Service) -> None:
    for _ in range(3):
        await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    path, seen, cursor = "/v1/consents/consent-attendance/reliance?pageSize=2", [], ""
    while cursor is not None:
        page = (await service_alone.get(path + cursor, *CARA, OVERSIGHT)).json()
        seen.append([line["entry"] for line in page["data"]])
        following = page["pagination"]["next"]
        cursor = following and f"&cursor={following}"
    assert seen == [[2, 1], [0]]
    for other in ("consent-scores/reliance?cursor=", "consent-attendance/reliance?cursor=x"):
        faulty = await service_alone.get(f"/v1/consents/{other}{following or 'x'}", *CARA, OVERSIGHT)
        assert (faulty.status_code, told(faulty)["code"]) == (400, "cursor-invalid")


async def test_reading_it_is_in_the_log_itself(service_alone: Service) -> None:
    await service_alone.marked()
    await service_alone.get("/v1/consents/consent-attendance/reliance", *CARA, OVERSIGHT)
    (entry,) = await service_alone.entries()
    assert (entry["clauses"], entry["released"], entry["type"]) == (["G1"], {"audit-log": ["*"]}, "access")
    assert "consent-attendance" not in str(entry)


@pytest.mark.parametrize(
    ("who", "purpose", "consent"),
    [
        pytest.param(OLGA, WORK, "consent-attendance", id="an offender manager"),
        pytest.param(THEO, CARE, "consent-attendance", id="a therapist"),
        pytest.param(CARA, OVERSIGHT, "never-was", id="of a consent that there is not"),
        pytest.param(CARA, OVERSIGHT, "100%25", id="of a pattern"),
    ],
)
async def test_to_everybody_else_there_is_none(service_alone: Service, who: Any, purpose: str, consent: str) -> None:
    answer = await service_alone.get(f"/v1/consents/{consent}/reliance", *who, purpose)
    assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
