"""How the tests of three-way meetings ask: who invites, records, answers and signs, and what there is afterwards."""

from typing import Any

from app.records.writing import person_id
from tests.gate.house import fetched
from tests.routers.cast import CARE, FULL, OLGA, OTTO, WORK
from tests.world import Service

INVITED = {"startsAt": "2026-04-01T10:00:00Z", "place": "probation office", "agenda": "how it goes"}
HELD = {"agreed": "to meet again in May", "thirdParty": False, "seriousHarm": False}
SAID = {
    "scope": "meeting",
    "decision": "permit",
    "recipients": ["justice"],
    "givenHow": "three-way-meeting",
    "capacity": True,
    "wordingVersion": "OM-2013-1",
}


def purpose_of(who: Any) -> str:
    return WORK if who in (OLGA, OTTO) else CARE


async def ask(service: Service, method: str, path: str, who: Any, *, tag: str | None = None, **body: Any) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return await service.request(method, path, *who, purpose_of(who), headers=headers, json=body)


async def create(service: Service, who: Any = OLGA, crn: str = FULL, **values: Any) -> Any:
    """An invitation; with `record` a meeting that was held yesterday."""
    named = {"therapist": "theo"} if who in (OLGA, OTTO) else {"offenderManager": "olga", "therapist": "theo"}
    held = {"startsAt": "2026-03-08T10:00:00Z"} if "record" in values else {}
    return await ask(service, "POST", f"/v1/people/{crn}/meetings", who, **INVITED | named | held | values)


async def read(service: Service, meeting: str, who: Any = OLGA, crn: str = FULL) -> Any:
    return await service.get(f"/v1/people/{crn}/meetings/{meeting}", *who, purpose_of(who))


async def tagged(service: Service, meeting: str, who: Any = OLGA, crn: str = FULL) -> str:
    tag: str = (await read(service, meeting, who, crn)).headers["etag"]
    return tag


async def stored(service: Service, crn: str) -> tuple[int, int, int]:
    """How many meetings, consents and words on sharing there are of somebody."""
    counts = []
    for table in ("three_way_meeting", "consent", "meeting_sharing"):
        rows = await fetched(service.url, f"SELECT count(*) FROM {table} WHERE person_id = '{person_id(crn)}'")
        counts.append(int(rows[0][0]))
    return counts[0], counts[1], counts[2]


async def announced(service: Service) -> list[Any]:
    rows = await fetched(service.url, "SELECT kind, party, meeting_id FROM announcement ORDER BY number")
    return [row for row in rows if row[0].startswith("meeting-")]
