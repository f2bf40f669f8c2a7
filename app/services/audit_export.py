"""A part of the log handed out whole, a few hundred entries at a time: to oversight (G1), and to the operator.

The numbers are those that there are when the entry is made which says so, and that entry is durable before the first
byte: what is recorded later is in no export, this one's own entry included.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.audit.conditions import Asked
from app.audit.searching import LogSearch
from app.audit.submission import Receipt
from app.gate import Gate
from app.gate.exporting import look_up, note_export, reading
from app.services.audit_formats import Format, encoder_of
from app.services.audit_search import Search, Sight
from app.vocabulary import Question

Told = Callable[[int, int], None]
"""Hears how many numbers are done, and of how many."""


def _nobody(_done: int, _all: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Export:
    """What is about to be handed out; its entry is durable, and nothing of it was read yet."""

    form: Format
    receipt: Receipt
    numbers: range
    asked: Asked
    search: LogSearch

    async def chunks(self, told: Told = _nobody) -> AsyncGenerator[bytes]:
        """The document from its beginning to its end; DatabaseUnavailable if it breaks off."""
        encoder = encoder_of(self.form)
        yield encoder.begin()
        with reading(self.receipt) as permit:
            async with aclosing(self.search.stream(permit, self.asked, self.numbers)) as batches:
                async for rows, done in batches:
                    told(done, len(self.numbers))
                    if rows:
                        yield encoder.add(rows)
        yield encoder.end()


class ExportService:
    """Exports of the log."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._sight = gate, Sight(gate)
        self._search = LogSearch(gate.records.database)

    async def to_caller(self, question: Question, search: Search, form: Format) -> Export:
        """For oversight; AccessRefused by the gate."""
        async with self._gate.act(question) as act:
            asked = await self._sight.asked(act, question, search)
            numbers = await self._search.numbers(search.since, search.until)
            act.details = _details(search, form, numbers)
        if act.receipt is None:
            raise RuntimeError("an export was about to leave the gate without its entry")
        return Export(form, act.receipt, numbers, asked, self._search)

    async def to_operator(self, at: datetime, request_id: str, search: Search, form: Format) -> Export:
        """For the operator, behind whom there is no caller; DatabaseUnavailable or LogUnavailable if it cannot be."""
        found = await look_up(self._gate, search.sought) if search.sought else None
        numbers = await self._search.numbers(search.since, search.until)
        people = found.people if found else ()
        receipt = await note_export(self._gate, at, request_id, _details(search, form, numbers), people)
        return Export(form, receipt, numbers, search.asked(found), self._search)


def _details(search: Search, form: Format, numbers: range) -> dict[str, Any]:
    ends = {"first": numbers.start, "last": numbers.stop - 1} if numbers else {}
    return {"search": search.told(), "format": form.value, "numbers": {**ends, "count": len(numbers)}}
