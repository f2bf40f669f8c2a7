"""What a triage record speaks for: the remit, its edges, and what needs more than the service gives."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway.measures import GAD_7, PHQ_9
from app.pathway.suitability import (
    CLINICAL_SIGNS,
    REASONS,
    RISK_SIGNS,
    SIGNS,
    Fit,
    Thresholds,
    Triage,
    is_overruled,
    recommend,
)
from app.vocabulary import Category


def triaged(phq: int | None = None, gad: int | None = None, *signs: str, problem: str | None = None) -> Triage:
    totals = {PHQ_9.code: phq, GAD_7.code: gad}
    given_ = {code: Decimal(total) for code, total in totals.items() if total is not None}
    return Triage(given_, "01" if problem else None, problem, signs)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(triaged(4, 4), ("discuss", 1, None, "below-remit"), id="hardly any symptoms"),
        pytest.param(triaged(5, 0), ("suitable", 2, None, "mild-to-moderate"), id="mild depression"),
        pytest.param(triaged(0, 5), ("suitable", 2, None, "mild-to-moderate"), id="so is mild anxiety"),
        pytest.param(triaged(14, 14), ("suitable", 2, None, "mild-to-moderate"), id="moderate"),
        pytest.param(triaged(15, 0), ("suitable", 3, None, "moderately-severe"), id="moderately severe: step 3"),
        pytest.param(triaged(19, 21), ("suitable", 3, None, "moderately-severe"), id="the upper edge of the remit"),
        pytest.param(triaged(20, 0), ("discuss", 3, None, "severe"), id="severe is for discussion"),
        pytest.param(triaged(20, 0, "risk-to-self"), ("refer-on", 4, "step-4", "severe-with-risk severe"),
                     id="severe with risk needs step 4"),
        pytest.param(triaged(19, 0, "risk-to-self"), ("discuss", None, None, "risk moderately-severe"),
                     id="risk alone is weighed by the clinician"),
        pytest.param(triaged(12, 9, "psychosis"), ("refer-on", 4, "secondary-care", "psychosis mild-to-moderate"),
                     id="psychosis"),
        pytest.param(triaged(12, 9, problem="F20.0"), ("refer-on", 4, "secondary-care", "psychosis mild-to-moderate"),
                     id="by the problem's code"),
        pytest.param(triaged(12, 9, problem="f10.2"),
                     ("refer-on", None, "substance-misuse", "substance-dependence mild-to-moderate"),
                     id="dependence as the primary problem"),
        pytest.param(triaged(12, 9, problem="F60.3"),
                     ("refer-on", 4, "step-4", "severe-personality-disorder mild-to-moderate"), id="personality"),
        pytest.param(triaged(12, 9, "psychosis", "crisis"),
                     ("refer-on", 4, "crisis", "crisis psychosis mild-to-moderate"), id="a crisis comes first"),
        pytest.param(triaged(12, 9, problem="F84.0"), ("discuss", None, None, "other-problem mild-to-moderate"),
                     id="a problem that the remit does not name"),
        pytest.param(triaged(12, 9, problem="F41.1"), ("suitable", 2, None, "mild-to-moderate"), id="anxiety"),
        pytest.param(triaged(), ("discuss", None, None, "not-measured"), id="nothing was measured"),
        pytest.param(triaged(None, 15), ("suitable", 3, None, "moderately-severe"), id="one measure is enough"),
    ],
)  # fmt: skip
def test_what_is_recommended(found: Triage, expected: tuple[Any, ...]) -> None:
    spoken = recommend(found)
    rules = " ".join(each.rule for each in spoken.reasons)
    assert (spoken.fit.value, spoken.step, spoken.onward, rules) == expected


def test_a_service_can_have_thresholds_of_its_own() -> None:
    assert recommend(triaged(18), Thresholds(severe=Decimal(18))).fit is Fit.DISCUSS


totals_ = st.none() | st.integers(0, 27)


@given(totals_, totals_, st.lists(st.sampled_from(SIGNS)))
def test_each_reason_stays_in_its_category(phq: int | None, gad: int | None, signs: list[str]) -> None:
    """Who may read one category alone must not learn from it what stands in another."""
    spoken = recommend(triaged(phq, gad, *signs))
    assert spoken.reasons
    assert all(REASONS[each.rule] == each and each.text for each in spoken.reasons)
    clinical = {each.rule for each in spoken.of(Category.CLINICAL)}
    safety = {each.rule for each in spoken.of(Category.SAFETY)}
    assert clinical == {*signs} & {*CLINICAL_SIGNS}
    assert bool(safety) == bool({*signs} & {*RISK_SIGNS})
    assert len(spoken.of(Category.SCORES)) == 1


@given(totals_, totals_, st.lists(st.sampled_from(SIGNS)), st.sampled_from(SIGNS))
def test_a_further_sign_never_makes_it_more_suitable(phq: Any, gad: Any, signs: list[str], more: str) -> None:
    order = [Fit.SUITABLE, Fit.DISCUSS, Fit.REFER_ON]
    before, after = recommend(triaged(phq, gad, *signs)), recommend(triaged(phq, gad, *signs, more))
    assert order.index(after.fit) >= order.index(before.fit)


def test_what_is_overruled() -> None:
    said = {(fit, suitable) for fit in Fit for suitable in (True, False) if is_overruled(fit, suitable=suitable)}
    assert said == {(Fit.REFER_ON, True), (Fit.SUITABLE, False)}
