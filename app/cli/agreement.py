"""`openmind agreement`: check a draft, show what is in force, see it as a table, compare two, try one on the past."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli.environment import say_error, versions
from app.cli.explaining import explain_
from app.cli.simulating import simulate
from app.policies import AgreementInvalid, CompiledAgreement, findings, load_agreement, render
from app.policies.review.diff import compare, worded_otherwise
from app.policies.review.forms import FORMS, Form
from app.policies.review.sentences import NOTHING, NOTHING_ON_FACTS, ON_TOP, beside_clauses, sentences

app = typer.Typer(no_args_is_help=True)
app.command("simulate")(simulate)
app.command("explain")(explain_)
console = Console()
SHORTEST = 8
"""Digits that tell one digest from another."""
Draft = Annotated[
    Path | None, typer.Argument(help="an agreement in TOML; without one, what is in force", dir_okay=False)
]


@app.command()
def check(file: Annotated[Path, typer.Argument(help="an agreement in TOML", exists=True, dir_okay=False)]) -> None:
    """Refuse an agreement with a fault, naming file, line, clause and remedy.

    Unknown keys and words, clauses that can never apply, clauses that another makes redundant. Exit code: 0 good, 1
    at fault.
    """
    agreement = loaded(file)
    console.print(f"{agreement.title}, version {agreement.version}: {len(agreement.clauses)} clauses, none at fault")
    console.print(f"digest {agreement.digest}", highlight=False)
    for finding in findings(agreement, datetime.now(UTC).date()):
        console.print(finding, style="yellow", highlight=False, markup=False)


@app.command()
def show(file: Draft = None) -> None:
    """Print an agreement in words: parties, standing conditions, and every clause with its own sentence."""
    _print(*render(_draft(file)))


@app.command()
def matrix(
    file: Draft = None,
    form: Annotated[Form, typer.Option("--format", help="html: one page that loads nothing")] = Form.MARKDOWN,
) -> None:
    """Print who may do what: role by purpose by category, with clauses and conditions in the cells.

    Exit code: 0 printed, 1 the file is at fault, 2 there is no such file.
    """
    print(FORMS[form](_draft(file)), end="")  # the document itself, to be kept in a file


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="a file, or the digest of a version (8 digits or more)")],
    new: Annotated[str, typer.Argument(help="a file, or the digest of a version (8 digits or more)")],
    as_json: Annotated[bool, typer.Option("--json", help="every combination as data, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Say exactly what opens and what closes between two agreements, whatever their texts look like.

    For each role, purpose, action and category the fewest facts on which they differ. Exit code: 0 compared, 1 a file
    is at fault, 2 there is no such file or version.
    """
    before, after = _named(old), _named(new)
    changes = compare(before, after)
    said, beside = sentences(changes, before, after), beside_clauses(before, after)
    elsewhere = worded_otherwise(before, after)
    if as_json:
        data = {
            "old": _which(before),
            "new": _which(after),
            "changes": [each.as_data() for each in changes],
            "sentences": [*said, *beside],
            "differsIn": list(elsewhere),
        }
        print(json.dumps(data, ensure_ascii=False))  # the data itself, for other programs
        return
    _print(f"From version {before.version} to {after.version}: {len(changes)} things that can be asked for change.")
    nothing = NOTHING_ON_FACTS if beside else NOTHING
    _print(*(("", ON_TOP, *(f"- {each}" for each in said)) if said else (nothing,)))
    _print(*(f"- {each}" for each in beside))
    if elsewhere:
        _print("", "The files differ in:", *(f"- {place}" for place in elsewhere))


def loaded(file: Path) -> CompiledAgreement:
    """The agreement in a file; says what is wrong with it and stops with 1, or with 2 where there is none."""
    try:
        return load_agreement(file)
    except AgreementInvalid as fault:
        say_error(str(fault))
        raise typer.Exit(1) from None
    except OSError as fault:
        say_error(f"'{file}' cannot be read: {fault.strerror}; name a file")
        raise typer.Exit(2) from None


def _draft(file: Path | None) -> CompiledAgreement:
    return loaded(file) if file else versions().at(datetime.now(UTC))


def _named(name: str) -> CompiledAgreement:
    """A file, or a version by the beginning of its digest."""
    if Path(name).is_file() or len(name) < SHORTEST or not set(name) <= set("0123456789abcdef"):
        return loaded(Path(name))
    found = [each for each in versions() if each.digest.startswith(name)]
    if len(found) != 1:
        say_error(f"{len(found)} versions have a digest that begins with '{name}'; name a file or another digest")
        raise typer.Exit(2)
    return found[0]


def _which(agreement: CompiledAgreement) -> dict[str, str | None]:
    terms = agreement.agreement
    return {
        "version": agreement.version,
        "digest": agreement.digest,
        "inForceFrom": terms.in_force_from.isoformat(),
        "lastDay": terms.last_day.isoformat() if terms.last_day else None,
    }


def _print(*lines: str) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
