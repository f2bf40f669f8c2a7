"""Withdrawals: by whom, of what, and never without their entry."""

from pathlib import Path
from typing import Any

import pytest

from app.audit.submission import LogUnavailable
from app.services import consents
from tests import world
from tests.gate.house import fetched
from tests.policies.clauses import FILE
from tests.routers.cast import (
    ADAM,
    BARE,
    CARLA,
    ELSEWHERE,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    RESTRICTED,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.routers.consenting import record, rows_of, states, supervise, withdraw
from tests.world import Service

WITHDRAWERS = [
    pytest.param(OLGA, FULL, "consent-attendance", 200, id="their offender manager"),
    pytest.param(THEO, FULL, "consent-attendance", 200, id="their therapist"),
    pytest.param(OTTO, FULL, "consent-attendance", 404, id="another offender manager"),
    pytest.param(TARA, FULL, "consent-attendance", 404, id="another therapist"),
    pytest.param(CARLA, FULL, "consent-attendance", 200, id="the clinical lead of their service"),
    pytest.param(CARLA, RESTRICTED, "consent-limited", 404, id="a clinical lead, of a restricted record"),
    pytest.param(CARLA, ELSEWHERE, "consent-limited", 404, id="a clinical lead, of another service"),
    pytest.param(ADAM, FULL, "consent-attendance", 404, id="an administrator"),
    pytest.param(OLGA, FULL, "never-was", 404, id="of nothing"),
    pytest.param(OLGA, FULL, "bad id", 404, id="of what is no id"),
    pytest.param(OLGA, RESTRICTED, "consent-limited", 200, id="of a record that she may not read"),
    pytest.param(OLGA, EXCLUDED, "consent-limited", 404, id="of a record from which she is excluded"),
]


@pytest.mark.parametrize(("who", "crn", "consent", "status"), WITHDRAWERS)
async def test_who_withdraws(service_alone: Service, who: Any, crn: str, consent: str, status: int) -> None:
    """E3 and B1: never refused to `caseload` or `treating`; to everybody else it is one that there is not."""
    if crn is not FULL:
        await world.put(service_alone.url, world.consent(crn, "attendance", id="consent-limited"))
    await service_alone.marked()
    answer = await withdraw(service_alone, consent, who)
    assert answer.status_code == status
    kept = await fetched(service_alone.url, f"SELECT withdrawn_by FROM consent WHERE id = '{consent}'")
    assert kept == ([] if "consent" not in consent else [(who[1] if status == 200 else None,)])
    (entry,) = await service_alone.entries()
    assert (entry["action"], entry["outcome"]) == ("withdraw", "permitted" if status == 200 else "refused")
    assert entry["announce"] == ("justice" if crn is RESTRICTED and status == 200 else None)
    if status == 200:
        assert answer.json()["state"] == "withdrawn"
        again = await withdraw(service_alone, consent, who)
        assert (again.status_code, again.content) == (200, answer.content)
        assert len(await service_alone.entries()) == 2


async def test_a_withdrawal_is_of_the_scope_whichever_consent_it_names(service_on_both: Service) -> None:
    service = service_on_both
    await supervise(service, BARE)
    first = (await record(service, BARE, validUntil="2026-03-11")).json()["id"]
    second = (await record(service, BARE, supersedes=first)).json()["id"]
    other = (await record(service, BARE, scope="progress")).json()["id"]
    assert (await withdraw(service, first)).status_code == 200
    assert await states(service, BARE) == {first: "withdrawn", second: "withdrawn", other: "effective"}
    assert (await service.get(f"/v1/people/{BARE}/attendance", *OLGA, WORK)).status_code == 403
    kept = f"SELECT count(*) FROM consent_history WHERE id = '{second}' AND withdrawn_at IS NULL"
    assert await fetched(service.url, kept) == [(1,)]


async def test_the_withdrawal_of_a_refusal_opens_nothing(service_alone: Service) -> None:
    no = (await record(service_alone, FULL, decision="refuse")).json()["id"]
    assert (await withdraw(service_alone, no)).status_code == 200
    after = await states(service_alone, FULL)
    assert (after[no], after["consent-attendance"]) == ("withdrawn", "withdrawn")
    assert (await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)).status_code == 403


async def test_a_refusal_stands_when_a_permission_is_withdrawn(service_alone: Service) -> None:
    no = (await record(service_alone, FULL, decision="refuse")).json()["id"]
    await withdraw(service_alone, "consent-attendance")
    assert (await states(service_alone, FULL))[no] == "effective"


