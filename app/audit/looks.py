"""The log as the rules that watch it are told it: who asked to read of whom, and whether they got anything.

Both parts of each entry are read in one pass, by number, and as the bytes that were written: SQLite makes its query
columns anew for each row that is read, which takes five times as long as finding the few members that count.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Select, select

from app.audit.history import PAGE, History, Unreadable
from app.audit.rows import ENTRIES, ENTRY, PART, PARTS, Entries, Order, Query, entries_within
from app.db import Database, UnpermittedRead, Warrant
from app.pathway.watching import Look
from app.vocabulary import Action, Fact, facts_of

OWN = facts_of(Fact.CASELOAD, Fact.TREATING)
RELATED = OWN | Fact.SERVICE.bit
REFUSED_FOR = "not-permitted"
"""The reason of a refusal that was decided about somebody; the others are about the request or its sender."""
_WORD = r'"([^"\\]*)"'
_SAID = re.compile(
    rf'\{{"action":"(?:{Action.READ}|{Action.CHECK})","agreement":[^{{]*,"caller":\{{"client":"[^"\\]*","party":{_WORD},'
    rf'"role":{_WORD},"service":(?:null|"[^"\\]*"),"staff":{_WORD},"token":"[^"\\]*"\}},"clauses":\[[^\]]*\],'
    rf'"details":null,"eventId":"[^"\\]*","facts":\{{"bits":(\d+),[^}}]*\}},"occurredAt":"[^"]*",'
    rf'"outcome":{_WORD},"purpose":{_WORD},"reason":(?:null|{_WORD}),"released":'
)
_ACTIONS = (f'{{"action":"{Action.READ}"', f'{{"action":"{Action.CHECK}"')
_REQUEST = ',"requestId":"'
_KIND = '"type":"access","v":1,"withheld":'
_PERSON = re.compile(r'"crn":(?:null|"([^"\\]*)"),"personId":(?:null|"([^"\\]*)")\}$')


class Page(NamedTuple):
    """The looks among some entries, in order; the number after the last entry, and when that was recorded."""

    looks: list[Look]
    end: int
    at: str


class Looks:
    """Reads entries by number; it decides nothing, and without a live permit it reads nothing."""

    def __init__(self, database: Database) -> None:
        self._entries = Entries(database)
        self.history = History(database)

    async def read(self, permit: Warrant, numbers: range, page: int = PAGE) -> AsyncIterator[Page]:
        """The looks among these entries, a page at a time.

        UnpermittedRead without a live permit: the log's tables are no records, but whom they speak of is. Unreadable
        for an entry that does not say what every entry says.
        """
        for start in range(numbers.start, numbers.stop, page):
            if not permit.covers(frozenset()):
                raise UnpermittedRead("no permit covers whom the log speaks of")
            stop = min(start + page, numbers.stop)
            rows = await self._entries.over(_PAGE, range(start, stop), Order.OLDEST)
            if len(rows) != stop - start:
                raise Unreadable(min({*range(start, stop)} - {row[0] for row in rows}))
            yield Page(list(_looks(rows)), stop, rows[-1][1])


def _page(dialect: str) -> Select[Any]:
    parts = ENTRIES.outerjoin(PARTS, PART.seq == ENTRY.seq)
    read = select(ENTRY.seq, ENTRY.recorded_at, ENTRY.body, PART.body).select_from(parts)
    return read.where(*entries_within(dialect)).order_by(ENTRY.seq)


_PAGE = Query("looks", _page, {})


def _looks(rows: list[Any]) -> Iterator[Look]:
    for number, at, body, part in rows:
        if part is None:
            continue
        try:
            said = _told(body)
            if said is not None:
                staff, party, role, purpose, obtained, bits, subjects = said
                crn, person = _whom(part)
                related, own = bool(bits & RELATED), bool(bits & OWN)
                yield Look(number, at, staff, party, role, purpose, obtained, person, crn, related, own, subjects)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreadable(number) from None


_Said = tuple[str, str, str, str, bool, int, frozenset[str]]
"""Username, party, role, purpose, whether something was obtained, the facts, and of what."""


def _told(body: str) -> _Said | None:
    """None for what is no look; canonical members are sorted, so that the action comes first."""
    if body.startswith('{"action":"') and not body.startswith(_ACTIONS):
        return None
    found = _SAID.match(body)
    if found is None:
        return _parsed(body)
    party, role, staff, bits, outcome, purpose, reason = found.groups()
    kind = body.find(_KIND, found.end())
    if kind < 0:
        return None
    released = body[found.end() : body.index(_REQUEST, found.end())]
    obtained = _obtained(outcome, reason, released[2:])
    if obtained is None:
        return None
    return (
        staff,
        party,
        role,
        purpose,
        obtained,
        int(bits),
        _keys(released if obtained else body[kind + len(_KIND) : -1]),
    )


@lru_cache(maxsize=4096)
def _keys(text: str) -> frozenset[str]:
    """The members' names of an object; few different ones ever stand in a log."""
    return frozenset(from_json(text))


def _parsed(body: str) -> _Said | None:
    """The same of an entry that is written otherwise: by a system, with details, with a character that is escaped."""
    entry = from_json(body)
    caller, facts, purpose = entry["caller"], entry["facts"], entry["purpose"]
    if entry["type"] != "access" or entry["action"] not in (Action.READ.value, Action.CHECK.value):
        return None
    if caller is None or caller["staff"] is None or facts is None or purpose is None:
        return None
    obtained = _obtained(entry["outcome"], entry["reason"], "".join(entry["released"]))
    if obtained is None:
        return None
    subjects = frozenset(entry["released"] if obtained else entry["withheld"])
    return caller["staff"], caller["party"], caller["role"], purpose, obtained, facts["bits"], subjects


def _obtained(outcome: str, reason: str | None, released: str) -> bool | None:
    """False where it was refused about somebody, None where nothing was decided or nothing was there to release."""
    if outcome == "refused":
        return False if reason == REFUSED_FOR else None
    return True if released else None


def _whom(part: str) -> tuple[str | None, str | None]:
    found = _PERSON.search(part)
    if found is not None:
        return found[1], found[2]
    said = json.loads(part)
    return said["crn"], said["personId"]
