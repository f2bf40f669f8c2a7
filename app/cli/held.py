"""`openmind retention held`: lines of batches that wait for a person, counted, tried again, and dropped in time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.audit.entry import event_id
from app.cli.environment import check_authority, say_error, settings
from app.cli.retention import run_work
from app.gate import open_gate
from app.services.holding import HoldingService, Waiting

console = Console()


def held(
    retry: Annotated[bool, typer.Option("--retry", help="try all of them again at once")] = False,  # noqa: FBT002  # typer's form of a flag
    older_than: Annotated[
        int | None, typer.Option(min=1, help="with --yes: how many days; OPENMIND_HELD_DAYS if it is left out")
    ] = None,
    authority: Annotated[
        str | None, typer.Option(help="with --yes: the reference of the decision; it stays in the log and names nobody")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="drop what has waited so long")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Count the lines that wait for a person, a link to one or another record: how many, and since when.

    Nothing of a line is shown. With --yes those are dropped that have waited too long; that they were taken stays, so
    that their sender is told nothing by it. A process that serves tries them; 'dropped' counts what is gone. Exit code:
    0 done, 1 refused, 2 could not be asked.
    """
    if yes:
        if authority is None:
            say_error("--authority: name the decision by which they are dropped")
            raise typer.Exit(2)
        check_authority(authority)
    known = settings()
    now, days = known.clock(), older_than or known.held_days

    async def work() -> tuple[Sequence[Waiting], int]:
        async with open_gate(known) as (gate, _):
            service = HoldingService(gate)
            gone = await service.drop(now, days, authority, event_id()) if yes and authority else 0
            if retry:
                await service.retry(now, event_id())
            return await service.waiting(now, event_id()), gone

    found, gone = run_work(work())
    console.print(_table(found, now))
    done = f"{gone} dropped" if yes else f"nothing was dropped: --yes drops what has waited {days} days"
    console.print(f"{done}; {'all are tried again' if retry else 'none is tried again'}", highlight=False)


def _table(found: Sequence[Waiting], now: datetime) -> Table:
    table = Table("system", "waits for", box=None, pad_edge=False)
    for name in ("lines", "oldest, days", "newest, days", "dropped"):
        table.add_column(name, justify="right")
    for each in found:
        ages = (str((now - at).days) if at is not None else "·" for at in (each.oldest, each.newest))
        table.add_row(each.client, each.waits_for, str(each.lines), *ages, str(each.dropped or "·"))
    return table
