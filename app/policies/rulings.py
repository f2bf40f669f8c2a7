"""Rulings and how they are arrived at: conditions against facts, once for each combination that occurs.

A ruling names every clause that permits, or every cause that refuses and all that is missing. Whatever is remembered
is keyed by facts and bounded; emptying it changes nothing but the time that the next ruling takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.policies.compile import EXCLUDED, LISTED, RESTRICTED, TRAINED, Condition, Key
from app.vocabulary import FACTS, UNFAVOURABLE, Action, Fact, Facts, Party, Purpose, Role, Subject

_PLANS, _DECISIONS = 512, 1024
_OBJECTIONS = UNFAVOURABLE & ~(EXCLUDED | RESTRICTED)
_BY_BIT = {fact.bit: fact for fact in FACTS}
_NO_ROWS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Missing:
    """Why one clause does not permit: the facts that it lacks, and those that stop it."""

    clause: str
    lacks: tuple[Fact, ...]
    stopped_by: tuple[Fact, ...]
    hinges_on: Facts = field(default=0, compare=False, repr=False)
    """Every fact that the clause here depends on, in whichever state it is."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided on one subject, with every clause that permits or every cause that refuses."""

    subject: Subject
    permitted: bool
    clauses: tuple[str, ...]
    missing: tuple[Missing, ...]
    fields: tuple[str, ...]
    """Caveats, all of which apply; empty where some clause opens the subject in full."""
    rows: frozenset[str]
    announce: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The rulings on a question, in the order of its subjects, with all that is needed to make them again."""

    rulings: tuple[Ruling, ...]
    permitted: tuple[Subject, ...]
    facts: Facts
    agreement: str
    """The digest of the agreement."""
    in_force: bool

    @property
    def any_permitted(self) -> bool:
        """Whether anything is permitted at all; if not, the person is not to be known of (S5)."""
        return bool(self.permitted)

    def ruling(self, subject: Subject) -> Ruling:
        """The ruling on a subject; KeyError for one that was not asked about."""
        for ruling in self.rulings:
            if ruling.subject == subject:
                return ruling
        raise KeyError(subject)


class Cell:
    """One subject under one key: its conditions, and the rulings made from them so far."""

    __slots__ = ("_conditions", "_known", "_refusal", "mask", "subject")

    def __init__(self, subject: Subject, conditions: tuple[Condition, ...], prohibited: tuple[str, ...]) -> None:
        self.subject = subject
        self._conditions = conditions
        self._known: dict[Facts, Ruling] = {}
        self._refusal = Ruling(subject, False, prohibited or ("S2",), (), (), _NO_ROWS, False)  # noqa: FBT003  # a field
        self.mask = 0
        for each in conditions:
            self.mask |= each.needs | each.forbids | (RESTRICTED | LISTED if each.announce else 0)

    def ruling(self, facts: Facts) -> Ruling:
        """Permitted exactly if a condition holds."""
        if not self._conditions:
            return self._refusal
        facts &= self.mask
        known = self._known.get(facts)
        if known is None:
            if len(self._known) >= _DECISIONS:
                self._known.clear()
            met = [each for each in self._conditions if facts & (each.needs | each.forbids) == each.needs]
            known = self._known[facts] = self._permitted(met, facts) if met else self._refused(facts)
        return known

    def _permitted(self, met: list[Condition], facts: Facts) -> Ruling:
        """A caveat narrows its own clause's grant, never another's: where one opens in full, it is open in full."""
        caveats = {each.fields for each in met}
        return Ruling(
            subject=self.subject,
            permitted=True,
            clauses=tuple(dict.fromkeys([each.clause for each in met])),
            missing=(),
            fields=() if None in caveats else tuple(sorted(filter(None, caveats))),
            rows=frozenset([each.rows for each in met]),
            announce=facts & (RESTRICTED | LISTED) == RESTRICTED and any(each.announce for each in met),
        )

    def _refused(self, facts: Facts) -> Ruling:
        """For each candidate the standing conditions that fail, or else the clause itself; and all that is missing."""
        missing: list[Missing] = []
        standing: set[str] = set()
        candidates: list[str] = []
        for each in self._conditions:
            if each.needs & LISTED:  # the twin, for whoever is on a restricted record's list, of the one before it
                continue
            lacks, stops = each.needs & ~facts, each.forbids & facts
            if facts & LISTED:
                stops &= ~RESTRICTED
            failing = _standing(lacks, stops)
            standing.update(failing)
            if not failing:
                candidates.append(each.clause)
            one = Missing(each.clause, _names(lacks), _names(stops), each.needs | each.forbids)
            if one not in missing:
                missing.append(one)
        causes = (*sorted(standing), *dict.fromkeys(candidates))
        return Ruling(self.subject, False, causes, tuple(missing), (), _NO_ROWS, False)  # noqa: FBT003  # a field

    def forget(self) -> None:
        """Empty the memo."""
        self._known.clear()


def _standing(lacks: Facts, stops: Facts) -> tuple[str, ...]:
    failing = []
    if lacks & TRAINED:
        failing.append("S1")
    if stops & (EXCLUDED | RESTRICTED):
        failing.append("S3")
    if stops & _OBJECTIONS:
        failing.append("S4")
    return tuple(failing)


def _names(facts: Facts) -> tuple[Fact, ...]:
    names = []
    while facts:
        lowest = facts & -facts
        names.append(_BY_BIT[lowest])
        facts ^= lowest
    return tuple(names)


class Plan:
    """The cells of one question's subjects, and the decisions made on it so far."""

    __slots__ = ("_cells", "_digest", "_in_force", "_known", "_mask", "decisions")

    def __init__(self, cells: tuple[Cell, ...], digest: str, *, in_force: bool) -> None:
        self._cells, self._digest, self._in_force = cells, digest, in_force
        self._mask = 0
        for cell in cells:
            self._mask |= cell.mask
        self._known: dict[Facts, tuple[tuple[Ruling, ...], tuple[Subject, ...]]] = {}
        self.decisions: dict[Facts, Decision] = {}
        """By all the facts there were, so that a decision keeps them; few combinations ever occur."""

    def decide(self, facts: Facts) -> Decision:
        """The decision on these facts, then remembered; its rulings are shared among facts it cannot tell apart."""
        masked = facts & self._mask
        known = self._known.get(masked)
        if known is None:
            if len(self._known) >= _DECISIONS:
                self._known.clear()
            rulings = tuple([cell.ruling(masked) for cell in self._cells])
            known = rulings, tuple([each.subject for each in rulings if each.permitted])
            self._known[masked] = known
        if len(self.decisions) >= _DECISIONS:
            self.decisions.clear()
        decision = self.decisions[facts] = Decision(*known, facts, self._digest, self._in_force)
        return decision

    def forget(self) -> None:
        """Empty the memos."""
        self._known.clear()
        self.decisions.clear()


