"""Records in any order, twice, in any batches, applied by several at once or killed in between: one end state."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.config import Clock
from app.gate import Gate
from app.services import batches
from app.services.batches import BatchService
from app.services.held import HeldService
from app.services.inflating import LINES, Form
from app.services.matching import MatchingService
from app.sync.batches import Applying
from app.vocabulary import Action, Caller, Category, Party, Purpose, Question, Role
from tests import world
from tests.nursery import telling
from tests.sync.applying import apply
from tests.sync.folder import gate_of
from tests.sync.lines import (
    activity,
    contact,
    line,
    patient,
    referral,
    score,
    sentence,
    someone,
    treated,
    written,
)
from tests.world import NOW, SERVICE, execute, put, settings_for

pytestmark = pytest.mark.asyncio
LATER = "2026-03-09T12:00:00Z"
JUSTICE = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation-system", "t")
HEALTH = Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, "clinical-records", "t", None, SERVICE)
STATE = ("person", "patient", "supervision", "requirement", "offence", "referral", "appointment", "care_activity",
         "outcome_score", "clinical_record", "session_note", "sync_held")  # fmt: skip
CLAIM = timedelta(seconds=0.3)


def _justice() -> list[dict[str, Any]]:
    crns = [f"X20000{number}" for number in range(4)]
    offence = {"crn": crns[0], "kind": "index", "code": "C1", "description": "theft"}
    requirement = {"requirementId": "RQ1", "type": "unpaid-work", "startDate": "2026-01-01"}
    return [
        *map(someone, crns),
        someone(crns[0], at=LATER, accessNeeds="a ramp"),
        *(sentence(crn, f"SV{crn}") for crn in crns),
        sentence(crns[1], f"SV{crns[1]}", at=LATER, requirements=[requirement]),
        line("offences", "OF1", offence),
    ]


def _health() -> list[dict[str, Any]]:
    note = {"NoteId": "N1", "ServiceRequestId": "R0", "AuthorUsername": "theo", "WrittenAt": "2026-03-01T10:00:00Z",
            "Kind": "session", "Text": "…", "ThirdParty": "N", "SeriousHarm": "N"}  # fmt: skip
    clinical = {"ClinicalId": "K1", "ServiceRequestId": "R1", "ProblemCode": "F32", "WrittenOn": "2026-03-01"}
    complaint = {"ServiceRequestId": "R1", "FindSchemeInUse": "01", "PresComp": "F32"}
    return [
        *(each for number in range(4) for each in treated(str(number), f"X20000{number}")),
        patient("P1", "X200001", at=LATER, Postcode="LE2 2BB"),
        referral("R2", "P2", at=LATER, EndCode="46", ServDischDate="2026-03-05"),
        contact("C3", "R3", at=LATER, AttendOrDNACode="3"),
        contact("C9", "R0", CareContTime="14:00:00"),
        activity("A9", "C9"),
        score("A9", "3", at=LATER),
        line("LocalNotes", "N1", note),
        line("LocalClinical", "K1", clinical),
        line("IDS603PresentingComplaints", "R1:F32", complaint),
        *treated("8", "X200099"),
    ]


class World:
    """A database with both systems registered, and what is sent to it."""

    def __init__(self, url: str, gate: Gate, key: Path) -> None:
        self.url, self.gate = url, gate
        self.service = BatchService(settings_for(url, key), gate)
        self._number = 0

    async def send(self, caller: Caller, lines: Sequence[Any]) -> None:
        """As one batch."""
        self._number += 1
        subject = Category.IDENTITY if caller is JUSTICE else Category.REFERRAL
        name = f"b{self._number}"
        question = Question(caller, Purpose.RECORDS_SYNC, Action.WRITE, (subject,), NOW, "/v1/sync", name)

        async def body() -> AsyncIterator[bytes]:
            yield written(lines)

        await self.service.receive(question, name, Form(LINES, "identity"), body())

    def applying(self) -> Applying:
        """Another process, as far as the database can tell."""
        matching = MatchingService(self.gate, Clock(NOW), HeldService(self.gate).released)
        return Applying(self.gate, self.service, matching, Clock(NOW), CLAIM)

    async def state(self, tables: Iterable[str] = STATE) -> dict[str, list[Any]]:
        """Every row of these tables."""
        found = await execute(self.url, [(text(f"SELECT * FROM {name} ORDER BY 1"), None) for name in tables])
        hidden = await execute(self.url, [(text("SELECT * FROM sync_held ORDER BY 1"), None)])
        said = dict(zip(tables, found, strict=True))
        return said | {"sync_held": [row[:4] for row in hidden[0]]}


@asynccontextmanager
async def new_world(url: str, key: Path) -> AsyncIterator[World]:
    await put(url, [*world.clients(), *world.staff("theo", Role.THERAPIST)])
    async with gate_of(url, Clock(NOW)) as gate:
        made = World(url, gate, key)
        try:
            yield made
        finally:
            await made.service.close()


def parts(lines: Sequence[Any], chance: random.Random) -> list[list[Any]]:
    """In any order, some of them twice, in batches of any size."""
    mixed = [*lines, *chance.sample(list(lines), len(lines) // 3)]
    chance.shuffle(mixed)
    cuts = sorted(chance.sample(range(1, len(mixed)), 3))
    return [mixed[first:last] for first, last in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]


async def end_state(url: str, key: Path, seed: int | None) -> dict[str, list[Any]]:
    async with new_world(url, key) as made:
        if seed is None:
            everything = [(JUSTICE, _justice()), (HEALTH, _health())]
        else:
            chance = random.Random(seed)
            everything = [(who, part) for who, lines in ((JUSTICE, _justice()), (HEALTH, _health()))
                          for part in parts(lines, chance)]  # fmt: skip
            chance.shuffle(everything)
        for who, lines in everything:
            await made.send(who, lines)
            if seed is not None and seed % 2:
                await made.applying().catch_up()
        await made.applying().catch_up()
        return await made.state()


@pytest.fixture
def databases(sqlite_template: Path, tmp_path: Path) -> Any:
    def copy(name: str) -> str:
        path = tmp_path / f"{name}.db"
        path.write_bytes(sqlite_template.read_bytes())
        return f"sqlite:///{path}"

    return copy


async def test_any_order_comes_to_the_same(databases: Any, key_file: Path) -> None:
    expected = await end_state(databases("in-order"), key_file, None)
    assert len(expected["outcome_score"]) == 5
    assert [row[2] for row in expected["sync_held"]] == ["2026-03-09T10:00:00.000000Z"] * 4
    for seed in range(8):
        assert await end_state(databases(f"seed-{seed}"), key_file, seed) == expected, f"seed {seed}"


async def test_two_processes_at_once_lose_nothing_and_do_not_wait_for_each_other(
    postgres_url: str, key_file: Path
) -> None:
    async with new_world(postgres_url, key_file) as made:
        await made.send(JUSTICE, _justice())
        await made.applying().catch_up()
        versions = [f"2026-03-09T{hour:02}:00:00Z" for hour in range(6)]
        people = [f"{number}" for number in range(4)]
        for at in versions:
            lines = [each | {"lastUpdatedAt": at} for number in people for each in treated(number, f"X20000{number}")]
            await made.send(HEALTH, lines if at > versions[2] else lines[::-1])
        await asyncio.gather(*(made.applying().catch_up() for _ in range(3)))
        counted = await execute(
            made.url,
            [(text("SELECT state, rejected, records = accepted + unchanged + superseded FROM sync_batch"), None)],
        )
        assert {tuple(row) for row in counted[0]} == {("done", 0, True)}
        stored = await execute(made.url, [(text("SELECT DISTINCT source_version FROM outcome_score"), None)])
        assert stored[0] == [("2026-03-09T05:00:00.000000Z",)]


async def test_a_fault_of_ours_in_one_batch_keeps_no_other_waiting(
    sqlite_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    async with new_world(sqlite_url, key_file) as made:
        await made.send(JUSTICE, _justice())
        await made.send(HEALTH, treated("1", "X200001"))
        with monkeypatch.context() as patched:
            patched.setattr("app.sync.batches.gathered.judge_justice", broken)
            await made.applying().catch_up()
        states = await execute(sqlite_url, [(text("SELECT state, accepted FROM sync_batch ORDER BY number"), None)])
        assert states[0] == [("applying", 0), ("done", 5)]
        assert (await execute(sqlite_url, [(text("SELECT count(*) FROM person"), None)]))[0] == [(0,)]


async def _whole(made: World) -> dict[str, Any]:
    """What is there in the end: records, results, counts and what the log says, but for ids and times of its own."""
    state = await made.state()
    queries = (
        "SELECT batch, chunk, body FROM sync_result ORDER BY batch, chunk, part",
        "SELECT batch_id, state, chunk, place, accepted, unchanged, superseded, rejected, warned FROM sync_batch",
    )
    results, counted = await execute(made.url, [(text(query), None) for query in queries])
    entries = [
        (each["type"], each["outcome"], each["clauses"], each["details"], each["facts"])
        for each in await world.entries(made.url)
        if each["type"] != "match"  # a registration may be looked at once more
    ]
    return {**state, "results": results, "batches": counted, "entries": entries}


async def killed(url: str, key: Path, kills: int, chance: random.Random) -> None:
    """Applied by a process that is killed again and again, and by one that is not at last."""
    for _ in range(kills):
        process, said = telling(apply, url, key)
        with said:
            assert await asyncio.to_thread(said.readline) == "ready\n"
            await asyncio.sleep(chance.random() * 0.25)
            process.kill()
        await asyncio.to_thread(process.join)
    last, said = telling(apply, url, key)
    with said:
        await asyncio.to_thread(last.join)
    assert last.exitcode == 0


async def test_a_process_killed_at_any_moment_is_gone_on_from(
    databases: Any, postgres_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPENMIND_TEST_KILLS says how often, once unless it is set."""
    monkeypatch.setattr(batches, "CHUNK_LINES", 25)
    kills = int(os.environ.get("OPENMIND_TEST_KILLS", "1"))
    lines = [each for number in range(4) for each in treated(str(number), f"X20000{number}")]
    for number in range(4, 44):
        lines += [
            contact(f"C{number}", f"R{number % 4}"),
            activity(f"A{number}", f"C{number}"),
            score(f"A{number}", "3"),
        ]
    broken = ["{", *lines[60:63], contact("C1", "R1", AppType="9", at=LATER)]
    ends = []
    for url, is_killed in ((databases("undisturbed"), False), (databases("killed"), True), (postgres_url, True)):
        async with new_world(url, key_file) as made:
            await made.send(JUSTICE, _justice())
            await made.send(HEALTH, [*lines, *broken])
            if is_killed:
                await killed(url, key_file, kills, random.Random(kills))
            else:
                await made.applying().catch_up()
            ends.append(await _whole(made))
    undisturbed, on_sqlite, on_postgresql = ends
    assert undisturbed == on_sqlite
    assert undisturbed["entries"] == on_postgresql["entries"]
    assert undisturbed["batches"] == on_postgresql["batches"]
    assert [row[2] for row in undisturbed["results"]] == [row[2] for row in on_postgresql["results"]]
