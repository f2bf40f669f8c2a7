"""Records a second into PostgreSQL: contacts with activities and scores from a clinical system, beside the ORM.

Ours reads the lines of a batch that was received, judges and writes them with an entry for each. The rival has the same
values at hand, merges one row after the other with SQLModel as its manual shows it, commits every thousand, and keeps
no log. Ours runs first, so that the greatest memory that is said is its own.
"""

import argparse
import asyncio
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import text
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

import app.tables as t
from app.audit.ddl import SERVICE_ROLE
from app.db import warranted
from app.gate import open_gate
from app.services.batches import BatchService
from app.services.held import HeldService
from app.services.inflating import LINES, Form
from app.services.matching import MatchingService
from app.services.registers import person_id, record_id
from app.sync.batches import Applying
from app.vocabulary import Action, Caller, Category, Party, Purpose, Question, Role
from bench.filling import crn_of
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests import world
from tests.audit.speed import engine_of
from tests.sync.lines import activity, contact, patient, referral, score

NAME, UNIT, BAR = "import_vs_orm_postgresql", "records/s", 4
ASKED = 5_000
"""Records a second on two cores, entries written."""
EACH = 25
"""Contacts of a person."""
BATCH = 900_000
RIVAL_MOST = 5_000
COMMITTED = 1_000


