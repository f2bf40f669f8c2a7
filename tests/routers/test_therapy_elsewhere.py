"""Therapy under another CRN of the person is kept clear of and told as an obligation there is, never as what it is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete

import app.tables as t
from app.vocabulary import Role
from tests import world
from tests.routers.booking import (
    ADA,
    BOOK,
    HARBOUR,
    THURSDAY,
    WEDNESDAY,
    at,
    begun,
    books,
    moves,
    obligation,
    slots,
)  # fmt: skip
from tests.routers.cast import ADAM, CARE, CARLA, FULL, SHARING, THEO, told
from tests.routers.test_diary import WEEK, looks
from tests.world import Service, execute, put

pytestmark = pytest.mark.asyncio
OTHER, STRANGER, ELSEWHERE = "X777777", "X777778", "another-service"
LISTED = BOOK.format("referral-full")
BEGINS = at(THURSDAY, "10:30")
WES = (Role.THERAPIST, "wes")
ASKERS = (THEO, CARLA, ADAM, ADA)


def referred(crn: str, service: str = ELSEWHERE) -> Any:
    return world.referral(crn, id=f"referral-{crn}", service_id=service)


def seen(crn: str, starts: datetime = BEGINS, minutes: int | None = 50, **values: Any) -> Any:
    about = {"referral_id": f"referral-{crn}", "starts_at": starts, "minutes": minutes, "appointment_type": "02"}
    return world.of(t.Appointment, crn, **{**about, **values})


def held(contact: Any, username: str, room: str) -> Any:
    return world.booked(contact, username, room_id=room)[0]


def treated_by_wes() -> list[Any]:
    """Somebody at another service, whoever they are."""
    theirs = referred(OTHER)
    staff = world.staff("wes", Role.THERAPIST, SHARING, service_id=ELSEWHERE)
    return [world.person(OTHER), theirs, *staff, world.treating(OTHER, "wes", theirs)]


async def gone(service: Service, *models: Any) -> None:
    await execute(service.url, [(delete(model).where(model.person_id.in_(
        [world.person_id(crn) for crn in (OTHER, STRANGER)])), None) for model in models])  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def merged(service_on_both: Service) -> AsyncIterator[Service]:
    """Somebody of two merged CRNs, the other one referred to another service, and a stranger."""
    people = [world.person(OTHER), referred(OTHER), world.person(STRANGER), referred(STRANGER)]
    visit = obligation(at(THURSDAY, "12:15"))
    yield await begun(service_on_both, *people, *world.merged(OTHER, FULL), visit)


async def everything(service: Service, booked: tuple[str, ...]) -> list[Any]:
    """What each role is answered that may ask, whatever it asks; nothing of it changes anything."""
    answers = []
    for who in ASKERS:
        answers += [await slots(service, who, WEEK), await slots(service, who, f"{WEEK}&site=RT5P1&therapist=theo")]
        answers.append(await service.get(LISTED, *who, CARE))
        for clock in ("10:00", "10:30", "11:00"):
            answers.append(await books(service, who, at(THURSDAY, clock), therapist="tara", minutes=30, room="Room 2"))
        answers.append(await books(service, who, BEGINS, therapist="tara", medium="02", site=None, room=None))
        moved, cancelled = booked
        again = {"startsAt": BEGINS.isoformat(), "therapist": "tara", "room": "Room 2"}
        answers.append(await moves(service, who, moved, "*", **again))
        taken = {"json": {"attendanceCode": None}, "headers": {"If-Match": "*"}}
        answers.append(await service.request("PUT", f"{LISTED}/{cancelled}/attendance", *who, CARE, **taken))
    return answers


async def test_it_and_an_obligation_there_are_told_in_the_same_bytes(merged: Service) -> None:
    """Of both worlds the therapist and the room are taken, in the one by whom it keeps, in the other by a stranger."""
    moved = (await books(merged, THEO, at(WEDNESDAY, "09:00"))).json()["id"]
    cancelled = (await books(merged, THEO, BEGINS, therapist="tara", room="Room 2")).json()["id"]
    stands = (await books(merged, CARLA, at(THURSDAY, "11:30"), therapist="tara", minutes=20)).json()["id"]
    ended = t.Appointment.__table__.update().where(t.Appointment.id == cancelled)  # type: ignore[attr-defined]  # SQLModel adds it
    await execute(merged.url, [(ended.values(attendance_code="4"), None)])
    worlds = []
    for whose in (OTHER, STRANGER):
        contact = seen(whose, site="RT5P1")
        await put(merged.url, [contact, held(contact, "theo", "RT5P1:Room 1")])
        if whose == STRANGER:
            await put(merged.url, [obligation(BEGINS, 50, OTHER, kind="housing", place=HARBOUR)])
        await merged.marked()
        answers = await everything(merged, (moved, cancelled))
        entries = [{name: each[name] for name in ("action", "outcome", "reason", "clauses", "released", "withheld")}
                   for each in await merged.entries()]  # fmt: skip
        worlds.append(([looks(each) for each in answers], entries))
        await gone(merged, t.Booking, t.Appointment, t.Obligation)
    assert worlds[0] == worlds[1]
    statuses = Counter(status for status, _, _ in worlds[0][0])
    assert statuses == {200: 12, 409: 24}
    refused = [each.json() for each in answers if each.status_code == 409]
    assert {each["code"] for each in refused} == {"slot-unsuitable"}
    assert all(each["unsuitable"] == ["time"] and "why" not in each for each in refused)
    listed = [each for each in answers[2].json()["data"] if each["id"] == stands]
    assert [each["unsuitable"] for each in listed] == [["time"]]
    named = [reason for slot in answers[0].json()["data"] for reason in slot["reasons"] if "place" in reason]
    assert named == []  # that of the person's own record either: nobody can tell whose is whose


async def test_the_edge_of_what_is_looked_at_is_the_same(merged: Service) -> None:
    """Where what stands elsewhere is looked at, the order rests on nothing: it has to begin and end alike."""
    edge = at(WEDNESDAY, "00:00") - timedelta(days=1)
    asked = "?from=2026-03-11&until=2026-03-12"
    for minutes in (0, 1):
        ends = edge + timedelta(minutes=minutes) - timedelta(minutes=50)
        await put(merged.url, [seen(OTHER, ends)])
        therapy = await slots(merged, THEO, asked)
        await gone(merged, t.Appointment)
        await put(merged.url, [obligation(ends, 50, OTHER)])
        assert looks(await slots(merged, THEO, asked)) == looks(therapy)
        await gone(merged, t.Obligation)
    assert "visits-this-building-that-day" in (await slots(merged, THEO, asked)).text


async def test_once_the_two_are_parted_it_is_somebody_elses(merged: Service) -> None:
    await put(merged.url, [seen(OTHER)])
    times = [each["startsAt"] for each in (await slots(merged, THEO, WEEK)).json()["data"]]
    assert "2026-03-12T10:15:00Z" not in times
    assert "2026-03-12T09:00:00Z" in times
    await execute(merged.url, [(delete(t.PersonAlias), None)])
    times = [each["startsAt"] for each in (await slots(merged, THEO, WEEK)).json()["data"]]
    assert "2026-03-12T10:15:00Z" in times
    assert (await books(merged, THEO, BEGINS)).status_code == 201


async def test_what_overlapped_before_the_merger_is_marked_on_both_sides(service_on_both: Service) -> None:
    """Each side is told of its own that the time is unsuitable, and neither of the other's."""
    service = await begun(service_on_both, *treated_by_wes())
    mine = (await books(service, THEO, BEGINS)).json()["id"]
    answer = await books(service, WES, BEGINS, f"referral-{OTHER}", room="Room 2")
    theirs = answer.json()["id"]
    await put(service.url, world.merged(OTHER, FULL))
    for who, referral, booked in ((THEO, "referral-full", mine), (WES, f"referral-{OTHER}", theirs)):
        listed = (await service.get(BOOK.format(referral), *who, CARE)).json()["data"]
        assert {each["id"]: each["unsuitable"] for each in listed if each.get("unsuitable")} == {booked: ["time"]}


