"""Slots that clash with nothing, and the order in which they are proposed.

A slot begins where a free stretch of a room does, on a multiple of five minutes, and on every quarter hour within it:
whichever five minutes somebody could be seen at, a slot begins then or less than a quarter of an hour before.

The order is told to whoever sees the slots, and so it rests on what they may see alone: that somebody visits the same
building on a day moves a slot up for those who may see what the person has to attend, and for nobody else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from app.pathway.diary.places import Place
from app.pathway.diary.search import Search, Session, Therapist, Visit
from app.pathway.diary.spans import Span, common, crowded, holds, joined, moment, without
from app.pathway.working_days import LONDON
from app.vocabulary import Category

STEP, QUARTER = 5, 15


class Reason(StrEnum):
    """Why a slot stands where it does; each is told to whoever may see what it rests on."""

    TWO_STAFF = "second-staff-free"
    SAME_BUILDING = "visits-this-building-that-day"
    SUITS = "suits-the-person"
    SOONEST = "soonest-day"
    SAME_THERAPIST = "their-therapist"
    LANGUAGE = "speaks-their-language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time with a therapist in a room, and why it stands where it does."""

    span: Span
    therapist: str
    place: Place
    room: str
    reasons: tuple[Reason, ...] = ()
    visit: Visit | None = None
    """The one that brings the person to the building that day, for those who may see it."""
    others: tuple[str, ...] = ()
    """Who else is in a session then and free, where two are needed."""


def proposals(search: Search) -> list[Slot]:
    """Every slot that there is, the best first."""
    found = [slot for place in search.places if search.person.may_enter(place) for slot in _at(search, place)]
    first = min((_day(slot) for slot in found), default=None)
    visits = _visits(search)
    said = [_with_reasons(search, slot, visits, first) for slot in found]
    return sorted(said, key=_rank)


def _at(search: Search, place: Place) -> Iterator[Slot]:
    rooms = search.fits(place)
    if not rooms:
        return
    closed = search.person.keeps_clear(place, search.travel, search.sees)
    open_ = without(joined(place.open), closed)
    taken = (*(span for room in place.rooms for span in joined(room.busy)), *place.unplaced)
    open_ = without(open_, crowded(taken, len(place.rooms)))
    for therapist in search.therapists:
        if search.wishes.gender is not None and therapist.gender != search.wishes.gender:
            continue
        starts: dict[int, str] = {}
        for session in therapist.sessions:
            if session.place in (None, place.id):
                for start, room in _starts(search, place, therapist, session, open_, rooms):
                    starts.setdefault(start, room)
        for start, room in sorted(starts.items()):
            span = (start, start + search.minutes)
            yield Slot(span=span, therapist=therapist.username, place=place, room=room)


def _starts(search: Search, place: Place, therapist: Therapist, session: Session, open_: list[Span],
            rooms: Iterable[int]) -> Iterator[tuple[int, str]]:  # fmt: skip
    """When it could begin, and in which room."""
    free = common(search.free(therapist, session), open_)
    for number in rooms:
        room = place.rooms[number]
        if session.room in (None, room.id):
            for start, end in without(free, joined(room.busy)):
                last = end - search.minutes
                begin = start + -start % STEP
                for at in dict.fromkeys((begin, *range(begin + -begin % QUARTER, last + 1, QUARTER))):
                    if at <= last:
                        yield at, room.id


def _visits(search: Search) -> dict[tuple[str, date], Visit]:
    """By premises and day, what brings the person there; nothing for whoever may not see that."""
    if Category.OBLIGATIONS not in search.sees:
        return {}
    called = {name: [place.id for place in search.places if place.is_called(name)]
              for name in {visit.place for visit in search.person.visits}}  # fmt: skip
    here = (visit for visit in search.person.visits if called[visit.place])
    found: dict[tuple[str, date], Visit] = {}
    for visit in sorted(here, key=lambda one: one.span):
        for identity in called[visit.place]:
            found.setdefault((identity, _day_of(visit.span)), visit)
    return found


def _with_reasons(search: Search, slot: Slot, visits: dict[tuple[str, date], Visit], first: date | None) -> Slot:
    day, wishes = _day(slot), search.wishes
    therapist = next(one for one in search.therapists if one.username == slot.therapist)
    visit = visits.get((slot.place.id, day))
    others = also_free(search, slot.therapist, slot.span) if search.person.needs_two_staff else ()
    holding = {
        Reason.TWO_STAFF: bool(others),
        Reason.SAME_BUILDING: visit is not None,
        Reason.SUITS: wishes.suits is not None and holds(wishes.suits, slot.span),
        Reason.SOONEST: day == first,
        Reason.SAME_THERAPIST: search.treating == slot.therapist,
        Reason.LANGUAGE: wishes.language is not None and wishes.language in therapist.languages,
    }
    reasons = tuple(reason for reason, is_so in holding.items() if is_so)
    return replace(slot, reasons=reasons, visit=visit, others=others)


def also_free(search: Search, therapist: str, span: Span) -> tuple[str, ...]:
    """Other therapists who are in a session at the time and not taken."""
    return tuple(
        one.username
        for one in search.therapists
        if one.username != therapist and any(holds(search.free(one, session), span) for session in one.sessions)
    )


def _rank(slot: Slot) -> tuple[bool, bool, bool, date, bool, bool, int, str, str]:
    """Where two are needed first what two can hold; the building, what suits the person, the day, who treats them.

    What is left is by the clock and by name.
    """
    has = {reason: reason not in slot.reasons for reason in Reason}
    return (
        has[Reason.TWO_STAFF],
        has[Reason.SAME_BUILDING],
        has[Reason.SUITS],
        _day(slot),
        has[Reason.SAME_THERAPIST],
        has[Reason.LANGUAGE],
        slot.span[0],
        slot.place.id,
        slot.therapist,
    )


def _day(slot: Slot) -> date:
    return _day_of(slot.span)


def _day_of(span: Span) -> date:
    return moment(span[0]).astimezone(LONDON).date()
