"""What the transaction that books finds: nobody else has the therapist, the second, the room or the person."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

import app.tables as t
from app.db import Address, open_database
from app.records.diary import earliest
from app.records.free_time import still_free
from app.vocabulary import Role
from tests import world
from tests.records.crowd import CRN, OTHER
from tests.world import NOW, TestWarrant, execute, put

AT = NOW + timedelta(days=1)
THIRD = "X000003"
REFERRALS = {crn: world.referral(crn, id=f"referral-{crn}") for crn in (CRN, OTHER, THIRD)}


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def seen(crn: str, start: float = 0, lasts: int | None = 50, **values: Any) -> Any:
    about = {"referral_id": f"referral-{crn}", "starts_at": AT + minutes(start), "minutes": lasts}
    return world.of(t.Appointment, crn, **{"appointment_type": "02", **about, **values})


def held(contact: Any, **values: Any) -> list[Any]:
    return [contact, world.booked(contact, "tara", **values)[0]]


def of_another_time(contact: Any) -> list[Any]:
    """Booked here, and given another time since by the system that it came from."""
    row, booking = held(contact, staff_id="staff-theo")
    booking.starts_at, booking.ends_at = AT + minutes(300), AT + minutes(350)
    return [row, booking]


def treated(crn: str, **values: Any) -> list[Any]:
    return [seen(crn), world.treating(crn, "theo", REFERRALS[crn], **values)]


FREE = {
    "itself": held(seen(CRN, id="itself"), staff_id="staff-theo", room_id="RT5P1:1"),
    "nothing else": [],
    "somebody else, and right before and after": [seen(THIRD), seen(CRN, 50), seen(OTHER, -50)],
    "an hour where nobody said, right before": [seen(OTHER, -60, None)],
    "cancelled, taken back": [seen(OTHER, attendance_code="2"), seen(CRN, withdrawn_at=NOW)],
    "the room, right after": held(seen(THIRD, 50), room_id="RT5P1:1"),
    "another room and another therapist": held(seen(THIRD), room_id="RT5P1:2"),
    "whom the therapist treated before": treated(THIRD, valid_until=AT),
    "with another of them": [*held(seen(THIRD), staff_id="staff-tara"), *treated(THIRD)[1:]],
    "moved away by the sender after it was booked": of_another_time(seen(THIRD, 90)),
}
TAKEN = {
    "the person, as another system booked it": [seen(CRN, 49)],
    "the person under another CRN": [seen(OTHER, -49)],
    "the same, booked here": held(seen(OTHER, 20, 5)),
    "an hour where nobody said": [seen(OTHER, -59, None)],
    "all day": [seen(OTHER, -1439, 1440)],
    "the therapist": held(seen(THIRD, 49), staff_id="staff-theo"),
    "the therapist as a second": held(seen(THIRD, 49), second_staff_id="staff-theo"),
    "the second": held(seen(THIRD, 49), staff_id="staff-tom"),
    "the room": held(seen(THIRD, 49), room_id="RT5P1:1"),
    "whom the therapist treats, as another system booked it": treated(THIRD),
    "moved here by the sender after it was booked": of_another_time(seen(THIRD)),
}
WANTED = {
    "id": "itself", "person_id": world.person_id(CRN), "staff_id": "staff-theo", "second_staff_id": "staff-tom",
    "room_id": "RT5P1:1", "starts_at": AT, "ends_at": AT + minutes(50),
}  # fmt: skip
STAFF = [row for name in ("theo", "tom", "tara") for row in world.staff(name, Role.THERAPIST)]


async def test_what_is_free_and_what_is_taken(database_url: str) -> None:
    """Of the person under either CRN, of both of staff and of the room, whoever booked it, as it stands now."""
    people = [world.person(crn) for crn in REFERRALS]
    await put(database_url, [*world.clients(), *people, *REFERRALS.values(), *STAFF, *world.merged(CRN, OTHER)])
    database = open_database(Address(database_url))

    async def is_free(rows: list[Any], **other: Any) -> bool:
        wanted = WANTED | other
        values = wanted | {"person": wanted["person_id"], "earliest": earliest(wanted["starts_at"])}
        statement = database.prepare(still_free(wanted))
        await put(database_url, rows)
        found = await database.fetch(statement, {name: values[name] for name in statement.names}, TestWarrant())
        await execute(database_url, [(delete(model), None) for model in (t.Booking, t.Appointment, t.Allocation)])
        return bool(found)

    try:
        assert [name for name, rows in FREE.items() if not await is_free(rows)] == []
        assert [name for name, rows in TAKEN.items() if await is_free(rows)] == []
        nobody = {"staff_id": None, "second_staff_id": None, "room_id": None}
        assert await is_free(TAKEN["the room"], **nobody)
        assert not await is_free(TAKEN["the person under another CRN"], **nobody)
        await execute(database_url, [(delete(t.PersonAlias), None)])
        assert await is_free(TAKEN["the person under another CRN"])
    finally:
        await database.close()
