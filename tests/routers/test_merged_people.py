"""A person under two records: who is kept out of the one is kept out of the other, and learns nothing."""

from typing import Any

import pytest

from tests import world
from tests.leaks.telling_apart import looks
from tests.routers import consenting
from tests.routers.cast import (
    CARA,
    CARE,
    COURT,
    FULL,
    NOBODY,
    OLGA,
    OVERSIGHT,
    PROBATION,
    PROTECT,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.routers.feeding import dropped, feed, people
from tests.sync.lines import sent, someone
from tests.world import Service, subjects

LIMIT = {"message": "Ask Petra.", "startDateTime": "2026-03-01", "usernames": ["petra"]}
OLD, NEW = FULL, COURT


@pytest.fixture
async def merged(service_alone: Service) -> Service:
    """The old record was merged into the new one; nothing keeps anybody out yet."""
    await says(service_alone, "merge", OLD, 1, mergedInto=NEW)
    return service_alone


@pytest.fixture
async def merged_on_both(service_on_both: Service) -> Service:
    """The same on each database."""
    await says(service_on_both, "merge", OLD, 1, mergedInto=NEW)
    return service_on_both


async def says(service: Service, batch: str, crn: str, minute: int, **values: Any) -> None:
    """Probation sends a person, with what it has of them."""
    line = someone(crn, at=f"2026-03-10T09:{minute:02}:00Z", **values)
    assert await sent(service, batch, [line], PROBATION) == [("accepted", [])]


async def limits(service: Service, crn: str, kind: str, *names: str) -> None:
    """Probation limits a record."""
    body = LIMIT | {"type": kind} | ({"usernames": [*names]} if names else {})
    answer = await service.request("PUT", f"/v1/people/{crn}/limits/{kind}", *PROBATION, SYNC, json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("kind", "names"), [("restriction", ("petra",)), ("exclusion", ("olga", "theo"))])
async def test_whoever_is_kept_out_of_the_old_record_learns_nothing_of_the_new_one(
    merged: Service, kind: str, names: tuple[str, ...]
) -> None:
    service = merged
    for who, purpose in ((OLGA, WORK), (THEO, CARE)):
        assert (await service.get(f"/v1/people/{NEW}", *who, purpose)).status_code == 200
    await limits(service, OLD, kind, *names)
    await service.marked()
    for who, purpose in ((OLGA, WORK), (THEO, CARE)):
        for path in ("/v1/people/{}", "/v1/people/{}/identity", "/v1/people/{}/access"):
            asked = [await looks(service, "GET", path.format(crn), who, purpose) for crn in (NEW, NOBODY)]
            assert asked[0] == (asked[1][0], asked[1][1], asked[1][2].replace(NOBODY.encode(), NEW.encode())), path
        listed = (await service.get("/v1/people", *who, purpose)).json()["data"]
        assert not {OLD, NEW} & {each["crn"] for each in listed}
    refused = [each["reason"] for each in await service.entries() if each["outcome"] == "refused"]
    assert sorted(set(refused)) == ["not-on-file", "not-permitted"]
    assert refused.count("not-permitted") >= 6, "the log has the true reason"


async def test_its_own_users_limits_are_told_under_either_number(merged_on_both: Service) -> None:
    """H9: the probation service's own system is told what it said itself."""
    await limits(merged_on_both, OLD, "restriction")
    await limits(merged_on_both, NEW, "exclusion", "olga")
    asked = {"username": "olga", "crns": [OLD, NEW]}
    answer = await merged_on_both.request("POST", "/v1/access", *PROBATION, SYNC, json=asked)
    both = {
        "userRestricted": True,
        "restrictionMessage": "Ask Petra.",
        "userExcluded": True,
        "exclusionMessage": "Ask Petra.",
    }
    assert answer.json() == {"access": [{"crn": crn, **both} for crn in (OLD, NEW)]}
    petra = await merged_on_both.request("POST", "/v1/access", *PROBATION, SYNC, json=asked | {"username": "petra"})
    assert {each["userRestricted"] or each["userExcluded"] for each in petra.json()["access"]} == {False}


async def test_what_a_restriction_leaves_open_is_announced_and_names_are_in_no_list(merged: Service) -> None:
    """S3: a safety alert is read under the new number although the old record is restricted, and its owner is told."""
    await limits(merged, OLD, "restriction", "olga")
    listed = (await merged.get("/v1/people", *OLGA, WORK)).json()["data"]
    assert {each["crn"]: each for each in listed}[NEW] == {"crn": NEW, "limited": True}
    await limits(merged, OLD, "restriction")
    await merged.marked()
    alert = await merged.get(f"/v1/people/{NEW}/identity", *OLGA, PROTECT)
    assert alert.status_code == 200
    (entry,) = await merged.entries()
    assert (entry["outcome"], entry["clauses"], entry["announce"]) == ("permitted", ["P1"], "justice")


async def test_a_refusal_under_one_record_closes_what_was_agreed_to_under_the_other(merged: Service) -> None:
    service = merged
    await world.put(service.url, world.consent(NEW, "scores"))
    scores = f"/v1/people/{NEW}/scores"
    assert (await service.get(scores, *OLGA, WORK)).status_code == 200
    await world.put(service.url, world.consent(OLD, "scores", decision="refuse", id="the-refusal"))
    await service.marked()
    refused = await service.get(scores, *OLGA, WORK)
    assert (refused.status_code, told(refused)["code"]) == (403, "withheld")
    assert "the-refusal" not in refused.text
    assert OLD not in refused.text
    (part,) = [part for number, part in (await subjects(service.url)).items() if number > service.mark]
    assert "scores!the-refusal" in str(part) or "the-refusal" in str(part), "the log says which consent decided"
    await says(service, "parting", OLD, 2)
    assert (await service.get(scores, *OLGA, WORK)).status_code == 200


async def test_a_withdrawal_under_one_record_closes_what_was_agreed_to_before_it(merged: Service) -> None:
    service = merged
    await world.put(service.url, world.consent(NEW, "scores"))
    scores = f"/v1/people/{NEW}/scores"
    assert (await service.get(scores, *OLGA, WORK)).status_code == 200
    assert (await consenting.withdraw(service, "consent-scores")).status_code == 200
    refused = await service.get(scores, *OLGA, WORK)
    assert told(refused)["withheld"][0]["missing"][0]["fact"] == "consent:scores"


async def test_the_feed_drops_both_and_brings_them_back_when_they_are_parted(merged_on_both: Service) -> None:
    service = merged_on_both
    items, page = await feed(service, PROBATION)
    assert set(people(items)) == {OLD, NEW}
    await limits(service, OLD, "restriction")
    items, page = await feed(service, PROBATION, page["next"])
    assert (people(items), sorted(dropped(items))) == ({}, [("CRN", OLD), ("CRN", NEW)])
    await says(service, "parting", OLD, 2)
    items, page = await feed(service, PROBATION, page["next"])
    assert set(people(items)) == {NEW}
    await says(service, "again", OLD, 3, mergedInto=NEW)
    items, _ = await feed(service, PROBATION, page["next"])
    assert ("CRN", NEW) in dropped(items)


async def test_a_guardian_who_is_excluded_sees_no_pair_of_either(merged: Service) -> None:
    """S3 on lists that are not of people: the review list of possible matches."""
    service = merged
    about = world.of(world.t.Patient, NEW, id="registration-1", person_id=None)
    pair = world.t.IdentityMatch(
        id="pair",
        recorded_at=world.NOW,
        patient_id=about.id,
        person_id=world.person_id(NEW),
        state="possible",
        basis="weight",
    )
    await world.put(service.url, [about, pair])
    listed = "/v1/matches?state=possible"
    assert len((await service.get(listed, *CARA, OVERSIGHT)).json()["data"]) == 1
    await limits(service, OLD, "exclusion", "cara")
    assert (await service.get(listed, *CARA, OVERSIGHT)).json()["data"] == []
