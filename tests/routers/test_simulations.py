"""Simulations over HTTP: for oversight alone, exact about the log, and silent about everybody in it."""

import json
from datetime import timedelta

import pytest

from tests.policies import drafts
from tests.policies.drafts import draft, draft_text
from tests.routers.cast import ALMA, BARE, CARA, COURT, FULL, OLGA, OVERSIGHT, RESTRICTED, WORK, told
from tests.world import NOW, Service

URL = "/v1/agreement/simulations"
TODAY = NOW.date().isoformat()
_BASIS = '\nbasis = ["UK GDPR Art 6(1)(e)", "UK GDPR Art 10'
STRICTER = (f'needs = ["caseload"]{_BASIS}', f'needs = ["caseload", "mhtr"]{_BASIS}')
"""A1 for those alone whom a court has sent."""


async def simulated(service: Service, text: str, who=ALMA, purpose=OVERSIGHT, since: str = TODAY, **more):
    body = {"agreement": text, "since": since} | more
    return await service.request("POST", URL, *who, purpose, json=body)


async def read(service: Service, crn: str, category: str = "attendance") -> None:
    await service.get(f"/v1/people/{crn}/{category}", *OLGA, WORK)


async def test_an_auditor_learns_what_a_draft_would_have_changed(service_on_both: Service) -> None:
    """Three reads: one that a consent opens, one that a court opens, one that nothing opens."""
    service = service_on_both
    for crn in (FULL, COURT, BARE):
        await read(service, crn)
    await read(service, FULL, "identity")
    await read(service, COURT, "identity")
    answer = await simulated(service, draft_text(STRICTER))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    (change,) = body.pop("changes")
    assert (body["entries"], body["decisions"], body["changed"], body["first"], body["last"]) == (5, 5, 1, 0, 4)
    assert body["disclosuresLost"] == {"count": 1, "entryNumbers": [3], "leftOut": 0}
    assert body["refusalsOpened"] == {"count": 0, "entryNumbers": [], "leftOut": 0}
    assert body["agreement"] == {"version": "2012-11", "digest": draft(STRICTER).digest}
    assert change == {
        "change": "closes",
        "role": "offender-manager",
        "party": "justice",
        "purpose": "supervision",
        "action": "read",
        "category": "identity",
        "count": 1,
        "entryNumbers": [3],
        "leftOut": 0,
    }


async def test_the_answer_leaves_an_entry_under_g1_and_names_nobody(service_alone: Service) -> None:
    await read(service_alone, FULL)
    answer = await simulated(service_alone, draft_text(drafts.WITHOUT_CONSENT), CARA)
    entry = (await service_alone.entries())[-1]
    assert (entry["resource"], entry["purpose"], entry["action"]) == (URL, "oversight", "read")
    assert (entry["outcome"], entry["clauses"], entry["subject"]) == ("permitted", ["G1"], None)
    assert entry["caller"]["staff"] == "cara"
    assert entry["details"] == {"draft": draft(drafts.WITHOUT_CONSENT).digest, "entries": [0, 0]}
    assert answer.headers["audit-receipt"].startswith("1:")
    for text in (FULL, "olga", "Family", "token", entry["eventId"]):
        assert text not in answer.text


async def test_a_simulation_is_itself_a_decision_that_can_be_made_again(service_alone: Service) -> None:
    await simulated(service_alone, draft_text())
    await read(service_alone, FULL)
    await simulated(service_alone, draft_text())
    answer = (await simulated(service_alone, draft_text(drafts.LOG_ENDS))).json()
    assert (answer["entries"], answer["decisions"], answer["changed"]) == (3, 3, 0)


@pytest.mark.parametrize(("who", "purpose", "code"), [
    pytest.param(OLGA, WORK, "not-permitted-for-role", id="who has no clause for the log"),
    pytest.param(OLGA, OVERSIGHT, "purpose-not-for-role", id="who may not oversee"),
    pytest.param(ALMA, WORK, "purpose-not-for-role", id="an auditor for another purpose"),
])  # fmt: skip
async def test_it_is_for_oversight_alone(service_alone: Service, who, purpose, code) -> None:
    answer = await simulated(service_alone, draft_text(), who, purpose)
    assert (answer.status_code, told(answer)["code"]) == (403, code)
    (entry,) = await service_alone.entries()
    assert (entry["outcome"], entry["reason"], entry["resource"]) == ("refused", code, URL)


