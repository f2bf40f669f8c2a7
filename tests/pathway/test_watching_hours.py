"""Looking outside working hours: to the minute, in London, through both clock changes, and who is excepted."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from app.config import Rota, Watch
from app.pathway.watching.hours import is_out_of_hours
from app.vocabulary import WatchRule
from tests.pathway.looking import LONDON, MONDAY, look, many, tripped

WATCH = Watch()
EVENING = MONDAY.replace(hour=21)
MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)


def at(*moment: int, zone: Any = LONDON, fold: int = 0) -> datetime:
    return datetime(*moment, tzinfo=zone, fold=fold)


def out(moment: datetime) -> bool:
    return is_out_of_hours(look(moment).at, WATCH)


@pytest.mark.parametrize("day", [at(2026, 1, 14), at(2026, 7, 15)], ids=["winter", "summer"])
def test_hours_begin_and_end_to_the_microsecond(day: datetime) -> None:
    seven, eight = day.replace(hour=7), day.replace(hour=20)
    assert [out(seven - TICK), out(seven), out(eight - TICK), out(eight)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(at(2026, 7, 15, 6, 30, zone=UTC), False, id="06:30 UTC in summer is 07:30 in London"),
        pytest.param(at(2026, 1, 14, 6, 30, zone=UTC), True, id="and in winter 06:30"),
        pytest.param(at(2026, 7, 15, 19, 30, zone=UTC), True, id="19:30 UTC in summer is 20:30"),
        pytest.param(at(2026, 1, 14, 19, 30, zone=UTC), False, id="and in winter 19:30"),
        pytest.param(at(2026, 7, 15, 8, 0, zone=ZoneInfo("Asia/Kolkata")), True, id="eight in Kolkata is 03:30"),
        pytest.param(at(2026, 7, 15, 8, 0, zone=ZoneInfo("America/New_York")), False, id="eight in New York is 13:00"),
        pytest.param(at(2026, 3, 30, 6, 0, zone=UTC), False, id="the Monday after the clocks went forward: 07:00"),
        pytest.param(at(2026, 3, 27, 6, 59, zone=UTC), True, id="the Friday before: 06:59"),
        pytest.param(at(2026, 10, 26, 6, 59, zone=UTC), True, id="the Monday after they went back: 06:59"),
        pytest.param(at(2026, 10, 23, 6, 0, zone=UTC), False, id="the Friday before: 07:00"),
        pytest.param(at(2026, 3, 14, 12), True, id="a Saturday"),
        pytest.param(at(2026, 3, 15, 12), True, id="a Sunday"),
        pytest.param(at(2026, 4, 6, 12), True, id="Easter Monday"),
        pytest.param(at(2026, 12, 28, 12), True, id="the substitute of Boxing Day"),
        pytest.param(at(2026, 11, 30, 12), False, id="a holiday of Scotland's"),
        pytest.param(at(2012, 6, 5, 12), True, id="a jubilee, proclaimed once"),
    ],
)
def test_a_moment_is_what_it_is_in_london(moment: datetime, expected: bool) -> None:
    assert out(moment) is expected


def test_the_hour_that_is_there_twice_and_the_one_that_is_not_belong_to_their_day() -> None:
    """Four people within the repeated hour of one Sunday are of one day, whichever of the two hours it is."""
    twice = [look(at(2026, 10, 25, 1, 59, fold=0), person="p1"), look(at(2026, 10, 25, 1, 1, fold=1), person="p2")]
    late = [look(at(2026, 10, 25, 23, 59), person="p3"), look(at(2026, 10, 25, 0, 0), person="p4")]
    (alert,) = tripped([*twice, *late])
    assert (alert.figures["day"], alert.figures["people"]) == ("2026-10-25", 4)
    midnight = at(2026, 3, 29)
    before_and_after = [look(midnight - MINUTE, person="p1"), *many(3, midnight)]
    assert tripped(before_and_after) == []


@pytest.mark.parametrize("most", [0, 3, 5])
def test_exactly_at_the_bar_is_none_and_one_more_is(most: int) -> None:
    assert tripped(many(most, EVENING), hours_people=most) == []
    (alert,) = tripped(many(most + 3, EVENING), hours_people=most)
    assert (alert.rule, alert.key) == (WatchRule.OUT_OF_HOURS, "2026-03-02:olga")
    assert (alert.figures["people"], alert.figures["most"]) == (most + 1, most)
    assert alert.entries == tuple(range(most + 1))
    assert "07:00 to 20:00" in alert.explanation


def test_each_one_is_counted_alone_and_the_same_person_once() -> None:
    of_two = [*many(3, EVENING, "olga"), *many(3, EVENING, "otto")]
    again = [look(EVENING + n * MINUTE, person="p0") for n in range(9)]
    assert tripped([*of_two, *again]) == []


def test_an_emergency_is_no_alert_and_does_not_count() -> None:
    assert tripped(many(9, EVENING, purpose="emergency")) == []
    assert tripped([*many(3, EVENING), *many(9, EVENING + MINUTE, purpose="emergency")]) == []


def rota(**values: Any) -> dict[str, Any]:
    days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    return {"name": "duty", "usernames": ["olga"], "days": days, "begins": time(20), "ends": time(23)} | values


@pytest.mark.parametrize(
    ("duty", "moment", "excepted"),
    [
        pytest.param(rota(), EVENING, True, id="on duty"),
        pytest.param(rota(usernames=["OLGA"]), EVENING, True, id="however the name is written"),
        pytest.param(rota(usernames=["otto"]), EVENING, False, id="somebody else's"),
        pytest.param(rota(usernames=[], roles=["offender-manager"]), EVENING, True, id="a whole role's"),
        pytest.param(rota(usernames=[], roles=["therapist"]), EVENING, False, id="another role's"),
        pytest.param(rota(), EVENING.replace(hour=20, minute=0), True, id="its first minute"),
        pytest.param(rota(), EVENING.replace(hour=23, minute=0), False, id="when it has ended"),
        pytest.param(rota(), EVENING + timedelta(days=5), False, id="on a Saturday that it has not"),
        pytest.param(rota(days=["saturday"]), EVENING + timedelta(days=5), True, id="on one that it has"),
        pytest.param(rota(ends=time(6)), at(2026, 3, 3, 5, 58), True, id="after midnight, of the day before"),
        pytest.param(rota(ends=time(6)), at(2026, 3, 2, 5, 58), False, id="not of a day that is not in it"),
        pytest.param(rota(ends=time(6)), at(2026, 3, 7, 5, 58), True, id="into Saturday, from Friday"),
        pytest.param(rota(first_day=MONDAY.date(), last_day=MONDAY.date()), EVENING, True, id="its only day"),
        pytest.param(rota(last_day=MONDAY.date()), EVENING + timedelta(days=1), False, id="when it is over"),
        pytest.param(rota(first_day=at(2026, 3, 3).date()), EVENING, False, id="before it begins"),
        pytest.param(rota(days=["bank-holiday"]), at(2026, 4, 6, 21), True, id="on a bank holiday"),
        pytest.param(rota(days=["bank-holiday"]), at(2026, 4, 13, 21), False, id="on a Monday that is none"),
    ],
)  # fmt: skip
def test_who_is_on_a_rota_is_excepted(duty: dict[str, Any], moment: datetime, excepted: bool) -> None:
    assert (tripped(many(4, moment), rotas=(duty,)) == []) is excepted


@pytest.mark.parametrize(
    ("model", "values", "says"),
    [
        (Rota, rota(usernames=[]), "name usernames, roles or both"),
        (Rota, rota(days=[]), "days"),
        (Rota, rota(begins="20:00:30"), "to the minute"),
        (Watch, {"hours_begin": "20:00"}, "hours_end"),
        (Watch, {"people_alone": 49}, "people_alone"),
        (Watch, {"people_floors": 4}, "people_floors"),
        (Watch, {"rules": ["curiosity"]}, "rules"),
    ],
)
def test_what_would_not_be_watched_as_it_says_is_refused(model: Any, values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        model(**values)
