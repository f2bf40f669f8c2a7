"""The twelve ways in which peers leak, each by its number and once in short; the files beside this one go into each."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text

import app.tables as t
from app.audit.submission import LogUnavailable
from app.main import PUBLIC
from app.vocabulary import CATEGORIES, FACTS, Fact, Purpose, Role, parties_of
from tests import world
from tests.leaks.routes import METHODS, Filling, Route, routes
from tests.leaks.telling_apart import looks
from tests.many import many
from tests.policies.asking import asks, decided, standing
from tests.routers.cast import (
    CARE,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    PATHS,
    PETRA,
    RORY,
    SUBJECT,
    TARA,
    THEO,
    WORK,
    everybody,
    told,
)
from tests.world import NOW, Service, consent, execute, serving

LOOP = pytest.mark.asyncio(loop_scope="session")
SEARCH = "/v1/people/searches"
GUARDED = [route for route in routes() if route.path not in PUBLIC]
CRN = "X300001"


def _about(route: Route, crn: str) -> dict[str, Any]:
    """A request about this person, the same each time but for the person."""
    sent = Filling([crn], ["referral-full"], {}, Random(1)).request(route)
    return {"path": sent.path, "params": dict(sent.query), **({"json": sent.body} if sent.body is not None else {})}


def _fits(template: str, path: str) -> bool:
    """Whether an address is one of a template's: one that takes an id may be named like another's word."""
    return re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", template), path) is not None


@LOOP
async def test_1_a_query_tells_nothing_of_what_it_may_not_read(service: Service) -> None:
    for who, purpose, there, nobody in (
        (PETRA, WORK, {"postcode": "LE1 1AA"}, {"postcode": "LE9 9ZZ"}),
        (TARA, CARE, {"crn": FULL, "postcode": "LE1 1AA"}, {"crn": FULL, "postcode": "LE9 9ZZ"}),
        (OTTO, WORK, {"familyName": f"Family{FULL}"}, {"familyName": "Nobody"}),
    ):
        one = await looks(service, "POST", SEARCH, who, purpose, json=there)
        other = await looks(service, "POST", SEARCH, who, purpose, json=nobody)
        assert (one[0], one[2]) == (other[0], other[2])
        assert FULL.encode() not in one[2]


async def test_2_a_withdrawal_holds_for_the_next_request_and_for_an_old_cursor(service_alone: Service) -> None:
    path, page = f"/v1/people/{FULL}/attendance", "/v1/referrals?pageSize=2"
    assert (await service_alone.get(path, *OLGA, WORK)).status_code == 200
    cursor = (await service_alone.get(page, *OLGA, WORK)).json()["pagination"]["next"]
    withdrawn = (NOW - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    change = text("UPDATE consent SET withdrawn_at = :at WHERE scope = 'attendance'")
    await execute(service_alone.url, [(change, {"at": withdrawn})])
    assert (await service_alone.get(path, *OLGA, WORK)).status_code == 403
    assert (await service_alone.get(f"{page}&cursor={cursor}", *OLGA, WORK)).json()["data"] == []
    again = await service_alone.get(path, *OLGA, WORK, headers={"If-None-Match": "*"})
    assert again.status_code == 403


@LOOP
@many("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
async def test_3_what_cannot_be_written_down_is_not_answered(
    service: Service, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    async def fails(*_: Any) -> None:
        raise LogUnavailable("nothing was written")

    monkeypatch.setattr(service.app.state.services.gate.log, "append", fails)
    about = _about(route, FULL)
    answer = await service.request(route.method, about.pop("path"), *OLGA, WORK, **about)
    assert (answer.status_code, told(answer)["code"]) == (503, "unavailable")
    assert f"Family{FULL}" not in answer.text


@LOOP
async def test_4_there_is_no_side_door(service: Service) -> None:
    for route in GUARDED:
        about = _about(route, FULL)
        declared = {each.method for each in GUARDED if _fits(each.path, about["path"])}
        for method in (each for each in METHODS if each not in declared):
            answer = await service.request(method, about["path"], *OLGA, WORK)
            assert answer.status_code in (400, 404, 405), (method, route.path)
            assert FULL not in answer.text
            assert "audit-receipt" not in answer.headers
    for question in (
        "_summary=count",
        "_include=*",
        "_elements=notes",
        "_has=x",
        "_history",
        "expand=notes",
        "total=1",
    ):
        for path in ("/v1/people", f"/v1/people/{FULL}", "/v1/referrals"):
            answer = await service.get(f"{path}?{question}", *OLGA, WORK)
            assert (answer.status_code, told(answer)["code"]) == (400, "parameter-unknown")


@LOOP
async def test_5_nobody_learns_that_somebody_exists(service: Service) -> None:
    """By any address that names a person, and any method."""
    addresses = [route for route in GUARDED if "{crn}" in route.path]
    assert len(addresses) >= len(PATHS)
    for number, route in enumerate(addresses):
        for method in {route.method, METHODS[number % len(METHODS)]}:
            there, nobody = _about(route, EXCLUDED), _about(route, NOBODY)
            seen = [await looks(service, method, each.pop("path"), OLGA, WORK, **each) for each in (there, nobody)]
            assert seen[0] == seen[1], (method, route.path)


@LOOP
async def test_6_pages_are_full_and_nothing_is_counted_that_is_hidden(service: Service) -> None:
    whole = (await service.get("/v1/people?pageSize=200", *OLGA, WORK)).json()
    assert whole.keys() == {"data", "pagination"}
    assert whole["pagination"] == {"next": None, "pageSize": 200}
    found, following = [], ""
    while True:
        page = (await service.get(f"/v1/people?pageSize=1{following}", *OLGA, WORK)).json()
        assert len(page["data"]) == 1
        found += page["data"]
        if page["pagination"]["next"] is None:
            break
        following = f"&cursor={page['pagination']['next']}"
    assert found == whole["data"]
    assert not {EXCLUDED, "X100004", "X100006"} & {row["crn"] for row in found}


async def test_7_what_is_protected_is_not_stored_and_no_tag_tells_what_is_hidden(service_alone: Service) -> None:
    reading = [route for route in GUARDED if route.method == "GET"]
    callers = ((OLGA, WORK), (THEO, CARE), (PETRA, WORK))

    async def tags() -> list[Any]:
        known = []
        for who, purpose in callers:
            for route in reading:
                about = _about(route, FULL)
                answer = await service_alone.get(about["path"], *who, purpose, params=about["params"])
                assert answer.headers["cache-control"] == "no-store", route.path
                assert answer.status_code != 304
                known.append((route.path, answer.status_code, answer.headers.get("etag")))
        return known

    before = await tags()
    assert any(status == 200 for _, status, _ in before)
    hidden = text("UPDATE person SET family_name = 'HIDDEN' WHERE crn = 'X100004'")
    await execute(service_alone.url, [(hidden, None)])
    assert await tags() == before


def test_8_nothing_that_is_added_lifts_an_exclusion_or_a_prohibition() -> None:
    """No role and no fact widens past what withholds: with all that grants, the excluded still see nothing."""
    everything = sum(fact.bit for fact in FACTS if not fact.withholds)
    for role in Role:
        for party in parties_of(role):
            for purpose in Purpose:
                asked = asks(role, purpose, "read", *CATEGORIES, party=party.value)
                assert not decided(asked, everything | Fact.EXCLUDED.bit).any_permitted
                if party.value == "justice":
                    never = asks(role, purpose, "read", "clinical", "notes", "safety", party=party.value)
                    assert not decided(never, everything | standing(role)).any_permitted


@LOOP
async def test_9_what_is_kept_back_is_the_sensitive_part_and_the_rest_is_there(service: Service) -> None:
    scores = (await service.get(f"/v1/people/{FULL}/scores", *OLGA, WORK)).text
    assert '"total":14.0' in scores
    assert "items full" not in scores
    whole = (await service.get(f"/v1/people/{FULL}", *OLGA, WORK)).text
    for there in (f"Family{FULL}", "offence full", "zone full", "obligation full", "goals full", "agreed full"):
        assert there in whole, there
    for hidden in (
        "note full",
        "problem full",
        "medication full",
        "plan full",
        "self full",
        "items full",
    ):
        assert hidden not in whole, hidden
    notes = (await service.get(f"/v1/people/{FULL}/notes", *RORY, SUBJECT)).text
    assert "note full" in notes
    assert "note of harm" not in notes


@pytest.mark.parametrize(
    ("now", "status"),
    [
        pytest.param(datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), 200, id="the second before midnight in London"),
        pytest.param(datetime(2026, 6, 30, 23, 0, 0, tzinfo=UTC), 403, id="midnight in London"),
    ],
)
async def test_10_what_ends_on_a_day_holds_to_the_end_of_it_in_london(
    sqlite_url: str, key_file: Path, now: datetime, status: int
) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        *_one_patient(begun, date(2026, 6, 30)),
        *consent(CRN, "progress", valid_from=begun),
        world.training("olga", "information-sharing", expires_on=date(2027, 1, 1)),
    ]
    await world.put(sqlite_url, rows)
    with patch("app.config.Clock.__call__", lambda _: now):
        async with serving(sqlite_url, key_file) as service:
            assert (await service.get(f"/v1/people/{CRN}/progress", *OLGA, WORK)).status_code == status


def _one_patient(begun: datetime, last: date) -> list[Any]:
    return [
        *everybody(),
        world.person(CRN),
        world.caseload(CRN, "olga", valid_from=begun),
        world.supervision(CRN, start_date=begun.date(), end_date=last),
    ]


@pytest.mark.parametrize("first", ["permit", "refuse"])
async def test_11_a_refusal_beats_a_permission_whichever_was_first(sqlite_url: str, key_file: Path, first: str) -> None:
    second = {"permit": "refuse", "refuse": "permit"}[first]
    said = [*consent(CRN, "progress", decision=first, valid_from=NOW - timedelta(days=9)),
            *consent(CRN, "progress", decision=second, valid_from=NOW - timedelta(days=2))]  # fmt: skip
    await world.put(sqlite_url, [*_one_patient(NOW - timedelta(days=30), date(2027, 1, 1)), *said])
    async with serving(sqlite_url, key_file) as service:
        assert (await service.get(f"/v1/people/{CRN}/progress", *OLGA, WORK)).status_code == 403


async def test_12_a_consent_that_could_not_be_kept_to_is_not_kept(service_alone: Service) -> None:
    """Its recipients are parties: anything narrower the database itself refuses."""
    narrower = t.ConsentRecipient(consent_id="consent-attendance", party="olga", recorded_at=world.LONG_AGO)
    with pytest.raises(Exception, match="party_is_known"):
        await world.put(service_alone.url, [narrower])
