"""Consent as a life cycle: recorded, countersigned and withdrawn, what stands afterwards, and what is refused."""

from typing import Any

import pytest

from app.audit.submission import LogUnavailable
from app.records.writing import person_id
from app.services import consents
from tests import world
from tests.gate.house import fetched
from tests.routers.cast import (
    ADAM,
    BARE,
    CARA,
    CARE,
    CARLA,
    COURT,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    OVERSIGHT,
    RESTRICTED,
    RORY,
    SUBJECT,
    TARA,
    THEO,
    WORK,
    moment,
    told,
)
from tests.world import Service

GIVEN = {
    "scope": "attendance",
    "decision": "permit",
    "recipients": ["justice"],
    "givenHow": "in-writing",
    "capacity": True,
    "wordingVersion": "OM-2013-1",
    "signedForm": "FORM-7",
}
COLUMNS = "scope, decision, given_how, witness, wording_version, recorded_by, recorded_by_party, signed_form"


async def record(service: Service, crn: str, who: Any = OLGA, **values: Any) -> Any:
    body = {name: value for name, value in (GIVEN | values).items() if value is not ...}
    return await service.request("POST", f"/v1/people/{crn}/consents", *who, WORK if who in (OLGA, OTTO) else CARE,
                                 json=body)  # fmt: skip


async def withdraw(service: Service, consent: str, who: Any = OLGA) -> Any:
    purpose = WORK if who in (OLGA, OTTO) else CARE
    return await service.request("POST", f"/v1/consents/{consent}/withdrawal", *who, purpose)


async def states(service: Service, crn: str, who: Any = OLGA) -> dict[str, str]:
    answer = await service.get(f"/v1/people/{crn}/consents", *who, WORK if who is OLGA else CARE)
    return {row["id"]: row["state"] for row in answer.json()["data"]["consents"]}


async def rows_of(service: Service, crn: str) -> list[Any]:
    return await fetched(service.url, f"SELECT id FROM consent WHERE person_id = '{person_id(crn)}' ORDER BY id")


async def supervise(service: Service, crn: str) -> None:
    await world.put(service.url, [world.supervision(crn)])


async def test_a_consent_is_recorded_and_holds_for_the_next_request(service_on_both: Service) -> None:
    service = service_on_both
    await supervise(service, BARE)
    assert (await service.get(f"/v1/people/{BARE}/attendance", *OLGA, WORK)).status_code == 403
    await service.marked()
    answer = await record(service, BARE, recipients=["justice", "justice"])
    made = answer.json()
    assert (answer.status_code, made["state"]) == (201, "effective")
    assert (await service.get(f"/v1/people/{BARE}/attendance", *OLGA, WORK)).status_code == 200
    stored = await fetched(service.url, f"SELECT {COLUMNS} FROM consent WHERE id = '{made['id']}'")
    assert stored == [("attendance", "permit", "in-writing", None, "OM-2013-1", "olga", "justice", "FORM-7")]
    named = f"SELECT party FROM consent_recipient WHERE consent_id = '{made['id']}'"
    assert await fetched(service.url, named) == [("justice",)]
    written, read = await service.entries()
    assert (written["type"], written["action"], written["clauses"]) == ("change", "write", ["E3"])
    assert written["details"] == {"change": "recorded", "table": "consent", "scope": "attendance"}
    assert answer.headers["audit-receipt"].split(":")[0] == str(service.mark + 1)
    assert read["released"].keys() == {"attendance"}
    assert (await world.subjects(service.url))[service.mark + 2]["consents"] == [made["id"]]
    assert made["id"] not in str(written)


