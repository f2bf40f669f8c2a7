"""The agreement as a table: for each role and purpose, each category and register, what is open on which conditions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.policies.agreement import CompiledAgreement
from app.policies.compile import EXCLUDED, LISTED, RESTRICTED, Condition, Key
from app.policies.review.openings import Extent, cube_of
from app.policies.review.words import extent_in_words, listed, phrases
from app.vocabulary import CATEGORIES, Action, Category, Party, Purpose, Register, Role, Subject

Place = tuple[Role, Party, Purpose]


@dataclass(frozen=True, slots=True)
class Line:
    """What one clause opens in one cell, in words."""

    clause: str
    actions: tuple[Action, ...]
    conditions: tuple[str, ...]
    """All of them have to hold; none: S1 and S3 are enough."""
    how_far: str
    """Empty where it is open in full."""
    flags: tuple[str, ...]
    """Where it goes on although a standing condition would stop it."""

    @property
    def text(self) -> str:
        """The whole line as one sentence."""
        said = f"{self.clause}: {listed([each.value for each in self.actions])}"
        said += f" where {listed(self.conditions)}" if self.conditions else ""
        return "; ".join([part for part in (said, self.how_far, *self.flags) if part])


@dataclass(frozen=True, slots=True)
class Cell:
    """One role, purpose and subject: what is open, and what nothing opens."""

    lines: tuple[Line, ...]
    prohibited: tuple[tuple[str, tuple[Action, ...]], ...] = ()
    """Clause and actions that it forbids whatever the facts."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by role, party and purpose; a cell that is not there is closed (S2)."""

    rows: tuple[Place, ...]
    columns: tuple[Subject, ...]
    cells: dict[tuple[Place, Subject], Cell]

    def cell(self, place: Place, subject: Subject) -> Cell:
        """What stands there; an empty cell where nothing is open or prohibited."""
        return self.cells.get((place, subject), Cell(()))


RESTRICTED_TOO = "also of a restricted record"
ENDED_TOO = "also after the agreement has ended"


def matrix(agreement: CompiledAgreement) -> Matrix:
    """Every role with every purpose that it may use; every category, and the registers that some clause names."""
    found: dict[tuple[Place, Subject], list[tuple[Action, Condition]]] = {}
    for key, subject in agreement.cells():
        place, action = _apart(key)
        asked = found.setdefault((place, subject), [])
        asked += [(action, each) for each in agreement.conditions(*key, subject) if not each.needs & LISTED]
    rows = _rows(agreement, {place for place, _ in found})
    cells = {at: Cell(tuple(_lines(agreement, at[0][0], at[1], asked))) for at, asked in found.items()}
    for place in rows:
        for subject in CATEGORIES:
            if forbidden := _prohibited(agreement, place, subject):
                cells[place, subject] = Cell(cells.get((place, subject), Cell(())).lines, forbidden)
    registers = tuple(each for each in Register if any(subject == each for _, subject in cells))
    return Matrix(rows, (*CATEGORIES, *registers), cells)


def _apart(key: Key) -> tuple[Place, Action]:
    role, party, purpose, action = key
    return (role, party, purpose), action


def _rows(agreement: CompiledAgreement, known: set[Place]) -> tuple[Place, ...]:
    places = (
        (role, party, purpose)
        for role, terms in agreement.agreement.roles.items()
        for party in terms.parties
        for purpose in agreement.agreement.purposes
    )
    return tuple(place for place in places if place in known)


def _lines(
    agreement: CompiledAgreement, role: Role, subject: Subject, asked: Sequence[tuple[Action, Condition]]
) -> Iterator[Line]:
    """A line for each condition, with all actions that it opens."""
    actions: dict[Condition, list[Action]] = {}
    for action, condition in asked:
        actions.setdefault(condition, []).append(action)
    for condition, opened in actions.items():
        cube = cube_of(condition)
        bare = cube._replace(lacks=cube.lacks & ~RESTRICTED)
        of_person = bool(condition.forbids & EXCLUDED)
        (conditions,) = phrases((bare,), role, subject, of_person=of_person).cases
        flags = []
        if of_person and not condition.forbids & RESTRICTED:
            flags.append(RESTRICTED_TOO)
        if condition.despite_end:
            flags.append(ENDED_TOO)
        extent = Extent(() if condition.fields is None else (condition.fields,), frozenset({condition.rows}))
        how_far = extent_in_words(extent, agreement)
        yield Line(condition.clause, tuple(dict.fromkeys(opened)), conditions, how_far, tuple(flags))


def _prohibited(
    agreement: CompiledAgreement, place: Place, subject: Category
) -> tuple[tuple[str, tuple[Action, ...]], ...]:
    clauses: dict[str, list[Action]] = {}
    for action in Action:
        for clause in agreement.prohibitions(*place, action, subject):
            clauses.setdefault(clause, []).append(action)
    return tuple((clause, tuple(actions)) for clause, actions in clauses.items())
