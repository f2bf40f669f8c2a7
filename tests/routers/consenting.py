"""How the tests of consent ask: what is recorded and withdrawn by whom, and how it stands afterwards."""

from typing import Any

from app.records.writing import person_id
from tests import world
from tests.gate.house import fetched
from tests.routers.cast import CARE, OLGA, OTTO, WORK
from tests.world import Service

GIVEN = {
    "scope": "attendance",
    "decision": "permit",
    "recipients": ["justice"],
    "givenHow": "in-writing",
    "capacity": True,
    "wordingVersion": "OM-2013-1",
    "signedForm": "FORM-7",
}
COLUMNS = "scope, decision, given_how, witness, wording_version, recorded_by, recorded_by_party, signed_form"


async def record(service: Service, crn: str, who: Any = OLGA, **values: Any) -> Any:
    body = {name: value for name, value in (GIVEN | values).items() if value is not ...}
    return await service.request("POST", f"/v1/people/{crn}/consents", *who, WORK if who in (OLGA, OTTO) else CARE,
                                 json=body)  # fmt: skip


async def withdraw(service: Service, consent: str, who: Any = OLGA) -> Any:
    purpose = WORK if who in (OLGA, OTTO) else CARE
    return await service.request("POST", f"/v1/consents/{consent}/withdrawal", *who, purpose)


async def states(service: Service, crn: str, who: Any = OLGA) -> dict[str, str]:
    answer = await service.get(f"/v1/people/{crn}/consents", *who, WORK if who is OLGA else CARE)
    return {row["id"]: row["state"] for row in answer.json()["data"]["consents"]}


async def rows_of(service: Service, crn: str) -> list[Any]:
    return await fetched(service.url, f"SELECT id FROM consent WHERE person_id = '{person_id(crn)}' ORDER BY id")


async def supervise(service: Service, crn: str) -> None:
    await world.put(service.url, [world.supervision(crn)])
