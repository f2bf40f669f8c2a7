"""`openmind agreement simulate`: what a draft would have made of the decisions in the log."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.history import open_history
from app.cli.environment import say_error, settings
from app.cli.moments import day_or_moment
from app.config import Settings
from app.db import Address, DatabaseUnavailable
from app.gate import Unacceptable, agreements_of
from app.policies import AgreementInvalid, CompiledAgreement, load_agreement
from app.routers.problems import FAULTS
from app.services.simulations import Outcome, Period
from app.services.simulations import simulate as run

console = Console()
SHOWN = 12
"""Entry numbers that are printed of each list; `--json` has all."""


def simulate(
    new: Annotated[Path, typer.Argument(help="a draft in TOML", exists=True, dir_okay=False)],
    since: Annotated[str, typer.Option(help="a day, from its beginning in London; or a moment with its offset")],
    until: Annotated[str | None, typer.Option(help="the last day; or a moment, which is left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="all of it as data, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Make the decisions of a period again under a draft, as if it had been in force: what would change, and for whom.

    Nothing is written. Needs the settings of `openmind serve`. Exit code: 0 done, 1 the draft is at fault, 2 nothing
    to make again (no log, no decision in the period).
    """
    known = settings()
    try:
        draft = load_agreement(new)
    except AgreementInvalid as fault:
        if as_json:
            _print_problem("agreement-invalid", str(fault), "new")
        say_error(str(fault))
        raise typer.Exit(1) from None
    try:
        outcome = asyncio.run(_simulated(known, draft, _period(since, until)))
    except Unacceptable as fault:
        _refuse(fault.code, fault.detail or FAULTS[fault.code].title, fault.field, as_json=as_json)
    except DatabaseUnavailable as fault:
        _refuse("unavailable", str(fault), "OPENMIND_DATABASE_URL", as_json=as_json)
    if as_json:
        which = {"agreement": {"version": draft.version, "digest": draft.digest}}
        print(json.dumps(which | outcome.as_data()))  # the data itself, for other programs
        return
    for line in _said(draft, outcome):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


async def _simulated(known: Settings, draft: CompiledAgreement, period: Period) -> Outcome:
    address = Address(known.database_url.get_secret_value())
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("decisions made again", total=None)
        async with open_history(address, known.database_role, known.log_archive) as history:
            return await run(
                history,
                draft,
                agreements_of(known),
                period,
                told=lambda done, total: progress.update(task, completed=done, total=total),
            )


def _period(since: str, until: str | None) -> Period:
    return Period.of(_moment(since, "since"), None if until is None else _moment(until, "until"))


def _moment(text: str, field: str) -> date | datetime:
    """A day, or a moment with its offset; Unacceptable for anything else."""
    try:
        return day_or_moment(text)
    except ValueError as fault:
        raise Unacceptable("period-invalid", str(fault), field) from None


def _refuse(code: str, detail: str, field: str | None, *, as_json: bool) -> None:
    remedy = FAULTS[code].remedy
    if as_json:
        _print_problem(code, detail, field)
    say_error(f"{code}: {field}: {detail}; {remedy}" if field else f"{code}: {detail}; {remedy}")
    raise typer.Exit(2)


def _print_problem(code: str, detail: str, field: str | None) -> None:
    problem = {"code": code, "field": field, "detail": detail, "remedy": FAULTS[code].remedy}
    print(json.dumps(problem))  # for other programs


def _said(draft: CompiledAgreement, outcome: Outcome) -> Iterator[str]:
    numbers, found = outcome.numbers, outcome.result
    yield (
        f"Under version {draft.version}, entries {numbers.start} to {numbers.stop - 1}: {found.decisions:,} decisions "
        f"made again, of which {found.changed:,} would change."
    )
    for (effect, role, party, purpose, action, subject), entries in sorted(found.groups.items()):
        yield f"- {effect}: {role} ({party}), {purpose}, {action} {subject}: {_listed(entries)}"
    yield f"Disclosures that would not have happened: {_listed(found.disclosures_lost)}"
    yield f"Refusals that would have opened: {_listed(found.refusals_opened)}"
    if found.could_be_asked:
        yield f"Refused for a purpose that the role could then use: {_listed(found.could_be_asked)}"
    if found.uncertain:
        yield f"Whose entries do not say enough of what was asked: {_listed(found.uncertain)}"


def _listed(entries: Sequence[int]) -> str:
    if not entries:
        return "none"
    shown = ", ".join(map(str, entries[:SHOWN]))
    more = f" and {len(entries) - SHOWN:,} more" if len(entries) > SHOWN else ""
    return f"{len(entries):,} ({'entry' if len(entries) == 1 else 'entries'} {shown}{more})"
