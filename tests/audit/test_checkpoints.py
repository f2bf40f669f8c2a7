"""Checkpoints: signed only if the log continues the last one, stored once, cosigned by whom we know, kept outside."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoint_rows import StoredCheckpoint
from app.audit.checkpoints import CheckpointUnknown
from app.audit.log_keys import LogKeys, TrustedKey
from app.audit.merkle import EMPTY_ROOT
from app.audit.outside import LogContradicted
from app.audit.signed_note import Algorithm, Note, NoteInvalid, Signer
from app.db import Address
from tests.audit.checkpointed import KEYS, WITNESSED, Backup, checkpoints_of, cosigned, grow, said
from tests.audit.growing import LOG, NEW_KEY, NOON, ORIGIN, WITNESS
from tests.audit.logs import Owner, verified

SECOND = Signer.new("commissioner.example/witness", Algorithm.COSIGNATURE)
STRANGER = Signer.new("somebody.example/witness", Algorithm.COSIGNATURE)


async def test_a_checkpoint_says_how_far_the_log_goes_and_is_there_for_everybody(address: Address) -> None:
    """Of an empty log, and of one that grew; the same again where nothing was appended."""
    async with checkpoints_of(address) as checkpoints:
        assert await checkpoints.latest() is None
        assert said(await checkpoints.make()) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
        await grow(address, 7)
        note = await checkpoints.make()
        assert said(note) == Checkpoint(ORIGIN, *await checkpoints.tree.head())
        assert said(note).size == 7
        assert len(note.by([LOG.verifier])) == 1
        assert str(await checkpoints.make()) == str(note)
    async with checkpoints_of(address) as another:
        assert str(await another.latest()) == str(await another.make()) == str(note)
        stored = await another.newest()
        assert stored is not None
        assert (stored.note, stored.made_at) == (str(note), "2026-03-10T12:00:00.000000Z")
    assert Owner(address).rows("SELECT size FROM log_checkpoint ORDER BY size") == [(0,), (7,)]
    assert verified(address).exit_code == 0


async def test_of_many_processes_at_once_one_stores_it(address: Address) -> None:
    """Each of them answers with the one that is stored."""
    await grow(address, 5)

    async def one() -> str:
        async with checkpoints_of(address) as checkpoints:
            return str(await checkpoints.make())

    assert len(set(await asyncio.gather(*(one() for _ in range(6))))) == 1
    assert Owner(address).rows("SELECT count(*) FROM log_checkpoint") == [(1,)]


async def test_what_was_signed_is_never_changed_and_never_written_over(address: Address) -> None:
    """By nobody, whichever way they try."""
    async with checkpoints_of(address, WITNESSED) as checkpoints:
        await grow(address, 3)
        note = await checkpoints.make()
        await checkpoints.cosign(3, cosigned(note))
        other = StoredCheckpoint(replace(said(note), root=bytes(32)), "2026-03-11T00:00:00.000000Z", "another")
        assert await checkpoints.rows.add(other) is False
        again = WITNESS.cosign(note.text, NOON + 60)
        assert await checkpoints.rows.cosign(said(note), again) is False
        assert str(await checkpoints.latest()) == str(note.with_(cosigned(note)))
    owner = Owner(address)
    held = owner.rows("SELECT * FROM log_checkpoint"), owner.rows("SELECT * FROM log_cosignature")
    tries = [f"UPDATE {table} SET size = 1" for table in ("log_checkpoint", "log_cosignature")]
    tries += [f"DELETE FROM {table}" for table in ("log_cosignature", "log_checkpoint")]
    if address.dialect == "sqlite":
        tries += [
            f"INSERT OR REPLACE INTO {each} SELECT * FROM {each}" for each in ("log_checkpoint", "log_cosignature")
        ]
    else:
        tries.append("TRUNCATE log_checkpoint CASCADE")
    for statement in tries:
        with pytest.raises(Exception, match="the log only grows"):
            owner.run(statement)
    assert held == (owner.rows("SELECT * FROM log_checkpoint"), owner.rows("SELECT * FROM log_cosignature"))


async def test_the_one_that_covers_an_entry_is_the_first_that_is_cosigned(address: Address) -> None:
    """Since that one proves something to somebody else; without any, the first at all."""
    async with checkpoints_of(address, WITNESSED) as checkpoints:
        notes = {}
        for size in (2, 4, 6, 8):
            await grow(address, 2)
            notes[size] = await checkpoints.make()
        assert [said(await checkpoints.covering(size)).size for size in (0, 2, 3, 8)] == [2, 2, 4, 8]
        assert await checkpoints.covering(9) is None
        await checkpoints.cosign(6, cosigned(notes[6]))
        assert [said(await checkpoints.covering(size)).size for size in (1, 5, 6, 7)] == [6, 6, 6, 8]
        assert len((await checkpoints.covering(1) or notes[8]).by([WITNESS.verifier])) == 1


# --- it never signs two that are inconsistent ------------------------------------------------------------------------


async def contradicted(address: Address, message: str, keys: LogKeys = KEYS) -> None:
    """A process that starts now signs nothing."""
    before = Owner(address).rows("SELECT * FROM log_checkpoint ORDER BY size")
    async with checkpoints_of(address, keys) as checkpoints:
        with pytest.raises(LogContradicted, match=message):
            await checkpoints.make()
    assert Owner(address).rows("SELECT * FROM log_checkpoint ORDER BY size") == before


async def test_a_log_that_is_behind_its_last_checkpoint_is_not_signed(address: Address) -> None:
    """The tail was cut off whole, and the checkpoint was forgotten."""
    await grow(address, 5)
    (before,) = Owner(address).rows("SELECT size, frontier, recorded_at, root FROM log_head")
    await grow(address, 4)
    async with checkpoints_of(address) as checkpoints:
        await checkpoints.make()
    frontier, root = literal(address, before[1]), literal(address, before[3])
    cut = f"UPDATE log_head SET size = 5, frontier = {frontier}, recorded_at = '{before[2]}', root = {root}"
    Owner(address).tamper("DELETE FROM log_subject WHERE seq >= 5", "DELETE FROM log_entry WHERE seq >= 5", cut)
    assert [each.code for each in verified(address).findings] == ["behind"]  # only the checkpoint was left
    await contradicted(address, "the log has 5 entries, and 9 were signed before")
    await grow(address, 6)
    assert [each.code for each in verified(address).findings] == ["rewritten"]
    await contradicted(address, "the first 9 of the log's 11 entries are not those signed before")


def literal(address: Address, value: bytes) -> str:
    return f"x'{bytes(value).hex()}'" if address.dialect == "sqlite" else f"'\\x{bytes(value).hex()}'::bytea"


async def test_a_head_that_is_not_its_entries_is_not_signed(address: Address) -> None:
    """Whatever the head row says, the root comes from the tree."""
    await grow(address, 5)
    Owner(address).tamper(f"UPDATE log_head SET root = {literal(address, bytes(32))}")
    await contradicted(address, "the head's root is not that of the log's 5 entries")
    Owner(address).tamper("UPDATE log_head SET size = 9")
    await contradicted(address, "the head's root is not that")


async def test_a_process_remembers_what_it_signed_though_the_database_does_not(
    address: Address, tmp_path: Path
) -> None:
    """Entries and checkpoints restored together: the process that signed more does not sign less."""
    await grow(address, 3)
    backup = Backup(address, tmp_path)
    async with checkpoints_of(address) as checkpoints:
        await grow(address, 3)
        await checkpoints.make()
        backup.restore()
        with pytest.raises(LogContradicted, match="the log has 3 entries, and 6 were signed before"):
            await checkpoints.make()
        await grow(address, 4)
        with pytest.raises(LogContradicted, match="the first 6 of the log's 7 entries"):
            await checkpoints.make()
    assert Owner(address).rows("SELECT count(*) FROM log_checkpoint") == [(0,)]


async def test_what_is_kept_outside_is_looked_at_before_each_signature(address: Address, tmp_path: Path) -> None:
    """Another machine's process has signed more, and the database was put back since."""
    file = tmp_path / "checkpoint"
    await grow(address, 3)
    backup = Backup(address, tmp_path)
    async with checkpoints_of(address, kept=file) as checkpoints:
        await grow(address, 3)
        async with checkpoints_of(address, kept=file) as other:
            await other.make()
            await other.keep_newest()
        backup.restore()
        with pytest.raises(LogContradicted, match="the log has 3 entries, and 6 were signed before"):
            await checkpoints.make()
    assert Owner(address).rows("SELECT count(*) FROM log_checkpoint") == [(0,)]


