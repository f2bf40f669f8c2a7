"""`openmind retention held`: how many lines wait and since when, and nothing of any of them."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from app.cli.root import app
from tests import world
from tests.sync.test_batches_in_any_order import HEALTH, new_world
from tests.sync.test_dropped import CRN, waiting_lines


def ran(url: str, *arguments: str) -> Result:
    environment = {
        "OPENMIND_DATABASE_URL": url,
        "OPENMIND_ISSUER": "https://open-mind.test",
        "OPENMIND_SIGNING_KEY_FILE": str(Path("unused.pem")),
        **world.log_environment(),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(app, ["retention", "held", *arguments], env=environment)


async def fill(url: str, key: Path) -> None:
    async with new_world(url, key) as made:
        await made.send(HEALTH, waiting_lines())
        await made.applying().catch_up()


def test_the_operator_sees_how_many_and_since_when_and_nothing_of_any(database_url: str, key_file: Path) -> None:
    """By system and kind; --yes takes an authority, --older-than fewer days."""
    asyncio.run(fill(database_url, key_file))
    listed = ran(database_url)
    assert (listed.exit_code, "--yes drops what has waited 180 days" in listed.output) == (0, True), listed.output
    rows = [line.split() for line in listed.output.splitlines() if line.startswith("clinical-records")]
    assert {row[1] for row in rows} == {"link", "record"}
    assert not [word for word in (CRN, "R1", "P1", "E3") if word in listed.output]
    assert ran(database_url, "--yes").exit_code == 2
    done = ran(database_url, "--yes", "--authority", "IG-7", "--older-than", "1", "--retry")
    assert (done.exit_code, "dropped; all are tried again" in done.output) == (0, True), done.output
    last = asyncio.run(world.entries(database_url))[-3:]
    assert [entry["type"] for entry in last] == ["erase", "report", "report"]
    assert not [word for word in (CRN, "R1", "P1") if word in json.dumps([entry["details"] for entry in last])]
