"""Consent that is given, refused or withdrawn in a three-way meeting counts before E1 is decided (E3)."""

from itertools import product
from typing import Any

import pytest

from tests import world
from tests.gate.house import fetched
from tests.routers.cast import BARE, CARLA, COURT, FULL, OLGA, RESTRICTED, THEO, WORK, told
from tests.routers.consenting import record as record_consent
from tests.routers.consenting import states, supervise
from tests.routers.meeting import HELD, SAID, ask, create, read, stored, tagged
from tests.world import NOW, Service

pytestmark = pytest.mark.asyncio
ATTENDANCE = SAID | {"scope": "attendance"}


async def test_an_offender_manager_records_the_meeting_in_which_it_was_agreed_to(service_on_both: Service) -> None:
    """No consent to meetings stood before; both acts are in one transaction, and each has its entry."""
    service = service_on_both
    refused = await create(service, crn=BARE, record=HELD)
    assert (refused.status_code, told(refused)["code"]) == (403, "withheld")
    await service.marked()
    answer = await create(service, crn=BARE, record=HELD, consents=[SAID])
    made = answer.json()
    assert (answer.status_code, made["status"]) == (201, "held")
    assert [(each["scope"], each["state"]) for each in made["consents"]] == [("meeting", "effective")]
    consent, meeting = await service.entries()
    assert (consent["clauses"], consent["details"]["scopes"]) == (["E3"], ["meeting"])
    assert "consent:meeting" not in consent["facts"]["names"]
    assert (meeting["clauses"], meeting["details"]["change"]) == (["E1"], "recorded")
    assert "consent:meeting" in meeting["facts"]["names"]
    people = await world.subjects(service.url)
    assert people[service.mark + 2]["consents"] == [made["consents"][0]["id"]]
    assert answer.headers["audit-receipt"].count(":") == 2
    seen = (await read(service, made["id"], crn=BARE)).json()
    assert [(each["scope"], each["recipient"], each["decision"]) for each in seen["sharing"]] == [
        ("meeting", "justice", "permit")
    ]


async def test_nothing_is_kept_if_the_meeting_is_refused_all_the_same(service_on_both: Service) -> None:
    service = service_on_both
    before = await stored(service, BARE)
    cases = [[ATTENDANCE], [SAID | {"decision": "refuse"}], [SAID | {"validFrom": "2026-05-01"}]]
    for consents in cases:
        await service.marked()
        refused = await create(service, crn=BARE, record=HELD, consents=consents)
        assert (refused.status_code, told(refused)["code"]) == (403, "withheld")
        assert told(refused)["withheld"][0]["category"] == "meeting"
        consent, meeting = await service.entries()
        assert (consent["outcome"], consent["reason"]) == ("refused", "refused-with-what-followed")
        assert (meeting["outcome"], meeting["reason"]) == ("refused", "not-permitted")
    assert await stored(service, BARE) == before


async def test_what_is_taken_back_is_taken_back_whatever_becomes_of_the_meeting(service_on_both: Service) -> None:
    """E3: a withdrawal is never refused, a restriction included; what else was said is not kept then."""
    service = service_on_both
    before = await stored(service, FULL)
    await service.marked()
    answer = await create(service, record=HELD, withdraws=["meeting"], consents=[ATTENDANCE | {"decision": "refuse"}])
    assert (answer.status_code, told(answer)["code"]) == (403, "withheld-and-withdrawn")
    taken, lost, refused = await service.entries()
    assert (taken["action"], taken["outcome"], taken["details"]["scopes"]) == ("withdraw", "permitted", ["meeting"])
    assert (lost["outcome"], refused["outcome"]) == ("refused", "refused")
    assert await stored(service, FULL) == before
    after = await states(service, FULL)
    assert (after["consent-meeting"], after["consent-attendance"]) == ("withdrawn", "effective")
    assert (await service.get(f"/v1/people/{FULL}/meetings", *OLGA, WORK)).status_code == 403
    closed = await create(service, crn=RESTRICTED, record=HELD, withdraws=["meeting"])
    assert (closed.status_code, told(closed)["code"]) == (403, "withheld-and-withdrawn")
    assert "withheld" not in told(closed)
    by_theo = await create(service, THEO, record=HELD, withdraws=["scores"])
    assert by_theo.status_code == 201
    shared = (await read(service, by_theo.json()["id"], THEO)).json()["sharing"]
    assert [(each["scope"], each["decision"], each["consentId"]) for each in shared] == [("scores", "withdraw", None)]
    assert (await states(service, FULL, THEO))["consent-scores"] == "withdrawn"


