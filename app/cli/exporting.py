"""`openmind audit export`: a part of the log in a file, for whoever examines it elsewhere."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from app.audit.entry import event_id
from app.audit.submission import LogUnavailable
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import DatabaseUnavailable
from app.gate import Gate, open_gate
from app.routers.asking import BadRequest
from app.routers.audit_words import ExportSearch
from app.services.audit import AuditService
from app.services.audit_export import Export, ExportService
from app.services.audit_formats import Format
from app.services.audit_search import Search

STDOUT = Path("-")
_ALWAYS = ("since", "until", "format")
NAMES = [name for name in ExportSearch.model_fields if name not in _ALWAYS]


class _BrokenOff(Exception):
    """Some of it was written."""


def export(
    since: Annotated[str, typer.Option(help="recorded at this moment or later, such as 2026-03-01T00:00:00Z")],
    until: Annotated[str, typer.Option(help="recorded before this moment")],
    output: Annotated[Path, typer.Option("--output", "-o", help="a file, or - for standard output")] = STDOUT,
    form: Annotated[Format | None, typer.Option("--format", help="by the file's ending if it is left out")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help=f"NAME=VALUE, as often as needed; names: {', '.join(NAMES)}")
    ] = None,
) -> None:
    """Write out the entries of a period that say all of this, oldest first.

    What is recorded once it has begun is not in it. An entry of its own kind says that the operator took it, and how
    many numbers it covers, before the first byte is written. Exit code: 0 all written, 1 it broke off (a file is then
    left under its name with .part), 2 nothing was written.
    """
    chosen = form or _by_ending(output)
    if output == STDOUT and chosen is Format.PARQUET and sys.stdout.isatty():
        say_error("--output: Parquet is nothing for a terminal; name a file")
        raise typer.Exit(2)
    given = {"since": since, "until": until, **_conditions(where or [])}
    known = settings()
    try:
        asyncio.run(_run(known, given, chosen, output))
    except BadRequest as fault:
        say_error(f"{_named(fault.field)}: {fault.detail or fault.code}")
        raise typer.Exit(2) from None
    except (DatabaseUnavailable, LogUnavailable, OSError) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    except _BrokenOff as fault:
        say_error(f"it broke off: {fault}")
        raise typer.Exit(1) from None


def _by_ending(output: Path) -> Format:
    with suppress(ValueError):
        return Format(output.suffix.removeprefix("."))
    return Format.NDJSON


def _conditions(where: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for each in where:
        name, equals, value = each.partition("=")
        if not equals or name not in NAMES or name in given:
            say_error(f"--where: '{name}' is none of {', '.join(NAMES)}, has no value, or is given twice")
            raise typer.Exit(2)
        given[name] = value
    return given


def _named(field: str | None) -> str:
    return f"--{field}" if field in _ALWAYS else f"--where {field}"


async def _run(known: Settings, given: Mapping[str, str], form: Format, output: Path) -> None:
    async with open_gate(known) as (gate, _):
        search = _search(gate, given)
        with _writing(output) as file:
            taken = await ExportService(gate).to_operator(known.clock(), event_id(), search, form)
            try:
                await _write(taken, file)
            except (DatabaseUnavailable, OSError) as fault:
                raise _BrokenOff(str(fault)) from fault
    console = Console(stderr=True)
    console.print(f"{len(taken.numbers)} numbers covered; receipt {taken.receipt}", highlight=False, soft_wrap=True)


def _search(gate: Gate, given: Mapping[str, str]) -> Search:
    try:
        return ExportSearch.model_validate(given).search(AuditService(gate).knows)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        raise BadRequest("parameter-invalid", first["msg"], str(first["loc"][0])) from fault


async def _write(taken: Export, file: BinaryIO) -> None:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("numbers looked at", total=len(taken.numbers))
        async for chunk in taken.chunks(lambda done, _all: progress.update(task, completed=done)):
            file.write(chunk)
    file.flush()


@contextmanager
def _writing(output: Path) -> Iterator[BinaryIO]:
    """The file under its own name once it is whole, and never before."""
    if output == STDOUT:
        yield sys.stdout.buffer
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
    except BaseException:
        if part.exists() and not part.stat().st_size:
            part.unlink()
        raise
    part.replace(output)
