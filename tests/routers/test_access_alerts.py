"""G6 over HTTP: who sees which alerts, what each says, how one is closed, and that every refusal is an entry."""

import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.records.writing import person_id
from app.vocabulary import Role
from tests import world
from tests.gate.house import fetched
from tests.leaks.telling_apart import ALIKE, seen
from tests.routers.cast import (
    ADAM,
    ALMA,
    BARE,
    CARA,
    CARE,
    CARLA,
    COLIN,
    COURT,
    EVALUATION,
    EXCLUDED,
    FULL,
    GONE,
    OLGA,
    OVERSIGHT,
    PETRA,
    PROBATION,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service, subjects

ALERTS = "/v1/audit/alerts"
JANE = (Role.AUDITOR, "jane")
NOTE = "They share a surname and are not related."


def alert(number: int, crn: str | None = FULL, *, staff: str = "theo", **values: Any) -> list[Any]:
    """An alert as the watcher keeps it, so many hours old."""
    at = NOW - timedelta(hours=number)
    about = {
        "id": f"alert-{number}", "recorded_at": at, "event_id": f"event-{number}", "key": f"{number}",
        "tripped_at": at - timedelta(minutes=5), "entries": json.dumps([number, number + 1]),
        "figures": json.dumps({"people": 2, "compared": "surname"}), "explanation": f"Explanation {number}.",
    }  # fmt: skip
    return world.alert(crn, staff, **about | values)


async def asks(service: Service, who: Any, method: str, path: str, **request: Any) -> httpx.Response:
    """One request for oversight; jane is the auditor of the justice party."""
    claims = {"party": "justice"} if who == JANE else {}
    headers = {"Authorization": f"Bearer {service.token(*who, **claims)}", "Purpose-Of-Use": OVERSIGHT}
    return await service.http.request(method, path, headers=headers | request.pop("headers", {}), **request)


async def listed(service: Service, who: Any = ALMA, **query: str) -> list[str]:
    answer = await asks(service, who, "GET", ALERTS, params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


async def closes(service: Service, number: int, who: Any = ALMA, **values: Any) -> httpx.Response:
    body = {"outcome": "false-positive", "note": NOTE} | values
    return await asks(service, who, "POST", f"{ALERTS}/alert-{number}/review", json=body)


@pytest.fixture
async def both(service_on_both: Service) -> Service:
    """The cast with alerts, on both databases."""
    return await filled(service_on_both)


@pytest.fixture
async def alone(service_alone: Service) -> Service:
    """The same on SQLite alone."""
    return await filled(service_alone)


async def filled(service: Service) -> Service:
    await world.put(service.url, [
        *world.staff("jane", Role.AUDITOR, party="justice"),
        *alert(1), *alert(2, COURT, staff="carla", rule="colleague"), *alert(3, None, rule="many-people"),
        *alert(4, BARE, staff="alma"), *alert(5, RESTRICTED), *alert(6, EXCLUDED),
        *world.limit(EXCLUDED, "exclusion", "alma"),
    ])  # fmt: skip
    return await service.marked()


async def test_an_alert_says_which_rule_on_what_and_whom_to_ask(both: Service) -> None:
    answer = await asks(both, ALMA, "GET", f"{ALERTS}/alert-1")
    assert answer.json() == {
        "id": "alert-1",
        "rule": "namesake",
        "explanation": "Explanation 1.",
        "staff": {"username": "theo", "party": "health", "role": "therapist", "name": "Theo"},
        "crn": FULL,
        "trippedAt": "2026-03-10T08:25:00Z",
        "raisedAt": "2026-03-10T08:30:00Z",
        "entries": [1, 2],
        "state": "open",
        "review": None,
        "figures": {"people": 2, "compared": "surname"},
        "ask": "their manager: why?",
        "manager": None,
        "eventId": "event-1",
    }
    (entry,) = await both.entries()
    assert (entry["type"], entry["action"], entry["outcome"], entry["clauses"]) == (
        "access", "review", "permitted", ["G6"])  # fmt: skip
    assert entry["released"] == {"access-alert": sorted(answer.json())}
    assert entry["details"] == {"read": "access_alert", "alert": "alert-1"}
    (part,) = (await subjects(both.url)).values()
    assert (part["crn"], part["personId"]) == (FULL, person_id(FULL))


async def test_one_about_nobody_in_particular_is_an_entry_about_nobody(both: Service) -> None:
    answer = await asks(both, CARA, "GET", f"{ALERTS}/alert-3")
    assert (answer.json()["crn"], answer.json()["rule"]) == (None, "many-people")
    assert await subjects(both.url) == {}


async def test_the_list_is_newest_first_without_what_its_reader_is_not_to_know(both: Service) -> None:
    """Not what is about themselves, nor about a record that excludes them or is restricted to others (S3)."""
    assert await listed(both) == ["alert-1", "alert-2", "alert-3"]
    assert await listed(both, CARA) == ["alert-1", "alert-2", "alert-3", "alert-4", "alert-6"]
    await world.put(both.url, world.limit(FULL, "restriction", "jane"))
    assert await listed(both, JANE) == ["alert-1", "alert-2", "alert-3", "alert-4", "alert-6"]
    assert await listed(both) == ["alert-2", "alert-3"]
    entries = await both.entries()
    assert [entry["details"] for entry in entries] == [
        {"listed": "access_alert", "shown": shown} for shown in (3, 5, 5, 2)]  # fmt: skip
    assert await subjects(both.url) == {}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"state": "open"}, [2, 3, 6], id="open"),
        pytest.param({"state": "closed"}, [1, 4], id="closed"),
        pytest.param({"rule": "namesake"}, [1, 4, 6], id="a rule"),
        pytest.param({"staff": "Carla"}, [2], id="a member of staff, however written"),
        pytest.param({"staff": "nobody"}, [], id="nobody"),
        pytest.param({"staff": "x\x00" * 40}, [], id="what nobody can be called"),
        pytest.param({"since": "2026-03-10T06:30:00Z"}, [1, 2, 3], id="from a moment on, that moment included"),
        pytest.param({"since": "2026-03-10T06:30:00.000001Z"}, [1, 2], id="and not a microsecond before it"),
        pytest.param({"rule": "namesake", "state": "open", "staff": "theo"}, [6], id="all at once"),
    ],
)
async def test_the_list_can_be_narrowed(alone: Service, query: dict[str, str], expected: list[int]) -> None:
    for number in (1, 4):
        assert (await closes(alone, number, CARA)).status_code == 200
    assert await listed(alone, CARA, **query) == [f"alert-{number}" for number in expected]


