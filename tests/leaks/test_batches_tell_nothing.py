"""H7: what a clinical system is told of what it sends is the same, byte for byte, whoever of it probation knows."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests import world
from tests.routers.cast import CLINICAL, PROBATION, SYNC
from tests.sync.lines import activity, contact, done, patient, referral, send, someone, treated, written
from tests.world import Service, execute, put

pytestmark = pytest.mark.asyncio
CRN = "X555555"
OTHER = "X555556"
NHS = "9990000042"
_TIMES = re.compile(rb'"(receivedAt|finishedAt)":"[^"]*"')
BATCHES = [
    treated("1", CRN),
    [
        *treated("2", OTHER),
        contact("C3", "R1"), activity("A3", "C3"), contact("C4", "R9"), contact("C5", "R1", AppType="9"),
    ],
    treated("1", CRN),
    [
        patient("P1", CRN, at="2026-03-09T12:00:00Z"),
        patient("P7", None, NHSNumber=NHS), patient("P8", None, NHSNumber=NHS),
    ],
    [referral("R1", "P1", at="2026-03-09T12:00:00Z", ReferralRequestReceivedDate="1970-01-01")],
    [contact("C6", "R1", CareContDate="2026-01-01"), contact("C1", "R1", at="2026-03-08T10:00:00Z")],
]  # fmt: skip


AFTER = [
    [contact("C1", "R1", at="2026-03-10T08:00:00Z", CareContDate="2026-02-21"), activity("A9", "C1")],
    [referral("R1", "P1", at="2026-03-10T08:00:00Z"), contact("C7", "R1"), contact("C2", "R1", AppType="9")],
]
"""What a clinical system sends besides once a link has ended, of records that it had sent before and of new ones."""


async def told(service: Service, name: str = "b", batches: Any = BATCHES) -> list[bytes]:
    """Every answer to every batch, and how many changes the log has after each."""
    said = []
    for number, lines in enumerate(batches):
        batch = f"{name}{number}"
        sent = await send(service, batch, written(lines), CLINICAL)
        await done(service, batch, CLINICAL)
        await service.http.get("/health")
        for path in (f"/v1/sync/batches/{batch}", f"/v1/sync/batches/{batch}/results"):
            answer = await service.get(path, *CLINICAL, SYNC)
            said += [str(answer.status_code).encode(), _TIMES.sub(b"", answer.content)]
        said += [str(sent.status_code).encode(), _TIMES.sub(b"", sent.content)]
        entries = [each for each in await service.entries() if each["type"] == "change"]
        said.append(str(len(entries)).encode())
    return said


async def test_no_answer_tells_whether_somebody_is_on_probation(
    cast_template: Path, tmp_path: Path, key_file: Path
) -> None:
    answers: list[Any] = []
    for known in ((), (CRN,), (CRN, OTHER)):
        path = tmp_path / f"{len(known)}.db"
        shutil.copy(cast_template, path)
        await put(f"sqlite:///{path}", [world.person(crn, nhs_number=None) for crn in known])
        async with world.serving(f"sqlite:///{path}", key_file) as service:
            answers.append(await told(service))
    assert answers[0] == answers[1] == answers[2]
    assert any(b"nhs-number-held" in each for each in answers[0])
    assert any(b"contact-before-referral" in each for each in answers[0])


async def probation_says(service: Service, batch: str, *people: Any) -> None:
    """What the clinical system cannot see happen."""
    await send(service, batch, written([*people]), PROBATION)
    await done(service, batch, PROBATION)


async def registrations(service: Service) -> list[Any]:
    """Whose each registration is."""
    asked = "SELECT patient.source_id, crn FROM patient LEFT JOIN person ON person.id = patient.person_id ORDER BY 1"
    return (await execute(service.url, [(text(asked.replace("crn", "person.crn")), None)]))[0]


async def test_no_answer_tells_that_a_link_has_ended_nor_that_there_was_one(
    cast_template: Path, tmp_path: Path, key_file: Path
) -> None:
    """The same lines again, newer ones and what belongs to them: while it is a link, after its end, and after that.

    How long the log is depends on what probation sends, and is left out.
    """
    answers: list[Any] = []
    for known in (False, True):
        path = tmp_path / f"{known}.db"
        shutil.copy(cast_template, path)
        async with world.serving(f"sqlite:///{path}", key_file) as service:
            if known:
                await probation_says(service, "first", someone(CRN), someone(OTHER))
            said = [await told(service)]
            linked = dict(await registrations(service))
            if known:
                contradicted = someone(CRN, at="2026-03-09T23:00:00Z", dateOfBirth="1970-07-07")
                await probation_says(service, "second", contradicted)
            parted = dict(await registrations(service))
            said.append(await told(service, "again", [*BATCHES, *AFTER]))
            if known:
                await probation_says(service, "third", someone(CRN, at="2026-03-10T08:30:00Z"))
            said.append(await told(service, "last", [*BATCHES, *AFTER]))
            answers.append([[entry for entry in each if not entry.isdigit()] for each in said])
            assert [each["P1"] for each in (linked, parted, dict(await registrations(service)))] == (
                [CRN, None, CRN] if known else [None] * 3
            )
            of_c1 = "SELECT starts_at FROM appointment WHERE source_id = 'C1'"
            (there,) = await execute(service.url, [(text(of_c1), None)])
            assert there == ([("2026-02-21T10:00:00.000000Z",)] if known else []), "what came meanwhile is applied"
    assert answers[0] == answers[1]
    assert any(b'"outcome":"unchanged"' in each for each in answers[0][1])
    assert any(b'"outcome":"superseded"' in each for each in answers[0][2])


async def test_what_the_database_refuses_once_the_person_comes_is_kept_and_told_to_nobody(
    service_alone: Service,
) -> None:
    """Its sender was told that it is accepted, and another answer now would tell that the person has come."""
    await send(service_alone, "one", written(treated("1", CRN)), CLINICAL)
    await done(service_alone, "one", CLINICAL)
    refusing = "CREATE TRIGGER no_referral BEFORE INSERT ON referral BEGIN SELECT RAISE(ABORT, 'no'); END"
    await execute(service_alone.url, [(text(refusing), None)])
    before = (await service_alone.get("/v1/sync/batches/one/results", *CLINICAL, SYNC)).content
    await send(service_alone, "people", written([someone(CRN)]), PROBATION)
    await done(service_alone, "people", PROBATION)
    assert (await service_alone.get("/v1/sync/batches/one/results", *CLINICAL, SYNC)).content == before
    assert (await done(service_alone, "one", CLINICAL))["counts"]["accepted"] == 5
    (waiting,) = await execute(service_alone.url, [(text("SELECT record_table FROM sync_held ORDER BY 1"), None)])
    assert waiting == [("appointment",), ("care_activity",), ("outcome_score",), ("referral",)]
