"""1, 6 and 9: pages are full, nobody hidden is counted, a filter on what is hidden matches nobody, nor is it shown."""

from pathlib import Path
from typing import Any

import pytest

import app.tables as t
from tests import world
from tests.leaks.telling_apart import looks, seen
from tests.routers.cast import (
    ADAM,
    CARE,
    EXCLUDED,
    FULL,
    OLGA,
    PETRA,
    PROTECT,
    RESTRICTED,
    TARA,
    WORK,
    everybody,
    told,
)
from tests.world import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
SEARCH = "/v1/people/searches"


def _crowd() -> list[Any]:
    """Thirty people, of whom every third is on olga's caseload; each has a referral."""
    crns = [f"X2000{number:02}" for number in range(30)]
    return [
        *everybody(),
        *(world.person(crn) for crn in crns),
        *(world.caseload(crn, "olga" if number % 3 == 0 else "otto") for number, crn in enumerate(crns)),
        *(world.supervision(crn) for crn in crns),
        *(world.referral(crn, id=f"referral-{crn}") for crn in crns),
        *(row for crn in crns for row in world.consent(crn, "attendance")),
    ]


@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
@pytest.mark.asyncio(loop_scope="function")
async def test_pages_are_full_and_the_last_one_ends(sqlite_url: str, key_file: Path, size: int) -> None:
    await world.put(sqlite_url, _crowd())
    async with serving(sqlite_url, key_file) as service:
        for path, name in (("/v1/people", "crn"), ("/v1/referrals", "id")):
            found, lengths, following = [], [], ""
            while following is not None:
                page = (await service.get(f"{path}?pageSize={size}{following}", *OLGA, WORK)).json()
                assert page.keys() == {"data", "pagination"}
                assert page["pagination"].keys() == {"next", "pageSize"}
                found += [row[name] for row in page["data"]]
                lengths.append(len(page["data"]))
                following = page["pagination"]["next"] and f"&cursor={page['pagination']['next']}"
            mark = "" if name == "crn" else "referral-"
            assert found == [f"{mark}X2000{number:02}" for number in range(0, 30, 3)]
            assert all(length == size for length in lengths[:-1])
            assert lengths[-1] > 0
    assert len(await service.entries()) == 20


LIMITED = [
    pytest.param(RESTRICTED, id="a restricted record"),
    pytest.param(EXCLUDED, id="a record that others are excluded from"),
]


@pytest.mark.parametrize("crn", LIMITED)
async def test_a_limited_record_is_listed_without_a_name(service: Service, crn: str) -> None:
    answer = await service.get("/v1/people", *PETRA, PROTECT)
    row = next(row for row in answer.json()["data"] if row["crn"] == crn)
    assert row == {"crn": crn, "limited": True}
    assert f"Family{crn}" not in answer.text
    assert f"Family{FULL}" in answer.text
    shown = [entry["released"] for entry in await service.entries()]
    assert shown.count({"identity": ["crn"]}) == 2


@pytest.mark.parametrize("crn", LIMITED)
async def test_a_limited_record_is_not_found_by_what_its_row_does_not_say(service: Service, crn: str) -> None:
    for body in ({"familyName": f"Family{crn}"}, {"givenNames": f"Given{crn}"},
                 {"crn": crn, "familyName": f"Family{crn}"}, {"crn": crn, "dateOfBirth": "1980-01-01"}):  # fmt: skip
        answer = await service.request("POST", SEARCH, *PETRA, PROTECT, json=body)
        assert answer.json()["data"] == []
    by_crn = await service.request("POST", SEARCH, *PETRA, PROTECT, json={"crn": crn})
    assert by_crn.json()["data"] == [{"crn": crn, "limited": True}]


