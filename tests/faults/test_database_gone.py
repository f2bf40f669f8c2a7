"""The database goes away under a running service: no data, a stable answer, and no restart once it is back."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from app.vocabulary import Role
from migrations import upgrade
from tests.faults.people import CRNS, SEEN, fill
from tests.faults.running import calling, verified
from tests.postgres import LocalServer, wait_for
from tests.world import Service

BACK_WITHIN_SECONDS = 5
READS = (
    ("GET", f"/v1/people/{CRNS[0]}/attendance", {}),
    ("GET", f"/v1/people/{CRNS[0]}", {}),
    ("GET", f"/v1/people/{CRNS[0]}/access", {}),
    ("GET", "/v1/people", {}),
    ("GET", "/v1/referrals", {}),
    ("POST", "/v1/people/searches", {"json": {"familyName": f"Family{CRNS[0]}"}}),
    ("GET", f"/v1/people/{CRNS[0]}/attendance", {"headers": {"Authorization": "Bearer nonsense"}}),
    ("GET", f"/v1/people/{CRNS[0]}/attendance", {"headers": {"Purpose-Of-Use": "nonsense"}}),
)
"""Every kind of read, and two that are refused with an entry when all is well."""


def says_unavailable(response: httpx.Response) -> None:
    """503 with the stable code, when to try again, and nothing about anybody."""
    assert response.status_code == 503, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "unavailable"
    assert int(response.headers["retry-after"]) > 0
    assert "audit-receipt" not in response.headers
    assert not [each for each in (CRNS[0], SEEN, "Family", "withheld") if each in response.text]


async def ask_everything(service: Service) -> list[httpx.Response]:
    return [
        await service.request(method, path, Role.OFFENDER_MANAGER, "olive", "supervision", **dict(request))
        for method, path, request in READS
    ]


async def read(service: Service) -> httpx.Response:
    return await service.get(f"/v1/people/{CRNS[0]}/attendance", Role.OFFENDER_MANAGER, "olive", "supervision")


async def parts_of(service: Service) -> tuple[int, dict[str, Any]]:
    ready = await service.http.get("/ready")
    return ready.status_code, ready.json()["parts"]


async def back(service: Service) -> None:
    """It answers again before long, with the answer that it gave before."""
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    response = await read(service)
    while response.status_code == 503 and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        response = await read(service)
    assert response.status_code == 200, response.text
    assert SEEN in response.text
    assert (await parts_of(service))[0] == 200


async def test_postgres_stops_and_comes_back(spare_postgres: LocalServer, key: Path) -> None:
    """Stopped in order, then killed: the same answer to everything, and each time it goes on by itself."""
    url = spare_postgres.admin_url
    spare_postgres.start()
    wait_for(lambda: upgrade(url))
    await fill(url)
    async with calling(url, key) as (service, _):
        await back(service)
        goes: tuple[Callable[[], None], ...] = (spare_postgres.stop, spare_postgres.kill)
        for go in goes:
            await asyncio.to_thread(go)
            for response in await ask_everything(service):
                says_unavailable(response)
            assert await parts_of(service) == (503, {"database": False, "log": False, "agreement": True})
            token = {"grant_type": "client_credentials", "client_id": "probation-system", "client_secret": "x"}
            assert (await service.http.post("/oauth2/token", data=token)).status_code == 503
            assert (await service.http.get("/health")).status_code == 200
            await asyncio.to_thread(wait_for, spare_postgres.start)
            await back(service)
    report = verified(url)
    assert report.exit_code == 0, report.findings


async def test_postgres_ends_every_session(postgres_url: str, key: Path, postgres_server: Any) -> None:
    """An operator ends the sessions under load: whoever asks is answered or told to try again, and soon answered."""
    await fill(postgres_url)
    async with calling(postgres_url, key) as (service, _):
        await back(service)
        asking = asyncio.gather(*(read(service) for _ in range(64)))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(
            postgres_server.execute,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            postgres_url.rsplit("/", 1)[1],
        )
        for response in await asking:
            if response.status_code != 200:
                says_unavailable(response)
        await back(service)
    assert verified(postgres_url).exit_code == 0
