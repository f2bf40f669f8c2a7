"""`openmind report`: the pathway's figures as a page or a document."""

import asyncio
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.audit.entry import event_id
from app.audit.submission import LogUnavailable
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import DatabaseUnavailable
from app.gate import Unacceptable, open_gate
from app.pathway.reports import beside, read_beside
from app.pathway.reports.beside import BesideInvalid
from app.services.answers import Answer
from app.services.report_shapes import Form
from app.services.reports import ReportService, Wanted
from app.vocabulary import Register

_DAY = ["%Y-%m-%d"]


class Figures(StrEnum):
    """How figures are shown."""

    PUBLISHED = "published"
    AS_THEY_ARE = "as-they-are"


_FORMS = {".html": Form.HTML, ".pdf": Form.PDF}
_REGISTERS = {
    Figures.PUBLISHED: Register.PUBLISHED_FIGURES,
    Figures.AS_THEY_ARE: Register.AGGREGATE_FIGURES,
}


def report(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="the file that is written: .html for a page, .pdf for a document")
    ],
    first: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="the year's first day")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="the year's last day")] = None,
    figures: Annotated[
        Figures, typer.Option("--figures", help="as-they-are: nothing hidden, for any days, never to be published (G7)")
    ] = Figures.PUBLISHED,
) -> None:
    """Write the figures of a reporting year with their charts, as HTML or PDF: as the commissioner gets them (G4).

    An entry of its own kind says that the operator took them, before they are written. Exit code: 0 written, 2 not.
    """
    form = _FORMS.get(output.suffix.lower())
    if form is None:
        say_error(f"--output: name a file that ends with {' or '.join(_FORMS)}")
        raise typer.Exit(2)
    wanted = Wanted(first.date() if first else None, last.date() if last else None)
    known = settings()
    try:
        answer = asyncio.run(_run(known, wanted, _REGISTERS[figures], form))
        output.write_bytes(answer.body)
    except Unacceptable as fault:
        say_error(f"--{fault.field}: {fault.code}{f', {fault.detail}' if fault.detail else ''}")
        raise typer.Exit(2) from None
    except (BesideInvalid, DatabaseUnavailable, LogUnavailable, OSError) as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    Console(stderr=True).print(f"written; receipt {answer.receipt}", highlight=False, soft_wrap=True)


async def _run(known: Settings, wanted: Wanted, register: Register, form: Form) -> Answer:
    file = known.report_file
    async with open_gate(known) as (gate, _):
        service = ReportService(gate, read_beside(file) if file else beside())
        return await service.to_operator(known.clock(), event_id(), wanted, register, form)
