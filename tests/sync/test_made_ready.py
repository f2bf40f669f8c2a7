"""A chunk that is made ready while the one before it is written: what happens meanwhile is not passed over."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.audit.submission import ChangeRefused, RowsMissed
from app.gate import Many
from app.services import batches
from app.services.registers import person_id
from app.sync.batches.slices import Lines
from tests import world
from tests.sync.lines import activity, contact, score, someone, treated
from tests.sync.test_batches_in_any_order import HEALTH, JUSTICE, new_world

pytestmark = pytest.mark.asyncio
CRN = "X200001"
CONTACTS = [contact(f"C{number}", "R1") for number in range(10, 14)]
LATER = [each for number in range(10, 14) for each in (activity(f"A{number}", f"C{number}"), score(f"A{number}", "3"))]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK_LINES", 4)


async def ask(url: str, query: str) -> list[Any]:
    (found,) = await world.execute(url, [(text(query), None)])
    return [tuple(row) for row in found]


async def test_what_the_chunk_before_brings_is_there_for_it(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, prepare = [], Lines.prepare

    async def watched(lines: Lines) -> None:
        held = await ask(database_url, "SELECT count(*) FROM appointment WHERE source_id = 'C13'")
        prepared.append((len(lines.order), held))
        await prepare(lines)

    monkeypatch.setattr(Lines, "prepare", watched)
    async with new_world(database_url, key_file) as made:
        await made.send(JUSTICE, [someone(CRN)])
        await made.send(HEALTH, treated("1", CRN))
        await made.send(HEALTH, [*CONTACTS, *LATER])
        await made.applying().catch_up()
    assert [size for size, _ in prepared] == [4, 4]
    assert await ask(database_url, "SELECT count(*) FROM sync_held") == [(0,)]
    assert await ask(database_url, "SELECT count(*) FROM outcome_score") == [(5,)]


async def test_a_registration_that_is_parted_meanwhile_brings_nobody_anything(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Lines.prepare

    async def parted(lines: Lines) -> None:
        await prepare(lines)
        await ask(database_url, "UPDATE patient SET person_id = NULL WHERE source_id = 'P1' RETURNING id")

    async with new_world(database_url, key_file) as made:
        await made.send(JUSTICE, [someone(CRN)])
        await made.send(HEALTH, treated("1", CRN))
        await made.applying().catch_up()
        monkeypatch.setattr(Lines, "prepare", parted)
        await made.send(HEALTH, [*CONTACTS, *(contact(f"C{number}", "R1") for number in range(20, 24))])
        await made.applying().catch_up()
    assert await ask(database_url, "SELECT state, accepted FROM sync_batch ORDER BY number") == [
        ("done", 1), ("done", 5), ("done", 8),
    ]  # fmt: skip
    assert await ask(database_url, "SELECT count(*) FROM appointment") == [(0,)]
    waiting = "SELECT DISTINCT substr(waits_for, 1, 5) FROM sync_held"
    assert await ask(database_url, waiting) == [("link:",)]


async def test_what_comes_with_a_registration_that_turns_out_to_be_somebody_elses_is_theirs(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, other = Lines.prepare, person_id("X200002")

    async def moved(lines: Lines) -> None:
        await prepare(lines)
        await ask(database_url, f"UPDATE patient SET person_id = '{other}' WHERE source_id = 'P1' RETURNING id")

    async with new_world(database_url, key_file) as made:
        await made.send(JUSTICE, [someone(CRN), someone("X200002")])
        await made.send(HEALTH, treated("1", CRN))
        await made.applying().catch_up()
        monkeypatch.setattr(Lines, "prepare", moved)
        await made.send(HEALTH, [*CONTACTS, *(contact(f"C{number}", "R1") for number in range(20, 24))])
        await made.applying().catch_up()
    whose = "SELECT person_id, count(*) FROM appointment GROUP BY person_id"
    assert await ask(database_url, whose) == [(other, 9)]


async def test_it_is_looked_at_again_where_the_one_before_did_not_come_as_it_was_judged(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, refused = Many.append, []

    async def first_refused(many: Many, submission: Any) -> None:
        if not refused and len(submission.entries) == len(CONTACTS):
            refused.append(submission)
            raise ChangeRefused(RowsMissed("somebody was faster"))
        await append(many, submission)

    async with new_world(database_url, key_file) as made:
        await made.send(JUSTICE, [someone(CRN)])
        await made.send(HEALTH, treated("1", CRN))
        await made.applying().catch_up()
        monkeypatch.setattr(Many, "append", first_refused)
        await made.send(HEALTH, [*CONTACTS, *LATER])
        await made.applying().catch_up()
    assert len(refused) == 1
    assert await ask(database_url, "SELECT state, accepted FROM sync_batch WHERE records = 12") == [("done", 12)]
    written = [each["details"] for each in await world.entries(database_url) if each["type"] == "change"]
    assert len([each for each in written if each["change"] == "created"]) == 1 + 5 + 12
    assert await ask(database_url, "SELECT count(*) FROM outcome_score") == [(5,)]
