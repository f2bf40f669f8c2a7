"""Looking at far more people than others in the same role: exactly at the bar, just above it, compared with whom."""

from datetime import timedelta

import pytest

from app.pathway.watching import Look
from app.vocabulary import WatchRule
from tests.pathway.looking import MONDAY, many, tripped

DAY = timedelta(days=1)
PEERS = ("petra", "paul", "pia")


def colleagues(*people: int, days: int = 4, role: str = "offender-manager", party: str = "justice") -> list[Look]:
    """Each of three peers looks at so many people on each of the working days before."""
    return [
        each
        for back in range(1, days + 1)
        for name, number in zip(PEERS, people, strict=True)
        for each in many(number, MONDAY + 4 * DAY - back * DAY, name, role=role, party=party)
    ]


FRIDAY = MONDAY + 4 * DAY


@pytest.mark.parametrize(
    ("people", "others", "thresholds", "most"),
    [
        pytest.param(50, (5, 5, 5), {}, 50, id="the floor, where others look at few"),
        pytest.param(60, (15, 15, 15), {}, 60, id="four times the others' median"),
        pytest.param(80, (15, 15, 15), {"people_ratio": 80 / 15}, 80, id="another ratio"),
        pytest.param(59, (10, 15, 20), {"people_ratio": 1, "people_floor": 1}, 59.5, id="six deviations over it"),
        pytest.param(15, (15, 15, 15), {"people_ratio": 1, "people_floor": 1}, 15, id="others who are all alike"),
    ],
)
def test_exactly_at_the_bar_is_none_and_one_more_is(people, others, thresholds, most) -> None:
    before = colleagues(*others)
    assert tripped([*before, *many(people, FRIDAY)], **thresholds) == []
    (alert,) = tripped([*before, *many(people + 1, FRIDAY)], **thresholds)
    assert (alert.rule, alert.figures["people"], alert.figures["most"]) == (WatchRule.MANY_PEOPLE, people + 1, most)
    assert alert.figures["peersMedian"] == sorted(others)[1]
    assert (alert.figures["peers"], alert.figures["peersDays"]) == (3, 12)
    assert len(alert.entries) == people + 1
    assert alert.look.number == alert.entries[-1]
    assert alert.key == "2026-03-06:justice:offender-manager:olga"
    assert (alert.once, "olga" in alert.explanation) == (None, False)


def test_one_colleague_who_looks_at_everybody_moves_the_bar_little() -> None:
    """A mean would: 700 people a day of one peer of ten would raise it to 75, and four times that to 300."""
    names = [f"peer{n}" for n in range(10)]
    before = [each for name in names[1:] for each in many(10, FRIDAY - DAY, name)] + many(700, FRIDAY - DAY, names[0])
    alerts = tripped([*before, *many(51, FRIDAY)])
    assert [(each.look.staff, each.figures["most"]) for each in alerts] == [("peer0", 200), ("olga", 50)]


def test_the_same_people_again_count_once_and_each_day_begins_anew() -> None:
    before = colleagues(5, 5, 5)
    again = [each for n in range(4) for each in many(50, FRIDAY + timedelta(hours=n))]
    assert tripped([*before, *again, *many(50, FRIDAY + 3 * DAY)]) == []


def test_there_is_one_alert_a_day_and_one_more_on_the_next() -> None:
    before = colleagues(5, 5, 5)
    alerts = tripped([*before, *many(80, FRIDAY), *many(80, FRIDAY + 3 * DAY)])
    assert [each.figures["day"] for each in alerts] == ["2026-03-06", "2026-03-09"]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"role": "probation-lead"}, id="in another role"),
        pytest.param({"party": "health"}, id="at another party"),
        pytest.param({"days": 0}, id="who did not look at anybody"),
    ],
)
def test_nobody_is_compared_with_those_who_are_no_peers(others) -> None:
    before = colleagues(5, 5, 5, **others)
    assert tripped([*before, *many(200, FRIDAY)]) == []
    (alert,) = tripped([*before, *many(201, FRIDAY)])
    assert (alert.figures["most"], alert.figures["peers"], alert.figures["peersNeeded"]) == (200, 0, 3)
    assert "only 0 others" in alert.explanation


def test_two_peers_are_too_few_and_three_are_enough() -> None:
    before = colleagues(5, 5, 0)
    assert tripped([*before, *many(200, FRIDAY)]) == []
    assert len(tripped([*before, *many(200, FRIDAY), *many(5, FRIDAY - DAY, "pia")])) == 1


def test_their_own_past_is_no_measure_of_them() -> None:
    """Whoever always looks at too many would otherwise raise their own bar."""
    own = [each for back in (1, 2, 3, 4) for each in many(200, FRIDAY - back * DAY, "olga")]
    alerts = tripped([*colleagues(5, 5, 5), *own, *many(51, FRIDAY)])
    assert alerts[-1].figures["most"] == 50


@pytest.mark.parametrize(("days", "most"), [(28, 400), (27, 200)])
def test_figures_count_for_as_many_days_as_are_set(days: int, most: int) -> None:
    """The day that is so many days ago is the last that counts."""
    then = [each for name in PEERS for each in many(100, FRIDAY - 28 * DAY, name)]
    (alert,) = tripped([*then, *many(401, FRIDAY)], people_days=days)
    assert alert.figures["most"] == most


def test_what_was_refused_or_is_of_nobody_is_no_look_at_a_person() -> None:
    refused = [each._replace(obtained=False) for each in many(201, FRIDAY)]
    nobody = [each._replace(person=None) for each in many(201, FRIDAY)]
    assert tripped(refused) == []
    assert tripped(nobody) == []


def test_a_rule_can_be_left_out() -> None:
    assert tripped(many(201), rules=set(WatchRule) - {WatchRule.MANY_PEOPLE}) == []
    assert len(tripped(many(201))) == 1
