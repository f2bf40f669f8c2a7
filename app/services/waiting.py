"""Who waits for treatment, the longest first, and for how many days; pauses stand beside and are not subtracted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.gate import WAITING, Gate
from app.pathway.waiting import days_paused, days_waited
from app.records.lists import ListedRow
from app.records.predicates import LONDON
from app.services.answers import Answer, document, page
from app.services.cursors import decode, encode
from app.vocabulary import Question


class WaitingService:
    """The waiting list, as far as the caller may read referrals; an entry for each person on a page."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def page(self, question: Question, cursor: str | None, size: int) -> Answer:
        """A page of it; CursorInvalid for a cursor from elsewhere."""
        bound: Mapping[str, Any] = {}
        after = decode(cursor, (date, str), "waiting", bound) if cursor else None
        today = question.at.astimezone(LONDON).date()
        async with self._gate.ask_many(question, WAITING, {}, after, size) as listed:
            listed.answers.extend(document(_waits(row, today)) for row in listed.rows)
        following = encode(listed.rows[-1].key, "waiting", bound) if listed.has_more else None
        return Answer(page(listed.answers, following, size), listed.receipts)


def _waits(row: ListedRow, today: date) -> dict[str, Any]:
    fields = dict(row.fields)
    received, pauses = fields["receivedOn"], fields.pop("pauses")
    return {
        "crn": row.crn,
        **fields,
        "daysWaited": days_waited(received, today),
        "daysPaused": None if pauses is None else days_paused(pauses, received, today),
        "pauses": None if pauses is None else [{"from": first, "until": last} for first, last in pauses],
    }
