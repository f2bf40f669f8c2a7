"""Premises, rooms and therapists as the operator describes them: no category of a person, and no clause about them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.audit.entry import event_id
from app.audit.submission import Receipt
from app.gate import Gate
from app.pathway.diary.described import Described, DiaryInvalid
from app.pathway.diary.places import plain
from app.pathway.working_days import LONDON

RESOURCE = "openmind diary rooms"


async def describe(gate: Gate, described: Described, at: datetime, request_id: str) -> Receipt:
    """Put what a file says in the place of all that was said before, in one transaction with the entry that says so."""
    changes = [*await _removed(gate), *_written(gate, described, at), *await _planned(gate, described, at)]
    said = {"change": "described", "premises": len(described.premises)}
    said |= {"rooms": sum(len(each.rooms) for each in described.premises), "therapists": len(described.therapists)}
    return await gate.bootstrap(at, request_id, changes, said, resource=RESOURCE)


async def _planned(gate: Gate, described: Described, at: datetime) -> list[tuple[Any, ...]]:
    """Sessions, and the share of a week, of whoever has none yet: from then on their clinical lead plans them (I2).

    DiaryInvalid for somebody who is on no register of a service.
    """
    staff = {row["username"]: row for row in await gate.writer.register("staff") if row["service_id"] is not None}
    planned = {row["staff_id"] for row in await gate.writer.register("staff_session")}
    rows, shares = [], []
    for one in described.therapists:
        member = staff.get(one.username.lower())
        if member is None:
            raise DiaryInvalid(f"'{one.username}' works for no service here")
        if member["id"] not in planned and member["wte"] is None and one.wte is not None:
            recorded_at = max(at, member["recorded_at"] + timedelta(microseconds=1))
            seen = {"id": member["id"], "recorded_at": member["recorded_at"]}
            shares.append(gate.writer.update("staff", seen, {"wte": one.wte, "recorded_at": recorded_at}))
        if member["id"] not in planned:
            of = {"staff_id": member["id"], "service_id": member["service_id"], "recorded_at": at, "valid_until": None}
            first = max(at.astimezone(LONDON).date(), member["employed_from"])
            for each in one.sessions:
                about = {"site": each.site, "room": each.room, "therapy_kind": each.kind, "valid_from": first}
                for day, starts, ends in each.weekdays():
                    rows.append(of | about | {"id": event_id(), "weekday": day, "starts": starts, "ends": ends})
    return [*shares, *(gate.writer.insert("staff_session", row) for row in rows)]


async def _removed(gate: Gate) -> list[tuple[Any, ...]]:
    writer = gate.writer
    sites = [row["site"] for row in await writer.register("premises")]
    names = [row["username"] for row in await writer.register("therapist_profile")]
    removed = [
        writer.remove(table, "site", site) for table in ("room", "premises_closed", "premises") for site in sites
    ]
    return [*removed, *(writer.remove("therapist_profile", "username", name) for name in names)]


def _written(gate: Gate, described: Described, at: datetime) -> Iterator[tuple[Any, ...]]:
    writer = gate.writer
    for each in described.premises:
        yield writer.insert(
            "premises",
            {
                "site": each.site,
                "name": each.name,
                "postcode": each.postcode,
                "location_code": each.location,
                "called": json.dumps(each.names),
                "hours": each.open,
                "is_open_on_bank_holidays": each.open_on_bank_holidays,
                "travel_minutes": described.travel_minutes,
                "journeys": json.dumps({plain(name): minutes for name, minutes in each.journeys.items()}),
                "recorded_at": at,
            },
        )
        for position, room in enumerate(each.rooms):
            row = {"id": f"{each.site}:{room.name}", "site": each.site, "position": position}
            yield writer.insert("room", row | {"name": room.name, "floor": room.floor, "seats": room.seats})
        for day in sorted(set(each.closed)):
            yield writer.insert("premises_closed", {"site": each.site, "day": day})
    for one in described.therapists:
        row = {"username": one.username.lower(), "gender": one.gender, "languages": " ".join(one.languages)}
        yield writer.insert("therapist_profile", row)
