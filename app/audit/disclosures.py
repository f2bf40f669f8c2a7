"""What the log says was disclosed about one person, newest first: for the person themselves.

A disclosure is an answer to a read that carried something. What was asked and refused, and what was written, is none.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, literal_column, or_

from app.audit.rows import ENTRY, WHOLE, Entries, Narrowing, Whose
from app.db import Database, Warrant


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One answer: when, to whom, why, what, and under which clauses of which agreement."""

    seq: int
    at: datetime
    staff: str | None
    client: str
    party: str
    role: str
    purpose: str
    released: dict[str, list[str]]
    """Category or register to the fields that the answer carried."""
    clauses: tuple[str, ...]
    agreement: str | None
    """The digest of the agreement that the decision was made under."""


def _disclosing(_dialect: str) -> Sequence[ColumnElement[bool]]:
    """A body without anything released says so in these very bytes, being canonical."""
    one = literal_column
    return (
        ENTRY.type == one("'access'"),
        or_(ENTRY.outcome == one("'permitted'"), ENTRY.outcome == one("'partly-permitted'")),
        ENTRY.body.not_like(one("""'%"released":{}%'""")),
    )


_NARROWING = Narrowing("disclosures", _disclosing)


class DisclosureLog:
    """The log as one person may have it read to them."""

    def __init__(self, database: Database) -> None:
        self._entries = Entries(database)

    async def page(
        self, permit: Warrant, person_id: str, before: int | None, size: int
    ) -> tuple[list[Disclosure], bool]:
        """So many disclosures with numbers below `before`, and whether there are more; UnpermittedRead as `Entries`."""
        numbers = WHOLE if before is None else range(before)
        rows = await self._entries.read(permit, _NARROWING, size + 1, whose=Whose((person_id,)), numbers=numbers)
        return [_read(row.seq, row.body) for row in rows[:size]], len(rows) > size


def _read(seq: int, text: str) -> Disclosure:
    body = json.loads(text)
    caller = body["caller"]
    return Disclosure(
        seq,
        datetime.fromisoformat(body["occurredAt"]),
        caller["staff"],
        caller["client"],
        caller["party"],
        caller["role"],
        body["purpose"],
        body["released"],
        tuple(body["clauses"]),
        body["agreement"],
    )
