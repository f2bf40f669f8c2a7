"""Batches in: received whole or not at all, applied record by record, and told of in their sender's words alone."""

import asyncio
import gzip
from typing import Any

import pytest
import zstandard
from sqlalchemy import text

from app.services import batches
from app.services.registers import person_id
from tests import world
from tests.routers.cast import BARE, CARE, CLINICAL, COURT, NOBODY, OLGA, PROBATION, SYNC, THEO, WORK, told
from tests.sync.lines import (
    PHQ9,
    activity,
    contact,
    done,
    line,
    patient,
    referral,
    results,
    score,
    send,
    sent,
    sentence,
    someone,
    treated,
    written,
)
from tests.world import Service, execute

pytestmark = pytest.mark.asyncio
ACCEPTED: tuple[str, list[str]] = ("accepted", [])
LATER = "2026-03-09T12:00:00Z"
NHS, OTHER_NHS = "9990000042", "9990000026"


async def rows(service: Service, query: str) -> list[Any]:
    return (await execute(service.url, [(text(query), None)]))[0]


async def changes(service: Service) -> list[dict[str, Any]]:
    """Entries of records that a batch brought."""
    return [entry for entry in await service.entries() if "kind" in (entry["details"] or {})]


async def test_what_a_clinical_system_sends_is_written_with_an_entry_for_each_record(service_on_both: Service) -> None:
    assert await sent(service_on_both, "one", treated("1", BARE), CLINICAL) == [ACCEPTED] * 5
    made = await changes(service_on_both)
    assert [(entry["details"]["table"], entry["clauses"]) for entry in made] == [
        ("patient", ["H7"]), ("referral", ["H1"]), ("appointment", ["H1"]), ("care_activity", ["H1"]),
        ("outcome_score", ["H1"]),
    ]  # fmt: skip
    assert {(entry["details"]["batch"], entry["details"]["change"], entry["purpose"]) for entry in made} == {
        ("one", "created", SYNC)
    }
    assert await rows(service_on_both, "SELECT total, band FROM outcome_score WHERE source = 'RT5'") == [
        (14.0, "moderate")
    ]
    assert await sent(service_on_both, "two", treated("1", BARE), CLINICAL) == [("unchanged", [])] * 5
    assert len(await changes(service_on_both)) == 5


async def test_what_probation_sends_is_read_by_those_who_may(service_on_both: Service) -> None:
    allocated = {"crn": "X200001", "username": "olga", "startDateTime": "2026-01-01T00:00:00Z"}
    limited = {"crn": "X200001", "type": "exclusion", "message": "No.", "startDateTime": "2026-01-01",
               "usernames": ["otto"]}  # fmt: skip
    lines = [
        line("allocations", "AL1", allocated),
        sentence("X200001", "SV1", requirements=[
            {"requirementId": "RQ1", "type": "unpaid-work", "startDate": "2026-01-01"}]),
        line("limits", "LM1", limited),
        someone("X200001", nhsNumber=NHS),
    ]  # fmt: skip
    assert await sent(service_on_both, "one", lines, PROBATION) == [ACCEPTED] * 4
    answer = await service_on_both.get("/v1/people/X200001/supervision", *OLGA, WORK)
    assert answer.status_code == 200, answer.text
    assert [each["sentenceType"] for each in answer.json()["data"]["sentences"]] == ["community-order"]
    clauses = {entry["details"]["table"]: entry["clauses"] for entry in await changes(service_on_both)}
    assert clauses["person"] == ["H5"]
    assert clauses["access_limit"] == clauses["allocation"] == ["H8"]


async def test_the_same_again_is_answered_the_same_and_other_content_is_refused(service_on_both: Service) -> None:
    body = written(treated("1", BARE))
    first = await send(service_on_both, "one", body, CLINICAL)
    await done(service_on_both, "one", CLINICAL)
    again = await send(service_on_both, "one", gzip.compress(body), CLINICAL, Content_Encoding="gzip")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["sha256"] == again.json()["sha256"]
    assert (first.json()["state"], again.json()["state"]) == ("received", "done")
    other = await send(service_on_both, "one", written([patient("P2", BARE)]), CLINICAL)
    assert (other.status_code, told(other)["code"]) == (409, "batch-differs")
    assert len(await changes(service_on_both)) == 5
    assert await rows(service_on_both, "SELECT count(*) FROM sync_chunk") == [(0,)]
    assert (await service_on_both.entries())[-1]["reason"] == "batch-differs"


