"""The life of a referral against a second, plain account of what services do."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.pathway.lifecycle import (
    CLOSED,
    END_CODES,
    LIFE,
    OPEN,
    STATUSES,
    Course,
    Move,
    can,
    declining_code,
    end_codes,
    misdated,
    passed,
    possible,
)

MANUAL: dict[str, dict[str, str]] = {
    "draft": {"send": "received"},
    "received": {"triage": "triaged", "discharge": "discharged"},
    "triaged": {"decline": "not-suitable", "accept": "waiting", "discharge": "discharged"},
    "waiting": {"offer": "offered", "discharge": "discharged"},
    "offered": {"return": "waiting", "assess": "assessed", "begin": "in-treatment", "discharge": "discharged"},
    "assessed": {"begin": "in-treatment", "discharge": "discharged"},
    "in-treatment": {"discharge": "discharged"},
    "not-suitable": {},
    "discharged": {},
}
"""In the words of a service's manual, status by status."""


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_possible_is_what_the_manual_says(status: Any) -> None:
    assert list(possible(status)) == list(MANUAL[status].values())


def test_every_status_is_reached_and_every_move_leads_somewhere() -> None:
    assert {step.to for step in LIFE.values()} == set(STATUSES) - {"draft"}
    assert all(LIFE[move].origins for move in Move)
    assert set(STATUSES) == OPEN | CLOSED | {"draft"}


@pytest.mark.parametrize(
    ("course", "codes"),
    [
        pytest.param(Course("received"), "50", id="nobody has seen them"),
        pytest.param(Course("offered"), "50", id="an offer is no assessment"),
        pytest.param(Course("triaged", seen=True), "50 10 11 12 13 14 16 17 95", id="seen, not assessed"),
        pytest.param(Course("assessed"), "10 11 12 13 14 16 17 95", id="assessed, not treated"),
        pytest.param(Course("waiting", seen=True, assessed=True), "10 11 12 13 14 16 17 95", id="by a contact"),
        pytest.param(Course("in-treatment"), "46 47 48 49 96", id="in treatment by the status alone"),
        pytest.param(Course("offered", seen=True, treated=True), "46 47 48 49 96", id="treated, by a contact"),
    ],
)  # fmt: skip
def test_the_codes_that_fit(course: Course, codes: str) -> None:
    assert list(end_codes(course)) == codes.split()


def test_every_code_fits_somebody_and_has_words() -> None:
    courses = [Course("received"), Course("assessed"), Course("in-treatment")]
    assert {code for course in courses for code in end_codes(course)} == END_CODES.keys()


def test_the_code_of_who_is_not_suitable_where_nobody_names_one() -> None:
    assert declining_code(Course("triaged"), onward=True) == "50"
    assert declining_code(Course("triaged", seen=True, assessed=True), onward=True) == "11"
    assert declining_code(Course("triaged", seen=True, assessed=True), onward=False) == "10"


def test_a_move_is_dated_between_the_last_one_and_today() -> None:
    day = date(2026, 3, 10)
    assert misdated(day, day, day) is None
    assert misdated(day, day, None) is None
    assert misdated(day + timedelta(days=1), day, None) == "a day until today"
    assert misdated(day - timedelta(days=1), day, day) == "not before the move that led here"


class Life(RuleBasedStateMachine):
    """Moves in any order: what can be done is done, and the machine and the manual agree on where that leads."""

    def __init__(self) -> None:
        super().__init__()
        self.status: Any = "draft"
        self.by_manual, self.passed = "draft", ["draft"]

    @rule(move=st.sampled_from(Move))
    def make(self, move: Move) -> None:
        assert can(move, self.status) == (move.value in MANUAL[self.by_manual])
        if can(move, self.status):
            self.status, self.by_manual = LIFE[move].to, MANUAL[self.by_manual][move.value]
            self.passed.append(self.status)

    @rule(status=st.sampled_from(STATUSES))
    def wish(self, status: Any) -> None:
        assert (status in possible(self.status)) == (status in MANUAL[self.by_manual].values())

    @invariant()
    def they_agree(self) -> None:
        assert self.status == self.by_manual
        assert (not possible(self.status)) == (self.status in CLOSED)

    @invariant()
    def nothing_is_skipped(self) -> None:
        for later, earlier in (("not-suitable", "triaged"), ("offered", "waiting"), ("in-treatment", "offered")):
            if later in self.passed:
                assert earlier in self.passed[: self.passed.index(later)]

    @invariant()
    def some_code_always_fits(self) -> None:
        if self.status in OPEN:
            passed = self.passed
            codes = end_codes(Course(self.status, assessed="assessed" in passed, treated="in-treatment" in passed))
            assert ("50" in codes) == (not {"assessed", "in-treatment"} & {*passed})
            assert ("46" in codes) == ("in-treatment" in passed)
            assert bool(set(codes) & {"10", "14"}) == ("assessed" in passed and "in-treatment" not in passed)


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=60, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None
)


def test_what_was_recorded_by_mistake_was_not_passed_through() -> None:
    moves = [("waiting", "offered"), ("offered", "assessed"), ("assessed", "offered")]
    assert passed(moves) == {"offered"}
    assert passed([*moves, ("offered", "assessed"), ("assessed", "in-treatment")]) == {
        "offered", "assessed", "in-treatment",
    }  # fmt: skip
    assert passed([("offered", "waiting"), ("waiting", "offered")]) == {"waiting", "offered"}
