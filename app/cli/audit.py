"""`openmind audit`: is the log whole and unaltered?"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.verify import verify as verify_log
from app.audit.verify_read import Report
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
        report = verify_log(address, lambda done, total: progress.update(task, completed=done, total=total))
    if as_json:
        data = asdict(report) | {"exit_code": report.exit_code, "first": report.first}
        print(json.dumps(data))  # the data itself, for other programs
    else:
        for line in _said(report):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(report.exit_code)


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
