"""Safety: the clinician's record (P3), alerts released to the justice party (P1, P2), acknowledged (P4) and chased."""

from asyncio import gather
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from app.services.chasing import ChaseService
from tests.gate.house import fetched
from tests.routers.cast import (
    ADAM,
    ALMA,
    BARE,
    CARA,
    CARE,
    CARLA,
    CLINICAL,
    COLIN,
    COURT,
    ELSEWHERE,
    EMERGENCY,
    EXCLUDED,
    FULL,
    HANA,
    NOBODY,
    OLGA,
    OTTO,
    OVERSIGHT,
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
    told,
)
from tests.world import NOW, Service, execute

pytestmark = pytest.mark.asyncio
ALERT = {
    "summary": "He said where he will wait for his brother.",
    "reason": "Somebody may be hurt tonight.",
    "urgency": "immediate",
    "addressedTo": "offender-manager",
}
NOTE = {"riskToOthers": "named his brother", "plan": "calls the crisis line", "thirdParty": True, "seriousHarm": False}
HOUR = timedelta(hours=1)


async def release(service: Service, who: Any = THEO, referral: str = "referral-full", **values: Any) -> Any:
    body = {name: value for name, value in (ALERT | values).items() if value is not ...}
    return await service.request("POST", f"/v1/referrals/{referral}/safety-alerts", *who, CARE, json=body)


async def acknowledge(service: Service, alert: str, who: Any, crn: str = FULL, purpose: str = PROTECT) -> Any:
    return await service.request("POST", f"/v1/people/{crn}/safety-alerts/{alert}/acknowledgement", *who, purpose)


async def listed(service: Service, who: Any, purpose: str, query: str = "") -> Any:
    return await service.get(f"/v1/safety-alerts{query}", *who, purpose)


async def alerts_of(service: Service, crn: str, who: Any, purpose: str = PROTECT) -> dict[str, Any]:
    answer = await service.get(f"/v1/people/{crn}/safety-alerts", *who, purpose)
    return {row["id"]: row for row in answer.json()["data"]["alerts"]}


async def announced(service: Service) -> list[Any]:
    rows = await fetched(service.url, "SELECT kind, party, alert_id FROM announcement ORDER BY number")
    return [row for row in rows if row[0].startswith("safety-alert-")]


async def chase(service: Service, after: timedelta) -> int:
    """Look at the alerts as another process would, at a moment."""
    gate = service.app.state.services.gate
    return await ChaseService(service.settings, gate).look(lambda: NOW + after)


async def test_an_alert_is_released_announced_read_and_acknowledged(service_on_both: Service) -> None:
    service = service_on_both
    await service.marked()
    answer = await release(service)
    made = answer.json()
    assert answer.status_code == 201
    alert = made["id"]
    assert made.keys() == {"id", "version", "dueAt"}
    (entry,) = await service.entries()
    assert (entry["type"], entry["action"], entry["clauses"]) == ("change", "write", ["B1"])
    assert entry["announce"] == "offender-manager"
    assert entry["details"] == {
        "change": "released",
        "table": "safety_alert",
        "urgency": "immediate",
        "subjects": ["safety-alert"],
    }
    assert ALERT["summary"] not in str(entry)
    assert alert not in str(entry)
    assert await announced(service) == [("safety-alert-released", "justice", alert)]
    read = (await alerts_of(service, FULL, OLGA))[alert]
    assert (read["summary"], read["reason"], read["recipient"]) == (
        ALERT["summary"],
        ALERT["reason"],
        "offender-manager",
    )
    (row,) = (await listed(service, OLGA, PROTECT, "?state=unacknowledged")).json()["data"][:1]
    assert (row["id"], row["crn"], row["state"], row["dueAt"]) == (alert, FULL, "unacknowledged", made["dueAt"])
    assert ALERT["summary"] not in str(row)
    done = await acknowledge(service, alert, OLGA)
    assert (done.status_code, done.json()["acknowledgedBy"]) == (200, "olga")
    again = await acknowledge(service, alert, PETRA)
    assert (again.status_code, again.content) == (200, done.content)
    assert (await announced(service))[1:] == [("safety-alert-acknowledged", "health", alert)]
    by_theo = (await listed(service, THEO, CARE, "?state=acknowledged")).json()["data"]
    assert [(each["id"], each["acknowledgedBy"]) for each in by_theo] == [(alert, "olga")]
    entries = [each for each in await service.entries() if each["action"] == "acknowledge"]
    assert [(each["clauses"], each["type"]) for each in entries] == [(["P4"], "change"), (["P4"], "access")]


