"""What is booked: who and where, out of what the service has, and the columns that hold it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.gate import Unacceptable
from app.pathway.diary.clashes import Wanted
from app.pathway.diary.spans import Span, span
from app.records.diary import over
from app.services.diary_search import Known
from app.services.register import works

FACE_TO_FACE = "01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an appointment is to be: when, how, with whom and where; None for what stays as it was, or is usual."""

    starts_at: datetime | None = None
    minutes: int | None = None
    kind: str | None = None
    medium: str | None = None
    interpreter: str | None = None
    therapist: str | None = None
    second: str | None = None
    site: str | None = None
    room: str | None = None
    without: frozenset[str] = frozenset()
    """What is taken away, rather than left as it was."""


@dataclass(frozen=True, slots=True)
class Booking:
    """The columns of an appointment, and of who holds it where."""

    appointment: dict[str, Any]
    held: dict[str, Any]


def as_wanted(known: Known, place: Place, window: Span, starts: datetime) -> Wanted:
    """Unacceptable for who does not work for the service then, and for premises or rooms that there are not."""
    username = place.therapist or known.search.treating
    if username is None:
        raise Unacceptable("staff-unsuitable", "nobody treats the person yet: name a therapist", "therapist")
    people = {}
    for field, name in (("therapist", username), ("secondStaff", place.second)):
        member = known.staff.get(name.lower()) if name is not None else None
        if name is not None and member is None:
            raise Unacceptable("staff-unknown", field=field)
        if member is not None and not works(member, starts):
            raise Unacceptable("staff-unsuitable", "they do not work there at that time", field)
        people[field] = known.therapist(member["username"]) if member is not None else None
    if people["secondStaff"] == people["therapist"]:
        raise Unacceptable("staff-unsuitable", "the second is somebody else", "secondStaff")
    is_met = (place.medium or FACE_TO_FACE) == FACE_TO_FACE
    premises = known.search.place(place.site)
    if (is_met or place.site is not None) and premises is None:
        raise Unacceptable("premises-unknown", field="site")
    room = next((each for each in premises.rooms if each.name == place.room), None) if premises else None
    if (is_met or place.room is not None) and room is None:
        raise Unacceptable("premises-unknown", field="room")
    therapist = people["therapist"]
    if therapist is None:
        raise RuntimeError("somebody was looked up and not found")
    return Wanted(
        span=window,
        therapist=therapist,
        place=premises if is_met else None,
        room=room if is_met else None,
        second=people["secondStaff"],
    )


def as_booked(known: Known, row: Mapping[str, Any]) -> Wanted:
    """An appointment as it stands; one whose premises or room nobody has described is looked at as a time alone."""
    starts = row["startsAt"]
    place = known.search.place(row["site"]) if row["medium"] in (None, FACE_TO_FACE) else None
    room = next((each for each in place.rooms if each.name == row.get("room")), None) if place else None
    second = row.get("secondStaff")
    return Wanted(
        span=span(starts, over(starts, row["minutes"])),
        therapist=known.therapist(row.get("therapist") or ""),
        place=place,
        room=room,
        second=known.therapist(second) if second else None,
    )
