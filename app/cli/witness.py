"""`openmind audit witness`: the second party's small program, which cosigns the log's checkpoints over HTTP.

It knows neither the database nor the agreement. It needs nothing but its key, the log's verifier key and a folder.
"""

import asyncio
import logging
import time
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.audit.log_keys import LogKeyUnusable
from app.audit.witness import MOST_BYTES, Answer, Refused, Witness, open_witness
from app.cli.environment import read_settings, say_error
from app.config import WitnessSettings

console = Console()


def witness(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8900,
) -> None:
    """Cosign the checkpoints of other logs (C2SP tlog-witness), as long as they only grow.

    Needs OPENMIND_WITNESS_KEY_FILE, OPENMIND_WITNESS_LOGS and OPENMIND_WITNESS_STATE_DIR; docs/checkpoints.md goes
    through it. Put TLS in front of it. Exit code 2 where the settings cannot be used.
    """
    try:
        opened = open_witness(read_settings(WitnessSettings), _seconds)
        held = opened.latest()
    except (LogKeyUnusable, Refused) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    console.print(f"this witness's verifier key: {opened.verifier}", highlight=False, soft_wrap=True)
    for origin, last in held.items():
        console.print(f"'{origin}': {last.size} entries cosigned", highlight=False, soft_wrap=True)
    uvicorn.run(application_of(opened), host=host, port=port, access_log=False, server_header=False)


def application_of(witness: Witness) -> Starlette:
    """The program over HTTP: POST /add-checkpoint, and GET /{SHA-256 of the origin, in hex}/checkpoint."""

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        return _response(await asyncio.to_thread(witness.add_checkpoint, body))  # it waits for a lock and a disk

    async def checkpoint(request: Request) -> Response:
        return _response(await asyncio.to_thread(witness.checkpoint, request.path_params["origin"]))

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes:
    """As much as a request can have, and a byte more where it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            break
    return bytes(body[: MOST_BYTES + 1])


def _response(answer: Answer) -> Response:
    headers = {"Content-Type": answer.content_type, "Cache-Control": "no-store"}
    return Response(answer.body or None, answer.status, headers)


def _seconds() -> int:
    return int(time.time())