# --- keys and cosignatures -------------------------------------------------------------------------------------------


async def test_a_new_key_signs_beside_the_old_one_and_then_alone(address: Address) -> None:
    """What the old one signed stays good; once retired it is good for smaller checkpoints alone."""
    old, new = TrustedKey(LOG.verifier), TrustedKey(NEW_KEY.verifier)
    both = LogKeys(ORIGIN, (LOG, NEW_KEY), {ORIGIN: (old, new)})
    gone = LogKeys(ORIGIN, (NEW_KEY,), {ORIGIN: (new, TrustedKey(LOG.verifier, retired_from=5))})
    notes = []
    for keys in (KEYS, both, gone):
        await grow(address, 2)
        async with checkpoints_of(address, keys) as checkpoints:
            notes.append(await checkpoints.make())
    signed = [(len(note.by([LOG.verifier])), len(note.by([NEW_KEY.verifier]))) for note in notes]
    assert signed == [(1, 0), (1, 1), (0, 1)]
    assert [gone.read(str(note))[0].size for note in notes] == [2, 4, 6]
    forged = said(notes[2]).signed([LOG])
    assert KEYS.read(str(forged))[0].size == 6
    with pytest.raises(NoteInvalid, match="no key that counts for this checkpoint"):
        gone.read(str(forged))


