"""The import as the operator runs it: a bar while it runs, then what came of each file and what to put right."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.audit.submission import LogUnavailable
from app.gate import DatabaseUnavailable, Gate
from app.sync.bundle import Bundle, BundleRefused
from app.sync.health import Assumed
from app.sync.importing import NothingToImport, import_bundle
from app.sync.opening import open_bundle
from app.sync.report import ImportReport
from app.sync.written import ReportUnwritable, form_of

SHOWN = 50
"""How many findings are printed; the rest are counted."""


def run_import(
    opening: AbstractAsyncContextManager[Gate],
    clock: Callable[[], datetime],
    path: Path,
    credentials: Mapping[str, str] | None = None,
    console: Console | None = None,
    assumed: Assumed | None = None,
    written: Path | None = None,
) -> int:
    """Import what stands at a path through the gate that `opening` opens; the exit code.

    0 everything is loaded, 1 some rows are rejected, 2 nothing could be imported or the database went away.
    """
    out = console or Console()
    try:
        form = form_of(written) if written else None
        bundle = open_bundle(path)
        report = asyncio.run(_imported(opening, clock, bundle, credentials or {}, assumed or Assumed()))
    except (NothingToImport, BundleRefused, ReportUnwritable) as fault:
        out.print(str(fault), style="red", highlight=False, markup=False)
        return 2
    except (LogUnavailable, DatabaseUnavailable) as fault:
        remedy = "what is written is written once; import again to go on"
        out.print(f"{fault}; {remedy}", style="red", highlight=False, markup=False)
        return 2
    print_report(report, out)
    if written and form:
        written.write_bytes(form(report))
    return report.exit_code


async def _imported(
    opening: AbstractAsyncContextManager[Gate],
    clock: Callable[[], datetime],
    bundle: Bundle,
    credentials: Mapping[str, str],
    assumed: Assumed,
) -> ImportReport:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows imported", total=None)
        async with opening as gate:
            return await import_bundle(
                bundle,
                gate,
                clock,
                lambda done, rows: bar.update(task, completed=done, total=rows),
                credentials,
                assumed,
            )


def print_report(report: ImportReport, console: Console) -> None:
    """A line for each file, then the findings in the order of the files."""
    table = Table("file", box=None, pad_edge=False)
    names = ("accepted", "unchanged", "superseded", "rejected", "warned", "not_kept")
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for file, counts in report.files.items():
        table.add_row(file, *(_number(getattr(counts, name)) for name in names))
    console.print(table)
    for finding in sorted(report.findings)[:SHOWN]:
        console.print(str(finding), style="yellow", highlight=False, markup=False, soft_wrap=True)
    if len(report.findings) > SHOWN:
        console.print(f"and {len(report.findings) - SHOWN} more findings")
    if report.waiting:
        console.print(f"{report.waiting} of the health side's rows wait for people whom the justice side has not sent")
    if report.ended:
        console.print(f"{report.ended} records are not in the newer submission of their period, and ended")
    if report.restored:
        console.print(f"{report.restored} records that had ended are in it again")
    console.print(f"{report.entries} records changed, each with its entry in the log")


def _number(count: int) -> str:
    return str(count) if count else "·"
