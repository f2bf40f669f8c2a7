"""Slots for somebody with 10,000 obligations: four weeks of the service's diary, through the gate and with the entries.

Spread over four years, of which a fiftieth is looked at; and all of them within the four weeks, so that each is.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import app.tables as t
from app.audit.ddl import SERVICE_ROLE
from app.gate import open_gate
from app.services.diary import DiaryService, Period
from app.vocabulary import Action, Caller, Category, Party, Purpose, Question, Role
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.routers.booking import diaries, session
from tests.world import (
    NOW,
    authorisation,
    clients,
    of,
    person,
    put,
    referral,
    settings_for,
    staff,
    supervision,
    treating,
)

OBLIGATIONS = 10_000
ASKED_MS = 100.0
SPREAD, NEAR = "X500001", "X500002"
WEEKS = timedelta(days=28)
ROUNDS = 20
SHARING, JUSTICE = "information-sharing", "criminal-justice-data"


def measure(places: Places, dialect: str, sizes: Sizes) -> list[Row]:
    """Milliseconds beside those that are asked of it."""
    url = places.new(dialect)
    asyncio.run(put(url, _rows(sizes)))
    taken = asyncio.run(_asked(url))
    places.drop(url)
    return [
        Row(f"{name}_{dialect}", "ms", taken[crn], [ASKED_MS] * ROUNDS, bar, bar_is_ceiling=True,
            extra={"obligations": _many(sizes)})
        for name, crn, bar in (("slots", SPREAD, 1), ("slots_all_near", NEAR, None))
    ]  # fmt: skip


def _many(sizes: Sizes) -> int:
    return min(OBLIGATIONS, sizes.past)


def _rows(sizes: Sizes) -> list[Any]:
    rows = [*clients(), *staff("theo", Role.THERAPIST, SHARING, JUSTICE), *staff("tara", Role.THERAPIST)]
    rows += [*staff("petra", Role.PROBATION_LEAD), authorisation("theo", "petra")]
    for crn, days in ((SPREAD, 1460), (NEAR, 28)):
        whole = referral(crn, id=f"referral-{crn}")
        rows += [person(crn), supervision(crn), whole, treating(crn, "theo", whole)]
        for number in range(_many(sizes)):
            starts = NOW + timedelta(minutes=(number * 7919) % (days * 1440))
            about = {"kind": "reporting", "description": "report", "place": "Market Cross"}
            rows.append(of(t.Obligation, crn, starts_at=starts, ends_at=starts + timedelta(minutes=20), **about))
    for_all_week = [session("theo", day, 13, 17) for day in range(1, 6)]
    return [*rows, *diaries(), *for_all_week]


async def _asked(url: str) -> dict[str, Sequence[float]]:
    """The milliseconds of each question; RuntimeError if nothing was looked for."""
    settings = settings_for(url, Path("unused.pem"), database_role=SERVICE_ROLE)
    theo = Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "token", "theo")
    subjects = (Category.ATTENDANCE,)
    asks = Question(
        theo, Purpose.DIRECT_CARE, Action.READ, subjects, NOW, "/v1/referrals/{referral_id}/slots", "request"
    )
    period = Period(since=NOW, until=NOW + WEEKS, minutes=50, size=50)
    taken: dict[str, list[float]] = {SPREAD: [], NEAR: []}
    async with open_gate(settings) as (gate, _):
        service = DiaryService(gate)
        for crn, kept in taken.items():
            for _ in range(ROUNDS):
                started = time.perf_counter()
                answer = await service.slots(asks, f"referral-{crn}", period)
                kept.append((time.perf_counter() - started) * 1000)
                if (b'"startsAt"' in answer.body) is (crn == NEAR):
                    raise RuntimeError("the slots are not those of somebody with such a diary")
    return {crn: sorted(kept) for crn, kept in taken.items()}
