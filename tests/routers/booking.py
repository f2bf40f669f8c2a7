"""Premises, sessions and an administrator who may see nothing of the justice party's, to put beside the cast."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete

import app.tables as t
from app.vocabulary import Role
from tests import world
from tests.routers.cast import CARE, FULL
from tests.world import NOW, SERVICE, Service, execute, of, put

ADA = (Role.SERVICE_ADMINISTRATOR, "ada")
SITE, OTHER_SITE = "RT5P1", "RT5P2"
HARBOUR, QUARRY = "Probation office, Harbour Row", "Probation office, Quarry Gate"
SLOTS, BOOK = "/v1/referrals/{}/slots", "/v1/referrals/{}/appointments"
WEDNESDAY, THURSDAY = date(2026, 3, 11), date(2026, 3, 12)


def premises(site: str, name: str, *called: str, **values: Any) -> Any:
    names = [name.casefold().replace(",", ""), *called]
    about = {"hours": "Mon-Fri 09:00-17:00", "travel_minutes": 30, "journeys": "{}", "location_code": "M02"}
    listed = "[" + ", ".join(f'"{each}"' for each in names) + "]"
    return t.Premises(**{"site": site, "name": name, "called": listed, "recorded_at": NOW, **about, **values})


def room(site: str, name: str, position: int = 0, floor: int = 0, seats: int = 3) -> Any:
    return t.Room(id=f"{site}:{name}", site=site, name=name, position=position, floor=floor, seats=seats)


def session(username: str, weekday: int, starts: int, ends: int, site: str | None = SITE) -> Any:
    return t.StaffSession(
        id=f"session-{username}-{weekday}-{starts}", recorded_at=NOW, staff_id=f"staff-{username}", service_id=SERVICE,
        weekday=weekday, starts=time(starts), ends=time(ends), site=site, valid_from=date(2025, 1, 1),
    )  # fmt: skip


def diaries() -> list[Any]:
    """Two rooms at one site and one upstairs at another; theo is there on Wednesday and Thursday mornings."""
    return [
        *world.staff("ada", Role.SERVICE_ADMINISTRATOR),
        premises(SITE, HARBOUR, "harbour row", postcode="LE1 1AA"),
        premises(OTHER_SITE, QUARRY, postcode="LE2 1AA"),
        room(SITE, "Room 1"),
        room(SITE, "Room 2", 1),
        room(OTHER_SITE, "Attic", 0, 2),
        session("theo", 3, 9, 12),
        session("theo", 4, 9, 12),
        session("tara", 4, 10, 12),
    ]


async def begun(service: Service, *more: Any) -> Service:
    """With diaries, and without what the cast has to attend and keep away from."""
    await execute(service.url, [(delete(model), None) for model in (t.Obligation, t.LicenceCondition, t.RiskAlert)])
    await put(service.url, [*diaries(), *more])
    return await service.marked()


def obligation(starts: datetime, minutes: int = 30, crn: str = FULL, **values: Any) -> Any:
    about = {"kind": "reporting", "description": "report", "place": HARBOUR}
    return of(
        t.Obligation, crn, **{**about, "starts_at": starts, "ends_at": starts + timedelta(minutes=minutes), **values}
    )


def at(day: date, clock: str) -> datetime:
    """In March before the clocks change London has UTC."""
    return datetime.combine(day, time.fromisoformat(clock), NOW.tzinfo)


async def slots(
    service: Service, who: Any, query: str = "", referral: str = "referral-full", purpose: str = CARE
) -> Any:
    return await service.get(SLOTS.format(referral) + query, *who, purpose)


async def books(service: Service, who: Any, starts: datetime, referral: str = "referral-full", **body: Any) -> Any:
    sent = {"startsAt": starts.isoformat(), "site": SITE, "room": "Room 1"} | body
    return await service.request("POST", BOOK.format(referral), *who, CARE, json=sent)


async def moves(service: Service, who: Any, appointment: str, tag: str | None, **body: Any) -> Any:
    headers = {"If-Match": tag} if tag else {}
    path = f"{BOOK.format('referral-full')}/{appointment}"
    return await service.request("PATCH", path, *who, CARE, json=body, headers=headers)
