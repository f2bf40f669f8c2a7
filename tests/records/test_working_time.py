"""When a service's staff hold sessions and are away, as the diary reads it, and the share of a week in its past."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import app.tables as t
from app.pathway.working_time import Leave, Session
from app.records import working_time
from app.vocabulary import Role
from tests import world
from tests.gate.house import gate_over
from tests.world import LONG_AGO, NOW, SERVICE

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 8)


def session(number: int, staff: str, begins: date, until: date | None = None, service: str = SERVICE) -> t.StaffSession:
    return t.StaffSession(
        id=f"session-{number}", recorded_at=NOW, staff_id=f"staff-{staff}", service_id=service, weekday=2,
        starts=time(9), ends=time(12, 30), site="RT5AA", room="G1", therapy_kind="CBT",
        valid_from=begins, valid_until=until,
    )  # fmt: skip


def away(number: int, staff: str, first: date, last: date) -> t.StaffLeave:
    return t.StaffLeave(id=f"leave-{number}", recorded_at=NOW, staff_id=f"staff-{staff}", starts_on=first, ends_on=last)


async def test_what_can_be_held_in_a_week(database_url: str) -> None:
    """Of who works there then; nothing that ended before or begins after, and nothing of who left or was revoked."""
    rows = [
        *world.clients(),
        *world.staff("theo", Role.THERAPIST),
        *world.staff("tara", Role.THERAPIST, employed_until=LAST - timedelta(days=3)),
        *world.staff("gone", Role.THERAPIST, employed_until=FIRST - timedelta(days=1)),
        *world.staff("stopped", Role.THERAPIST, revoked_at=NOW),
        session(1, "theo", FIRST),
        session(2, "theo", date(2025, 1, 1), FIRST - timedelta(days=1)),
        session(3, "theo", LAST + timedelta(days=1)),
        session(4, "tara", date(2000, 1, 1), LAST),
        session(5, "gone", FIRST),
        session(6, "stopped", FIRST),
        away(1, "theo", FIRST - timedelta(days=9), FIRST),
        away(2, "theo", LAST + timedelta(days=1), LAST + timedelta(days=2)),
    ]
    await world.put(database_url, rows)
    async with gate_over(database_url) as gate:
        found = await working_time.sessions(gate.records, SERVICE, FIRST, LAST)
        gone = await working_time.leave(gate.records, SERVICE, FIRST, LAST)
        elsewhere = await working_time.sessions(gate.records, "another", FIRST, LAST)
    one = ("RT5AA", "G1", "CBT")
    assert found == [
        Session("session-1", "theo", 2, time(9), time(12, 30), FIRST, None, *one),
        Session("session-4", "tara", 2, time(9), time(12, 30), LONG_AGO.date(), LAST - timedelta(days=3), *one),
    ]
    assert gone == [Leave("theo", FIRST - timedelta(days=9), FIRST)]
    assert elsewhere == []


async def test_a_share_that_changes_keeps_its_past(database_url: str) -> None:
    await world.put(database_url, world.staff("theo", Role.OFFENDER_MANAGER, wte=0.6))
    changed = t.Staff.__table__.update().values(wte=0.8, recorded_at=NOW)  # type: ignore[attr-defined]  # SQLModel adds it
    await world.execute(database_url, [(changed, None)])
    (kept,) = (await world.execute(database_url, [(text("SELECT username, wte FROM staff_history"), None)]))[0]
    assert tuple(kept) == ("theo", 0.6)


@pytest.mark.parametrize("share", [0.0, 1.1, -0.5])
async def test_a_share_that_is_none(database_url: str, share: float) -> None:
    with pytest.raises(IntegrityError, match="wte_is_a_share"):
        await world.put(database_url, world.staff("theo", Role.OFFENDER_MANAGER, wte=share))
