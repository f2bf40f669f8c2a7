"""The algebra of conditions against brute force: the same combinations, in the shortest words, and at any size."""

import time

from hypothesis import given
from hypothesis import strategies as st

from app.policies.review.cubes import ANYTHING, MOST, Cube, Cubes, both, region

FEW = 5
ALL = range(1 << FEW)


@st.composite
def cubes(draw: st.DrawFn) -> Cube:
    holds = draw(st.integers(0, (1 << FEW) - 1))
    return Cube(holds, draw(st.integers(0, (1 << FEW) - 1)) & ~holds)


SETS = st.lists(cubes(), max_size=5)


def primes(inside, outside=()) -> Cubes:
    found = region(inside, outside)
    assert found.unless == ()
    return found.cubes


def combinations(found) -> set[int]:
    return {facts for facts in ALL if any(each.has(facts) for each in found)}


def every_cube() -> list[Cube]:
    return [Cube(holds, lacks) for holds in ALL for lacks in ALL if not holds & lacks]


@given(SETS, SETS)
def test_the_conditions_say_exactly_what_one_set_has_and_the_other_has_not(inside, outside):
    assert combinations(primes(inside, outside)) == combinations(inside) - combinations(outside)


@given(SETS, SETS)
def test_the_conditions_are_all_the_minimal_ones_and_no_other(inside, outside):
    """Against the definition: a cube within the set that no greater cube within the set covers."""
    wanted = combinations(inside) - combinations(outside)
    within = [each for each in every_cube() if combinations([each]) <= wanted]
    minimal = {one for one in within if not any(other != one and other.covers(one) for other in within)}
    assert set(primes(inside, outside)) == minimal


@given(SETS, SETS)
def test_what_is_in_both_is_what_each_has(one, other):
    assert combinations(both(one, other)) == combinations(one) & combinations(other)


@given(SETS)
def test_the_order_in_which_a_set_is_given_changes_nothing(inside):
    assert primes(inside) == primes(reversed(inside))


def test_a_set_without_itself_is_empty_and_everything_without_nothing_is_everything():
    assert primes([Cube(1, 2)], [Cube(1, 2)]) == ()
    assert primes([ANYTHING]) == (ANYTHING,)
    assert primes([]) == ()


def test_a_need_that_is_dropped_opens_where_it_is_lacking():
    assert primes([Cube(0b011, 0)], [Cube(0b111, 0)]) == (Cube(0b011, 0b100),)


def test_many_facts_that_clauses_share_are_no_more_work_than_few():
    """Twelve conditions over forty facts, one of which loses a need."""
    shared = 0b1111
    old = [Cube(shared | 1 << 4 + place, 1 << 40) for place in range(12)]
    old[0] = Cube(old[0].holds | 1 << 20, old[0].lacks | 1 << 21)
    new = [Cube(old[0].holds & ~(1 << 20), old[0].lacks), *old[1:]]
    started = time.process_time()
    opened = region(new, old)
    assert time.process_time() - started < 2
    others = sum(1 << 4 + place for place in range(1, 12))
    assert opened == region([Cube(shared | 1 << 4, 1 << 40 | 1 << 21 | 1 << 20 | others)])
    assert region(old, new) == region(())


def test_where_the_minimal_conditions_are_too_many_the_set_is_said_by_what_it_leaves_out():
    """Twelve conditions with three facts of their own each: 3^12 minimal conditions, and an answer at once."""
    old = [Cube(1 | 0b111 << 1 + 3 * place, 0) for place in range(12)]
    started = time.process_time()
    opened = region([Cube(1, 0)], [*old, Cube(0, 1)])
    assert time.process_time() - started < 5
    assert (opened.cubes, set(opened.unless)) == ((Cube(1, 0),), set(old))
    assert opened.has(0b011)
    assert not opened.has(0b1111)
    assert not opened.has(0)


def test_no_set_is_given_by_more_conditions_than_can_be_read():
    assert len(region([Cube(1, 0)], [Cube(0b11 << 1 + 2 * place, 0) for place in range(6)]).cubes) == 2**6 <= MOST
