"""`openmind audit watch`: the rules over the log, once or every so often, for the operator."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.history import Unreadable
from app.audit.submission import LogUnavailable
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import DatabaseUnavailable
from app.gate import open_gate
from app.gate.watching import Raised
from app.services.watching import NotWatched, Outcome, WatchService

console = Console()
_FAULTS = (NotWatched, Unreadable, DatabaseUnavailable, LogUnavailable)


def watch(
    every: Annotated[
        int | None, typer.Option(help="go on, and watch again after so many seconds", min=1, max=86_400)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as data, one object each time")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Look through what is new in the log for access that somebody should ask about, and raise alerts.

    Alerts are announced to both parties' Caldicott guardians and wait at GET /v1/audit/alerts. Here they are printed
    without whom they are about: the rule, the id of the member of staff in the register, how many entries. The figures
    are in OPENMIND_WATCH. Exit code: 0 nothing new, 1 alerts were raised, 2 it could not be watched. With --every it
    ends when it is stopped, with 0, and what could not be watched is tried again.
    """
    try:
        found = asyncio.run(_run(settings(), every, as_json=as_json))
    except _FAULTS as fault:
        say_error(f"could not watch: {fault}")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    raise typer.Exit(1 if found else 0)


async def _run(known: Settings, every: int | None, *, as_json: bool) -> Sequence[Raised]:
    quiet = known.model_copy(update={"watch_minutes": None})  # this process watches when it is told to
    async with open_gate(quiet) as (gate, _):
        service = WatchService(quiet, gate)
        async with service.watching():
            while True:
                try:
                    outcome = await _watched(service, known)
                    _say(outcome, as_json=as_json)
                except _FAULTS as fault:
                    if every is None:
                        raise
                    say_error(f"could not watch: {fault}")
                if every is None:
                    return outcome.raised
                await asyncio.sleep(every)


async def _watched(service: WatchService, known: Settings) -> Outcome:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("entries watched", total=None)
        return await service.watch(known.clock, lambda done, total: progress.update(task, completed=done, total=total))


def _say(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"entries": outcome.entries, "alerts": [_row(each) for each in outcome.raised]}))
        return
    for each in outcome.raised:
        row = _row(each)
        staff = row["staff"] or "not on the register"
        _print(f"alert {row['id']}  {row['rule']}  staff {staff}  entries {row['entries']}")
    _print(f"{outcome.entries} entries watched, {len(outcome.raised)} alerts raised")


def _print(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _row(each: Raised) -> dict[str, Any]:
    rule, entries = each.alert.rule.value, len(each.alert.entries)
    return {"id": each.id, "rule": rule, "staff": each.staff_id, "entries": entries}
