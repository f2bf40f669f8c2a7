"""`openmind diary`: where people can be seen."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.audit.entry import event_id
from app.audit.submission import LogUnavailable, Receipt
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import DatabaseUnavailable
from app.gate import open_gate
from app.pathway.diary.described import Described, DiaryInvalid, read_described
from app.services.premises import describe

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def diary() -> None:
    """Say where people can be seen, and when."""


@app.command()
def rooms(
    path: Annotated[Path, typer.Argument(help="a file in TOML, as docs/diary.md describes it", exists=True)],
) -> None:
    """Read premises, rooms and opening times, in place of all that were read before.

    What is booked stays booked. An entry says that the operator did so. Exit code: 0 read, 2 not.
    """
    describe_premises(settings(), path)


def describe_premises(known: Settings, path: Path) -> None:
    """The same with settings that are known already."""
    try:
        found = read_described(path)
        receipt = asyncio.run(_described(known, found))
    except (DiaryInvalid, DatabaseUnavailable, LogUnavailable) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    count = sum(len(each.rooms) for each in found.premises)
    said = f"{len(found.premises)} premises with {count} rooms; receipt {receipt}"
    Console(stderr=True).print(said, highlight=False, soft_wrap=True)


async def _described(known: Settings, found: Described) -> Receipt:
    async with open_gate(known) as (gate, _):
        return await describe(gate, found, known.clock(), event_id())
