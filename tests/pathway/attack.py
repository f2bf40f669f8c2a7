"""An attack on published figures: every count is an unknown, every figure a constraint, and whole numbers solve it.

It knows what any reader knows: how counts are rounded and rates made, that tables add up, and what is part of what. It
shares no code with what decides on publication.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from app.pathway.reports import ALL, RATES, Published, Shown, published
from app.pathway.reports.measured import Measure

Unknown = Hashable
Bounds = dict[Unknown, tuple[int, int]]
Constraint = tuple[tuple[tuple[Unknown, int], ...], int | None, int | None]
"""A sum of multiples, at least and at most."""
MANY = 10_000
WITHIN = [
    ("notSuitable", "referred"), ("firstAppointmentMissed", "referred"), ("assessed", "referred"),
    ("enteredTreatment", "referred"), ("finishedTreatment", "enteredTreatment"),
    ("treatedWithin6Weeks", "treatedWithin18Weeks"), ("treatedWithin18Weeks", "finishedTreatment"),
    ("finishedWithPairedScores", "finishedTreatment"), ("finishedNotBelowCaseness", "finishedTreatment"),
    ("recovered", "finishedNotBelowCaseness"), ("recovered", "finishedWithPairedScores"),
    ("reliablyRecovered", "recovered"), ("reliablyRecovered", "reliablyImproved"),
    ("reliablyImproved", "finishedTreatment"), ("reliablyDeteriorated", "finishedTreatment"),
    ("contactsMissed", "contactsDue"), ("firstAppointmentMissed", "contactsMissed"),
]  # fmt: skip


class Unsolved(Exception):
    """More was tried than is reasonable; whether there is a solution is not known."""


class System:
    """Unknown whole numbers within bounds, and what is known of them together."""

    def __init__(self, bounds: Bounds, constraints: Sequence[Constraint]) -> None:
        self.bounds, self.constraints = bounds, constraints
        self._of: dict[Unknown, list[int]] = defaultdict(list)
        for place, (terms, _, _) in enumerate(constraints):
            for unknown, _ in terms:
                self._of[unknown].append(place)

    def holds(self, values: Mapping[Unknown, int]) -> bool:
        """Whether these values are a solution."""
        within = all(low <= values[unknown] <= high for unknown, (low, high) in self.bounds.items())
        return within and all(_is_met(each, values) for each in self.constraints)

    def values_of(self, unknown: Unknown, near: Mapping[Unknown, int], wanted: int = 2) -> list[int]:
        """Up to so many values that an unknown can have, each in a solution of everything; none other is tried."""
        low, high = self._narrowest.get(unknown, (1, 0))
        found: list[int] = []
        for value in sorted(range(low, min(high, low + 40) + 1), key=lambda each: abs(each - near[unknown])):
            solution = self._solved({**self._narrowest, unknown: (value, value)}, self._about(unknown), near)
            if solution is not None:
                assert self.holds(solution)
                found.append(value)
            if len(found) == wanted:
                break
        return found

    @cached_property
    def _narrowest(self) -> Bounds:
        """What single constraints leave of all bounds: where every search begins, since each would come to it first."""
        return self._narrowed(dict(self.bounds), self.constraints)

    def _about(self, unknown: Unknown) -> list[Constraint]:
        return [self.constraints[place] for place in self._of[unknown]]

    def _solved(
        self, bounds: Bounds, changed: Iterable[Constraint], near: Mapping[Unknown, int]
    ) -> dict[Unknown, int] | None:
        tried = 0

        def search(known: Bounds, touched: Iterable[Constraint]) -> dict[Unknown, int] | None:
            nonlocal tried
            narrowed = self._narrowed(dict(known), touched)
            if not narrowed:
                return None
            tried += 1
            if tried > 3_000:
                raise Unsolved
            nearest = {each: min(max(near[each], low), high) for each, (low, high) in narrowed.items()}
            broken = next((each for each in self.constraints if not _is_met(each, nearest)), None)
            if broken is None:
                return nearest
            open_ones = [each for each, _ in broken[0] if narrowed[each][0] < narrowed[each][1]]
            unknown = min(open_ones, key=lambda each: (narrowed[each][1] - narrowed[each][0], str(each)))
            low, high = narrowed[unknown]
            for value in sorted(range(low, high + 1), key=lambda each: abs(each - near[unknown])):
                found = search({**narrowed, unknown: (value, value)}, self._about(unknown))
                if found is not None:
                    return found
            return None

        return search(bounds, changed)

    def _narrowed(self, bounds: Bounds, touched: Iterable[Constraint]) -> Bounds:
        """The bounds as far as single constraints narrow them; empty where one cannot be met."""
        waiting = list(touched)
        while waiting:
            terms, low, high = waiting.pop()
            least = sum(times * bounds[each][0 if times > 0 else 1] for each, times in terms)
            most = sum(times * bounds[each][1 if times > 0 else 0] for each, times in terms)
            if (high is not None and least > high) or (low is not None and most < low):
                return {}
            for each, times in terms:
                first, last = bounds[each]
                smallest, largest = sorted((times * first, times * last))
                at_most = None if high is None else high - (least - smallest)
                at_least = None if low is None else low - (most - largest)
                if times < 0:
                    at_most, at_least = at_least, at_most
                new = (
                    first if at_least is None else max(first, -(-at_least // times)),
                    last if at_most is None else min(last, at_most // times),
                )
                if new[0] > new[1]:
                    return {}
                if new != (first, last):
                    bounds[each] = new
                    waiting += self._about(each)
                    least += min(times * new[0], times * new[1]) - smallest
                    most += max(times * new[0], times * new[1]) - largest
        return bounds


def _is_met(constraint: Constraint, values: Mapping[Unknown, int]) -> bool:
    terms, low, high = constraint
    total = sum(times * values[each] for each, times in terms)
    return (low is None or total >= low) and (high is None or total <= high)


def system_of(figures: Published) -> System:
    """What a reader of the published figures knows, and nothing else: from their texts."""
    shown = published(figures)
    rows = sorted({row for row, _ in figures.cells})
    bounds: Bounds = {(row, m.value): _within(shown.count(row, m).text) for row in rows for m in Measure}
    constraints = [*_sums(rows), *(each for row in rows for each in _laws(row)), *_rates(rows, shown)]
    return System(bounds, constraints)


def _within(text: str) -> tuple[int, int]:
    if text == "fewer than 5":
        return 1, 4
    if text == "not shown":
        return 0, MANY
    number = int(text)
    return (max(number - 2, 5), number + 2) if number else (0, 0)


def _sums(rows: Sequence[Any]) -> Iterator[Constraint]:
    for table in {table for table, _ in rows} - {ALL}:
        for measure in Measure:
            parts = tuple(((row, measure.value), 1) for row in rows if row[0] == table)
            yield (*parts, (((ALL, ALL), measure.value), -1)), 0, 0


def _laws(row: Any) -> Iterator[Constraint]:
    def known(name: str) -> Unknown:
        return row, name

    for part, whole in WITHIN:
        yield ((known(whole), 1), (known(part), -1)), 0, None
    yield ((known("referred"), 1),), 1, None
    held = (known("contactsDue"), 1), (known("contactsMissed"), -1)
    yield (*held, (known("enteredTreatment"), -1), (known("finishedTreatment"), -1)), 0, None
    yield (*held, (known("assessed"), -1)), 0, None
    for seen in ("assessed", "enteredTreatment"):
        yield ((known("referred"), 1), (known("firstAppointmentMissed"), -1), (known(seen), -1)), 0, None


def _rates(rows: Sequence[Any], shown: Shown) -> Iterator[Constraint]:
    """p % of b, a half rounded up: 200a >= (2p - 1)b and 200a < (2p + 1)b; and both are 5 or more."""
    for row in rows:
        for rate, (part, whole) in RATES.items():
            percent = shown.share(row, rate).percent
            if percent is None:
                continue
            a, b = (row, part.value), (row, whole.value)
            yield ((a, 200), (b, -(2 * percent - 1))), 0, None
            yield ((a, 200), (b, -(2 * percent + 1))), None, -1
            yield ((a, 1),), 5, None
            yield ((b, 1),), 5, None
