"""What the log stores of its own checkpoints is verified with its entries: each column, signature and name."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoint_rows import Recovery, StoredCheckpoint
from app.audit.ddl import SERVICE_ROLE
from app.audit.ddl_checkpoints import CHECKPOINT_TABLES
from app.audit.entry import timestamp
from app.audit.proofs import subtrees
from app.audit.signed_note import Algorithm, Signer
from app.audit.submission import Change, Submission
from app.audit.verify import Against, Report, verify
from app.audit.verify_notes import Key, read_kept
from app.audit.writer import open_log
from app.db import Address
from tests.audit.attacks import cut, rewrite
from tests.audit.checkpointed import KEYS, checkpoints_of, cosigned
from tests.audit.growing import LOG, NOON, ORIGIN, WITNESS
from tests.audit.logs import Owner, append_all, make_entry, now
from tests.postgres import wait_for

SIZES = (12, 20, 30)
NEW = Signer.new("log.example/after")
OTHER = Signer.new(ORIGIN)
OURS = tuple(Key.read(str(each.verifier)) for each in (LOG, WITNESS, NEW))
RENAMED = {"agreedSize": 20, "authority": "board", "origin": NEW.name, "oldOrigin": ORIGIN, "oldSize": 44}


@pytest.fixture
def kept(address: Address) -> Owner:
    """A log of 30 entries with three checkpoints, each cosigned."""
    wait_for(lambda: asyncio.run(_fill(address)))
    return Owner(address)


async def _fill(address: Address) -> None:
    log = await open_log(address, SERVICE_ROLE, now)
    async with checkpoints_of(address, clock=now) as checkpoints:
        done = 0
        for size in SIZES:
            await append_all(log, size - done)
            done = size
            note = await checkpoints.make()
            await checkpoints.rows.cosign(Checkpoint.of(note.text), cosigned(note)[0])
    await log.close()


def checked(address: Address, keys: Sequence[Key] = OURS) -> Report:
    report: Report = wait_for(lambda: verify(address, keys=keys))
    return report


def codes(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.seq) for finding in report.findings]


def test_what_is_stored_is_compared(kept: Owner) -> None:
    """Each root with the tree at its size, each signature by its key; without a key that is said."""
    report = checked(kept.address)
    assert (report.exit_code, report.stored, report.cosignatures, report.unchecked) == (0, 3, 3, 0), report.findings
    report = checked(kept.address, ())
    assert (report.exit_code, report.stored, report.unchecked) == (0, 3, 6)


@pytest.mark.parametrize("attack", [pytest.param(cut(25), id="cut"), pytest.param(rewrite(14), id="rewritten")])
def test_an_attack_that_forgets_them_is_found(kept: Owner, attack: Callable[[Owner], None]) -> None:
    """A tail cut off and a rewriting pass by themselves; what the log once said of itself tells."""
    attack(kept)
    report = checked(kept.address, ())
    assert (report.exit_code, report.first) == (1, None)
    assert {code for code, _ in codes(report)} <= {"behind", "rewritten"}
    said = " ".join(finding.message for finding in report.findings)
    assert ("entries 25 to 29 are gone" in said) or ("for 20 entries has another root" in said)


def columns(owner: Owner, table: str) -> list[tuple[str, str]]:
    if owner.address.dialect == "sqlite":
        return [
            (name, kind.lower()) for name, kind in owner.rows(f"SELECT name, type FROM pragma_table_info('{table}')")
        ]
    return owner.rows(
        "SELECT column_name::text, data_type::text FROM information_schema.columns "
        f"WHERE table_name = '{table}' ORDER BY ordinal_position"
    )


async def _rename(address: Address) -> None:
    """The log goes on under another name, as after a restored backup."""
    async with checkpoints_of(address) as checkpoints:
        _, root = await checkpoints.tree.head()
        entry = make_entry(kind="recover", person=False, details=RENAMED | {"root": root.hex(), "size": 30})
        change = checkpoints.rows.recover(Recovery(31, NEW.name, ORIGIN, 44), entry.event_id)
        log = await open_log(address, SERVICE_ROLE, now)
        await log.append(Submission((entry,), changes=(Change(*change),)))
        await append_all(log, 3)
        await log.close()
    async with checkpoints_of(address, KEYS.renamed(NEW), clock=now) as checkpoints:
        note = await checkpoints.make()
        await checkpoints.rows.cosign(Checkpoint.of(note.text), cosigned(note)[0])


def rename(owner: Owner) -> None:
    wait_for(lambda: asyncio.run(_rename(owner.address)))


def test_every_column_is_covered(kept: Owner) -> None:
    """Loop over the catalogue: an edit of any column of what is stored is found, and no more once it is undone."""
    rename(kept)
    assert checked(kept.address).exit_code == 0
    seen = 0
    for table in CHECKPOINT_TABLES:
        kept.run(f"CREATE TABLE {table}_was AS SELECT * FROM {table}")
        for name, kind in columns(kept, table):
            place = "from_size = 31" if table == "log_recovery" else "size = 20"
            kept.tamper(f"UPDATE {table} SET {name} = {forged(kept, name, kind)} WHERE {place}")
            assert checked(kept.address).exit_code == 1, (table, name)
            kept.tamper(f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM {table}_was")
            seen += 1
    assert checked(kept.address).exit_code == 0
    assert seen == 16


def forged(owner: Owner, name: str, kind: str) -> str:
    """Another value that the column can hold."""
    if kind in ("blob", "bytea"):
        return f"x'{'ab' * 32}'" if owner.address.dialect == "sqlite" else f"'\\x{'ab' * 32}'::bytea"
    return ("'abababab'" if name == "key_id" else "'forged'") if kind == "text" else f"{name} + 5"


def stored(owner: Owner, size: int, signer: Signer, by: Signer = WITNESS) -> None:
    """A checkpoint over the log as it is at a size, put there by whoever has this key."""

    async def put() -> None:
        async with checkpoints_of(owner.address) as checkpoints:
            (root,) = await checkpoints.tree.hashes([subtrees(0, size)])
            checkpoint = Checkpoint(signer.name, size, root)
            note = checkpoint.signed([signer])
            await checkpoints.rows.add(StoredCheckpoint(checkpoint, timestamp(now()), str(note)))
            await checkpoints.rows.cosign(checkpoint, by.cosign(note.text, NOON))

    wait_for(lambda: asyncio.run(put()))


def backdated(owner: Owner) -> None:
    """Made long before what is under it."""
    early = timestamp(now() - timedelta(hours=1))
    owner.tamper(f"UPDATE log_checkpoint SET made_at = '{early}' WHERE size = 20")


STRANGE: dict[str, tuple[Callable[[Owner], None], str, str]] = {
    "signed by another key": (lambda owner: stored(owner, 25, OTHER), "signature", "no known key has signed it"),
    "of another log": (lambda owner: stored(owner, 25, NEW), "checkpoint", "a name that the log never had"),
    "cosigned for something else": (
        lambda owner: owner.tamper(
            "UPDATE log_cosignature SET line = (SELECT line FROM log_cosignature WHERE size = 12) WHERE size = 20"
        ),
        "cosignature", "does not fit",
    ),
    "a cosignature of what is not there": (
        lambda owner: owner.tamper("DELETE FROM log_checkpoint WHERE size = 20"), "cosignature", "under no checkpoint",
    ),
    "made before its entries": (backdated, "checkpoint", "at no time at which it could be made"),
    "a name that no entry gave it": (
        lambda owner: owner.tamper(f"INSERT INTO log_recovery VALUES (20, 'x', '{ORIGIN}', 44, 'event')"),
        "recovery", "not what this entry says",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_was_put_there_by_somebody_is_found(kept: Owner, name: str) -> None:
    """By its signature, its name or its time."""
    attack, code, says = STRANGE[name]
    attack(kept)
    report = checked(kept.address)
    assert report.exit_code == 1
    assert any(finding.code == code and says in finding.message for finding in report.findings), report.findings


def test_a_retired_key_signs_nothing_any_more(kept: Owner) -> None:
    """From the size at which it was retired on; what it signed before stays good."""
    retired = [Key.read(f"{LOG.verifier}@20"), OURS[1]]
    report = checked(kept.address, retired)
    assert [(code, seq) for code, seq in codes(report)] == [("signature", None)] * 2
    assert all("was retired before" in finding.message for finding in report.findings)
    assert [size for size in SIZES if f"for {size} entries" in " ".join(f.message for f in report.findings)] == [20, 30]
    assert checked(kept.address, [Key.read(f"{LOG.verifier}@31"), OURS[1]]).exit_code == 0


def test_a_log_that_goes_on_under_another_name_is_clean(kept: Owner) -> None:
    """What was signed under the old name beyond what both agree on is lost, and the entry says so."""
    rename(kept)
    kept.tamper(f"UPDATE log_checkpoint SET root = {forged(kept, 'root', 'bytea')} WHERE size = 30")
    assert codes(checked(kept.address)) == [("checkpoint", None)]  # its note still says what it said
    kept.tamper("DELETE FROM log_recovery")
    found = checked(kept.address)
    assert ("recovery", 30) in codes(found)
    assert found.first == 30


def test_what_was_lost_at_a_recovery_is_no_finding(kept: Owner) -> None:
    """A checkpoint of entries that are gone, under the name that the log had: agreed are the first 20."""
    lost = Checkpoint(ORIGIN, 44, b"\7" * 32)
    other = Checkpoint(ORIGIN, 25, b"\7" * 32)

    async def put(checkpoint: Checkpoint) -> None:
        async with checkpoints_of(kept.address) as checkpoints:
            note = str(checkpoint.signed([LOG]))
            await checkpoints.rows.add(StoredCheckpoint(checkpoint, timestamp(now()), note))

    for checkpoint in (lost, other):
        wait_for(lambda: asyncio.run(put(checkpoint)))  # noqa: B023  # run before the next turn
    assert {code for code, _ in codes(checked(kept.address))} == {"behind", "rewritten"}
    rename(kept)
    assert checked(kept.address).exit_code == 0


SPOILED = {
    "sqlite": ("DROP TRIGGER log_checkpoint_no_update", "DROP INDEX log_cosignature_witness"),
    "postgresql": (
        "ALTER TABLE log_checkpoint DISABLE TRIGGER log_checkpoint_only_grows",
        "DROP INDEX log_cosignature_witness",
        "ALTER TABLE log_recovery ENABLE ROW LEVEL SECURITY",
    ),
}


def test_what_could_hide_them_is_found(kept: Owner) -> None:
    """Each trigger and index of these tables is as it was made."""
    for count, statement in enumerate(SPOILED[kept.address.dialect], 1):
        kept.run(statement)
        assert checked(kept.address).found == count, statement


def test_it_starts_from_a_size(kept: Owner) -> None:
    """From a trusted checkpoint on, those before it are not read again."""
    note = kept.rows("SELECT note FROM log_checkpoint WHERE size = 20")[0][0]
    kept.tamper("UPDATE log_checkpoint SET note = 'x' WHERE size = 12")
    run = partial(verify, kept.address, None, Against(trusted=read_kept(note, OURS)), OURS)
    report: Report = wait_for(run)
    assert (report.exit_code, report.start, report.stored) == (0, 20, 2), report.findings


def test_a_witness_without_a_key_is_counted(kept: Owner) -> None:
    """Nobody can say whether it fits, and nobody says that it does."""
    stranger = Signer.new("witness.example/w9", Algorithm.COSIGNATURE)
    stored(kept, 25, LOG, stranger)
    report = checked(kept.address)
    assert (report.exit_code, report.stored, report.cosignatures, report.unchecked) == (0, 4, 4, 1)
