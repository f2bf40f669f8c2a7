"""`openmind audit verify`: what it says and how it ends, alone and against checkpoints that were kept elsewhere."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.audit.ddl import SERVICE_ROLE
from app.audit.writer import open_log
from app.cli.root import app
from app.db import Address
from tests.audit.attacks import cut
from tests.audit.logs import Owner, append_all, now
from tests.audit.test_outside_checkpoint import LOG, ORIGIN, WITNESS, checkpoint
from tests.postgres import wait_for
from tests.world import log_environment

KEY = str(LOG.verifier)


@pytest.fixture
def owner(sqlite_url: str) -> Owner:
    """A log of 20 entries in SQLite; the other database is verified by the same code in tests/audit."""
    address = Address(sqlite_url)

    async def fill() -> None:
        opened = await open_log(address, SERVICE_ROLE, now)
        await append_all(opened, 20)
        await opened.close()

    wait_for(lambda: asyncio.run(fill()))
    return Owner(address)


@pytest.fixture
def ran(owner: Owner, key_file: Path):
    """The command with the settings of that log."""
    settings = {
        "OPENMIND_DATABASE_URL": owner.address.url,
        "OPENMIND_ISSUER": "https://open-mind.example",
        "OPENMIND_SIGNING_KEY_FILE": str(key_file),
    } | log_environment()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["audit", "verify", *arguments], env=settings)

    return run


def test_a_clean_log(ran, owner: Owner, tmp_path: Path) -> None:
    """How far it was read, and with how many checkpoints it was compared."""
    kept, later = tmp_path / "kept", tmp_path / "later"
    kept.write_text(str(checkpoint(owner, 12)))
    later.write_text(str(checkpoint(owner, 20)))
    assert (ran().exit_code, ran().output.splitlines()[-1]) == (
        0,
        "compared with 0 checkpoints that somebody else has kept",
    )
    result = ran("--trusted", str(kept), "--against", str(later), "--key", KEY)
    assert result.exit_code == 0
    assert "clean: 20 entries, read from entry 12 on, 0 persons' parts" in result.output
    assert result.output.splitlines()[-1] == "compared with 2 checkpoints that somebody else has kept"


def test_what_no_single_entry_shows_is_said(ran, owner: Owner, tmp_path: Path) -> None:
    """A log that is behind what a witness has seen; and a table that could hide something."""
    kept = tmp_path / "kept"
    kept.write_text(str(checkpoint(owner, 20)))
    cut(15)(owner)
    result = ran("--against", str(kept), "--key", str(WITNESS.verifier))
    assert result.exit_code == 1
    assert "TAMPERED: no single entry is bad; 1 findings" in result.output
    assert (
        f"the log has 15 entries, and the checkpoint of '{ORIGIN}' has 20: entries 15 to 19 are gone" in result.output
    )
    owner.run("DROP INDEX log_entry_staff")
    assert "'log_entry_staff' is missing (schema)" in ran().output


def test_the_first_bad_entry_is_named(ran, owner: Owner) -> None:
    """In words, and as data for other programs."""
    owner.tamper("UPDATE log_entry SET body = replace(body, 'o.manager', 'o.other') WHERE seq = 3")
    assert "TAMPERED: the first bad entry is 3" in ran().output
    data = json.loads(ran("--json").stdout)
    assert (data["first"], data["exit_code"], data["start"], data["checkpoints"]) == (3, 1, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        pytest.param(["--key", "nonsense"], "name+id+key", id="no key and nothing to check with it"),
        pytest.param(["--against", "none", "--key", "nonsense"], "name+id+key", id="no key"),
        pytest.param(["--against", "none", "--key", KEY], "it cannot be read", id="no file"),
        pytest.param(["--against", "kept"], "no known key has signed it", id="no key given"),
        pytest.param(["--trusted", "other", "--key", KEY], "it is no checkpoint", id="another file"),
    ],
)
def test_what_cannot_be_compared_stops_with_2(
    ran, owner: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], fault: str
) -> None:
    """What is wrong is said, and nothing is verified that the caller did not ask for."""
    monkeypatch.chdir(tmp_path)
    Path("kept").write_text(str(checkpoint(owner, 12)))
    Path("other").write_text("hello\n")
    result = ran(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert fault in result.stderr
