"""Looking right after a refusal: the same person for another purpose, within so many minutes and not a moment later."""

from datetime import timedelta

import pytest

from app.pathway.watching import Look
from app.vocabulary import WatchRule
from tests.pathway.looking import MONDAY, look, tripped

MINUTES, TICK = timedelta(minutes=30), timedelta(microseconds=1)


def refused(**values: object) -> Look:
    return look(obtained=False, **values)


def emergency(after: timedelta = MINUTES, **values: object) -> Look:
    return look(MONDAY + after, purpose="emergency", **values)


def protecting(*subjects: str) -> Look:
    """A look for public protection, at these categories."""
    return look(MONDAY + MINUTES, purpose="public-protection", subjects=frozenset(subjects))


def test_what_was_refused_is_obtained_for_another_purpose() -> None:
    """Of several categories one is enough."""
    (alert,) = tripped([refused(subjects=frozenset({"attendance", "identity"})), protecting("identity")])
    assert alert.figures["obtainedFor"] == "public-protection"


def test_in_an_emergency_it_need_not_be_the_same() -> None:
    assert len(tripped([refused(), emergency(subjects=frozenset({"contact"}))])) == 1


def test_exactly_at_the_end_of_the_time_it_is_one_and_a_moment_later_none() -> None:
    (alert,) = tripped([refused(), emergency()])
    assert (alert.rule, alert.entries, alert.key) == (WatchRule.AFTER_REFUSAL, (0, 1), "1")
    assert alert.figures == {
        "minutes": 30.0, "most": 30, "refusedFor": "supervision", "obtainedFor": "emergency"}  # fmt: skip
    assert alert.once == "after-refusal:2026-03-02:olga:p1"
    assert tripped([refused(), emergency(MINUTES + TICK)]) == []


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(look(MONDAY + MINUTES), id="for the same purpose, once it was put right"),
        pytest.param(emergency(staff="otto"), id="by somebody else"),
        pytest.param(emergency(person="p2"), id="of somebody else"),
        pytest.param(emergency(obtained=False), id="refused again"),
        pytest.param(emergency(person=None, crn="CRN-p1"), id="of nobody on file"),
        pytest.param(protecting("safety-alert"), id="something else, for which that purpose is the right one"),
    ],
)
def test_what_is_no_alert(second: Look) -> None:
    assert tripped([refused(), second]) == []


def test_what_was_obtained_before_is_no_alert() -> None:
    assert tripped([emergency(-MINUTES), refused()]) == []


def test_the_last_refusal_for_another_purpose_is_named() -> None:
    looks = [
        refused(),
        refused(at=MONDAY + MINUTES / 3, purpose="public-protection"),
        refused(at=MONDAY + MINUTES / 2, purpose="emergency"),
        emergency(),
    ]
    (alert,) = tripped(looks)
    assert (alert.entries, alert.figures["refusedFor"], alert.figures["minutes"]) == ((1, 3), "public-protection", 20.0)


def test_a_refusal_that_is_too_long_ago_leaves_a_later_one() -> None:
    looks = [refused(at=MONDAY - MINUTES), refused(at=MONDAY + MINUTES / 2), emergency()]
    (alert,) = tripped(looks)
    assert alert.entries == (1, 2)


def test_who_is_not_on_file_yet_is_matched_by_crn() -> None:
    (alert,) = tripped([refused(person=None, crn="CRN-p1"), emergency()])
    assert alert.look.person == "p1"


def test_one_alert_a_day_however_much_is_looked_at() -> None:
    looks = [refused(), *(emergency(timedelta(minutes=n)) for n in range(1, 20))]
    assert len(tripped(looks)) == 1
    next_day = timedelta(days=1)
    later = [each._replace(at=look(MONDAY + next_day + n * TICK).at) for n, each in enumerate(looks)]
    assert len(tripped([*looks, *later])) == 2
