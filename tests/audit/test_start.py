"""At start a log is compared with what is held outside: what went back, was cut, regrew or went two ways is refused.

Each of these passes every check of the database alone, which is why somebody outside has to hold a checkpoint.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.audit.log_keys import LogKeyUnusable, write_key_file
from app.audit.outside import LogContradicted
from app.audit.signed_note import Signer
from app.audit.submission import LogUnavailable, Submission
from app.db import Address
from app.gate import open_gate
from tests.audit.checkpointed import WITNESSED, Backup, Network, checkpoints_of, cosigner, grow, settings_of
from tests.audit.growing import LOG, NEW_KEY, ORIGIN, WITNESS, Grown, witness_in
from tests.audit.logs import Owner, make_entry, verified

HOST, SECOND = "witness.example", "second.example"
HELD = ["state file", "witness"]


async def starts(address: Address, folder: Path, *hosts: str, **values: Any) -> None:
    """A service starts over the log and appends to it."""
    async with open_gate(settings_of(address, folder, *hosts, **values)) as (gate, _):
        await gate.log.append(Submission((make_entry(),)))


async def refused(address: Address, folder: Path, *hosts: str, message: str, **values: Any) -> None:
    """A service does not start, and nothing is appended."""
    before = Owner(address).rows("SELECT size FROM log_head")
    with pytest.raises(LogContradicted, match=message):
        async with open_gate(settings_of(address, folder, *hosts, **values)):
            pytest.fail("it started")
    assert Owner(address).rows("SELECT size FROM log_head") == before


async def cosigned_now(address: Address, folder: Path, network: Network, held: str) -> None:
    """The log as it is has been cosigned; the witness or the state file remembers, and the other does not."""
    network[HOST] = witness_in(folder)
    state = folder / "state" if held == "state file" else None
    async with checkpoints_of(address, WITNESSED, state) as checkpoints:
        note = await checkpoints.make()
        size = (await checkpoints.tree.head())[0]
        body = f"old 0\n\n{note}".encode()
        answer = network[HOST].add_checkpoint(body)
        assert answer.status == 200
        await checkpoints.cosign(size, [WITNESS.cosign(note.text, 1)])
        await checkpoints.keep_newest()
    if held == "state file":
        del network[HOST]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", HELD)
async def test_a_restored_backup_and_what_regrew_from_it(
    address: Address, tmp_path: Path, network: Network, held: str
) -> None:
    """Behind what was cosigned, level with it, and beyond it."""
    await grow(address, 5)
    backup = Backup(address, tmp_path)
    await grow(address, 4)
    await cosigned_now(address, tmp_path, network, held)
    backup.restore()
    where = f"{held}.* holds 9 entries"
    assert verified(address).exit_code == 0
    await refused(address, tmp_path, HOST, message=f"{where}: the log has 5 entries, and 9 were signed before")
    await grow(address, 4)
    await refused(address, tmp_path, HOST, message=f"{where}: the first 9 of the log's 9 entries are not those")
    await grow(address, 4)
    assert verified(address).exit_code == 0
    await refused(address, tmp_path, HOST, message=f"{where}: the first 9 of the log's 13 entries are not those")
    await refused(address, tmp_path, HOST, message="docs/restore-the-log.md says the way back")


@pytest.mark.parametrize("held", HELD)
async def test_a_tail_that_was_cut_off_whole(address: Address, tmp_path: Path, network: Network, held: str) -> None:
    await grow(address, 5)
    backup = Backup(address, tmp_path)  # its head is what a cut to here leaves
    await grow(address, 1)
    await cosigned_now(address, tmp_path, network, held)
    backup.restore()
    await refused(address, tmp_path, HOST, message="the log has 5 entries, and 6 were signed before")


async def test_a_split_brain(address: Address, tmp_path: Path, network: Network, tmp_path_factory: Any) -> None:
    """Two databases went on from one backup under one key: the one that the witness has not seen may not go on."""
    await grow(address, 5)
    backup = Backup(address, tmp_path)
    await grow(address, 3)  # one of the two, which was cosigned
    await cosigned_now(address, tmp_path, network, "witness")
    await starts(address, tmp_path_factory.mktemp("one"), HOST)
    backup.restore()
    await grow(address, 7)  # the other, which knows nothing of the first, on a machine of its own
    assert verified(address).exit_code == 0
    other = tmp_path_factory.mktemp("other")
    await refused(address, other, HOST, message="the first 8 of the log's 12 entries are not those signed before")


async def test_two_witnesses_that_were_shown_two_logs(address: Address, tmp_path: Path, network: Network) -> None:
    """By whoever has the log's key: compared here, one of them holds another log, whatever their sizes."""
    await grow(address, 5)
    await cosigned_now(address, tmp_path, network, "witness")
    await grow(address, 4)
    for size in (3, 5, 8):
        folder = tmp_path / f"second-{size}"
        folder.mkdir()
        network[SECOND] = witness_in(folder, signer=cosigner(SECOND))
        network[SECOND].add_checkpoint(Grown("another", signers=[LOG]).request(0, size))
        message = f"^witness '{SECOND}' holds {size} entries: the first {size} of the log's 9 entries are not those"
        await refused(address, tmp_path, HOST, SECOND, message=message)


