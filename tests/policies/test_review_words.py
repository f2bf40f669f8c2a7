"""Conditions, extents and lists in words, at the edges that no agreement of ours comes to."""

import pytest

from app.policies.compile import LISTED, RESTRICTED
from app.policies.review.cubes import Cube
from app.policies.review.openings import Extent
from app.policies.review.words import extent_in_words, listed, phrases
from app.vocabulary import Category, Role
from tests.policies.asking import facts, leicester

CASELOAD = facts("caseload")
SHUT = Cube(CASELOAD, RESTRICTED)
ON_THE_LIST = Cube(CASELOAD | LISTED, facts())


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
    ids=["nothing", "one", "two", "several"],
)
def test_a_list_in_words(words, said):
    assert listed(words) == said


def test_each_way_in_which_something_is_open_in_part_is_said():
    extent = Extent(("third-parties-withheld", "totals"), frozenset({"own-draft"}))
    parts = extent_in_words(extent, leicester()).split("; ")
    caveats = leicester().caveats
    true = (caveats["third-parties-withheld"], caveats["totals"])
    assert parts[:2] == [f"{text[0].lower()}{text[1:].rstrip('.')}" for text in true]
    assert len(parts) == 3
    assert extent_in_words(Extent((), frozenset({"sent"})), leicester()) == ""


@pytest.mark.parametrize("alone", [SHUT, ON_THE_LIST], ids=["not restricted", "on the list"])
def test_half_of_what_a_restriction_asks_is_said(alone):
    """Both halves together ask for nothing; one of them alone does."""

    def said(*cubes):
        return phrases(cubes, Role.OFFENDER_MANAGER, Category.ATTENDANCE, of_person=True).cases

    (both,) = said(SHUT, ON_THE_LIST)
    (half,) = said(alone)
    assert len(both) == 1
    assert len(half) == 2
    assert set(both) < set(half)
