"""Whether somebody can be seen at a time: what the service's own diaries say against it, and what the person's do.

What the person's say is told twice: in the words of C4, which are the same whatever the reason, and as the reasons
themselves, each with the category that it belongs to, for whoever may see that.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.pathway.diary.places import Place, Room
from app.pathway.diary.search import Search, Therapist, Visit
from app.pathway.diary.spans import Span, crowded, holds, joined, meets
from app.vocabulary import Category


class Unsuitable(StrEnum):
    """All that C4 tells."""

    TIME = "time"
    PLACE = "place"
    TWO_STAFF = "two-staff-needed"


class Taken(StrEnum):
    """What stands in the service's own diaries."""

    THERAPIST = "therapist-busy"
    NO_SESSION = "therapist-not-in-session"
    SECOND = "second-staff-busy"
    ROOM = "room-busy"
    CLOSED = "premises-closed"
    FULL = "premises-full"
    PERSON = "person-in-therapy"


class Cause(StrEnum):
    """Why a time or a place is unsuitable."""

    OBLIGATION = "obligation"
    CURFEW = "curfew"
    ZONE = "exclusion-zone"
    STAFF_SAFETY = "risk-to-staff"


@dataclass(frozen=True, slots=True)
class Why:
    """One reason, of the category by whose clause it may be seen; the obligation that it is, if it is one."""

    cause: Cause
    category: Category
    visit: Visit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody would book: without a place the person is called, or seen where nobody said."""

    span: Span
    therapist: Therapist
    place: Place | None = None
    room: Room | None = None
    second: Therapist | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """What C4 tells, and why."""

    unsuitable: tuple[Unsuitable, ...] = ()
    why: tuple[Why, ...] = ()

    def seen_by(self, sees: frozenset[Category]) -> tuple[Why, ...]:
        """The reasons of the categories that somebody may see."""
        return tuple(each for each in self.why if each.category in sees)


def taken(search: Search, wanted: Wanted) -> tuple[Taken, ...]:
    """What stands against it in the diaries of therapists, rooms and of the person's therapy."""
    span, found = wanted.span, []
    if meets(joined(wanted.therapist.busy), span):
        found.append(Taken.THERAPIST)
    if wanted.therapist.sessions and not _in_session(wanted):
        found.append(Taken.NO_SESSION)
    if wanted.second is not None and meets(joined(wanted.second.busy), span):
        found.append(Taken.SECOND)
    if wanted.place is not None:
        found += _at(wanted.place, wanted.room, span)
    if meets(search.person.in_therapy(wanted.place, search.travel), span):
        found.append(Taken.PERSON)
    return tuple(found)


def _in_session(wanted: Wanted) -> bool:
    """Whether the therapist is in a session at the place; anywhere, for a call."""
    place, room = wanted.place and wanted.place.id, wanted.room and wanted.room.id
    return any(
        holds(joined(session.spans), wanted.span)
        for session in wanted.therapist.sessions
        if place is None or (session.place in (None, place) and session.room in (None, room))
    )


def _at(place: Place, room: Room | None, span: Span) -> list[Taken]:
    found = [] if not place.rooms or holds(joined(place.open), span) else [Taken.CLOSED]
    if room is not None and meets(joined(room.busy), span):
        found.append(Taken.ROOM)
    everybody = (*(each for one in place.rooms for each in joined(one.busy)), *place.unplaced)
    if place.rooms and meets(crowded(everybody, len(place.rooms)), span):
        found.append(Taken.FULL)
    return found


def clash(search: Search, wanted: Wanted) -> Clash:
    """What stands against it in what the probation service holds."""
    why = [*_of_time(search, wanted), *_of_place(search, wanted)]
    told = []
    if any(each.cause in (Cause.OBLIGATION, Cause.CURFEW) for each in why):
        told.append(Unsuitable.TIME)
    if any(each.cause is Cause.ZONE for each in why) or _needs_another_room(search, wanted):
        told.append(Unsuitable.PLACE)
    if search.person.needs_two_staff and wanted.place is not None and wanted.second is None:
        told.append(Unsuitable.TWO_STAFF)
    if {Unsuitable.TWO_STAFF, Unsuitable.PLACE} & {*told} and search.person.needs_two_staff:
        why.append(Why(Cause.STAFF_SAFETY, Category.RISK))
    return Clash(tuple(told), tuple(why))


def _of_time(search: Search, wanted: Wanted) -> list[Why]:
    person, place, travel = search.person, wanted.place, search.travel
    found = []
    for visit in person.visits:
        apart = 0 if place is None else travel.to(place, visit.place)
        if Category.OBLIGATIONS not in search.sees and place is not None:
            apart = travel.longest
        if visit.span[0] - apart < wanted.span[1] and wanted.span[0] < visit.span[1] + apart:
            found.append(Why(Cause.OBLIGATION, Category.OBLIGATIONS, visit))
    if meets(person.at_home(place, travel), wanted.span):
        found.append(Why(Cause.CURFEW, Category.RISK))
    return found


def _of_place(search: Search, wanted: Wanted) -> list[Why]:
    if wanted.place is None or search.person.may_enter(wanted.place):
        return []
    return [Why(Cause.ZONE, Category.RISK)]


def _needs_another_room(search: Search, wanted: Wanted) -> bool:
    """Where two staff are needed: a room on the ground floor that seats all of them, or nobody knows which."""
    if wanted.place is None or not search.person.needs_two_staff:
        return False
    return wanted.room is None or wanted.room.floor != 0 or wanted.room.seats < search.seats()
