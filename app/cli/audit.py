"""`openmind audit`: is the log whole and unaltered, and does it say what the agreement says?"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.history import Unreadable, open_history
from app.audit.verify import verify as verify_log
from app.audit.verify_read import Report
from app.cli.environment import settings
from app.config import Settings
from app.db import Address, DatabaseUnavailable
from app.gate import agreements_of
from app.policies.review.replay import Replay, Replayed

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.callback()
def about() -> None:
    """Check the log: `verify` with code that shares nothing with its writer, `replay` against the agreement."""


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
        report = verify_log(address, lambda done, total: progress.update(task, completed=done, total=total))
    if as_json:
        data = asdict(report) | {"exit_code": report.exit_code, "first": report.first}
        print(json.dumps(data))  # the data itself, for other programs
    else:
        for line in _said(report):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(report.exit_code)


@app.command()
def replay(
    as_json: Annotated[bool, typer.Option("--json", help="disagreements as JSON, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Make every logged decision again under the agreement that it cites, and compare.

    What was released and withheld, for which reasons, by which clauses, with which outcome. Names the first entry that
    disagrees. Exit code: 0 clean, 1 an entry disagrees, 2 it could not be found out (no log, an agreement that is not
    at hand). Whether the log itself was altered is for `verify` to say.
    """
    known = settings()
    report = asyncio.run(_replayed(known))
    if as_json:
        data = asdict(report) | {"exit_code": report.exit_code, "first": report.first}
        print(json.dumps(data))  # the data itself, for other programs
    else:
        for line in _told(report):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(report.exit_code)


async def _replayed(known: Settings) -> Replayed:
    """One pass over the log as it stands now."""
    replaying = Replay(agreements_of(known))
    address = Address(known.database_url.get_secret_value())
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("decisions made again", total=None)
        try:
            async with open_history(address, known.database_role) as history:
                numbers = await history.between()
                async for entries in history.read(numbers):
                    for entry in entries:
                        replaying.add(entry)
                    progress.update(task, completed=entries[-1].seq + 1, total=len(numbers))
        except Unreadable as fault:
            replaying.say(fault.seq, "entry", str(fault))
        except DatabaseUnavailable as fault:
            replaying.report.failure = str(fault)
    return replaying.report


def _told(report: Replayed) -> Iterator[str]:
    if report.failure is not None:
        yield f"could not replay: {report.failure}"
    for digest, seq in report.unknown.items():
        yield f"could not replay: agreement {digest}, first cited by entry {seq}, is not at hand"
    if report.first is not None:
        yield f"DISAGREES: the first entry is {report.first}; {report.found} disagreements"
        for one in report.disagreements:
            yield f"  entry {one.seq}: {one.message} ({one.code})"
    elif not report.exit_code:
        yield f"clean: {report.decisions} decisions made again, {report.not_decided} entries without one"


def _said(report: Report) -> Iterator[str]:
    if report.failure is not None:
        yield f"could not verify: {report.failure}"
        return
    if report.first is not None:
        yield f"TAMPERED: the first bad entry is {report.first}; {report.found} findings"
        for finding in report.findings:
            yield f"  entry {finding.seq}: {finding.message} ({finding.code})"
        return
    yield f"clean: {report.size} entries, {report.erased} persons' parts erased by law, root {report.root}"