class Book:
    """Every plan made so far from one set of conditions: those in force, or those that outlive the agreement."""

    __slots__ = ("_cells", "_conditions", "_digest", "_in_force", "_prohibitions", "plans")

    def __init__(
        self,
        conditions: Mapping[Key, Mapping[Subject, tuple[Condition, ...]]],
        prohibitions: Mapping[Key, Mapping[Subject, tuple[str, ...]]],
        digest: str,
        *,
        in_force: bool,
    ) -> None:
        self._conditions, self._prohibitions = conditions, prohibitions
        self._digest, self._in_force = digest, in_force
        self._cells: dict[tuple[Key, Subject], Cell] = {}
        self.plans: dict[tuple[Role, Party, Purpose, Action, tuple[Subject, ...]], Plan] = {}

    def plan(self, key: Key, subjects: tuple[Subject, ...]) -> Plan:
        """A plan for these subjects, which is then remembered."""
        if len(self.plans) >= _PLANS:
            self.plans.clear()
        cells = tuple(self._cell(key, subject) for subject in subjects)
        plan = self.plans[(*key, subjects)] = Plan(cells, self._digest, in_force=self._in_force)
        return plan

    def _cell(self, key: Key, subject: Subject) -> Cell:
        cell = self._cells.get((key, subject))
        if cell is None:
            conditions = self._conditions.get(key, {}).get(subject, ())
            cell = Cell(subject, conditions, self._prohibitions.get(key, {}).get(subject, ()))
            if conditions:  # as many as the agreement has; the others would be as many as can be asked
                self._cells[key, subject] = cell
        return cell

    def forget(self) -> None:
        """Empty every memo."""
        for cell in self._cells.values():
            cell.forget()
        for plan in self.plans.values():
            plan.forget()