async def test_each_stage_is_told_once_and_none_after_an_acknowledgement(service_on_both: Service) -> None:
    """Whichever process looks, and however often; what was synced in is chased as well."""
    service = service_on_both
    await execute(service.url, [(text("UPDATE safety_alert SET acknowledged_at = released_at"), None)])
    first, second = (await release(service)).json()["id"], (await release(service, urgency="urgent")).json()["id"]
    assert await chase(service, timedelta(minutes=10)) == 0
    assert await chase(service, timedelta(minutes=40)) == 1
    assert await chase(service, timedelta(minutes=40)) == 0
    assert await chase(service, 3 * HOUR) == 2
    assert await chase(service, 3 * HOUR) == 0
    assert (await announced(service))[2:] == [
        ("safety-alert-unacknowledged", "justice", first),
        ("safety-alert-overdue", "justice", first),
        ("safety-alert-overdue", "health", first),
        ("safety-alert-unacknowledged", "justice", second),
    ]
    (chased,) = [each for each in await service.entries() if each["announce"] == "probation-lead"]
    assert (chased["type"], chased["caller"], chased["outcome"]) == ("chase", None, "permitted")
    assert chased["details"] == {"stage": "overdue", "urgency": "immediate"}
    await acknowledge(service, second, PETRA)
    before = await announced(service)
    assert await chase(service, timedelta(days=30)) == 0
    assert await announced(service) == before
    stages = {row["stage"] for row in (await service.get(f"/v1/people/{FULL}/safety-alerts", *PETRA, PROTECT)).json()[
        "data"]["chases"] if row["alertId"] == first}  # fmt: skip
    assert stages == {"released", "reminded", "overdue"}


async def test_what_was_synced_in_late_is_told_of_at_its_latest_stage_alone(service_alone: Service) -> None:
    """The cast's alerts are two days old, and urgent."""
    service = service_alone
    assert await chase(service, timedelta()) == 5
    assert await chase(service, timedelta()) == 0
    told_of = await announced(service)
    assert {(kind, party) for kind, party, _ in told_of} == {
        ("safety-alert-overdue", "justice"),
        ("safety-alert-overdue", "health"),
    }
    assert len(told_of) == 10
    overdue = (await listed(service, PETRA, PROTECT, "?state=overdue")).json()["data"]
    assert {row["crn"] for row in overdue} == {FULL, COURT, RESTRICTED, EXCLUDED, ELSEWHERE}


async def test_an_alert_is_superseded_or_withdrawn_and_never_edited(service_on_both: Service) -> None:
    service = service_on_both
    first = (await release(service)).json()["id"]
    second = (await release(service, CARLA, supersedes=first, summary="Not the brother: the father.")).json()["id"]
    rows = await alerts_of(service, FULL, PETRA)
    assert rows[first]["summary"] == ALERT["summary"]
    assert rows[first]["supersededAt"] == rows[second]["releasedAt"]
    assert rows[second]["supersedesId"] == first
    for again in (await release(service, supersedes=first), await acknowledge(service, first, OLGA)):
        assert (again.status_code, told(again)["code"]) == (409, "safety-alert-over")
    path = f"/v1/people/{FULL}/safety-alerts/{second}/withdrawal"
    for who, purpose in ((OLGA, PROTECT), (OLGA, WORK), (PETRA, PROTECT), (TARA, CARE)):
        refused = await service.request("POST", path, *who, purpose, json={"reason": "No."})
        assert refused.status_code in (403, 404)
    done = await service.request("POST", path, *THEO, CARE, json={"reason": "He took the train home."})
    assert (done.status_code, done.json()["state"]) == (200, "withdrawn")
    row = (await alerts_of(service, FULL, OLGA))[second]
    assert (row["withdrawnBy"], row["withdrawnBecause"]) == ("theo", "He took the train home.")
    assert (await announced(service))[-1] == ("safety-alert-withdrawn", "justice", second)
    over = (await listed(service, OLGA, PROTECT, "?state=over")).json()["data"]
    assert {each["id"]: each["state"] for each in over} == {first: "superseded", second: "withdrawn"}
    elsewhere = await release(service, supersedes="safety_alert-elsewhere")
    assert (elsewhere.status_code, told(elsewhere)["field"]) == (422, "supersedes")
    assert await chase(service, timedelta()) == 5


async def test_it_reaches_justice_without_consent_and_despite_a_restriction(service_alone: Service) -> None:
    """P1, P2, P4 and S3: the use of a restricted record is announced to its owner; nobody else learns of the alert."""
    service = service_alone
    theirs = f"safety_alert-{RESTRICTED}"
    assert theirs in await alerts_of(service, RESTRICTED, OLGA)
    await service.marked()
    done = await acknowledge(service, theirs, OLGA, RESTRICTED)
    (entry,) = await service.entries()
    assert (done.status_code, entry["reason"]) == (200, None)
    assert {"restricted"} <= set(entry["facts"]["names"])
    used = "SELECT count(*) FROM announcement WHERE kind = 'restricted-record-used' AND party = 'justice'"
    assert await fetched(service.url, used) == [(2,)]
    assert (await acknowledge(service, f"safety_alert-{COURT}", PETRA, COURT)).status_code == 200


