"""Past decisions made again under a draft: whether a million take a minute, and the same done one by one beside it.

The log is filled by the database from entries as the gate writes them, a few thousand different ones over and over:
what a service decides repeats, since few combinations of role, purpose, subjects and facts ever occur.
"""

import asyncio
import json
import random
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import PersonPart, Record
from app.audit.history import open_history
from app.db import Address
from app.gate.entries import Phrases
from app.policies import AgreementVersions, CompiledAgreement, decide
from app.policies.compile import Key
from app.policies.review.simulation import Simulation
from app.services.simulations import Period, simulate
from app.vocabulary import CATEGORIES, FACTS, SUBJECTS, Action, Caller, Fact, Party, Purpose, Question, Role
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.policies.asking import asks, leicester
from tests.policies.clauses import just
from tests.policies.drafts import WITHOUT_CONSENT, draft
from tests.policies.law import lines

SEED, DIFFERENT = 20121101, 4_000
A_MILLION_IN_A_MINUTE = 1e6 / 60
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = {subject.value: subject for subject in SUBJECTS}
_INSERT = (
    "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES "
    "(:seq, '2026-02-02T00:00:00.000000Z', :body, :leaf)"
)
_REPEAT = (
    "INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) "
    'SELECT seq + :by, recorded_at, replace(body, \'"eventId":"\', \'"eventId":":by-\'), leaf_hash '
    "FROM log_entry WHERE seq < :most - :by"
)


class CountsDiffer(Exception):
    """The two found different numbers of changed decisions, so that their times say nothing."""


