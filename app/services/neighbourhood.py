"""Records that bear on each other: what arrived, what it may be one with, and who else has a claim to that."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from app.gate.matching import Matchmaker, Turn
from app.pathway.matching import Basis, Side, State, Verdict, judge, weights
from app.pathway.matching.comparing import are_near, swapped
from app.records.matching import Kept, Registered

CLAIMS = ("nhs_number", "crn")
"""Identifiers that one person alone has."""
SHARED = (*CLAIMS, "pnc_number", "date_of_birth", "postcode")
"""What two records have to have in common, at least one of it, to be compared; a postcode alone is that of a street."""
_LAPSED = Verdict(State.LAPSED, Basis.NOTHING)
Values = set[object]
Index = dict[tuple[str, object], list[Side]]


class Neighbourhood:
    """Reads what it takes to judge some records, and judges them."""

    def __init__(self, maker: Matchmaker) -> None:
        self._maker = maker
        self._people: dict[str, Side] = {}
        self._registered: dict[str, Registered] = {}

    async def turns(self, registrations: Iterable[str], people: Iterable[str]) -> list[Turn]:
        """Every pair that is to stand otherwise than it does, of these registrations and people and whom they bear on.

        A person bears on every registration that may be theirs, a registration on every other that claims one of its
        people, now or before, or its NHS number now; see `contested` for the number of before.
        """
        await self._add_registered("id", registrations)
        before = await self._maker.pairs("patient_id", self._registered)
        await self._add_rivals(await self._maker.people("id", {pair.person_id for pair in before}))
        await self._add_registrations_of(await self._maker.people("id", people))
        await self._add_rivals(await self._claimed(self._sides()))
        await self._add_registered("nhs_number", values_of(self._sides(), "nhs_number"))
        return await self._judge_all()

    async def _add_registrations_of(self, people: Collection[Side]) -> None:
        pairs = await self._maker.pairs("person_id", [person.id for person in people])
        await self._add_registered("id", {pair.patient_id for pair in pairs})
        index = indexed(people, SHARED)
        for name in SHARED:
            for each in await self._maker.registrations(name, values_of(people, name)):
                if each.side.id not in self._registered and _sharing(each.side, index):
                    self._registered[each.side.id] = each

    async def _add_rivals(self, people: Collection[Side]) -> None:
        for name in CLAIMS:
            await self._add_registered(name, values_of(people, name))

    async def _add_registered(self, by: str, values: Iterable[object]) -> None:
        self._registered |= {each.side.id: each for each in await self._maker.registrations(by, values)}

    async def _claimed(self, sides: Collection[Side]) -> list[Side]:
        return [person for name in CLAIMS for person in await self._maker.people(name, values_of(sides, name))]

    def _sides(self) -> list[Side]:
        return [each.side for each in self._registered.values()]

    async def _judge_all(self) -> list[Turn]:
        sides = self._sides()
        kept: dict[str, list[Kept]] = {side.id: [] for side in sides}
        for pair in await self._maker.pairs("patient_id", kept):
            kept[pair.patient_id].append(pair)
        found = [person for name in SHARED for person in await self._maker.people(name, values_of(sides, name))]
        found += await self._maker.people("id", {pair.person_id for pairs in kept.values() for pair in pairs})
        self._people = {person.id: person for person in found}
        others = {side.id: side for side in sides}
        claimed = [*await self._claimed(sides), *sides]
        for name in CLAIMS:
            rivals = await self._maker.registrations(name, values_of(claimed, name))
            others |= {each.side.id: each.side for each in rivals}
        sharing, claiming = indexed(self._people.values(), SHARED), indexed(others.values(), CLAIMS)
        verdicts = {side.id: verdicts_of(side, sharing, claiming) for side in sides}
        return [
            turn
            for own, pairs in sorted(kept.items())
            for turn in self._turned(self._registered[own], pairs, verdicts[own])
        ]

    def _turned(self, registered: Registered, kept: list[Kept], verdicts: Mapping[str, Verdict]) -> Iterable[Turn]:
        """What somebody decided stands; the rest is as the records have it."""
        decided = {pair.person_id: pair.state for pair in kept if pair.is_decided}
        if State.LINKED in decided.values():
            verdicts = {}
        before = {pair.person_id: pair for pair in kept}
        for person_id in sorted((before.keys() | verdicts.keys()) - decided.keys()):
            seen, verdict = before.get(person_id), verdicts.get(person_id, _LAPSED)
            if seen is None or (seen.state, seen.basis) != (verdict.state, verdict.basis):
                yield Turn(registered, self._people[person_id], seen, verdict)


async def contested(maker: Matchmaker) -> list[str]:
    """Registrations that would be linked but for another one, which may have been corrected meanwhile."""
    pairs = await maker.pairs("basis", [Basis.SEVERAL.value])
    return sorted({pair.patient_id for pair in pairs if pair.state is State.POSSIBLE})


def verdicts_of(side: Side, sharing: Index, claiming: Index) -> Mapping[str, Verdict]:
    """What a registration is to whom, of the people of one index, beside the registrations of the other."""
    people = _sharing(side, sharing)
    claimed = [person for person in people if _claims(side, person)]
    others = [*found_in(claiming, claimed, CLAIMS), *found_in(claiming, [side], CLAIMS[:1])]
    return judge(side, people, others, weights())


def _claims(side: Side, person: Side) -> bool:
    return any(getattr(side, name) is not None and getattr(side, name) == getattr(person, name) for name in CLAIMS)


def _sharing(side: Side, index: Index) -> list[Side]:
    """Whoever lives there as well counts if they were born about then."""
    found = {each.id: each for each in found_in(index, [side], SHARED[:-1])}
    for each in found_in(index, [side], SHARED[-1:]):
        if each.id not in found and are_near(side.date_of_birth, each.date_of_birth):
            found[each.id] = each
    return list(found.values())


def indexed(sides: Iterable[Side], names: Sequence[str]) -> Index:
    """Sides by what they say in these fields."""
    index: Index = {}
    for side in sides:
        for name in names:
            if (value := getattr(side, name)) is not None:
                index.setdefault((name, value), []).append(side)
    return index


def found_in(index: Index, sides: Collection[Side], names: Sequence[str]) -> list[Side]:
    """Each side of an index that says in one of these fields what one of these sides says there."""
    found = {
        each.id: each for name in names for value in values_of(sides, name) for each in index.get((name, value), ())
    }
    return list(found.values())


def values_of(sides: Collection[Side], name: str) -> Values:
    """What these records say in a field; of a date also the one with day and month the other way round."""
    found: Values = {value for side in sides if (value := getattr(side, name)) is not None}
    if name == "date_of_birth":
        days = [value for value in found if isinstance(value, date)]
        found |= {other for day in days if (other := swapped(day))}
    return found
