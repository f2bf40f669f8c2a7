"""G8 over HTTP: what a guardian sees of a possible match, what they can decide, and that each look is an entry."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

import app.tables as t
from app.records.writing import person_id
from tests import world
from tests.leaks.telling_apart import ALIKE, seen
from tests.routers.cast import (
    ALMA,
    BARE,
    CARA,
    CARE,
    CARLA,
    COURT,
    EXCLUDED,
    FULL,
    OLGA,
    OVERSIGHT,
    RESTRICTED,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service, subjects

MATCHES = "/v1/matches"
NOTE = "The service asked them for their CRN."
NHS = "9990000018"


def pair(number: int, of: str, state: str = "possible", **values: Any) -> list[Any]:
    """A registration beside a person, as matching keeps it, so many hours old: they share a CRN, and that is all."""
    own = t.Patient(
        **world.made()
        | {"id": f"registration-{number}", "source": "RT5", "source_id": f"LPT{number}", "crn": of}
        | ({"person_id": person_id(of)} if state == "linked" else {})
        | values
    )
    return [own, beside(number, own.id, of, state)]


def beside(number: int, own: str, crn: str, state: str = "possible") -> Any:
    basis: dict[str, Any] = {"basis": "identifier-contradicted"}
    if state == "linked":
        basis = {"basis": "decided", "decided_by": "gus", "decided_at": NOW, "note": "so they said"}
    at = NOW - timedelta(hours=number)
    keys = {"id": match(number), "patient_id": own, "person_id": person_id(crn)}
    return t.IdentityMatch(**keys, recorded_at=at, state=state, **basis)


def match(number: int) -> str:
    return f"0b5e0000-0000-4000-8000-{number:012}"


async def asks(service: Service, method: str, path: str, who: Any = CARA, **request: Any) -> httpx.Response:
    return await service.request(method, f"{MATCHES}{path}", *who, OVERSIGHT, **request)


async def decides(service: Service, number: int, what: str, who: Any = CARA, note: str = NOTE) -> httpx.Response:
    return await asks(service, "POST", f"/{match(number)}/{what}", who, json={"note": note})


async def listed(service: Service, **query: Any) -> list[str]:
    answer = await asks(service, "GET", "", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


async def states(service: Service) -> list[tuple[str, str]]:
    (rows,) = await world.execute(
        service.url, [(select(t.IdentityMatch.state, t.IdentityMatch.basis).order_by(t.IdentityMatch.id), None)]
    )
    return rows


@pytest.fixture
async def both(service_on_both: Service) -> Service:
    return await filled(service_on_both)


@pytest.fixture
async def alone(service_alone: Service) -> Service:
    return await filled(service_alone)


async def filled(service: Service) -> Service:
    await world.put(service.url, [
        *pair(1, FULL, crn=None, nhs_number=NHS, postcode="LE1 1AB", date_of_birth=date(1980, 1, 2), gender="1"),
        *pair(2, COURT), *pair(3, RESTRICTED),
        *pair(4, EXCLUDED), *pair(5, BARE, "linked"), *world.limit(EXCLUDED, "exclusion", "cara"),
    ])  # fmt: skip
    return await service.marked()


async def test_both_sides_stand_beside_each_other_with_what_agrees(both: Service) -> None:
    answer = await asks(both, "GET", f"/{match(1)}")
    assert answer.json() == {
        "id": match(1),
        "state": "possible",
        "basis": "identifier-contradicted",
        "since": "2026-03-10T08:30:00Z",
        "weight": 27.7,
        "agreement": {
            "nhsNumber": "same", "crn": "unknown", "pncNumber": "unknown", "dateOfBirth": "alike",
            "familyName": "unknown", "givenNames": "unknown", "postcode": "alike", "sex": "same",
        },
        "person": {
            "crn": FULL, "nhsNumber": NHS, "pncNumber": "1981/0000034U", "familyName": f"Family{FULL}",
            "givenNames": f"Given{FULL}", "dateOfBirth": "1980-01-01", "sex": "male",
        },
        "registration": {
            "source": "RT5", "localId": "LPT1", "crn": None, "nhsNumber": NHS, "pncNumber": None, "familyName": None,
            "givenNames": None, "dateOfBirth": "1980-01-02", "sex": "male",
        },
        "decision": None,
    }  # fmt: skip
    assert "LE1 1A" not in answer.text
    (entry,) = await both.entries()
    assert (entry["type"], entry["action"], entry["outcome"], entry["clauses"]) == (
        "access",
        "read",
        "permitted",
        ["G8"],
    )
    assert sorted(entry["released"]) == ["identity", "identity-link"]
    assert entry["details"] == {"match": match(1), "read": "identity_match"}
    (part,) = (await subjects(both.url)).values()
    assert (part["crn"], part["personId"]) == (FULL, person_id(FULL))


async def test_the_review_list_leaves_out_whoever_is_kept_from_its_reader(both: Service) -> None:
    """A record that excludes them, and one that is restricted to others (S3); an entry for each who is shown."""
    assert await listed(both) == [match(1), match(2)]
    entries = await both.entries()
    assert [(entry["outcome"], entry["details"]["shown"]) for entry in entries] == [("permitted", 2)] * 2
    assert [part["crn"] for part in (await subjects(both.url)).values()] == [FULL, COURT]
    assert await listed(both, state="linked") == [match(5)]
    assert await listed(both, state="dismissed") == []
    assert (await both.entries())[-1]["subject"] is None


async def test_the_list_goes_on_where_the_page_ended(both: Service) -> None:
    first = (await asks(both, "GET", "", params={"pageSize": 1})).json()
    assert [each["id"] for each in first["data"]] == [match(1)]
    rest = (await asks(both, "GET", "", params={"pageSize": 1, "cursor": first["pagination"]["next"]})).json()
    assert ([each["id"] for each in rest["data"]], rest["pagination"]["next"]) == ([match(2)], None)
    other = await asks(both, "GET", "", params={"state": "linked", "cursor": first["pagination"]["next"]})
    assert (other.status_code, told(other)["code"]) == (400, "cursor-invalid")


async def test_a_link_holds_from_the_next_request_on(both: Service) -> None:
    answer = await decides(both, 1, "link")
    assert answer.json() == {"id": match(1), "state": "linked"}
    (entry,) = await both.entries()
    assert (entry["type"], entry["action"], entry["clauses"]) == ("change", "link", ["G8"])
    assert entry["details"] == {
        "match": match(1), "change": "linked", "table": "identity_match", "subjects": ["identity", "identity-link"],
    }  # fmt: skip
    assert NOTE not in str(entry)
    shown = (await asks(both, "GET", f"/{match(1)}")).json()
    assert (shown["state"], shown["basis"]) == ("linked", "decided")
    assert (shown["decision"]["by"], shown["decision"]["note"]) == ("cara", NOTE)
    again = await decides(both, 1, "link")
    assert (again.status_code, told(again)["code"]) == (409, "match-decided")


async def test_an_unlinked_registration_takes_with_it_what_it_brought(both: Service) -> None:
    brought = world.referral(BARE, id="referral-brought", patient_id="registration-5")
    await world.put(both.url, [brought, world.treating(BARE, "theo", brought)])
    assert (await both.get(f"/v1/people/{BARE}/referral", *THEO, CARE)).status_code == 200
    assert (await decides(both, 5, "unlink")).json() == {"id": match(5), "state": "dismissed"}
    answer = await both.get(f"/v1/people/{BARE}/referral", *THEO, CARE)
    assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
    entry = (await both.entries())[1]
    assert (entry["action"], entry["details"]["change"]) == ("unlink", "dismissed")
    assert (await decides(both, 5, "link")).json()["state"] == "linked"


async def test_what_was_held_is_let_in_with_the_link(both: Service) -> None:
    """In its transaction: where it cannot be let in, nobody is linked."""
    told_of: list[str] = []

    def released(registrations: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        told_of.extend(registrations)
        return [("UPDATE patient SET gp_practice = 'C82902' WHERE id = 'registration-1'", (), 1)]

    both.app.state.services.matching.released = released
    await decides(both, 2, "dismissal")
    assert told_of == []
    await decides(both, 1, "link")
    assert told_of == ["registration-1"]
    (rows,) = await world.execute(both.url, [(select(t.Patient.gp_practice).where(t.Patient.crn.is_(None)), None)])
    assert rows == [("C82902",)]
    both.app.state.services.matching.released = lambda _: [
        ("UPDATE patient SET gp_practice = NULL WHERE id = ''", (), 1)
    ]
    await decides(both, 5, "unlink")
    assert (await decides(both, 5, "link")).status_code == 409
    assert [state for state, _ in await states(both)].count("linked") == 1


async def test_a_registration_is_one_persons(both: Service) -> None:
    await world.put(both.url, [beside(6, "registration-5", COURT)])
    renamed = update(t.Patient).where(t.Patient.id == "registration-5").values(crn=COURT)
    await world.execute(both.url, [(renamed, None)])
    answer = await decides(both, 6, "link")
    assert (answer.status_code, told(answer)["code"]) == (409, "registration-linked")
    assert (await both.entries())[-1]["reason"] == "registration-linked"
    assert (await decides(both, 5, "unlink")).status_code == 200
    assert (await decides(both, 6, "link")).status_code == 200


async def test_what_is_dismissed_is_on_the_list_no_more(alone: Service) -> None:
    assert (await decides(alone, 2, "dismissal")).json() == {"id": match(2), "state": "dismissed"}
    assert await listed(alone) == [match(1)]
    assert await listed(alone, state="dismissed") == [match(2)]
    for number, what in ((2, "dismissal"), (2, "unlink"), (1, "unlink"), (5, "dismissal"), (5, "link")):
        answer = await decides(alone, number, what)
        assert (answer.status_code, told(answer)["code"]) == (409, "match-decided"), (number, what)


@pytest.mark.parametrize("number", [pytest.param(3, id="restricted"), pytest.param(4, id="excluded")])
@pytest.mark.parametrize("what", ["link", "unlink", "dismissal"])
async def test_what_is_kept_from_a_guardian_is_for_them_not_there(alone: Service, number: int, what: str) -> None:
    asked = {"json": {"note": NOTE}, "headers": ALIKE}
    unknown, kept = [await asks(alone, "POST", f"/{match(each)}/{what}", **asked) for each in (9, number)]
    assert (kept.status_code, told(kept)["code"]) == (404, "match-unknown")
    assert seen(unknown) == seen(kept)
    first, second = await alone.entries()
    assert (first["reason"], second["reason"]) == ("match-unknown", "not-permitted")
    assert len(await states(alone)) == 5


@pytest.mark.parametrize(
    ("who", "purpose"), [(ALMA, OVERSIGHT), (CARLA, CARE), (OLGA, WORK)], ids=["auditor", "clinical lead", "manager"]
)
async def test_nobody_else_sees_or_decides(alone: Service, who: Any, purpose: str) -> None:
    for method, path in (("GET", ""), ("GET", f"/{match(1)}"), ("POST", f"/{match(1)}/link")):
        body = {"json": {"note": NOTE}} if method == "POST" else {}
        answer = await alone.request(method, f"{MATCHES}{path}", *who, purpose, **body)
        assert (answer.status_code, told(answer)["code"]) == (403, "not-permitted-for-role")
    assert [entry["outcome"] for entry in await alone.entries()] == ["refused"] * 3


async def test_a_note_says_why(alone: Service) -> None:
    for note, code in (("  ", "text-insufficient"), ("x" * 2001, "body-invalid"), ("\0", "body-invalid")):
        answer = await decides(alone, 1, "link", note=note)
        assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, "note")
    assert (await asks(alone, "GET", "", params={"state": "lapsed"})).status_code == 400
    assert (await asks(alone, "GET", "/never-was")).status_code == 404
