"""While the service runs, what is written is under a checkpoint within a minute, and the witnesses cosign it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from app.audit.checkpoints import Checkpoints
from app.audit.signed_note import Note
from app.audit.submission import LogUnavailable, Submission
from app.audit.witness import Answer, Witness
from app.audit.witnesses import WitnessClient, open_witnesses
from app.config import Environment
from app.db import Address
from app.gate import DatabaseUnavailable, Gate, open_gate
from app.services import checkpointing
from app.services.checkpointing import ROUND_SECONDS, Checkpointing
from tests.audit.checkpointed import Network, cosigner, settings_of
from tests.audit.conftest import address, network
from tests.audit.growing import LOG, NOON, ORIGIN, WITNESS, Grown, kept_size, witness_in
from tests.audit.logs import Owner, make_entry

__all__ = ["address", "network"]
HOST, SECOND = "witness.example", "away.example"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime.fromtimestamp(NOON, UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Process:
    """One process of the service, whose rounds a test makes."""

    gate: Gate
    checkpoints: Checkpoints
    checkpointing: Checkpointing
    witnesses: Sequence[WitnessClient]

    async def round(self) -> None:
        await self.checkpointing.round(self.witnesses)

    async def write(self) -> None:
        await self.gate.log.append(Submission((make_entry(),)))


@asynccontextmanager
async def process(address: Address, folder: Path, clock: Clock, *hosts: str) -> AsyncIterator[Process]:
    settings = settings_of(address, folder, *hosts)
    async with open_gate(settings) as (gate, database), open_witnesses(settings) as witnesses:
        checkpoints = Checkpoints.of(settings, database, clock)
        try:
            yield Process(gate, checkpoints, Checkpointing(settings, gate, checkpoints, clock), witnesses)
        finally:
            await checkpoints.close()


class Counting(Witness):
    """A witness that counts how often it is asked."""

    asked = 0

    def add_checkpoint(self, body: bytes) -> Answer:
        self.asked += 1
        return super().add_checkpoint(body)


def counting_in(folder: Path) -> Counting:
    plain = witness_in(folder)
    return Counting(plain._signer, plain._trust, folder, plain._now)


def sizes(address: Address) -> list[int]:
    return [row[0] for row in Owner(address).rows("SELECT size FROM log_checkpoint ORDER BY size")]


# --- made in time ----------------------------------------------------------------------------------------------------


async def test_what_is_written_is_under_a_checkpoint_within_a_minute(address: Address, tmp_path: Path) -> None:
    """Three processes with rounds of their own over ten minutes: no entry waits longer, and they make few in all."""
    clock, chance = Clock(), Random(4)
    start, written, checkpoints = clock.at, [], []
    async with AsyncExitStack() as running:
        several = [await running.enter_async_context(process(address, tmp_path, clock)) for _ in range(3)]
        plan = [(chance.uniform(0, 15) + ROUND_SECONDS * n, one.round) for one in several for n in range(40)]
        plan += [(chance.uniform(0, 540), one.write) for one in several for _ in range(10)]
        for at, act in sorted(plan, key=lambda each: each[0]):
            clock.move(at - (clock.at - start).total_seconds())
            await act()
            if act.__name__ == "write":
                written.append(at)
        rows = Owner(address).rows("SELECT size, made_at FROM log_checkpoint ORDER BY size")
        checkpoints = [(size, (datetime.fromisoformat(at) - start).total_seconds()) for size, at in rows]
    assert len(written) == 30
    for number, at in enumerate(written):
        covered = next(made for size, made in checkpoints if size > number)
        assert covered - at <= 60
    assert len(checkpoints) <= 600 / 40 + 1


async def test_where_nothing_is_written_nothing_is_signed(address: Address, tmp_path: Path) -> None:
    """One at the beginning, and no more of the same."""
    clock = Clock()
    async with process(address, tmp_path, clock) as one:
        for _ in range(5):
            await one.round()
            clock.move(60)
    assert sizes(address) == [0]


async def test_a_clock_that_went_back_keeps_no_checkpoint_from_being_made(address: Address, tmp_path: Path) -> None:
    """One of the future would otherwise be the newest for as long as the clock was wrong."""
    clock = Clock()
    async with process(address, tmp_path, clock) as one:
        await one.round()
        await one.write()
        clock.move(-3600)
        await one.round()
    assert sizes(address) == [0, 1]


async def test_rounds_begin_with_the_service_and_a_last_checkpoint_ends_them(
    address: Address, tmp_path: Path, network: Network
) -> None:
    """The last one is cosigned too, if the witness answers soon."""
    network[HOST] = witness_in(tmp_path)
    clock = Clock()
    async with process(address, tmp_path, clock, HOST) as one:
        async with one.checkpointing.running():
            for _ in range(3):
                await one.write()
        assert sizes(address)[-1] == kept_size(tmp_path) == 3


# --- cosigned --------------------------------------------------------------------------------------------------------


async def test_a_witness_cosigns_what_was_made_and_it_is_kept(
    address: Address, tmp_path: Path, network: Network
) -> None:
    """In the database, in the state file, and by the witness itself, which was asked once."""
    network[HOST] = witness = counting_in(tmp_path)
    clock = Clock()
    async with process(address, tmp_path, clock, HOST) as one:
        await one.write()
        await one.round()
        await one.round()
        assert witness.asked == 1
        note = await one.checkpoints.latest()
        assert note is not None
        assert [each.time for each in note.by([WITNESS.verifier])] == [NOON]
        assert (tmp_path / "state").read_text() == str(note)
        clock.move(60)
        await one.write()
        await one.round()
        assert (witness.asked, kept_size(tmp_path)) == (2, 2)  # it was known how far it was


async def test_another_process_waits_before_it_does_the_same(
    address: Address, tmp_path: Path, network: Network
) -> None:
    """And does it if the one that made the checkpoint has died of it."""
    clock = Clock()
    async with process(address, tmp_path, clock) as died:
        await died.write()
        await died.round()
    network[HOST] = witness = counting_in(tmp_path)
    async with process(address, tmp_path, clock, HOST) as other:
        await other.round()
        assert witness.asked == 0
        clock.move(11)
        await other.round()
        assert (witness.asked, kept_size(tmp_path)) == (1, 1)


async def test_a_witness_that_is_away_keeps_nobody_waiting_and_is_said_once(
    address: Address, tmp_path: Path, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    network[HOST] = witness_in(tmp_path)
    clock = Clock()
    (tmp_path / "away").mkdir()
    async with process(address, tmp_path, clock, HOST, SECOND) as one:
        with caplog.at_level(logging.WARNING, "openmind"):
            for _ in range(3):
                await one.write()
                await one.round()
                clock.move(60)
            assert caplog.messages == [f"witness '{SECOND}': it does not cosign: no connection"]
            assert kept_size(tmp_path) == 3
            network[SECOND] = witness_in(tmp_path / "away", signer=cosigner(SECOND))
            await one.round()
        assert caplog.messages[1:] == [f"witness '{SECOND}' cosigns again"]
        note = await one.checkpoints.latest()
        assert note is not None
        assert {each.name for each in note.signatures} == {ORIGIN, WITNESS.name, SECOND}


async def test_a_database_that_is_away_stops_no_round(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one may do better; the log itself goes on as it can."""
    async with process(address, tmp_path, Clock()) as one:
        for fault, said in (
            (DatabaseUnavailable("gone"), "checkpoints: the database does not answer"),
            (RuntimeError("X320741"), "checkpoints: RuntimeError"),
        ):

            async def fails(fault: Exception = fault) -> None:
                raise fault

            with monkeypatch.context() as patched:
                patched.setattr(one.checkpoints, "newest", fails)
                async with one.checkpointing.running():
                    await asyncio.sleep(0)
            assert caplog.messages[-1] == said
            one.checkpointing._stopping.clear()
        await one.write()
    assert "X320741" not in caplog.text


