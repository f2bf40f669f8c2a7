"""`openmind agreement explain`: why a category is open to a role on given facts, and if not why not; about nobody."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from app.cli.environment import say_error, versions
from app.cli.moments import day_or_moment
from app.policies import AgreementInvalid, CompiledAgreement, Decision, decide, explain, load_agreement
from app.policies.agreement import midnight
from app.policies.plain import permitted_in_words, withheld_in_words
from app.policies.review.words import with_article
from app.vocabulary import (
    CATEGORIES,
    FACTS,
    SUBJECTS,
    Action,
    Caller,
    Facts,
    Party,
    Purpose,
    Question,
    Role,
    facts_of,
    names_of,
    parties_of,
)

console = Console()
Word = TypeVar("Word", bound=StrEnum)


def explain_(
    role: Annotated[Role, typer.Option(help="who asks")],
    purpose: Annotated[Purpose, typer.Option(help="why they ask")],
    category: Annotated[
        list[str] | None, typer.Option(help="a category or register; give it again for another, leave it out for all")
    ] = None,
    facts: Annotated[
        list[str] | None, typer.Option(help="what holds, such as 'employed,caseload'; whatever is not named does not")
    ] = None,
    action: Annotated[Action, typer.Option(help="what they want to do")] = Action.READ,
    party: Annotated[Party | None, typer.Option(help="at which party, for a role that both have")] = None,
    at: Annotated[
        str | None, typer.Option(help="under the agreement of which day, or moment with its offset; now if left out")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="under an agreement in TOML instead", exists=True, dir_okay=False)
    ] = None,
    told: Annotated[bool, typer.Option("--told", help="say no more than who asks would be told")] = False,  # noqa: FBT002  # typer's form of a flag
    as_json: Annotated[bool, typer.Option("--json", help="as data, one object")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Say why each category is open, and if not why not: the clause's own sentence, what is missing, whom to ask.

    Nobody's record is looked at: the facts are yours to name. Exit code: 0 all of it is open, 1 something is withheld,
    2 the question cannot be put.
    """
    moment = _moment(at) if at else datetime.now(UTC)
    agreement = _agreement(file, moment)
    subjects = _known(category or (), SUBJECTS, "--category") or CATEGORIES
    held = facts_of(*_known([word for each in facts or () for word in each.split(",")], FACTS, "--facts"))
    caller = Caller(_party(role, party), role, "", "", None)
    decision = decide(Question(caller, purpose, action, subjects, moment, "", ""), held, agreement)
    said = _said(decision, agreement, None if told else facts_of(*FACTS))
    if as_json:
        head = {
            "agreement": agreement.digest,
            "role": role,
            "party": caller.party,
            "purpose": purpose,
            "action": action,
        }
        print(json.dumps(head | {"facts": names_of(held), **said}))  # the data itself, for other programs
    else:
        for each in (*said["open"], *said["withheld"]):
            console.print(each["explanation"], highlight=False, markup=False, soft_wrap=True)
            console.print()
    raise typer.Exit(1 if said["withheld"] else 0)


def _agreement(file: Path | None, moment: datetime) -> CompiledAgreement:
    if file is None:
        return versions().at(moment)
    try:
        return load_agreement(file)
    except AgreementInvalid as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None


def _moment(text: str) -> datetime:
    """A day is meant from its beginning in London."""
    try:
        given = day_or_moment(text)
    except ValueError as fault:
        _refuse("--at", str(fault))
    return given if isinstance(given, datetime) else midnight(given)


def _party(role: Role, party: Party | None) -> Party:
    known = sorted(parties_of(role))
    if party is not None and party not in known:
        _refuse("--party", f"{with_article(role)} is at {' or '.join(known)}")
    return party or known[0]


def _known(words: Iterable[str], all_words: Sequence[Word], option: str) -> tuple[Word, ...]:
    by_value = {word.value: word for word in all_words}
    given = [word.strip() for word in words if word.strip()]
    for word in given:
        if word not in by_value:
            _refuse(option, f"'{word}' is none of {', '.join(by_value)}")
    return tuple(dict.fromkeys(by_value[word] for word in given))


def _refuse(option: str, text: str) -> NoReturn:
    say_error(f"{option}: {text}")
    raise typer.Exit(2)


def _said(decision: Decision, agreement: CompiledAgreement, told: Facts | None) -> dict[str, Any]:
    return {
        "open": [
            {
                "category": ruling.subject,
                "clauses": ruling.clauses,
                "explanation": permitted_in_words(ruling, agreement),
            }
            for ruling in decision.rulings
            if ruling.permitted
        ],
        "withheld": [
            each.as_data() | {"explanation": withheld_in_words(each, agreement)}
            for each in explain(decision, agreement, told)
        ],
    }
