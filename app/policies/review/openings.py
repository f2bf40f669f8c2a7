"""How far a thing is open on which facts, and where that differs between two sets of conditions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, combinations, product
from typing import NamedTuple

from app.policies.compile import Condition
from app.policies.review.cubes import ANYTHING, Cube, Cubes, Region, both, region
from app.policies.rulings import Ruling
from app.policies.schema import Rows


class Extent(NamedTuple):
    """How far something is open: under which caveats, and which referrals it reaches."""

    caveats: tuple[str, ...]
    """Empty where it is open in full."""
    rows: frozenset[str]

    def covers(self, other: "Extent") -> bool:
        """Whether whatever the other opens is open here."""
        return self.caveats in ((), other.caveats) and (Rows.ALL in self.rows or other.rows <= self.rows)


class Effect(StrEnum):
    """What becomes of a combination of facts."""

    OPENS = "opens"
    CLOSES = "closes"
    WIDENS = "widens"
    NARROWS = "narrows"
    ALTERS = "alters"
    """Open as before in one respect and not in another."""


def effect_of(before: Extent | None, after: Extent | None) -> Effect | None:
    """What happened between two extents; None for nothing."""
    if before == after:
        return None
    if before is None or after is None:
        return Effect.OPENS if before is None else Effect.CLOSES
    if after.covers(before):
        return None if before.covers(after) else Effect.WIDENS
    return Effect.NARROWS if before.covers(after) else Effect.ALTERS


def extent_of(ruling: Ruling) -> Extent | None:
    """How far a ruling opens its subject; None where it refuses."""
    return _extent(ruling.fields, ruling.rows) if ruling.permitted else None


def _extent(caveats: tuple[str, ...], rows: frozenset[str]) -> Extent:
    return Extent(caveats, frozenset({Rows.ALL.value}) if Rows.ALL in rows else rows)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: how far it was open and is, and on exactly which facts."""

    effect: Effect
    before: Extent | None
    after: Extent | None
    where: tuple[Region, ...]


class _Case(NamedTuple):
    """The facts on which something is open so far and no further: in all of `within`, in none of `without`."""

    extent: Extent | None
    within: Cubes
    without: Cubes


def differences(before: Sequence[Condition], after: Sequence[Condition]) -> tuple[Difference, ...]:
    """Every difference between two sets of conditions for one thing; none where they open it alike.

    Which clause opens it does not count, nor how many do.
    """
    if _said(before) == _said(after):
        return ()
    found: dict[tuple[Effect, Extent | None, Extent | None], list[Region]] = {}
    for old, new in product(_cases(before), _cases(after)):
        effect = effect_of(old.extent, new.extent)
        if effect is not None:
            where = region(both(old.within, new.within), (*old.without, *new.without))
            if where.cubes:
                found.setdefault((effect, old.extent, new.extent), []).append(where)
    return tuple(Difference(*ends, _joined(where)) for ends, where in found.items())


def cube_of(condition: Condition) -> Cube:
    """The facts on which a condition holds."""
    return Cube(condition.needs, condition.forbids)


def clauses_in(conditions: Iterable[Condition], where: Iterable[Region]) -> tuple[str, ...]:
    """The clauses of those conditions that hold somewhere in these regions."""
    cubes = [cube for each in where for cube in each.cubes]
    met = (each.clause for each in conditions if any(cube_of(each).meets(cube) for cube in cubes))
    return tuple(dict.fromkeys(met))


def _said(conditions: Iterable[Condition]) -> set[tuple[Cube, str | None, str]]:
    return {(cube_of(each), each.fields, each.rows) for each in conditions}


def _cases(conditions: Sequence[Condition]) -> Iterator[_Case]:
    """Facts apart by how far they open: for each set of ways, where all of these and no others are open."""
    ways: dict[tuple[str | None, str], list[Cube]] = {}
    for each in conditions:
        ways.setdefault((each.fields, each.rows), []).append(cube_of(each))
    yield _Case(None, (ANYTHING,), tuple(chain.from_iterable(ways.values())))
    for size in range(1, len(ways) + 1):
        for chosen in combinations(ways, size):
            within: Cubes = (ANYTHING,)
            for way in chosen:
                within = both(within, ways[way])
            without = tuple(chain.from_iterable(cubes for way, cubes in ways.items() if way not in chosen))
            caveats = {fields for fields, _ in chosen}
            named = () if None in caveats else tuple(sorted(filter(None, caveats)))
            yield _Case(_extent(named, frozenset(rows for _, rows in chosen)), within, without)


def _joined(regions: Sequence[Region]) -> tuple[Region, ...]:
    """As one region where each is by its minimal conditions."""
    if len(regions) == 1 or any(each.unless for each in regions):
        return tuple(regions)
    return (region(cube for each in regions for cube in each.cubes),)
