"""The whole request space through both engines: python -m tests.oracle.whole, which scripts/check --full runs.

For every role at each of its parties, every purpose, action and subject: every combination of the facts that some
clause of that role and purpose names, those of the standing conditions, and the objection to the subject. After that
requests from anywhere, most of them outside that space.
"""

import os
import random
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import product

from app.policies import CompiledAgreement, decide
from app.vocabulary import FACTS, SUBJECTS, Action, Fact, Party, Purpose, Role, facts_of
from tests.oracle.cedar import FILE, Answer, CedarOracle
from tests.policies.asking import asks, leicester
from tests.policies.clauses import AFTER, ended
from tests.policies.law import Line, lines
from tests.progress import progress

STANDING = ("employed", "training:information-sharing", "excluded", "restricted", "listed")
BEYOND = 1_000_000
PIECE = 10_000
BEFORE = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = frozenset(fact.value for fact in FACTS)


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked, facts apart."""

    role: str
    party: str
    purpose: str
    action: str
    subject: str

    @property
    def free(self) -> tuple[str, ...]:
        """The facts that are tried in every combination."""
        objection = f"objection:{self.subject}"
        return (*named_by(self.role, self.purpose), *STANDING, *([objection] if objection in KNOWN else []))

    @property
    def size(self) -> int:
        """How many requests it stands for, before the agreement has ended and after."""
        return 2 ** (len(self.free) + (1 if self.is_spoken_of else 0))

    @property
    def is_spoken_of(self) -> bool:
        """Whether some clause names purpose, action and subject; then it is asked of an ended agreement as well."""
        asked = (self.purpose, self.action, self.subject)
        return any(each.asked and asked in each.asked for each in oracle().policies.values())

    def held(self) -> Iterator[tuple[list[str], bool]]:
        """Every combination of facts, each with whether the agreement has ended."""
        for over in (False, True) if self.is_spoken_of else (False,):
            for kept in product((False, True), repeat=len(self.free)):
                yield [fact for fact, holds in zip(self.free, kept, strict=True) if holds], over


@cache
def oracle() -> CedarOracle:
    """Cedar over the agreement that ships."""
    return CedarOracle()


@cache
def named_by(role: str, purpose: str) -> tuple[str, ...]:
    """The facts that the clauses of a role and a purpose need, as the file says."""
    named: dict[str, None] = {}
    for clause in tomllib.loads(FILE.read_text(encoding="utf-8"))["clauses"]:
        for part in clause.get("parts", [clause]):
            if role in part.get("roles", clause.get("roles", [])) and purpose in clause["purposes"]:
                named |= dict.fromkeys([*clause.get("needs", []), *part.get("needs", [])])
    return tuple(named)


def cells() -> Iterator[Cell]:
    """Everything that can be asked by somebody who can be."""
    homes = tomllib.loads(FILE.read_text(encoding="utf-8"))["roles"]
    for role, purpose, action, subject in product(Role, Purpose, Action, SUBJECTS):
        for party in homes[role.value]["parties"]:
            yield Cell(role.value, party, purpose.value, action.value, subject.value)


def ours(cell: Cell, held: list[str], *, over: bool) -> Answer:
    """What the compiled agreement answers."""
    agreement: CompiledAgreement = ended() if over else leicester()
    question = asks(*_words(cell), party=cell.party, at=AFTER if over else BEFORE)
    (ruling,) = decide(question, facts_of(*map(Fact, held)), agreement).rulings
    return ruling.permitted, ruling.clauses if ruling.permitted else ()


def _words(cell: Cell) -> tuple[str, str, str, str]:
    return cell.role, cell.purpose, cell.action, cell.subject


def differences(cell: Cell) -> list[str]:
    """Where the two engines disagree on one cell."""
    asked = list(cell.held())
    theirs = oracle().decide_cell(cell.role, cell.party, cell.purpose, cell.action, cell.subject, asked)
    return [
        f"{cell} with {held}{' after the end' if over else ''}: Cedar {their}, here {our}"
        for (held, over), their in zip(asked, theirs, strict=True)
        if (our := ours(cell, held, over=over)) != their
    ]


def beyond(seed: int, number: int = PIECE) -> tuple[list[str], int]:
    """Requests from anywhere, with all policies before Cedar; the differences, and how many were permitted."""
    chance = random.Random(seed)
    asked: list[tuple[Cell, list[str], bool]] = []
    known = lines()
    for _ in range(number):
        often = chance.choice((0.1, 0.5, 0.9, 0.97))
        held = [fact.value for fact in FACTS if (chance.random() < often) != fact.withholds]
        asked.append((_anything(chance, known), held, chance.random() < 0.1))
    requests = [
        oracle().request(cell.role, cell.party, *about_of(cell), held, ended=over) for cell, held, over in asked
    ]
    answers = oracle().decide_all(requests)
    wrong = [
        f"{cell} with {held}: Cedar {their}, here {our}"
        for (cell, held, over), their in zip(asked, answers, strict=True)
        if (our := ours(cell, held, over=over)) != their
    ]
    return wrong, sum(allowed for allowed, _ in answers)


def _anything(chance: random.Random, known: list[Line]) -> Cell:
    """A request of somebody, more often than not one that some clause is about, as elsewhere nothing is permitted."""
    if chance.random() < 0.7:
        line = chance.choice(known)
        party = asks(line.role, line.purpose, line.action).caller.party.value
        return Cell(line.role, party, line.purpose, line.action, line.subject)
    return Cell(*(chance.choice(list(words)).value for words in (Role, Party, Purpose, Action, SUBJECTS)))


def about_of(cell: Cell) -> tuple[str, str, str]:
    """Purpose, action and subject."""
    return cell.purpose, cell.action, cell.subject


def _differences(several: list[Cell]) -> tuple[list[str], int]:
    return [each for cell in several for each in differences(cell)], sum(cell.size for cell in several)


def _pieces() -> list[list[Cell]]:
    """Cells in pieces of a few seconds each, the large ones first."""
    pieces: list[list[Cell]] = [[]]
    filled = 0
    for cell in sorted(cells(), key=lambda each: -each.size):
        if filled + cell.size > 5 * PIECE and pieces[-1]:
            pieces.append([])
            filled = 0
        pieces[-1].append(cell)
        filled += cell.size
    return pieces


def main() -> int:
    """Compare; the exit status says whether the two agree."""
    wrong: list[str] = []
    permitted = 0
    pieces = _pieces()
    whole = sum(cell.size for piece in pieces for cell in piece)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        with progress("requests of the whole space", whole) as advance:
            for found, done in pool.map(_differences, pieces):
                wrong += found
                advance(done)
        with progress("requests beyond it", BEYOND) as advance:
            for found, allowed in pool.map(beyond, range(BEYOND // PIECE)):
                wrong += found
                permitted += allowed
                advance(PIECE)
    print(f"{whole:,} requests of the whole space and {BEYOND:,} beyond ({permitted:,} permitted): ", end="")
    print(f"{len(wrong):,} answered differently by Cedar and by the compiled agreement")
    print(*wrong[:20], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
