"""2: once a withdrawal is acknowledged the next request is refused: by any worker, by an old cursor, by any system."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import world
from tests.routers.cast import CARE, COURT, FULL, HANA, OLGA, PROBATION, SYNC, THEO, WORK, cast, told
from tests.world import NOW, Service, serving

BEHIND = timedelta(seconds=2)
"""The other worker's clock, besides what it starts later."""


@pytest.fixture
async def workers(database_url: str, key_file: Path) -> AsyncIterator[tuple[Service, Service]]:
    """Two over one database."""
    await world.put(database_url, cast())
    async with (
        serving(database_url, key_file) as one,
        serving(database_url, key_file, clock_start=NOW - BEHIND) as other,
    ):
        yield one, other


async def withdraw(service: Service, consent: str, who: Any, purpose: str) -> None:
    answer = await service.request("POST", f"/v1/consents/{consent}/withdrawal", *who, purpose)
    assert answer.status_code == 200


async def test_the_other_worker_refuses_the_next_request(workers: tuple[Service, Service]) -> None:
    one, other = workers
    path = f"/v1/people/{FULL}/attendance"
    page = (await other.get("/v1/referrals?pageSize=2", *OLGA, WORK)).json()
    following = f"/v1/referrals?pageSize=2&cursor={page['pagination']['next']}"
    first = await other.get(path, *OLGA, WORK)
    assert first.status_code == 200
    assert [row["id"] for row in (await other.get(following, *OLGA, WORK)).json()["data"]] == ["referral-full"]
    assert (await other.get(path, *PROBATION, SYNC)).status_code == 200
    await withdraw(one, "consent-attendance", THEO, CARE)
    for headers in ({}, {"If-None-Match": first.headers.get("etag", "*")}, {"If-Match": "*"}, {"Range": "bytes=0-9"}):
        refused = await other.get(path, *OLGA, WORK, headers=headers)
        assert (refused.status_code, told(refused)["withheld"][0]["code"]) == (403, "missing")
        assert not {"etag", "last-modified"} & refused.headers.keys()
    assert (await other.get(following, *OLGA, WORK)).json()["data"] == []
    assert "attendance" not in (await other.get(f"/v1/people/{FULL}", *OLGA, WORK)).json()["categories"]
    by_system = await other.get(path, *PROBATION, SYNC)
    assert (by_system.status_code, told(by_system)["code"]) == (404, "not-found")
    listed = await other.get("/v1/people", *PROBATION, SYNC)
    assert [row["crn"] for row in listed.json()["data"]] == [COURT]  # by the court's order, which needs no consent


async def test_whoever_knew_the_person_by_consent_alone_knows_nobody(workers: tuple[Service, Service]) -> None:
    one, other = workers
    assert (await other.get(f"/v1/people/{FULL}", *HANA, CARE)).status_code == 200
    await withdraw(one, "consent-health-trainer", OLGA, WORK)
    gone = await other.get(f"/v1/people/{FULL}", *HANA, CARE)
    assert (gone.status_code, told(gone)["code"]) == (404, "not-found")
    assert (await other.get("/v1/people", *HANA, CARE)).json()["data"] == []


async def test_by_its_scope_too(workers: tuple[Service, Service]) -> None:
    one, other = workers
    path = f"/v1/people/{FULL}"
    assert (await other.get(f"{path}/progress", *OLGA, WORK)).status_code == 200
    body = {"scopes": ["progress", "scores"]}
    answer = await one.request("POST", f"{path}/consents/withdrawal", *OLGA, WORK, json=body)
    assert answer.status_code == 200
    for word in ("progress", "scores"):
        assert (await other.get(f"{path}/{word}", *OLGA, WORK)).status_code == 403
    assert (await other.get(f"{path}/attendance", *OLGA, WORK)).status_code == 200
