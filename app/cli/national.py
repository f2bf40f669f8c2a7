"""`openmind export`: the national tables in a file, as a clinical lead may read them."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.submission import LogUnavailable
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import DatabaseUnavailable
from app.gate import AccessRefused, open_gate
from app.sync.exporting import CannotExport, Exported, export_iapt

app = typer.Typer(no_args_is_help=True)


@app.callback()
def national() -> None:
    """Write out what other systems take."""


@app.command("iapt")
def iapt(
    output: Annotated[Path, typer.Argument(help="a folder that is not there yet, or a file that ends in .zip")],
    period: Annotated[str, typer.Option(help="a month such as 2013-06, or months such as 2012-11..2013-07")],
    username: Annotated[str, typer.Option("--as", help="the clinical lead as whom it is asked for")],
    with_local: Annotated[bool, typer.Option("--with-local", help="also what brings the same rows back")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:  # fmt: skip
    """Write the national tables (IAPT v2.1) of a period, as far as a clinical lead may read them (B2).

    Everybody in it has an entry of their own before a row of them is written. Referrals that no clause opens any more,
    28 days after they were closed for instance, are counted and not written. Exit code: 0 every referral of the period
    is in it, 1 some are not, 2 nothing was written.
    """
    try:
        done = asyncio.run(_run(settings(), period, username, output, with_local=with_local))
    except CannotExport as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    except AccessRefused as fault:
        say_error(f"the agreement does not let '{username}' have it: {fault.code}")
        raise typer.Exit(2) from None
    except (DatabaseUnavailable, LogUnavailable, OSError) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    console = Console(stderr=True)
    for table, rows in done.rows.items():
        console.print(f"{table}: {rows}", highlight=False)
    if done.not_open:
        console.print(
            f"{done.not_open} of {done.referrals} referrals of the period are not open to '{username}'", markup=False
        )
    raise typer.Exit(1 if done.not_open else 0)


async def _run(known: Settings, period: str, username: str, output: Path, *, with_local: bool) -> Exported:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("people", total=None)
        async with open_gate(known) as (gate, _):
            return await export_iapt(
                gate,
                known.clock,
                period,
                username,
                output,
                lambda done, people: progress.update(task, completed=done, total=people),
                with_local=with_local,
            )
