"""Sets of facts as algebra: a cube says which facts hold and which do not; what one set has and another has not.

Nothing here runs through combinations of facts. A set is split on one fact at a time and only on facts that its cubes
name, so that what two agreements have in common costs nothing, however many facts there are. Where the minimal
conditions themselves would be too many for anybody to read, the set is given as it was asked for: these but not those.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.vocabulary import Facts


class Cube(NamedTuple):
    """All combinations of facts in which every fact of `holds` is there and none of `lacks` is."""

    holds: Facts
    lacks: Facts

    def has(self, facts: Facts) -> bool:
        """Whether these facts are one of its combinations."""
        return facts & (self.holds | self.lacks) == self.holds

    def meets(self, other: "Cube") -> bool:
        """Whether the two have a combination in common."""
        return not (self.holds & other.lacks or self.lacks & other.holds)

    def covers(self, other: "Cube") -> bool:
        """Whether every combination of the other is one of its own."""
        return not (self.holds & ~other.holds or self.lacks & ~other.lacks)


ANYTHING = Cube(0, 0)
"""Every combination of facts."""
Cubes = tuple[Cube, ...]


MOST = 64
"""Minimal conditions that are still worth reading."""
_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Region:
    """A set of combinations: in one of `cubes` and in none of `unless`."""

    cubes: Cubes
    """Without `unless` each is minimal: without any one of its facts it would say too much."""
    unless: Cubes = ()
    """Empty but where the minimal conditions would be more than `MOST`."""

    def has(self, facts: Facts) -> bool:
        """Whether these facts are one of its combinations."""
        return any(each.has(facts) for each in self.cubes) and not any(each.has(facts) for each in self.unless)


def region(inside: Iterable[Cube], outside: Iterable[Cube] = ()) -> Region:
    """Exactly what is in a cube of `inside` and in none of `outside`, by its minimal conditions, shortest first."""
    return _region(_smallest(inside), _smallest(outside))


@lru_cache(maxsize=4096)
def _region(inside: Cubes, outside: Cubes) -> Region:
    inside = tuple(each for each in inside if not any(one.covers(each) for one in outside))
    try:
        return Region(_Search().primes(inside, outside))
    except _TooMany:
        return Region(inside, tuple(each for each in outside if any(each.meets(one) for one in inside)))


def both(one: Iterable[Cube], other: Iterable[Cube]) -> Cubes:
    """What is in both sets."""
    others = tuple(other)
    return _smallest(Cube(a.holds | b.holds, a.lacks | b.lacks) for a in one for b in others if a.meets(b))


class _TooMany(Exception):
    """More conditions, or more work, than is worth while."""


class _Search:
    """One search for minimal conditions; what was found on the way is kept for as long as it lasts."""

    def __init__(self) -> None:
        self._known: dict[tuple[Cubes, Cubes], Cubes] = {}

    def primes(self, inside: Cubes, outside: Cubes) -> Cubes:
        """Every minimal condition."""
        asked = inside, outside
        if asked not in self._known:
            if len(self._known) >= _STEPS:
                raise _TooMany
            self._known[asked] = ()  # counted before it is found
            found = self._found(inside, tuple(each for each in outside if any(each.meets(one) for one in inside)))
            if len(found) > MOST:
                raise _TooMany
            self._known[asked] = found
        return self._known[asked]

    def _found(self, inside: Cubes, outside: Cubes) -> Cubes:
        if not inside or ANYTHING in outside:
            return ()
        common = _common(inside)
        if common != ANYTHING:  # what every cube says is set aside, since it stands in every answer
            found = self.primes(_given(inside, common), _given(outside, common))
            return _smallest(Cube(each.holds | common.holds, each.lacks | common.lacks) for each in found)
        if not outside and (ANYTHING in inside or _is_unate(inside)):
            return inside
        bit = _busiest((*inside, *outside))
        present, absent = Cube(bit, 0), Cube(0, bit)
        where_present = self.primes(_given(inside, present), _given(outside, present))
        where_absent = self.primes(_given(inside, absent), _given(outside, absent))
        return _smallest(
            [
                *both(where_present, where_absent),
                *(Cube(each.holds | bit, each.lacks) for each in where_present),
                *(Cube(each.holds, each.lacks | bit) for each in where_absent),
            ]
        )


def _common(cubes: Cubes) -> Cube:
    holds = lacks = -1
    for each in cubes:
        holds &= each.holds
        lacks &= each.lacks
    return Cube(holds, lacks)


def _given(cubes: Cubes, known: Cube) -> Cubes:
    """What is left to ask where this is known."""
    return _smallest(Cube(each.holds & ~known.holds, each.lacks & ~known.lacks) for each in cubes if each.meets(known))


def _is_unate(cubes: Sequence[Cube]) -> bool:
    """Whether each fact is asked for in one way alone; then the smallest cubes are the minimal conditions."""
    holds = lacks = 0
    for each in cubes:
        holds |= each.holds
        lacks |= each.lacks
    return not holds & lacks


def _busiest(cubes: Iterable[Cube]) -> Facts:
    """The fact that most cubes name, as a bit; the lowest of several."""
    counts: Counter[int] = Counter()
    for each in cubes:
        named = each.holds | each.lacks
        while named:
            lowest = named & -named
            counts[lowest] += 1
            named ^= lowest
    return min(counts, key=lambda bit: (-counts[bit], bit))


def _smallest(cubes: Iterable[Cube]) -> Cubes:
    """Without those that another covers, in an order of their own: the shortest first."""
    kept: list[Cube] = []
    for each in sorted(set(cubes), key=lambda cube: (cube.holds.bit_count() + cube.lacks.bit_count(), cube)):
        if not any(one.covers(each) for one in kept):
            kept.append(each)
    return tuple(kept)
