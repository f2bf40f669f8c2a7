"""The rules over the log, over a million entries at once, and over the few that come in between two watchings.

Offender managers with 60 people each look at them through 30 days: single categories and whole records, some refused,
some with a part withheld, and a tenth of the entries is the systems' own. Every manager has a namesake on file.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import PersonPart, Record, timestamp
from app.db import Address
from app.gate import open_gate
from app.pathway.watching import Memory
from app.pathway.working_days import is_working_day
from app.services.watching import WatchService
from app.vocabulary import Caller, Fact, Party, Role, facts_of
from bench.filling import CASELOAD, crn_of, fill
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.world import settings_for

SEED, DAYS, MANAGERS = 20121101, 30, 200
A_MILLION_IN_A_MINUTE = 1e6 / 60
FACTS = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.CASELOAD, Fact.SUPERVISED)
NEW = 100
"""Entries that came in since the last watching."""
_FIELDS = [f"section.field{number}" for number in range(12)]
_REASONS = {"clauses": ["D1", "D2"], "missing": ["consent:attendance", "mhtr"], "stoppedBy": []}


def measure(places: Places, dialect: str, sizes: Sizes) -> Row:
    """Entries a second beside what a million in a minute takes, and how long the next few take."""
    url = places.new(dialect)
    entries = sizes.past if dialect == "sqlite" else sizes.past // 10
    fill(url, min(MANAGERS, max(2, entries // 1000)) * CASELOAD)
    asyncio.run(_fill(url, entries))
    ours, cpu = [], []
    for _ in range(sizes.past_rounds):
        asyncio.run(_run(url, [_FORGET]))
        started = time.process_time()
        ours.append(entries / asyncio.run(_watched(url, entries)))
        cpu.append(round((time.process_time() - started) * 1e6 / entries, 1))
    anew, going_on = asyncio.run(_next(url, entries))
    places.drop(url)
    middle = sorted(ours)[len(ours) // 2]
    extra = {
        "entries": entries,
        "seconds_for_a_million": round(1e6 / middle, 1),
        "cpu_us_each": sorted(cpu)[len(cpu) // 2],
        f"next_{NEW}_ms": round(going_on * 1000, 1),
        f"next_{NEW}_anew_ms": round(anew * 1000, 1),
    }
    return Row(f"watch_million_{dialect}", "entries/s", ours, [A_MILLION_IN_A_MINUTE] * len(ours), 1, extra=extra)


async def _watched(url: str, expected: int) -> float:
    """The seconds that a process takes that has just begun; it has to have seen every entry."""
    settings = settings_for(url, Path("unused.pem"), database_role=SERVICE_ROLE)
    async with open_gate(settings) as (gate, _):
        service = WatchService(settings, gate)
        async with service.watching():
            started = time.perf_counter()
            outcome = await service.watch(lambda: _END)
            taken = time.perf_counter() - started
    if outcome.entries != expected or outcome.raised:
        raise RuntimeError(f"{outcome.entries} entries watched, {len(outcome.raised)} alerts in what is normal")
    return taken


async def _next(url: str, entries: int) -> tuple[float, float]:
    """The seconds for a few more entries: of a process that begins anew, and of the one that watched before."""
    await _add(url, entries, NEW)
    anew = await _watched(url, NEW)
    settings = settings_for(url, Path("unused.pem"), database_role=SERVICE_ROLE)
    async with open_gate(settings) as (gate, _):
        service = WatchService(settings, gate)
        async with service.watching():
            await _add(url, entries + NEW, NEW)
            await service.watch(lambda: _END)
            await _add(url, entries + 2 * NEW, NEW)
            started = time.perf_counter()
            await service.watch(lambda: _END)
            return anew, time.perf_counter() - started


# --- the log ---------------------------------------------------------------------------------------------------------

_BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
_END = datetime(2026, 3, 2, 9, tzinfo=UTC)
_FORGET = f"UPDATE access_watch SET position = 0, memory = '{Memory().text()}'"  # noqa: S608  # words of ours alone
_ENTRY = "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES (?, ?, ?, ?)"
_PART = "INSERT INTO log_subject (seq, salt, body) VALUES (?, ?, ?)"
_NAMES = "UPDATE staff SET name = 'Mary Family' || substr('00000' || substr(username, 3), -6) WHERE username LIKE 'om%'"
_WORKED = [day for n in range(60) if is_working_day((day := _BEGIN + timedelta(days=n)).date())][: DAYS + 1]


def _moment(number: int, entries: int) -> str:
    """Entries lie evenly over the days, from nine to five; what comes after them is of one more day."""
    day, part = divmod(number * DAYS, entries)
    return timestamp(_WORKED[min(day, DAYS)] + timedelta(seconds=8 * 3600 * part / entries))


def _bodies(manager: int) -> list[str]:
    """Different entries of one manager, as the gate writes them; the last is a system's."""
    caller = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "case-management", "token", f"om{manager}")
    system = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "case-management", "token")
    one, whole = {"attendance": _FIELDS}, {f"category-{n}": _FIELDS for n in range(6)}
    withheld = {f"withheld-{n}": _REASONS for n in range(6)}
    kinds: list[dict[str, Any]] = [
        {"released": one, "withheld": {}, "outcome": "permitted"},
        {"released": whole, "withheld": withheld, "outcome": "partly-permitted"},
        {"released": {}, "withheld": withheld, "outcome": "refused", "reason": "not-permitted"},
        {"released": {}, "withheld": {}, "outcome": "permitted", "kind": "change", "action": "write", "caller": system},
    ]
    about = {"kind": "access", "action": "read", "caller": caller, "occurred_at": _BEGIN, "purpose": "supervision",
             "resource": "/v1/people/{crn}", "request_id": "request", "agreement": "a" * 64, "facts": FACTS,
             "clauses": ["D1"], "event_id": "event"}  # fmt: skip
    return [Record(**about | kind).sealed(PersonPart("p", "X000000")).body for kind in kinds]