async def test_whoever_may_not_know_of_an_alert_learns_nothing(service_alone: Service) -> None:
    """S5: an alert that there is, one that there is not, and a person who is not on file are answered alike."""
    service = service_alone
    there, excluded = "safety_alert-full", f"safety_alert-{EXCLUDED}"
    answers = [
        await acknowledge(service, there, OTTO),
        await acknowledge(service, "never-was", OTTO),
        await acknowledge(service, there, OTTO, NOBODY),
        await acknowledge(service, excluded, OLGA, EXCLUDED),
        await acknowledge(service, there, PETRA, COURT),
        await acknowledge(service, there, PETRA, NOBODY),
        await acknowledge(service, "/", OLGA),
    ]
    bodies = {answer.content for answer in answers[:-1]}
    assert (len(bodies), {answer.status_code for answer in answers[:-1]}) == (1, {404})
    referrals = [
        await release(service, THEO, "referral-elsewhere"),
        await release(service, THEO, "never-was"),
        await release(service, CARLA, "draft-full"),
        await release(service, TARA),
        await release(service, THEO, f"referral-{EXCLUDED}"),
    ]
    assert {answer.content for answer in referrals} == bodies
    assert [row["crn"] for row in (await listed(service, OTTO, PROTECT)).json()["data"]] == [ELSEWHERE]
    assert EXCLUDED not in (await listed(service, OLGA, PROTECT)).text
    assert [row["crn"] for row in (await listed(service, THEO, CARE)).json()["data"]] == [FULL]
    for who, purpose in ((OLGA, WORK), (PETRA, "service-evaluation")):
        refused = await listed(service, who, purpose)
        assert (refused.status_code, told(refused)["code"]) == (403, "not-permitted-for-role")


async def test_the_clinicians_record_is_written_for_the_health_party_alone(service_on_both: Service) -> None:
    service = service_on_both
    path = "/v1/referrals/referral-full/safety-records"
    answer = await service.request("POST", path, *THEO, CARE, json=NOTE)
    made = answer.json()
    assert (answer.status_code, made.keys()) == (201, {"id", "version"})
    rows = (await service.get(f"/v1/people/{FULL}/safety", *CARLA, CARE)).json()["data"]["records"]
    (row,) = [each for each in rows if each["id"] == made["id"]]
    assert (row["author"], row["riskToOthers"], row["riskToSelf"]) == ("theo", NOTE["riskToOthers"], None)
    for who, purpose in ((OLGA, WORK), (OLGA, PROTECT), (PETRA, PROTECT)):
        assert NOTE["riskToOthers"] not in (await service.get(f"/v1/people/{FULL}", *who, purpose)).text
        refused = await service.request("POST", path, *who, purpose, json=NOTE)
        assert refused.status_code == 404
    (given,) = [
        each
        for each in (await service.get(f"/v1/people/{FULL}/safety", *RORY, SUBJECT)).json()["data"]["records"]
        if each["id"] == made["id"]
    ]
    assert given["riskToOthers"] is None


BAD = [
    pytest.param({"urgency": "soon"}, "urgency", id="an urgency that there is not"),
    pytest.param({"addressedTo": "staff"}, "body", id="nobody named"),
    pytest.param({"recipient": "olga"}, "body", id="somebody named beside an office"),
    pytest.param({"addressedTo": "staff", "recipient": "theo"}, "recipient", id="a therapist"),
    pytest.param({"addressedTo": "staff", "recipient": "gone"}, "recipient", id="who left"),
    pytest.param({"addressedTo": "staff", "recipient": "nobody"}, "recipient", id="nobody on the register"),
    pytest.param({"summary": "\u200b"}, "summary", id="a summary that shows nothing"),
    pytest.param({"reason": ...}, "reason", id="no reason"),
    pytest.param({"diagnosis": "F32"}, "diagnosis", id="a field that there is not"),
]


async def test_what_cannot_be_released_names_its_field(service_alone: Service) -> None:
    before = await fetched(service_alone.url, "SELECT count(*) FROM safety_alert")
    for case in BAD:
        values, field = case.values
        refused = await release(service_alone, **values)
        assert (refused.status_code, told(refused)["field"]) == (422, field), case.id
    assert await fetched(service_alone.url, "SELECT count(*) FROM safety_alert") == before
    assert (await release(service_alone, addressedTo="staff", recipient="OLGA")).status_code == 201
    assert BARE not in (await listed(service_alone, PETRA, PROTECT)).text


