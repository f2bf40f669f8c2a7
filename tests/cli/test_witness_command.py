"""`openmind audit witness` as the second party runs it: a process of its own, which remembers whatever it dies of."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app.audit.log_keys import write_key_file
from app.audit.signed_note import Note, Signature
from app.audit.witness import MOST_BYTES
from app.cli.root import app
from app.cli.witness import application_of
from app.config import WitnessSettings
from tests.audit.growing import LOG, ORIGIN, WITNESS, Grown, kept_size, witness_in
from tests.faults.running import _free_port
from tests.project.tree import ROOT

TRUE, REWRITTEN = Grown(), Grown("other", same=6)
START_SECONDS = 30


def variables(folder: Path, **more: str) -> dict[str, str]:
    (folder / "state").mkdir(exist_ok=True)
    if not (folder / "key").exists():
        write_key_file(folder / "key", WITNESS)
    return {
        "OPENMIND_WITNESS_KEY_FILE": str(folder / "key"),
        "OPENMIND_WITNESS_LOGS": json.dumps([{"origin": ORIGIN, "keys": [str(LOG.verifier)]}]),
        "OPENMIND_WITNESS_STATE_DIR": str(folder / "state"),
        "COLUMNS": "400",
        **more,
    }


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """The program, up and answering; killed at the end."""
    port = _free_port()
    command = [sys.executable, "-c", "from app.cli import main; main()", "audit", "witness", f"--port={port}"]
    with (folder / f"said-{port}").open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=variables(folder), stdout=said, stderr=said)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    http.get(f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
                    break
                except httpx.ConnectError:
                    assert process.poll() is None, (folder / f"said-{port}").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield process, http
    finally:
        process.kill()
        process.wait()


def test_it_cosigns_over_http_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Twenty at once over real connections, of two views of the log: one order, and what it says is what it keeps."""
    state = tmp_path / "state"
    address = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    with running(tmp_path) as (process, http):
        assert http.get(address).status_code == 204
        first = http.post("/add-checkpoint", content=TRUE.request(0, 8))
        assert (first.status_code, first.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        WITNESS.verifier.check(TRUE.note(8).text, Signature.of(first.text.strip()))
        with ThreadPoolExecutor(20) as threads:
            views = {size: REWRITTEN if size % 2 else TRUE for size in range(9, 29)}
            bodies = [views[size].request(8, size) for size in views]
            answers = list(threads.map(lambda body: http.post("/add-checkpoint", content=body), bodies))
        (won,) = [size for size, answer in zip(views, answers, strict=True) if answer.status_code == 200]
        assert (won % 2, kept_size(state)) == (0, won)
        conflicts = {(each.headers["content-type"], each.text) for each in answers if each.status_code == 409}
        assert conflicts == {("text/x.tlog.size", f"{won}\n")}
        kept = http.get(address)
        assert kept.headers["content-type"] == "text/plain; charset=utf-8"
        process.kill()
    assert Note.of(kept.content).text == TRUE.note(won).text
    assert len(Note.of(kept.content).by([LOG.verifier, WITNESS.verifier])) == 2
    after = witness_in(state)
    assert after.add_checkpoint(REWRITTEN.request(0, won + 1)).body == f"{won}\n"
    assert after.add_checkpoint(TRUE.request(won, won + 1)).status == 200
    said = "".join(each.read_text() for each in tmp_path.glob("said-*"))
    assert f"this witness's verifier key: {WITNESS.verifier}" in said
    assert f"'{ORIGIN}': 0 entries cosigned" in said


async def test_it_reads_no_more_than_a_request_can_have(tmp_path: Path) -> None:
    """However much is sent, and by no other method and at no other address."""
    transport = httpx.ASGITransport(application_of(witness_in(tmp_path)))
    taken = 0

    async def endless():
        nonlocal taken
        while taken < 10_000_000:
            taken += 4096
            yield b"x" * 4096

    async with httpx.AsyncClient(transport=transport, base_url="http://witness.example") as http:
        assert (await http.post("/add-checkpoint", content=endless())).status_code == 400
        assert (await http.get("/add-checkpoint")).status_code == 405
        assert (await http.get("/")).status_code == 404
        assert (await http.get("/..%2f..%2fetc/checkpoint")).status_code == 404
    assert taken <= MOST_BYTES + 2 * 4096


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        pytest.param("KEY_FILE", None, "OPENMIND_WITNESS_KEY_FILE: set it: the key that cosigns", id="no key"),
        pytest.param("KEY_FILE", "nowhere", "key file 'nowhere' cannot be read", id="a key that is not there"),
        pytest.param("LOGS", None, "OPENMIND_WITNESS_LOGS: set it: ", id="no logs"),
        pytest.param("LOGS", "[]", "OPENMIND_WITNESS_LOGS: ", id="an empty list of logs"),
        pytest.param("STATE_DIR", None, "OPENMIND_WITNESS_STATE_DIR: set it: ", id="no folder"),
        pytest.param("STATE_DIR", "nowhere", "'nowhere' is no folder", id="a folder that is not there"),
    ],
)
def test_what_it_needs_is_named(tmp_path: Path, variable: str, value: str | None, said: str) -> None:
    given: dict[str, str | None] = {**variables(tmp_path), f"OPENMIND_WITNESS_{variable}": value}
    result = CliRunner().invoke(app, ["audit", "witness"], env=given)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_two_logs_of_one_name_are_refused() -> None:
    log = {"origin": ORIGIN, "keys": [str(LOG.verifier)]}
    with pytest.raises(ValueError, match="two logs have one origin"):
        WitnessSettings(key_file=Path("k"), logs=[log, log], state_dir=Path("."))
