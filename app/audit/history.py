"""Past decisions as the log tells them: streamed by number, and entries that say the same read once.

It reads who asked in which role, what was decided and on which facts; never whom an entry is about. Whether the entries
are those that were once appended is for `verify` to say.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from sqlalchemy import select

from app.audit.numbers import Numbers
from app.audit.rows import ENTRY, Entries, entries_within
from app.audit.shelf import keep_archive
from app.db import Address, Database, DatabaseUnavailable, open_database
from app.policies.review.past import Logged, Said

PAGE = 2000
_KEPT = 16_384
"""So many different things that entries say are remembered at a time."""


_TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_MAYBE = rf"(?:{_TEXT}|null)"
_ENTRY = re.compile(
    rf'\{{"action":({_TEXT}),"agreement":({_MAYBE}),"announce":{_MAYBE},"answerDigest":{_MAYBE},'
    rf'"caller":(?:null|\{{"client":{_MAYBE},"party":({_MAYBE}),"role":({_MAYBE}),"service":{_MAYBE},'
    rf'"staff":{_MAYBE},"token":{_MAYBE}\}}),"clauses":(\[[^\]]*\]),"details":(null),"eventId":{_TEXT},'
    rf'"facts":(null|\{{[^}}]*\}}),"occurredAt":({_TEXT}),"outcome":({_TEXT}),"purpose":({_MAYBE}),'
    rf'"reason":({_MAYBE}),"released":(\{{[^}}]*\}}),"requestId":{_TEXT},"resource":({_TEXT}),'
    rf'"subject":{_MAYBE},"type":({_TEXT}),"v":1,"withheld":(\{{.*\}})\}}',
    re.DOTALL,
)
"""An entry as the log writes it, without details: what is about its decision in groups, four times as fast as parsing.

Strings are matched whole, so that nothing within one is taken for a member. Whatever does not match is parsed.
"""
_OCCURRED = 7
_MEMBERS = (
    "action",
    "agreement",
    "party",
    "role",
    "clauses",
    "details",
    "facts",
    "outcome",
    "purpose",
    "reason",
    "released",
    "resource",
    "type",
    "withheld",
)


class Unreadable(Exception):
    """An entry that does not say what every entry says; `seq` is its number."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"entry {seq} cannot be read")
        self.seq = seq


class History:
    """The log's entries by number."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers, self._entries = Numbers(database), Entries(database)
        self._known: dict[tuple[str, ...], Said] = {}

    async def between(self, since: datetime | None = None, until: datetime | None = None) -> range:
        """The numbers of what was recorded from `since` on and before `until`; DatabaseUnavailable if it is gone."""
        return await self._numbers.between(since, until)

    async def read(self, numbers: range, page: int = PAGE) -> AsyncIterator[list[Logged]]:
        """These entries in their order, a page at a time; Unreadable for one that says too little."""
        for start in range(numbers.start, numbers.stop, page):
            stop = min(start + page, numbers.stop)
            rows = await self._entries.by_number(range(start, stop), self._page, lambda entry: (entry[0], entry[2]))
            yield [self._logged(seq, body) for seq, body in rows]

    @cached_property
    def _page(self) -> Any:
        within = entries_within(self._database.dialect)
        return self._database.prepare(select(ENTRY.seq, ENTRY.body).where(*within).order_by(ENTRY.seq))

    def _logged(self, seq: int, body: str) -> Logged:
        found = _ENTRY.fullmatch(body)
        try:
            texts, occurred_at = _told(found.groups("null")) if found else _parsed(body)
            said = self._known.get(texts)
            if said is None:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                said = self._known[texts] = _said(texts)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreadable(seq) from None
        return Logged(seq, occurred_at, said)


def _is_file(path: str) -> bool:
    """Opening it would make one."""
    return Path(path).is_file()


@asynccontextmanager
async def open_history(address: Address, role: str | None, archive: Path | None = None) -> AsyncIterator[History]:
    """The history at an address, on PostgreSQL read as `role`; DatabaseUnavailable if there is none."""
    if address.dialect == "sqlite" and not _is_file(address.path):
        raise DatabaseUnavailable("there is no database file")
    database = open_database(address, role)
    keep_archive(database, archive)
    try:
        yield History(database)
    finally:
        await database.close()


def _told(groups: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What is alike in many entries, and when this one was decided."""
    return groups[:_OCCURRED] + groups[_OCCURRED + 1 :], groups[_OCCURRED][1:-1]


def _parsed(body: str) -> tuple[tuple[str, ...], str]:
    """The same of an entry with details, or one that is written otherwise."""
    entry = from_json(body)
    caller, details = entry["caller"] or {"party": None, "role": None}, entry["details"] or {}
    found = entry | {"party": caller["party"], "role": caller["role"], "details": details.get("subjects")}
    texts = tuple(json.dumps(found[name], sort_keys=True, separators=(",", ":")) for name in _MEMBERS)
    return texts, entry["occurredAt"]


def _said(texts: tuple[str, ...]) -> Said:
    """What the texts say; ValueError, KeyError or TypeError for what no entry says."""
    entry = dict(zip(_MEMBERS, map(from_json, texts), strict=True))
    facts, subjects = entry["facts"], entry["details"]
    if facts is not None and type(facts["bits"]) is not int:
        raise ValueError("facts that are no number")
    return Said(
        kind=entry["type"],
        agreement=entry["agreement"],
        role=entry["role"],
        party=entry["party"],
        purpose=entry["purpose"],
        action=entry["action"],
        resource=entry["resource"],
        outcome=entry["outcome"],
        reason=entry["reason"],
        facts=None if facts is None else facts["bits"],
        fact_names=() if facts is None else tuple(facts["names"]),
        clauses=tuple(entry["clauses"]),
        released=tuple(entry["released"]),
        withheld={
            subject: {name: tuple(why.get(name, ())) for name in ("clauses", "missing", "stoppedBy")}
            for subject, why in entry["withheld"].items()
        },
        subjects=None if subjects is None else tuple(subjects),
    )
