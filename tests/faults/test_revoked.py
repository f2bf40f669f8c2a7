"""Two processes on one database: what is withdrawn or revoked holds at the very next request to either of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

import app.tables as t
from app.db import Address
from app.identity import Store
from app.records.writing import person_id
from app.vocabulary import Role
from tests import world
from tests.faults.people import CRNS, SEEN
from tests.faults.running import entries_of, run, verified
from tests.world import NOW, Service

BEFORE = NOW - timedelta(seconds=1)


@dataclass
class Pair:
    """Two processes that share nothing but the database, and what the operator writes there."""

    url: str
    services: list[Service]
    store: Store

    async def ask(self, place: int, username: str | None = "olive", **claims: Any) -> httpx.Response:
        """One read of a person's attendance, or for a system of who they are."""
        service = self.services[place]
        role = Role.OFFENDER_MANAGER if username else Role.CASE_MANAGEMENT_SYSTEM
        category, purpose = ("attendance", "supervision") if username else ("identity", "integration")
        token = service.token(role, username, **claims)
        headers = {"Authorization": f"Bearer {token}", "Purpose-Of-Use": purpose}
        return await service.http.get(f"/v1/people/{CRNS[0]}/{category}", headers=headers)


@pytest.fixture
async def pair(filled: str, key: Path) -> AsyncIterator[Pair]:
    """Both up, each with a second offender manager's caseload."""
    others = world.staff("oscar", Role.OFFENDER_MANAGER)
    await world.put(filled, [*others, world.caseload(CRNS[0], "oscar")])
    store = Store(Address(filled))
    with run(filled, key, 2) as running:
        async with AsyncExitStack() as opened:
            yield Pair(filled, [await opened.enter_async_context(each.callers()) for each in running], store)
    await store.close()


async def stops(pair: Pair, revoke: Callable[[], Awaitable[bool]], **asks: Any) -> None:
    """Good on both; revoked; refused on both at once, each with its entry, and the token's text tells nothing."""
    for place in (0, 1):
        assert (await pair.ask(place, **asks)).status_code == 200
    assert await revoke()
    for place in (1, 0):
        response = await pair.ask(place, **asks)
        assert (response.status_code, response.json()["code"]) == (401, "session-revoked")
        assert SEEN not in response.text
        assert response.headers["www-authenticate"] == "Bearer"
        _, _, entry = entries_of(pair.url)[-1]
        assert (entry["outcome"], entry["reason"]) == ("refused", "session-revoked")
        assert entry["requestId"] == response.headers["x-request-id"]


async def test_revoked_by_the_other_process(pair: Pair) -> None:
    """A consent, a token, a member of staff and a client, one after the other, each while the others are good."""
    for place in (0, 1):
        assert SEEN in (await pair.ask(place)).text
    consent = t.Consent.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    withdrawn = update(consent).where(consent.c.person_id == person_id(CRNS[0])).values(valid_until=BEFORE)
    await world.execute(pair.url, [(withdrawn, None)])
    for place in (1, 0):
        response = await pair.ask(place)
        assert response.status_code in (403, 404)
        assert SEEN not in response.text
        assert entries_of(pair.url)[-1][2]["outcome"] == "refused"
    again = update(consent).where(consent.c.person_id == person_id(CRNS[0])).values(valid_until=None)
    await world.execute(pair.url, [(again, None)])
    later = datetime.now(UTC) + timedelta(hours=1)
    await stops(pair, lambda: pair.store.revoke_token("first", later, BEFORE), jti="first")
    assert (await pair.ask(0, jti="second")).status_code == 200
    await stops(pair, lambda: pair.store.revoke_staff("Olive", BEFORE), username="olive")
    assert (await pair.ask(1, username="oscar")).status_code == 200
    await stops(pair, lambda: pair.store.suspend_client("probation-system", BEFORE), username="oscar")
    report = verified(pair.url)
    assert report.exit_code == 0, report.findings
