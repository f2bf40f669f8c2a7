"""What slots are looked for in: who could see the person where, what the person has to keep clear of, what they want.

Nothing here says why a time is unsuitable; `Person.keeps_clear` gives minutes. To somebody who may not see what the
person has to attend, every journey counts as the longest: how near another appointment is would tell where it is.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from app.pathway.diary.places import Place, Travel, Zone, apart
from app.pathway.diary.spans import Span, joined, moment, widened, without
from app.pathway.working_days import LONDON
from app.vocabulary import Category

TWO_STAFF = frozenset({"AV2S2", "WEAP"})
"""Registrations that mean a risk to staff: two are needed, in a room on the ground floor with a seat for each."""


@dataclass(frozen=True, slots=True)
class Session:
    """When a therapist is there for people; at one place, or in one room of it, where that is settled."""

    spans: tuple[Span, ...]
    place: str | None = None
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Therapist:
    """A therapist's sessions, and when they are taken: appointments and leave."""

    username: str
    sessions: tuple[Session, ...] = ()
    busy: tuple[Span, ...] = ()
    gender: str | None = None
    languages: frozenset[str] = frozenset()


class Visit(NamedTuple):
    """Something that the probation service's diary has the person attend."""

    span: Span
    kind: str = ""
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """Another therapy appointment of the person; at which premises, where that is known."""

    span: Span
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the person has to keep clear of, whoever may know of it."""

    visits: tuple[Visit, ...] = ()
    own: tuple[Own, ...] = ()
    curfews: tuple[Span, ...] = ()
    zones: tuple[Zone, ...] = ()
    needs_two_staff: bool = False

    def keeps_clear(self, place: Place | None, travel: Travel, sees: frozenset[Category]) -> list[Span]:
        """The minutes in which they can't be there, journeys included; without a place, can't be called."""
        return joined(
            [*self.visiting(place, travel, sees), *self.in_therapy(place, travel), *self.at_home(place, travel)]
        )

    def visiting(self, place: Place | None, travel: Travel, sees: frozenset[Category]) -> list[Span]:
        """Obligations, each with its journey, or with the longest for whoever may not see where it is."""
        if place is None:
            return joined(visit.span for visit in self.visits)
        if Category.OBLIGATIONS not in sees:
            return joined(widened(joined(visit.span for visit in self.visits), travel.longest))
        at: dict[str | None, list[Span]] = defaultdict(list)
        for visit in self.visits:
            at[visit.place].append(visit.span)
        return joined(each for name, spans in at.items() for each in widened(joined(spans), travel.to(place, name)))

    def in_therapy(self, place: Place | None, travel: Travel) -> list[Span]:
        """Other appointments; of one whose premises nobody knows, the journey is the usual one."""
        if place is None:
            return joined(own.span for own in self.own)
        return apart((own.span, 0 if own.place == place.id else travel.usual) for own in self.own)

    def at_home(self, place: Place | None, travel: Travel) -> list[Span]:
        """Curfews, with the way home and from there; somebody at home can be called."""
        return [] if place is None else apart((curfew, travel.usual) for curfew in self.curfews)

    def may_enter(self, place: Place) -> bool:
        """Whether the premises lie in no zone."""
        return not any(zone.closes(place) for zone in self.zones)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person needs and would rather have."""

    suits: tuple[Span, ...] | None = None
    """When they would rather come; None if nobody said."""
    gender: str | None = None
    """Of the therapist, where it matters to them."""
    language: str | None = None
    ground_floor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question: for whom, how long, between which days (both included), and what the asker may see."""

    window: Span
    minutes: int
    person: Person
    therapists: tuple[Therapist, ...]
    places: tuple[Place, ...]
    travel: Travel = field(default_factory=Travel)
    wishes: Wishes = field(default_factory=Wishes)
    treating: str | None = None
    sees: frozenset[Category] = frozenset()

    def place(self, identity: str | None) -> Place | None:
        """The premises with an id."""
        return next((place for place in self.places if place.id == identity), None)

    def seats(self) -> int:
        """How many are in the room."""
        return 3 if self.person.needs_two_staff else 2

    def fits(self, place: Place) -> list[int]:
        """Which of the rooms will do, by their places, those that suit best first."""
        grounded = self.person.needs_two_staff or self.wishes.ground_floor
        return [
            number
            for number, room in enumerate(place.rooms)
            if room.seats >= self.seats() and (room.floor == 0 or not grounded)
        ]

    def free(self, therapist: Therapist, session: Session) -> list[Span]:
        """When a therapist in a session is not taken, within the window."""
        within = [(max(start, self.window[0]), min(end, self.window[1])) for start, end in session.spans]
        return without(joined(within), joined(therapist.busy))


def days_between(window: Span) -> tuple[date, date]:
    """The first and the last day, in Europe/London, that a window touches."""
    first, last = (moment(each).astimezone(LONDON).date() for each in (window[0], window[1] - 1))
    return first, last
