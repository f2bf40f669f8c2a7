"""Auditors' queries of a long log: somebody's entries, what is rare, counts; as the service answers, with its entry.

`python -m bench.queries --url URL --entries N` measures any database at any length; a log of ten million
takes minutes to fill, which `scripts/bench` does not spend. What the log holds is made by the database out of entries
as they are written, with everything that is kept beside them; no tree stands over it.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import uvloop
from sqlalchemy import create_engine, text

from app.audit import indexing
from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import timestamp
from app.audit.indexing import Indexing
from app.audit.rows import Order
from app.audit.writer import open_log
from app.db import Address, open_database
from app.gate import Gate
from app.policies import shipped_versions
from app.records.reading import Records
from app.services.audit import AuditService, Breakdown
from app.services.audit_search import Search
from app.vocabulary import Action, Caller, Party, Purpose, Question, Register, Role
from bench.filling import NUMBERS, crn_of, fill
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from migrations import upgrade
from tests.audit.logs import make_entry
from tests.world import NOW, put, staff

PERSON_MS = 20.0
PEOPLE, DIFFERENT, PART = 100_000, 1_000, 500_000
RARE_EVERY, RARE = 400_000, "G8"
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
WARM = 5
CALLER = Caller(Party.HEALTH, Role.AUDITOR, "clinical-records", "token", "alma")
SINCE, UNTIL = STARTED - timedelta(days=1), STARTED + timedelta(days=3650)


class WrongAnswer(Exception):
    """Not what was asked for, so that its time says nothing."""


def measure(places: Places, dialect: str, sizes: Sizes) -> list[Row]:
    """Somebody's page against what is asked of it; a rare clause's against reading the bodies for it."""
    url = places.new(dialect)
    fill_log(url, sizes.log_many)
    found = uvloop.run(race(url, sizes.log_many, sizes.pages))
    places.drop(url)
    extra = {"entries": sizes.log_many, "indexed_tiles": sizes.log_many // 256, "count_a_day_ms": found["count"][0]}
    asked = [PERSON_MS] * len(found["person"])
    return [
        Row(f"audit_person_{dialect}", "ms", found["person"], asked, 1, bar_is_ceiling=True, extra=extra),
        Row(f"audit_rare_{dialect}", "ms", found["rare"], found["scan"], None, extra={"entries": sizes.log_many}),
    ]


async def race(url: str, entries: int, pages: int) -> dict[str, list[float]]:
    """Milliseconds of each kind of answer, and of the plain way to what is rare."""
    database = open_database(Address(url), SERVICE_ROLE)
    log = await open_log(Address(url), SERVICE_ROLE, lambda: datetime.now(UTC), beside=database)
    service, chance = AuditService(Gate(Records(database), log, shipped_versions())), random.Random(1)
    found: dict[str, list[float]] = {"person": [], "staff": [], "rare": [], "nothing": [], "count": [], "scan": []}

    async def page(kind: str, filters: dict[str, str], people: dict[str, str | None], least: int) -> None:
        search = Search.of(SINCE, UNTIL, filters, people)
        started = time.perf_counter()
        answer = await service.page(_question(), search, Order.NEWEST, None, 50)
        found[kind].append((time.perf_counter() - started) * 1e3)
        if answer.body.count(b'"leafHash"') < least:
            raise WrongAnswer(f"{answer.body.count(b'leafHash')} entries instead of {least}")

    for _ in range(WARM + pages):
        crn = crn_of(chance.randrange(min(PEOPLE, entries)))
        await page("person", {}, {"crn": crn}, min(50, max(1, entries // PEOPLE)))
        await page("staff", {"staff": "o.manager"}, {}, 50)
        await page("rare", {"clause": RARE}, {}, min(50, -(-entries // RARE_EVERY)))
        await page("nothing", {"clause": RARE, "role": "therapist"}, {}, 0)
    for _ in range(3):
        day = Search.of(STARTED, STARTED + timedelta(hours=1), {}, {})
        started = time.perf_counter()
        await service.counts(_question(), day, Breakdown.OUTCOME)
        found["count"].append((time.perf_counter() - started) * 1e3)
    for _ in range(2):
        started = time.perf_counter()
        await _scanned(url)
        found["scan"] += [(time.perf_counter() - started) * 1e3] * ((WARM + pages) // 2 + 1)
    await log.close()
    await database.close()
    return {
        kind: times[WARM : WARM + pages] if len(times) > WARM + pages - 1 else times for kind, times in found.items()
    }


def _question() -> Question:
    return Question(
        CALLER, Purpose.OVERSIGHT, Action.READ, (Register.AUDIT_LOG,), NOW, "/v1/audit/searches", "a-request"
    )


_SCAN = (
    'SELECT seq, body FROM log_entry WHERE body LIKE \'%"clauses":[%"G8"%],"details"%\' '
    "AND role = 'offender-manager' ORDER BY seq DESC LIMIT 51"
)


async def _scanned(url: str) -> None:
    address = Address(url)
    if address.dialect == "sqlite":
        engine = create_engine(address.engine_url)
        with engine.connect() as connection:
            connection.execute(text(_SCAN.replace(":[", "\\:["))).fetchall()
        engine.dispose()
        return
    connection = await asyncpg.connect(address.dsn)
    await connection.fetch(_SCAN)
    await connection.close()


# --- the log ---------------------------------------------------------------------------------------------------------


def bodies() -> list[tuple[str, str]]:
    """Different entries as the gate writes them, with `@` for what each has of its own; and the rare one."""
    chance = random.Random(1)
    found = []
    for number in range(DIFFERENT):
        values: dict[str, Any] = {
            "request_id": "request-@",
            "event_id": "event-@",
            "clauses": (chance.choice(("A1", "B1", "C1", "D1", "D2", "D3", "D4", "H3")),),
            "released": {chance.choice(("attendance", "referral", "progress", "scores")): ("id", "outcome")},
            "outcome": chance.choice(("permitted", "partly-permitted", "refused")),
            "purpose": chance.choice(("supervision", "public-protection")),
        }
        found.append((str(number), make_entry(**values).body))
    return [*found, ("rare", make_entry(request_id="request-@", event_id="event-@", clauses=(RARE,)).body)]


def fill_log(url: str, entries: int) -> None:
    """So many entries, a hundredth of a second apart, each about one of many people; then their tiles' words."""
    fill(url, min(PEOPLE, entries))
    asyncio.run(put(url, staff("alma", Role.AUDITOR, party="health")))
    statements = _statements(Address(url).dialect, entries)
    if Address(url).dialect == "postgresql":
        asyncio.run(_fill_postgres(url, statements))
    else:
        _fill_sqlite(url, statements)
    uvloop.run(_give_words(url))