async def test_pages_go_on_where_the_last_ended(both: Service) -> None:
    await world.put(both.url, [row for n in (7, 8) for row in alert(n, None, recorded_at=NOW - timedelta(hours=6))])
    found, cursor = [], {}
    while True:
        answer = (await asks(both, CARA, "GET", ALERTS, params={"pageSize": "2"} | cursor)).json()
        found.append([each["id"] for each in answer["data"]])
        if answer["pagination"]["next"] is None:
            break
        cursor = {"cursor": answer["pagination"]["next"]}
    assert found == [["alert-1", "alert-2"], ["alert-3", "alert-4"], ["alert-8", "alert-7"], ["alert-6"]]
    other = await asks(both, CARA, "GET", ALERTS, params={"state": "open"} | cursor)
    assert (other.status_code, told(other)["code"]) == (400, "cursor-invalid")


async def test_a_false_alarm_is_closed_once_with_a_note_and_is_an_entry(both: Service) -> None:
    answer = await closes(both, 1)
    answered = answer.json()
    assert answered.pop("reviewedAt").startswith("2026-03-10T09:3")
    assert answered == {
        "id": "alert-1", "state": "closed", "outcome": "false-positive", "reviewedBy": "alma", "note": NOTE,
    }  # fmt: skip
    (entry,) = await both.entries()
    ((salt,),) = await fetched(both.url, "SELECT salt FROM log_subject ORDER BY seq DESC LIMIT 1")
    assert entry["answerDigest"] == hmac.digest(bytes(salt), answer.content, "sha256").hex(), "and so is the note"
    assert (entry["type"], entry["action"], entry["clauses"]) == ("change", "review", ["G6"])
    assert entry["details"] == {
        "alert": "alert-1", "change": "reviewed", "outcome": "false-positive", "table": "access_alert_review",
        "subjects": ["access-alert"]}  # fmt: skip
    shown = (await asks(both, CARA, "GET", f"{ALERTS}/alert-1")).json()
    assert (shown["state"], shown["review"]["note"], shown["review"]["reviewedBy"]) == ("closed", NOTE, "alma")
    await both.marked()
    again = await closes(both, 1, CARA, outcome="concern")
    assert (again.status_code, told(again)["code"]) == (409, "alert-closed")
    assert (await asks(both, CARA, "GET", f"{ALERTS}/alert-1")).json() == shown
    assert [entry["reason"] for entry in await both.entries()] == ["alert-closed", None]
    stored = await fetched(both.url, "SELECT person_id, note FROM access_alert_note")
    assert stored == [(person_id(FULL), NOTE)]
    assert await fetched(both.url, "SELECT rule, staff, explanation FROM access_alert WHERE id = 'alert-1'") == [
        ("namesake", "theo", "Explanation 1.")]  # fmt: skip