WHOLE = written(treated("1", BARE))
BROKEN = [
    pytest.param(gzip.compress(WHOLE)[:-9], "gzip", "batch-unreadable", id="gzip that ends too early"),
    pytest.param(WHOLE, "gzip", "batch-unreadable", id="no gzip at all"),
    pytest.param(zstandard.compress(WHOLE)[:-3], "zstd", "batch-unreadable", id="zstd that ends too early"),
    pytest.param(b"nothing", "zstd", "batch-unreadable", id="no zstd at all"),
    pytest.param(WHOLE + '{"kind": "é"}'.encode("latin-1"), "identity", "batch-unreadable", id="not UTF-8"),
    pytest.param(b"\n \n", "identity", "batch-unreadable", id="without a record"),
    pytest.param(b"x" * (batches.LONGEST_LINE + 1), "identity", "batch-unreadable", id="a line without an end"),
    pytest.param(gzip.compress(b" \n" * 3_000_000 + WHOLE), "gzip", "batch-too-large", id="a bomb of gzip"),
    pytest.param(zstandard.compress(b" \n" * 3_000_000), "zstd", "batch-too-large", id="a bomb of zstd"),
    pytest.param(b"{}\n" * 51, "identity", "batch-too-large", id="too many records"),
    pytest.param(b"{}\n" * 500_000, "identity", "body-too-large", id="more bytes than may come"),
]


@pytest.fixture
async def narrow(cast_url: str, key_file: Any) -> Any:
    """A service that takes small batches alone."""
    limits = {"batch_limit": 1_200_000, "batch_bytes": 4_000_000, "batch_records": 50}
    async with world.serving(cast_url, key_file, **limits) as running:
        yield running


@pytest.mark.parametrize(("body", "encoding", "code"), BROKEN)
async def test_a_broken_file_changes_nothing(narrow: Service, body: bytes, encoding: str, code: str) -> None:
    answer = await send(narrow, "one", body, CLINICAL, Content_Encoding=encoding)
    assert told(answer)["code"] == code
    assert await rows(narrow, "SELECT count(*) FROM sync_chunk") == [(0,)]
    assert await rows(narrow, "SELECT count(*) FROM sync_batch") == [(0,)]
    assert await changes(narrow) == []
    assert told(await narrow.get("/v1/sync/batches/one", *CLINICAL, SYNC))["code"] == "batch-unknown"


async def test_forms_that_are_good(service_alone: Service) -> None:
    halves = [gzip.compress(b"\xef\xbb\xbf" + WHOLE[:100]), gzip.compress(WHOLE[100:].replace(b"\n", b"\r\n\r\n"))]
    assert (await send(service_alone, "one", b"".join(halves), CLINICAL, Content_Encoding="gzip")).status_code == 202
    assert (await done(service_alone, "one", CLINICAL))["counts"]["accepted"] == 5
    packed = zstandard.compress(WHOLE[:100]) + zstandard.compress(WHOLE[100:])
    assert (await send(service_alone, "two", packed, CLINICAL, Content_Encoding="zstd")).status_code == 202
    assert (await done(service_alone, "two", CLINICAL))["counts"]["unchanged"] == 5
    assert {each["line"] for each in await results(service_alone, "one", CLINICAL)} == {1, 3, 5, 7, 9}


@pytest.mark.parametrize(
    ("headers", "field"),
    [({"Content_Type": "application/json"}, "Content-Type"), ({"Content_Encoding": "br"}, "Content-Encoding")],
)
async def test_what_it_does_not_come_in(service_alone: Service, headers: dict[str, str], field: str) -> None:
    answer = await send(service_alone, "one", WHOLE, CLINICAL, **headers)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (415, "media-type-unsupported", field)
    assert (await service_alone.entries())[-1]["reason"] == "media-type-unsupported"


