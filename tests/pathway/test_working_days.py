"""When a review is overdue: two working days in England, days as they are in London."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway.working_days import LONDON, is_working_day, overdue_if_before, review_due

SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("used", "due"),
    [
        pytest.param("2026-03-10T09:30:00Z", "2026-03-13T00:00:00Z", id="Tuesday, by the end of Thursday"),
        pytest.param("2026-03-13T17:00:00Z", "2026-03-18T00:00:00Z", id="Friday, by the end of Tuesday"),
        pytest.param("2026-03-14T12:00:00Z", "2026-03-18T00:00:00Z", id="Saturday, as on Friday"),
        pytest.param("2026-04-02T12:00:00+01:00", "2026-04-09T00:00:00+01:00", id="over Easter: Good Friday, Monday"),
        pytest.param("2026-12-24T12:00:00Z", "2026-12-31T00:00:00Z", id="over Christmas, Boxing Day on a Saturday"),
        pytest.param("2027-12-24T12:00:00Z", "2027-12-31T00:00:00Z", id="both on a weekend: two substitute days"),
        pytest.param("2022-12-30T12:00:00Z", "2023-01-05T00:00:00Z", id="New Year's Day on a Sunday"),
        pytest.param("2022-09-16T12:00:00+01:00", "2022-09-22T00:00:00+01:00", id="a day proclaimed once, in 2022"),
        pytest.param("2023-05-05T12:00:00+01:00", "2023-05-11T00:00:00+01:00", id="a day proclaimed once, in 2023"),
        pytest.param("2013-03-28T12:00:00Z", "2013-04-04T00:00:00+01:00", id="in the year of the pilot"),
        pytest.param("2026-03-26T12:00:00Z", "2026-03-31T00:00:00+01:00", id="into summer time: days, not hours"),
        pytest.param("2026-10-22T12:00:00+01:00", "2026-10-27T00:00:00Z", id="into winter time"),
        pytest.param("2026-06-09T23:30:00+01:00", "2026-06-12T00:00:00+01:00", id="half an hour before midnight"),
        pytest.param("2026-06-09T23:30:00Z", "2026-06-13T00:00:00+01:00", id="the day after in London already"),
    ],
)
def test_a_review_is_due_by_the_end_of_the_second_working_day(used: str, due: str) -> None:
    assert review_due(at(used)) == at(due)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        pytest.param(date(2026, 12, 28), False, id="the substitute of Boxing Day"),
        pytest.param(date(2026, 12, 29), True, id="the day after it"),
        pytest.param(date(2026, 8, 31), False, id="the last Monday of August, which Scotland works"),
        pytest.param(date(2026, 8, 3), True, id="the first Monday of August, which Scotland does not"),
        pytest.param(date(2026, 3, 17), True, id="St Patrick's Day, which is Northern Ireland's"),
        pytest.param(date(2026, 1, 2), True, id="the second of January, which is Scotland's"),
        pytest.param(date(2026, 3, 15), False, id="a Sunday"),
    ],
)
def test_days_are_englands(day: date, works: bool) -> None:
    assert is_working_day(day) is works


FIRST, LAST = datetime(2012, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001  # the zone is the strategy's to add
moments = st.datetimes(FIRST, LAST, timezones=st.just(LONDON))


@given(moments, moments)
def test_the_limit_parts_what_is_overdue_from_what_is_not(used: datetime, now: datetime) -> None:
    """The list is narrowed in SQL by the limit, and each row says of itself whether it is overdue: they agree."""
    assert (used < overdue_if_before(now)) == (review_due(used) <= now)


@given(moments)
def test_it_is_not_overdue_in_the_last_second(used: datetime) -> None:
    due = review_due(used).astimezone(UTC)
    assert used.astimezone(UTC) >= overdue_if_before(due - SECOND)
    assert used.astimezone(UTC) < overdue_if_before(due)