async def test_a_database_that_was_made_anew(address: Address, tmp_path: Path, network: Network) -> None:
    """An empty log is behind like any other."""
    backup = Backup(address, tmp_path)
    await grow(address, 2)
    await cosigned_now(address, tmp_path, network, "state file")
    backup.restore()
    await refused(address, tmp_path, HOST, message="the log has 0 entries, and 2 were signed before")


@pytest.mark.parametrize(
    ("rubbish", "message"),
    [
        pytest.param(b"rubbish", "it holds no checkpoint of this log", id="no note"),
        pytest.param(b"\xff\xfe", "it cannot be read", id="no text"),
        pytest.param(
            str(Grown(signers=[NEW_KEY]).note(2)).encode(), "it holds .* no key that counts", id="by another key"
        ),
    ],
)
async def test_a_state_file_that_says_nothing_is_no_new_beginning(
    address: Address, tmp_path: Path, network: Network, rubbish: bytes, message: str
) -> None:
    await grow(address, 2)
    network[HOST] = witness_in(tmp_path)
    (tmp_path / "state").write_bytes(rubbish)
    await refused(address, tmp_path, HOST, message=f"the state file: {message}")


async def test_a_state_file_that_could_not_be_kept_is_said_at_once(address: Address, tmp_path: Path) -> None:
    values = {"log_state_file": tmp_path / "nowhere" / "state"}
    await refused(address, tmp_path, message="the state file: there is no folder", **values)


async def test_nobody_outside_can_be_asked(address: Address, tmp_path: Path, network: Network) -> None:
    """Neither file nor witness, or a witness that does not know the log: then an operator has to decide."""
    await grow(address, 2)
    await refused(address, tmp_path, HOST, message="2 entries, and nobody outside says .* no connection")
    network[HOST] = witness_in(tmp_path)
    network[HOST]._trust = {}
    await refused(address, tmp_path, HOST, message="it answers 404.*openmind audit confirm")


async def test_one_witness_that_holds_nothing_does_not_speak_for_another(
    address: Address, tmp_path: Path, network: Network
) -> None:
    """The one that is away could hold more."""
    await grow(address, 2)
    network[HOST] = witness_in(tmp_path)
    await starts(address, tmp_path, HOST)
    await refused(address, tmp_path, HOST, "away.example", message="nobody outside says")


async def test_a_log_by_another_name(address: Address, tmp_path: Path, network: Network) -> None:
    """A name that was changed in the settings alone would let everything begin anew."""
    await starts(address, tmp_path)
    async with checkpoints_of(address) as checkpoints:
        await checkpoints.make()
    other = Signer.new("probation.example/other")
    write_key_file(tmp_path / "other.key", other)
    named = {"log_origin": other.name, "log_key_files": [tmp_path / "other.key"], "log_state_file": None}
    message = f"the log's name is '{ORIGIN}', and OPENMIND_LOG_ORIGIN says '{other.name}'"
    await refused(address, tmp_path, message=message, **named)


async def test_a_state_file_of_another_log(address: Address, tmp_path: Path, network: Network) -> None:
    """Two services that were given one file."""
    other = Signer.new("probation.example/other")
    text = Grown().note(2).text.replace(ORIGIN, other.name)
    (tmp_path / "state").write_text(f"{text}\n{other.sign(text).line()}")
    known = {"log_retired_keys": [{"key": str(other.verifier), "from_size": 100}]}
    await refused(address, tmp_path, message="2 entries of 'probation.example/other', which is another log", **known)


# --- what starts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", HELD)
async def test_a_log_that_went_on_starts_with_either_alone(
    address: Address, tmp_path: Path, network: Network, held: str
) -> None:
    await grow(address, 3)
    await cosigned_now(address, tmp_path, network, held)
    await starts(address, tmp_path, HOST)
    await grow(address, 3)
    await starts(address, tmp_path, HOST)


