"""Events in (H5): a merger holds from when it is said, all else is awaited, and nothing of it is fetched or kept."""

import socket
from typing import Any

import pytest
from sqlalchemy import select

import app.tables as t
from tests import world
from tests.leaks.telling_apart import looks
from tests.routers.cast import ALMA, CLINICAL, COURT, FULL, NOBODY, OLGA, OVERSIGHT, PROBATION, SYNC, WORK, told
from tests.sync.lines import sent, sentence, someone
from tests.world import Service, execute, subjects

EVENTS = "/v1/sync/events"
MERGED, PARTED = "probation-case.merge.completed", "probation-case.unmerge.completed"
AT, LATER, LATEST = (f"2026-03-10T0{hour}:00:00Z" for hour in (7, 8, 9))


def event(kind: str, at: str = AT, crn: str | None = None, **ids: Any) -> dict[str, Any]:
    """As a probation system publishes it."""
    reference = {"personReference": {"identifiers": [{"type": "CRN", "value": crn}]}} if crn else {}
    url = {"detailUrl": "https://probation.example/probation-cases/1", "description": "something happened"}
    return {"eventType": kind, "version": 1, "occurredAt": at, "additionalInformation": ids, **url, **reference}


def merged(source: str, target: str, at: str = AT) -> dict[str, Any]:
    return event(MERGED, at, sourceCRN=source, targetCRN=target)


def parted(source: str, target: str, at: str = LATER) -> dict[str, Any]:
    return event(PARTED, at, reactivatedCRN=source, unmergedCRN=target)


async def says(service: Service, body: Any, who: Any = PROBATION) -> Any:
    return await service.request("POST", EVENTS, *who, SYNC, json=body)


async def came(service: Service) -> list[tuple[str, str]]:
    (rows,) = await execute(
        service.url, [(select(t.SyncEvent.crn, t.SyncEvent.outcome).order_by(t.SyncEvent.id), None)]
    )
    return sorted(tuple(row) for row in rows)


async def restricted(service: Service, crn: str) -> None:
    await world.put(service.url, world.limit(crn, "restriction", "petra"))


async def is_open(service: Service, crn: str) -> bool:
    return (await service.get(f"/v1/people/{crn}", *OLGA, WORK)).status_code == 200


async def test_a_merger_holds_from_when_it_is_said_until_a_later_parting(service_on_both: Service) -> None:
    service = service_on_both
    await restricted(service, FULL)
    assert await is_open(service, COURT)
    answer = await says(service, merged(FULL, COURT))
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    assert not await is_open(service, COURT)
    assert (await says(service, parted(FULL, COURT))).status_code == 202
    assert await is_open(service, COURT)
    assert (await says(service, merged(FULL, COURT, LATEST))).status_code == 202
    assert not await is_open(service, COURT)
    assert await came(service) == [(FULL, "applied")] * 3


async def test_events_come_twice_and_in_any_order(service_alone: Service) -> None:
    service = service_alone
    await restricted(service, FULL)
    first = await says(service, parted(FULL, COURT, LATEST))
    await says(service, merged(FULL, COURT, LATER))
    await service.marked()
    again = await says(service, parted(FULL, COURT, LATEST))
    assert again.json() == first.json()
    (entry,) = await service.entries()
    assert (entry["type"], entry["outcome"], entry["details"]) == ("access", "permitted", None)
    assert await is_open(service, COURT), "they had been parted since"
    await says(service, merged(FULL, COURT, "2026-03-10T09:20:00Z"))
    await says(service, parted(FULL, COURT, "2026-03-10T09:10:00Z"))
    assert not await is_open(service, COURT), "and were merged again after that"
    assert sorted(outcome for _, outcome in await came(service)) == ["applied", "applied", "overtaken", "overtaken"]


async def test_a_record_of_before_the_merger_does_not_part_them(service_alone: Service) -> None:
    """It was on its way when they were merged; a later one that does not say so does."""
    service = service_alone
    await restricted(service, FULL)
    await says(service, merged(FULL, COURT, LATER))
    assert await sent(service, "older", [someone(FULL, at=AT)], PROBATION) == [("accepted", [])]
    assert not await is_open(service, COURT)
    assert await sent(service, "newer", [someone(FULL, at=LATEST)], PROBATION) == [("accepted", [])]
    assert await is_open(service, COURT)


async def test_a_merger_of_somebody_who_is_not_on_file_waits_for_them(service_alone: Service) -> None:
    await says(service_alone, merged(NOBODY, COURT))
    assert await came(service_alone) == [(NOBODY, "awaited")]
    assert await sent(service_alone, "one", [someone(NOBODY, at=LATER, mergedInto=COURT)], PROBATION) == [
        ("accepted", [])
    ]
    assert (await service_alone.get(EVENTS, *ALMA, OVERSIGHT)).json()["data"] == []