async def test_a_broken_record_never_stops_the_rest(service_on_both: Service) -> None:
    lines = [
        "{",
        '{"kind": "IDS001MPI", "kind": "IDS001MPI"}',
        line("LocalAllocation", "AL1", {"AllocationId": "AL1"}),
        {"kind": "IDS001MPI", "sourceId": "P1", "record": {"LocalPatientId": "P1"}},
        patient("P2", BARE, PersonBirthDate="1980-02-31"),
        patient("P3", BARE) | {"sourceId": "P4"},
        patient("P5", BARE) | {"with": {"LocalNotes": {}}},
        referral("R1", "P6", ReferralRequestReceivedDate="1970-01-01"),
        *treated("6", BARE),
        contact("C8", "R6", AppType="9"),
        contact("C9", "R6", CareContDate="2026-01-01"),
        score("A6", "40", at=LATER),
    ]
    outcomes = await sent(service_on_both, "one", lines, CLINICAL)
    assert outcomes == [
        ("rejected", ["row-malformed"]), ("rejected", ["row-malformed"]), ("rejected", ["kind-unknown"]),
        ("rejected", ["field-missing"]), ("rejected", ["date-malformed"]), ("rejected", ["source-id-differs"]),
        ("rejected", ["companion-unknown"]), ("rejected", ["referral-before-birth"]),
        ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED, ("superseded", []),
        ("rejected", ["appointment-type-unknown"]), ("rejected", ["contact-before-referral"]),
        ("accepted", ["score-out-of-range"]),
    ]  # fmt: skip
    (one,) = [each for each in await results(service_on_both, "one", CLINICAL) if each["line"] == 8]
    assert one["findings"] == [
        {
            "rule": "referral-before-birth", "severity": "rejected", "others": [],
            "field": "IDS101Referral.ReferralRequestReceivedDate", "wrong": "the referral lies before birth",
            "remedy": "correct one of the two dates",
        }
    ]  # fmt: skip
    state = await done(service_on_both, "one", CLINICAL)
    assert state["counts"] == {
        "accepted": 5, "unchanged": 0, "superseded": 1, "conflict": 0, "rejected": 10, "warned": 1,
    }  # fmt: skip
    assert (state["applied"], state["records"]) == (16, 16)


async def test_what_comes_before_what_it_belongs_to_is_kept_until_then(service_on_both: Service) -> None:
    a_patient, a_referral, a_contact, an_activity, a_score = treated("1", BARE)
    early = [a_score, an_activity, a_contact]
    assert await sent(service_on_both, "one", early, CLINICAL) == [("accepted", ["parent-awaited"])] * 3
    assert await sent(service_on_both, "two", [a_referral], CLINICAL) == [("accepted", ["parent-awaited"])]
    assert await rows(service_on_both, "SELECT count(*) FROM sync_held") == [(4,)]
    assert await sent(service_on_both, "three", [a_patient], CLINICAL) == [ACCEPTED]
    await done(service_on_both, "three", CLINICAL)
    assert await rows(service_on_both, "SELECT count(*) FROM sync_held") == [(0,)]
    assert await rows(service_on_both, "SELECT tool_code FROM outcome_score WHERE source = 'RT5'") == [(PHQ9,)]


async def test_what_turns_out_broken_in_the_end_is_told_with_its_own_batch(service_alone: Service) -> None:
    early = [contact("C1", "R1", CareContDate="2026-01-01"), activity("A1", "C1")]
    assert await sent(service_alone, "one", early, CLINICAL) == [("accepted", ["parent-awaited"])] * 2
    await sent(service_alone, "two", [patient("P1", BARE), referral("R1", "P1")], CLINICAL)
    first, second = await results(service_alone, "one", CLINICAL)
    assert [(each["outcome"], [one["rule"] for one in each["findings"]]) for each in (first, second)] == [
        ("rejected", ["contact-before-referral"]), ("accepted", ["parent-awaited"]),
    ]  # fmt: skip
    counts = (await done(service_alone, "one", CLINICAL))["counts"]
    assert (counts["accepted"], counts["rejected"]) == (1, 1)


