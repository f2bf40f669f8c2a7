"""Generated diaries, and a second account of them: minute by minute, with nothing shared but the words."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from app.pathway.diary.places import Place, Room, Travel, Zone
from app.pathway.diary.search import Own, Person, Search, Session, Therapist, Visit, Wishes
from app.pathway.diary.spans import day_of
from app.vocabulary import Category

DAY = day_of(date(2026, 3, 10))[0]
WINDOW = (DAY, DAY + 2 * 1440)
HERE, THERE, ELSEWHERE = "Harbour Row", "Quarry Gate", "Market Cross"
SEES = st.sampled_from(
    [frozenset(), frozenset({Category.OBLIGATIONS}), frozenset({Category.OBLIGATIONS, Category.RISK})]
)


def spans(longest: int = 240) -> Any:
    """A span that begins within the window, to the minute."""
    return st.tuples(st.integers(*WINDOW), st.integers(1, longest)).map(lambda each: (each[0], each[0] + each[1]))


def several(each: Any, most: int = 3) -> Any:
    return st.lists(each, max_size=most).map(tuple)


def rooms(place: str) -> Any:
    made = st.tuples(st.integers(0, 1), st.integers(2, 3), several(spans(), 2))
    return st.lists(made, min_size=1, max_size=2).map(
        lambda found: tuple(Room(f"{place}-{number}", "room", *one) for number, one in enumerate(found))
    )


def places() -> Any:
    def place(name: str) -> Any:
        return st.builds(
            Place, id=st.just(name), name=st.just(name), postcode=st.just("LE1 1AA"),
            called=st.just(frozenset({name.casefold()})), open=st.just(((WINDOW[0] + 480, WINDOW[0] + 1080),
            (WINDOW[0] + 1920, WINDOW[0] + 2520))), rooms=rooms(name), unplaced=several(spans(), 1),
        )  # fmt: skip

    return st.tuples(place(HERE), place(THERE))


PEOPLE = st.builds(
    Person,
    visits=several(st.builds(Visit, spans(), st.just("reporting"), st.sampled_from([None, HERE, ELSEWHERE]))),
    own=several(st.builds(Own, spans(), st.sampled_from([None, HERE, THERE])), 1),
    curfews=several(spans(600), 1),
    zones=several(
        st.sampled_from([Zone(frozenset({THERE})), Zone(area="about the Harbour Row"), Zone(postcodes=("x",))]), 1
    ),
    needs_two_staff=st.booleans(),
)
THERAPISTS = st.builds(
    Therapist,
    username=st.sampled_from(["ann", "bob"]),
    sessions=several(st.builds(Session, several(spans(600), 2), st.sampled_from([None, HERE, THERE])), 2),
    busy=several(spans(), 2),
    gender=st.sampled_from([None, "female"]),
)
SEARCHES = st.builds(
    Search,
    window=st.just(WINDOW),
    minutes=st.sampled_from([15, 50, 60]),
    person=PEOPLE,
    therapists=st.lists(THERAPISTS, min_size=1, max_size=2, unique_by=lambda one: one.username).map(tuple),
    places=places(),
    travel=st.sampled_from([Travel(30), Travel(0), Travel(10, {(HERE, ELSEWHERE.casefold()): 45})]),
    wishes=st.builds(Wishes, gender=st.sampled_from([None, "female"]), ground_floor=st.booleans()),
    sees=SEES,
)


def _in(spans: Any, minute: int, around: int = 0) -> bool:
    return any(start - around <= minute < end + around for start, end in spans)


def is_free(search: Search, therapist: Therapist, session: Session, place: Place, room: Room, minute: int) -> bool:
    """Whether this minute is free for all of them, looked up span by span."""
    person, travel = search.person, search.travel
    if not WINDOW[0] <= minute < WINDOW[1] or not _in(session.spans, minute) or _in(therapist.busy, minute):
        return False
    if not _in(place.open, minute) or _in(room.busy, minute):
        return False
    occupied = sum(_in(each.busy, minute) for each in place.rooms) + sum(_in([one], minute) for one in place.unplaced)
    if occupied >= len(place.rooms) or _in(person.curfews, minute, travel.usual):
        return False
    longest = max([travel.usual, *travel.between.values()])
    for visit in person.visits:
        away = longest
        if Category.OBLIGATIONS in search.sees:
            pair = (place.id, (visit.place or "").casefold())
            away = 0 if visit.place == place.name else travel.between.get(pair, travel.usual)
        if _in([visit.span], minute, away):
            return False
    return not any(_in([own.span], minute, 0 if own.place == place.id else travel.usual) for own in person.own)


def suits(search: Search, therapist: Therapist, place: Place, room: Room) -> bool:
    """What no minute changes."""
    wishes, two = search.wishes, search.person.needs_two_staff
    if wishes.gender not in (None, therapist.gender) or room.seats < (3 if two else 2):
        return False
    if room.floor and (two or wishes.ground_floor):
        return False
    zones = search.person.zones
    closed = any(place.id in zone.sites or place.name.casefold() in zone.area.casefold() for zone in zones)
    return not closed


def begins(search: Search) -> set[tuple[str, str, int]]:
    """Therapist, premises and minute of everything that could begin, on multiples of five."""
    found = set()
    for therapist in search.therapists:
        for session in therapist.sessions:
            for place in search.places:
                for room in place.rooms:
                    if session.place in (None, place.id) and suits(search, therapist, place, room):
                        run = 0
                        for minute in range(WINDOW[1], WINDOW[0] - 1, -1):
                            run = run + 1 if is_free(search, therapist, session, place, room, minute) else 0
                            if run >= search.minutes and minute % 5 == 0:
                                found.add((therapist.username, place.id, minute))
    return found
