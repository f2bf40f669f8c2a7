"""What the log says was disclosed about one person, newest first: for the person themselves.

A disclosure is an answer to a read that carried something. What was asked and refused, and what was written, is none.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, literal_column, or_, select

from app.db import Database, Prepared, UnpermittedRead, Warrant
from app.tables.log import LogEntry, LogSubject

_END = 2**62
_ENTRY: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_SUBJECT: Any = LogSubject.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes


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


def _page() -> Any:
    """By the index on the person; a body without anything released says so in these very bytes, being canonical."""
    one = literal_column
    return (
        select(_ENTRY.seq, _ENTRY.body)
        .select_from(LogSubject.__table__.join(LogEntry.__table__, _ENTRY.seq == _SUBJECT.seq))  # type: ignore[attr-defined]  # as above
        .where(
            _SUBJECT.person_id == bindparam("person", type_=String()),
            _SUBJECT.seq < bindparam("before", type_=BigInteger()),
            _ENTRY.type == one("'access'"),
            or_(_ENTRY.outcome == one("'permitted'"), _ENTRY.outcome == one("'partly-permitted'")),
            _ENTRY.body.not_like(one("""'%"released":{}%'""")),
        )
        .order_by(_SUBJECT.seq.desc())
        .limit(bindparam("most", type_=BigInteger()))
    )


class DisclosureLog:
    """The log as one person may have it read to them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._statement: Prepared | None = None

    async def page(
        self, permit: Warrant, person_id: str, before: int | None, size: int
    ) -> tuple[list[Disclosure], bool]:
        """So many disclosures with numbers below `before`, and whether there are more.

        UnpermittedRead without a live permit: the log's tables are no records, but whom they speak of is.
        """
        if not permit.covers(frozenset()):
            raise UnpermittedRead("no permit covers the log of a person's disclosures")
        if self._statement is None:
            self._statement = self._database.prepare(_page())
        values = {"person": person_id, "before": _END if before is None else before, "most": size + 1}
        rows = await self._database.fetch(self._statement, values)
        return [_read(*row) for row in rows[:size]], len(rows) > size


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