async def test_what_the_justice_party_records_waits_for_a_clinician(service_on_both: Service) -> None:
    """E3: of sharing from health to justice; what was agreed to before holds until then."""
    service = service_on_both
    made = (await record(service, FULL, signedForm=..., supersedes="consent-attendance")).json()
    assert made["state"] == "awaiting-countersignature"
    before = await states(service, FULL)
    assert (before["consent-attendance"], before[made["id"]]) == ("effective", "awaiting-countersignature")
    path = f"/v1/consents/{made['id']}/countersignature"
    by_olga = await service.request("POST", path, *OLGA, WORK)
    assert (by_olga.status_code, told(by_olga)["code"]) == (403, "countersignature-by-clinician")
    assert await states(service, FULL) == before
    signed = await service.request("POST", path, *THEO, CARE)
    assert (signed.status_code, signed.json()["state"]) == (200, "effective")
    again = await service.request("POST", path, *CARLA, CARE)
    assert (again.status_code, again.content) == (200, signed.content)
    after = await states(service, FULL)
    assert (after["consent-attendance"], after[made["id"]]) == ("superseded", "effective")
    signers = f"SELECT countersigned_by FROM consent WHERE id = '{made['id']}'"
    assert await fetched(service.url, signers) == [("theo",)]


@pytest.mark.parametrize("scope", ["offence", "meeting", "health-trainer"])
async def test_other_scopes_wait_for_nobody(service_alone: Service, scope: str) -> None:
    recipients = ["justice"] if scope == "meeting" else ["health"]
    answer = await record(service_alone, BARE, scope=scope, recipients=recipients, signedForm=...)
    assert answer.json()["state"] == "effective"


async def test_a_therapist_records_what_needs_no_countersignature(service_alone: Service) -> None:
    made = await record(service_alone, FULL, THEO, signedForm=..., supersedes="consent-attendance")
    assert made.json()["state"] == "effective"
    path = f"/v1/consents/{made.json()['id']}/countersignature"
    refused = await service_alone.request("POST", path, *THEO, CARE)
    assert (refused.status_code, told(refused)["code"]) == (422, "countersignature-not-needed")


async def test_a_withdrawn_consent_is_not_countersigned(service_alone: Service) -> None:
    made = (await record(service_alone, COURT, signedForm=...)).json()["id"]
    await withdraw(service_alone, made)
    refused = await service_alone.request("POST", f"/v1/consents/{made}/countersignature", *CARLA, CARE)
    assert (refused.status_code, told(refused)["code"]) == (422, "consent-over")
    assert (await states(service_alone, COURT))[made] == "withdrawn"


NOT_ENFORCED = [
    pytest.param({"conditions": "for Mondays alone"}, "conditions", id="a condition in free text"),
    pytest.param({"purpose": "supervision"}, "purpose", id="a purpose"),
    pytest.param({"recipients": ["olga"]}, "recipients.0", id="a person as recipient"),
    pytest.param({"recipients": ["justice", "offender-manager"]}, "recipients.1", id="a role as recipient"),
    pytest.param({"recipients": [{"party": "justice", "team": "North"}]}, "recipients.0", id="a team of a party"),
    pytest.param({"recipients": []}, "recipients", id="nobody"),
    pytest.param({"recipients": ["commissioner"]}, "recipients", id="a party that no clause gives it to"),
    pytest.param({"recipients": ["health"]}, "recipients", id="the party that has it"),
    pytest.param({"recipients": ["health", "justice"]}, "recipients", id="the party that has it beside the other"),
    pytest.param({"scope": "offence"}, "recipients", id="the other way about"),
    pytest.param({"scope": "notes"}, "scope", id="a scope that there is not"),
]


@pytest.mark.parametrize(("values", "field"), NOT_ENFORCED)
async def test_what_would_not_be_enforced_is_refused_and_named(
    service_alone: Service, values: dict[str, Any], field: str
) -> None:
    """Leak 12: it is never stored and ignored."""
    await service_alone.marked()
    answer = await record(service_alone, BARE, **values)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "consent-not-enforceable", field)
    assert not any(str(value) in answer.text for value in ("Mondays", "olga", "North"))
    assert await rows_of(service_alone, BARE) == []
    (entry,) = await service_alone.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", "consent-not-enforceable")


