"""The log as oversight reads it (G1): pages, one entry, counts; every answer and every refusal leaves an entry."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.audit.conditions import Asked
from app.audit.counting import MOST_COUNTED, By, Counts, LogCounts, TooMany
from app.audit.rows import Order
from app.audit.searching import LogSearch
from app.gate import Act, Gate, Unacceptable
from app.gate.several import decide_about_each
from app.policies import CompiledAgreement
from app.policies.agreement import LONDON
from app.services.answers import Answer, document, page
from app.services.audit_lines import line, person_of
from app.services.audit_search import Search, Sight
from app.services.cursors import decode, encode, number
from app.vocabulary import Question

LISTING = "audit-entries"


class Breakdown(StrEnum):
    """What entries are counted by: what the log tells apart, and two that are made of it."""

    STAFF = By.STAFF
    PARTY = By.PARTY
    CLIENT = By.CLIENT
    ROLE = By.ROLE
    PURPOSE = By.PURPOSE
    ACTION = By.ACTION
    OUTCOME = By.OUTCOME
    TYPE = By.TYPE
    AGREEMENT = By.AGREEMENT
    CLAUSE = By.CLAUSE
    RELEASED = By.RELEASED
    WITHHELD = By.WITHHELD
    HOUR = By.HOUR
    CATEGORY = "category"
    DAY = "day"


class AuditService:
    """Every method raises AccessRefused or Unacceptable once the entry that says so is durable."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._sight = gate, Sight(gate)
        self._search, self._counts = LogSearch(gate.records.database), LogCounts(gate.records.database)

    def knows(self, clause: str) -> bool:
        """Whether any version of the agreement has a clause, or a standing condition, with this id."""
        return any(_has(agreement, clause) for agreement in self._gate.agreements)

    async def page(self, question: Question, search: Search, order: Order, cursor: str | None, size: int) -> Answer:
        """So many entries from either end; CursorInvalid for a cursor of another query.

        What is recorded once the first page was read is on no page: it would have no end, since each leaves an entry.
        """
        bound = search.bound(order=order.value)
        edge, stop = map(number, decode(cursor, (str, str), LISTING, bound)) if cursor else (None, None)
        async with self._gate.act(question) as act:
            asked = await self._sight.asked(act, question, search)
            whole = await self._search.numbers(search.since, search.until)
            stop = whole.stop if stop is None else min(stop, whole.stop)
            left = _left(range(whole.start, stop), edge, order)
            found = await self._search.page(act.permit, asked, left, order, size)
            going_on = found.rest.stop if order is Order.NEWEST else found.rest.start
            following = encode((str(going_on), str(stop)), LISTING, bound) if found.rest else None
            seen = [row.seq for row in found.rows]
            shown = {"first": min(seen), "last": max(seen)} if seen else {}
            act.details = {"search": search.told(), "order": order.value, "entries": {**shown, "shown": len(seen)}}
            answer = page([line(row) for row in found.rows], following, size)
            act.answer = answer if _is_of_one(act, search) else None
        return Answer(answer, act.receipt)

    async def one(self, question: Question, wanted: int) -> Answer:
        """One entry, with whom it is about unless that was erased; `log-entry-unknown` for one that is not there."""
        async with self._gate.act(question) as act:
            act.details = {"entry": wanted}
            asked = Asked(hidden=await self._sight.hidden(act, question))
            row = await self._search.one(act.permit, wanted, asked)
            if row is None:
                raise Unacceptable("log-entry-unknown", field="number")
            crn = person_of(row).get("crn")
            if crn is not None:
                await decide_about_each(self._gate, act, question, [crn])
            act.answer = line(row)
        return Answer(act.answer, act.receipt)

    async def counts(self, question: Question, search: Search, by: Breakdown | None) -> Answer:
        """How many entries, and how many say what; `period-too-large` for more than one request looks at."""
        async with self._gate.act(question) as act:
            asked = await self._sight.asked(act, question, search)
            numbers = await self._search.numbers(search.since, search.until)
            try:
                entries, counts = await self._counted(act, asked, numbers, by)
            except TooMany:
                raise Unacceptable(
                    "period-too-large", f"more than {MOST_COUNTED} entries would be looked at", "since"
                ) from None
            act.details = {"search": search.told(), "countedBy": by.value if by else None}
            told = {"since": search.since, "until": search.until, "entries": entries}
            answer = document({**told, "by": by, "counts": counts})
            act.answer = answer
        return Answer(answer, act.receipt)

    async def _counted(
        self, act: Act, asked: Asked, numbers: range, by: Breakdown | None
    ) -> tuple[int, list[dict[str, Any]]]:
        async def count(kind: By | None) -> Counts:
            return await self._counts.count(act.permit, asked, numbers, kind)

        if by is Breakdown.CATEGORY:
            released, withheld = await count(By.RELEASED), await count(By.WITHHELD)
            return released.entries, _listed(released.values + withheld.values, released.values, withheld.values)
        if by is Breakdown.DAY:
            hours = await count(By.HOUR)
            return hours.entries, _in_order(_days(hours.values))
        counts = await count(By(by.value) if by else None)
        return counts.entries, (_in_order if by is Breakdown.HOUR else _listed)(counts.values)


def _has(agreement: CompiledAgreement, clause: str) -> bool:
    try:
        agreement.sentence(clause)
    except KeyError:
        return False
    return True


def _left(numbers: range, edge: int | None, order: Order) -> range:
    """The numbers that are left of these at the edge that a page came to."""
    if edge is None:
        return numbers
    if order is Order.NEWEST:
        return range(numbers.start, min(edge, numbers.stop))
    return range(max(edge, numbers.start), numbers.stop)


def _is_of_one(act: Act, search: Search) -> bool:
    """Whether the answer is about one person, whose salt keeps its digest from being guessed once they are erased."""
    return bool(search.sought) and not act.also and act.standing.crn is not None


def _days(hours: Mapping[str | None, int]) -> dict[str | None, int]:
    """Days in Europe/London, whose clocks differ from UTC by whole hours."""
    days: dict[str | None, int] = {}
    for hour, count in hours.items():
        day = datetime.fromisoformat(f"{hour}:00:00+00:00").astimezone(LONDON).date().isoformat()
        days[day] = days.get(day, 0) + count
    return days


def _in_order(counts: Mapping[str | None, int]) -> list[dict[str, Any]]:
    return [{"value": value, "count": counts[value]} for value in sorted(counts, key=str)]


def _listed(counts: Mapping[str | None, int], *parts: Mapping[str | None, int]) -> list[dict[str, Any]]:
    """The most frequent first."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
    names = ("released", "withheld")
    return [
        {"value": value, "count": count, **{name: part.get(value, 0) for name, part in zip(names, parts, strict=False)}}
        for value, count in ranked
    ]