def _rows(first: int, count: int, entries: int) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """A row of each of the two tables for every entry; no tree stands over them."""
    chance, managers = random.Random(SEED + first), min(MANAGERS, max(2, entries // 1000))
    bodies = [_bodies(manager) for manager in range(managers)]
    leaf, salt = b"\0" * 32, b"\0" * 16
    for number in range(first, first + count):
        manager, (kind,) = chance.randrange(managers), chance.choices(range(4), (60, 27, 3, 10))
        person = manager + managers * chance.randrange(CASELOAD)
        body = bodies[manager][kind].replace('"eventId":"event"', f'"eventId":"event-{number}"', 1)
        part = f'{{"consents":[],"crn":"{crn_of(person)}","personId":"p{person:06}"}}'
        yield (number, _moment(number, entries), body, leaf), (number, salt, part)


async def _fill(url: str, entries: int) -> None:
    await _run(url, [_NAMES])
    await _add(url, 0, entries, of=entries)


async def _add(url: str, first: int, count: int, of: int | None = None) -> None:
    address, whole = Address(url), of or first
    if address.dialect == "sqlite":
        with sqlite3.connect(address.path) as connection:
            for entry, part in _rows(first, count, whole):
                connection.execute(
                    "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES (?, ?, ?, ?)", entry
                )
                connection.execute("INSERT INTO log_subject (seq, salt, body) VALUES (?, ?, ?)", part)
        connection.close()
        return
    connection = await asyncpg.connect(address.dsn)
    rows = list(_rows(first, count, whole))
    columns = ["seq", "recorded_at", "body", "leaf_hash"]
    await connection.copy_records_to_table("log_entry", records=[entry for entry, _ in rows], columns=columns)
    await connection.copy_records_to_table(
        "log_subject", records=[part for _, part in rows], columns=["seq", "salt", "body"]
    )
    await connection.execute("ANALYZE log_entry, log_subject")
    await connection.close()


async def _run(url: str, statements: list[str]) -> None:
    address = Address(url)
    if address.dialect == "sqlite":
        with sqlite3.connect(address.path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return
    connection = await asyncpg.connect(address.dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
