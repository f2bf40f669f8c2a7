"""`docs/verify-it-yourself.md` does what it says: its programs, as they stand there, against a log that was written."""

import ast
import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.audit.checkpointing import KeptCheckpoints
from tests.audit.logs import append_all
from tests.project.tree import ROOT
from tests.routers.cast import FULL, OLGA, WORK
from tests.world import Service

PAGE = (ROOT / "docs" / "verify-it-yourself.md").read_text()
GO_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
Run = Callable[..., tuple[int, str]]


def program(language: str, name: str) -> str:
    """A program as it stands on the page."""
    (found,) = re.findall(rf"^```{language} {re.escape(name)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def imported(source: str) -> set[str]:
    """The packages that a program imports."""
    names = []
    for node in ast.walk(ast.parse(source)):
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
    return {name.partition(".")[0] for name in names}


def ran(*command: str, cwd: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, **environment)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
async def kept(proving: tuple[Service, KeptCheckpoints], tmp_path: Path) -> dict[str, Any]:
    """What somebody has who asked once, and kept a checkpoint before and one after."""
    service, checkpoints = proving
    log = service.app.state.services.gate.log
    await append_all(log, 5)
    old = await checkpoints.make()
    given = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    await append_all(log, 300)
    new = await checkpoints.make()
    files = {
        "old.checkpoint": str(old),
        "new.checkpoint": str(new),
        "5.tlog-proof": (await service.http.get("/v1/audit/entries/5/proof?format=tlog-proof")).text,
        "growth.json": (await service.http.get("/v1/audit/consistency?from=5&to=306")).text,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return {"folder": tmp_path, "receipt": given.headers["audit-receipt"], "key": str(checkpoints.signer.verifier)}


def check(kept: dict[str, Any], receipt: Run, growth: Run) -> None:
    """Both say yes to what is right, and no to all that is not."""
    number, _, leaf = kept["receipt"].partition(":")
    key = kept["key"]
    other = key.replace("open-mind.test", "another.test")
    assert number == "5"
    assert receipt("5.tlog-proof", kept["receipt"], key)[0] == 0
    assert "yes: entry 5 is among the first 306" in receipt("5.tlog-proof", kept["receipt"], key)[1]
    assert growth("old.checkpoint", "new.checkpoint", "growth.json", key)[0] == 0
    assert "yes: the first 5 of 306 entries" in growth("old.checkpoint", "new.checkpoint", "growth.json", key)[1]
    folder, proof = kept["folder"], (kept["folder"] / "5.tlog-proof").read_text()
    (folder / "short.tlog-proof").write_text(re.sub(r"(index 5\n)[^\n]+\n", r"\1", proof))
    (folder / "signed.tlog-proof").write_text(proof.replace("\n306\n", "\n307\n"))
    (folder / "none.json").write_text('{"hashes": []}')
    for arguments in (
        ("5.tlog-proof", f"5:{leaf[::-1]}", key),
        ("5.tlog-proof", f"6:{leaf}", key),
        ("5.tlog-proof", kept["receipt"], other),
        ("short.tlog-proof", kept["receipt"], key),
        ("signed.tlog-proof", kept["receipt"], key),
    ):
        assert receipt(*arguments)[0] != 0, arguments
    for checkpoints in (
        ("new.checkpoint", "old.checkpoint", "growth.json", key),
        ("old.checkpoint", "new.checkpoint", "none.json", key),
        ("old.checkpoint", "new.checkpoint", "growth.json", other),
    ):
        assert growth(*checkpoints)[0] != 0, checkpoints


async def test_plain_python_checks_a_receipt_and_the_growth(kept: dict[str, Any]) -> None:
    """The standard library and `cryptography` alone, in a process of its own that cannot see this project."""
    folder = kept["folder"]
    for name in ("check_receipt.py", "check_growth.py"):
        (folder / name).write_text(program("python", name))
        assert sum(bool(line) for line in program("python", name).splitlines()) <= 40
        assert imported(program("python", name)) <= sys.stdlib_module_names | {"cryptography", "check_receipt"}
    await asyncio.to_thread(
        check,
        kept,
        lambda *arguments: ran(sys.executable, "check_receipt.py", *arguments, cwd=folder),
        lambda *arguments: ran(sys.executable, "check_growth.py", *arguments, cwd=folder),
    )


@pytest.mark.skipif(shutil.which("go") is None, reason="no Go on this machine")
@pytest.mark.skipif(not GO_PACKAGES.exists(), reason="Debian's golang-golang-x-mod-dev is not installed")
async def test_gos_own_tools_check_a_receipt_and_the_growth(kept: dict[str, Any]) -> None:
    """`sumdb/note` and `sumdb/tlog`, built as the page says."""
    folder = kept["folder"]
    (folder / "check.go").write_text(program("go", "check.go"))
    built = await asyncio.to_thread(
        ran, "sh", "-c", *re.findall(r"^(GO111MODULE=off .*)$", PAGE, re.MULTILINE), cwd=folder
    )
    assert built == (0, "")
    await asyncio.to_thread(
        check,
        kept,
        lambda *arguments: ran("./check", "receipt", *arguments, cwd=folder),
        lambda *arguments: ran("./check", "growth", *arguments, cwd=folder),
    )
