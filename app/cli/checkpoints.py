"""`openmind audit key`, `checkpoint` and `compare`: what we sign of the log for others, and what they hold of it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from app.audit.checkpoint import check_origin
from app.audit.checkpoints import Checkpoints
from app.audit.log_keys import LogKeyUnusable, read_key_file, write_key_file
from app.audit.outside import Judged, LogContradicted, Verdict
from app.audit.recovery import RecoveryRefused
from app.audit.shelf import keep_archive
from app.audit.signed_note import Algorithm, NoteInvalid, Signer
from app.audit.start import check_name, check_start, compare
from app.audit.submission import ChangeRefused, LogUnavailable
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import Address, DatabaseUnavailable, open_database

console = Console()
Outcome = TypeVar("Outcome")


def key(
    file: Annotated[Path, typer.Argument(help="the key's file", dir_okay=False)],
    name: Annotated[
        str | None,
        typer.Option(help="make a new key of this name: the log's origin, or what the witness is to be called"),
    ] = None,
    witness: Annotated[bool, typer.Option("--witness", help="a key that cosigns, for a witness")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Make a key that signs checkpoints (or cosigns them), and print its verifier key, which others are given.

    Without --name: print the verifier key of a file that is there. Exit code: 0 done, 1 the file cannot be used.
    """
    try:
        if name is None:
            signer = read_key_file(file)
        else:
            signer = Signer.new(check_origin(name), Algorithm.COSIGNATURE if witness else Algorithm.ED25519)
            write_key_file(file, signer)
    except FileExistsError:
        say_error(f"'{file}' is there already; name another file, or leave out --name to see its verifier key")
        raise typer.Exit(1) from None
    except (LogKeyUnusable, NoteInvalid, OSError) as fault:
        say_error(str(fault))
        raise typer.Exit(1) from None
    say(str(signer.verifier))


def checkpoint() -> None:
    """Make a checkpoint of the log as it is now, and print it with its cosignatures.

    Exit code: 0 made, 1 the log is not what was signed before, 2 it could not be made.
    """

    async def make(known: Settings) -> str:
        async with opened(known) as checkpoints:
            await check_name(checkpoints)
            size, _ = await checkpoints.tree.head()
            check_start(await compare(known, checkpoints), size, witnesses=len(known.witnesses))
            return str(await checkpoints.make())

    print(run(make(settings())), end="")  # the note itself, to be kept in a file


def compare_() -> None:
    """Compare the log with what the state file and every witness hold of it.

    Exit code: 0 the log begins with all that is held, 1 somebody holds another log, 2 somebody could not be asked.
    """

    async def look(known: Settings) -> list[Judged]:
        async with opened(known) as checkpoints:
            await check_name(checkpoints)
            return await compare(known, checkpoints)

    judged = run(look(settings()))
    for each in judged:
        say(f"{each.verdict.value}: {each.message}")
    if not judged:
        say("nobody holds anything: neither OPENMIND_LOG_STATE_FILE nor OPENMIND_WITNESSES is set")
    verdicts = {each.verdict for each in judged}
    raise typer.Exit(1 if Verdict.CONTRADICTS in verdicts else 2 if Verdict.UNKNOWN in verdicts else 0)


@asynccontextmanager
async def opened(known: Settings) -> AsyncIterator[Checkpoints]:
    """The checkpoints of the log that the settings name, without its writer; DatabaseUnavailable if there is none."""
    address = Address(known.database_url.get_secret_value())
    if not _is_there(address):
        raise DatabaseUnavailable("there is no database file")
    database = open_database(address, known.database_role)
    keep_archive(database, known.log_archive)
    try:
        checkpoints = Checkpoints.of(known, database, now)
        try:
            yield checkpoints
        finally:
            await checkpoints.close()
    finally:
        await database.close()


def _is_there(address: Address) -> bool:
    """Opening a SQLite file would make one."""
    return address.dialect != "sqlite" or Path(address.path).is_file()


def run(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """What comes of it; says what is wrong, and stops with 1 where it is refused and 2 where it cannot be done."""
    try:
        return asyncio.run(work)
    except (LogContradicted, RecoveryRefused) as fault:
        say_error(f"refused: {fault}")
        raise typer.Exit(1) from None
    except ChangeRefused:
        say_error("refused: the log grew meanwhile; stop every process of the service, and try again")
        raise typer.Exit(1) from None
    except (DatabaseUnavailable, LogUnavailable, NoteInvalid, OSError) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None


def now() -> datetime:
    """The real time: checkpoints are for others."""
    return datetime.now(UTC)


def say(*lines: str) -> None:
    """Lines as they are."""
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