async def test_a_clinicians_signature_countersigns_what_was_agreed_in_the_meeting(service_on_both: Service) -> None:
    """What the offender manager writes down of sharing from health waits until the therapist who was there signs."""
    service = service_on_both
    await supervise(service, COURT)
    said = [SAID, ATTENDANCE]
    made = (await create(service, crn=COURT, record=HELD, consents=said)).json()
    waiting = {each["scope"]: each for each in made["consents"]}
    assert (waiting["meeting"]["state"], waiting["attendance"]["state"]) == ("effective", "awaiting-countersignature")
    path = f"/v1/people/{COURT}/meetings/{made['id']}"
    by_olga = await ask(service, "POST", f"{path}/sign-off", OLGA, tag=await tagged(service, made["id"], crn=COURT))
    assert by_olga.json()["countersigned"] == []
    assert (await states(service, COURT))[waiting["attendance"]["id"]] == "awaiting-countersignature"
    await ask(service, "PATCH", path, CARLA, tag=await tagged(service, made["id"], crn=COURT), agreed="yes")
    await world.put(service.url, [world.treating(COURT, "theo", await referral_of(COURT))])
    tag = await tagged(service, made["id"], THEO, COURT)
    for_the_person = await ask(service, "POST", f"{path}/sign-off", THEO, tag=tag, signatory="person")
    assert for_the_person.json()["countersigned"] == []
    signed = await ask(service, "POST", f"{path}/sign-off", THEO, tag=tag)
    assert signed.json()["countersigned"] == [waiting["attendance"]["id"]]
    assert (await states(service, COURT))[waiting["attendance"]["id"]] == "effective"
    again = await ask(service, "POST", f"{path}/sign-off", THEO, tag=tag)
    assert (again.status_code, again.json()["countersigned"]) == (200, [])


async def referral_of(crn: str) -> Any:
    return world.referral(crn, id=f"referral-{crn}")


async def test_what_a_clinician_writes_down_needs_no_countersignature(service_alone: Service) -> None:
    made = (await create(service_alone, CARLA, COURT, record=HELD, consents=[ATTENDANCE])).json()
    assert [each["state"] for each in made["consents"]] == ["effective"]


BEFORE: dict[str, Any] = {
    "nothing": [],
    "yes": [{}],
    "no": [{"decision": "refuse"}],
    "yes and no": [{}, {"decision": "refuse"}],
    "taken back": [{"withdrawn_at": NOW}],
    "over": [{"valid_until": NOW}],
    "without capacity": [{"capacity": False}],
    "to health alone": [{"parties": ["health"]}],
}
ACTS: dict[str, Any] = {
    "a yes": {"consents": [SAID]},
    "a yes to both": {"consents": [SAID | {"recipients": ["justice", "health"]}]},
    "a yes for later": {"consents": [SAID | {"validFrom": "2026-05-01"}]},
    "a no": {"consents": [SAID | {"decision": "refuse"}]},
    "taking back": {"withdraws": ["meeting"]},
    "another scope": {"consents": [ATTENDANCE | {"signedForm": "F1"}]},
    "two scopes": {"consents": [ATTENDANCE, SAID]},
    "one taken back and a yes": {"consents": [SAID], "withdraws": ["attendance"]},
}


def _somebody(crn: str, before: list[Any]) -> list[Any]:
    rows = [world.person(crn), world.caseload(crn, "olga")]
    referral = world.referral(crn, id=f"ref-{crn}")
    rows += [referral, world.treating(crn, "theo", referral)]
    for number, values in enumerate(before):
        parties = values.get("parties", ["justice"])
        given = {name: value for name, value in values.items() if name != "parties"}
        rows += world.consent(crn, "meeting", *parties, id=f"c{number}-{crn}", **given)
    return rows


async def in_turn(service: Service, crn: str, who: Any, act: dict[str, Any]) -> int:
    """The same in a request for each word, and then one for the meeting."""
    for scope in act.get("withdraws", []):
        await ask(service, "POST", f"/v1/people/{crn}/consents/withdrawal", who, scopes=[scope])
    for given in act.get("consents", []):
        answer = await record_consent(service, crn, who, **({"signedForm": ...} | given))
        if answer.status_code != 201:
            return int(answer.status_code)
    return int((await create(service, who, crn, record=HELD)).status_code)


async def consents_of(service: Service) -> dict[str, list[Any]]:
    """What there is of everybody's consents, without what tells one row from another."""
    columns = "c.scope, c.decision, c.capacity, c.recorded_by, c.signed_form, c.withdrawn_by, c.withdrawn_at IS NULL"
    rows = await fetched(service.url, f"SELECT p.crn, {columns} FROM consent c JOIN person p ON p.id = c.person_id")
    held: dict[str, list[Any]] = {}
    for crn, *row in rows:
        held.setdefault(crn, []).append(tuple(map(str, row)))
    return {crn: sorted(each) for crn, each in held.items()}


async def test_one_act_is_decided_like_the_same_in_turn(service_on_both: Service) -> None:
    """For every state of the consent before, every word about it, and both who may write it down."""
    service, number, rows, cases = service_on_both, 200000, [], []
    every = 1 if service.url.startswith("sqlite") else 7  # PostgreSQL is asked for some of each
    for before, act, who in list(product(BEFORE, ACTS, (OLGA, THEO)))[::every]:
        pair = f"X{number}", f"X{number + 1}"
        number += 2
        rows += [row for crn in pair for row in _somebody(crn, BEFORE[before])]
        cases.append((before, act, who, pair))
    await world.put(service.url, rows)
    outcomes, accepted = set(), []
    for before, act, who, (one, other) in cases:
        at_once = (await create(service, who, one, record=HELD, **ACTS[act])).status_code
        apart, said = await in_turn(service, other, who, ACTS[act]), f"{before}, {act}, {who[1]}"
        assert at_once == apart, said
        outcomes.add(apart)
        accepted += [(said, one, other)] if apart == 201 else []
    held = await consents_of(service)
    for said, one, other in accepted:
        assert held.get(one) == held.get(other), said
    assert outcomes == {201, 403, 422}
