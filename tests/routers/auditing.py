"""Some hours of a service that somebody will ask about, and the questions of whoever asks."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
from sqlalchemy import text

from tests.routers.cast import ALMA, CARE, COURT, EMERGENCY, FULL, NOBODY, OLGA, OTTO, OVERSIGHT, PETRA, THEO, WORK
from tests.routers.cast import RESTRICTED as LIMITED
from tests.world import Service, execute, subjects

PERIOD = {"since": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
ENTRIES, SEARCHES = "/v1/audit/entries", "/v1/audit/searches"
COUNTS, EXPORT = "/v1/audit/counts", "/v1/audit/export"
NHS, PNC = "9990000018", "1981/0000034U"


async def busy(service: Service) -> int:
    """Answers, refusals, a stranger and somebody who is not on file; how many entries that makes."""
    for path, who, purpose in (
        (f"/v1/people/{FULL}/attendance", OLGA, WORK),
        (f"/v1/people/{FULL}/notes", THEO, CARE),
        (f"/v1/people/{FULL}", OLGA, WORK),
        (f"/v1/people/{FULL}/attendance", OTTO, WORK),
        (f"/v1/people/{NOBODY}/attendance", OLGA, WORK),
        (f"/v1/people/{COURT}/attendance", OLGA, WORK),
        (f"/v1/people/{COURT}", THEO, EMERGENCY),
        (f"/v1/people/{LIMITED}/notes", THEO, CARE),
        (f"/v1/people/{FULL}/scores", OLGA, "curiosity"),
    ):
        await service.get(path, *who, purpose)
    await service.http.get("/v1/people", headers={"Purpose-Of-Use": WORK})
    await service.request("POST", "/v1/access", *PETRA, WORK, json={"crns": [FULL]})
    return len(await service.entries())


async def asked(service: Service, path: str = ENTRIES, who: Any = ALMA, **given: Any) -> httpx.Response:
    """A question in an address; a period of a month unless another is given."""
    return await service.get(path, *who, OVERSIGHT, params=PERIOD | given)


async def searched(service: Service, path: str = SEARCHES, who: Any = ALMA, **given: Any) -> httpx.Response:
    """A question in a body."""
    return await service.request("POST", path, *who, OVERSIGHT, json=PERIOD | given)


def numbers(answer: httpx.Response) -> list[int]:
    """Which entries are on a page."""
    assert answer.status_code == 200, answer.text
    return [each["number"] for each in answer.json()["data"]]


async def pages(service: Service, body: Mapping[str, Any]) -> AsyncIterator[httpx.Response]:
    """Every page of a search, to its end."""
    cursor = None
    for _ in range(100):
        answer = await searched(service, **body, **({"cursor": cursor} if cursor else {}))
        yield answer
        cursor = answer.json()["pagination"]["next"]
        if cursor is None:
            return
    raise AssertionError("the pages have no end")


async def log_of(service: Service) -> list[dict[str, Any]]:
    """The whole log as its tables have it, in the shape in which it is shown."""
    statement = text("SELECT seq, recorded_at, leaf_hash, body, subject FROM log_entry ORDER BY seq")
    (rows,) = await execute(service.url, [(statement, None)])
    parts = await subjects(service.url)
    return [
        {
            "number": seq,
            "recordedAt": recorded_at,
            "leafHash": bytes(leaf).hex(),
            "entry": json.loads(body),
            "person": parts.get(seq),
            "personErased": subject is not None and seq not in parts,
        }
        for seq, recorded_at, leaf, body, subject in rows
    ]
