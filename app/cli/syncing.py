"""`openmind sync`: a neighbouring system's side of it, over HTTP and with nothing but its own credentials."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import httpx
import typer
from openmind_client import BatchState, Client, RecordResult, Refused, Unanswered, follow
from openmind_client.folder import Folder
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.environment import say_error

app = typer.Typer(no_args_is_help=True)
console = Console()
SHOWN = 50
"""How many findings are printed; the rest are counted."""
PIECE = 1 << 20
OUTCOMES = ("accepted", "unchanged", "superseded", "conflict", "rejected", "warned")

Url = Annotated[str, typer.Option(help="where the service is", envvar="OPENMIND_SYNC_URL")]
ClientId = Annotated[str, typer.Option("--client", help="the system's client id", envvar="OPENMIND_SYNC_CLIENT")]
SecretFile = Annotated[
    Path,
    typer.Option(help="a file with its secret and nothing else", envvar="OPENMIND_SYNC_SECRET_FILE", dir_okay=False),
]


@app.command()
def push(
    file: Annotated[Path, typer.Argument(help="JSON lines, as docs/sync.md says", exists=True, dir_okay=False)],
    url: Url,
    client: ClientId,
    secret_file: SecretFile,
    batch: Annotated[str, typer.Option(help="the batch's id; by default it follows from the file's content")] = "",
) -> None:
    """Send a file of records, wait until they are applied, and show what came of them.

    Sending the same file again changes nothing. Exit code: 0 all is taken, 1 something is rejected or in conflict, 2
    the service refused the file or did not answer.
    """
    with _talking(url, client, secret_file) as talking, _bar() as bar:
        with file.open("rb") as lines:
            identity = batch or hashlib.file_digest(lines, "sha256").hexdigest()
            lines.seek(0)
            task = bar.add_task("sent, MiB", total=file.stat().st_size / PIECE)
            talking.push_lines(identity, _pieces(lines, bar, task))
        state = _applied(talking, identity, bar)
    _show(state)
    if state.state != "done":
        say_error(f"batch '{identity}' is {state.state}; ask again with the same command")
        raise typer.Exit(2)
    if state.counts.rejected or state.counts.conflict or state.counts.warned:
        with _talking(url, client, secret_file) as talking:
            _findings(talking.results(identity))
    raise typer.Exit(1 if state.counts.rejected or state.counts.conflict else 0)


@app.command()
def pull(
    folder: Annotated[Path, typer.Argument(help="where the copy is kept, for this user alone", file_okay=False)],
    url: Url,
    client: ClientId,
    secret_file: SecretFile,
    *,
    go_on: Annotated[bool, typer.Option("--follow", help="wait for what comes, until it is stopped")] = False,
) -> None:
    """Bring a copy of what the system may read up to date, and drop from it whom it has to.

    Goes on from where it was, also after a crash. Exit code: 0 it is up to date, 2 the service refused or did not
    answer.
    """
    with _talking(url, client, secret_file) as talking:
        follow(talking, Folder(folder), (lambda: False) if go_on else None)
    console.print(f"'{folder}' is up to date", highlight=False, soft_wrap=True)


@contextmanager
def _talking(url: str, client: str, secret_file: Path) -> Iterator[Client]:
    """A client; what it is refused is said in the service's words, and ends the command."""
    try:
        with Client(url, client, secret_file.read_text().strip()) as talking:
            yield talking
    except OSError as fault:
        say_error(f"--secret-file: {fault.strerror}")
    except Refused as fault:
        problem = fault.problem
        remedy = problem.remedy if problem else None
        field = f" ({problem.field})" if problem and problem.field else ""
        say_error(f"{problem.title}{field}; {remedy}" if problem else str(fault))
    except (Unanswered, httpx.TransportError) as fault:
        say_error(f"{fault or type(fault).__name__}; send the same again once it does")
    else:
        return
    raise typer.Exit(2)


def _bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f}")
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)


def _pieces(file: IO[bytes], bar: Progress, task: TaskID) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
        bar.advance(task, len(piece) / PIECE)


def _applied(talking: Client, identity: str, bar: Progress) -> BatchState:
    state = talking.batch(identity)
    task = bar.add_task("records applied", total=state.records)
    while state.state in ("received", "applying"):
        bar.update(task, completed=state.applied)
        state = talking.wait(identity, seconds=1.0, every=0.5)
    return state


def _show(state: BatchState) -> None:
    table = Table("batch", "records", box=None, pad_edge=False)
    for name in OUTCOMES:
        table.add_column(name.replace("_", " "), justify="right")
    counts = (str(getattr(state.counts, name) or "·") for name in OUTCOMES)
    table.add_row(state.batch_id, str(state.records), *counts)
    console.print(table)


def _findings(results: Iterator[RecordResult]) -> None:
    shown = 0
    for result in results:
        for each in result.findings:
            shown += 1
            if shown <= SHOWN:
                place = f"line {result.line}{f' {each.field}' if each.field else ''}"
                said = f"{place}: {each.wrong} [{each.severity}, {each.rule}]; {each.remedy}"
                console.print(said, style="yellow", highlight=False, markup=False, soft_wrap=True)
    if shown > SHOWN:
        console.print(f"and {shown - SHOWN} more findings")
