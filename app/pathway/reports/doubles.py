"""Other cohorts that would be published like the one there is: a few referrals or contacts more, fewer, or other ones.

Each is one that there could be: parts are within their wholes, and somebody who was treated had come.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from app.pathway.reports.figures import ALL, Breakdown, Cell, Row, Unit
from app.pathway.reports.measured import PARTS, RATES, Measure, Rate
from app.pathway.reports.rates import form, share

if TYPE_CHECKING:
    from app.pathway.reports.disclosure import Published, Told

Delta = dict[Cell, int]
"""By how much counts differ in the other cohort; none by nothing."""
_KINDS = 8
"""Units of how many kinds are tried for one count."""
_BEST, _TRIED = 5, 300
"""From how many single changes a second one goes on, and how many pairs are tried at most."""
_OF_A_RATE, _OF_A_COUNT, _OF_THE_WHOLE = 1, 4, 400
"""What it costs to withhold a figure; the table of all referrals comes last of all."""
_UNTHINKABLE = 10**9
_MEASURES = tuple(Measure)
_CONTACTS = frozenset({Measure.CONTACTS_DUE, Measure.CONTACTS_MISSED})
_WHOLES: Mapping[Measure, frozenset[Measure]] = {
    measure: frozenset(whole for part, whole in PARTS if part is measure) for measure in Measure
}


class Doubles:
    """Looks for them; what is published may lose figures meanwhile, and nothing else changes."""

    def __init__(self, published: "Published", units: Mapping[Unit, int]) -> None:
        self._published, self._units = published, units
        self._kinds: dict[Cell, list[Unit]] = defaultdict(list)
        ordered = sorted(units, key=lambda unit: (unit.places, sorted(unit.measures)))
        for unit in ordered:
            for row in unit.rows():
                for measure in unit.measures:
                    if len(self._kinds[row, measure]) < _KINDS:
                        self._kinds[row, measure].append(unit)
        self._values = [sorted({unit.places[place] for unit in ordered}) for place, _ in enumerate(Breakdown)]

    def telling(self, cell: Cell) -> "set[Told] | None":
        """The figures that tell the nearest cohort with another count here from this one: none if it has a double.

        None where no other cohort is near.
        """
        firsts: list[tuple[int, int, Delta, set[Told]]] = []
        for delta in self._changes(self._near(cell)):
            found = self._told(delta) if cell in delta else None
            if found is None:
                continue
            if not found[0]:
                return set()
            firsts.append((found[0], len(firsts), delta, found[1]))
        firsts.sort(key=lambda each: each[:2])
        best = firsts[0][::3] if firsts else (_UNTHINKABLE, None)
        left = _TRIED
        for _, _, delta, told in firsts[:_BEST]:
            for second in islice(self._compensating(told), left):
                left -= 1
                both = _together(delta, second)
                found = self._told(both, best[0]) if cell in both else None
                if found is not None:
                    best = found
                    if not best[0]:
                        return set()
        return best[1]

    def _near(self, cell: Cell) -> Sequence[Unit]:
        """What is counted here; or, where nothing is, what would be if it stood here."""
        found = self._kinds.get(cell)
        if found:
            return found
        (table, value), measure = cell
        place = list(Breakdown).index(Breakdown(table)) if table != ALL else None
        nearest = self._kinds.get(((ALL, ALL), measure)) or list(self._units)[:_KINDS]
        return nearest if place is None else [_moved(unit, place, value) for unit in nearest]

    def _compensating(self, told: "set[Told]") -> Iterator[Delta]:
        for row, figure in sorted(told):
            measures = RATES[figure] if isinstance(figure, Rate) else (figure,)
            for measure in measures:
                yield from self._changes(self._kinds.get((row, measure), ()))

    def _changes(self, kinds: Sequence[Unit]) -> Iterator[Delta]:
        """One unit in the place of another, one more, or one fewer."""
        for unit in kinds:
            is_there = bool(self._units.get(unit))
            for other in self._variants(unit):
                if is_there:
                    yield from _with_contacts(_exchanged(unit, other), unit, other)
                if self._units.get(other):
                    yield from _with_contacts(_exchanged(other, unit), other, unit)
            if is_there:
                yield _counted(unit, -1)
            yield from _with_contacts(_counted(unit, 1), None, unit)

    def _variants(self, unit: Unit) -> Iterator[Unit]:
        """The same in another row of one table, or with one thing about it that is different."""
        for place, values in enumerate(self._values):
            for value in values[:_KINDS]:
                if value != unit.places[place]:
                    yield _moved(unit, place, value)
        for measures in _turned(unit.measures):
            yield Unit(unit.places, measures)

    def _told(self, delta: Delta, bound: int = _UNTHINKABLE) -> "tuple[int, set[Told]] | None":
        """By which figures a reader could tell the two apart, and what they cost to withhold.

        None for a cohort that there cannot be, and from `bound` on.
        """
        cells = self._published.cells
        told: set[Told] = set()
        cost = 0
        for (row, measure), change in delta.items():
            count = cells[row, measure] + change
            if count < 0:
                return None
            if form(count) != form(cells[row, measure]) and self._published.shows(row, measure):
                cost += _OF_THE_WHOLE if row[0] == ALL else _OF_A_COUNT
                told.add((row, measure))
                if cost >= bound:
                    return None
        for row in {row for row, _ in delta}:
            now = {measure: cells[row, measure] + delta.get((row, measure), 0) for measure in _MEASURES}
            if not is_lawful(now):
                return None
            for rate in self._rates_that_differ(row, now):
                cost += _OF_THE_WHOLE if row[0] == ALL else _OF_A_RATE
                told.add((row, rate))
        return None if cost >= bound else (cost, told)

    def _rates_that_differ(self, row: Row, now: Mapping[Measure, int]) -> Iterator[Rate]:
        cells = self._published.cells
        for rate, (part, whole) in RATES.items():
            before = cells[row, part], cells[row, whole]
            after = now[part], now[whole]
            if before != after and share(*before) != share(*after) and self._published.shows(row, rate):
                yield rate


def _moved(unit: Unit, place: int, value: str) -> Unit:
    return Unit((*unit.places[:place], value, *unit.places[place + 1 :]), unit.measures)


@cache
def _turned(measures: frozenset[Measure]) -> tuple[frozenset[Measure], ...]:
    """What a unit may count in instead: one thing more with its wholes, or one fewer with its parts."""
    of_contacts = Measure.CONTACTS_DUE in measures
    found = []
    for measure in Measure:
        if (measure in _CONTACTS) is not of_contacts or measure in (Measure.REFERRED, Measure.CONTACTS_DUE):
            continue
        if measure in measures:
            turned = frozenset(each for each in measures if measure not in _with_wholes(each))
        else:
            turned = measures | _with_wholes(measure)
        if not (Measure.FIRST_MISSED in turned and turned & {Measure.ASSESSED, Measure.ENTERED}):
            found.append(turned)
    return tuple(found)


@cache
def _with_wholes(measure: Measure) -> frozenset[Measure]:
    found = frozenset({measure})
    for whole in _WHOLES[measure]:
        found |= _with_wholes(whole)
    return found


def is_lawful(row: Mapping[Measure, int]) -> bool:
    """Whether a row can be: parts are within wholes, who is seen has come, and who is missed had been due."""
    held = row[Measure.CONTACTS_DUE] - row[Measure.CONTACTS_MISSED]
    seen = max(row[Measure.ENTERED], row[Measure.ASSESSED])
    return (
        row[Measure.REFERRED] > 0
        and all(row[part] <= row[whole] for part, whole in PARTS)
        and held >= max(row[Measure.ENTERED] + row[Measure.FINISHED], row[Measure.ASSESSED])
        and row[Measure.CONTACTS_MISSED] >= row[Measure.FIRST_MISSED]
        and seen + row[Measure.FIRST_MISSED] <= row[Measure.REFERRED]
    )


def _with_contacts(delta: Delta, leaves: Unit | None, comes: Unit) -> Iterator[Delta]:
    """The change alone; and, where whoever comes had more contacts than whoever leaves, with these."""
    yield delta
    before = _visits(leaves.measures) if leaves and leaves.places == comes.places else (0, 0)
    held, missed = (max(now - was, 0) for now, was in zip(_visits(comes.measures), before, strict=True))
    if held:
        yield _together(delta, _counted(Unit(comes.places, frozenset({Measure.CONTACTS_DUE})), held))
    if missed:
        yield _together(delta, _counted(Unit(comes.places, _CONTACTS), missed))


def _visits(measures: frozenset[Measure]) -> tuple[int, int]:
    """How many contacts a referral has had at least: held, and missed."""
    treated = (Measure.ENTERED in measures) + (Measure.FINISHED in measures)
    return max(treated, Measure.ASSESSED in measures), int(Measure.FIRST_MISSED in measures)


def _counted(unit: Unit, times: int) -> Delta:
    return {(row, measure): times for row in unit.rows() for measure in unit.measures}


def _exchanged(leaves: Unit, comes: Unit) -> Delta:
    """One unit in the place of another; where both count nothing changes."""
    delta: Delta = {}
    gone, new = leaves.measures - comes.measures, comes.measures - leaves.measures
    for before, after in zip(leaves.rows(), comes.rows(), strict=True):
        is_same = before == after
        delta |= {(before, measure): -1 for measure in (gone if is_same else leaves.measures)}
        delta |= {(after, measure): 1 for measure in (new if is_same else comes.measures)}
    return delta


def _together(one: Delta, other: Delta) -> Delta:
    both = dict(one)
    for cell, change in other.items():
        both[cell] = both.get(cell, 0) + change
    return {cell: change for cell, change in both.items() if change}
