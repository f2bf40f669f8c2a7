"""Puts together what slots are looked for in: the service's premises, sessions and bookings, and the person's diary."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from app.gate import Act, Gate
from app.pathway.diary.places import Place, Room, Travel, Zone
from app.pathway.diary.search import TWO_STAFF, Own, Person, Search, Session, Therapist, Visit, Wishes, days_between
from app.pathway.diary.spans import Span, day_of, joined, minute, moment, span, without
from app.pathway.diary.weekly import spans_of, weekly
from app.pathway.working_days import LONDON, is_bank_holiday
from app.pathway.working_time import held
from app.records import diary, rows, working_time
from app.records.diary import Held, Window
from app.records.rows import Found
from app.vocabulary import Category

NIGHT = "19:00-07:00"
"""When somebody has a curfew of which nobody said the hours: those that courts most often give."""
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """For whose referral, when, for how long, and what may be seen; the appointment that is to be moved, if one is."""

    referral: Found
    window: Span
    minutes: int
    at: datetime
    sees: frozenset[Category]
    reads_contact: bool
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What slots are looked for in, the staff of the service by username, and what kind of place each site is."""

    search: Search
    staff: Mapping[str, Found]
    locations: Mapping[str, str]

    def therapist(self, username: str) -> Therapist:
        """Somebody of the service, with sessions or without."""
        found = next((one for one in self.search.therapists if one.username == username), None)
        return found or Therapist(username=username)


