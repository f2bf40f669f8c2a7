"""A log in which something of everything stands, and what a query of it has to find: read by Python from the bodies."""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.audit.conditions import Asked
from app.audit.entry import PersonPart, Record
from app.audit.rows import Order, Whose
from app.audit.searching import LogSearch
from app.audit.submission import Submission
from app.audit.writer import AuditLog
from app.vocabulary import Caller, Party, Role
from tests.audit.logs import THEN, Owner
from tests.world import TestWarrant

PERMIT = TestWarrant()
CALLERS = (
    Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "token-1", "olga"),
    Caller(Party.JUSTICE, Role.PROBATION_LEAD, "probation-system", "token-2", "petra"),
    Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "token-3", "theo"),
    Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, "clinical-records", "token-4"),
    None,
)
CATEGORIES = ("attendance", "scores", "notes", "safety-alert")
CLAUSES = ("D1", "D2", "D10", "P3")
CONSENTS = tuple(f"consent-{number}" for number in range(6))
PEOPLE = tuple((f"person-{number}", f"X00000{number}") for number in range(4))
RARE = {"clauses": ("G8",), "purpose": "oversight", "released": {"identity-link": ("*",)}, "kind": "change"}


def some_entry(chance: random.Random, number: int) -> Any:
    """An entry that says something of everything, in any combination."""
    released = chance.sample(CATEGORIES, chance.randrange(3))
    withheld = [each for each in CATEGORIES if each not in released and chance.random() < 0.3]
    values: dict[str, Any] = {
        "kind": chance.choice(("access", "change", "explanation")),
        "occurred_at": THEN + timedelta(minutes=number),
        "caller": chance.choice(CALLERS),
        "action": chance.choice(("read", "write", "check")),
        "resource": "/v1/people/{crn}",
        "outcome": chance.choice(("permitted", "partly-permitted", "refused")),
        "request_id": f"request-{number // 2}",
        "agreement": chance.choice(("a" * 64, "b" * 64)),
        "purpose": chance.choice(("supervision", "direct-care", None)),
        "released": dict.fromkeys(released, ("id",)),
        "withheld": {each: {"clauses": ("D4",), "missing": (), "stoppedBy": ()} for each in withheld},
        "clauses": tuple(sorted(chance.sample(CLAUSES, chance.randrange(3)))),
        "reason": chance.choice((None, '"D1"', "not-permitted")),
        "details": chance.choice((None, None, {"search": {"by": ("crn",)}}, {"search": {"staff": "olga"}})),
    }
    return Record(**values | (RARE if number in (3, 300) else {})).sealed(_part(chance))


def _part(chance: random.Random) -> PersonPart | None:
    if chance.random() < 0.3:
        return None
    person, crn = chance.choice(PEOPLE)
    consents = tuple(chance.sample(CONSENTS, chance.randrange(3)))
    return PersonPart(None if chance.random() < 0.2 else person, crn, consents)


async def fill(log: AuditLog, count: int, seed: int = 1) -> None:
    """So many entries, two to a request."""
    chance = random.Random(seed)
    entries = [some_entry(chance, number) for number in range(count)]
    for start in range(0, count, 100):
        await log.append(Submission(tuple(entries[start : start + 100])))


@dataclass(frozen=True)
class Kept:
    """One entry as the tables have it, read without any query of ours."""

    seq: int
    recorded_at: str
    body: Mapping[str, Any]
    part: Mapping[str, Any] | None

    def says(self, name: str, value: str) -> bool:
        """Whether it meets a filter, as plainly as Python can say it."""
        body, caller = self.body, self.body["caller"] or {}
        match name:
            case "staff" | "party" | "client" | "role":
                return bool(caller.get(name) == value)
            case "clause":
                return value in body["clauses"]
            case "released" | "withheld":
                return value in body[name]
            case "category":
                return value in body["released"] or value in body["withheld"]
            case "consent":
                return self.part is not None and value in self.part["consents"]
            case "decidedFrom":
                return bool(body["occurredAt"] >= value)
            case "decidedBefore":
                return bool(body["occurredAt"] < value)
        return bool(body[name] == value)

    def is_of(self, whose: Whose | None) -> bool:
        """Whether it is about one of these."""
        if whose is None:
            return True
        return self.part is not None and (self.part["personId"] in whose.people or self.part["crn"] in whose.crns)

    def is_search_by(self, staff: str) -> bool:
        """Whether a member of staff looked for somebody in the log."""
        searched = (self.body["details"] or {}).get("search", {})
        return (self.body["caller"] or {}).get("staff") == staff and "by" in searched


def kept(owner: Owner) -> list[Kept]:
    """The whole log."""
    parts = {seq: json.loads(body) for seq, body in owner.rows("SELECT seq, body FROM log_subject")}
    rows = owner.rows("SELECT seq, recorded_at, body FROM log_entry ORDER BY seq")
    return [Kept(seq, at, json.loads(body), parts.get(seq)) for seq, at, body in rows]


def expected(whole: Sequence[Kept], asked: Asked) -> list[int]:
    """The numbers of what a query has to find."""
    return [
        each.seq
        for each in whole
        if all(each.says(name, value) for name, value in asked.filters.items())
        and each.is_of(asked.whose)
        and not (asked.hidden and (each.is_of(asked.hidden.people) or each.is_search_by(asked.hidden.staff)))
    ]


async def found(search: LogSearch, asked: Asked, numbers: range, order: Order, size: int) -> list[int]:
    """The numbers of what it does find, page by page; no page is longer than asked for, and it comes to an end."""
    rest, seqs = numbers, []
    for _ in range(2 * len(numbers) + 3):
        page = await search.page(PERMIT, asked, rest, order, size)
        assert len(page.rows) <= size
        seqs += [row.seq for row in page.rows]
        if not page.rest:
            return seqs
        rest = page.rest
    raise AssertionError("the pages have no end")


def counted(whole: Sequence[Kept], seqs: Sequence[int], by: str) -> Counter[str | None]:
    """How often each value stands in these entries."""
    counts: Counter[str | None] = Counter()
    for seq in seqs:
        body, caller = whole[seq].body, whole[seq].body["caller"] or {}
        if by in ("staff", "party", "client", "role"):
            counts[caller.get(by)] += 1
        elif by == "hour":
            counts[whole[seq].recorded_at[:13]] += 1
        elif by in ("clause", "released", "withheld"):
            counts.update(body["clauses"] if by == "clause" else body[by].keys())
        else:
            counts[body[by]] += 1
    return counts


def moment_of(entry: Kept) -> datetime:
    """When it was recorded."""
    return datetime.fromisoformat(entry.recorded_at)
