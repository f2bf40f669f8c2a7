"""docs/integrate.md: what it sends is sent, and comes to what it says, in a service with the example's systems."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openmind_client import Client

from app.cli.loading import load
from app.identity import write_private_key
from app.identity.secrets import argon2
from tests.faults.running import run
from tests.identity.making import SECRET
from tests.project.tree import ROOT
from tests.sync.folder import CLIENTS, EXAMPLE, NOW
from tests.world import settings_for

TEXT = (ROOT / "docs" / "integrate.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: ([\w-]+))?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
HASHED = argon2.using(type="ID", rounds=1, memory_cost=64, parallelism=1).hash(SECRET)


@pytest.fixture
def url(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    """Where a service with the example's services, staff and systems answers."""
    key, folder = tmp_path / "signing.pem", tmp_path / "example" / "standing"
    write_private_key(key)
    folder.mkdir(parents=True)
    for name in ("services", "staff", "clients"):
        shutil.copy(EXAMPLE / "standing" / f"{name}.jsonl", folder)
    clock = {"clock_start": NOW.isoformat()}
    assert load(settings_for(sqlite_url, key, **clock), folder.parent, dict.fromkeys(CLIENTS, HASHED)) == 0
    with run(sqlite_url, key, **clock) as (service,):
        yield f"http://127.0.0.1:{service.port}"


def blocks(kind: str) -> list[tuple[str, str]]:
    """Of a kind: whom each is for, and what it holds."""
    return [(system, block) for found, system, block in BLOCKS if found == kind]


def sent(client: Client, batch: str, lines: str) -> list[str]:
    client.push(batch, map(json.loads, lines.splitlines()))
    assert client.wait(batch, 60, 0.05).state == "done"
    return [
        " ".join([str(one.line), one.outcome, *(f"{each.field} {each.rule}" for each in one.findings)])
        for one in client.results(batch)
    ]


def test_everything_on_the_page_is_so(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both systems send; then the feed, as the page's own Python follows it, has what the page says."""
    said = [block.splitlines() for _, block in blocks("results")]
    assert len(said) == len(blocks("ndjson")) == 2
    for (system, lines), expected in zip(blocks("ndjson"), said, strict=True):
        with Client(url, system, SECRET) as client:
            assert sent(client, "monday-1", lines) == expected
            assert sent(client, "monday-2", lines)[0] == "1 unchanged"
    monkeypatch.chdir(tmp_path)
    ((_, code),) = blocks("python")
    names: dict[str, Any] = {"url": url, "secret": SECRET}
    exec(compile(code, "docs/integrate.md", "exec"), names)
    (file,) = (tmp_path / "copy" / "people").iterdir()
    assert file.name == "CRN-X400001.json"
    assert {*json.loads(file.read_text())["categories"]} == {"identity", "referral", "attendance"}


def test_every_command_on_the_page_is_there() -> None:
    """Paths and verbs that it names, by the API's description and the command's help."""
    paths = {re.sub(r"monday-1", "{batch_id}", path) for path in re.findall(r"8000(/v1/[\w/-]+)", TEXT)}
    from tests.documented import unstarted

    assert paths == {"/v1/sync/batches/{batch_id}", "/v1/sync/batches/{batch_id}/results"}
    assert paths <= {*unstarted().openapi()["paths"]}
