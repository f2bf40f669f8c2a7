"""Every address is public for a written reason or guarded: strangers and lapsed callers are refused, with one entry."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app.main import PUBLIC
from tests.documented import unstarted
from tests.many import many
from tests.routers.cast import CARE, FULL, GONE, OLGA, THEO, UNKNOWN, WORK, afresh, told
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
CRN_FREE = "/v1/people/{crn}/{category}"
"""Asks nothing about anybody: no such category is refused before a person is looked at."""
LISTS = (
    "/v1/people",
    "/v1/people/searches",
    "/v1/referrals",
    "/subject-access-request",
    "/v1/agreement/simulations",
    "/v1/staff",
    "/v1/staff/lapsing",
    "/v1/staff/capacity",
    "/v1/staff/training",
    "/v1/referrals/waiting",
    "/v1/staff/{username}",
    "/v1/staff/{username}/working-time",
    "/v1/staff/{username}/calendar",
    "/v1/staff/{username}/trainings",
    "/v1/staff/{username}/authorisations",
    "/v1/authorisations",
    "/v1/authorisations/{authorisation_id}/revocation",
    "/v1/access",
    "/v1/emergency-grants",
    "/v1/emergency-grants/searches",
    "/v1/emergency-grants/{grant_id}",
    "/v1/emergency-grants/{grant_id}/review",
    "/v1/sync/changes",
    "/v1/sync/removals",
    "/v1/sync/removals/{removal_id}/acknowledgement",
    "/v1/sync/receivers",
    "/v1/sync/events",
    "/v1/audit/checkpoints",
    "/v1/audit/witnesses",
    "/v1/audit/entries",
    "/v1/audit/entries/{number}",
    "/v1/audit/searches",
    "/v1/audit/counts",
    "/v1/audit/export",
    "/v1/audit/alerts",
    "/v1/audit/alerts/{alert_id}",
    "/v1/audit/alerts/{alert_id}/review",
    "/v1/reports/pathway",
    "/v1/tasks",
    "/v1/safety-alerts",
    "/v1/matches",
    "/v1/matches/{match_id}",
    "/v1/matches/{match_id}/link",
    "/v1/matches/{match_id}/unlink",
    "/v1/matches/{match_id}/dismissal",
    "/v1/sync/batches/{batch_id}",
    "/v1/sync/batches/{batch_id}/results",
)
"""Asked about nobody in particular, or for a purpose that this cast does not have there."""
PERIOD = {"since": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/people/searches": {"crn": FULL},
    "/v1/agreement/simulations": {"agreement": "title = 'a draft'", "since": "2026-03-01"},
    "/v1/emergency-grants": {"crn": FULL, "reason": "He said goodbye and hung up.", "feared": "suicide"},
    "/v1/emergency-grants/searches": {"crn": FULL},
    "/v1/emergency-grants/{grant_id}/review": {"outcome": "justified", "note": "He was found in time."},
    "/v1/audit/alerts/{alert_id}/review": {"outcome": "false-positive", "note": "They share a surname and no more."},
    "/v1/matches/{match_id}/link": {"note": "The same tattoo, and the same mother."},
    "/v1/matches/{match_id}/unlink": {"note": "They are twins."},
    "/v1/matches/{match_id}/dismissal": {"note": "They are twins."},
    "/v1/sync/events": {
        "eventType": "probation-case.updated",
        "version": 1,
        "occurredAt": "2026-03-09T10:00:00Z",
        "personReference": {"identifiers": [{"type": "CRN", "value": FULL}]},
    },
    "/v1/people/{crn}/subject-requests": {"receivedOn": "2026-03-09", "reference": "SAR-1"},
    "/v1/subject-requests/{request_id}/closure": {},
    "/v1/people/{crn}/consents": {
        "scope": "attendance",
        "decision": "refuse",
        "recipients": ["justice"],
        "givenHow": "in-writing",
        "capacity": True,
        "wordingVersion": "1",
    },
    "/v1/people/{crn}/consents/withdrawal": {"scopes": ["attendance"]},
    "/v1/people/{crn}/objections": {"category": "scores"},
    "/v1/consents/{consent_id}/withdrawal": {},
    "/v1/consents/{consent_id}/countersignature": {},
    "/v1/objections/{objection_id}/withdrawal": {},
    "/v1/staff": {"username": "nina", "name": "Nina", "role": "offender-manager", "employedFrom": "2026-03-01"},
    "/v1/staff/{username}": {"team": "South"},
    "/v1/staff/{username}/working-time": {"wte": 0.6, "sessions": [], "leave": []},
    "/v1/staff/{username}/trainings": {"course": "information-sharing", "completedOn": "2026-03-01"},
    "/v1/staff/{username}/authorisations": {"validUntil": "2026-09-30"},
    "/v1/authorisations/{authorisation_id}/revocation": {},
    "/v1/referrals": {"crn": FULL, "basis": "voluntary", "reason": "he does not sleep"},
    "/v1/referrals/{referral_id}": {"reason": "he does not eat"},
    "/v1/referrals/{referral_id}/submission": {},
    "/v1/referrals/{referral_id}/withdrawal": {},
    "/v1/referrals/{referral_id}/triage": {},
    "/v1/referrals/{referral_id}/decision": {"outcome": "suitable"},
    "/v1/referrals/{referral_id}/moves": {"to": "offered"},
    "/v1/referrals/{referral_id}/discharge": {"endCode": "46"},
    "/v1/referrals/{referral_id}/merge": {"duplicate": "never-was"},
    "/v1/referrals/{referral_id}/separation": {"duplicate": "never-was"},
    "/v1/referrals/{referral_id}/allocation": {"therapist": "theo"},
    "/v1/referrals/{referral_id}/allocation/end": {},
    "/v1/referrals/{referral_id}/appointments/{appointment_id}/attendance": {"attendanceCode": "6"},
    "/v1/referrals/{referral_id}/scores": {"tool": "GAD-7", "items": [1, 1, 1, 1, 1, 1, 1]},
    "/v1/referrals/{referral_id}/tasks": {"kind": "first-missed", "about": "appointment-full", "mark": "done"},
    "/v1/referrals/{referral_id}/scores/{score_id}/withdrawal": {},
    "/v1/referrals/{referral_id}/notes": {
        "kind": "session",
        "text": "He slept.",
        "thirdParty": False,
        "seriousHarm": False,
    },
    "/v1/referrals/{referral_id}/appointments": {"startsAt": "2026-03-11T10:00:00Z"},
    "/v1/referrals/{referral_id}/appointments/{appointment_id}": {"minutes": 60},
    "/v1/referrals/{referral_id}/preferences": {"suits": "Tue 13:00-17:00"},
    "/v1/people/{crn}/offender-manager": {"username": "otto"},
    "/v1/people/{crn}/limits/{limit_id}": {
        "type": "exclusion",
        "message": "m",
        "startDateTime": "2026-03-01",
        "usernames": ["otto"],
    },
    "/v1/referrals/{referral_id}/safety-records": {"plan": "p", "thirdParty": False, "seriousHarm": False},
    "/v1/referrals/{referral_id}/safety-alerts": {
        "summary": "s",
        "reason": "r",
        "urgency": "urgent",
        "addressedTo": "probation-lead",
    },
    "/v1/people/{crn}/meetings": {"startsAt": "2026-04-01T10:00:00Z", "therapist": "theo"},
    "/v1/people/{crn}/meetings/{meeting_id}": {"place": "p"},
    "/v1/people/{crn}/meetings/{meeting_id}/record": {"agreed": "a", "thirdParty": False, "seriousHarm": False},
    "/v1/people/{crn}/meetings/{meeting_id}/cancellation": {"reason": "r"},
    "/v1/people/{crn}/meetings/{meeting_id}/response": {"response": "accepted"},
    "/v1/people/{crn}/meetings/{meeting_id}/sign-off": {},
    "/v1/people/{crn}/safety-alerts/{alert_id}/acknowledgement": {},
    "/v1/people/{crn}/safety-alerts/{alert_id}/withdrawal": {"reason": "r"},
    "/v1/access": {"crns": [FULL]},
    "/v1/sync/removals/{removal_id}/acknowledgement": {},
    "/v1/audit/checkpoints": {},
    "/v1/audit/searches": {**PERIOD, "crn": FULL},
    "/v1/audit/counts": {**PERIOD, "crn": FULL},
    "/v1/audit/export": {**PERIOD, "crn": FULL},
    "/v1/sync/batches/{batch_id}": {"kind": "people"},
}
"""What each address that takes a body is sent."""
ASKED = {
    "/v1/audit/entries/{number}/proof": "/v1/audit/entries/0/proof",
    "/v1/audit/consistency": "/v1/audit/consistency?from=0",
    "/v1/audit/tile/{path:path}": "/v1/audit/tile/entries/000.p/1",
}
"""How a public address is asked for what is there, where its own path does not say it."""
PERIODS = ("/v1/audit/entries", "/v1/audit/counts", "/v1/audit/export")
"""Addresses that ask about a period."""


def _routes() -> Iterator[tuple[str, str]]:
    app = unstarted()
    for route in iter_route_contexts(app.routes):
        assert route.path
        for method in sorted(route.methods or ()):
            yield method, route.path


ROUTES = list(_routes())
GUARDED = [(method, path) for method, path in ROUTES if path not in PUBLIC]


def filled(path: str) -> str:
    named = path.format(
        crn=FULL, category="horoscope", referral_id="referral-full", request_id="request-full",
        username="olga", authorisation_id="never-was", limit_id="LM9",
        consent_id="consent-attendance", objection_id="objection-full",
        grant_id="grant-0", number=0, alert_id="alert-0", match_id="0b5e0000-0000-4000-8000-000000000000",
        batch_id="b1", appointment_id="appointment-full", meeting_id="meeting-full",
        score_id="outcome_score-full",
        removal_id="1",
    )  # fmt: skip
    return f"{named}?crn={FULL}" if path == "/subject-access-request" else named


def body_for(method: str, path: str) -> dict[str, Any]:
    if method == "GET":
        return {"params": PERIOD} if path in PERIODS else {}
    return {"json": BODIES[path]}


async def test_all_routes_are_found() -> None:
    assert len(ROUTES) >= 31
    assert len(GUARDED) >= 25
    assert {path for _, path in ROUTES} & PUBLIC.keys() == PUBLIC.keys() - {"/docs"}


async def test_every_public_address_says_why_it_is() -> None:
    assert all(len(reason.split()) >= 4 for reason in PUBLIC.values())


async def test_only_those_listed_take_a_body() -> None:
    assert {path for method, path in GUARDED if method != "GET"} == BODIES.keys()


@pytest.mark.parametrize("path", sorted(PUBLIC))
async def test_a_public_address_names_nobody_and_leaves_no_entry(service: Service, path: str) -> None:
    if path == "/oauth2/token":
        answer = await service.http.post(path)
        assert answer.json()["error"] == "invalid_request"
    elif path.endswith("/cosignatures"):
        answer = await service.http.post(path.format(size=0), content=FULL)
        assert told(answer)["code"] == "cosignature-invalid"
    else:
        await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
        await service.marked()
        answer = await service.http.get(ASKED.get(path, path))
        assert answer.status_code == 200
    assert f"Family{FULL}" not in answer.text
    assert FULL not in answer.text
    assert "audit-receipt" not in answer.headers
    assert await service.entries() == []


@many("method, path", GUARDED, ids=" ".join)
async def test_a_stranger_is_refused_and_one_entry_says_so(service: Service, method: str, path: str) -> None:
    await afresh(service)
    headers = {"Purpose-Of-Use": WORK}
    answer = await service.http.request(method, filled(path), headers=headers, **body_for(method, path))
    assert answer.status_code == 401
    assert told(answer)["code"] == "token-missing"
    assert answer.headers["www-authenticate"] == "Bearer"
    (entry,) = await service.entries()
    assert entry["type"] == "authentication"
    assert (entry["outcome"], entry["reason"]) == ("refused", "token-missing")
    assert (entry["resource"], entry["requestId"]) == (path, answer.headers["x-request-id"])
    assert entry["caller"] is None
    assert entry["subject"] is None


@many("method, path", GUARDED, ids=" ".join)
async def test_somebody_unknown_here_is_refused_and_one_entry_says_so(service: Service, method: str, path: str) -> None:
    await afresh(service)
    answer = await service.request(method, filled(path), *UNKNOWN, WORK, **body_for(method, path))
    if path == CRN_FREE:
        assert told(answer)["code"] == "category-unknown"
        return
    assert answer.status_code == 401
    assert told(answer)["code"] == "session-revoked"
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", "session-revoked", {})
    assert entry["caller"]["staff"] == "never-heard-of"
    assert entry["resource"] == path


@many("method, path", GUARDED, ids=" ".join)
async def test_somebody_who_left_is_refused_and_one_entry_says_so(service: Service, method: str, path: str) -> None:
    await afresh(service)
    answer = await service.request(method, filled(path), *GONE, WORK, **body_for(method, path))
    if path == CRN_FREE:
        assert told(answer)["code"] == "category-unknown"
        return
    about_nobody = path in LISTS and (method, path) != ("POST", "/v1/referrals")  # which names somebody in its body
    expected = (403, "standing-lapsed") if about_nobody else (404, "not-found")
    assert (answer.status_code, told(answer)["code"]) == expected
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["released"]) == ("refused", {})
    assert entry["reason"] == ("standing-lapsed" if about_nobody else "not-permitted")
    assert "employed" not in entry["facts"]["names"]


@many("method, path", GUARDED, ids=" ".join)
async def test_a_request_without_a_purpose_is_refused_with_one_entry(service: Service, method: str, path: str) -> None:
    await afresh(service)
    answer = await service.request(method, filled(path), *OLGA, None, **body_for(method, path))
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (400, "purpose-missing", "Purpose-Of-Use")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["purpose"]) == ("refused", "purpose-missing", None)
    assert entry["caller"]["staff"] == "olga"
    assert entry["resource"] == path


@pytest.mark.parametrize("word", ["curiosity", "Supervision", "SUPERVISION", "supervision, direct-care", "treat"])
async def test_a_purpose_nobody_agreed_on_is_refused_and_not_repeated(service: Service, word: str) -> None:
    answer = await service.get(f"/v1/people/{FULL}", *OLGA, word)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (400, "purpose-unknown", "Purpose-Of-Use")
    assert f"'{word}'" not in answer.text
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", "purpose-unknown")


async def test_a_request_that_names_two_purposes_names_none(service: Service) -> None:
    token = f"Bearer {service.token(*OLGA)}"
    headers = [("Authorization", token), ("Purpose-Of-Use", WORK), ("Purpose-Of-Use", "oversight")]
    answer = await service.http.get(f"/v1/people/{FULL}", headers=headers)
    assert answer.status_code == 400
    assert told(answer)["field"] == "Purpose-Of-Use"


@many("method, path", [pair for pair in GUARDED if pair[1] != CRN_FREE], ids=" ".join)
async def test_a_purpose_that_is_not_the_roles_is_refused_with_one_entry(
    service: Service, method: str, path: str
) -> None:
    await afresh(service)
    answer = await service.request(method, filled(path), *OLGA, CARE, **body_for(method, path))
    assert (answer.status_code, told(answer)["code"]) == (403, "purpose-not-for-role")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["purpose"]) == ("refused", "purpose-not-for-role", CARE)
    assert entry["facts"] is None


@pytest.mark.parametrize(
    ("who", "code", "purpose"),
    [
        pytest.param(THEO, "TREAT", "direct-care", id="TREAT is direct care"),
        pytest.param(OLGA, "THREAT", "public-protection", id="THREAT is public protection"),
        pytest.param(OLGA, "BTG", "emergency", id="BTG is an emergency"),
    ],
)
async def test_a_code_of_hl7_stands_for_its_purpose(service: Service, who: Any, code: str, purpose: str) -> None:
    crn = "X100002" if code == "BTG" else FULL
    answer = await service.get(f"/v1/people/{crn}", *who, code)
    assert answer.status_code == 200
    assert answer.json()["purpose"] == purpose
    (entry,) = await service.entries()
    assert entry["purpose"] == purpose
