"""The log's entries that name one consent, newest first: who relied on it, and whom it refused.

An entry whose person's part was erased by law names nobody's consent any more, and is not found here.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, select

from app.db import Database, Prepared, UnpermittedRead, Warrant
from app.tables.log import LogEntry, LogSubject

_END = 2**62
_ENTRY: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_SUBJECT: Any = LogSubject.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes


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


def _page() -> Any:
    """By the index on the person; in a canonical part a consent's id stands in quotes, and nothing else is like it."""
    return (
        select(_ENTRY.seq, _ENTRY.body, _SUBJECT.body)
        .select_from(LogSubject.__table__.join(LogEntry.__table__, _ENTRY.seq == _SUBJECT.seq))  # type: ignore[attr-defined]  # as above
        .where(
            _SUBJECT.person_id == bindparam("person", type_=String()),
            _SUBJECT.seq < bindparam("before", type_=BigInteger()),
            _SUBJECT.body.like(bindparam("cites", type_=String())),
        )
        .order_by(_SUBJECT.seq.desc())
        .limit(bindparam("most", type_=BigInteger()))
    )


class ConsentLog:
    """The log as oversight reads it about one consent."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._statement: Prepared | None = None

    async def page(
        self, permit: Warrant, person_id: str, consent: str, before: int | None, size: int
    ) -> tuple[list[Citing], bool]:
        """So many entries with numbers below `before` that name the consent, and whether there are more.

        UnpermittedRead without a live permit: the log's tables are no records, but whom they speak of is.
        """
        if not permit.covers(frozenset()):
            raise UnpermittedRead("no permit covers the log of a consent")
        if self._statement is None:
            self._statement = self._database.prepare(_page())
        values = {"person": person_id, "cites": f'%"{_plain(consent)}"%', "most": size + 1}
        rows = await self._database.fetch(self._statement, values | {"before": _END if before is None else before})
        return [_read(seq, body) for seq, body, part in rows[:size] if _cites(part, consent)], len(rows) > size


def _plain(consent: str) -> str:
    """ValueError for an id with a character that a pattern takes for another."""
    if not all(each.isascii() and (each.isalnum() or each == "-") for each in consent):
        raise ValueError("a consent's id has letters, digits and hyphens alone")
    return consent


def _cites(part: str, consent: str) -> bool:
    return consent in json.loads(part)["consents"]


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
