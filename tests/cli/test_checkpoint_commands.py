"""`openmind audit key`, `checkpoint`, `compare`, `confirm` and `recover`, and the way back, step by step."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.audit.checkpoint import Checkpoint
from app.audit.log_keys import TrustedKey, read_key_file
from app.audit.outside import LogContradicted
from app.audit.signed_note import Algorithm, Note, Verifier
from app.audit.witness import Witness
from app.cli.root import app
from app.db import Address
from tests import world
from tests.audit.checkpointed import WITNESSED, Backup, Network, checkpoints_of, grow, settings_of
from tests.audit.conftest import address, network
from tests.audit.growing import LOG, NOON, ORIGIN, WITNESS, witness_in
from tests.audit.logs import Owner, verified
from tests.postgres import wait_for
from tests.routers.cast import key_file
from tests.world import serving

__all__ = ["address", "key_file", "network"]
HOST = "witness.example"
NEW = "probation.example/open-mind-2"


class Operator:
    """Somebody at a terminal, with the variables that they have set."""

    def __init__(self, address: Address, folder: Path, *hosts: str) -> None:
        settings = settings_of(address, folder, *hosts)
        self.folder, self.address = folder, address
        self.variables = {
            "OPENMIND_DATABASE_URL": address.url,
            "OPENMIND_ISSUER": settings.issuer,
            "OPENMIND_SIGNING_KEY_FILE": "unused.pem",
            "OPENMIND_LOG_ORIGIN": ORIGIN,
            "OPENMIND_LOG_KEY_FILES": json.dumps([str(each) for each in settings.log_key_files]),
            "OPENMIND_LOG_STATE_FILE": str(settings.log_state_file),
            "OPENMIND_WITNESSES": json.dumps([each.model_dump(mode="json") for each in settings.witnesses]),
            "COLUMNS": "400",
        }
        if settings.database_role:
            self.variables["OPENMIND_DATABASE_ROLE"] = settings.database_role

    def audit(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["audit", *map(str, arguments)], env=self.variables)

    def settings(self) -> dict[str, Any]:
        """The same for a service."""
        names = ("LOG_ORIGIN", "LOG_KEY_FILES", "LOG_RETIRED_KEYS", "WITNESSES", "LOG_STATE_FILE", "DATABASE_ROLE")
        given = {each.lower(): self.variables.get(f"OPENMIND_{each}") for each in names}
        lists = ("log_key_files", "log_retired_keys", "witnesses")
        return {key: json.loads(text) if key in lists else text for key, text in given.items() if text}


@pytest.fixture
def operator(address: Address, tmp_path: Path, network: Network) -> Operator:
    """Of a log with five entries and a witness that answers."""
    world.run(grow(address, 5))
    (tmp_path / "witness").mkdir()
    network[HOST] = witness_in(tmp_path / "witness")
    return Operator(address, tmp_path, HOST)


def cosigned_now(operator: Operator, network: Network) -> Note:
    """The log as it is, cosigned and kept."""

    async def cosign() -> Note:
        async with checkpoints_of(operator.address, WITNESSED, operator.folder / "state") as checkpoints:
            note = await checkpoints.make()
            size = Checkpoint.of(note.text).size
            answer = network[HOST].add_checkpoint(f"old 0\n\n{note}".encode())
            assert answer.status == 200
            cosigned = await checkpoints.cosign(size, [WITNESS.cosign(note.text, NOON)])
            await checkpoints.keep_newest()
            return cosigned

    note: Note = world.run(cosign())
    return note


# --- key -------------------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_its_verifier_key_can_be_seen_again(tmp_path: Path) -> None:
    """In a file that its owner alone can read; the private half is never printed."""
    file = tmp_path / "log.key"
    made = CliRunner().invoke(app, ["audit", "key", str(file), "--name", ORIGIN], env={"COLUMNS": "20"})
    assert made.exit_code == 0
    verifier = Verifier.of(made.output)
    assert (verifier.name, verifier.algorithm) == (ORIGIN, Algorithm.ED25519)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = CliRunner().invoke(app, ["audit", "key", str(file)])
    assert (again.exit_code, again.output) == (0, made.output)
    assert read_key_file(file).verifier == verifier
    assert file.read_text().split("+", 4)[-1].strip() not in made.output
    before = file.read_text()
    refused = CliRunner().invoke(app, ["audit", "key", str(file), "--name", ORIGIN])
    assert (refused.exit_code, file.read_text()) == (1, before)
    assert "is there already" in refused.output


def test_a_witness_has_a_key_of_another_kind(tmp_path: Path) -> None:
    made = CliRunner().invoke(app, ["audit", "key", str(tmp_path / "w"), "--name", "a.example/w", "--witness"])
    assert Verifier.of(made.output).algorithm is Algorithm.COSIGNATURE


@pytest.mark.parametrize("name", ["", "two words", "a+b", "x" * 201])
def test_a_name_that_no_key_can_bear(tmp_path: Path, name: str) -> None:
    refused = CliRunner().invoke(app, ["audit", "key", str(tmp_path / "key"), "--name", name])
    assert (refused.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "neither spaces nor a plus sign" in refused.output


def test_no_key_in_a_file_is_said(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["audit", "key", str(tmp_path / "nothing")])
    assert (refused.exit_code, "cannot be read" in refused.output) == (1, True)


# --- checkpoint and compare ------------------------------------------------------------------------------------------


def test_a_checkpoint_is_printed_as_it_is_signed(operator: Operator) -> None:
    made = operator.audit("checkpoint")
    note = Note.of(made.stdout)
    assert (made.exit_code, Checkpoint.of(note.text).size) == (0, 5)
    assert len(note.by([LOG.verifier])) == 1
    assert operator.audit("checkpoint").stdout == made.stdout


def test_no_checkpoint_of_what_is_not_there(tmp_path: Path, sqlite_url: str) -> None:
    operator = Operator(Address(f"sqlite:///{tmp_path}/nowhere.db"), tmp_path)
    result = operator.audit("checkpoint")
    assert (result.exit_code, "there is no database file" in result.output) == (2, True)
    assert not (tmp_path / "nowhere.db").exists()
    operator = Operator(Address(sqlite_url), tmp_path)
    operator.variables["OPENMIND_LOG_KEY_FILES"] = '["nowhere.key"]'
    result = operator.audit("checkpoint")
    assert (result.exit_code, "OPENMIND_LOG_KEY_FILES" in result.output) == (2, True)


@pytest.mark.parametrize("name", ["LOG_ORIGIN", "LOG_KEY_FILES"])
def test_a_variable_that_is_missing_is_named_with_what_it_is(sqlite_url: str, tmp_path: Path, name: str) -> None:
    """As for every service: there is no default for what signs."""
    operator = Operator(Address(sqlite_url), tmp_path)
    del operator.variables[f"OPENMIND_{name}"]
    result = operator.audit("checkpoint")
    assert result.exit_code == 2
    assert f"OPENMIND_{name}: set it: " in result.output
    assert {"LOG_ORIGIN": "the log's name", "LOG_KEY_FILES": "openmind audit key"}[name] in result.output


def test_comparing_says_what_each_holds(operator: Operator, network: Network, tmp_path: Path) -> None:
    assert operator.audit("compare").output.splitlines() == [
        "none: the state file holds none yet",
        f"none: witness '{WITNESS.name}' holds none yet",
    ]
    cosigned_now(operator, network)
    world.run(grow(operator.address, 2))
    same = operator.audit("compare")
    assert (same.exit_code, same.output.count("holds 5 entries, with which the log begins")) == (0, 2)
    backup = Backup(operator.address, tmp_path)
    del network[HOST]
    gone = operator.audit("compare")
    assert (gone.exit_code, f"unknown: witness '{WITNESS.name}': no connection" in gone.output) == (2, True)
    assert backup is not None
    alone = Operator(operator.address, tmp_path)
    del alone.variables["OPENMIND_LOG_STATE_FILE"]
    assert "nobody holds anything" in alone.audit("compare").output


# --- confirm ---------------------------------------------------------------------------------------------------------


def test_the_operator_takes_a_log_as_it_is(operator: Operator, network: Network, key_file: Path) -> None:
    """The state file was lost and no witness answers: then the service starts again, and the log says why."""
    cosigned_now(operator, network)
    (operator.folder / "state").unlink()
    there = network.pop(HOST)
    with pytest.raises(LogContradicted, match="openmind audit confirm"):
        world.run(started(operator, key_file))
    done = operator.audit("confirm", "--authority", "INC-7")
    assert (done.exit_code, "confirmed with 5 entries; receipt 5:" in done.output) == (0, True)
    (entry,) = world.run(world.entries(operator.address.url, after=4))
    assert (entry["type"], entry["caller"], entry["details"]["authority"]) == ("confirm", None, "INC-7")
    assert entry["details"]["size"] == 5
    assert Checkpoint.of(Note.of((operator.folder / "state").read_text()).text).size == 6
    world.run(started(operator, key_file))
    network[HOST] = there
    again = operator.audit("confirm", "--authority", "INC-7")
    assert (again.exit_code, "nothing has to be confirmed" in again.output) == (0, True)


def test_a_state_file_that_says_nothing_is_confirmed_over(operator: Operator, network: Network, key_file: Path) -> None:
    """Though a witness answers: somebody has to have looked at it."""
    cosigned_now(operator, network)
    (operator.folder / "state").write_text("rubbish")
    refused = operator.audit("checkpoint")
    assert (refused.exit_code, "the state file: it holds no checkpoint" in refused.output) == (1, True)
    assert operator.audit("confirm", "--authority", "INC-7").exit_code == 0
    world.run(started(operator, key_file))


def test_what_somebody_holds_cannot_be_confirmed_away(operator: Operator, network: Network, tmp_path: Path) -> None:
    backup = Backup(operator.address, tmp_path)
    world.run(grow(operator.address, 2))
    cosigned_now(operator, network)
    (operator.folder / "state").unlink()
    backup.restore()
    refused = operator.audit("confirm", "--authority", "INC-7")
    assert refused.exit_code == 1
    assert "the log has 5 entries, and 7 were signed before: that takes `openmind audit recover`" in refused.output
    unsigned = operator.audit("checkpoint")
    assert (unsigned.exit_code, "and 7 were signed before" in unsigned.output) == (1, True)
    assert operator.audit("confirm", "--authority", "Jo Bloggs").exit_code == 2


async def started(operator: Operator, key: Path) -> None:
    """A service starts, answers and stops."""
    async with serving(operator.address.url, key, **operator.settings()) as service:
        assert (await service.http.get("/ready")).status_code == 200


# --- the way back, as docs/restore-the-log.md has it -----------------------------------------------------------------


@pytest.fixture
def restored(operator: Operator, network: Network, tmp_path: Path) -> tuple[Operator, Note, Note]:
    """A log of five entries whose later four were cosigned and are gone; and the notes of both moments."""
    first = cosigned_now(operator, network)
    backup = Backup(operator.address, tmp_path)
    world.run(grow(operator.address, 4))
    (operator.folder / "witness").rename(operator.folder / "before")
    (operator.folder / "witness").mkdir()
    later = cosigned_now(operator, network)
    backup.restore()
    return operator, first, later


def test_the_way_back_step_by_step(
    restored: tuple[Operator, Note, Note], network: Network, key_file: Path, tmp_path: Path
) -> None:
    """By the commands, in their order; each step that is left out is refused, and everybody can tell what was lost."""
    operator, _, later = restored
    assert verified(operator.address).exit_code == 0
    with pytest.raises(LogContradicted, match=r"the log has 5 entries, and 9 were signed before.*restore-the-log"):
        world.run(started(operator, key_file))

    compared = operator.audit("compare")
    assert (compared.exit_code, compared.output.count("holds 9 entries: the log has 5 entries")) == (1, 2)

    alone, against = (
        operator.audit("verify"),
        operator.audit("verify", "--against", operator.folder / "state", "--key", str(LOG.verifier)),
    )
    assert (alone.exit_code, against.exit_code) == (0, 1)

    new_key = tmp_path / "new.key"
    verifier = operator.audit("key", new_key, "--name", NEW).output.strip()
    command = ("recover", "--origin", NEW, "--key", new_key, "--authority", "INC-7")
    shown = operator.audit(*command)
    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        f"'{ORIGIN}' signed 9 entries; the log has 5",
        "gone for certain: entries 5 to 8",
        "what a witness has cosigned and the log still begins with: the first 5 entries",
        f"from entry 5 on the log is '{NEW}'",
        "nothing was changed: --yes does it",
    ]
    assert Owner(operator.address).rows("SELECT size FROM log_head") == [(5,)]

    done = operator.audit(*command, "--yes")
    assert (done.exit_code, "done; receipt 5:" in done.output) == (0, True)
    assert f"OPENMIND_LOG_ORIGIN='{NEW}'" in done.output
    assert '"from_size": 10' in done.output
    assert verifier in done.output
    (entry,) = world.run(world.entries(operator.address.url, after=4))
    assert (entry["type"], entry["caller"]) == ("recover", None)
    assert entry["details"] == {
        "agreedSize": 5,
        "authority": "INC-7",
        "missing": {"first": 5, "last": 8},
        "oldCheckpoint": str(later),
        "oldOrigin": ORIGIN,
        "oldSize": 9,
        "origin": NEW,
        "otherCheckpoints": [],
        "root": Owner(operator.address).rows("SELECT root FROM log_checkpoint WHERE size = 5")[0][0].hex(),
        "size": 5,
    }
    assert operator.audit(*command, "--yes").output.startswith("it was recovered before")
    assert Owner(operator.address).rows("SELECT size FROM log_head") == [(6,)]

    with pytest.raises(LogContradicted, match=f"the log's name is '{NEW}', and OPENMIND_LOG_ORIGIN says '{ORIGIN}'"):
        world.run(started(operator, key_file))
    retired = next(line for line in done.output.splitlines() if "RETIRED" in line).split("'")[1]
    operator.variables |= {
        "OPENMIND_LOG_ORIGIN": NEW,
        "OPENMIND_LOG_KEY_FILES": json.dumps([str(new_key)]),
        "OPENMIND_LOG_RETIRED_KEYS": retired,
    }
    world.run(started(operator, key_file))  # the witness does not know the new name yet; the state file does
    assert operator.audit("compare").output.splitlines()[1] == f"unknown: witness '{WITNESS.name}': it answers 404"

    trust = {ORIGIN: (TrustedKey(LOG.verifier),), NEW: (TrustedKey(Verifier.of(verifier)),)}
    network[HOST] = Witness(WITNESS, trust, operator.folder / "witness", lambda: NOON)
    world.run(started(operator, key_file))  # and its last checkpoint is cosigned under the new name
    compared = operator.audit("compare")
    assert (compared.exit_code, compared.output.count("fits: ")) == (0, 2)
    assert verified(operator.address).exit_code == 0
    kept_outside = ("verify", "--against", operator.folder / "state", "--key", verifier)
    assert operator.audit(*kept_outside).exit_code == 0
    (replayed,) = operator.audit("replay").stdout.splitlines()
    assert "first cited by entry 0, is not at hand" in replayed  # the made-up entries, and nothing of the recovery

    (operator.folder / "state").write_text(str(later))  # another machine's, which the recovery knew of
    assert "superseded: the state file holds 9 entries of" in operator.audit("compare").output
    world.run(started(operator, key_file))
    assert NEW in (operator.folder / "state").read_text()


def test_what_regrew_is_recovered_from_as_well(
    restored: tuple[Operator, Note, Note], network: Network, tmp_path: Path
) -> None:
    """Nothing is gone for certain by its number; what is not the old log begins after what a witness had cosigned."""
    operator, first, _ = restored
    world.run(grow(operator.address, 7))
    operator.audit("key", tmp_path / "new.key", "--name", NEW)
    done = operator.audit(
        "recover", "--origin", NEW, "--key", tmp_path / "new.key", "--authority", "INC-8", "--yes", "--checkpoint",
        kept(tmp_path / "kept", first),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (entry,) = world.run(world.entries(operator.address.url, after=11))
    said = entry["details"]
    assert (said["oldSize"], said["size"], said["agreedSize"], said["missing"]) == (9, 12, 5, None)


def kept(file: Path, note: Note) -> Path:
    file.write_text(str(note))
    return file


def test_a_recovery_is_refused_where_there_is_nothing_to_recover_from(
    operator: Operator, network: Network, tmp_path: Path
) -> None:
    """Or where the new name is not new, or the key is not the name's."""
    cosigned_now(operator, network)
    key = tmp_path / "new.key"
    operator.audit("key", key, "--name", NEW)

    def recover(origin: str, file: Path) -> tuple[int, str]:
        result = operator.audit("recover", "--origin", origin, "--key", file, "--authority", "INC-7", "--yes")
        return result.exit_code, result.output

    code, said = recover(NEW, key)
    assert (code, "no checkpoint that anybody holds contradicts the log" in said) == (1, True)
    same = tmp_path / f"{ORIGIN.replace('/', '-')}.key"
    code, said = recover(ORIGIN, same)
    assert (code, "a name that this log has had" in said) == (1, True)
    code, said = recover("another", key)
    assert (code, "is not a log's key of the name 'another'" in said) == (2, True)
    code, said = recover(NEW, tmp_path / "nowhere")
    assert (code, "cannot be read" in said) == (2, True)
    assert Owner(operator.address).rows("SELECT size FROM log_head") == [(5,)]


def test_a_log_that_grows_meanwhile_is_not_recovered(
    restored: tuple[Operator, Note, Note], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the entry would say of its size would be wrong."""
    from app.cli import recovering

    operator = restored[0]
    operator.audit("key", tmp_path / "new.key", "--name", NEW)
    planning = recovering.plan

    async def overtaken(*arguments: Any) -> Any:
        planned = await planning(*arguments)
        wait_for(lambda: world.run(grow(operator.address, 1)))
        return planned

    monkeypatch.setattr(recovering, "plan", overtaken)
    command = ("recover", "--origin", NEW, "--key", tmp_path / "new.key", "--authority", "INC-7", "--yes")
    refused = operator.audit(*command)
    assert (refused.exit_code, "the log grew meanwhile" in refused.output) == (1, True)
    assert Owner(operator.address).rows("SELECT count(*) FROM log_recovery") == [(0,)]
    assert Owner(operator.address).rows("SELECT size FROM log_head") == [(6,)]
