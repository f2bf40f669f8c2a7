"""`openmind clients`: credentials of systems; suspensions and revocations, which hold from the next request on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from app.cli.environment import settings
from app.db import Address
from app.identity import Store, hash_secret, new_secret

app = typer.Typer(no_args_is_help=True)
console = Console()
errors = Console(stderr=True)


def _run(act: Callable[[Store, datetime], Awaitable[bool]], done: str, not_done: str) -> None:
    known = settings()
    address = Address(known.database_url.get_secret_value())

    async def run() -> bool:
        store = Store(address, known.database_role)
        try:
            return await act(store, known.clock())
        finally:
            await store.close()

    if not asyncio.run(run()):
        errors.print(not_done, style="red", highlight=False)
        raise typer.Exit(1)
    console.print(done, highlight=False)


@app.command()
def secret(client_id: Annotated[str, typer.Argument(help="the client's id")]) -> None:
    """Give a client a new secret, shown this once; the old one stops at once."""
    made = new_secret()

    async def act(store: Store, at: datetime) -> bool:
        return await store.set_secret(client_id, hash_secret(made), at)

    _run(act, f"secret of '{client_id}', shown once: {made}", f"no client '{client_id}' is registered")


@app.command()
def suspend(client_id: Annotated[str, typer.Argument(help="the client's id")]) -> None:
    """Stop a client and every token it was given, from the next request on."""
    _run(
        lambda store, at: store.suspend_client(client_id, at),
        f"'{client_id}' is suspended",
        f"no running client '{client_id}' is registered",
    )


@app.command("revoke-staff")
def revoke_staff(username: Annotated[str, typer.Argument(help="the member of staff")]) -> None:
    """Stop a member of staff, whatever tokens they hold, from the next request on."""
    _run(
        lambda store, at: store.revoke_staff(username, at),
        f"'{username}' is revoked",
        f"nobody with the username '{username}' is on the register and not revoked yet",
    )


@app.command("revoke-token")
def revoke_token(token_id: Annotated[str, typer.Argument(help="the token's id, its `jti`")]) -> None:
    """Stop one access token, from the next request on."""
    _run(
        lambda store, at: store.revoke_token(token_id, datetime.now(UTC) + timedelta(hours=1), at),
        f"token '{token_id}' is revoked",
        f"token '{token_id}' was revoked before",
    )