async def test_of_bookings_at_once_under_two_crns_one_is_made(service_on_both: Service) -> None:
    """Whoever is second is told what they would have been told before, whichever the database found first."""
    service = await begun(service_on_both, *treated_by_wes(), *world.merged(OTHER, FULL))
    sent = []
    for number in range(8):
        sent.append(books(service, THEO, BEGINS + timedelta(minutes=5 * number), room="Room 1"))
        sent.append(books(service, WES, BEGINS + timedelta(minutes=5 * number), f"referral-{OTHER}", room="Room 2"))
    answers = await asyncio.gather(*sent)
    assert Counter(each.status_code for each in answers) == {201: 1, 409: 15}
    first = next(place % 2 for place, each in enumerate(answers) if each.status_code == 201)
    for place, each in enumerate(answers):
        if each.status_code == 409 and place % 2 != first:
            assert (told(each)["code"], each.json()["unsuitable"]) == ("slot-unsuitable", ["time"])
        elif each.status_code == 409:
            assert told(each)["code"] == "slot-taken"


async def test_a_merger_made_between_the_look_and_the_write_counts(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await begun(service_on_both, *treated_by_wes(), seen(OTHER))
    mergers = [world.merged(OTHER, FULL)]

    async def meanwhile(*_: object) -> None:
        if mergers:
            await put(service.url, mergers.pop())

    monkeypatch.setattr("app.services.diary.booked", meanwhile)
    answer = await books(service, THEO, BEGINS)
    assert (answer.status_code, told(answer)["code"], answer.json()["unsuitable"]) == (409, "slot-unsuitable", ["time"])
    reasons = [entry["reason"] for entry in await service.entries() if entry["action"] == "write"]
    assert reasons == ["changed-meanwhile", "slot-unsuitable"]
    assert mergers == []


async def test_no_slot_clashes_and_none_is_missed(service_on_both: Service) -> None:
    """Of somebody whose therapy stands under two CRNs, sent or booked, beside a plain account of each minute."""
    service = await begun(service_on_both, *treated_by_wes(), *world.merged(OTHER, FULL))
    chance, opens, told_free = Random(20), at(THURSDAY, "09:00"), Counter[bool]()
    for number in range(24):
        kept = [therapy(chance, opens, number, crn) for crn in (FULL, OTHER, OTHER) if chance.random() < 0.8]
        await put(service.url, [row for each in kept for row in each])
        standing = [each[0] for each in kept if each[0].attendance_code is None and each[0].withdrawn_at is None]
        who = chance.choice((THEO, ADA))
        answer = await slots(service, who, "?from=2026-03-12&until=2026-03-12&minutes=30&therapist=theo&pageSize=100")
        proposed = {datetime.fromisoformat(each["startsAt"]) for each in answer.json()["data"]}
        free = {starts for starts in quarters(opens) if is_clear(starts, standing)}
        assert proposed & {*quarters(opens)} == free
        assert all(is_clear(starts, standing) for starts in proposed)
        wanted = chance.choice([*quarters(opens)])
        booked = await books(service, who, wanted, minutes=30)
        assert (booked.status_code == 201) is (wanted in free)
        told_free[wanted in free] += 1
        await execute(service.url, [(delete(t.ReferralMove), None), (delete(t.Booking), None),
                                    (delete(t.Appointment).where(t.Appointment.starts_at > opens), None)])  # fmt: skip
    assert min(told_free.values()) > 4


def therapy(chance: Random, opens: datetime, number: int, crn: str) -> list[Any]:
    """An appointment on Thursday morning: as long as nobody said, cancelled, taken back or booked here, perhaps."""
    values: dict[str, Any] = {"minutes": chance.choice([None, 20, 50, 90]), "site": chance.choice([None, "RT5P1"])}
    values |= chance.choice([{}, {}, {"attendance_code": "2"}, {"withdrawn_at": world.NOW}])
    starts = opens + timedelta(minutes=chance.randrange(1, 180))
    referral = "referral-full" if crn == FULL else f"referral-{crn}"
    contact = seen(crn, starts, referral_id=referral, id=f"seen-{crn}-{number}-{starts:%H%M}", **values)
    if values["site"] is None or chance.random() < 0.5:
        return [contact]
    who = "theo" if crn == FULL else "wes"
    return [contact, held(contact, who, "RT5P1:Room 2")]


def quarters(opens: datetime) -> list[datetime]:
    return [opens + timedelta(minutes=15 * number) for number in range(11)]


def is_clear(starts: datetime, standing: list[Any]) -> bool:
    """Whether half an hour meets none of them: with the way there and back, but from the same premises of one record.

    Theo holds what came under the person's own referral, and Room 1 is free whatever happens.
    """
    for each in standing:
        own = each.person_id == world.person_id(FULL)
        way = timedelta(minutes=0 if own and each.site == "RT5P1" else 30)
        ends = each.starts_at + timedelta(minutes=each.minutes or 60)
        if each.starts_at - way < starts + timedelta(minutes=30) and starts < ends + way:
            return False
    return True
