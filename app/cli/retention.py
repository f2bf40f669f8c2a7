"""`openmind retention due` and `alerts`, `openmind erase`: what is due to be destroyed, and destroying it by law."""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from app.audit.ddl import ERASURE_ROLE
from app.audit.entry import event_id
from app.audit.submission import LogUnavailable
from app.cli.environment import check_authority, say_error, settings
from app.config import Settings
from app.db import DatabaseUnavailable
from app.gate import open_gate
from app.policies.agreement import LONDON
from app.services import retention
from app.services.alert_retention import AlertRetentionService, DueAlert
from app.services.retention import Due, ErasureRefused, Plan, Reason, RetentionService
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.callback()
def about() -> None:
    """See until when records are kept. No clause lets a caller see it, and so only the operator can."""


@app.command()
def due(
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="due by this day; today if it is left out")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as data, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """List the people whose treatment records are due to be destroyed, and what keeps some of them all the same.

    20 years after treatment ended, or 10 after the person died. A record with an open referral has no date. An entry
    in the log says that somebody looked.
    """
    known = settings()
    now = known.clock()
    on = at.date() if at else now.astimezone(LONDON).date()

    async def report() -> list[Due]:
        async with open_gate(known) as (gate, _):
            return await RetentionService(gate).due(now, on, event_id())

    found = run_work(report())
    if as_json:
        print(json.dumps({"at": str(on), "due": [_row(each) for each in found]}))  # the data itself, for other programs
        return
    for each in found:
        kept = f"  kept: {'; '.join(each.holds)}" if each.holds else ""
        console.print(f"{each.crn}  due {each.retention.due_on}  {each.retention.basis.value}{kept}", highlight=False)
    console.print(f"{len(found)} due by {on}", highlight=False)


@app.command()
def alerts(
    authority: Annotated[
        str | None, typer.Option(help="with --yes: the reference of the decision; it stays in the log and names nobody")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="destroy them; without this nothing is changed")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """List the access alerts that are due to be destroyed, and with --yes destroy them.

    Two years after they were closed, six if it was with a concern; one that waits for its review is kept. The entries
    that an alert rests on stay in the log, an entry says which alerts went, and a stub is left. On PostgreSQL they are
    destroyed as the role openmind_erasure, as by `openmind erase`. Exit code: 0 done, or could be done; 1 refused; 2
    could not be asked.
    """
    if yes:
        if authority is None:
            say_error("--authority: name the decision by which they are destroyed")
            raise typer.Exit(2)
        check_authority(authority)
    known = _as_eraser(settings())
    now = known.clock()

    async def run() -> tuple[list[DueAlert], list[str]]:
        async with open_gate(known) as (gate, _):
            service = AlertRetentionService(gate)
            due = await service.due(now, now.astimezone(LONDON).date(), event_id())
            if not yes or authority is None:
                return due, []
            return due, [str(each) for each in await service.destroy(now, authority, event_id())]

    due, receipts = run_work(run())
    for each in due:
        about = f"{each.alert.rule}  {each.alert.outcome}  due {each.due_on}"
        console.print(f"{each.alert.id}  {about}", highlight=False, soft_wrap=True)
    done = f"destroyed; receipts {', '.join(receipts)}" if receipts else "nothing was changed"
    console.print(f"{len(due)} due: {done}", highlight=False, soft_wrap=True)


def erase(
    crn: Annotated[str, typer.Argument(help="whose part is to be erased")],
    reason: Annotated[Reason, typer.Option(help="why; it stays in the log")],
    authority: Annotated[str, typer.Option(help="the reference of the decision; it stays in the log and names nobody")],
    yes: Annotated[bool, typer.Option("--yes", help="do it; without this nothing is changed")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Destroy everything of a person: their records, past states included, and their part of the log.

    Shows what would go, and goes no further without --yes. There is no way back. The log still verifies: the entries
    stay, without whom they were about, an entry says that it was done, and a stub is left. On PostgreSQL it is done as
    the role openmind_erasure, by a login that is a member of it (OPENMIND_MIGRATION_DATABASE_URL, if that is set).
    Exit code: 0 done, or could be done; 1 refused; 2 could not be asked.
    """
    try:
        whose = canonical_crn(crn)
    except IdentifierInvalid as fault:
        say_error(f"CRN: {fault}")
        raise typer.Exit(2) from None
    check_authority(authority)
    known = _as_eraser(settings())
    now = known.clock()

    async def run() -> tuple[Plan, list[str]]:
        async with open_gate(known) as (gate, _):
            service = RetentionService(gate)
            plan = await service.plan(now, whose, reason)
            if plan.against or not yes:
                return plan, []
            patience = f"{retention.UNDER_WAY_SECONDS:.0f} s for requests that were under way"
            typer.echo(f"destroying, then waiting {patience}", err=True)
            return plan, [str(each) for each in await service.erase(now, whose, reason, authority, event_id())]

    plan, receipts = run_work(run())
    for table, rows in sorted(plan.found.records.items()):
        console.print(f"{table}: {rows}", highlight=False)
    console.print(f"persons' parts of the log: {len(plan.found.parts)}", highlight=False)
    if plan.against:
        say_error(f"refused: {'; '.join(plan.against)}")
        raise typer.Exit(1)
    done = f"erased; receipts {', '.join(receipts)}" if receipts else "nothing was changed: --yes does it"
    console.print(done, highlight=False)


def _as_eraser(known: Settings) -> Settings:
    url = known.migration_database_url or known.database_url
    return known.model_copy(update={"database_url": url, "database_role": ERASURE_ROLE})


def run_work(work: Any) -> Any:
    """What it comes to; says why it was refused and stops with 1, or why it could not be asked and stops with 2."""
    try:
        return asyncio.run(work)
    except ErasureRefused as fault:
        say_error(f"refused: {fault}")
        raise typer.Exit(1) from None
    except (DatabaseUnavailable, LogUnavailable) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None


def _row(each: Due) -> dict[str, Any]:
    return {
        "crn": each.crn,
        "dueOn": str(each.retention.due_on),
        "treatmentEndedOn": str(each.retention.ended_on),
        "basis": each.retention.basis.value,
        "kept": [hold.value for hold in each.holds],
    }
