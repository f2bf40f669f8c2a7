"""Batches as both systems send them: lines that are right in every field, of which tests break one thing at a time."""

import asyncio
import gzip
import json
from collections.abc import Iterable
from typing import Any

import httpx

from tests.routers.cast import SYNC
from tests.world import Service

CHANGED = "2026-03-09T10:00:00Z"
PHQ9 = "720433000"
Line = dict[str, Any]


def line(kind: str, source_id: str, record: Any, at: str = CHANGED, **more: Any) -> Line:
    return {"kind": kind, "sourceId": source_id, "lastUpdatedAt": at, "record": record, **more}


def someone(crn: str, at: str = CHANGED, **values: Any) -> Line:
    """A person whom the probation service supervises."""
    record = {
        "crn": crn,
        "name": {"forename": "Ann", "surname": f"Name{crn}"},
        "dateOfBirth": "1980-01-01",
        "sex": "M",
        "contactDetails": {"address": {"line": "1 High Street", "postcode": "LE1 1AA"}, "telephone": "0116 496 0000"},
    }
    return line("people", crn, record | values, at)


def sentence(crn: str, name: str, at: str = CHANGED, **values: Any) -> Line:
    record = {"crn": crn, "sentenceType": "community-order", "startDate": "2026-01-01", "endDate": "2026-12-31"}
    return line("supervisions", name, record | values, at)


def patient(name: str, crn: str | None, at: str = CHANGED, **values: Any) -> Line:
    record = {"LocalPatientId": name, "PersonBirthDate": "1980-01-01", "Gender": "1", "Postcode": "LE1 1AA"}
    beside = {"with": {"LocalPatientLink": {"LocalPatientId": name, "CRN": crn}}} if crn else {}
    return line("IDS001MPI", name, record | values, at, **beside)


def referral(name: str, of: str, at: str = CHANGED, **values: Any) -> Line:
    record = {
        "ServiceRequestId": name,
        "LocalPatientId": of,
        "ReferralRequestReceivedDate": "2026-02-02",
        "SourceOfReferralIAPT": "E3",
    }
    own = {"ServiceRequestId": name, "Service": "open-mind-leicester", "Status": "in-treatment", "Basis": "voluntary"}
    return line("IDS101Referral", name, record | values, at, **{"with": {"LocalReferral": own}})


def contact(name: str, of: str, at: str = CHANGED, **values: Any) -> Line:
    record = {
        "CareContactId": name,
        "ServiceRequestId": of,
        "CareContDate": "2026-02-20",
        "CareContTime": "10:00:00",
        "AttendOrDNACode": "5",
        "AppType": "02",
        "ConsMechanism": "01",
    }
    return line("IDS201CareContact", name, record | values, at)


def activity(name: str, of: str, at: str = CHANGED) -> Line:
    record = {"CareActId": name, "CareContactId": of, "CodeProcAndProcStatus": "304891004"}
    return line("IDS202CareActivity", name, record, at)


def score(of: str, total: str, at: str = CHANGED) -> Line:
    record = {"CareActId": of, "CodedAssToolType": PHQ9, "PersScore": total}
    return line("IDS607CodedScoreAssessmentAct", f"{of}:{PHQ9}", record, at)


def treated(name: str, crn: str | None) -> list[Line]:
    """A patient with a referral, a contact, what was done at it, and a score."""
    return [
        patient(f"P{name}", crn),
        referral(f"R{name}", f"P{name}"),
        contact(f"C{name}", f"R{name}"),
        activity(f"A{name}", f"C{name}"),
        score(f"A{name}", "14"),
    ]


def written(lines: Iterable[Line | str]) -> bytes:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines).encode() + b"\n"


async def send(service: Service, name: str, body: bytes, who: Any, **headers: str) -> httpx.Response:
    kind = {"Content-Type": "application/x-ndjson"} | {key.replace("_", "-"): value for key, value in headers.items()}
    return await service.request("PUT", f"/v1/sync/batches/{name}", *who, SYNC, content=body, headers=kind)


async def done(service: Service, name: str, who: Any) -> dict[str, Any]:
    """The batch once nothing of it is left to apply."""
    for _ in range(2000):
        state: dict[str, Any] = (await service.get(f"/v1/sync/batches/{name}", *who, SYNC)).json()
        if state["state"] in ("done", "stopped"):
            return state
        await asyncio.sleep(0.01)
    raise AssertionError(f"batch {name} is {state}")


async def results(service: Service, name: str, who: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        query = {"cursor": cursor} if cursor else {}
        page = (await service.get(f"/v1/sync/batches/{name}/results", *who, SYNC, params=query)).json()
        found += page["data"]
        cursor = page["pagination"]["next"]
        if cursor is None:
            return found


async def sent(service: Service, name: str, lines: Iterable[Line | str], who: Any) -> list[tuple[str, list[str]]]:
    """Sent and applied: what came of each line, and the rules that it breaks."""
    answer = await send(service, name, gzip.compress(written(lines)), who, Content_Encoding="gzip")
    assert answer.status_code == 202, answer.text
    assert (await done(service, name, who))["state"] == "done"
    return [(each["outcome"], [one["rule"] for one in each["findings"]]) for each in await results(service, name, who)]
