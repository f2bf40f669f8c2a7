"""Who is taken for whom: what links without anybody looking, what comes onto the review list, and what never does."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway.matching import Basis, Field, Level, Pair, Side, State, compare, judge, weights
from app.pathway.matching.comparing import slips, swapped
from tests.pathway.people import BORN, CRN, OTHER_CRN, OTHER_NHS, person, registration, sides


def judged(own: Side, *people: Side, others: tuple[Side, ...] = ()) -> dict[str, tuple[State, Basis]]:
    found = judge(own, people, others, weights())
    return {identity: (verdict.state, verdict.basis) for identity, verdict in found.items()}


LINKED_BY_NHS, LINKED_BY_CRN = (State.LINKED, Basis.NHS_NUMBER), (State.LINKED, Basis.CRN)
CONTRADICTED, SEVERAL, BY_WEIGHT = ((State.POSSIBLE, basis) for basis in (
    Basis.CONTRADICTED, Basis.SEVERAL, Basis.WEIGHT))  # fmt: skip
BY_NAME = {"nhs_number": None, "family_name": "Okafor", "given_names": "Daniel"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, LINKED_BY_NHS, id="NHS number and date of birth"),
        pytest.param({"nhs_number": None, "crn": CRN}, LINKED_BY_CRN, id="the CRN that was given, and date of birth"),
        pytest.param({"postcode": "NG2 3CD"}, LINKED_BY_NHS, id="who moved is who they were"),
        pytest.param({"family_name": "Smith"}, LINKED_BY_NHS, id="a family name changes with marriage"),
        pytest.param({"given_names": "Dan"}, CONTRADICTED, id="a pet name is for somebody to see"),
        pytest.param({"given_names": "D"}, LINKED_BY_NHS, id="the letter of a name is no other name"),
        pytest.param({"date_of_birth": date(1984, 7, 3)}, CONTRADICTED, id="day and month swapped"),
        pytest.param({"date_of_birth": date(1984, 3, 8)}, CONTRADICTED, id="another day"),
        pytest.param({"date_of_birth": None}, CONTRADICTED, id="no date of birth"),
        pytest.param({"sex": "female"}, CONTRADICTED, id="another sex"),
        pytest.param({"crn": CRN, "sex": "female"}, LINKED_BY_NHS, id="another sex, with both identifiers"),
        pytest.param({"crn": OTHER_CRN}, CONTRADICTED, id="the CRN that was given is another"),
        pytest.param({"nhs_number": OTHER_NHS, "crn": CRN}, CONTRADICTED, id="the NHS number is another"),
        pytest.param({"pnc_number": "2002/0073319Z"}, CONTRADICTED, id="the PNC id is another"),
        pytest.param(BY_NAME | {"postcode": None}, BY_WEIGHT, id="name and date of birth"),
        pytest.param(BY_NAME, BY_WEIGHT, id="name, date of birth and postcode"),
        pytest.param(BY_NAME | {"pnc_number": "1981/0000034U"}, BY_WEIGHT, id="name, date of birth, postcode, PNC id"),
        pytest.param({"nhs_number": None}, BY_WEIGHT, id="date of birth, postcode and sex"),
    ],
)  # fmt: skip
def test_a_pair_comes_to(changes: dict[str, Any], expected: Any) -> None:
    assert judged(registration(**changes), person()) == {"p": expected}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"nhs_number": None, "postcode": "NG2 3CD"}, id="date of birth and sex"),
        pytest.param({"nhs_number": None, "date_of_birth": date(1990, 1, 1)}, id="postcode and sex"),
        pytest.param({"nhs_number": OTHER_NHS, "postcode": "NG2 3CD"}, id="date of birth, with other NHS numbers"),
    ],
)
def test_nobody_looks_at_what_agrees_by_chance(changes: dict[str, Any]) -> None:
    assert judged(registration(**changes), person()) == {}


@given(sides(), sides(), st.lists(sides(), max_size=3))
def test_nothing_but_an_identifier_with_the_date_of_birth_ever_links(own: Side, one: Side, others: list[Side]) -> None:
    for verdict in judge(own, [one], others, weights()).values():
        if verdict.state is State.LINKED:
            assert own.date_of_birth == one.date_of_birth is not None
            assert (own.nhs_number == one.nhs_number is not None) or (own.crn == one.crn is not None)


@given(sides(), sides())
def test_without_identifiers_nothing_links_however_much_agrees(own: Side, one: Side) -> None:
    bare = replace(own, nhs_number=None, crn=None), replace(one, nhs_number=None)
    assert State.LINKED not in {verdict.state for verdict in judge(*bare[:1], bare[1:], (), weights()).values()}


@given(sides(), sides())
def test_two_records_compare_the_same_either_way(one: Side, other: Side) -> None:
    assert compare(one, other) == compare(other, one)
    assert Pair.of(one, other).is_sound == Pair.of(other, one).is_sound


@given(sides(), st.permutations([person(), person("q", crn=OTHER_CRN), person("s", nhs_number=None)]), st.data())
def test_the_order_of_the_records_changes_nothing(own: Side, people: list[Side], data: st.DataObject) -> None:
    others = [registration("t"), registration("u", crn=CRN, nhs_number=None), registration("v", source="RXX")]
    shuffled = data.draw(st.permutations(others))
    assert judge(own, people, others, weights()) == judge(own, people[::-1], shuffled, weights())


class TestSeveral:
    """Two with one identifier are linked to nobody without somebody looking, whichever came first."""

    def test_two_registrations_with_one_nhs_number(self) -> None:
        one, other = registration("r1"), registration("r2")
        assert judged(one, person(), others=(one, other)) == {"p": SEVERAL}
        assert judged(other, person(), others=(one, other)) == {"p": SEVERAL}

    def test_the_second_with_another_date_of_birth(self) -> None:
        one, other = registration("r1"), registration("r2", source="RXX", date_of_birth=date(1990, 1, 1))
        assert judged(one, person(), others=(one, other)) == {"p": SEVERAL}
        assert judged(other, person(), others=(one, other)) == {"p": CONTRADICTED}

    def test_two_with_one_number_and_a_crn_each(self) -> None:
        """Each would be sure by its CRN; the number cannot be both people's."""
        one = registration("r1", crn=CRN)
        other = registration("r2", crn=OTHER_CRN, date_of_birth=date(1990, 1, 1))
        whom = person(nhs_number=None), person("q", nhs_number=None, crn=OTHER_CRN, date_of_birth=date(1990, 1, 1))
        assert judged(one, whom[0], others=(one, other)) == {"p": SEVERAL}
        assert judged(other, whom[1], others=(one, other)) == {"q": SEVERAL}
        elsewhere = replace(other, source="RXX")
        assert judged(one, whom[0], others=(one, elsewhere)) == {"p": SEVERAL}

    def test_one_registration_at_each_of_two_services_is_one_person_at_both(self) -> None:
        one, other = registration("r1"), registration("r2", source="RXX")
        assert judged(one, person(), others=(one, other)) == {"p": LINKED_BY_NHS}
        assert judged(other, person(), others=(one, other)) == {"p": LINKED_BY_NHS}

    def test_a_registration_whose_number_and_crn_are_two_peoples(self) -> None:
        own = registration(crn=OTHER_CRN)
        found = judged(own, person(), person("q", crn=OTHER_CRN, nhs_number=None))
        assert found == {"p": CONTRADICTED, "q": SEVERAL}

    def test_twins_are_told_apart_by_their_numbers(self) -> None:
        twins = (person(), person("q", nhs_number=OTHER_NHS, crn=OTHER_CRN, given_names="David"))
        assert judged(registration(), *twins) == {"p": LINKED_BY_NHS}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("O'Brien", "OBRIEN", Level.SAME),
        ("Müller", "Muller", Level.SAME),
        ("Smith-Jones", "Smith Jones", Level.SAME),
        ("Smith-Jones", "Jones", Level.ALIKE),
        ("Okafor", "Okafro", Level.ALIKE),
        ("Macdonald", "McDonalds", Level.ALIKE),
        ("Lee", "Leigh", Level.DIFFERENT),
        ("Li", "Lu", Level.DIFFERENT),
        ("Smith", "", Level.UNKNOWN),
        ("'", "-", Level.UNKNOWN),
    ],
)
def test_family_names(one: str, other: str, level: Level) -> None:
    found = compare(person(family_name=one), person(family_name=other))
    assert found.levels[Field.FAMILY_NAME] is level


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_are_a_distance(one: str, other: str) -> None:
    assert slips(one, other, 9) == slips(other, one, 9)
    assert (slips(one, other, 9) == 0) == (one == other)
    assert slips(one, other, 0) == (0 if one == other else None)


def test_a_swap_of_neighbours_is_one_slip() -> None:
    assert (slips("abcd", "abdc", 2), slips("abcd", "acbe", 2), slips("ab", "ba", 0)) == (1, 2, None)


def test_only_some_dates_can_be_swapped() -> None:
    assert swapped(BORN) == date(1984, 7, 3)
    assert swapped(date(1984, 3, 13)) is None
    assert swapped(date(1984, 3, 3)) is None


def test_what_agrees_speaks_for_and_what_differs_against() -> None:
    """As every weight of the file has to, or somebody mistook m for u."""
    for levels in weights().bits.values():
        assert levels[Level.SAME] > 0
        assert levels[Level.DIFFERENT] < 0
        assert levels[Level.SAME] == max(levels.values())
    assert weights().total(compare(person(), person())) > weights().possible
    assert weights().total(compare(person(), Side("q"))) == 0