async def test_cosignatures_are_taken_from_whom_we_know_and_once(address: Address) -> None:
    """Each of a witness's keys once, whoever sends it."""
    keys = replace(WITNESSED, witnesses=(WITNESS.verifier, SECOND.verifier))
    await grow(address, 3)
    async with checkpoints_of(address, keys) as checkpoints:
        note = await checkpoints.make()
        first = await checkpoints.cosign(3, cosigned(note, STRANGER, WITNESS, WITNESS))
        assert [each.name for each in first.signatures] == [ORIGIN, WITNESS.name]
        await checkpoints.cosign(3, cosigned(note, WITNESS, time=NOON + 5))
        both = await checkpoints.cosign(3, cosigned(note, SECOND, time=NOON + 9))
        assert [each.name for each in both.signatures] == [ORIGIN, SECOND.name, WITNESS.name]
        assert str(await checkpoints.latest()) == str(both)
        assert await checkpoints.rows.cosigned_size(ORIGIN, WITNESS.verifier) == (3, NOON)
        assert await checkpoints.rows.cosigned_size(ORIGIN, STRANGER.verifier) is None


async def test_a_cosignature_that_does_not_fit_is_not_kept(address: Address) -> None:
    """Over another checkpoint, by a key of the same name, by nobody we know, under a size that there is not."""
    await grow(address, 3)
    async with checkpoints_of(address, WITNESSED) as checkpoints:
        note = await checkpoints.make()
        other = Note(note.text.replace("\n3\n", "\n4\n"), ())
        same_name = Signer.new(WITNESS.name, Algorithm.COSIGNATURE)
        with pytest.raises(NoteInvalid, match="does not fit"):
            await checkpoints.cosign(3, cosigned(other))
        for signers in ((same_name,), (STRANGER,)):
            with pytest.raises(NoteInvalid, match="by a witness that is known here"):
                await checkpoints.cosign(3, cosigned(note, *signers))
        with pytest.raises(CheckpointUnknown):
            await checkpoints.cosign(4, cosigned(note))
    assert Owner(address).rows("SELECT count(*) FROM log_cosignature") == [(0,)]


