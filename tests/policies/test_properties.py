"""What holds of every question and all facts: of conditions, of order, of more facts and of fewer."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.policies import decide
from app.policies.compile import Condition
from app.vocabulary import (
    CATEGORIES,
    FACTS,
    NEVER_OBJECTED,
    SUBJECTS,
    SYSTEM_ROLES,
    Action,
    Fact,
    Facts,
    Party,
    Purpose,
    Question,
    Role,
    facts_of,
    names_of,
    objection_to,
    parties_of,
)
from tests.policies.asking import asks, leicester
from tests.policies.clauses import AFTER, ended, just
from tests.policies.law import lines

LINES = lines()
GRANTING = [fact for fact in FACTS if not fact.withholds]
WITHHOLDING = [fact for fact in FACTS if fact.withholds]


@st.composite
def questions(draw: st.DrawFn) -> tuple[Question, Facts]:
    """A question about some subjects and facts, often close to what some clause needs."""
    line = draw(st.sampled_from(LINES))
    if draw(st.booleans()):
        facts = just(line) ^ facts_of(*draw(st.lists(st.sampled_from(FACTS), max_size=3, unique=True)))
        subjects = [line.subject]
        role, purpose, action = line.role, line.purpose, line.action
    else:
        facts = draw(st.integers(0, (1 << len(FACTS)) - 1))
        subjects = []
        role = draw(st.sampled_from(Role)).value
        purpose, action = draw(st.sampled_from(Purpose)).value, draw(st.sampled_from(Action)).value
    subjects += draw(st.lists(st.sampled_from([each.value for each in SUBJECTS]), min_size=1, max_size=5))
    party = draw(st.sampled_from(sorted(parties_of(Role(role))))).value
    return asks(role, purpose, action, *dict.fromkeys(subjects), party=party), facts


def conditions(question: Question, subject) -> tuple[Condition, ...]:
    caller = question.caller
    return leicester().conditions(caller.role, caller.party, question.purpose, question.action, subject)


@given(questions())
def test_a_subject_is_permitted_exactly_if_one_of_its_conditions_holds(asked):
    question, facts = asked
    for ruling in decide(question, facts, leicester()).rulings:
        met = [
            each for each in conditions(question, ruling.subject) if facts & (each.needs | each.forbids) == each.needs
        ]
        assert ruling.permitted == bool(met)
        assert [each.holds(facts) for each in met] == [True] * len(met)
        if met:
            assert ruling.clauses == tuple(dict.fromkeys(each.clause for each in met))
            assert ruling.rows == {each.rows for each in met}
            assert set(ruling.fields) == (
                set() if None in {each.fields for each in met} else {each.fields for each in met}
            )


@given(questions())
def test_after_the_end_exactly_the_conditions_that_outlive_it_hold(asked):
    question, facts = asked
    for ruling in decide(replace(question, at=AFTER), facts, ended()).rulings:
        met = [each for each in conditions(question, ruling.subject) if each.holds(facts) and each.despite_end]
        assert ruling.permitted == bool(met)


@given(questions(), st.sampled_from(GRANTING))
def test_a_fact_that_grants_never_closes_anything(asked, fact):
    question, facts = asked
    before = set(decide(question, facts, leicester()).permitted)
    assert before <= set(decide(question, facts | fact.bit, leicester()).permitted)


@given(questions(), st.sampled_from(WITHHOLDING))
def test_a_fact_that_withholds_never_opens_anything(asked, fact):
    question, facts = asked
    before = set(decide(question, facts, leicester()).permitted)
    assert set(decide(question, facts | fact.bit, leicester()).permitted) <= before


@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_subjects_changes_nothing_but_the_order_of_rulings(asked, shuffler):
    question, facts = asked
    shuffled = list(question.subjects)
    shuffler.shuffle(shuffled)
    other = decide(replace(question, subjects=tuple(shuffled)), facts, leicester())
    decision = decide(question, facts, leicester())
    assert tuple(other.ruling(subject) for subject in question.subjects) == decision.rulings
    assert tuple(ruling.subject for ruling in other.rulings) == tuple(shuffled)


@given(questions())
def test_what_is_remembered_changes_nothing(asked):
    question, facts = asked
    warm = decide(question, facts, leicester())
    assert decide(question, facts, leicester()) is warm
    leicester().forget()
    assert decide(question, facts, leicester()) == warm


@given(questions())
def test_every_refusal_names_a_cause_and_each_missing_fact_is_truly_missing(asked):
    question, facts = asked
    for ruling in decide(question, facts, leicester()).rulings:
        assert ruling.clauses
        for each in ruling.missing:
            assert not ruling.permitted
            assert facts_of(*each.lacks) & facts == 0
            assert facts_of(*each.stopped_by) & ~facts == 0
            assert each.lacks or each.stopped_by
            changed = (facts | facts_of(*each.lacks)) & ~facts_of(*each.stopped_by)
            after = decide(replace(question, subjects=(ruling.subject,)), changed, leicester()).rulings[0]
            assert after.permitted
            assert each.clause in after.clauses


def test_no_fact_is_named_that_the_agreement_does_not_describe():
    for role in Role:
        for party in Party:
            for purpose in Purpose:
                for action in Action:
                    for subject in SUBJECTS:
                        for each in leicester().conditions(role, party, purpose, action, subject):
                            assert each.needs & each.forbids == 0
                            assert set(names_of(each.needs | each.forbids)) <= set(leicester().agreement.facts)


def test_joint_categories_and_warnings_are_never_objected_to():
    unheard = [category for category in CATEGORIES if category.value in ("identity", "contact", "meeting", "consent")]
    bits = facts_of(*(objection_to(category) for category in unheard))
    for line in LINES:
        question = asks(line.role, line.purpose, line.action, line.subject)
        for each in conditions(question, question.subjects[0]):
            assert each.forbids & bits == 0
            if question.subjects[0] in NEVER_OBJECTED:
                assert not any(fact.value.startswith("objection:") for fact in names_of(each.forbids))


def test_no_condition_permits_anybody_without_what_s1_asks():
    for line in LINES:
        question = asks(line.role, line.purpose, line.action, line.subject)
        for each in conditions(question, question.subjects[0]):
            assert each.needs & Fact.EMPLOYED.bit
            assert question.caller.role in SYSTEM_ROLES or each.needs & Fact.TRAINED_SHARING.bit
