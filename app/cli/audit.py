"""`openmind audit`: is the log whole and unaltered?"""

import asyncio
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.verify import verify as verify_log
from app.cli.environment import settings
from app.db import Address

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.callback()
def about() -> None:
    """Check the log with code that shares nothing with its writer."""


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="findings as JSON, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Recompute everything: bytes, hashes, order, times, tree, query columns, the persons' parts.

    Names the first bad entry and what is wrong with it. Exit code: 0 clean, 1 tampered, 2 could not verify. What no
    check of a database alone can see (a tail cut off whole, a restored backup) needs a checkpoint kept elsewhere.
    """
    address = Address(settings().database_url.get_secret_value())
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("entries verified", total=None)
        report = asyncio.run(
            verify_log(address, progress=lambda done, total: progress.update(task, completed=done, total=total))
        )
    if as_json:
        print(json.dumps(report.as_data()))  # the data itself, for other programs
    else:
        for line in report.lines():
            console.print(line, highlight=False, markup=False)
    raise typer.Exit(report.exit_code)