async def test_a_filter_that_nobody_in_the_role_may_use_is_refused_alike(service: Service) -> None:
    there = await looks(service, "POST", SEARCH, PETRA, WORK, json={"postcode": "LE1 1AA"})
    nobody = await looks(service, "POST", SEARCH, PETRA, WORK, json={"postcode": "LE9 9ZZ"})
    assert there == nobody
    assert there[0] == 403
    answer = await service.request("POST", SEARCH, *PETRA, WORK, json={"postcode": "LE1 1AA"})
    assert told(answer)["code"] == "filter-not-permitted"
    assert [entry["reason"] for entry in await service.entries()] == ["filter-not-permitted"] * 3


async def test_a_filter_matches_only_rows_whose_category_is_open(service: Service) -> None:
    """TARA knows who was referred, and nobody's address, as she treats nobody."""
    by_name = await service.request("POST", SEARCH, *TARA, CARE, json={"familyName": f"Family{FULL}"})
    assert [row["crn"] for row in by_name.json()["data"]] == [FULL]
    for body in ({"postcode": "LE1 1AA"}, {"crn": FULL, "postcode": "LE1 1AA"}):
        there = await looks(service, "POST", SEARCH, TARA, CARE, json=body)
        nobody = await looks(service, "POST", SEARCH, TARA, CARE, json=body | {"postcode": "LE9 9ZZ"})
        assert there[2] == nobody[2] == b'{"data":[],"pagination":{"next":null,"pageSize":50}}'
    by_adam = await service.request("POST", SEARCH, *ADAM, CARE, json={"crn": FULL, "postcode": "LE1 1AA"})
    assert [row["crn"] for row in by_adam.json()["data"]] == [FULL]


@pytest.mark.parametrize("status", ["received", "waiting", "in-treatment", "discharged", "draft"])
async def test_a_status_matches_no_referral_that_is_hidden(service: Service, status: str) -> None:
    answer = await service.get(f"/v1/referrals?status={status}", *OLGA, WORK)
    expected = {"in-treatment": ["referral-X100002", "referral-full"], "draft": ["draft-full"]}
    assert [row["id"] for row in answer.json()["data"]] == expected.get(status, [])


@pytest.mark.asyncio(loop_scope="function")
async def test_a_referral_that_may_not_be_known_is_in_no_list(service_alone: Service) -> None:
    before = seen(await service_alone.get("/v1/referrals?status=waiting", *OLGA, WORK, headers={"X-Request-ID": "1"}))
    extra = [world.referral(crn, status="waiting") for crn in ("X100003", "X100004", "X100005", "X100006")]
    await world.put(service_alone.url, extra)
    after = seen(await service_alone.get("/v1/referrals?status=waiting", *OLGA, WORK, headers={"X-Request-ID": "1"}))
    assert before[2] == after[2] == b'{"data":[],"pagination":{"next":null,"pageSize":50}}'


@pytest.mark.parametrize("path", ["/v1/people/X100001/history", "/v1/people/X100001/$everything", "/v1/people/_search",
                                  "/v1/people/X100001/notes/$export", "/v1/export", "/v1/audit"])  # fmt: skip
async def test_there_is_no_side_door(service: Service, path: str) -> None:
    answer = await service.get(path, *OLGA, WORK)
    assert answer.status_code in (400, 404)
    assert told(answer)["code"] in ("category-unknown", "crn-malformed", "route-not-found")


async def test_totals_are_there_and_answers_are_not_wherever_scores_are_told(service: Service) -> None:
    for path in (f"/v1/people/{FULL}", f"/v1/people/{FULL}/scores"):
        answer = await service.get(path, *OLGA, WORK)
        assert '"total":14.0,"band":"moderate"' in answer.text
        assert "items" not in answer.text


@pytest.mark.asyncio(loop_scope="function")
async def test_a_consent_that_names_less_than_a_party_cannot_be_kept(service_alone: Service) -> None:
    named = t.ConsentRecipient(consent_id="consent-attendance", party="olga", recorded_at=world.LONG_AGO)
    with pytest.raises(Exception, match="party_is_known"):
        await world.put(service_alone.url, [named])
