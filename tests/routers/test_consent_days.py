"""10: a consent that ends on a day holds to the end of it in Europe/London, through both changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.pathway.consents import State, period_state
from app.routers.moments import End, Start
from app.services.consents import begins
from tests import world
from tests.gate.house import fetched
from tests.routers.cast import OLGA, WORK, everybody
from tests.world import serving

LONDON = ZoneInfo("Europe/London")
CRN = "X300001"
MICRO = timedelta(microseconds=1)


class Period(BaseModel):
    """As a body gives it."""

    start: Start
    end: End


def last_sunday(year: int, month: int) -> date:
    """When the clocks change: at 01:00 UTC."""
    day = date(year, month + 1, 1) - timedelta(days=1)
    return day - timedelta(days=(day.weekday() + 1) % 7)


changes = st.builds(last_sunday, st.integers(2012, 2060), st.sampled_from([3, 10]))
days = st.builds(lambda day, off: day + timedelta(days=off), changes, st.integers(-2, 2))
moments = st.integers(-4 * 86_400_000_000, 4 * 86_400_000_000).map(lambda size: timedelta(microseconds=size))


@given(first=days, length=st.integers(0, 400), off=moments)
def test_a_moment_is_within_the_days_that_london_has(first: date, length: int, off: timedelta) -> None:
    """Whatever the offset is on either day, and however many hours the day has."""
    last = first + timedelta(days=length)
    period = Period.model_validate({"start": first.isoformat(), "end": last.isoformat()})
    for around in (first, last):
        at = datetime(around.year, around.month, around.day, 12, tzinfo=UTC) + off
        today = at.astimezone(LONDON).date()
        state = period_state(period.start, period.end, None, at)
        expected = State.NOT_YET if today < first else State.EXPIRED if today > last else State.EFFECTIVE
        assert state is expected


@given(day=days)
def test_a_day_of_the_change_has_its_own_length(day: date) -> None:
    hours = {last_sunday(day.year, 3): 23, last_sunday(day.year, 10): 25}.get(day, 24)
    period = Period.model_validate({"start": day.isoformat(), "end": day.isoformat()})
    assert period.end - period.start == timedelta(hours=hours)
    assert begins(period.start, period.start + timedelta(hours=5)) == period.start + timedelta(hours=5)
    assert begins(period.start, period.start - MICRO) == period.start  # tomorrow is not today


@pytest.mark.parametrize(
    ("last", "ends"),
    [
        pytest.param("2026-03-28", datetime(2026, 3, 29, 0, tzinfo=UTC), id="the day before the clocks go forward"),
        pytest.param("2026-03-29", datetime(2026, 3, 29, 23, tzinfo=UTC), id="the day on which they go forward"),
        pytest.param("2026-10-24", datetime(2026, 10, 24, 23, tzinfo=UTC), id="the day before they go back"),
        pytest.param("2026-10-25", datetime(2026, 10, 26, 0, tzinfo=UTC), id="the day on which they go back"),
    ],
)
async def test_recorded_for_a_day_it_is_open_to_the_end_of_it(
    database_url: str, key_file: Path, last: str, ends: datetime
) -> None:
    """From the request that records it to the request that is refused."""
    begun = ends - timedelta(hours=6)
    rows = [world.person(CRN), world.caseload(CRN, "olga"), world.supervision(CRN, end_date=date(2027, 1, 1))]
    lasting = world.training("olga", "criminal-justice-data", date(2028, 1, 1))
    sharing = world.t.Training(**(lasting.model_dump() | {"id": "lasting", "course": "information-sharing"}))
    await world.put(database_url, [*everybody(), *rows, sharing])
    body = {"scope": "attendance", "decision": "permit", "recipients": ["justice"], "givenHow": "in-writing",
            "capacity": True, "wordingVersion": "1", "signedForm": "F1", "validUntil": last}  # fmt: skip
    async with serving(database_url, key_file, clock_start=begun) as service:
        made = await service.request("POST", f"/v1/people/{CRN}/consents", *OLGA, WORK, json=body)
        assert made.status_code == 201
    stored = await fetched(database_url, "SELECT valid_until FROM consent")
    assert str(stored[0][0]).replace("T", " ").startswith(f"{ends:%Y-%m-%d %H:%M:%S}")
    for at, status in ((ends - timedelta(minutes=1), 200), (ends, 403)):
        async with serving(database_url, key_file, clock_start=at) as service:
            answer = await service.get(f"/v1/people/{CRN}/attendance", *OLGA, WORK)
            assert answer.status_code == status