FAULTS = [
    pytest.param({"capacity": False}, "consent-without-capacity", "capacity", id="without capacity"),
    pytest.param({"givenHow": "orally-with-witness"}, "consent-witness", "witness", id="orally without a witness"),
    pytest.param({"witness": "A. Sister"}, "consent-witness", "witness", id="a witness of what was written"),
    pytest.param({"givenHow": "orally-with-witness", "witness": "OLGA"}, "consent-witness", "witness",
                 id="who records it as the witness"),
    pytest.param({"validFrom": "2026-03-09"}, "period-backdated", "validFrom", id="from yesterday"),
    pytest.param({"validFrom": "2026-03-09T23:59:59Z"}, "period-backdated", "validFrom", id="from last night"),
    pytest.param({"validUntil": "2026-03-09"}, "period-over", "validUntil", id="to yesterday"),
    pytest.param({"validUntil": "2026-03-10T09:00:00Z"}, "period-over", "validUntil", id="over already"),
    pytest.param({"validFrom": "2026-03-12", "validUntil": "2026-03-11"}, "period-over", "validUntil",
                 id="over before it begins"),
    pytest.param({"validUntil": "2026-03-11T09:30:00"}, "body-invalid", "validUntil", id="a moment without offset"),
    pytest.param({"validUntil": "2026-02-30"}, "body-invalid", "validUntil", id="a day that there is not"),
    pytest.param({"supersedes": "never-was"}, "consent-chain", "supersedes", id="in the place of nothing"),
    pytest.param({"supersedes": "consent-attendance"}, "consent-chain", "supersedes", id="of somebody else's"),
    pytest.param({"wordingVersion": "for Mondays alone"}, "body-invalid", "wordingVersion", id="words as a version"),
    pytest.param({"signedForm": "if asked nicely"}, "body-invalid", "signedForm", id="words as a form"),
    pytest.param({"wordingVersion": ...}, "body-invalid", "wordingVersion", id="no wording"),
    pytest.param({"capacity": "yes"}, "body-invalid", "capacity", id="a word for capacity"),
    pytest.param({"scope": ...}, "body-invalid", "scope", id="no scope"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "code", "field"), FAULTS)
async def test_a_fault_is_named_and_nothing_is_stored(
    service_alone: Service, values: dict[str, Any], code: str, field: str
) -> None:
    await service_alone.marked()
    answer = await record(service_alone, BARE, **values)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)
    assert not any(str(value) in answer.text for value in values.values() if value not in (..., False))
    assert await rows_of(service_alone, BARE) == []
    (entry,) = await service_alone.entries()
    assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", code, {})


async def test_a_refusal_needs_no_capacity(service_alone: Service) -> None:
    answer = await record(service_alone, BARE, decision="refuse", capacity=False)
    assert (answer.status_code, answer.json()["state"]) == (201, "effective")


async def test_a_witness_is_kept_and_withheld_from_the_persons_own_copy(service_alone: Service) -> None:
    spoken = {"givenHow": "orally-with-witness", "witness": "A. Sister", "supersedes": "consent-attendance"}
    made = (await record(service_alone, FULL, **spoken)).json()["id"]
    read = await service_alone.get(f"/v1/people/{FULL}/consents", *OLGA, WORK)
    assert [row["witness"] for row in read.json()["data"]["consents"] if row["id"] == made] == ["A. Sister"]
    own = await service_alone.get(f"/subject-access-request?crn={FULL}", *RORY, SUBJECT)
    assert own.status_code == 200
    assert made in own.text
    assert "A. Sister" not in own.text