def measure(places: Places, sizes: Sizes) -> Row:
    """On PostgreSQL, the service's role writing ours."""
    sides = {"ours": sizes.imported, "rival": min(sizes.imported, RIVAL_MOST)}
    urls = {side: places.new("postgresql") for side in sides}
    command = [sys.executable, "-m", "bench.importing"]
    for side, contacts in sides.items():
        command += [f"--{side}", urls[side], str(contacts)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own module
    found: dict[str, Any] = json.loads(said.stdout)
    for url in urls.values():
        places.drop(url)
    extra = {"cpu_us": {side: found[side]["cpu_us"] for side in found}}
    extra |= {name: found["ours"][name] for name in ("records", "entries", "most_mb")}
    extra |= {"of_asked": round(found["ours"]["rate"] / ASKED, 2)}
    return Row(NAME, UNIT, [found["ours"]["rate"]], [found["rival"]["rate"]], BAR, extra=extra)


def people_of(contacts: int) -> int:
    """How many people have so many contacts."""
    return max(1, contacts // EACH)


def born(number: int) -> date:
    """A day on which few are born, as in any town: who shares it is compared."""
    return date(1930, 1, 1) + timedelta(days=number % 25_000)


def lines(contacts: int) -> Iterator[dict[str, Any]]:
    """Everybody's patient and referral first, then contacts by time, each with what was done and a score."""
    people = people_of(contacts)
    for number in range(people):
        yield patient(f"P{number}", crn_of(number), PersonBirthDate=born(number).isoformat(), Postcode=None)
    for number in range(people):
        yield referral(f"R{number}", f"P{number}")
    for number in range(contacts):
        clock = f"{number % 8 + 9:02}:{number % 60:02}:{number // 60 % 60:02}"
        yield contact(f"C{number}", f"R{number % people}", CareContTime=clock)
        yield activity(f"A{number}", f"C{number}")
        yield score(f"A{number}", str(number % 28))


async def ours(url: str, contacts: int) -> dict[str, Any]:
    """Received first; what is timed is the application."""
    as_served = {"database_role": SERVICE_ROLE, "batch_bytes": 2**40, "clock_start": None}
    settings = world.settings_for(url, Path("no key is needed"), **as_served)
    caller = Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, "clinical-records", "bench", None, world.SERVICE)
    everything, records = lines(contacts), 2 * people_of(contacts) + 3 * contacts
    async with open_gate(settings) as (gate, _):
        service = BatchService(settings, gate)

        async def body() -> AsyncIterator[bytes]:
            for line in islice(everything, BATCH):
                yield json.dumps(line).encode() + b"\n"

        for number in range(-(-records // BATCH)):
            question = Question(
                caller, Purpose.RECORDS_SYNC, Action.WRITE, (Category.REFERRAL,), datetime.now(UTC), "bench", "bench"
            )
            await service.receive(question, f"batch-{number}", Form(LINES, "identity"), body())
        collected_as_served()
        began, worked = time.perf_counter(), time.process_time()
        matching = MatchingService(gate, settings.clock, HeldService(gate).released)
        await Applying(gate, service, matching, settings.clock).catch_up()
        took, cpu = time.perf_counter() - began, time.process_time() - worked
        await service.close()
    (counts, entries) = await world.execute(
        url,
        [
            (text("SELECT sum(accepted) FROM sync_batch WHERE state = 'done'"), None),
            (text("SELECT count(*) FROM log_entry"), None),
        ],
    )
    if counts[0][0] != records:
        raise RuntimeError(f"{counts[0][0]} of {records} records were accepted")
    return _said(records, took, cpu) | {"records": records, "entries": entries[0][0]}


def collected_as_served() -> None:
    """Garbage is collected as rarely as the service has it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


def _rows(contacts: int) -> Iterator[SQLModel]:
    """What the lines come to."""
    people = people_of(contacts)
    when = {"source": "RT5", "source_version": "2026-03-09T10:00:00.000000Z", "recorded_at": world.NOW}
    for number in range(people):
        yield t.Patient(**_keys("patient", f"P{number}"), **when, person_id=person_id(crn_of(number)))
    for number in range(people):
        yield t.Referral(
            **_keys("referral", f"R{number}"), **when, person_id=person_id(crn_of(number)), service_id=world.SERVICE,
            status="in-treatment", basis="voluntary", source_of_referral="E3", received_on=world.TODAY,
        )  # fmt: skip
    for number in range(contacts):
        whose = person_id(crn_of(number % people))
        of = {"person_id": whose, "referral_id": record_id("referral", "RT5", f"R{number % people}")}
        met = _keys("appointment", f"C{number}")
        yield t.Appointment(**met, **when, **of, starts_at=world.NOW, appointment_type="02", attendance_code="5")
        yield t.CareActivity(**_keys("care_activity", f"A{number}"), **when, **of, appointment_id=met["id"],
                             procedure_code="304891004")  # fmt: skip
        yield t.OutcomeScore(**_keys("outcome_score", f"A{number}:720433000"), **when, **of, tool="PHQ-9",
                             tool_code="720433000", total=float(number % 28), completed_at=world.NOW)  # fmt: skip


def _keys(table: str, name: str) -> dict[str, str]:
    return {"id": record_id(table, "RT5", name), "source_id": name}


async def rival(url: str, contacts: int) -> dict[str, Any]:
    """Row by row."""
    engine, records = engine_of(url), 0
    began, worked = time.perf_counter(), time.process_time()
    with warranted(world.TestWarrant()):
        async with AsyncSession(engine) as session:
            for row in _rows(contacts):
                await session.merge(row)
                records += 1
                if records % COMMITTED == 0:
                    await session.commit()
            await session.commit()
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    await engine.dispose()
    return _said(records, took, cpu)


def _said(records: int, took: float, cpu: float) -> dict[str, Any]:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"rate": round(records / took, 1), "cpu_us": round(cpu / records * 1e6, 1), "most_mb": most}


def main() -> None:
    """Both sides, each on a database of its own that is migrated and empty."""
    options = argparse.ArgumentParser()
    options.add_argument("--ours", nargs=2, required=True, metavar=("URL", "CONTACTS"))
    options.add_argument("--rival", nargs=2, required=True, metavar=("URL", "CONTACTS"))
    given = options.parse_args()
    found = {}
    for name, side in (("ours", ours), ("rival", rival)):
        url, contacts = vars(given)[name][0], int(vars(given)[name][1])
        people = (
            world.person(crn_of(number), date_of_birth=born(number), postcode=None)
            for number in range(people_of(contacts))
        )
        asyncio.run(world.put(url, [*world.clients(), *people]))
        found[name] = uvloop.run(side(url, contacts))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
