"""`openmind audit`: is the log whole and unaltered, and does it say what the agreement says?"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app.audit.history import Unreadable, open_history
from app.audit.log_keys import LogKeyUnusable, load_log_keys
from app.audit.verify import Against
from app.audit.verify import verify as verify_log
from app.audit.verify_notes import Kept, Key, Unsigned, read_kept
from app.audit.verify_read import Report
from app.cli import checkpoints, recovering, witness
from app.cli.archiving import archive as archive_
from app.cli.environment import say_error, settings
from app.cli.exporting import export
from app.cli.months import months
from app.config import Settings
from app.db import Address, DatabaseUnavailable
from app.gate import agreements_of
from app.policies.review.replay import Replay, Replayed

app = typer.Typer(no_args_is_help=True)
app.command("key")(checkpoints.key)
app.command("checkpoint")(checkpoints.checkpoint)
app.command("compare")(checkpoints.compare_)
app.command("confirm")(recovering.confirm)
app.command("recover")(recovering.recover)
app.command("witness")(witness.witness)
app.command("export")(export)
app.command("months")(months)
app.command("archive")(archive_)
console = Console()


@app.callback()
def about() -> None:
    """Check the log: `verify` with code of its own, `replay` against the agreement; `export` hands a part of it out.

    Sign it for others and have it witnessed: `key`, `checkpoint`, `witness`; and what they hold of it: `compare`.
    Raise alerts about access that somebody should ask about: `watch`.
    """


@app.command()
def verify(
    against: Annotated[
        list[Path] | None, typer.Option(help="a checkpoint kept elsewhere, to compare with; may be given again")
    ] = None,
    trusted: Annotated[
        Path | None, typer.Option(help="a checkpoint to begin from: what is before it was verified already")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="verifier key of the log or of a witness, @SIZE behind it if retired then; may be given again"
        ),
    ] = None,
    archive: Annotated[Path | None, typer.Option(help="the folder of months that left the database")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="findings as JSON, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Recompute everything: bytes, hashes, order, times, tree, query columns, persons' parts, stored checkpoints.

    Names the first bad entry and what is wrong with it. Exit code: 0 clean, 1 tampered, 2 could not verify. What no
    check of a database alone can see (a tail cut off whole, a restored backup, a log made again with its own key) is
    seen with a checkpoint that somebody else has kept: `--against FILE --key VERIFIER-KEY`. Without `--key` the
    signatures that the log stores are checked by the keys of the settings.
    """
    configured = settings()
    address = Address(configured.database_url.get_secret_value())
    named = _named(key or [])
    kept = Against([_read(each, named) for each in against or []], None if trusted is None else _read(trusted, named))
    keys, folder = named or _configured(configured), archive or configured.log_archive
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("entries verified", total=None)

        def told(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        report = verify_log(address, told, kept, keys, folder)
    if as_json:
        data = asdict(report) | {"exit_code": report.exit_code, "first": report.first}
        print(json.dumps(data))  # the data itself, for other programs
    else:
        for line in _said(report):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(report.exit_code)


def _named(keys: list[str]) -> list[Key]:
    """The keys on the command line; says which is none, and stops with 2."""
    try:
        return [Key.read(each) for each in keys]
    except Unsigned as fault:
        say_error(f"--key: {fault}")
        raise typer.Exit(2) from None


def _configured(known: Settings) -> list[Key]:
    """The public halves of the keys that the settings name; none, which is said, where they are not at hand."""
    try:
        keys = load_log_keys(known)
    except LogKeyUnusable as fault:
        say_error(f"signatures are not checked: {fault}, or name a verifier key by --key")
        return []
    current = [each for keys_of in keys.trust.values() for each in keys_of]
    written = [f"{each.verifier}{'' if each.retired_from is None else f'@{each.retired_from}'}" for each in current]
    return [Key.read(each) for each in (*written, *map(str, keys.witnesses))]


def _read(file: Path, keys: list[Key]) -> Kept:
    try:
        return read_kept(file.read_text(encoding="utf-8"), keys)
    except (OSError, UnicodeDecodeError, Unsigned) as fault:
        said = "it cannot be read" if isinstance(fault, OSError) else fault
        say_error(f"'{file}': {said}; --key names whose signature counts")
        raise typer.Exit(2) from None


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
            async with open_history(address, known.database_role, known.log_archive) as history:
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
    if report.found:
        first = "no single entry is bad" if report.first is None else f"the first bad entry is {report.first}"
        yield f"TAMPERED: {first}; {report.found} findings"
        for finding in report.findings:
            where = "" if finding.seq is None else f"entry {finding.seq}: "
            yield f"  {where}{finding.message} ({finding.code})"
        return
    since = f", read from entry {report.start} on" if report.start else ""
    yield f"clean: {report.size} entries{since}, {report.erased} persons' parts erased by law, root {report.root}"
    stored = f"{report.stored} stored checkpoints, {report.cosignatures} cosignatures"
    yield f"{stored}, {report.unchecked} signatures without a key to check them by"
    yield f"compared with {report.checkpoints} checkpoints that somebody else has kept"
