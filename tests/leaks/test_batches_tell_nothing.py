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


async def told(service: Service) -> list[bytes]:
    """Every answer to every batch, and how far the log is after each: anybody may see its size."""
    said = []
    for number, lines in enumerate(BATCHES):
        sent = await send(service, f"b{number}", written(lines), CLINICAL)
        await done(service, f"b{number}", CLINICAL)
        await service.http.get("/health")
        for path in (f"/v1/sync/batches/b{number}", f"/v1/sync/batches/b{number}/results"):
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
