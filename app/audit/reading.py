"""The log's entries that name one consent, newest first: who relied on it, and whom it refused.

An entry whose person's part was erased by law names nobody's consent any more, and is not found here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, bindparam

from app.audit.rows import PART, WHOLE, Entries, Narrowing, Whose
from app.db import Database, Warrant


@dataclass(frozen=True, slots=True)
class Citing:
    """One entry: when, who, why, what was released and withheld, and under which clauses of which agreement."""

    seq: int
    at: datetime
    staff: str | None
    client: str
    party: str
    role: str
    purpose: str
    action: str
    outcome: str
    released: tuple[str, ...]
    """The categories, or registers, that the answer carried."""
    missing: dict[str, tuple[str, ...]]
    """What was withheld: each category with the facts that were missing."""
    clauses: tuple[str, ...]
    agreement: str
    """The digest of the agreement that the decision was made under."""


def _citing(_dialect: str) -> Sequence[ColumnElement[bool]]:
    """In a canonical part a consent's id stands in quotes, and nothing else is like it."""
    return (PART.body.like(bindparam("cites", type_=String(), required=True)),)


class ConsentLog:
    """The log as oversight reads it about one consent."""

    def __init__(self, database: Database) -> None:
        self._entries = Entries(database)

    async def page(
        self, permit: Warrant, person_id: str, consent: str, before: int | None, size: int
    ) -> tuple[list[Citing], bool]:
        """So many entries with numbers below `before` that name the consent, and whether there are more.

        UnpermittedRead as `Entries`.
        """
        narrowing = Narrowing("consent", _citing, {"cites": f'%"{_plain(consent)}"%'})
        numbers = WHOLE if before is None else range(before)
        rows = await self._entries.read(permit, narrowing, size + 1, whose=Whose((person_id,)), numbers=numbers)
        return [_read(row.seq, row.body) for row in rows[:size] if _cites(row.part, consent)], len(rows) > size


def _plain(consent: str) -> str:
    """ValueError for an id with a character that a pattern takes for another."""
    if not all(each.isascii() and (each.isalnum() or each == "-") for each in consent):
        raise ValueError("a consent's id has letters, digits and hyphens alone")
    return consent


def _cites(part: str | None, consent: str) -> bool:
    return part is not None and consent in json.loads(part)["consents"]


def _read(seq: int, text: str) -> Citing:
    body = json.loads(text)
    caller = body["caller"]
    return Citing(
        seq,
        datetime.fromisoformat(body["occurredAt"]),
        caller["staff"],
        caller["client"],
        caller["party"],
        caller["role"],
        body["purpose"],
        body["action"],
        body["outcome"],
        tuple(body["released"]),
        {word: tuple(why["missing"]) for word, why in body["withheld"].items()},
        tuple(body["clauses"]),
        body["agreement"],
    )
