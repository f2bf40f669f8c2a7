"""Records one by one in any order, with corrections between them, or all at once: the pairs are the same in the end."""

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.gate.matching import Turn
from app.pathway.matching import Side, State
from app.records.matching import Kept, Registered
from app.services.neighbourhood import Neighbourhood, contested
from tests.pathway.people import BORN, CRN, NHS, OTHER_CRN, OTHER_NHS
from tests.world import NOW


class Tables:
    """What a matchmaker reads and keeps, in memory; rows are found by whole values, as the database finds them."""

    def __init__(self) -> None:
        self.persons: dict[str, Side] = {}
        self.patients: dict[str, Registered] = {}
        self.kept: dict[tuple[str, str], Kept] = {}

    async def people(self, by: str, values: Iterable[object]) -> list[Side]:
        wanted = {*values}
        return [side for side in self.persons.values() if getattr(side, by) in wanted]

    async def registrations(self, by: str, values: Iterable[object]) -> list[Registered]:
        wanted = {*values}
        return [each for each in self.patients.values() if getattr(each.side, by) in wanted]

    async def pairs(self, by: str, values: Iterable[str]) -> list[Kept]:
        wanted = {*values}
        return [pair for pair in self.kept.values() if getattr(pair, by) in wanted]

    def keep(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            own, person = turn.registration.side.id, turn.person.id
            self.kept[own, person] = Kept(turn.id, own, person, turn.verdict.state, turn.verdict.basis, None, NOW)

    def arrive(self, side: Side) -> None:
        """A record, or a later version of one, and what matching makes of it."""
        registrations, people = ([side.id], []) if side.source else ([], [side.id])
        if side.source:
            self.patients[side.id] = Registered(side, None)
        else:
            self.persons[side.id] = side
        maker: Any = self
        self.keep(asyncio.run(Neighbourhood(maker).turns(registrations, people)))
        self.keep(asyncio.run(Neighbourhood(maker).turns(asyncio.run(contested(maker)), [])))

    def stand(self) -> dict[tuple[str, str], Any]:
        return {key: (pair.state, pair.basis) for key, pair in self.kept.items() if pair.state is not State.LAPSED}


_NUMBERS = st.sampled_from([None, NHS, OTHER_NHS])
_DAYS = st.sampled_from([BORN, BORN, date(1984, 7, 3), date(1990, 1, 1)])
_PLACES = st.sampled_from(["LE1 1AA", "NG2 3CD"])


@st.composite
def records(draw: st.DrawFn) -> list[Side]:
    """Three people, whose CRNs differ as they have to and whose NHS numbers do, and four registrations."""
    numbers = [NHS, OTHER_NHS, None]
    people = [
        Side(
            id=crn,
            crn=crn,
            nhs_number=numbers[place],
            date_of_birth=draw(_DAYS),
            postcode=draw(_PLACES),
            sex="male",
        )
        for place, crn in enumerate((CRN, OTHER_CRN, "X320743"))
    ]
    registrations = [
        Side(
            id=f"r{place}",
            source=draw(st.sampled_from(["RT5", "RXX"])),
            crn=draw(st.sampled_from([None, CRN, OTHER_CRN])),
            nhs_number=draw(_NUMBERS),
            date_of_birth=draw(_DAYS),
            postcode=draw(_PLACES),
            sex=draw(st.sampled_from(["male", "male", "female", None])),
        )
        for place in range(4)
    ]
    return people + registrations


@given(records(), st.data())
def test_any_order_comes_to_the_same_end(found: list[Side], data: st.DataObject) -> None:
    one, other = Tables(), Tables()
    for side in found:
        one.arrive(side)
    for side in data.draw(st.permutations(found)):
        other.arrive(side)
    assert one.stand() == other.stand()


@given(records(), records(), st.data())
def test_what_was_said_before_a_correction_leaves_no_trace(before: list[Side], after: list[Side], data: Any) -> None:
    fresh, corrected = Tables(), Tables()
    for side in after:
        fresh.arrive(side)
    for side in (*data.draw(st.permutations(before)), *data.draw(st.permutations(after))):
        corrected.arrive(side)
    assert corrected.stand() == fresh.stand()


@given(records())
def test_nothing_turns_when_nothing_is_new(found: list[Side]) -> None:
    tables: Any = Tables()
    for side in found:
        tables.arrive(side)
    turns = asyncio.run(Neighbourhood(tables).turns(list(tables.patients), list(tables.persons)))
    assert turns == []


@given(records())
def test_each_registration_has_one_person_at_most(found: list[Side]) -> None:
    tables = Tables()
    for side in found:
        tables.arrive(side)
    linked = [own for (own, _), (state, _) in tables.stand().items() if state is State.LINKED]
    assert len(linked) == len(set(linked))