def measure(places: Places, dialect: str, sizes: Sizes) -> Row:
    """Decisions a second beside what a million in a minute takes; one by one, for information, over a part of them."""
    url = places.new(dialect)
    entries = sizes.past if dialect == "sqlite" else sizes.past // 10
    fill(url, entries)
    ours, plain, cpu = [], [], []
    for _ in range(sizes.past_rounds):
        started = time.process_time()
        taken, changed = asyncio.run(_simulated(url))
        cpu.append(round((time.process_time() - started) * 1e6 / entries, 1))
        ours.append(entries / taken)
        part = max(1, entries // 20)
        taken, of_part = asyncio.run(_one_by_one(url, part))
        plain.append(part / taken)
        _compare(url, part, of_part)
    places.drop(url)
    middle = sorted(ours)[len(ours) // 2]
    extra = {
        "decisions": entries,
        "changed": changed,
        "seconds_for_a_million": round(1e6 / middle, 1),
        "cpu_us_each": sorted(cpu)[len(cpu) // 2],
        "ratio_to_one_by_one": round(middle / sorted(plain)[len(plain) // 2], 2),
    }
    return Row(f"simulate_million_{dialect}", "decisions/s", ours, [A_MILLION_IN_A_MINUTE] * len(ours), 1, extra=extra)


# --- the log ---------------------------------------------------------------------------------------------------------


def bodies() -> list[str]:
    """Different entries, as the gate writes them."""
    chance = random.Random(SEED)
    known, found = lines(), []
    about = {category.value for category in CATEGORIES}
    for number in range(DIFFERENT):
        line = chance.choice([each for each in known if each.action == Action.READ and each.subject in about])
        whole = chance.random() < 0.3
        question = asks(line.role, line.purpose, "read", *(sorted(about) if whole else [line.subject]))
        holding = just(line)
        for _ in range(chance.randrange(4)):
            holding ^= chance.choice(FACTS).bit
        found.append(_body(question, holding & ~Fact.EXCLUDED.bit, number))
    return found


def _body(question: Question, holding: int, number: int) -> str:
    decision = decide(question, holding, leicester())
    said = Phrases.of(question, decision.rulings, leicester())
    refused = not decision.any_permitted
    record = Record(
        kind="access", occurred_at=question.at, caller=question.caller, action=question.action.value,
        resource="/v1/people/{crn}", outcome=said.outcome, request_id=f"request-{number}", event_id=f"e{number}",
        agreement=decision.agreement, purpose=question.purpose.value, released={} if refused else said.released,
        withheld=said.withheld, clauses=said.clauses, facts=holding, reason="not-permitted" if refused else None,
    )  # fmt: skip
    return record.sealed(PersonPart(f"person-{number}", "X000001")).body


def fill(url: str, entries: int) -> None:
    """So many entries, by the database itself, which takes copies until there are enough; no tree stands over them."""
    first = [
        {"seq": seq, "body": body, "leaf": b"\0" * 32} for seq, body in enumerate(bodies()[: min(DIFFERENT, entries)])
    ]
    statements: list[tuple[str, Any]] = [(_INSERT, first)]
    have = len(first)
    while have < entries:
        statements.append((_REPEAT.replace(":by", str(have)).replace(":most", str(entries)), {}))
        have = min(entries, have * 2)
    address = Address(url)
    if address.dialect == "postgresql":
        asyncio.run(_fill_postgres(address, statements))
        return
    engine = create_engine(address.engine_url)
    with engine.begin() as connection:
        for sql, values in statements:
            connection.execute(text(sql), values) if values else connection.exec_driver_sql(sql)
    engine.dispose()


async def _fill_postgres(address: Address, statements: list[tuple[str, Any]]) -> None:
    engine: Any = create_async_engine(address.engine_url)
    async with engine.begin() as connection:
        for sql, values in statements:
            await (connection.execute(text(sql), values) if values else connection.exec_driver_sql(sql))
    await engine.dispose()


# --- the two ways ----------------------------------------------------------------------------------------------------


async def _simulated(url: str) -> tuple[float, int]:
    new = draft(WITHOUT_CONSENT)
    started = time.perf_counter()
    async with open_history(Address(url), SERVICE_ROLE) as history:
        outcome = await simulate(history, new, AgreementVersions([leicester()]), Period(SINCE))
    return time.perf_counter() - started, outcome.result.changed


async def _one_by_one(url: str, entries: int) -> tuple[float, int]:
    """Each entry parsed whole, its question put to both agreements, and what they permit compared."""
    old, new, changed = leicester(), draft(WITHOUT_CONSENT), 0
    started = time.perf_counter()
    async with open_history(Address(url), SERVICE_ROLE) as history:
        database = history._database
        for start in range(0, entries, 2000):
            stop = min(start + 2000, entries)
            for _, body in await database.fetch(history._page, {"start": start, "stop": stop}):
                changed += _is_changed(json.loads(body), old, new)
    return time.perf_counter() - started, changed


def _is_changed(entry: dict[str, Any], old: CompiledAgreement, new: CompiledAgreement) -> bool:
    said = entry["caller"]
    key: Key = Role(said["role"]), Party(said["party"]), Purpose(entry["purpose"]), Action(entry["action"])
    caller = Caller(key[1], key[0], said["client"], said["token"], said["staff"])
    subjects = tuple(_WORDS[word] for word in (*entry["released"], *entry["withheld"]))
    moment = datetime.fromisoformat(entry["occurredAt"])
    question = Question(caller, key[2], key[3], subjects, moment, entry["resource"], entry["requestId"])
    ends = [decide(question, entry["facts"]["bits"], each) for each in (old, new)]
    return any(
        (a.permitted, a.fields, a.rows) != (b.permitted, b.fields, b.rows)
        for a, b in zip(ends[0].rulings, ends[1].rulings, strict=True)
    )


def _compare(url: str, entries: int, expected: int) -> None:
    """The same number over the same part."""

    async def found() -> int:
        simulation = Simulation(draft(WITHOUT_CONSENT), AgreementVersions([leicester()]))
        async with open_history(Address(url), SERVICE_ROLE) as history:
            async for page in history.read(range(entries)):
                simulation.add(page)
        return simulation.result.changed

    if (ours := asyncio.run(found())) != expected:
        raise CountsDiffer(f"{ours} and {expected} decisions changed")