async def test_scopes_are_withdrawn_without_knowing_of_any_consent(service_on_both: Service) -> None:
    """Somebody who may not read the record can still pass on that the person takes back what they agreed to."""
    service = service_on_both
    await world.put(service.url, world.consent(RESTRICTED, "attendance", id="consent-limited"))
    path = f"/v1/people/{RESTRICTED}/consents"
    assert (await service.get(path, *OLGA, WORK)).status_code == 404
    body = {"scopes": ["attendance", "scores", "attendance"]}
    first = await service.request("POST", f"{path}/withdrawal", *OLGA, WORK, json=body)
    assert (first.status_code, first.json()) == (200, {"scopes": ["attendance", "scores"], "state": "withdrawn"})
    again = await service.request("POST", f"{path}/withdrawal", *OLGA, WORK, json=body)
    assert again.content == first.content
    by = "SELECT withdrawn_by FROM consent WHERE id = 'consent-limited'"
    assert await fetched(service.url, by) == [("olga",)]
    for crn in (EXCLUDED, NOBODY):
        answer = await service.request("POST", f"/v1/people/{crn}/consents/withdrawal", *OLGA, WORK, json=body)
        assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
    faulty = await service.request("POST", f"{path}/withdrawal", *OLGA, WORK, json={"scopes": ["notes"]})
    assert (faulty.status_code, told(faulty)["field"]) == (422, "scopes.0")


async def test_nothing_is_withdrawn_without_its_entry(service_alone: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise LogUnavailable("nothing was written")

    monkeypatch.setattr(service_alone.app.state.services.gate.log, "append", fails)
    assert (await withdraw(service_alone, "consent-attendance")).status_code == 503
    assert (await record(service_alone, BARE)).status_code == 503
    monkeypatch.undo()
    assert (await states(service_alone, FULL))["consent-attendance"] == "effective"
    assert await rows_of(service_alone, BARE) == []


async def test_what_is_recorded_while_a_withdrawal_is_under_way_is_withdrawn_with_it(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, before, made = service_on_both, consents.one, []

    async def slowly(*given: Any) -> Any:
        found = await before(*given)
        monkeypatch.setattr(consents, "one", before)
        made.append((await record(service, FULL, supersedes="consent-attendance")).json()["id"])
        return found

    monkeypatch.setattr(consents, "one", slowly)
    assert (await withdraw(service, "consent-attendance")).status_code == 200
    after = await states(service, FULL)
    assert (after["consent-attendance"], after[made[0]]) == ("withdrawn", "withdrawn")


async def test_what_was_decided_on_before_a_withdrawal_is_not_recorded_after_it(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, before = service_on_both, consents.records.of_scope

    async def slowly(*given: Any) -> Any:
        found = await before(*given)
        monkeypatch.setattr(consents.records, "of_scope", before)
        assert (await withdraw(service, "consent-attendance")).status_code == 200
        return found

    monkeypatch.setattr(consents.records, "of_scope", slowly)
    answer = await record(service, FULL, supersedes="consent-attendance")
    assert (answer.status_code, told(answer)["code"]) == (409, "changed-meanwhile")
    assert "attendance" not in {
        scope
        for (scope,) in await fetched(
            service.url, "SELECT scope FROM consent WHERE withdrawn_at IS NULL AND decision = 'permit'"
        )
    }


async def test_an_agreement_that_has_ended_stops_everything_but_withdrawals(
    cast_url: str, key_file: Path, tmp_path: Path
) -> None:
    """E3, over HTTP: nothing is read or recorded any more, and what the person takes back is taken back."""
    text = FILE.read_text(encoding="utf-8").replace("review_months", "last_day = 2026-03-09\nreview_months", 1)
    folder = tmp_path / "agreements"
    folder.mkdir()
    (folder / "ended.toml").write_text(text, encoding="utf-8")
    await world.put(cast_url, world.consent(RESTRICTED, "attendance", id="consent-limited"))
    async with world.serving(cast_url, key_file, agreements_dir=folder) as service:
        assert (await service.get(f"/v1/people/{FULL}/consents", *OLGA, WORK)).status_code == 404
        assert (await record(service, FULL, scope="scores", decision="refuse")).status_code == 404
        for consent, who, status in (
            ("consent-attendance", OLGA, 200),
            ("consent-progress", THEO, 200),
            ("consent-limited", OLGA, 200),
            ("consent-scores", CARLA, 404),
            ("consent-scores", OTTO, 404),
        ):
            assert (await withdraw(service, consent, who)).status_code == status, consent
        scopes = {"scopes": ["meeting", "offence", "scores"]}
        for crn, status in ((FULL, 200), (EXCLUDED, 404), (NOBODY, 404)):
            answer = await service.request("POST", f"/v1/people/{crn}/consents/withdrawal", *OLGA, WORK, json=scopes)
            assert answer.status_code == status, crn
    kept = await fetched(cast_url, "SELECT scope FROM consent WHERE withdrawn_at IS NULL")
    assert kept == [("health-trainer",)]