# --- what stops it ---------------------------------------------------------------------------------------------------


async def stopped(one: Process, message: str) -> None:
    """Nothing is appended any more."""
    with pytest.raises(LogUnavailable, match=message):
        await one.write()


async def test_a_witness_that_proves_another_log_stops_it(address: Address, tmp_path: Path, network: Network) -> None:
    """What it shows was signed by our own key, and is not this log."""
    clock = Clock()
    async with process(address, tmp_path, clock, HOST) as one:
        for _ in range(3):
            await one.write()
        network[HOST] = witness_in(tmp_path)
        network[HOST].add_checkpoint(Grown("other", signers=[LOG]).request(0, 3))
        await one.round()
        await stopped(one, "holds 3 entries: the first 3 of the log's 3 entries are not those signed before")
        assert await one.checkpoints.latest() is not None


async def test_a_witness_that_proves_more_of_the_log_than_there_is_stops_it(
    address: Address, tmp_path: Path, network: Network
) -> None:
    async with process(address, tmp_path, Clock(), HOST) as one:
        await one.write()
        network[HOST] = witness_in(tmp_path)
        network[HOST].add_checkpoint(Grown().request(0, 5))
        await one.round()
        await stopped(one, "holds 5 entries: the log has 1 entries, and 5 were signed before")


async def test_a_witness_that_only_says_so_does_not(address: Address, tmp_path: Path, network: Network) -> None:
    """It answers any size and has nothing to show for it: a witness alone cannot stop the service."""

    class Lying(Witness):
        def add_checkpoint(self, body: bytes) -> Answer:
            return Answer(409, "1000000\n", "text/x.tlog.size")

        def checkpoint(self, origin_hash: str) -> Answer:
            made_up = Grown(signers=[replace(LOG, private=WITNESS.private)]).note(5)
            return Answer(200, str(Note(made_up.text, made_up.signatures)))

    plain = witness_in(tmp_path)
    network[HOST] = plain
    async with process(address, tmp_path, Clock(), HOST) as one:
        network[HOST] = Lying(plain._signer, plain._trust, tmp_path, plain._now)
        await one.write()
        await one.round()
        await one.write()
    assert sizes(address) == [1]


async def test_a_log_that_is_not_what_was_signed_stops_it(address: Address, tmp_path: Path) -> None:
    """Found in a round, though the writer had no reason to look."""
    clock = Clock()
    root = "x'" + "00" * 32 + "'" if address.dialect == "sqlite" else "'\\x" + "00" * 32 + "'::bytea"
    async with process(address, tmp_path, clock) as one:
        await one.write()
        await one.checkpoints.make()
        Owner(address).tamper(f"UPDATE log_entry SET leaf_hash = {root} WHERE seq = 0")
        clock.move(60)
        await one.write()
        async with one.checkpointing.running():
            await asyncio.sleep(0)
        await stopped(one, "no checkpoint is signed: the first 1 of the log's 2 entries are not those signed before")
    assert sizes(address) == [1]


async def test_a_production_without_a_witness_is_told(
    address: Address, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(address, tmp_path).model_copy(update={"environment": Environment.PRODUCTION})
    async with (
        process(address, tmp_path, Clock()) as one,
        Checkpointing(settings, one.gate, one.checkpoints).running(),
    ):
        pass
    assert "no witness is configured" in caplog.text
    assert checkpointing.ROUND_SECONDS + checkpointing.APART.total_seconds() < 60
    assert ORIGIN not in caplog.text
