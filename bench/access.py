"""Limited access to 500 people at once, and the facts of one, among a million people: against the times that are asked.

POST /v1/access is measured as the service answers it, with its one statement, its 500 decisions and its 500 entries in
the log; the facts as the time that the database takes for the statement of a single read.
"""

import time
from collections.abc import Sequence
from random import Random
from typing import Any

import asyncpg
import uvloop

from app.audit.ddl import SERVICE_ROLE
from app.db import Address
from app.records import facts
from app.services.limits import LimitService
from app.vocabulary import Action, Caller, Party, Purpose, Question, Register, Role
from bench.filling import MANAGER, crn_of, fill
from bench.list_page import Side, open_side
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.world import NOW

AT_ONCE, WARM = 500, 5
ACCESS_MS, FACTS_MS = 50.0, 1.0
CASELOAD, CONSENTS = 50, 5
"""A million people are 20,000 offender managers' and have given five million consents."""


class WrongAnswer(Exception):
    """Not what was asked for, so that its time says nothing."""


def measure(places: Places, dialect: str, sizes: Sizes) -> list[Row]:
    """A system about one of its users, an offender manager about themselves for information, and one person's facts."""
    url = places.new(dialect)
    fill(url, sizes.many, caseload=CASELOAD, consents=CONSENTS, limits=True)
    found = uvloop.run(_race(url, dialect, sizes))
    places.drop(url)
    about: dict[str, Any] = {"people": sizes.many, "consents": sizes.many * CONSENTS, "staff": sizes.many // CASELOAD}
    rows = []
    for name, bar_ms, bar in (
        ("access_500", ACCESS_MS, 1.0), ("access_500_own", ACCESS_MS, None), ("facts_one", FACTS_MS, 1.0)
    ):  # fmt: skip
        taken = found[name]
        extra = about | {"statements": 1}
        rows.append(Row(f"{name}_{dialect}", "ms", taken, [bar_ms] * len(taken), bar, bar_is_ceiling=True, extra=extra))
    return rows


async def _race(url: str, dialect: str, sizes: Sizes) -> dict[str, list[float]]:
    side, chance = await open_side(url), Random(1)
    system = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation-system", "token")
    manager = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "token", MANAGER)
    taken: dict[str, list[float]] = {"access_500": [], "access_500_own": []}
    for number in range(WARM + sizes.pages):
        crns = [crn_of(each) for each in chance.sample(range(sizes.many), AT_ONCE)]
        for name, caller, purpose, user in (
            ("access_500", system, Purpose.RECORDS_SYNC, MANAGER),
            ("access_500_own", manager, Purpose.SUPERVISION, None),
        ):
            question = Question(
                caller, purpose, Action.READ, (Register.LIMITS,), NOW, "/v1/access", f"request-{number}"
            )  # fmt: skip
            spent = await _ask(side, question, crns, user)
            if number >= WARM:
                taken[name].append(spent)
    taken["facts_one"] = await (_explained if dialect == "postgresql" else _read)(side, manager, sizes)
    if side.close is not None:
        await side.close()
    return taken


async def _ask(side: Side, question: Question, crns: Sequence[str], user: str | None) -> float:
    before, started = side.statements, time.perf_counter()
    answer = await LimitService(side.gate).access(question, crns, user)
    spent = time.perf_counter() - started
    if side.statements != before + 1 or answer.body.count(b'"crn"') != AT_ONCE:
        raise WrongAnswer(f"{answer.body.count(b'crn')} results by {side.statements - before} statements")
    return spent * 1e3


async def _read(side: Side, caller: Caller, sizes: Sizes) -> list[float]:
    """SQLite runs in this process: what the statement takes is what calling it takes."""
    taken, chance = [], Random(2)
    for _ in range(WARM + 10 * sizes.pages):
        crn, started = crn_of(chance.randrange(sizes.many)), time.perf_counter()
        found = await side.gate.records.standing(caller, NOW, crn=crn)
        taken.append((time.perf_counter() - started) * 1e3)
        if found.person_id is None:
            raise WrongAnswer("nobody there")
    return taken[WARM:]


async def _explained(side: Side, caller: Caller, sizes: Sizes) -> list[float]:
    """What PostgreSQL says that it took, planned once as in the service."""
    await side.gate.records.standing(caller, NOW, crn=crn_of(0))
    statement = side.gate.records.prepared(("standing", "crn"), lambda: None)  # made by the read before
    connection = await asyncpg.connect(
        Address(side.url).dsn, server_settings={"role": SERVICE_ROLE, "plan_cache_mode": "force_generic_plan",
                                                "enable_seqscan": "off", "jit": "off"},
    )  # fmt: skip
    taken, chance = [], Random(2)
    for number in range(WARM + sizes.pages):
        values = {**facts.parameters(caller, NOW), "crn": crn_of(chance.randrange(sizes.many))}
        rows = await connection.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {statement.sql}", *statement.arguments(values))
        if number >= WARM:
            taken.append(float(rows[-1][0].partition(": ")[2].removesuffix(" ms")))
    await connection.close()
    return taken
