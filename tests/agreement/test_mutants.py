"""A change of the agreement does not go unnoticed; all of them are tried by `scripts/mutate --agreement`."""

import random

import pytest

from tests.agreement.mutants import Fate, Mutant, _as_signed, differs, fate, meaning, mutants
from tests.policies.asking import leicester

EVERY = list(mutants())
KINDS = (
    "dropped",
    "without",
    " for ",
    " and ",
    "turned",
    "owned by",
    "told with",
    "is at",
    "of a person",
    "fields",
    "rows",
)


def test_as_signed_the_agreement_is_the_law_written_by_hand():
    assert not differs(*_as_signed())
    assert fate(Mutant("nothing", ("title",), "Another title")) == (Fate.SAME, False)


def test_the_changes_are_many_and_of_every_kind():
    assert len(EVERY) > 9_000
    assert len({each.name for each in EVERY}) == len(EVERY)
    for kind in KINDS:
        assert any(kind in each.name for each in EVERY), kind
    changed = {each.name.split()[0] for each in EVERY}
    assert {clause.id for clause in leicester().clauses} - changed == {"H6"}, "which grants nothing"


@pytest.mark.parametrize("mutant", [
    pytest.param(Mutant("", ("categories", "scores", "owner"), "joint"), id="scores that belong to nobody"),
    pytest.param(Mutant("", ("facts", "restricted", "text"), ""), id="a fact without words"),
    pytest.param(Mutant("", ("clauses", 0, "needs"), None), id="records of everybody"),
    pytest.param(Mutant("", ("clauses", 0, "needs"), ["excluded"]), id="a need that is never met"),
])  # fmt: skip
def test_what_is_noticed_or_refused(mutant: Mutant):
    assert fate(mutant)[0] in (Fate.NOTICED, Fate.REFUSED)


def test_every_clause_that_is_dropped_is_missed_by_the_law_and_by_a_sentence():
    dropped = [each for each in EVERY if each.name.endswith(" dropped") and "part" not in each.name]
    assert len(dropped) == len(leicester().clauses) - 1
    became = {each.name: fate(each) for each in dropped}
    assert {name for name, (each, _) in became.items() if each not in (Fate.NOTICED, Fate.REFUSED)} == set()
    assert {name for name, (each, seen) in became.items() if not seen} == set()


def test_every_need_that_is_dropped_is_missed_by_a_sentence():
    dropped = [each for each in EVERY if " needs without " in each.name]
    assert len(dropped) > 40
    assert [each.name for each in dropped if not fate(each)[1]] == []


def test_a_sample_of_all_changes_leaves_none_that_survives():
    sample = random.Random(20121101).sample(EVERY, 60)
    fates = [fate(each)[0] for each in sample]
    assert [each.name for each, became in zip(sample, fates, strict=True) if became is Fate.SURVIVED] == []
    assert fates.count(Fate.SAME) < len(fates) // 5, "changes that change nothing show nothing"


def test_meaning_sees_what_decisions_and_explanations_are_made_from():
    conditions, prohibited, told, clauses = meaning(*_as_signed())
    assert len(conditions) > 200
    assert len(prohibited) == 5 * 8 * 3 * 3
    assert len(told) == 35
    assert len(clauses) == 47