def _statements(dialect: str, entries: int) -> Sequence[str]:
    sqlite = dialect == "sqlite"
    made = [f"('{name}', '{body}')" for name, body in bodies()]
    blob = _blob(dialect, 32)
    at = (
        "strftime('%Y-%m-%dT%H:%M:%f', 1767225600 + i * 0.01, 'unixepoch') || '000Z'"
        if sqlite
        else "to_char(timestamp '2026-01-01' + i * interval '10 ms', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    )
    of = f"CASE WHEN i % {RARE_EVERY} = 7 THEN 'rare' ELSE CAST(i % {DIFFERENT} AS text) END"
    whom = f"(CAST(i AS bigint) * 7919) % {min(PEOPLE, entries)}"
    who = f"printf('%06d', {whom})" if sqlite else f"lpad(({whom})::text, 6, '0')"
    part = f"""'{{"consents":[],"crn":"X' || {who} || '","personId":"p' || {who} || '"}}'"""
    statements = [
        "CREATE TEMP TABLE made (name text PRIMARY KEY, body text)",
        *(f"INSERT INTO made VALUES {', '.join(made[start : start + 100])}" for start in range(0, len(made), 100)),  # noqa: S608  # words of ours alone
    ]
    for start in range(0, entries, PART):
        numbers = NUMBERS[dialect].format(last=min(start + PART, entries) - 1)
        numbers = numbers.replace("SELECT 0 ", f"SELECT {start} ").replace(
            "generate_series(0", f"generate_series({start}"
        )
        statements += [
            f"INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) {numbers}"  # noqa: S608  # words of ours alone
            f"SELECT i, {at}, replace(made.body, '@', CAST(i AS text)), {blob} FROM n JOIN made ON made.name = {of}",
            f"INSERT INTO log_subject (seq, salt, body) {numbers}SELECT i, {blob}, {part} FROM n",  # noqa: S608  # as above
        ]
    frontier = _blob(dialect, 32 * entries.bit_count())
    last = timestamp(STARTED + timedelta(milliseconds=10 * entries))
    return [*statements, f"UPDATE log_head SET size = {entries}, frontier = {frontier}, recorded_at = '{last}'"]  # noqa: S608  # as above


def _blob(dialect: str, size: int) -> str:
    return f"x'{'00' * size}'" if dialect == "sqlite" else f"'\\x{'00' * size}'::bytea"


def _fill_sqlite(url: str, statements: Sequence[str]) -> None:
    engine = create_engine(Address(url).engine_url)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
            connection.commit()
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    engine.dispose()


async def _fill_postgres(url: str, statements: Sequence[str]) -> None:
    connection = await asyncpg.connect(Address(url).dsn)
    for statement in [*statements, "VACUUM ANALYZE"]:
        await connection.execute(statement)
    await connection.close()


async def _give_words(url: str) -> None:
    indexing.PAUSE_SECONDS = 0
    database = open_database(Address(url), SERVICE_ROLE)
    index = Indexing(database, Address(url), SERVICE_ROLE)
    await index.catch_up()
    await index.close()
    await database.close()


def main() -> None:
    """Any length, anywhere: print medians as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", required=True)
    options.add_argument("--entries", type=int, required=True)
    options.add_argument("--pages", type=int, default=40)
    options.add_argument("--filled", action="store_true", help="it is filled already")
    given = options.parse_args()
    if not given.filled:
        started = time.perf_counter()
        upgrade(given.url)
        fill_log(given.url, given.entries)
        print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)
    found = uvloop.run(race(given.url, given.entries, given.pages))
    print(
        json.dumps({kind: [round(statistics.median(times), 2), round(max(times), 2)] for kind, times in found.items()})
    )


if __name__ == "__main__":
    main()
