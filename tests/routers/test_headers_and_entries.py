"""What goes with every answer: headers that let it be traced and not kept, and the entry that says what it was."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from tests.routers.cast import (
    CARE,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    PETRA,
    PROTECT,
    RESTRICTED,
    RORY,
    SUBJECT,
    TARA,
    THEO,
    WORK,
)
from tests.world import Service, execute, subjects

pytestmark = pytest.mark.asyncio(loop_scope="session")
RECEIPT = re.compile(r"(\d+):[0-9a-f]{64}")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/people/{FULL}", 200),
        (f"/v1/people/{FULL}/attendance", 200),
        (f"/v1/people/{FULL}/notes", 403),
        (f"/v1/people/{NOBODY}", 404),
        ("/v1/people", 200),
        ("/v1/referrals", 200),
        ("/v1/people?x=1", 400),
        ("/health", 200),
        ("/nowhere", 404),
    ],
)
async def test_no_answer_is_kept_by_anybody_on_the_way(service: Service, path: str, status: int) -> None:
    answer = await service.get(path, *OLGA, WORK)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Authorization, Purpose-Of-Use"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not {"etag", "last-modified", "set-cookie"} & answer.headers.keys()


async def test_what_correlates_a_request_comes_back(service: Service) -> None:
    sent = {"X-Request-ID": "case-7:1", "X-Correlation-ID": "visit.9", "traceparent": TRACE}
    answer = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers=sent)
    assert {name: answer.headers[name] for name in sent} == sent
    (entry,) = await service.entries()
    assert entry["requestId"] == "case-7:1"


@pytest.mark.parametrize(
    "sent",
    [{"X-Request-ID": "a b"}, {"X-Request-ID": "x" * 129}, {"X-Request-ID": "<script>"}, {"X-Request-ID": ""}],
    ids=["a space", "too long", "markup", "empty"],
)
async def test_an_id_that_is_none_is_replaced(service: Service, sent: dict[str, str]) -> None:
    answer = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers=sent)
    made = answer.headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made)
    (entry,) = await service.entries()
    assert entry["requestId"] == made


async def test_a_trace_that_is_none_does_not_come_back(service: Service) -> None:
    sent = {"traceparent": "00-1-2-3", "X-Correlation-ID": "a b"}
    answer = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers=sent)
    assert not {"traceparent", "x-correlation-id"} & answer.headers.keys()


async def leaf(service: Service, seq: int) -> str:
    statement = text("SELECT leaf_hash FROM log_entry WHERE seq = :seq")
    ((row,),) = await execute(service.url, [(statement, {"seq": seq})])
    return bytes(row[0]).hex()


async def test_the_receipt_is_the_entrys_own_number_and_leaf(service: Service) -> None:
    answer = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    found = RECEIPT.fullmatch(answer.headers["audit-receipt"])
    assert found
    seq = int(found[1])
    assert answer.headers["audit-receipt"] == f"{seq}:{await leaf(service, seq)}"
    assert seq == service.mark + 1
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["purpose"], entry["resource"]) == (
        "permitted",
        WORK,
        "/v1/people/{crn}/attendance",
    )


@pytest.mark.asyncio(loop_scope="function")
async def test_a_request_that_is_tried_again_has_an_entry_for_each_try(service_on_both: Service) -> None:
    """Each was answered, so each is in the log; the request's id says that they were one."""
    tries = [
        await service_on_both.get(
            f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers={"X-Request-ID": "case-7:again"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in tries] == [200, 200]
    assert tries[0].headers["audit-receipt"] != tries[1].headers["audit-receipt"]
    entries = await service_on_both.entries()
    assert [entry["requestId"] for entry in entries] == ["case-7:again"] * 2
    assert len({entry["eventId"] for entry in entries}) == 2


async def test_the_receipt_of_a_list_is_its_first_and_its_last_entry(service: Service) -> None:
    answer = await service.get("/v1/people", *OLGA, WORK)
    first, last = (RECEIPT.fullmatch(part) for part in answer.headers["audit-receipt"].split(", "))
    assert first
    assert last
    assert (int(first[1]), int(last[1])) == (service.mark + 1, service.mark + 3)
    entries = await service.entries()
    parts = await subjects(service.url)
    assert [parts[service.mark + 1 + place]["crn"] for place in range(3)] == ["X100001", "X100002", "X100003"]
    assert len({entry["requestId"] for entry in entries}) == 1


async def test_a_list_of_nobody_leaves_one_entry_about_nobody(service: Service) -> None:
    answer = await service.request("POST", "/v1/people/searches", *OLGA, WORK, json={"crn": NOBODY})
    assert RECEIPT.fullmatch(answer.headers["audit-receipt"])
    (entry,) = await service.entries()
    assert (entry["reason"], entry["subject"], entry["released"]) == ("nobody-listed", None, {})
    assert NOBODY not in str(entry)


ENTRIES = [
    pytest.param("attendance", OLGA, WORK, "permitted", ["D1"], ["consent-attendance"], id="D1 relies on one consent"),
    pytest.param("scores", OLGA, WORK, "permitted", ["D4"], ["consent-scores"], id="D4 relies on another"),
    pytest.param("offence", THEO, CARE, "permitted", ["C2"], ["consent-offence"], id="C2 relies on what health got"),
    pytest.param("meeting", OLGA, WORK, "permitted", ["E1"], ["consent-meeting"], id="E1 relies on meetings"),
    pytest.param("identity", OLGA, WORK, "permitted", ["A1"], [], id="A1 relies on none"),
    pytest.param("clinical", TARA, CARE, "permitted", ["B3"], [], id="B3 relies on none"),
    pytest.param("identity", THEO, CARE, "permitted", ["B1", "B3"], [], id="every clause that permits is cited"),
    pytest.param("notes", OLGA, WORK, "refused", ["P3"], [], id="P3 refuses"),
    pytest.param("notes", RORY, SUBJECT, "permitted", ["G3"], [], id="G3 relies on the request"),
]


@pytest.mark.parametrize(("word", "who", "purpose", "outcome", "clauses", "consents"), ENTRIES)
async def test_an_entry_says_what_was_decided_and_on_what(
    service: Service, word: str, who: Any, purpose: str, outcome: str, clauses: list[str], consents: list[str]
) -> None:
    answer = await service.get(f"/v1/people/{FULL}/{word}", *who, purpose)
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["clauses"], entry["purpose"]) == (outcome, clauses, purpose)
    assert list(entry["released"]) == ([word] if outcome == "permitted" else [])
    assert list(entry["withheld"]) == ([word] if outcome == "refused" else [])
    assert entry["requestId"] == answer.headers["x-request-id"]
    assert entry["resource"] == f"/v1/people/{{crn}}/{word}"
    assert entry["caller"]["staff"] == who[1]
    assert (entry["caller"]["role"], entry["caller"]["token"]) == (who[0].value, f"token-{who[0].value}-{who[1]}")
    assert "employed" in entry["facts"]["names"]
    assert entry["agreement"] == (await service.http.get("/v1/agreement")).json()["digest"]
    part = (await subjects(service.url))[service.mark + 1]
    assert part["crn"] == FULL
    assert part["consents"] == consents
    assert part["personId"]
    assert FULL not in str(entry)
    assert part["personId"] not in str(entry)
    assert not any(consent in str(entry) for consent in consents)


async def test_the_entry_of_the_whole_says_both_what_was_released_and_what_was_withheld(service: Service) -> None:
    answer = await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
    (entry,) = await service.entries()
    assert entry["outcome"] == "partly-permitted"
    assert entry["released"].keys() == answer.json()["categories"].keys()
    assert entry["withheld"].keys() == {each["category"] for each in answer.json()["withheld"]}
    assert entry["clauses"] == ["A1", "D1", "D3", "D4", "D6", "E1", "E3"]
    assert {"caseload", "supervised", "consent:scores"} <= set(entry["facts"]["names"])
    part = (await subjects(service.url))[service.mark + 1]
    assert sorted(part["consents"]) == ["consent-attendance", "consent-meeting", "consent-progress", "consent-scores"]


async def test_the_true_reason_of_a_silent_refusal_is_in_the_log(service: Service) -> None:
    for crn, reason, stopped in (
        (RESTRICTED, "not-permitted", ["restricted"]),
        (NOBODY, "not-on-file", []),
    ):
        await service.marked()
        answer = await service.get(f"/v1/people/{crn}/identity", *OLGA, WORK)
        assert answer.status_code == 404
        (entry,) = await service.entries()
        assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", reason, {})
        assert entry["withheld"]["identity"]["stoppedBy"] == stopped
        part = (await subjects(service.url))[service.mark + 1]
        assert part["crn"] == crn
        assert (part["personId"] is None) == (crn == NOBODY)


async def test_the_use_of_a_restricted_record_is_announced_with_its_entry(service: Service) -> None:
    answer = await service.get(f"/v1/people/{RESTRICTED}/safety-alert", *PETRA, PROTECT)
    assert answer.status_code == 200
    (entry,) = await service.entries()
    assert entry["announce"] == "justice"
    statement = text("SELECT kind, party FROM announcement WHERE event_id = :event")
    (rows,) = await execute(service.url, [(statement, {"event": entry["eventId"]})])
    assert rows == [("restricted-record-used", "justice")]
    await service.marked()
    await service.get(f"/v1/people/{FULL}/safety-alert", *PETRA, PROTECT)
    (entry,) = await service.entries()
    assert entry["announce"] is None


async def test_a_referral_that_is_not_there_leaves_a_refusal(service: Service) -> None:
    for referral in ("referral-nowhere", "draft-otto"):
        await service.marked()
        answer = await service.get(f"/v1/referrals/{referral}", *OLGA, WORK)
        assert answer.status_code == 404
        (entry,) = await service.entries()
        assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", "not-on-file", {})
        assert referral not in str(entry)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_read_leaves_the_same_entry_on_both_databases(service_on_both: Service) -> None:
    answer = await service_on_both.get(f"/v1/people/{FULL}", *OLGA, WORK)
    (entry,) = await service_on_both.entries()
    assert answer.status_code == 200
    assert entry["clauses"] == ["A1", "D1", "D3", "D4", "D6", "E1", "E3"]
    assert answer.headers["audit-receipt"].startswith("0:") or answer.headers["audit-receipt"].startswith("1:")
    otto = await service_on_both.get(f"/v1/people/{FULL}", *OTTO, WORK)
    assert otto.status_code == 404
    listed = await service_on_both.get("/v1/people", *OLGA, WORK)
    assert [row["crn"] for row in listed.json()["data"]] == ["X100001", "X100002", "X100003"]
