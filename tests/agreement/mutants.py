"""The agreement changed in one place at a time, and who notices: scripts/mutate --agreement runs it.

A change is refused when the file is read, or noticed because some cell of the whole space does not hold what the law
written by hand gives it, or says the same as before. Anything else has survived. Beside that it is counted how many of
the changes the sentences of tests/specification notice by themselves.
"""

import copy
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import ValidationError

from app.policies import CompiledAgreement, compile_agreement
from app.policies.checks import check_clauses, check_terms
from app.policies.compile import Compiled, compile_clauses
from app.policies.reach import check_reach
from app.policies.schema import Agreement
from app.vocabulary import CATEGORIES, FACTS, Action, Party, Purpose, Register, Role, parties_of
from tests.policies.clauses import FILE
from tests.policies.law import PROHIBITED, lines
from tests.policies.test_law import written
from tests.progress import progress

Data = dict[str, Any]
WORDS: dict[str, list[str]] = {
    "roles": [each.value for each in Role],
    "purposes": [each.value for each in Purpose],
    "parties": [each.value for each in Party],
    "actions": [each.value for each in Action],
    "categories": [each.value for each in CATEGORIES],
    "registers": [each.value for each in Register],
    "needs": [each.value for each in FACTS if not each.withholds],
}
FLAGS = ("despite_restriction", "despite_objection", "despite_end")
CAVEATS, ROWS = ("totals", "third-parties-withheld"), ("sent", "own-draft", "all")


