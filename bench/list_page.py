"""A page of 50 people, of a caseload of 60, in a small and in a large database: the ratio of two medians.

What is compared is the read through the gate (purpose, statement, a decision for each row); the whole page with its
50 entries in the log stands beside it.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

import uvloop

from app.audit.ddl import SERVICE_ROLE
from app.audit.writer import open_log
from app.db import Address, Database, open_database
from app.gate import PEOPLE, Gate
from app.policies import shipped_versions
from app.records.reading import Records
from app.vocabulary import Action, Caller, Category, Party, Purpose, Question, Role
from bench.filling import LEAD, MANAGER, fill
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.world import NOW

PAGE, WARM = 50, 5


class WrongPage(Exception):
    """A page that is not what was asked for, so that its time says nothing."""


@dataclass
class Side:
    """One database, its gate, and what was seen there, in milliseconds."""

    url: str
    database: Database
    gate: Gate
    statements: int = 0
    reads: dict[str, list[float]] = field(default_factory=dict)
    pages: dict[str, list[float]] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] | None = None


def measure(places: Places, dialect: str, sizes: Sizes) -> list[Row]:
    """For an offender manager's caseload, and for a probation lead, who may list everybody, for information."""
    urls = [places.new(dialect), places.new(dialect)]
    for url, people in zip(urls, (sizes.many, sizes.few), strict=True):
        fill(url, people)
    many, few = uvloop.run(_race(urls, sizes.pages))
    for url in urls:
        places.drop(url)
    return [
        _row(f"list_page_growth_{dialect}", Role.OFFENDER_MANAGER, many, few, 1.5, sizes),
        _row(f"list_page_growth_lead_{dialect}", Role.PROBATION_LEAD, many, few, None, sizes),
    ]


def _row(name: str, role: Role, many: Side, few: Side, bar: float | None, sizes: Sizes) -> Row:
    page = {"ours": round(median(many.pages[role]), 2), "rival": round(median(few.pages[role]), 2)}
    extra = {"people": {"ours": sizes.many, "rival": sizes.few}, "statements": 1, "page_with_entries_ms": page}
    return Row(name, "ms", many.reads[role], few.reads[role], bar, bar_is_ceiling=True, extra=extra)


async def _race(urls: list[str], pages: int) -> list[Side]:
    sides = [await open_side(url) for url in urls]
    for role, username in ((Role.OFFENDER_MANAGER, MANAGER), (Role.PROBATION_LEAD, LEAD)):
        for number in range(WARM + pages):
            for side in sides:
                read, whole = await _page(side, role, username)
                if number >= WARM:
                    side.reads.setdefault(role, []).append(read)
                    side.pages.setdefault(role, []).append(whole)
    for side in sides:
        if side.close is not None:
            await side.close()
    return sides


async def open_side(url: str, now: Callable[[], datetime] = lambda: NOW) -> Side:
    """The gate over a database, counting its statements; the log's clock is `now`."""
    database = open_database(Address(url), SERVICE_ROLE)
    log = await open_log(Address(url), SERVICE_ROLE, now, beside=database)
    side = Side(url, database, Gate(Records(database), log, shipped_versions()))
    run = database._run

    async def counted(statement: Any, arguments: list[Any]) -> Any:
        side.statements += 1
        return await run(statement, arguments)

    async def close() -> None:
        await log.close()
        await database.close()

    database._run = counted  # type: ignore[method-assign]  # to count what reaches the driver
    side.close = close
    return side


async def _page(side: Side, role: Role, username: str) -> tuple[float, float]:
    """Milliseconds until the rows are decided, and until the entries are durable; WrongPage if it is another page."""
    caller = Caller(Party.JUSTICE, role, "probation-system", "token", username)
    question = Question(
        caller, Purpose.SUPERVISION, Action.READ, (Category.IDENTITY,), NOW, "/v1/people", "a-request"
    )  # fmt: skip
    before, started = side.statements, time.perf_counter()
    async with side.gate.ask_many(question, PEOPLE, {}, None, PAGE) as listed:
        read = time.perf_counter() - started
        listed.answers.extend(b"{}" for _ in listed.rows)
    whole = time.perf_counter() - started
    if len(listed.rows) != PAGE or not listed.has_more or side.statements != before + 1:
        raise WrongPage(f"{len(listed.rows)} rows by {side.statements - before} statements")
    return read * 1e3, whole * 1e3