# --- outside of the database -----------------------------------------------------------------------------------------


async def test_the_last_cosigned_checkpoint_is_kept_in_a_file(address: Address, tmp_path: Path) -> None:
    """Never an older one in its place, and with every cosignature that came."""
    file = tmp_path / "state" / "checkpoint"
    file.parent.mkdir()
    async with checkpoints_of(address, WITNESSED, file) as checkpoints:
        notes = []
        for _ in range(2):
            await grow(address, 2)
            notes.append(await checkpoints.make())
        await checkpoints.keep_newest()
        assert not file.exists()  # nobody outside knows of them yet
        await checkpoints.cosign(2, cosigned(notes[0]))
        await checkpoints.keep_newest()
        assert said(Note.of(file.read_text())).size == 2
        later = await checkpoints.cosign(4, cosigned(notes[1]))
        await checkpoints.keep_newest()
        await checkpoints.keep(said(notes[0]), notes[0])
        assert file.read_text() == str(later)
    async with checkpoints_of(address, WITNESSED, tmp_path / "another machine's") as checkpoints:
        await checkpoints.keep_newest()
    assert (tmp_path / "another machine's").read_text() == str(later)
    assert sorted(each.name for each in file.parent.iterdir()) == ["checkpoint", "checkpoint.lock"]


async def test_without_a_witness_the_file_keeps_the_last_one_that_was_signed(address: Address, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    async with checkpoints_of(address, kept=file) as checkpoints:
        for size in (2, 4):
            await grow(address, 2)
            note = await checkpoints.make()
            await checkpoints.keep_newest()
            assert file.read_text() == str(note)
            assert said(note).size == size


async def test_times_are_those_of_the_clock(address: Address) -> None:
    moments = iter([datetime(2026, 3, 10, 12, 0, 0, 5, UTC)])
    async with checkpoints_of(address, clock=lambda: next(moments)) as checkpoints:
        await checkpoints.make()
    assert Owner(address).rows("SELECT made_at FROM log_checkpoint") == [("2026-03-10T12:00:00.000005Z",)]


async def test_one_is_made_no_earlier_than_the_last_entry_under_it(address: Address) -> None:
    """A demo's entries may be of a day that is still to come."""
    await grow(address, 3)
    async with checkpoints_of(address, clock=lambda: datetime(2001, 1, 1, tzinfo=UTC)) as checkpoints:
        await checkpoints.make()
    owner = Owner(address)
    ((last,),) = owner.rows("SELECT max(recorded_at) FROM log_entry")
    assert owner.rows("SELECT made_at FROM log_checkpoint WHERE size = 3") == [(last,)]
    assert verified(address).exit_code == 0


async def test_only_what_a_witness_really_cosigned_is_kept(address: Address, tmp_path: Path) -> None:
    """Whatever somebody has put into the database: the line has to fit, and so has the log's own signature."""
    file = tmp_path / "checkpoint"
    await grow(address, 2)
    async with checkpoints_of(address, WITNESSED, file) as checkpoints:
        note = await checkpoints.make()
        await checkpoints.rows.cosign(said(note), cosigned(note, STRANGER)[0])
        await checkpoints.keep_newest()
        assert not file.exists()
        made_up = Note(note.text.replace("\n2\n", "\n9\n"), note.signatures)
        stored = StoredCheckpoint(said(made_up), "2026-03-11T00:00:00.000000Z", str(made_up))
        await checkpoints.rows.add(stored)
        await checkpoints.rows.cosign(said(made_up), cosigned(made_up)[0])
        with pytest.raises(NoteInvalid, match="does not fit"):
            await checkpoints.keep_newest()
    assert not file.exists()
