"""`openmind agreement`: check a draft, show what is in force."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.policies import AgreementInvalid, findings, load_agreement, render, shipped_versions

app = typer.Typer(no_args_is_help=True)
console = Console()
errors = Console(stderr=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="an agreement in TOML", exists=True, dir_okay=False)]) -> None:
    """Refuse an agreement with a fault, naming file, line, clause and remedy.

    Unknown keys and words, clauses that can never apply, clauses that another makes redundant. Exit code: 0 good, 1
    at fault.
    """
    try:
        agreement = load_agreement(file)
    except AgreementInvalid as fault:
        errors.print(str(fault), style="red", highlight=False, markup=False)
        raise typer.Exit(1) from None
    console.print(f"{agreement.title}, version {agreement.version}: {len(agreement.clauses)} clauses, none at fault")
    console.print(f"digest {agreement.digest}", highlight=False)
    for finding in findings(agreement, datetime.now(UTC).date()):
        console.print(finding, style="yellow", highlight=False, markup=False)


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="an agreement in TOML; without one, what is in force")] = None,
) -> None:
    """Print an agreement in words: parties, standing conditions, and every clause with its own sentence."""
    agreement = load_agreement(file) if file else shipped_versions().at(datetime.now(UTC))
    for line in render(agreement):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