async def test_who_is_not_on_file_yet_has_their_records_once_they_are(service_on_both: Service) -> None:
    assert await sent(service_on_both, "one", treated("1", NOBODY), CLINICAL) == [ACCEPTED] * 5
    assert await sent(service_on_both, "again", treated("1", NOBODY), CLINICAL) == [("unchanged", [])] * 5
    assert await rows(service_on_both, "SELECT count(*) FROM referral WHERE source = 'RT5'") == [(0,)]
    assert await sent(service_on_both, "people", [someone(NOBODY)], PROBATION) == [ACCEPTED]
    assert await rows(service_on_both, "SELECT count(*) FROM sync_held") == [(0,)]
    query = "SELECT count(*) FROM outcome_score s JOIN person p ON p.id = s.person_id WHERE p.crn = 'X999999'"
    assert await rows(service_on_both, query) == [(1,)]
    linked = "SELECT count(*) FROM patient m JOIN person p ON p.id = m.person_id WHERE p.crn = 'X999999'"
    assert await rows(service_on_both, linked) == [(1,)]
    assert await sent(service_on_both, "once-more", treated("1", NOBODY), CLINICAL) == [("unchanged", [])] * 5


async def test_a_referral_waits_until_it_is_known_whose_its_registration_is(service_alone: Service) -> None:
    assert await sent(service_alone, "one", treated("1", None), CLINICAL) == [ACCEPTED] * 5
    assert await rows(service_alone, "SELECT count(*) FROM sync_held") == [(4,)]
    assert await sent(service_alone, "two", [patient("P1", BARE, at=LATER)], CLINICAL) == [ACCEPTED]
    assert await rows(service_alone, "SELECT count(*) FROM sync_held") == [(0,)]
    assert await rows(service_alone, "SELECT count(*) FROM outcome_score WHERE source = 'RT5'") == [(1,)]


async def test_an_older_version_never_overwrites_a_newer(service_on_both: Service) -> None:
    lines = [patient("P1", BARE), referral("R1", "P1", at=LATER, EndCode="46", ServDischDate="2026-03-01")]
    assert await sent(service_on_both, "one", lines, CLINICAL) == [ACCEPTED] * 2
    assert await sent(service_on_both, "two", [referral("R1", "P1")], CLINICAL) == [("superseded", [])]
    assert await rows(service_on_both, "SELECT end_code FROM referral WHERE source = 'RT5'") == [("46",)]


async def test_a_source_may_count_its_versions_instead(service_alone: Service) -> None:
    def numbered(version: int, street: str) -> dict[str, Any]:
        person = someone("X200001") | {"version": version}
        del person["lastUpdatedAt"]
        return person | {"record": person["record"] | {"contactDetails": {"address": {"line": street}}}}

    async def goes(name: str, version: int, street: str) -> list[tuple[str, list[str]]]:
        return await sent(service_alone, name, [numbered(version, street)], PROBATION)

    assert await goes("one", 2, "2 Second Street") == [ACCEPTED]
    assert await goes("two", 1, "1 First Street") == [("superseded", [])]
    assert await goes("three", 2, "2 Second Street") == [("unchanged", [])]
    assert await goes("four", 10, "10 Tenth Street") == [ACCEPTED]
    assert await rows(service_alone, "SELECT address FROM person WHERE crn = 'X200001'") == [("10 Tenth Street",)]


async def test_an_nhs_number_that_is_there_is_the_health_sides_to_correct(service_on_both: Service) -> None:
    assert await sent(service_on_both, "one", [someone("X200001", nhsNumber=NHS)], PROBATION) == [ACCEPTED]
    moved = someone("X200001", at=LATER, nhsNumber=OTHER_NHS)
    moved["record"]["name"]["surname"] = "Changed"
    assert await sent(service_on_both, "two", [moved], PROBATION) == [("conflict", ["owned-by-health"])]
    query = "SELECT family_name, nhs_number FROM person WHERE crn = 'X200001'"
    assert await rows(service_on_both, query) == [("Changed", NHS)]
    (one,) = await results(service_on_both, "two", PROBATION)
    assert "service or practice" in one["findings"][0]["remedy"]
    assert await sent(
        service_on_both, "three", [someone("X200001", at="2026-03-10T08:00:00Z", gpPractice="C82001")], PROBATION
    ) == [("conflict", ["owned-by-health"])]
    assert await rows(service_on_both, "SELECT nhs_number, gp_practice FROM person WHERE crn = 'X200001'") == [
        (NHS, None)
    ]


