"""Consents as they are recorded and countersigned, how they stand afterwards, and what is refused and named."""

from typing import Any

import pytest

from tests import world
from tests.gate.house import fetched
from tests.routers.cast import (
    BARE,
    CARE,
    CARLA,
    COURT,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    RESTRICTED,
    RORY,
    SUBJECT,
    TARA,
    THEO,
    WORK,
    moment,
    told,
)
from tests.routers.consenting import COLUMNS, record, rows_of, states, supervise, withdraw
from tests.world import Service


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
    assert written["details"] == {
        "change": "recorded",
        "table": "consent",
        "scope": "attendance",
        "subjects": ["consent"],
    }
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
