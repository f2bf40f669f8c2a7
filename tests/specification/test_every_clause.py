"""Every clause has its file, its examples show each role, subject and condition, and the page is what they say."""

import re

from tests.many import many
from tests.policies.asking import leicester
from tests.policies.law import lines
from tests.specification import clauses
from tests.specification.page import GROUPS, PAGE, THINGS, WAYS, page

CLAUSES = [each.id for each in leicester().clauses]
STANDING = [each.id for each in leicester().agreement.standing]
PERMITTING = sorted({line.clause for line in lines()})


def permitting(clause: str) -> list:
    """The examples of a clause that it permits itself."""
    return [each for each in clauses.examples(clause) if each.is_permitted and clause in each.by]


def test_every_clause_and_every_standing_condition_has_a_file():
    assert sorted(clauses.files()) == sorted([*CLAUSES, *STANDING])
    assert len(CLAUSES) == 47


@many("clause", [*CLAUSES, *STANDING])
def test_a_file_opens_with_its_clause_as_the_parties_signed_it(clause):
    said = " ".join((clauses.module(clause).__doc__ or "").split())
    assert said == f"{clause}. {leicester().sentence(clause)}"


@many("clause", [*CLAUSES, *STANDING])
def test_examples_are_sentences(clause):
    said = [each.says for each in clauses.examples(clause)]
    assert len(said) == len(set(said)) >= 4
    for sentence in said:
        assert re.fullmatch(r"[A-Z0-9][^.!?]* [^.!?]*[a-z0-9]", sentence), sentence
        assert len(sentence.split()) >= 4, sentence


@many("clause", PERMITTING)
def test_examples_show_everything_that_a_clause_grants_to_everybody(clause):
    """Each action on each subject by some role, each action by each role; `write` shows the `create` in it."""
    shown = {(each.role, each.action, subject) for each in permitting(clause) for subject in each.subjects}
    shown |= {(role, "create", subject) for role, action, subject in shown if action == "write"}
    granted = {(line.role, line.action, line.subject) for line in lines() if line.clause == clause}
    assert {(action, subject) for _, action, subject in granted} == {(action, subject) for _, action, subject in shown}
    assert {role for role, _, _ in granted} == {role for role, _, _ in shown}


@many("clause", PERMITTING)
def test_examples_show_each_condition_missing_by_itself(clause):
    """One refusal for each need, in which nothing else is missing."""
    needs = {need for line in lines() if line.clause == clause for need in line.needs}
    alone = {
        next(iter(each.lacks)) for each in clauses.examples(clause) if len(each.lacks) == 1 and not each.stopped_by
    }
    assert needs <= alone


@many("clause", PERMITTING)
def test_examples_show_a_refusal(clause):
    assert any(not each.is_permitted for each in clauses.examples(clause))


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "scripts/spec writes it anew"


def test_the_page_has_a_place_for_every_clause_and_a_word_for_every_thing():
    headings = re.findall(r"^### ([A-Z][0-9])$", page(), re.MULTILINE)
    assert headings == [*STANDING, *(each for letter in GROUPS for each in CLAUSES if each.startswith(letter))]
    agreement = leicester().agreement
    assert set(THINGS) == {*agreement.categories, *agreement.registers}
    assert {line.action for line in lines()} <= set(WAYS)


def test_the_page_says_every_example():
    said = [each.says for clause in (*CLAUSES, *STANDING) for each in clauses.examples(clause)]
    assert len(said) > 300
    whole = page()
    missing = [sentence for sentence in said if f" {sentence}." not in whole]
    assert missing == []
