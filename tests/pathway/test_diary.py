"""The diary, beside a second account of it that goes minute by minute: no clash proposed, and none missed."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from app.pathway.diary import clashes
from app.pathway.diary.clashes import Cause, Taken, Unsuitable, Wanted, clash, taken
from app.pathway.diary.places import Place, Room, Travel, Zone
from app.pathway.diary.proposals import Reason, proposals
from app.pathway.diary.search import Own, Person, Search, Session, Therapist, Visit, Wishes
from app.pathway.diary.spans import common, crowded, day_of, joined, minute, minute_after, span, without
from app.pathway.diary.weekly import spans_of, weekly
from app.vocabulary import Category
from tests.pathway.diaries import DAY, HERE, SEARCHES, THERE, WINDOW, begins

LONDON = ZoneInfo("Europe/London")
SEEN = frozenset({Category.OBLIGATIONS, Category.RISK})


@given(SEARCHES)
@settings(max_examples=60, deadline=None)
def test_no_slot_clashes_and_no_time_is_missed(search: Search) -> None:
    proposed = {(slot.therapist, slot.place.id, slot.span[0]) for slot in proposals(search)}
    free = begins(search)
    assert proposed <= free
    for therapist, place, start in free:
        earlier = [at for who, where, at in proposed if (who, where) == (therapist, place) and start - 15 < at <= start]
        assert earlier
        assert start % 15 or start in earlier


@given(SEARCHES)
@settings(max_examples=60, deadline=None)
def test_what_is_proposed_can_be_booked(search: Search) -> None:
    therapists = {one.username: one for one in search.therapists}
    for slot in proposals(search)[:20]:
        room = next(room for room in slot.place.rooms if room.id == slot.room)
        second = Therapist(username="second")
        wanted = Wanted(
            span=slot.span, therapist=therapists[slot.therapist], place=slot.place, room=room, second=second
        )
        assert (taken(search, wanted), clash(search, wanted)) == ((), clashes.Clash())


def place(name: str = HERE, **values: object) -> Place:
    about = {"open": ((DAY + 540, DAY + 1020),), "rooms": (Room("r0", "Room 1"),), "called": frozenset({name.lower()})}
    return Place(**{"id": name, "name": name, **about, **values})  # type: ignore[arg-type]  # as a dataclass takes them


def search(**values: object) -> Search:
    ann = Therapist(username="ann", sessions=(Session(((DAY + 540, DAY + 720),)),))
    about = {"window": WINDOW, "minutes": 50, "person": Person(), "therapists": (ann,), "places": (place(),)}
    return Search(**{**about, **values})  # type: ignore[arg-type]  # as a dataclass takes them


def clock(found: Search) -> list[str]:
    minutes = sorted(slot.span[0] - DAY for slot in proposals(found))
    return [f"{each // 60:02}:{each % 60:02}" for each in minutes]


def test_slots_begin_where_a_free_stretch_does_and_every_quarter() -> None:
    assert clock(search()) == [
        "09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00"
    ]  # fmt: skip
    busy = search(places=(place(rooms=(Room("r0", "Room 1", busy=((DAY + 600, DAY + 607),)),)),))
    assert clock(busy) == ["09:00", "10:10", "10:15", "10:30", "10:45", "11:00"]


def test_travel_counts_around_what_is_elsewhere_and_not_around_what_is_here() -> None:
    elsewhere = Person(visits=(Visit((DAY + 630, DAY + 660), "housing", "Market Cross"),))
    assert clock(search(person=elsewhere, sees=SEEN)) == ["09:00"]
    here = Person(visits=(Visit((DAY + 630, DAY + 660), "reporting", HERE),))
    assert clock(search(person=here, sees=SEEN)) == ["09:00", "09:15", "09:30", "11:00"]
    assert clock(search(person=here)) == clock(search(person=elsewhere)) == ["09:00"]


def test_who_may_see_it_gets_the_day_of_a_visit_to_the_building_first() -> None:
    days = Session(((DAY + 540, DAY + 600), (DAY + 1980, DAY + 2040)))
    open_ = ((DAY + 480, DAY + 1020), (DAY + 1920, DAY + 2460))
    found = search(
        person=Person(visits=(Visit((DAY + 2100, DAY + 2130), "reporting", HERE),)),
        therapists=(Therapist(username="ann", sessions=(days,)),),
        places=(place(open=open_),),
        sees=SEEN,
    )
    assert [slot.span[0] // 1440 - DAY // 1440 for slot in proposals(found)] == [1, 0]
    assert proposals(found)[0].reasons == (Reason.SAME_BUILDING,)
    assert proposals(found)[0].visit is not None
    unseen = proposals(search(person=found.person, therapists=found.therapists, places=found.places))
    assert [(slot.span[0] // 1440 - DAY // 1440, slot.reasons) for slot in unseen] == [
        (0, (Reason.SOONEST,)), (1, ())
    ]  # fmt: skip


def test_zones_close_premises_by_site_postcode_or_name() -> None:
    named = place("RT5P2", called=frozenset({"harbour row"}), postcode="LE2 1AA")
    assert Zone(frozenset({"RT5P2"})).closes(named)
    assert Zone(postcodes=("LE2",)).closes(named)
    assert Zone(postcodes=("le2 1",)).closes(named)
    assert Zone(area="all of LE2 1AA").closes(named)
    assert Zone(area="Harbour Row and the streets around it").closes(named)
    assert not Zone(postcodes=("LE21", "LE2 2", "LE2 1AB", "L"), area="the harbour").closes(named)
    assert proposals(search(person=Person(zones=(Zone(area=HERE),)))) == []


def test_two_staff_need_the_ground_floor_and_a_seat_for_each() -> None:
    rooms = (Room("up", "Room 1", 1, 4), Room("small", "Room 2", 0, 2), Room("good", "Room 3", 0, 3))
    ann = Therapist(username="ann", sessions=(Session(((DAY + 540, DAY + 720),)),))
    bob = Therapist(username="bob", sessions=(Session(((DAY + 540, DAY + 600),)),))
    found = search(places=(place(rooms=rooms),), person=Person(needs_two_staff=True), therapists=(ann, bob), minutes=60)
    assert {slot.room for slot in proposals(found)} == {"good"}
    both = {(slot.span[0] - DAY, slot.therapist): slot.others for slot in proposals(found)}
    assert (both[(540, "ann")], both[(600, "ann")]) == (("bob",), ())
    wanted = Wanted(span=(DAY + 540, DAY + 600), therapist=ann, place=found.places[0], room=rooms[0])
    told = clash(found, wanted)
    assert told.unsuitable == (Unsuitable.PLACE, Unsuitable.TWO_STAFF)
    assert [each.cause for each in told.seen_by(SEEN)] == [Cause.STAFF_SAFETY]
    assert told.seen_by(frozenset({Category.OBLIGATIONS})) == ()


def test_a_clash_is_told_alike_whatever_the_reason() -> None:
    ann = search().therapists[0]
    at_ten = Wanted(span=(DAY + 600, DAY + 650), therapist=ann, place=place(), room=place().rooms[0])
    work = Person(visits=(Visit((DAY + 640, DAY + 700), "unpaid-work", "Market Cross"),))
    kept_in = Person(curfews=((DAY + 640, DAY + 700),))
    assert clash(search(person=work), at_ten).unsuitable == clash(search(person=kept_in), at_ten).unsuitable
    assert [each.cause for each in clash(search(person=work), at_ten).why] == [Cause.OBLIGATION]
    call = Wanted(span=(DAY + 600, DAY + 650), therapist=ann)
    assert clash(search(person=kept_in), call) == clashes.Clash()
    assert clash(search(person=work), call).unsuitable == (Unsuitable.TIME,)


def test_what_the_service_has_booked_is_said_as_it_is() -> None:
    room = Room("r0", "Room 1", busy=((DAY + 600, DAY + 650),))
    ann = Therapist(
        username="ann", sessions=(Session(((DAY + 540, DAY + 720),), HERE),), busy=((DAY + 600, DAY + 650),)
    )
    person = Person(own=(Own((DAY + 600, DAY + 650), HERE),))
    found = search(person=person, places=(place(rooms=(room,)),), therapists=(ann,))
    wanted = Wanted(span=(DAY + 640, DAY + 690), therapist=ann, place=found.places[0], room=room, second=ann)
    assert taken(found, wanted) == (Taken.THERAPIST, Taken.SECOND, Taken.ROOM, Taken.FULL, Taken.PERSON)
    late = Wanted(span=(DAY + 1000, DAY + 1050), therapist=ann, place=found.places[0], room=room)
    assert taken(found, late) == (Taken.NO_SESSION, Taken.CLOSED)
    there = Wanted(span=(DAY + 660, DAY + 710), therapist=ann, place=place(THERE))
    assert taken(found, there) == (Taken.NO_SESSION, Taken.PERSON)  # who has no time to get there from the other


def test_wishes_about_who_and_where_are_kept_and_those_about_times_rank() -> None:
    ann = Therapist(username="ann", sessions=(Session(((DAY + 540, DAY + 600),)),), gender="female")
    bob = Therapist(username="bob", sessions=(Session(((DAY + 540, DAY + 720),)),), languages=frozenset({"gu"}))
    wishes = Wishes(suits=((DAY + 600, DAY + 720),), language="gu")
    found = proposals(search(therapists=(ann, bob), wishes=wishes, treating="ann", minutes=60))
    assert (found[0].therapist, found[0].span[0]) == ("bob", DAY + 600)
    assert found[0].reasons == (Reason.SUITS, Reason.SOONEST, Reason.LANGUAGE)
    assert {slot.therapist for slot in proposals(search(therapists=(ann, bob), wishes=Wishes(gender="female")))} == {
        "ann"
    }


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("Mon-Fri 09:00-17:00", date(2026, 3, 13), [("2026-03-13T09:00", "2026-03-13T17:00")]),
        ("Tue,Thu 09:30-12:00; Fri 13:00-24:00", date(2026, 3, 13), [("2026-03-13T13:00", "2026-03-14T00:00")]),
        ("19:00-07:00", date(2026, 3, 28), [("2026-03-27T19:00", "2026-03-28T07:00"),
                                            ("2026-03-28T19:00", "2026-03-29T07:00")]),
        ("Fri-Mon 10:00-11:00", date(2026, 3, 29), [
                                                    ("2026-03-29T10:00", "2026-03-29T11:00")]),
    ],
    ids=["office hours", "several parts, to midnight", "through the night of a clock change", "days over a week's end"],
)  # fmt: skip
def test_weekly_hours(text: str, first: date, expected: list[tuple[str, str]]) -> None:
    wanted = [tuple(minute(datetime.fromisoformat(each).replace(tzinfo=LONDON)) for each in pair) for pair in expected]
    assert spans_of(weekly(text), first, first) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "9-17", "Mon 09:00-09:00", "Foo 09:00-10:00", "Mon 25:00-26:00", "Mon 10:60-11:00", "24:00-01:00",
        "Mon 09:00-10:00;", "Mon-Tue-Wed 09:00-10:00",
    ],
)  # fmt: skip
def test_what_says_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hours such as"):
        weekly(text)


def test_spans() -> None:
    assert joined([(5, 9), (1, 3), (3, 4), (8, 12), (7, 7)]) == [(1, 4), (5, 12)]
    assert common([(0, 10), (20, 30)], [(5, 25)]) == [(5, 10), (20, 25)]
    assert without([(0, 10), (20, 30)], [(5, 22), (29, 40)]) == [(0, 5), (22, 29)]
    assert crowded([(0, 10), (5, 15), (8, 9)], 2) == [(5, 10)]
    assert crowded([(0, 10)], 1) == [(0, 10)]
    moments = [datetime(2026, 3, 10, 9, 0, second, tzinfo=LONDON) for second in (0, 30)]
    assert (minute(moments[1]), minute_after(moments[1])) == (minute(moments[0]), minute(moments[0]) + 1)
    assert span(moments[0], moments[0]) == (minute(moments[0]), minute(moments[0]) + 1)
    assert [end - start for start, end in map(day_of, (date(2026, 3, 29), date(2026, 10, 25)))] == [1380, 1500]


def test_a_journey_told_apart_is_counted_for_who_may_see_where_from() -> None:
    travel = Travel(10, {(HERE, "market cross"): 45})
    person = Person(visits=(Visit((DAY + 540, DAY + 555), "housing", "Market Cross"),))
    assert clock(search(person=person, travel=travel, sees=SEEN))[0] == "10:00"
    person = Person(visits=(Visit((DAY + 540, DAY + 555), "housing", "Somewhere"),))
    assert clock(search(person=person, travel=travel, sees=SEEN))[0] == "09:25"
    assert clock(search(person=person, travel=travel))[0] == "10:00"
