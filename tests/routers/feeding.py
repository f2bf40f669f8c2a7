"""A system that reads its feed, in tests: what came, as data; and what changes meanwhile, through the gate."""

from typing import Any

import app.tables as t
from app.vocabulary import Action, Caller, Party, Purpose, Question, Role
from tests import world
from tests.routers.cast import SYNC
from tests.world import SYSTEMS, Service

FEED = "/v1/sync/changes"


async def feed(service: Service, who: Any, cursor: str | None = None, **asked: Any) -> tuple[list[Any], dict[str, Any]]:
    """One answer of the feed: its items, and its pagination."""
    parameters = asked | ({"cursor": cursor} if cursor else {})
    answer = await service.get(FEED, *who, SYNC, params=parameters)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["data"], body["pagination"]


def people(items: list[Any]) -> dict[str, set[str]]:
    """By CRN the categories that came of each person."""
    return {each["crn"]: {*each["categories"]} for each in items if each["type"] == "person"}


def dropped(items: list[Any]) -> list[tuple[str, str]]:
    """What the removal notices name."""
    return [(one["type"], one["value"]) for each in items if each["type"] == "removal" for one in each["identifiers"]]


async def acknowledge(service: Service, who: Any, removal: str) -> Any:
    """What is answered to a system that has dropped somebody."""
    return await service.request("POST", f"/v1/sync/removals/{removal}/acknowledgement", *who, SYNC)


async def written(service: Service, crn: str, *rows: Any) -> None:
    """Rows of the health party's, written by its system through the gate, and so with entries."""
    caller = Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, SYSTEMS[Role.CLINICAL_SYSTEM], "token-h1")
    services = service.app.state.services
    for row in rows:
        question = Question(
            caller, Purpose.RECORDS_SYNC, Action.WRITE, (row.subject,), services.clock(), "/v1/test", "a-write", crn
        )
        change = (*services.gate.writer.upsert(row.__tablename__, row.model_dump()), 1)
        await services.gate.change(question, [change], {"change": "changed"})


def appointment(crn: str, referral: str, minutes: int, version: str = "2") -> Any:
    """An appointment, another one with each number of minutes."""
    about = {"id": f"feed-{crn}", "source_id": f"feed-{crn}", "source_version": version, "minutes": minutes}
    return world.appointment(crn, t.Referral(id=referral), **about)
