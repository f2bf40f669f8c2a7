"""Days and moments in bodies: a day is one of Europe/London's, through both clock changes; all else is refused."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from app.routers.bodies import Body
from app.routers.moments import Day, End, Start


class Sent(Body):
    day: Day | None = None
    start: Start | None = None
    end: End | None = None


def read(**values: Any) -> Sent:
    return Sent.model_validate_json(json.dumps(values), strict=True)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        pytest.param("2026-01-31", utc(2026, 1, 31), utc(2026, 2, 1), id="a day in winter"),
        pytest.param("2026-06-30", utc(2026, 6, 29, 23), utc(2026, 6, 30, 23), id="a day in summer"),
        pytest.param("2026-03-29", utc(2026, 3, 29), utc(2026, 3, 29, 23), id="the day of 23 hours"),
        pytest.param("2026-10-25", utc(2026, 10, 24, 23), utc(2026, 10, 26), id="the day of 25 hours"),
        pytest.param("2026-06-30T10:00:00+01:00", utc(2026, 6, 30, 9), utc(2026, 6, 30, 9), id="a moment"),
        pytest.param("2026-06-30T09:00:00.5Z", utc(2026, 6, 30, 9, 0, 0, 500_000), utc(2026, 6, 30, 9, 0, 0, 500_000),
                     id="a moment in parts of a second"),
    ],
)  # fmt: skip
def test_what_begins_and_what_ends(text: str, start: datetime, end: datetime) -> None:
    sent = read(start=text, end=text)
    assert (sent.start, sent.end) == (start, end)


def test_a_day_is_a_day() -> None:
    assert read(day="2024-02-29").day == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value",
    [
        "2026-06-30T10:00:00", "2026-06-30 10:00:00Z", "20260630", "2026-W27-2", "30/06/2026", "tomorrow", "", "1",
        "2026-02-30", "2026-06-30T25:00:00Z", "1899-12-31", "2200-01-01", "9999-12-31", "0001-01-01",
        "9999-12-31T23:59:59Z", "٢٠٢٦-٠٦-٣٠", 1, 1.5, True, [], {},
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["start", "end", "day"])
def test_what_is_no_moment_is_refused_and_not_repeated(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        read(**{field: value})
    (fault,) = refused.value.errors(include_input=False, include_url=False, include_context=False)
    assert fault["loc"] == (field,)
    assert fault["msg"].startswith("a day such as 2026-03-01")


def test_a_moment_is_no_day() -> None:
    with pytest.raises(ValidationError):
        read(day="2026-06-30T10:00:00Z")