class DiaryReader:
    """Reads diaries for an act that has been decided on."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._records = gate, gate.records

    async def known(self, act: Act, asked: Asked) -> Known:
        """Everything that bears on the question, in a statement for each kind of thing."""
        window = _wider(asked)
        premises = await self._premises()
        staff = await self._staff(act, asked.referral["service_id"])
        taken = await diary.taken(self._records, act.permit, window)
        places = [_place(each, premises, taken, window) for each in premises["premises"]]
        person, elsewhere = await self._person(act, asked.referral["person_id"], window)
        wishes, treating = await self._wishes(act, asked, window), await self._treating(act, asked, staff)
        profiles = {each["username"]: each for each in premises["therapist_profile"]}
        search = Search(
            window=asked.window,
            minutes=asked.minutes,
            person=person,
            therapists=tuple(await self._therapists(asked.referral["service_id"], window, staff, taken, profiles)),
            places=tuple(places),
            travel=_travel(premises["premises"]),
            wishes=wishes,
            treating=treating,
            sees=asked.sees - elsewhere,
        )
        locations = {each["site"]: each["location_code"] for each in premises["premises"]}
        return Known(search, staff, locations)

    async def _premises(self) -> dict[str, list[dict[str, Any]]]:
        tables = ("premises", "room", "premises_closed", "therapist_profile")
        return {table: await self._gate.writer.register(table) for table in tables}

    async def _staff(self, act: Act, service: str) -> dict[str, Found]:
        found = await rows.rows(self._records, act.permit, "staff", service_id=service)
        return {member["username"]: member for member in found}

    async def _person(self, act: Act, person: str, window: Window) -> tuple[Person, frozenset[Category]]:
        """What they have to keep clear of, and of which categories some of it stands under another CRN of theirs.

        Of those no reason is seen: what is decided on is this record alone. Therapy under another CRN is kept clear of
        as an obligation under another is, so that nothing tells the one from the other.
        """
        records, permit = self._records, act.permit
        obligations = await diary.obligations(records, permit, person, window)
        conditions = await diary.conditions(records, permit, person, window)
        alerts = [each for each in await diary.alerts(records, permit, person, window) if each[0] in TWO_STAFF]
        therapy = await diary.own(records, permit, person, window)
        elsewhere = [Visit(_span(each)) for each, is_elsewhere in therapy if is_elsewhere]
        visits = [Visit(span(starts, ends), kind, place) for starts, ends, kind, place, _ in obligations]
        found = Person(
            visits=(*visits, *elsewhere),
            own=tuple(Own(_span(each), each.site) for each, is_elsewhere in therapy if not is_elsewhere),
            curfews=tuple(joined(_curfews(conditions, window))),
            zones=tuple(_zone(*each) for each in conditions if each[0] == "exclusion-zone"),
            needs_two_staff=bool(alerts),
        )
        of = {Category.OBLIGATIONS: [*obligations, *therapy], Category.RISK: [*conditions, *alerts]}
        return found, frozenset(category for category, kept in of.items() if any(each[-1] for each in kept))

    async def _therapists(self, service: str, window: Window, staff: Mapping[str, Found], taken: Sequence[Held],
                          profiles: Mapping[str, Any]) -> list[Therapist]:  # fmt: skip
        sessions = await working_time.sessions(self._records, service, window.first, window.last)
        leave = await working_time.leave(self._records, service, window.first, window.last)
        spans: dict[str, dict[tuple[str | None, str | None], list[Span]]] = defaultdict(lambda: defaultdict(list))
        for day, each in held(sessions, leave, window.first, window.last):
            spans[each.staff][each.site, _room_id(each.site, each.room)].append(_on(day, each.starts, each.ends))
        names = {member["id"]: username for username, member in staff.items()}
        busy: dict[str, list[Span]] = defaultdict(list)
        for one in taken:
            for identity in (one.staff_id, one.second_staff_id):
                if identity in names:
                    busy[names[identity]].append(_span(one))
        for gone in leave:
            busy[gone.staff] += [_days(max(gone.first, window.first), min(gone.last, window.last))]
        found = []
        for username in sorted(staff):
            about = profiles.get(username, {})
            kept = tuple(
                Session(tuple(joined(each)), *where) for where, each in sorted(spans[username].items(), key=str)
            )
            found.append(
                Therapist(
                    username=username,
                    sessions=kept,
                    busy=tuple(joined(busy[username])),
                    gender=about.get("gender"),
                    languages=frozenset(about.get("languages", "").split()),
                )
            )
        return found

    async def _wishes(self, act: Act, asked: Asked, window: Window) -> Wishes:
        kept = await rows.one(self._records, act.permit, "diary_preference", asked.referral["id"]) or {}
        language = None
        if asked.reads_contact:
            language = await diary.language(self._records, act.permit, asked.referral["person_id"])
        suits = kept.get("suits")
        return Wishes(
            suits=tuple(spans_of(weekly(suits), window.first, window.last)) if suits else None,
            gender=kept.get("therapist_gender"),
            language=language,
            ground_floor=bool(kept.get("ground_floor")),
        )

    async def _treating(self, act: Act, asked: Asked, staff: Mapping[str, Found]) -> str | None:
        same = {"kind": "treating", "referral_id": asked.referral["id"]}
        names = {member["id"]: username for username, member in staff.items()}
        for each in await rows.rows(self._records, act.permit, "allocation", **same):
            until = each["valid_until"]
            if each["valid_from"] <= asked.at and (until is None or asked.at < until):
                return names.get(each["staff_id"])
        return None


def _wider(asked: Asked) -> Window:
    """A day more on each side: what began before, and the way there and back."""
    first, last = days_between(asked.window)
    since, until = (moment(edge) for edge in (asked.window[0] - DAY_MINUTES, asked.window[1] + DAY_MINUTES))
    return Window(since, until, first - timedelta(days=1), last + timedelta(days=1), asked.moved)


def _span(one: Held) -> Span:
    return span(one.starts_at, one.ends_at)


def _on(day: date, starts: time, ends: time) -> Span:
    begins, stops = (minute(datetime.combine(day, clock, LONDON)) for clock in (starts, ends))
    return begins, stops


def _days(first: date, last: date) -> Span:
    return day_of(first)[0], day_of(last)[1]


def _room_id(site: str | None, room: str | None) -> str | None:
    return f"{site}:{room}" if site and room else None


def _curfews(conditions: Iterable[Sequence[Any]], window: Window) -> Iterator[Span]:
    for kind, _, hours, _, _, starts, ends, _ in conditions:
        if kind == "curfew":
            first, last = max(window.first, starts), min(window.last, ends or window.last)
            yield from spans_of(weekly(hours or NIGHT), first, last)


def _zone(_: str, area: str | None, __: str | None, sites: str | None, postcodes: str | None, *___: date) -> Zone:
    return Zone(
        frozenset((sites or "").split(",")) - {""}, tuple(filter(None, (postcodes or "").split(","))), area or ""
    )


def _place(row: Mapping[str, Any], known: Mapping[str, Any], taken: Sequence[Held], window: Window) -> Place:
    site = row["site"]
    closed = {each["day"] for each in known["premises_closed"] if each["site"] == site}
    days = [window.first + timedelta(days=number) for number in range((window.last - window.first).days + 1)]
    shut = [each for each in days if each in closed or (is_bank_holiday(each) and not row["is_open_on_bank_holidays"])]
    rooms = sorted((each for each in known["room"] if each["site"] == site), key=lambda each: each["position"])
    busy: dict[str, list[Span]] = defaultdict(list)
    for one in taken:
        busy[one.room_id or ""].append(_span(one))
    open_ = spans_of(weekly(row["hours"]), window.first, window.last)
    return Place(
        id=site,
        name=row["name"],
        postcode=row["postcode"],
        called=frozenset(json.loads(row["called"])),
        open=tuple(_without_days(open_, shut)),
        rooms=tuple(
            Room(each["id"], each["name"], each["floor"], each["seats"], tuple(joined(busy[each["id"]])))
            for each in rooms
        ),
        unplaced=tuple(_span(one) for one in taken if one.room_id is None and one.site == site),
    )


def _without_days(open_: Sequence[Span], days: Iterable[date]) -> list[Span]:
    return without(open_, joined(day_of(day) for day in days))


def _travel(premises: Iterable[Mapping[str, Any]]) -> Travel:
    """The usual is the same for all of them; where nothing is described, as long as any way takes."""
    between = {
        (row["site"], name): minutes for row in premises for name, minutes in json.loads(row["journeys"]).items()
    }
    return Travel(max((row["travel_minutes"] for row in premises), default=30), between)
