"""Many values in one text, as PostgreSQL takes it apart: each comes out as it went in, whatever it holds."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest

from app.db import Address, apart_sql, joined
from app.tables import Instant
from tests import world

MARKS = "".join(map(chr, range(28, 32)))
MOMENT = datetime(2026, 3, 9, 12, 30, tzinfo=timezone(timedelta(hours=1)))


async def taken_apart(url: str, kind: str, values: list[Any]) -> list[Any]:
    connection = await asyncpg.connect(Address(url).dsn)
    try:
        rows = await connection.fetch(f"SELECT unnest({apart_sql('$1::text')}::{kind}[])", joined(values))
    finally:
        await connection.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        pytest.param("text", ["one", None, "", "two"], id="a null and an empty text are not the same"),
        pytest.param("text", ["", ""], id="empty texts are as many as there are"),
        pytest.param("text", ["{}", '"', "\\", "NULL", "a,b", "é😀"], id="what an array's own notation would mark"),
        pytest.param("text", [MARKS, f"{MARKS}x", None, "\ue000"], id="everything that could separate them"),
        pytest.param("text", [MARKS[0], MARKS[1], None], id="a value that would stand for a null"),
        pytest.param("float8", [0.1, None, 12.0, 1e300], id="numbers with a point"),
        pytest.param("int4", [0, -1, None], id="whole numbers"),
        pytest.param("bool", [True, None, False], id="yes and no"),
        pytest.param("date", [date(2026, 3, 9), None, date(1, 1, 1)], id="days"),
        pytest.param("bytea", [b"\0\\x", None], id="bytes"),
    ],
)
def test_values_come_out_as_they_went_in(postgres_url: str, kind: str, values: list[Any]) -> None:
    """Texts, numbers, days and bytes."""
    assert world.run(taken_apart(postgres_url, kind, values)) == values


def test_moments_come_out_in_utc(postgres_url: str) -> None:
    """As the column has it for one."""
    assert world.run(taken_apart(postgres_url, "timestamptz", [MOMENT, None])) == [MOMENT.astimezone(UTC), None]
    for bind in (lambda at: joined([at]), lambda at: Instant().process_bind_param(at, None)):
        with pytest.raises(ValueError, match="a moment needs an offset"):
            bind(MOMENT.replace(tzinfo=None))


def test_nulls_alone_are_no_element(postgres_url: str) -> None:
    """What `unnest` fills up; and one empty text by itself is refused, since it would be no element either."""
    assert world.run(taken_apart(postgres_url, "text", [None, None])) == []
    with pytest.raises(ValueError, match="an empty text alone"):
        joined([""])