async def test_oversight_sees_what_was_said_and_has_not_come(service_on_both: Service) -> None:
    service = service_on_both
    await says(service, event("probation-case.sentence.amended", LATER, FULL, sentenceId="12"))
    await says(service, event("probation-case.deleted.gdpr", AT, NOBODY))
    answer = await service.get(EVENTS, *ALMA, OVERSIGHT)
    assert answer.json() == {"data": [{"client": "probation-system", "awaited": {
        "count": 2, "oldestAt": "2026-03-10T07:00:00Z", "oldestHours": 2}}]}  # fmt: skip
    assert FULL not in answer.text
    assert await sent(service, "old", [sentence(FULL, "SV9", at=AT)], PROBATION) == [("accepted", [])]
    assert (await service.get(EVENTS, *ALMA, OVERSIGHT)).json()["data"][0]["awaited"]["count"] == 2
    assert await sent(service, "new", [sentence(FULL, "SV9", at=LATEST)], PROBATION) == [("accepted", [])]
    assert (await service.get(EVENTS, *ALMA, OVERSIGHT)).json()["data"][0]["awaited"]["count"] == 1


async def test_an_event_is_an_entry_about_its_person_and_holds_nothing_of_it(service_alone: Service) -> None:
    await service_alone.marked()
    await says(service_alone, merged(FULL, COURT))
    (entry,) = await service_alone.entries()
    assert (entry["type"], entry["clauses"], entry["details"]["came"]) == ("change", ["H5"], "applied")
    assert entry["details"]["event"] == MERGED
    assert "probation.example" not in str(entry)
    parts = await subjects(service_alone.url)
    assert parts[max(parts)]["crn"] == FULL


async def test_nothing_is_fetched_and_the_answer_is_the_same_for_anybody(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody is looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    answers = [
        await looks(service_alone, "POST", EVENTS, PROBATION, SYNC, json=event("probation-case.updated", crn=crn))
        for crn in (FULL, NOBODY)
    ]
    ids = [answer[2] for answer in answers]
    assert [answer[0] for answer in answers] == [202, 202]
    assert len(ids[0]) == len(ids[1])
    assert [name for name, _ in answers[0][1]] == [name for name, _ in answers[1][1]]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"occurredAt": "2026-03-10T07:00:00"}, "occurredAt"),
        ({"occurredAt": "2027-01-01T00:00:00Z"}, "occurredAt"),
        ({"version": 0}, "version"),
        ({"eventType": "Merged!"}, "eventType"),
        ({"detailUrl": "http://probation.example/1"}, "detailUrl"),
        ({"detailUrl": "file:///etc/passwd"}, "detailUrl"),
        ({"note": "he is depressed"}, "note"),
        ({"additionalInformation": {"diagnosis": "F32"}}, "additionalInformation"),
        ({"additionalInformation": {"noteId": "he is depressed"}}, "additionalInformation"),
        ({"additionalInformation": {"sourceCRN": FULL}}, "additionalInformation.targetCRN"),
        ({"additionalInformation": {"sourceCRN": FULL, "targetCRN": FULL}}, "additionalInformation.targetCRN"),
        ({"additionalInformation": {"sourceCRN": "X1", "targetCRN": FULL}}, "additionalInformation.sourceCRN"),
        ({"eventType": "probation-case.updated"}, "personReference.identifiers"),
        ({"eventType": "probation-case.updated", "personReference": {"identifiers": [
            {"type": "CRN", "value": "no"}]}}, "personReference.identifiers"),
        ({"personReference": {"identifiers": [{"type": "CRN", "value": FULL, "name": "Ann"}]}},
         "personReference.identifiers.0.name"),
    ],
)  # fmt: skip
async def test_what_is_no_event_is_refused_by_its_field(service_alone: Service, wrong: Any, field: str) -> None:
    answer = await says(service_alone, merged(FULL, COURT) | wrong)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, "body-invalid", field)
    assert await came(service_alone) == []


@pytest.mark.parametrize(("who", "purpose"), [(CLINICAL, SYNC), (OLGA, WORK), (ALMA, OVERSIGHT)])
async def test_nobody_else_says_so(service_alone: Service, who: Any, purpose: str) -> None:
    await service_alone.marked()
    answer = await service_alone.request("POST", EVENTS, *who, purpose, json=merged(FULL, COURT))
    assert answer.status_code == 403
    (entry,) = await service_alone.entries()
    assert entry["outcome"] == "refused"
    assert await came(service_alone) == []