async def test_of_two_who_close_it_at_once_one_does(both: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.records import alerts

    found = alerts.one

    async def still_open(*about: Any) -> Any:
        alert = await found(*about)
        return alert and alert | {"outcome": None}

    monkeypatch.setattr(alerts, "one", still_open)
    assert (await closes(both, 1, CARA, outcome="concern")).status_code == 200
    late = await closes(both, 1)
    assert (late.status_code, told(late)["code"]) == (409, "changed-meanwhile")
    assert await fetched(both.url, "SELECT outcome, reviewed_by FROM access_alert_review") == [("concern", "cara")]
    assert [entry["outcome"] for entry in await both.entries()] == ["permitted", "refused"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        pytest.param(4, "own-alert", id="about themselves"),
        pytest.param(5, "not-permitted", id="about a restricted record on whose list they are not"),
        pytest.param(6, "not-permitted", id="about a record that excludes them"),
    ],
)
async def test_what_one_is_not_to_know_of_is_answered_like_what_there_is_not(
    both: Service, number: int, reason: str
) -> None:
    """By either address, byte for byte; the log has the true reason."""
    body = {"outcome": "justified", "note": NOTE}
    for method, suffix, sent in (("GET", "", {}), ("POST", "/review", {"json": body})):
        answers = []
        for identity in (f"alert-{number}", "alert-0"):
            path = f"{ALERTS}/{identity}{suffix}"
            answers.append(seen(await asks(both, ALMA, method, path, headers=dict(ALIKE), **sent)))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
        assert json.loads(answers[0][2])["code"] == "alert-unknown"
    assert [(entry["outcome"], entry["reason"]) for entry in await both.entries()] == [
        ("refused", reason), ("refused", "alert-unknown")] * 2  # fmt: skip
    assert await fetched(both.url, "SELECT alert_id FROM access_alert_review") == []


async def test_whoever_is_on_a_restricted_records_list_reviews_an_alert_about_it(both: Service) -> None:
    await world.put(both.url, world.limit(BARE, "restriction", "cara"))
    assert (await closes(both, 4, CARA)).status_code == 200
    assert (await closes(both, 4, JANE)).status_code == 404


WHO = [
    (OLGA, WORK), (PETRA, WORK), (PETRA, EVALUATION), (THEO, CARE), (CARLA, EVALUATION), (ADAM, CARE), (RORY, SUBJECT),
    (COLIN, EVALUATION), (PROBATION, SYNC),
]  # fmt: skip


@pytest.mark.parametrize(("who", "purpose"), WHO, ids=lambda each: str(each[1]) if isinstance(each, tuple) else each)
async def test_everybody_else_is_refused_alike_with_an_entry(alone: Service, who: Any, purpose: str) -> None:
    for method, path, sent in (
        ("GET", ALERTS, {}),
        ("GET", f"{ALERTS}/alert-1", {}),
        ("POST", f"{ALERTS}/alert-1/review", {"json": {"outcome": "justified", "note": NOTE}}),
    ):
        await alone.marked()
        answer = await alone.request(method, path, *who, purpose, **sent)
        other = await alone.request(method, path.replace("alert-1", "alert-0"), *who, purpose, **sent)
        assert (answer.status_code, told(answer)["code"]) == (403, "not-permitted-for-role")
        assert answer.content == other.content
        assert [entry["outcome"] for entry in await alone.entries()] == ["refused", "refused"]
    assert await fetched(alone.url, "SELECT alert_id FROM access_alert_review") == []


async def test_somebody_who_left_is_refused(alone: Service) -> None:
    answer = await alone.request("GET", ALERTS, *GONE, OVERSIGHT)
    assert (answer.status_code, told(answer)["code"]) == (403, "purpose-not-for-role")


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code", "field"),
    [
        ("GET", "", {"params": {"state": "shut"}}, 400, "parameter-invalid", "state"),
        ("GET", "", {"params": {"rule": "curiosity"}}, 400, "parameter-invalid", "rule"),
        ("GET", "", {"params": {"since": "yesterday"}}, 400, "parameter-invalid", "since"),
        ("GET", "", {"params": {"since": "2026-03-11T00:00:00Z"}}, 400, "parameter-invalid", "since"),
        ("GET", "", {"params": {"crn": FULL}}, 400, "parameter-unknown", "crn"),
        ("GET", "/no-number", {}, 404, "alert-unknown", None),
        ("POST", "/alert-1/review", {"json": {"outcome": "fine", "note": NOTE}}, 422, "body-invalid", "outcome"),
        ("POST", "/alert-1/review", {"json": {"outcome": "concern"}}, 422, "body-invalid", "note"),
        (
            "POST",
            "/alert-1/review",
            {"json": {"outcome": "concern", "note": " \u200b "}},
            422,
            "text-insufficient",
            "note",
        ),
        ("POST", "/alert-1/review", {"json": {"outcome": "concern", "note": "n\x00"}}, 422, "body-invalid", "note"),
    ],
)
async def test_a_request_that_cannot_be_used_is_an_entry(
    alone: Service, method: str, path: str, sent: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = await asks(alone, ALMA, method, ALERTS + path, **sent)
    assert (answer.status_code, told(answer)["code"], told(answer).get("field")) == (status, code, field)
    (entry,) = await alone.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", code)
    assert await fetched(alone.url, "SELECT alert_id FROM access_alert_review") == []


async def test_without_an_entry_nothing_is_shown_and_nothing_closed(
    alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.audit.submission import LogUnavailable

    async def fail(*_: object) -> None:
        raise LogUnavailable

    monkeypatch.setattr(alone.app.state.services.gate.log, "append", fail)
    for answer in (await asks(alone, ALMA, "GET", ALERTS), await closes(alone, 1)):
        assert answer.status_code == 503
        assert "Explanation" not in answer.text
    assert await fetched(alone.url, "SELECT alert_id FROM access_alert_review") == []
