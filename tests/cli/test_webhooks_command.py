"""`openmind webhooks`: how far each receiver is, and another try for what was given up."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import app.tables as t
from app.cli.root import app
from tests import world
from tests.gate.house import fetched
from tests.world import NOW


def ran(url: str, *arguments: str) -> Result:
    environment = {
        "OPENMIND_DATABASE_URL": url,
        "OPENMIND_ISSUER": "https://open-mind.test",
        "OPENMIND_SIGNING_KEY_FILE": str(Path("unused.pem")),
        **world.log_environment(),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(app, ["webhooks", *arguments], env=environment)


def told(number: int) -> t.Announcement:
    about = {"event_id": f"event-{number}", "kind": "emergency-grant-opened", "created_at": NOW}
    return t.Announcement(number=number, id=f"message-{number}", party="health", **about)


def delivery(number: int, **values: object) -> t.WebhookDelivery:
    about = {"receiver": "guardian", "number": number, "attempts": 1, "next_attempt_at": NOW}
    return t.WebhookDelivery(**about | values)


@pytest.fixture
def url(database_url: str) -> str:
    given_up = delivery(2, attempts=30, dead_at=NOW + timedelta(days=1), last_error="status-410")
    waiting = delivery(3, last_error="timeout")
    world.run(world.put(database_url, [told(1), told(2), told(3), delivery(1, delivered_at=NOW), given_up, waiting]))
    return database_url


def test_how_far_each_receiver_is(url: str) -> None:
    result = ran(url, "status")
    (row,) = [line for line in result.output.splitlines() if "guardian" in line]
    assert [cell.strip() for cell in row.strip("│ ").split("│")] == ["guardian", "1", "1", "1", "timeout"]
    assert result.exit_code == 1  # something was given up


def test_what_was_given_up_is_tried_again(url: str) -> None:
    assert ran(url, "retry", "guardian").exit_code == 0
    again = ran(url, "retry", "guardian")
    assert (again.exit_code, ran(url, "status").exit_code) == (1, 0)
    rows = world.run(fetched(url, "SELECT attempts, last_error, dead_at FROM webhook_delivery WHERE number = 2"))
    assert [tuple(row) for row in rows] == [(0, None, None)]


def test_a_new_secret_is_one(sqlite_url: str) -> None:
    first, second = (ran(sqlite_url, "secret").output.strip() for _ in range(2))
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32
