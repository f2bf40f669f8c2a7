"""How far something is open, and where that differs, at the edges that no agreement of ours comes to."""

from dataclasses import replace

from app.policies.compile import Condition
from app.policies.review.cubes import Cube, region
from app.policies.review.openings import Effect, Extent, differences, effect_of, extent_of
from tests.policies.asking import asks, decided, facts, leicester, standing

MANY = 7
"""Pairs of facts: without all of them there are 128 minimal conditions."""


def condition(needs: int, fields: str | None, rows: str) -> Condition:
    (one, *_) = leicester().conditions(*leicester_cell())
    return replace(one, needs=needs, forbids=0, fields=fields, rows=rows)


def leicester_cell():
    key, subject = next(iter(leicester().cells()))
    return (*key, subject)


def test_extents_that_open_the_same_are_no_difference():
    assert effect_of(Extent((), frozenset({"all"})), Extent((), frozenset({"all", "sent"}))) is None
    assert effect_of(Extent((), frozenset({"sent"})), Extent((), frozenset({"all"}))) is Effect.WIDENS


def test_what_is_refused_is_open_in_no_way_and_all_referrals_are_all():
    question = asks("offender-manager", "supervision", "read", "identity", "notes")
    identity, notes = decided(question, standing("offender-manager") | facts("caseload supervised")).rulings
    assert extent_of(notes) is None
    assert extent_of(replace(identity, rows=frozenset({"all", "sent"}))).rows == {"all"}


def test_what_is_open_in_full_and_in_part_is_open_in_full():
    whole, part = condition(1, None, "sent"), condition(1, "totals", "sent")
    assert differences([whole], [whole, part]) == ()


def test_where_the_same_becomes_of_it_is_said_once():
    """With the second way or without it, the first opens all."""
    found = differences([], [condition(1, None, "all"), condition(2, None, "sent")])
    everything = next(each for each in found if each.after.rows == {"all"})
    assert everything.where == (region([Cube(1, 0)]),)


def test_where_there_are_too_many_conditions_what_is_left_out_stays_left_out():
    pairs = [condition(0b11 << (2 * place + 2), None, "sent") for place in range(MANY)]
    found = differences([], [condition(1, "totals", "all"), condition(2, "totals", "sent"), *pairs])
    totals = next(each for each in found if each.after == Extent(("totals",), frozenset({"all"})))
    assert any(each.unless for each in totals.where)
    assert any(each.has(1) for each in totals.where)
    assert any(each.has(0b11) for each in totals.where)
    assert not any(each.has(0b1101) for each in totals.where)
