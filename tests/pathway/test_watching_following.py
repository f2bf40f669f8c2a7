"""Looking at somebody to whom no referral and no allocation ever leads: what is expected of whom, and until when."""

from datetime import UTC, timedelta

import pytest

from app.config import Watch
from app.pathway.watching import Look, Memory, Period, Watching, is_due, judged
from app.vocabulary import WatchRule
from tests.pathway.looking import MONDAY, look

WATCH = Watch()
AT = MONDAY.astimezone(UTC)
DAYS, TICK = timedelta(days=28), timedelta(microseconds=1)
STRANGER = look(purpose="emergency", related=False, own=False)


def noted(*looks: Look) -> tuple[int, ...]:
    """The numbers of what has to be judged later."""
    log = [each._replace(number=number) for number, each in enumerate(looks)]
    stream = Watching(WATCH, Memory())
    stream.see(log, len(log), log[-1].at)
    return stream.memory.waiting


@pytest.mark.parametrize(
    ("values", "waits"),
    [
        pytest.param({}, True, id="an offender manager, of somebody not on their caseload"),
        pytest.param({"role": "therapist"}, True, id="a therapist, of somebody not referred to them"),
        pytest.param({"role": "clinical-lead"}, True, id="a clinical lead"),
        pytest.param({"role": "service-administrator"}, True, id="an administrator"),
        pytest.param({"role": "health-trainer"}, True, id="a health trainer"),
        pytest.param({"role": "probation-lead"}, False, id="a probation lead, whom A2 lets see everybody"),
        pytest.param({"role": "records-officer"}, False, id="a records officer"),
        pytest.param({"role": "caldicott-guardian"}, False, id="a guardian"),
        pytest.param({"related": True}, False, id="somebody who is referred or allocated"),
        pytest.param({"obtained": False}, False, id="what was refused"),
        pytest.param({"person": None}, False, id="of nobody on file"),
    ],
)
def test_of_what_was_permitted_to_whom_something_is_to_follow(values, waits) -> None:
    assert noted(STRANGER._replace(**values)) == ((0,) if waits else ())


def test_the_first_of_a_day_by_each_at_each_is_enough() -> None:
    other = STRANGER._replace(person="p2")
    tomorrow = STRANGER._replace(at=look(MONDAY + timedelta(days=1)).at)
    assert noted(STRANGER, STRANGER, other, STRANGER._replace(staff="otto"), STRANGER, tomorrow) == (0, 2, 3, 5)


def test_it_is_judged_when_the_time_is_over() -> None:
    assert not is_due(STRANGER, AT + DAYS, WATCH)
    assert is_due(STRANGER, AT + DAYS + TICK, WATCH)


@pytest.mark.parametrize(
    ("period", "follows"),
    [
        pytest.param(Period(AT + DAYS, None), True, id="begins at the last moment"),
        pytest.param(Period(AT + DAYS + TICK, None), False, id="begins a moment too late"),
        pytest.param(Period(AT - DAYS, None), True, id="holds, and was not known then"),
        pytest.param(Period(AT - DAYS, AT + TICK), True, id="ends a moment after the look"),
        pytest.param(Period(AT - DAYS, AT), False, id="had ended at the look"),
        pytest.param(Period(AT + TICK, AT + 2 * TICK), True, id="begins and ends soon after"),
    ],
)
def test_what_follows_in_time(period: Period, follows: bool) -> None:
    alert = judged(STRANGER, [period], WATCH)
    assert (alert is None) is follows
    assert judged(STRANGER, [Period(AT + 2 * DAYS, None), period], WATCH) is None or not follows


@pytest.mark.parametrize(
    ("role", "expected"),
    [("offender-manager", "on their caseload"), ("therapist", "referred to their service or allocated to them")],
)
def test_the_alert_says_what_was_expected(role: str, expected: str) -> None:
    alert = judged(STRANGER._replace(role=role, number=7), [], WATCH)
    assert alert is not None
    assert (alert.rule, alert.entries, alert.key) == (WatchRule.NEVER_FOLLOWED, (7,), "7")
    assert alert.figures == {"days": 28, "purpose": "emergency", "expected": expected}
    assert alert.once == "never-followed:2026-03:olga:p1"
    assert f"was not {expected}" in alert.explanation


def test_days_are_those_that_are_set() -> None:
    three = Watch(follow_days=3)
    assert not is_due(STRANGER, AT + timedelta(days=3), three)
    assert is_due(STRANGER, AT + timedelta(days=3, microseconds=1), three)
    assert judged(STRANGER, [Period(AT + timedelta(days=3, microseconds=1), None)], three) is not None