class TestChains:
    """Of the same person and scope, of the newest, and not before it."""

    async def test_one_after_the_other(self, service_alone: Service) -> None:
        first = (await record(service_alone, BARE)).json()["id"]
        second = (await record(service_alone, BARE, supersedes=first, decision="refuse")).json()["id"]
        third = (await record(service_alone, BARE, supersedes=second)).json()["id"]
        assert await states(service_alone, BARE) == {first: "superseded", second: "superseded", third: "effective"}

    async def test_only_the_newest_is_superseded(self, service_alone: Service) -> None:
        first = (await record(service_alone, BARE)).json()["id"]
        await record(service_alone, BARE, supersedes=first)
        refused = await record(service_alone, BARE, supersedes=first)
        assert (told(refused)["code"], told(refused)["field"]) == ("consent-chain", "supersedes")
        assert len(await rows_of(service_alone, BARE)) == 2

    async def test_not_across_scopes(self, service_alone: Service) -> None:
        refused = await record(service_alone, FULL, supersedes="consent-progress")
        assert told(refused)["code"] == "consent-chain"

    async def test_not_before_what_it_supersedes(self, service_alone: Service) -> None:
        first = (await record(service_alone, BARE, validFrom="2026-03-20")).json()
        assert first["state"] == "not-yet"
        refused = await record(service_alone, BARE, supersedes=first["id"], validFrom="2026-03-19")
        assert (told(refused)["code"], told(refused)["field"]) == ("period-backdated", "validFrom")
        later = await record(service_alone, BARE, supersedes=first["id"], validFrom="2026-03-20")
        assert (later.status_code, later.json()["state"]) == (201, "not-yet")

    async def test_not_before_the_last_withdrawal(self, service_alone: Service) -> None:
        first = (await record(service_alone, BARE)).json()["id"]
        await withdraw(service_alone, first)
        refused = await record(service_alone, BARE, validFrom="2026-03-10T08:00:00Z")
        assert (told(refused)["code"], told(refused)["field"]) == ("period-backdated", "validFrom")
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
        self, service_alone: Service, first: dict[str, Any], second: dict[str, Any], status: int
    ) -> None:
        assert (await record(service_alone, BARE, **first)).status_code == 201
        answer = await record(service_alone, BARE, **second)
        assert answer.status_code == status
        assert len(await rows_of(service_alone, BARE)) == (2 if status == 201 else 1)
        if status == 422:
            assert (told(answer)["code"], told(answer)["field"]) == ("consent-overlaps", "supersedes")

    async def test_a_refusal_beats_a_permission_until_it_is_superseded(self, service_on_both: Service) -> None:
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
        self, service_alone: Service, monkeypatch: pytest.MonkeyPatch
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