async def test_one_nhs_number_of_two_people_names_both_and_changes_neither(service_on_both: Service) -> None:
    lines = [someone("X200001", nhsNumber=NHS), someone("X200002", nhsNumber=NHS)]
    assert await sent(service_on_both, "one", lines, PROBATION) == [ACCEPTED, ("conflict", ["nhs-number-held"])]
    _, second = await results(service_on_both, "one", PROBATION)
    assert second["findings"][0]["others"] == ["X200002", "X200001"]
    known = await rows(service_on_both, "SELECT crn, nhs_number FROM person WHERE crn LIKE 'X20000%' ORDER BY crn")
    assert known == [("X200001", NHS), ("X200002", None)]
    patients = [patient("P1", BARE, NHSNumber=OTHER_NHS), patient("P2", COURT, NHSNumber=OTHER_NHS)]
    assert await sent(service_on_both, "two", patients, CLINICAL) == [ACCEPTED, ("accepted", ["nhs-number-held"])]
    assert (await results(service_on_both, "two", CLINICAL))[1]["findings"][0]["others"] == ["P2", "P1"]


async def test_results_go_on_from_page_to_page(service_alone: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK_LINES", 2)
    assert await sent(service_alone, "one", treated("1", BARE), CLINICAL) == [ACCEPTED] * 5
    path = "/v1/sync/batches/one/results"
    first = (await service_alone.get(path, *CLINICAL, SYNC)).json()
    assert ([each["line"] for each in first["data"]], bool(first["pagination"]["next"])) == ([1, 2], True)
    elsewhere = await service_alone.get(
        "/v1/sync/batches/other/results", *CLINICAL, SYNC, params={"cursor": first["pagination"]["next"]}
    )
    assert told(elsewhere)["code"] == "cursor-invalid"


async def test_a_batch_is_its_senders_alone(service_alone: Service) -> None:
    await sent(service_alone, "one", treated("1", BARE), CLINICAL)
    for path in ("/v1/sync/batches/one", "/v1/sync/batches/one/results"):
        assert told(await service_alone.get(path, *PROBATION, SYNC))["code"] == "batch-unknown"
        refused = await service_alone.get(path, *THEO, CARE)
        assert (refused.status_code, told(refused)["code"]) == (403, "not-permitted-for-role")
    refused = await send(service_alone, "two", WHOLE, THEO)
    assert told(refused)["code"] == "purpose-not-for-role"
    assert (await service_alone.entries())[-1]["outcome"] == "refused"


async def test_a_sender_who_is_suspended_is_stopped_and_goes_on_later(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = service_alone.app.state.services.batches.store
    waiting = store.next

    async def nothing(_: Any) -> None: ...

    monkeypatch.setattr(store, "next", nothing)
    assert (await send(service_alone, "one", WHOLE, CLINICAL)).status_code == 202
    suspend = "UPDATE client SET suspended_at = {} WHERE id = 'clinical-records'"
    await execute(service_alone.url, [(text(suspend.format("'2026-03-01T00:00:00.000000Z'")), None)])
    monkeypatch.setattr(store, "next", waiting)
    while not (stopped := await rows(service_alone, "SELECT 1 FROM sync_batch WHERE state = 'stopped'")):
        service_alone.app.state.services.batches.arrived.set()
        await asyncio.sleep(0.01)
    assert stopped
    assert await changes(service_alone) == []
    await execute(service_alone.url, [(text(suspend.format("NULL")), None)])
    assert (await send(service_alone, "one", WHOLE, CLINICAL)).json()["state"] == "received"
    assert (await done(service_alone, "one", CLINICAL))["counts"]["accepted"] == 5


async def test_a_batch_whose_lines_are_gone_goes_on_once_they_come_again(service_alone: Service) -> None:
    keeping = service_alone.app.state.services.batches.store

    async def lost(*_: Any) -> None: ...

    keep, keeping.keep = keeping.keep, lost
    assert (await send(service_alone, "one", WHOLE, CLINICAL)).status_code == 202
    assert (await done(service_alone, "one", CLINICAL))["state"] == "stopped"
    keeping.keep = keep
    assert (await send(service_alone, "one", WHOLE, CLINICAL)).json()["state"] == "received"
    assert (await done(service_alone, "one", CLINICAL))["counts"]["accepted"] == 5


WSAS = ("932621000000100", "932581000000100", "932611000000106", "932591000000103", "932601000000109")
AUTHORED = {"ServiceRequestId": "R1", "AuthorUsername": "theo", "WrittenAt": "2026-03-01T10:00:00Z",
            "ThirdParty": "N", "SeriousHarm": "N"}  # fmt: skip


async def test_every_kind_of_the_clinical_system_finds_its_place(service_alone: Service) -> None:
    items = [{"CareActId": "A1", "CodedAssToolType": code, "PersScore": "3"} for code in WSAS]
    beside = {
        "with": {"LocalScoreItems": {"CareActId": "A1", "CodedAssToolType": PHQ9, "Answers": "2 2 2 2 2 2 1 1 0"}}
    }
    taken = {"with": {"LocalActivity": {"TherapistUsername": "Theo", "PsychMed": "01"}}}
    alert = {"ServiceRequestId": "R1", "Summary": "He may come armed.", "Reason": "He said so.", "Urgency": "urgent",
             "RecipientUsername": "olga", "ReleasedBy": "theo", "ReleasedAt": "2026-03-01T10:00:00Z"}  # fmt: skip
    lines = [
        patient("P1", BARE) | {"with": {
            "LocalPatientLink": {"LocalPatientId": "P1", "CRN": BARE},
            "IDS002GP": [{"LocalPatientId": "P1", "GMPCodeReg": "C82001", "StartDateGMPRegistration": "2020-01-01"}],
        }},
        referral("R1", "P1", OnsetDate="2025-01", PrevDiagCondInd="Y"),
        contact("C1", "R1") | {"with": {"LocalContact": {"CareContactId": "C1", "PlannedMinutes": "50"}}},
        activity("A1", "C1") | taken,
        score("A1", "14") | beside,
        line("IDS607CodedScoreAssessmentAct", "A1:WSAS", items),
        line("IDS606CodedScoreAssessmentRefer", "R1:GAD-7:202603011030", {
            "ServiceRequestId": "R1", "CodedAssToolType": "445455005", "PersScore": "9",
            "AssToolCompDate": "2026-03-01", "AssToolCompTime": "10:30:00"}),
        line("LocalCore10", "S1", {"LocalScoreId": "S1", "CareContactId": "C1", "PersScore": "10"}),
        line("IDS603PresentingComplaints", "R1:F32", {
            "ServiceRequestId": "R1", "FindSchemeInUse": "01", "PresComp": "F32"}),
        line("LocalClinical", "K1", {"ClinicalId": "K1", "ServiceRequestId": "R1", "ProblemCode": "F41"},
             **{"with": {"IDS603PresentingComplaints": {
                 "ServiceRequestId": "R1", "FindSchemeInUse": "01", "PresComp": "F41"}}}),
        line("LocalProgress", "G1", {
            "ProgressId": "G1", "ServiceRequestId": "R1", "WrittenOn": "2026-03-01", "EngagementSummary": "comes"}),
        line("LocalNotes", "N1", {"NoteId": "N1", "Kind": "session", "Text": "…", **AUTHORED}),
        line("LocalSafety", "F1", {"SafetyId": "F1", "RiskToSelf": "none", **AUTHORED}),
        line("LocalSafetyAlert", "L1", {"SafetyAlertId": "L1", **alert}),
        line("IDS105OnwardReferral", "R1:20260301:RT5", {
            "ServiceRequestId": "R1", "OnwardReferDate": "2026-03-01", "OrgIDReceiving": "RT5"}),
        line("IDS108WaitingTimePauses", "W1", {
            "PauseID": "W1", "ServiceRequestId": "R1", "PauseStartDate": "2026-03-01", "PauseReason": "01"}),
    ]  # fmt: skip
    outcomes = await sent(service_alone, "one", lines, CLINICAL)
    assert outcomes == [ACCEPTED] * 16
    activities = await rows(service_alone, "SELECT practitioner, psychotropic_medication FROM care_activity "
                                           "WHERE source = 'RT5'")  # fmt: skip
    assert activities == [("theo", "01")]
    said = await rows(
        service_alone, "SELECT onset, previous_condition, person_id FROM presentation WHERE source = 'RT5'"
    )
    assert said == [("2025-01", "Y", person_id(BARE))]
    assert await rows(service_alone, "SELECT receiving FROM onward_referral WHERE source = 'RT5'") == [("RT5",)]
    assert await rows(service_alone, "SELECT reason FROM waiting_pause WHERE source = 'RT5'") == [("01",)]
    assert await rows(service_alone, "SELECT minutes FROM appointment WHERE source = 'RT5'") == [(50,)]
    assert await rows(
        service_alone, "SELECT tool, total, items FROM outcome_score WHERE source = 'RT5' ORDER BY tool"
    ) == [
        ("CORE-10", 10.0, None),
        ("GAD-7", 9.0, None),
        ("PHQ-9", 14.0, "2 2 2 2 2 2 1 1 0"),
        ("WSAS", 15.0, "3 3 3 3 3"),
    ]
    assert await rows(service_alone, "SELECT problem_scheme, problem_code FROM clinical_record WHERE source = 'RT5' "
                                     "ORDER BY problem_code") == [("01", "F32"), (None, "F41")]  # fmt: skip
    assert {entry["clauses"][0] for entry in await changes(service_alone)} == {"H1", "H7"}


async def test_every_kind_of_the_case_management_system_finds_its_place(service_on_both: Service) -> None:
    of = {"crn": "X200001"}
    condition = {"conditionId": "CD1", "description": "Do not enter.", "startDate": "2026-01-01"}
    lines = [
        someone("X200001"),
        sentence("X200001", "SV1"),
        line("offences", "OF1", of | {"kind": "index", "code": "C1", "description": "theft"}),
        line("risk", "RK1", of | {"rosh": "HIGH", "assessedOn": "2026-02-01", "licenceConditions": [condition]}),
        line("registrations", "RG1", of | {
            "type": {"code": "WEAP", "description": "weapons"}, "startDate": "2026-01-01"}),
        line("obligations", "OB1", of | {
            "type": "unpaid-work", "description": "garden", "startDateTime": "2026-03-20T09:00:00Z",
            "endDateTime": "2026-03-20T12:00:00Z"}),
    ]  # fmt: skip
    assert await sent(service_on_both, "one", lines, PROBATION) == [ACCEPTED] * 6
    later = [each | {"lastUpdatedAt": LATER} for each in lines]
    assert await sent(service_on_both, "two", later, PROBATION) == [ACCEPTED] * 6
    assert await sent(service_on_both, "three", lines, PROBATION) == [("superseded", [])] * 6
    assert await rows(service_on_both, "SELECT count(*) FROM licence_condition WHERE source = 'probation'") == [(1,)]
    said = [(entry["details"]["table"], entry["details"]["change"]) for entry in await changes(service_on_both)]
    assert sorted(said)[:4] == [
        ("obligation", "changed"), ("obligation", "created"), ("offence", "changed"), ("offence", "created"),
    ]  # fmt: skip


async def test_what_two_systems_say_of_a_caseload_fits_together(service_on_both: Service) -> None:
    """The newest allocation holds, and the one before ends there, as with an import."""

    def allocated(name: str, username: str, start: str) -> Any:
        return line("allocations", name, {"crn": "X200001", "username": username, "startDateTime": start})

    lines = [
        someone("X200001"),
        allocated("AL2", "olga", "2026-02-01T00:00:00Z"),
        allocated("AL1", "otto", "2026-01-01T00:00:00Z"),
        allocated("AL3", "nobody", "2026-01-01T00:00:00Z"),
    ]
    assert await sent(service_on_both, "one", lines, PROBATION) == [
        ACCEPTED, ACCEPTED, ACCEPTED, ("rejected", ["staff-unknown"]),
    ]  # fmt: skip
    held = await rows(
        service_on_both,
        "SELECT a.source_id, a.valid_until IS NULL FROM allocation a WHERE a.source = 'probation' ORDER BY 1",
    )
    assert [(name, bool(is_open)) for name, is_open in held] == [("AL1", False), ("AL2", True)]
