"""`openmind demo`: from nothing to a running service on the example data, and a tour of what it answers to whom."""

import contextlib
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvicorn
from rich.console import Console

from app.audit.log_keys import write_key_file
from app.audit.signed_note import Signer
from app.cli.diary import describe_premises
from app.cli.loading import load
from app.cli.tour import CALLERS, run_tour
from app.config import Settings
from app.identity import hash_secret, new_secret, write_private_key
from migrations import upgrade

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "leicester-2013"
DIARY = EXAMPLES.with_name("leicester-diary.toml")
MOMENT = datetime(2013, 7, 15, 9, 0, tzinfo=UTC)
"""Ten in the morning in Leicester: the demo's clock starts there, since its consents and sentences ran then."""
LOG_ORIGIN = "open-mind.invalid/demo"
CLIENTS = ("case-management", "clinical-records", "audit-console", "guardian-console", "commissioner-reports")
console = Console()


def demo(
    data: Annotated[Path, typer.Option(help="folder for the demo's database, keys and secrets")] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="port to listen on; 0 takes a free one", min=0, max=65535)] = 8000,
    tour: Annotated[bool, typer.Option("--tour", help="ask the tour's questions, print the answers, and stop")] = False,  # noqa: FBT002  # typer's form of a flag
    fresh: Annotated[bool, typer.Option("--fresh", help="start from an empty database")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Run the service on the example data, with keys and secrets made for this demo alone.

    The clock starts at 2013-07-15 10:00 in Leicester. With --tour: exit code 0 when every answer is what the agreement
    says, 1 when one is not.
    """
    if fresh:
        shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = port if port and not tour else _free_port()
    secrets = _prepared(data, port)
    with _serving(port):
        base = f"http://127.0.0.1:{port}"
        tokens = _tokens(base, secrets)
        if tour:
            raise typer.Exit(run_tour(base, tokens, console))
        _greet(base, tokens, data)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


def _prepared(data: Path, port: int) -> dict[str, str]:
    """Keys, secrets, tables and records; what a former run made is used again."""
    key, secret_file, log_key = data / "signing-key.pem", data / "client-secrets.json", data / "log.key"
    if not key.exists():
        write_private_key(key)
        console.print(f"made a signing key for this demo: {key}", highlight=False)
    if not log_key.exists():
        write_key_file(log_key, Signer.new(LOG_ORIGIN))
        console.print(f"made a key for this demo that signs the log's checkpoints: {log_key}", highlight=False)
    if not secret_file.exists():
        secret_file.touch(mode=0o600)
        secret_file.write_text(json.dumps({client: new_secret() for client in CLIENTS}, indent=2))
        console.print(f"made client secrets for this demo: {secret_file}", highlight=False)
    secrets: dict[str, str] = json.loads(secret_file.read_text())
    os.environ |= {
        "OPENMIND_ENVIRONMENT": "demo",
        "OPENMIND_DATABASE_URL": f"sqlite:///{data.resolve() / 'open-mind.db'}",
        "OPENMIND_ISSUER": f"http://127.0.0.1:{port}",
        "OPENMIND_SIGNING_KEY_FILE": str(key.resolve()),
        "OPENMIND_LOG_ORIGIN": LOG_ORIGIN,
        "OPENMIND_LOG_KEY_FILES": json.dumps([str(log_key.resolve())]),
        "OPENMIND_TOKEN_SECONDS": "3600",
        "OPENMIND_CLOCK_START": MOMENT.isoformat(),
        "OPENMIND_TRAINING_URL": "https://learning.open-mind.invalid/mental-health-awareness",
    }
    settings = Settings()
    upgrade(settings.database_url.get_secret_value())
    if load(settings, EXAMPLES, {client: hash_secret(secret) for client, secret in secrets.items()}) == 2:
        raise typer.Exit(2)
    describe_premises(settings, DIARY)
    return secrets


@contextlib.contextmanager
def _serving(port: int) -> Iterator[None]:
    """The service in a thread of this process, until the block ends."""
    config = uvicorn.Config(
        "app.main:application", "127.0.0.1", port, factory=True, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise typer.Exit(2)
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def _tokens(base: str, secrets: dict[str, str]) -> dict[str, str]:
    """A token for each caller of the tour, as their own system would get it."""
    tokens = {}
    with httpx.Client(base_url=base) as http:
        for name, who in CALLERS.items():
            form = {"grant_type": "client_credentials"} | ({"username": who.username} if who.username else {})
            answer = http.post("/oauth2/token", data=form, auth=(who.client, secrets[who.client]))
            answer.raise_for_status()
            tokens[name] = answer.json()["access_token"]
    return tokens


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _greet(base: str, tokens: dict[str, str], data: Path) -> None:
    folder = data / "tokens"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, token in tokens.items():
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(token)
    console.rule("Open Mind is running on example data; nobody in it exists")
    console.print(
        f"the API: {base}/openapi.json    the agreement: {base}/v1/agreement    tokens, good for an hour: {folder}/"
    )
    for who, purpose, path in (
        ("offender-manager", "supervision", "/v1/people/X320741/attendance"),
        ("therapist", "direct-care", "/v1/people/X320741"),
        ("offender-manager", "supervision", "/v1/people/X320742/access"),
    ):
        console.print(f"\n# {CALLERS[who].says}", highlight=False, style="bold")
        console.print(
            f'curl -s -H "Authorization: Bearer $(cat {folder}/{who})" -H "Purpose-Of-Use: {purpose}" {base}{path}',
            highlight=False,
            soft_wrap=True,
        )
    console.print("\n`scripts/demo --tour` asks the same questions as different people. Ctrl-C stops.", highlight=False)
