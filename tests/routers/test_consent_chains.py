"""One consent after another: of the same person and scope, of the newest, and not before it."""

from typing import Any

import pytest

from app.services import consents
from tests import world
from tests.routers.cast import (
    BARE,
    FULL,
    OLGA,
    WORK,
    told,
)
from tests.routers.consenting import record, rows_of, states, withdraw
from tests.world import Service


async def test_one_after_the_other(service_alone: Service) -> None:
    first = (await record(service_alone, BARE)).json()["id"]
    second = (await record(service_alone, BARE, supersedes=first, decision="refuse")).json()["id"]
    third = (await record(service_alone, BARE, supersedes=second)).json()["id"]
    assert await states(service_alone, BARE) == {first: "superseded", second: "superseded", third: "effective"}


async def test_only_the_newest_is_superseded(service_alone: Service) -> None:
    first = (await record(service_alone, BARE)).json()["id"]
    await record(service_alone, BARE, supersedes=first)
    refused = await record(service_alone, BARE, supersedes=first)
    assert (told(refused)["code"], told(refused)["field"]) == ("consent-chain", "supersedes")
    assert len(await rows_of(service_alone, BARE)) == 2


async def test_not_across_scopes(service_alone: Service) -> None:
    refused = await record(service_alone, FULL, supersedes="consent-progress")
    assert told(refused)["code"] == "consent-chain"


async def test_not_before_what_it_supersedes(service_alone: Service) -> None:
    first = (await record(service_alone, BARE, validFrom="2026-03-20")).json()
    assert first["state"] == "not-yet"
    refused = await record(service_alone, BARE, supersedes=first["id"], validFrom="2026-03-19")
    assert (told(refused)["code"], told(refused)["field"]) == ("period-backdated", "validFrom")
    later = await record(service_alone, BARE, supersedes=first["id"], validFrom="2026-03-20")
    assert (later.status_code, later.json()["state"]) == (201, "not-yet")


async def test_not_before_the_last_withdrawal(service_alone: Service) -> None:
    first = (await record(service_alone, BARE)).json()["id"]
    await withdraw(service_alone, first)
    refused = await record(service_alone, BARE, validFrom="2026-03-10T08:00:00Z")
    assert (told(refused)["code"], told(refused)["field"]) == ("period-backdated", "validFrom")
    assert len(await rows_of(service_alone, BARE)) == 1
    assert (await record(service_alone, BARE, validFrom="2026-03-10")).status_code == 201  # today: from now on


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        pytest.param({}, {}, 422, id="two permissions"),
        pytest.param({"validUntil": "2026-04-01"}, {"validFrom": "2026-04-01"}, 422, id="on one day"),
        pytest.param({"validUntil": "2026-04-01"}, {"validFrom": "2026-04-02"}, 201, id="day after day"),
        pytest.param({"decision": "refuse"}, {}, 422, id="a permission beside a refusal"),
        pytest.param({"decision": "refuse"}, {"decision": "refuse"}, 422, id="two refusals"),
        pytest.param({}, {"decision": "refuse"}, 201, id="a refusal beside a permission"),
        pytest.param({}, {"scope": "scores"}, 201, id="another scope"),
    ],
)
async def test_overlapping_periods(
    service_alone: Service, first: dict[str, Any], second: dict[str, Any], status: int
) -> None:
    assert (await record(service_alone, BARE, **first)).status_code == 201
    answer = await record(service_alone, BARE, **second)
    assert answer.status_code == status
    assert len(await rows_of(service_alone, BARE)) == (2 if status == 201 else 1)
    if status == 422:
        assert (told(answer)["code"], told(answer)["field"]) == ("consent-overlaps", "supersedes")


async def test_a_refusal_beats_a_permission_until_it_is_superseded(service_on_both: Service) -> None:
    service, path = service_on_both, f"/v1/people/{FULL}/attendance"
    no = (await record(service, FULL, decision="refuse", validFrom="2026-03-10")).json()["id"]
    await service.marked()
    assert (await service.get(path, *OLGA, WORK)).status_code == 403
    assert (await states(service, FULL))["consent-attendance"] == "outweighed"
    cited = (await world.subjects(service.url))[service.mark + 1]["consents"]
    assert sorted(cited) == sorted(["consent-attendance", no])  # leak 11: both are cited
    stuck = await record(service, FULL, supersedes=no)
    assert told(stuck)["code"] == "consent-overlaps"  # the older permission would outlive its withdrawal
    await withdraw(service, "consent-attendance")
    yes = await record(service, FULL, supersedes=no)
    assert yes.json()["state"] == "effective"
    assert (await service.get(path, *OLGA, WORK)).status_code == 200


async def test_what_somebody_else_recorded_meanwhile_is_a_conflict(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = consents.records.of_scope

    async def slowly(*given: Any) -> Any:
        found = await before(*given)
        monkeypatch.setattr(consents.records, "of_scope", before)
        assert (await record(service_alone, BARE)).status_code == 201
        return found

    monkeypatch.setattr(consents.records, "of_scope", slowly)
    answer = await record(service_alone, BARE)
    assert (answer.status_code, told(answer)["code"]) == (409, "changed-meanwhile")
    assert len(await rows_of(service_alone, BARE)) == 1
