"""Refusals in words: what is missing, what would remedy it, and nothing that may not be told."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from app.policies import Explanation, decide, explain
from app.policies.explain import told_facts
from app.vocabulary import CATEGORIES, FACTS, Category, Fact, Facts, Question, facts_of, names_of
from tests.policies.asking import EVERYTHING, asks, decided, facts, leicester, standing
from tests.policies.clauses import AFTER, ended
from tests.policies.test_properties import questions

OM, THERAPIST = standing("offender-manager"), standing("therapist")
WHOLE = tuple(category.value for category in CATEGORIES)


def explained(question: Question, holding: Facts, category: str) -> Explanation:
    """The explanation of one subject of a question."""
    (found,) = (each for each in explain(decided(question, holding), leicester()) if each.subject.value == category)
    return found


def test_what_is_missing_is_said_with_its_remedy_and_whom_to_ask():
    supervision = asks("offender-manager", "supervision", "read", *WHOLE)
    data = explained(supervision, OM | facts("caseload supervised"), "attendance").as_data()
    terms = leicester().agreement.facts
    assert data["category"] == "attendance"
    assert data["code"] == "missing"
    assert data["clauses"] == ["D1", "D2"]
    assert data["text"] == f"{leicester().sentence('D1')} {leicester().sentence('D2')}"
    assert data["missing"] == [
        {"fact": "mhtr", "text": terms[Fact.MHTR].text},
        {"fact": "consent:attendance", "text": terms[Fact.CONSENT_ATTENDANCE].text},
    ]
    assert [remedy["facts"] for remedy in data["remedies"]] == [["consent:attendance"], ["mhtr"]]
    assert data["remedies"][0]["ask"] == "the person"


def test_an_objection_is_named_to_whoever_may_read_consent():
    supervision = asks("offender-manager", "supervision", "read", *WHOLE)
    holding = OM | facts("caseload supervised consent:progress objection:progress")
    data = explained(supervision, holding, "progress").as_data()
    assert (data["code"], data["clauses"]) == ("missing", ["S4", "D3"])
    assert [each["fact"] for each in data["missing"]] == ["objection:progress"]
    assert [each["facts"] for each in data["remedies"]] == [["objection:progress"]]


def test_neither_consent_nor_objection_is_named_to_whoever_may_not_read_consent():
    care = asks("therapist", "direct-care", "read", *WHOLE)
    triage = THERAPIST | facts("service training:criminal-justice-data authorised:criminal-justice")
    for holding in (triage, triage | facts("consent:offence objection:offence"), triage | facts("objection:offence")):
        data = explained(care, holding, "offence").as_data()
        assert (data["code"], data["clauses"], data["missing"]) == ("undisclosed", ["C2"], [])
        assert [each["facts"] for each in data["remedies"]] == [[]]
        assert "consent" not in str(data["remedies"])
        assert "Caldicott guardian" in data["remedies"][0]["ask"]


def test_what_is_the_callers_own_is_told_beside_what_cannot_be():
    care = asks("therapist", "direct-care", "read", *WHOLE)
    data = explained(care, THERAPIST | facts("service"), "offence").as_data()
    assert [each["fact"] for each in data["missing"]] == [
        "training:criminal-justice-data",
        "authorised:criminal-justice",
    ]
    assert data["code"] == "undisclosed"
    assert data["remedies"][0]["facts"] == []
    assert "Complete the criminal-justice data training." in data["remedies"][0]["text"]


def test_a_prohibition_has_no_remedy_and_neither_has_what_no_clause_grants():
    supervision = asks("offender-manager", "supervision", "read", *WHOLE)
    notes = explained(supervision, OM | facts("caseload"), "notes")
    assert (notes.code, notes.clauses, notes.remedies) == ("prohibited", (("P3", leicester().sentence("P3")),), ())
    alert = explained(supervision, OM | facts("caseload"), "safety-alert").as_data()
    assert (alert["code"], alert["clauses"], alert["missing"], alert["remedies"]) == ("no-clause", ["S2"], [], [])


def test_an_agreement_that_is_not_in_force_is_said_to_be_so():
    question = asks("caldicott-guardian", "oversight", "read", "consent", "notes", at=AFTER)
    decision = decided(question, standing("caldicott-guardian"), ended())
    assert [each.code for each in explain(decision, ended())] == ["not-in-force"]


def test_a_restriction_is_never_named():
    guardian = standing("caldicott-guardian")
    question = asks("caldicott-guardian", "oversight", "read", "consent", "identity")
    (found,) = explain(decided(question, guardian | facts("restricted")), leicester())
    assert (found.code, [clause for clause, _ in found.clauses], found.missing) == ("undisclosed", ["G8"], ())
    assert "restrict" not in str(found.remedies)


NEVER = facts_of(*(fact for fact, terms in leicester().agreement.facts.items() if terms.told_with == "never"))


@given(questions())
def test_following_a_remedy_permits(asked):
    question, holding = asked
    decision = decide(question, holding, leicester())
    for each in explain(decision, leicester()):
        for remedy in each.remedies:
            if remedy.facts:
                followed = decide(question, holding ^ facts_of(*remedy.facts), leicester())
                assert followed.ruling(each.subject).permitted
                assert (question.purpose, remedy.facts) == (question.purpose, tuple(names_of(facts_of(*remedy.facts))))


@given(questions())
def test_no_remedy_asks_for_more_than_another(asked):
    question, holding = asked
    for each in explain(decide(question, holding, leicester()), leicester()):
        changes = [set(remedy.facts) for remedy in each.remedies if remedy.facts]
        assert not any(one < other for one in changes for other in changes)


@given(questions())
def test_no_fact_is_named_that_may_not_be_told(asked):
    question, holding = asked
    decision = decide(question, holding, leicester())
    told = told_facts(decision, leicester())
    assert told & NEVER == 0
    for each in explain(decision, leicester()):
        named = facts_of(*(reason.fact for reason in each.missing))
        named |= facts_of(*(fact for remedy in each.remedies for fact in remedy.facts))
        assert named & ~told == 0
        assert "S3" not in [clause for clause, _ in each.clauses]


@given(questions(), st.sets(st.sampled_from(FACTS), min_size=1, max_size=4))
def test_an_explanation_does_not_tell_apart_what_may_not_be_told(asked, flipped):
    """Two people who differ in hidden facts alone, and of whom the same is open, get the same explanation."""
    question, holding = asked
    question = replace(question, subjects=tuple({*question.subjects, *CATEGORIES}))
    one = decide(question, holding, leicester())
    hidden = facts_of(*flipped) & ~told_facts(one, leicester()) & ~NEVER
    other = decide(question, holding ^ hidden, leicester())
    assume(hidden and other.permitted == one.permitted)
    assert explain(one, leicester()) == explain(other, leicester())


def test_explanations_follow_the_order_of_the_question_and_leave_out_what_is_open():
    question = asks("therapist", "emergency", "read", *WHOLE)
    found = explain(decided(question, EVERYTHING), leicester())
    assert [each.subject for each in found] == [
        Category.OFFENCE,
        Category.OBLIGATIONS,
        Category.MEETING,
        Category.CONSENT,
    ]
