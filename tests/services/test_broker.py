"""Changes published to a broker: a real server of NATS JetStream."""

import asyncio
import json
import socket
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import nats
import pytest
from pydantic import ValidationError

from app.config import Broker, Environment
from app.gate import open_gate
from app.services.broker import BrokerConnection
from app.services.webhooks import Webhooks
from tests import world
from tests.routers.cast import COURT, FULL, key_file
from tests.world import settings_for

__all__ = ["key_file"]
SERVER = Path(sysconfig.get_path("scripts")) / "nats-server"
SUBJECT = "open-mind.changes"


def broker(port: int, **values: Any) -> dict[str, Any]:
    about = {
        "name": "delius-broker",
        "party": "justice",
        "client": "probation-system",
        "subject": SUBJECT,
        "attempts": 100,
    }
    return about | {"servers": [f"nats://127.0.0.1:{port}"]} | values


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@asynccontextmanager
async def serving(folder: Path, port: int) -> AsyncIterator[Any]:
    """A server that keeps what it is sent in a folder, and a client of its own."""
    options = ("-js", "-sd", str(folder), "-a", "127.0.0.1", "-p", str(port))
    process = await asyncio.create_subprocess_exec(
        SERVER, *options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            client = await _connected(port)
        yield client
        await client.close()
    finally:
        process.terminate()
        await process.wait()


async def _connected(port: int) -> Any:
    while True:
        try:
            return await nats.connect(f"nats://127.0.0.1:{port}", allow_reconnect=False, error_cb=_silent)
        except (OSError, nats.errors.Error):
            await asyncio.sleep(0.02)


async def _silent(_: Exception) -> None: ...


async def test_changes_are_published_once_a_stream_keeps_them(cast_url: str, key_file: Path, tmp_path: Path) -> None:
    """Nobody listens first, then there is no stream; what was tried meanwhile comes when there is one, once."""
    port = free_port()
    settings = settings_for(cast_url, key_file, brokers=[broker(port)])
    async with open_gate(settings) as (gate, _):
        hooks = Webhooks(settings, gate, wait=lambda _: timedelta(milliseconds=100))
        hooks.poll_seconds = 0.01
        async with hooks.delivering():
            await _until(hooks, "no-connection")
            async with serving(tmp_path, port) as client:
                await _until(hooks, "no-stream")
                await client.jetstream().add_stream(name="changes", subjects=[SUBJECT])
                listening = await client.jetstream().subscribe(SUBJECT, ordered_consumer=True)
                got = [await listening.next_msg(timeout=20) for _ in range(2)]
                await _until(hooks, None)
                state = (await client.jetstream().stream_info("changes")).state
    told = [json.loads(each.data) for each in got]
    assert [each["personReference"]["identifiers"][0]["value"] for each in told] == [FULL, COURT]
    assert {each["eventType"] for each in told} == {"open-mind.person.changed"}
    assert [each.headers["Nats-Msg-Id"] for each in got] == [each["additionalInformation"]["eventId"] for each in told]
    assert state.messages == 2
    events = [entry for entry in await world.entries(cast_url) if "event" in (entry["details"] or {})]
    assert len(events) >= 4  # an entry for each attempt


async def _until(hooks: Webhooks, error: str | None) -> None:
    """Wait for what went wrong last; None: until everything is delivered."""
    async with asyncio.timeout(20):
        while not any(each.last_error == error and (error or not each.waiting) for each in await hooks.counts()):  # noqa: ASYNC110  # it stands in the database
            await asyncio.sleep(0.01)


async def test_the_same_event_twice_is_one_message(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path, port) as client:
        await client.jetstream().add_stream(name="changes", subjects=[SUBJECT])
        connection = BrokerConnection(Broker(**broker(port)))
        assert [await connection.publish("event-1", b"{}") for _ in range(2)] == [None, None]
        await connection.close()
        assert (await client.jetstream().stream_info("changes")).state.messages == 1


async def test_a_server_that_is_not_there_is_a_word_and_no_fault() -> None:
    connection = BrokerConnection(Broker(**broker(free_port())))
    assert await connection.publish("event-1", b"{}") == "no-connection"
    await connection.close()


@pytest.mark.parametrize(
    ("values", "environment"),
    [
        pytest.param({}, Environment.PRODUCTION, id="this machine without TLS, but in a demo"),
        pytest.param({"servers": ["nats://broker.example:4222"]}, Environment.DEMO, id="another machine without TLS"),
        pytest.param({"servers": ["tls://a.example", "nats://b.example"]}, Environment.DEMO, id="one of two without"),
    ],
)
def test_no_event_goes_anywhere_without_tls(values: dict[str, Any], environment: Environment) -> None:
    assert not Broker(**broker(4222, **values)).is_safe(environment)
    assert Broker(**broker(4222, servers=["tls://broker.example"])).is_safe(environment)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"subject": "changes.>"}, id="a subject with a wildcard"),
        pytest.param({"servers": []}, id="no server"),
        pytest.param({"servers": ["https://broker.example"]}, id="a server of another kind"),
        pytest.param({"servers": ["tls://user:secret@broker.example"]}, id="a secret in an address"),
        pytest.param({"client": None}, id="no system"),
    ],
)
def test_what_cannot_be_a_broker_is_refused_at_the_start(key_file: Path, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings_for("sqlite:///nowhere.db", key_file, brokers=[broker(4222, **values)])