async def test_the_first_start_with_a_witness(address: Address, tmp_path: Path, network: Network) -> None:
    """Of a log that had none before: every witness says that it holds nothing yet."""
    await grow(address, 3)
    network[HOST] = witness_in(tmp_path)
    await starts(address, tmp_path, HOST)


async def test_an_empty_log_starts_though_nobody_answers(address: Address, tmp_path: Path, network: Network) -> None:
    await starts(address, tmp_path, HOST)


async def test_without_witnesses_a_log_starts_with_or_without_a_state_file(address: Address, tmp_path: Path) -> None:
    await grow(address, 3)
    await starts(address, tmp_path, log_state_file=None)
    await starts(address, tmp_path)
    async with checkpoints_of(address, kept=tmp_path / "state") as checkpoints:
        await checkpoints.make()
        await checkpoints.keep_newest()
    await starts(address, tmp_path)


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda key: key.unlink(), "cannot be read; .*OPENMIND_LOG_KEY_FILES", id="no file"),
        pytest.param(lambda key: key.write_text("rubbish"), "begins with 'PRIVATE", id="no key"),
        pytest.param(lambda key: key.write_text(WITNESS.secret()), "a witness's key", id="one that cosigns"),
        pytest.param(
            lambda key: key.write_text(Signer.new("another").secret()), "is named 'another', and", id="another name"
        ),
        pytest.param(
            lambda key: key.write_text(LOG.secret().replace("+ARp", "+AAA")[:-9]), "key file", id="a part of one"
        ),
    ],
)
async def test_a_key_that_cannot_sign_is_said_before_anything_starts(
    sqlite_url: str, tmp_path: Path, change: Callable[[Path], None], message: str
) -> None:
    settings = settings_of(Address(sqlite_url), tmp_path)
    change(settings.log_key_files[0])
    with pytest.raises(LogKeyUnusable, match=message) as fault:
        async with open_gate(settings):
            pytest.fail("it started")
    assert LOG.secret().split("+", 4)[-1] not in str(fault.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            {"log_retired_keys": [{"key": str(WITNESS.verifier), "from_size": 1}]}, "OPENMIND_LOG_RETIRED_KEYS"
        ),
        pytest.param(
            {"witnesses": [{"key": str(LOG.verifier), "url": "https://a.example/", "party": "health"}]}, "--witness"
        ),
        pytest.param(
            {"witnesses": [{"key": str(WITNESS.verifier), "url": "https://a.example/", "party": "health"}] * 2}, "twice"
        ),
    ],
    ids=["a retired key that cosigns", "a witness with a log's key", "a witness named twice"],
)
async def test_keys_of_others_that_cannot_be_used(
    sqlite_url: str, tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(LogKeyUnusable, match=message):
        async with open_gate(settings_of(Address(sqlite_url), tmp_path, **values)):
            pytest.fail("it started")


# --- while it runs ---------------------------------------------------------------------------------------------------


async def test_an_older_state_under_a_running_service_stops_it_for_good(address: Address, tmp_path: Path) -> None:
    """The writer notices under the lock; it takes nothing any more, even once there is more than it had seen."""
    await grow(address, 2)
    backup = Backup(address, tmp_path)
    async with open_gate(settings_of(address, tmp_path)) as (gate, _):
        await gate.log.append(Submission((make_entry(1),)))
        backup.restore()
        said = "the log has 2 entries, and it had 3"
        with pytest.raises(LogUnavailable, match=said):
            await gate.log.append(Submission((make_entry(2),)))
        assert Owner(address).rows("SELECT size FROM log_head") == [(2,)]
        await grow(address, 5)  # by a process that has just started and cannot know
        for again in (gate.log.append(Submission((make_entry(3),))), gate.log.ping()):
            with pytest.raises(LogUnavailable, match=said):
                await again
    assert Owner(address).rows("SELECT size FROM log_head") == [(7,)]
    assert verified(address).exit_code == 0


async def test_another_state_of_the_same_size_is_noticed_too(address: Address, tmp_path: Path) -> None:
    """Restored, and grown again to where it was."""
    await grow(address, 2)
    backup = Backup(address, tmp_path)
    async with open_gate(settings_of(address, tmp_path)) as (gate, _):
        await gate.log.append(Submission((make_entry(1),)))
        backup.restore()
        await grow(address, 1)
        with pytest.raises(LogUnavailable, match="the log has 3 entries, and it had 3"):
            await gate.log.append(Submission((make_entry(2),)))