WITHDRAWERS = [
    pytest.param(OLGA, FULL, "consent-attendance", 200, id="their offender manager"),
    pytest.param(THEO, FULL, "consent-attendance", 200, id="their therapist"),
    pytest.param(OTTO, FULL, "consent-attendance", 404, id="another offender manager"),
    pytest.param(TARA, FULL, "consent-attendance", 404, id="another therapist"),
    pytest.param(CARLA, FULL, "consent-attendance", 404, id="a clinical lead, who does not treat"),
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
    assert entry["announce"] == ("justice" if crn is RESTRICTED else None)
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


REFUSED = [
    pytest.param(OTTO, FULL, id="of somebody on another caseload"),
    pytest.param(OLGA, RESTRICTED, id="of a record that is restricted"),
    pytest.param(OLGA, EXCLUDED, id="of who excluded her"),
    pytest.param(OLGA, NOBODY, id="of nobody"),
    pytest.param(TARA, FULL, id="by a therapist who does not treat them"),
]


@pytest.mark.parametrize(("who", "crn"), REFUSED)
async def test_who_may_not_record_leaves_nothing(service_alone: Service, who: Any, crn: str) -> None:
    before = await rows_of(service_alone, crn)
    consent = await record(service_alone, crn, who)
    purpose = CARE if who is TARA else WORK
    objection = await service_alone.request(
        "POST", f"/v1/people/{crn}/objections", *who, purpose, json={"category": "scores"}
    )
    expected = (403, "withheld") if who is TARA else (404, "not-found")  # she triages, and so knows them
    for answer in (consent, objection):
        assert (answer.status_code, told(answer)["code"]) == expected
    assert await rows_of(service_alone, crn) == before


async def test_how_each_consent_stands_is_said_with_it(service_alone: Service) -> None:
    """Of imported ones too, whatever they are."""
    rows = [
        *world.consent(BARE, "attendance", id="old", valid_from=moment(9), valid_until=moment(2)),
        *world.consent(BARE, "progress", id="weak", capacity=False),
        *world.consent(BARE, "scores", id="unsigned", recorded_by_party="justice"),
        *world.consent(BARE, "offence", id="ahead", valid_from=moment(-2)),
        *world.consent(BARE, "meeting", id="yes"),
        *world.consent(BARE, "meeting", id="no", decision="refuse"),
        world.objection(BARE, "scores", id="past", valid_until=moment(1)),
    ]
    await world.put(service_alone.url, rows)
    data = (await service_alone.get(f"/v1/people/{BARE}/consents", *OLGA, WORK)).json()["data"]
    assert {row["id"]: row["state"] for row in (*data["consents"], *data["objections"])} == {
        "old": "expired",
        "weak": "without-capacity",
        "unsigned": "awaiting-countersignature",
        "ahead": "not-yet",
        "yes": "outweighed",
        "no": "effective",
        "past": "expired",
    }
    assert "consent no." in next(row["because"] for row in data["consents"] if row["id"] == "yes")
    assert all(row["because"] for row in (*data["consents"], *data["objections"]))


class TestObjections:
    """S4: recorded for any category but two, and over at once when they are withdrawn."""

    async def test_one_stops_the_next_read_until_it_is_withdrawn(self, service_on_both: Service) -> None:
        service, path = service_on_both, f"/v1/people/{FULL}/scores"
        assert (await service.get(path, *OLGA, WORK)).status_code == 200
        body = {"category": "scores", "reason": "they are mine"}
        made = await service.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
        assert (made.status_code, made.json()["state"]) == (201, "effective")
        assert (await service.get(path, *OLGA, WORK)).status_code == 403
        again = await service.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
        assert (again.status_code, told(again)["code"]) == (422, "objection-overlaps")
        gone = f"/v1/objections/{made.json()['id']}/withdrawal"
        first = await service.request("POST", gone, *OLGA, WORK)
        assert (first.status_code, first.json()["state"]) == (200, "withdrawn")
        assert (await service.request("POST", gone, *OLGA, WORK)).content == first.content
        assert (await service.get(path, *OLGA, WORK)).status_code == 200
        columns = "category, reason, recorded_by, withdrawn_by"
        kept = await fetched(service.url, f"SELECT {columns} FROM objection WHERE id = '{made.json()['id']}'")
        assert kept == [("scores", "they are mine", "theo", "olga")]
        past = f"SELECT withdrawn_by FROM objection_history WHERE id = '{made.json()['id']}'"
        assert await fetched(service.url, past) == [(None,)]

    @pytest.mark.parametrize("category", ["risk", "safety-alert"])
    async def test_what_protects_somebody_is_not_objected_to(self, service_alone: Service, category: str) -> None:
        body = {"category": category}
        answer = await service_alone.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
        assert (answer.status_code, told(answer)["code"]) == (422, "objection-not-possible")
        assert told(answer)["field"] == "category"
        assert await fetched(service_alone.url, f"SELECT id FROM objection WHERE category = '{category}'") == []

    @pytest.mark.parametrize(
        ("values", "code", "field"),
        [
            pytest.param({"category": "horoscope"}, "body-invalid", "category", id="no category"),
            pytest.param({"validFrom": "2026-03-09"}, "period-backdated", "validFrom", id="backdated"),
            pytest.param({"validUntil": "2026-03-09"}, "period-over", "validUntil", id="over"),
            pytest.param({"recipient": "olga"}, "body-invalid", "recipient", id="an element that there is not"),
        ],
    )
    async def test_faults(self, service_alone: Service, values: dict[str, Any], code: str, field: str) -> None:
        body = {"category": "scores"} | values
        answer = await service_alone.request("POST", f"/v1/people/{FULL}/objections", *THEO, CARE, json=body)
        assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
        assert await fetched(service_alone.url, "SELECT id FROM objection WHERE category = 'scores'") == []

    async def test_of_somebody_elses_nothing_is_known(self, service_alone: Service) -> None:
        for objection in ("objection-full", "never-was"):
            path = f"/v1/objections/{objection}/withdrawal"
            answer = await service_alone.request("POST", path, *OTTO, WORK)
            assert (answer.status_code, told(answer)["code"]) == (404, "not-found")


class TestReliance:
    """Oversight sees from the log who relied on a consent, and whom it refused."""

    async def test_who_relied_on_it(self, service_on_both: Service) -> None:
        service = service_on_both
        await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
        await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
        await service.get(f"/v1/people/{FULL}/scores", *OLGA, WORK)
        await service.get("/v1/referrals", *OLGA, WORK)
        await withdraw(service, "consent-attendance")
        await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
        path = "/v1/consents/consent-attendance/reliance"
        answer = (await service.get(path, *CARA, OVERSIGHT)).json()
        *listed, whole, single = answer["data"]
        assert (single["entry"], single["staff"], single["role"]) == (0, "olga", "offender-manager")
        assert (single["purpose"], single["outcome"], single["clauses"]) == ("supervision", "permitted", ["D1"])
        assert (single["released"], single["withheld"]) == (["attendance"], [])
        assert single["byConsent"] == [{"category": "attendance", "scopes": ["attendance"]}]
        assert {"category": "scores", "scopes": ["scores"]} in whole["byConsent"]
        assert {"notes", "clinical"}.isdisjoint(whole["released"])
        assert [line["released"] for line in listed] == [["referral"]] * len(listed)
        assert listed[0]["byConsent"] == [{"category": "referral", "scopes": ["attendance"]}]
        assert listed[0]["at"] >= whole["at"] >= single["at"]

    async def test_whom_a_refusal_refused(self, service_alone: Service) -> None:
        no = (await record(service_alone, FULL, decision="refuse")).json()["id"]
        await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
        (line,) = (await service_alone.get(f"/v1/consents/{no}/reliance", *CARA, OVERSIGHT)).json()["data"]
        assert (line["outcome"], line["released"], line["byConsent"]) == ("refused", [], [])
        assert line["withheld"] == [{"category": "attendance", "scopes": ["attendance"]}]

    async def test_page_by_page(self, service_alone: Service) -> None:
        for _ in range(3):
            await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
        path, seen, cursor = "/v1/consents/consent-attendance/reliance?pageSize=2", [], ""
        while cursor is not None:
            page = (await service_alone.get(path + cursor, *CARA, OVERSIGHT)).json()
            seen.append([line["entry"] for line in page["data"]])
            following = page["pagination"]["next"]
            cursor = following and f"&cursor={following}"
        assert seen == [[2, 1], [0]]
        for other in ("consent-scores/reliance?cursor=", "consent-attendance/reliance?cursor=x"):
            faulty = await service_alone.get(f"/v1/consents/{other}{following or 'x'}", *CARA, OVERSIGHT)
            assert (faulty.status_code, told(faulty)["code"]) == (400, "cursor-invalid")

    async def test_reading_it_is_in_the_log_itself(self, service_alone: Service) -> None:
        await service_alone.marked()
        await service_alone.get("/v1/consents/consent-attendance/reliance", *CARA, OVERSIGHT)
        (entry,) = await service_alone.entries()
        assert (entry["clauses"], entry["released"], entry["type"]) == (["G1"], {"audit-log": ["*"]}, "access")
        assert "consent-attendance" not in str(entry)

    @pytest.mark.parametrize(
        ("who", "purpose", "consent"),
        [
            pytest.param(OLGA, WORK, "consent-attendance", id="an offender manager"),
            pytest.param(THEO, CARE, "consent-attendance", id="a therapist"),
            pytest.param(CARA, OVERSIGHT, "never-was", id="of a consent that there is not"),
            pytest.param(CARA, OVERSIGHT, "100%25", id="of a pattern"),
        ],
    )
    async def test_to_everybody_else_there_is_none(
        self, service_alone: Service, who: Any, purpose: str, consent: str
    ) -> None:
        answer = await service_alone.get(f"/v1/consents/{consent}/reliance", *who, purpose)
        assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
