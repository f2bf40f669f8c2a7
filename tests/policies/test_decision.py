"""Decisions: their order, what they carry, what they remember and for how long."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from app.policies import rulings
from app.policies.compile import Condition
from app.policies.rulings import Cell
from app.vocabulary import CATEGORIES, Category, Fact, Party, Purpose, Role
from tests.policies.asking import EVERYTHING, NOW, asks, decided, facts, leicester, standing

WHOLE = asks("offender-manager", "supervision", "read", *(category.value for category in CATEGORIES))
CASE = standing("offender-manager") | facts("caseload supervised consent:attendance")


def test_rulings_come_in_the_order_of_the_question_with_facts_and_digest():
    decision = decided(WHOLE, CASE)
    assert [ruling.subject for ruling in decision.rulings] == list(CATEGORIES)
    assert decision.permitted == tuple(each.subject for each in decision.rulings if each.permitted)
    assert [subject.value for subject in decision.permitted] == (
        ["identity", "contact", "supervision", "offence", "risk", "obligations", "referral", "attendance", "consent"]
    )
    assert (decision.facts, decision.agreement, decision.in_force) == (CASE, leicester().digest, True)
    assert decision.any_permitted
    assert decision.ruling(Category.NOTES).clauses == ("P3",)
    with pytest.raises(KeyError):
        decision.ruling(leicester)


def test_nothing_asked_is_nothing_permitted():
    assert not decided(replace(WHOLE, subjects=()), EVERYTHING).any_permitted


def test_nothing_known_permits_nothing_to_anybody():
    for role in Role:
        for purpose in Purpose:
            question = asks(role.value, purpose.value, "read", *(category.value for category in CATEGORIES))
            assert not decided(question, 0).any_permitted


def test_a_role_at_a_party_where_it_cannot_be_gets_nothing():
    for party in (Party.JUSTICE, Party.COMMISSIONER):
        question = asks("therapist", "direct-care", "read", "notes", party=party.value)
        assert decided(question, EVERYTHING).rulings[0].clauses == ("S2",)


def test_what_cannot_be_decided_raises_and_so_refuses():
    with pytest.raises(TypeError):
        decided(replace(WHOLE, at=datetime(2026, 1, 1)), CASE)  # noqa: DTZ001  # that it is naive is the point
    with pytest.raises(TypeError):
        decided(WHOLE, None)  # type: ignore[arg-type]  # neither are unknown facts


def test_a_decision_is_frozen():
    decision = decided(WHOLE, CASE)
    with pytest.raises(FrozenInstanceError):
        decision.facts = 0  # type: ignore[misc]  # the point
    with pytest.raises(FrozenInstanceError):
        decision.rulings[0].permitted = True  # type: ignore[misc]  # the point


def test_facts_that_a_question_cannot_tell_apart_share_their_rulings_and_keep_their_own_facts():
    one, other = decided(WHOLE, CASE), decided(WHOLE, CASE | Fact.TREATING.bit)
    assert one.rulings is other.rulings
    assert one.facts != other.facts


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(rulings, "_DECISIONS", 8)
    monkeypatch.setattr(rulings, "_PLANS", 8)
    leicester().in_force.plans.clear()
    for number in range(100):
        decided(WHOLE, number)
        decided(replace(WHOLE, subjects=CATEGORIES[: number % 17]), number)
        plans = leicester().in_force.plans
        assert len(plans) <= 8
        assert all(len(plan.decisions) <= 8 for plan in plans.values())
    leicester().in_force.plans.clear()


def _condition(clause: str, needs: str, fields: str | None, rows: str) -> Condition:
    return Condition(clause, facts(needs), 0, fields, rows, announce=False)


def test_a_caveat_narrows_its_own_clause_and_never_another():
    cell = Cell(
        Category.SCORES,
        (_condition("D4", "caseload", "totals", "sent"), _condition("B1", "treating", None, "all")),
        (),
    )
    assert cell.ruling(facts("caseload")).fields == ("totals",)
    both = cell.ruling(facts("caseload treating"))
    assert (both.clauses, both.fields, both.rows) == (("D4", "B1"), (), {"sent", "all"})


def test_caveats_of_all_that_permit_are_collected_where_none_opens_in_full():
    cell = Cell(
        Category.SCORES,
        (
            _condition("D4", "caseload", "totals", "sent"),
            _condition("G3", "treating", "third-parties-withheld", "sent"),
        ),
        (),
    )
    assert cell.ruling(facts("caseload treating")).fields == ("third-parties-withheld", "totals")


def test_purposes_of_a_role_are_those_that_some_clause_names():
    purposes = leicester().purposes_of
    assert purposes(Role.OFFENDER_MANAGER) == {Purpose.SUPERVISION, Purpose.PUBLIC_PROTECTION, Purpose.EMERGENCY}
    assert purposes(Role.THERAPIST) == {Purpose.DIRECT_CARE, Purpose.EMERGENCY}
    assert purposes(Role.COMMISSIONER) == {Purpose.SERVICE_EVALUATION}
    assert purposes(Role.CLINICAL_SYSTEM) == {Purpose.RECORDS_SYNC}


def test_the_agreement_begins_at_midnight_in_london():
    begins = datetime(2012, 11, 1, tzinfo=UTC)
    assert leicester().begins == begins
    assert not leicester().ended(begins)
    before = datetime(2012, 10, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert leicester().ended(before)
    assert not decided(replace(WHOLE, at=before), CASE).any_permitted
    assert decided(replace(WHOLE, at=begins), CASE).any_permitted
    assert not leicester().ended(NOW)
