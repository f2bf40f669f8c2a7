"""`openmind audit archive`: old months of PostgreSQL's log leave the database for files, and stay part of the log."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.archiving import ArchiveRefused, Archiving
from app.audit.checkpoints import Checkpoints
from app.audit.entry import event_id
from app.audit.indexing import Indexing
from app.audit.months import later
from app.audit.shelf import shelf_of
from app.cli.checkpoints import now, run, say
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import Address
from app.gate import open_gate
from app.gate.archiving import archive as append_archive

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def archive(
    until: Annotated[str, typer.Option(help="the first month that stays in the database, such as 2026-01")],
    to: Annotated[Path, typer.Option(help="the folder of the archive", file_okay=False, exists=True, writable=True)],
) -> None:
    """Write each whole month before one into a Parquet file, read it back, and take it out of the database.

    Beside each file stands the checkpoint that covers it; an entry of the log has its SHA-256. Afterwards the service
    reads it from there: OPENMIND_LOG_ARCHIVE names the folder. Interrupted, it can be run again. Persons' parts stay in
    the database. It acts as the log's owner (OPENMIND_MIGRATION_DATABASE_URL).
    Exit code: 0 done, 1 refused, 2 it could not be done.
    """
    known = _as_owner(settings(), to)
    if Address(known.database_url.get_secret_value()).dialect == "sqlite":
        say_error("on SQLite the log is one table and stays in its file: there is nothing to archive")
        raise typer.Exit(1)
    present = f"{known.clock():%Y-%m}"
    if not _MONTH.fullmatch(until) or until >= present:
        say_error(f"--until: a month before the present one ({present}), such as {later(present, -1)}")
        raise typer.Exit(2)
    run(_archive(known, until, to))


async def _archive(known: Settings, until: str, folder: Path) -> None:
    address = Address(known.database_url.get_secret_value())
    async with open_gate(known) as (gate, database):
        async with Indexing(database, address, None).running() as indexing:
            await indexing.catch_up()
        checkpoints = Checkpoints.of(known, database, now)
        archiving = Archiving(database, checkpoints.rows, checkpoints.keys.origin)
        try:
            months = await archiving.leaving(until)
            for month in months:
                note = await archiving.check(month)
                with _telling(f"{month.month} written") as told:
                    archived = await archiving.write(month, note, folder, told)
                receipt = await append_archive(gate, known.clock(), archived, event_id())
                shelf_of(database).forget()
                say(f"{month.month}: {len(month.numbers)} entries in '{archived.file}'; receipt {receipt}")
        except ArchiveRefused as fault:
            say_error(f"refused: {fault}")
            raise typer.Exit(1) from None
        finally:
            await checkpoints.close()
    if not months:
        say("there is no such month in the database")


@contextmanager
def _telling(what: str) -> Iterator[Callable[[int, int], None]]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _as_owner(known: Settings, folder: Path) -> Settings:
    url = known.migration_database_url or known.database_url
    return known.model_copy(update={"database_url": url, "database_role": None, "log_archive": folder})