async def test_a_draft_with_a_fault_is_refused_with_its_line_and_remedy(service_alone: Service) -> None:
    await read(service_alone, FULL)
    answer = await simulated(service_alone, draft_text(("needs =", "need =")))
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "agreement-invalid", "agreement")
    assert "clause A1: unknown key 'need'; did you mean 'needs'?" in problem["detail"]
    entry = (await service_alone.entries())[-1]
    assert (entry["outcome"], entry["reason"]) == ("refused", "agreement-invalid")


@pytest.mark.parametrize("text", [
    pytest.param("a = " + "[" * 1900, id="nested without end"),
    pytest.param("a" + ".a" * 20_000 + " = 1", id="a key of very many parts"),
    pytest.param("review_months = " + "9" * 5000, id="a number of very many digits"),
    pytest.param(draft_text(("review_months = 12", "review_months = 12\nlast_day = 9999-12-31")), id="no day after it"),
])  # fmt: skip
async def test_a_draft_made_to_be_trouble_is_a_draft_with_a_fault(service_alone: Service, text: str) -> None:
    await read(service_alone, FULL)
    problem = told(await simulated(service_alone, text))
    assert (problem["status"], problem["code"], problem["field"]) == (422, "agreement-invalid", "agreement")
    assert problem["detail"].startswith("agreement:")


async def test_an_empty_log_and_an_empty_period_are_refused(service_alone: Service) -> None:
    problem = told(await simulated(service_alone, draft_text()))
    assert (problem["status"], problem["code"], problem["field"]) == (422, "simulation-empty", "since")
    assert problem["detail"] == "the log is empty"
    later = (NOW + timedelta(days=2)).date().isoformat()
    assert (
        told(await simulated(service_alone, draft_text(), since=later))["detail"]
        == "nothing was recorded in this period"
    )


@pytest.mark.parametrize(("more", "field"), [
    pytest.param({"until": "2026-01-01"}, "until", id="an end before the beginning"),
    pytest.param({"since": "yesterday"}, "since", id="no day"),
    pytest.param({"since": "2026-03-01T00:00:00"}, "since", id="a moment without its offset"),
    pytest.param({"since": 5}, "since", id="a number for a day"),
    pytest.param({"agreement": ""}, "agreement", id="no draft"),
    pytest.param({"crn": FULL}, "crn", id="a field that there is not"),
])  # fmt: skip
async def test_what_cannot_be_asked_is_refused_by_field(service_alone: Service, more, field) -> None:
    body = {"agreement": draft_text(), "since": TODAY} | more
    answer = await service_alone.request("POST", URL, *ALMA, OVERSIGHT, json=body)
    assert (answer.status_code, told(answer)["field"].split(".")[0]) == (422, field)


async def test_more_entries_than_one_request_may_have_are_refused(service_alone: Service, monkeypatch) -> None:
    monkeypatch.setattr("app.services.simulations.MOST_ENTRIES", 1)
    for crn in (FULL, COURT):
        await read(service_alone, crn)
    problem = told(await simulated(service_alone, draft_text()))
    assert (problem["code"], problem["detail"]) == ("simulation-too-large", "2 entries, and 1 at most")
    assert "openmind agreement simulate" in problem["remedy"]


async def test_a_second_one_at_once_is_told_to_wait(service_alone: Service) -> None:
    await read(service_alone, FULL)
    async with service_alone.app.state.services.simulations._busy:
        answer = await simulated(service_alone, draft_text())
    assert (answer.status_code, told(answer)["code"]) == (503, "simulation-busy")
    assert answer.headers["retry-after"] == "10"
    assert (await simulated(service_alone, draft_text())).status_code == 200


async def test_a_body_that_is_too_large_is_refused(service_alone: Service) -> None:
    answer = await simulated(service_alone, draft_text() + "#" * 70_000)
    assert (answer.status_code, told(answer)["code"]) == (413, "body-too-large")


async def test_a_restricted_person_leaves_the_same_numbers_as_anybody(service_alone: Service) -> None:
    """What was refused is counted; that a person is there is not told."""
    await read(service_alone, RESTRICTED)
    await read(service_alone, "X999999")
    body = (await simulated(service_alone, draft_text(drafts.WITHOUT_CONSENT))).json()
    assert (body["decisions"], body["changed"], body["changes"]) == (2, 0, [])


async def test_the_shape_is_in_the_openapi_document(service_alone: Service) -> None:
    document = (await service_alone.http.get("/openapi.json")).json()
    operation = document["paths"][URL]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"agreement", "since", "until"}
    assert "Simulation" in json.dumps(operation["responses"]["200"])
    assert set(operation["responses"]) >= {"200", "401", "403", "413", "422", "503"}