class Fate(StrEnum):
    """What became of a change."""

    REFUSED = "refused when the file is read"
    NOTICED = "noticed by the law written by hand"
    SAME = "says the same as before"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: what stands at a place of the file instead; None where nothing does."""

    name: str
    where: tuple[Any, ...]
    value: Any

    def data(self) -> Data:
        """The file with it."""
        data = copy.deepcopy(original())
        block: Any = data
        for step in self.where[:-1]:
            block = block[step]
        if self.value is not None:
            block[self.where[-1]] = self.value
        elif isinstance(block, list) or self.where[-1] in block:
            del block[self.where[-1]]
        return data


@cache
def original() -> Data:
    """The file, with a last day so that what outlives the agreement can be asked about."""
    return tomllib.loads(FILE.read_text(encoding="utf-8")) | {"last_day": date(2027, 3, 31)}


def mutants() -> Iterator[Mutant]:
    """Every change, in the order of the file."""
    yield from _around()
    for place, clause in enumerate(original()["clauses"]):
        if clause["effect"] != "limit":
            yield from _of_clause(place, clause)


def _around() -> Iterator[Mutant]:
    """Whose a category is, what is about a person, who is at which party, and who may be told a fact."""
    for word, terms in original()["categories"].items():
        for owner in {"health", "justice", "joint"} - {terms["owner"]}:
            yield _changed(f"{word} is owned by {owner}", ["categories", word, "owner"], owner)
    for word, terms in original()["registers"].items():
        yield _changed(f"{word} is or is not of a person", ["registers", word, "of_person"], not terms["of_person"])
    for word, terms in original()["roles"].items():
        for party in set(WORDS["parties"]) ^ set(terms["parties"]):
            yield _changed(f"{word} is at {party} as well", ["roles", word, "parties"], [*terms["parties"], party])
            yield _changed(f"{word} is at {party} alone", ["roles", word, "parties"], [party])
        for party in terms["parties"]:
            left = [each for each in terms["parties"] if each != party]
            yield _changed(f"{word} is not at {party}", ["roles", word, "parties"], left)
    for word, terms in original()["facts"].items():
        for told in {*WORDS["categories"], "caller", "never"} - {terms["told_with"]}:
            yield _changed(f"{word} is told with {told}", ["facts", word, "told_with"], told)


def _of_clause(place: int, clause: Data) -> Iterator[Mutant]:
    name, at = clause["id"], ["clauses", place]
    yield _changed(f"{name} dropped", at, None)
    effect = "permit" if clause["effect"] == "prohibit" else "prohibit"
    yield _changed(f"{name} is to {effect}", [*at, "effect"], effect)
    yield _changed(f"{name} is to {effect}, absolute", at, clause | {"effect": effect, "absolute": effect != "permit"})
    blocks = [(name, at, clause)]
    for number, part in enumerate(clause.get("parts", [])):
        yield _changed(f"{name} part {number} dropped", [*at, "parts", number], None)
        blocks.append((f"{name} part {number}", [*at, "parts", number], part))
    for said, where, block in blocks:
        for key in WORDS:
            if key in block or key in ("needs", "roles") or (block is clause and key == "parties"):
                yield from _of_words(f"{said} {key}", [*where, key], key, block.get(key, []))
        for flag in FLAGS:
            yield _changed(f"{said} {flag} turned", [*where, flag], not block.get(flag, False))
        for key, words in (("fields", CAVEATS), ("rows", ROWS)):
            for word in {*words, None} - {block.get(key)}:
                yield _changed(f"{said} {key} {word}", [*where, key], word)


def _of_words(name: str, where: list[Any], key: str, words: list[str]) -> Iterator[Mutant]:
    """Each word dropped, each other one added, each changed into each other one."""
    others = [word for word in WORDS[key] if word not in words]
    for word in words:
        yield _changed(f"{name} without {word}", where, [each for each in words if each != word] or None)
        for other in others:
            yield _changed(f"{name} {other} for {word}", where, [other if each == word else each for each in words])
    for other in others:
        yield _changed(f"{name} and {other}", where, [*words, other])


def _changed(name: str, where: list[Any], value: Any) -> Mutant:
    return Mutant(name, tuple(where), value)


def fate(mutant: Mutant) -> tuple[Fate, bool]:
    """What becomes of a change, and whether some sentence of the specification is wrong under it."""
    try:
        agreement = Agreement.model_validate(mutant.data())
    except ValidationError:
        return Fate.REFUSED, True
    for check in (check_terms, check_clauses, check_reach):
        if next(check(agreement), None) is not None:
            return Fate.REFUSED, True
    compiled = compile_clauses(agreement)
    if meaning(agreement, compiled) == meaning(*_as_signed()):
        return Fate.SAME, False
    return Fate.NOTICED if differs(agreement, compiled) else Fate.SURVIVED, _contradicts(compile_agreement(agreement))


@cache
def _as_signed() -> tuple[Agreement, Compiled]:
    agreement = Agreement.model_validate(original())
    return agreement, compile_clauses(agreement)


def meaning(agreement: Agreement, compiled: Compiled) -> Any:
    """All that decisions and explanations are made from, whatever the order in which the file says it."""
    conditions = {
        (key, subject): frozenset(each)
        for key, row in compiled.conditions.items()
        for subject, each in row.items()
        if each
    }
    prohibited = {(key, subject) for key, row in compiled.prohibitions.items() for subject in row}
    told = {fact: terms.told_with for fact, terms in agreement.facts.items()}
    return conditions, prohibited, told, {clause.id for clause in agreement.clauses}


TOLD: Mapping[str, str] = (
    dict.fromkeys(("listed", "excluded", "restricted"), "never")
    | dict.fromkeys(("supervised", "mhtr"), "supervision")
    | {"service": "referral"}
    | {fact.value: "consent" for fact in FACTS if fact.value.startswith(("consent:", "objection:"))}
)
"""By hand: what a caller is told about the person with, or never; everything else is about the caller."""


@cache
def expected() -> Any:
    """What the law written by hand amounts to."""
    conditions: dict[Any, frozenset[Any]] = {}
    for line in lines():
        for party in parties_of(Role(line.role)):
            cell = ((line.role, party.value, line.purpose, line.action), line.subject)
            conditions[cell] = conditions.get(cell, frozenset()) | written(line)
    justice = [role for role in Role if Party.JUSTICE in parties_of(role)]
    prohibited = {
        ((role, Party.JUSTICE, purpose, action), subject)
        for role in justice
        for purpose in Purpose
        for action in (Action.READ, Action.WRITE, Action.CREATE)
        for subject in PROHIBITED
    }
    told = {fact: TOLD.get(fact.value, "caller") for fact in FACTS}
    return conditions, prohibited, told, {line.clause for line in lines()} | {"P3", "H6"}


def differs(agreement: Agreement, compiled: Compiled) -> bool:
    """Whether it means anything but what the law written by hand says."""
    return bool(meaning(agreement, compiled) != expected())


def _contradicts(agreement: CompiledAgreement) -> bool:
    from tests.specification.clauses import examples, files
    from tests.specification.saying import Example

    for clause in files():
        for example in examples(clause):
            if isinstance(example, Example):
                try:
                    example.holds(agreement)
                except (AssertionError, ValueError):
                    return True
    return False


def tried(mutant: Mutant) -> tuple[str, Fate, bool]:
    """A change by its name, and its fate."""
    return mutant.name, *fate(mutant)


def main(write: Callable[[str], object] = print) -> int:
    """Try every change; the exit status says whether one survived."""
    every = list(mutants())
    fates: Counter[Fate] = Counter()
    contradicted = 0
    survivors = []
    with ProcessPoolExecutor(os.cpu_count()) as pool, progress("changes of the agreement", len(every)) as advance:
        for name, became, is_contradicted in pool.map(tried, every, chunksize=20):
            fates[became] += 1
            contradicted += is_contradicted and became is not Fate.REFUSED
            survivors += [name] if became is Fate.SURVIVED else []
            advance(1)
    real = len(every) - fates[Fate.SAME]
    seen = real - fates[Fate.SURVIVED]
    write(f"{len(every):,} changes: " + ", ".join(f"{fates[each]:,} {each.value}" for each in Fate))
    write(f"noticed: {seen:,} of {real:,} ({seen / real:.1%})")
    valid = real - fates[Fate.REFUSED]
    write(f"by the sentences of tests/specification alone: {contradicted:,} of {valid:,} ({contradicted / valid:.1%})")
    for name in survivors:
        write(f"survived: {name}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
