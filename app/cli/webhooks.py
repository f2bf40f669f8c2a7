"""`openmind webhooks`: how far each receiver is, a new secret, and another try for what was given up."""

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from app.cli.environment import settings
from app.gate import open_gate
from app.services.webhooks import Webhooks

app = typer.Typer(no_args_is_help=True)
console = Console()
errors = Console(stderr=True)
Outcome = TypeVar("Outcome")


def _run(act: Callable[[Webhooks], Awaitable[Outcome]]) -> Outcome:
    known = settings().model_copy(update={"webhooks": [], "brokers": []})  # this process delivers nothing

    async def run() -> Outcome:
        async with open_gate(known) as (gate, _):
            hooks = Webhooks(known, gate)
            async with hooks.delivering():
                return await act(hooks)

    return asyncio.run(run())


@app.command()
def status() -> None:
    """Show what each receiver has been told, what waits for it, and what was given up.

    Exit code: 0 all is well, 1 something was given up.
    """
    table = Table("receiver", "delivered", "waiting", "given up", "last error")
    counts = _run(lambda hooks: hooks.counts())
    for each in counts:
        table.add_row(each.receiver, str(each.delivered), str(each.waiting), str(each.dead), each.last_error or "")
    console.print(table)
    raise typer.Exit(1 if any(each.dead for each in counts) else 0)


@app.command()
def retry(receiver: Annotated[str, typer.Argument(help="the receiver's name in OPENMIND_WEBHOOKS")]) -> None:
    """Try again, in their order and before what is newer, the announcements that were given up."""
    if not _run(lambda hooks: hooks.revive(receiver)):
        errors.print(f"nothing was given up for '{receiver}'", style="red", highlight=False)
        raise typer.Exit(1)
    console.print(f"the running service tries '{receiver}' again", highlight=False)


@app.command()
def secret() -> None:
    """Make a secret for a receiver: put it where OPENMIND_WEBHOOKS says, and give it to whoever runs the receiver."""
    console.print("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), highlight=False, soft_wrap=True)
