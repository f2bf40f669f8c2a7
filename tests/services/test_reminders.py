"""Reminders: each appointment of whoever agreed, once for each time that it was given; ids are all that goes out."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

import app.tables as t
from app.gate.reminding import remind
from app.records.announcements import ABOUT
from app.records.deliveries import Due
from app.services.webhooks import body_of
from tests import world
from tests.gate.house import fetched, gate_over, put
from tests.world import NOW, execute

CRN, SILENT = "X000001", "X000002"
AHEAD = timedelta(hours=48)


def people() -> list[Any]:
    rows: list[Any] = []
    for crn in (CRN, SILENT):
        referral = world.referral(crn, id=f"referral-{crn}")
        rows += [world.person(crn), referral]
        for number, hours in enumerate((24, 47, 49), 1):
            about = {"id": f"{crn}-{number}", "starts_at": NOW + timedelta(hours=hours), "attendance_code": None}
            contact = world.appointment(crn, referral, **about)
            booking, wish = world.booked(contact, "theo")
            wish.reminders = crn == CRN
            rows += [contact, booking, *([wish] if number == 1 else [])]
    return rows


async def announced(url: str) -> list[str]:
    return [row[0] for row in await fetched(url, "SELECT appointment_id FROM announcement ORDER BY number")]


async def moved(url: str, appointment: str, **values: Any) -> None:
    await execute(url, [(update(t.Appointment).where(t.Appointment.id == appointment).values(**values), None)])


async def test_who_agreed_is_reminded_once_for_each_time(database_url: str) -> None:
    await put(database_url, *people())
    async with gate_over(database_url) as gate:
        assert await remind(gate, NOW, AHEAD) == 2
        assert await announced(database_url) == [f"{CRN}-1", f"{CRN}-2"]
        assert await remind(gate, NOW, AHEAD) == 0
        await moved(database_url, f"{CRN}-1", starts_at=NOW + timedelta(hours=30))
        await moved(database_url, f"{CRN}-3", attendance_code="4")
        assert await remind(gate, NOW + timedelta(hours=2), AHEAD) == 1
    assert await announced(database_url) == [f"{CRN}-1", f"{CRN}-2", f"{CRN}-1"]
    (row,) = await fetched(database_url, "SELECT kind, party, referral_id FROM announcement WHERE number = 1")
    assert tuple(row) == ("appointment-reminder", "reminders", f"referral-{CRN}")
    entries = [entry for entry in await world.entries(database_url) if entry["type"] == "reminder"]
    assert [entry["details"] for entry in entries] == [{"appointment": each} for each in await announced(database_url)]


async def test_what_goes_out_is_ids(database_url: str) -> None:
    await put(database_url, *people())
    async with gate_over(database_url) as gate:
        await remind(gate, NOW, AHEAD)
    names = ("id", "event_id", "kind", "party", *ABOUT)
    (row,) = await fetched(database_url, f"SELECT {', '.join(names)} FROM announcement WHERE number = 1")
    never = {"attempts": 0, "next_attempt_at": NOW, "claimed_until": None, "feed_number": None, "created_at": NOW}
    body = body_of(Due(number=1, **never, **dict(zip(names, row, strict=True)))).decode()
    assert f'"appointmentId":"{CRN}-1"' in body
    assert f'"referralId":"referral-{CRN}"' in body
    assert "starts" not in body
