"""5: where nothing is permitted the answer is the answer for nobody: status, headers and body, by every address."""

from typing import Any

import pytest

from tests.leaks.telling_apart import looks
from tests.routers.cast import (
    ALMA,
    BARE,
    CARE,
    CARLA,
    CLINICAL,
    COLIN,
    COURT,
    ELSEWHERE,
    EMERGENCY,
    EVALUATION,
    EXCLUDED,
    FULL,
    GONE,
    HANA,
    NOBODY,
    OLGA,
    OTTO,
    OVERSIGHT,
    PATHS,
    PETRA,
    PROBATION,
    PROTECT,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    TARA,
    THEO,
    WORK,
)
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDDEN = [
    pytest.param(OLGA, WORK, EXCLUDED, id="from who is excluded, though it is her caseload"),
    pytest.param(OLGA, PROTECT, EXCLUDED, id="from who is excluded, for protection too"),
    pytest.param(OLGA, WORK, RESTRICTED, id="from who is not on the list, though it is her caseload"),
    pytest.param(OLGA, EMERGENCY, FULL, id="in an emergency without a grant"),
    pytest.param(OTTO, WORK, FULL, id="from another offender manager"),
    pytest.param(OTTO, WORK, RESTRICTED, id="from who is on the list and on no caseload"),
    pytest.param(PETRA, WORK, RESTRICTED, id="from a lead who is not on the list"),
    pytest.param(PETRA, EVALUATION, FULL, id="from a lead who asks for figures"),
    pytest.param(THEO, CARE, EXCLUDED, id="from a therapist who is excluded"),
    pytest.param(THEO, CARE, BARE, id="from a therapist without a referral"),
    pytest.param(THEO, CARE, ELSEWHERE, id="from a therapist of another service"),
    pytest.param(TARA, EMERGENCY, COURT, id="from a therapist who has no grant of her own"),
    pytest.param(CARLA, CARE, RESTRICTED, id="from a clinical lead who is not on the list"),
    pytest.param(HANA, CARE, COURT, id="from a health trainer without consent"),
    pytest.param(RORY, SUBJECT, COURT, id="from a records officer without a request"),
    pytest.param(PROBATION, SYNC, BARE, id="from a system without a sentence"),
    pytest.param(CLINICAL, SYNC, ELSEWHERE, id="from the system of another service"),
    pytest.param(ALMA, OVERSIGHT, FULL, id="from an auditor, who reads no records"),
    pytest.param(COLIN, EVALUATION, FULL, id="from the commissioner"),
    pytest.param(GONE, WORK, FULL, id="from who has left"),
]


@pytest.mark.parametrize(("who", "purpose", "crn"), HIDDEN)
async def test_somebody_on_file_is_hidden(service: Service, who: Any, purpose: str, crn: str) -> None:
    for path in PATHS:
        there = await looks(service, "GET", path.format(crn=crn), who, purpose)
        nobody = await looks(service, "GET", path.format(crn=NOBODY), who, purpose)
        assert there == nobody, path
        assert there[0] == 404
        assert crn.encode() not in there[2]
    entries = await service.entries()
    assert [entry["reason"] for entry in entries] == ["not-permitted", "not-on-file"] * len(PATHS)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_somebody_on_file_is_hidden_by_every_method(service: Service, method: str) -> None:
    for path in PATHS:
        there = await looks(service, method, path.format(crn=EXCLUDED), OLGA, WORK)
        assert there == await looks(service, method, path.format(crn=NOBODY), OLGA, WORK)


@pytest.mark.parametrize(("who", "purpose", "crn"), HIDDEN)
async def test_a_search_does_not_find_whom_nobody_may_know(service: Service, who: Any, purpose: str, crn: str) -> None:
    address = "/v1/people/searches"
    for there, nobody in (
        ({"crn": crn}, {"crn": NOBODY}),
        ({"familyName": f"Family{crn}"}, {"familyName": f"Family{NOBODY}"}),
        ({"crn": crn, "dateOfBirth": "1980-01-01"}, {"crn": crn, "dateOfBirth": "1980-01-02"}),
        ({"crn": crn, "postcode": "LE1 1AA"}, {"crn": crn, "postcode": "LE9 9ZZ"}),
    ):
        await service.marked()
        found = await looks(service, "POST", address, who, purpose, json=there)
        receipts = [value for name, value in found[1] if name == "audit-receipt"]
        missed = await looks(service, "POST", address, who, purpose, json=nobody)
        assert found[::2] == missed[::2]
        assert len(await service.entries()) == 2
        assert len(receipts) == sum(name == "audit-receipt" for name, _ in missed[1])


REFERRALS = [
    pytest.param(OTTO, WORK, "referral-full", id="of somebody on another caseload"),
    pytest.param(OTTO, WORK, "draft-full", id="that is another's draft"),
    pytest.param(OLGA, WORK, "draft-otto", id="that is another's draft of somebody on her caseload"),
    pytest.param(OLGA, WORK, "referral-X100004", id="of a restricted record"),
    pytest.param(THEO, CARE, "referral-elsewhere", id="to another service"),
    pytest.param(THEO, CARE, "draft-full", id="that was not sent yet"),
    pytest.param(RORY, SUBJECT, "referral-X100002", id="of somebody who asked for nothing"),
    pytest.param(PETRA, WORK, "referral-full", id="from a lead who may know the person and no referral"),
    pytest.param(OLGA, PROTECT, "referral-full", id="for protection, which opens no referral"),
    pytest.param(OLGA, EMERGENCY, "referral-X100002", id="in an emergency, which opens her no referral"),
]


@pytest.mark.parametrize(("who", "purpose", "referral"), REFERRALS)
async def test_a_referral_out_of_reach_is_one_that_does_not_exist(
    service: Service, who: Any, purpose: str, referral: str
) -> None:
    there = await looks(service, "GET", f"/v1/referrals/{referral}", who, purpose)
    nobody = await looks(service, "GET", "/v1/referrals/never-was", who, purpose)
    assert there == nobody
    assert len(await service.entries()) == 2