async def test_processes_that_chase_at_once_tell_of_a_stage_once(service_on_both: Service) -> None:
    """And an acknowledgement beside them is either before what is told, or after it."""
    service = service_on_both
    alert = (await release(service)).json()["id"]
    told_of = await gather(*(chase(service, 2 * HOUR) for _ in range(4)), acknowledge(service, alert, OLGA))
    assert sum(told_of[:4]) in (5, 6)
    assert told_of[4].status_code == 200
    announcements = await announced(service)
    assert len(announcements) == len(set(announcements))
    kinds = [kind for kind, _, about in announcements if about == alert]
    assert kinds.count("safety-alert-acknowledged") == 1
    if "safety-alert-overdue" in kinds:
        assert kinds.index("safety-alert-overdue") < kinds.index("safety-alert-acknowledged")
    assert await chase(service, 2 * HOUR) == 0


async def sends(service: Service, version: str, **changed: Any) -> None:
    """The alert of the cast in a newer version, as a clinical system sends it that has heard of no acknowledgement."""
    columns = "id, source, source_id, person_id, referral_id, summary, reason, urgency, addressed_to, recipient, "
    (row,) = await fetched(service.url, f"SELECT {columns}released_by FROM safety_alert WHERE id = 'safety_alert-full'")
    known = dict(zip(f"{columns}released_by".split(", "), row, strict=True)) | changed
    newer = {"released_at": NOW, "recorded_at": NOW, "source_version": version}
    newer |= {"acknowledged_by": None, "acknowledged_at": None}
    gate = service.app.state.services.gate
    written = [*gate.writer.before("safety_alert", [known | newer]), gate.writer.upsert("safety_alert", known | newer)]
    await gate.bootstrap(NOW, "r", written, {})


async def test_what_the_clinical_system_sends_later_undoes_no_acknowledgement(service_on_both: Service) -> None:
    service = service_on_both
    await acknowledge(service, "safety_alert-full", OLGA)
    await sends(service, "9998", released_by="tara")
    read = (await alerts_of(service, FULL, OLGA))["safety_alert-full"]
    assert (read["releasedBy"], read["acknowledgedBy"]) == ("tara", "olga")


async def test_an_alert_that_says_something_else_waits_and_is_told_of_anew(service_on_both: Service) -> None:
    """Who acknowledged a routine alert has not seen the one that says tonight."""
    service = service_on_both
    await execute(service.url, [(text("UPDATE safety_alert SET acknowledged_at = released_at"), None)])
    await sends(service, "9998", urgency="routine")
    assert await chase(service, timedelta()) == 1
    await acknowledge(service, "safety_alert-full", OLGA)
    assert await chase(service, timedelta(days=9)) == 0
    before = len(await announced(service))
    await sends(service, "9999", urgency="immediate", summary="he said tonight")
    read = (await alerts_of(service, FULL, OLGA))["safety_alert-full"]
    assert (read["urgency"], read["summary"], read["acknowledgedBy"]) == ("immediate", "he said tonight", None)
    assert [await chase(service, timedelta(minutes=each)) for each in (1, 2, 40)] == [1, 0, 1]
    assert [kind for kind, _, _ in (await announced(service))[before:]] == [
        "safety-alert-released", "safety-alert-unacknowledged",
    ]  # fmt: skip
    await sends(service, "9990", summary="an older version changes nothing")
    assert await chase(service, timedelta(minutes=41)) == 0


MAY: dict[str, set[tuple[Any, str]]] = {
    "/v1/referrals/draft-full/safety-alerts": {(THEO, CARE), (CARLA, CARE)},
    f"/v1/people/{FULL}/safety-alerts/never-was/acknowledgement": {(OLGA, PROTECT), (PETRA, PROTECT)},
    f"/v1/people/{FULL}/meetings/never-was/sign-off": {(OLGA, WORK), (THEO, CARE), (CARLA, CARE)},
}
PURPOSES = (CARE, WORK, PROTECT, EMERGENCY, OVERSIGHT, SYNC)
CALLERS = (OLGA, OTTO, PETRA, THEO, TARA, CARLA, ADAM, HANA, RORY, ALMA, CARA, COLIN, PROBATION, CLINICAL)


async def test_nobody_else_gets_past_the_gate_for_any_purpose(service_alone: Service) -> None:
    """Each request asks for what is not there, so that whoever is let in is told so, and nothing is changed."""
    service = await service_alone.marked()
    asked = list(product(MAY, CALLERS, PURPOSES))
    for path, who, purpose in asked:
        body = ALERT if path.endswith("alerts") else {}
        answer = await service.request("POST", path, *who, purpose, json=body)
        assert answer.status_code in (403, 404)
    reasons = [entry["reason"] for entry in await service.entries()]
    got: dict[str, set[tuple[Any, str]]] = {}
    for (path, who, purpose), reason in zip(asked, reasons, strict=True):
        if reason == "not-found":
            got.setdefault(path, set()).add((who, purpose))
    assert got == MAY
