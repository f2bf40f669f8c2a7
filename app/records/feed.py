"""How far a receiver's feed is worked out, and whose records the log says were changed since."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, String, bindparam, func, literal_column, select

from app.records.predicates import CLIENT, T
from app.records.reading import FEEDING, Records
from app.records.views import tables_of
from app.tables.log import LogEntry, LogHead, LogSubject
from app.vocabulary import Category

READABLE = (Category.IDENTITY, Category.CONTACT, Category.REFERRAL, Category.ATTENDANCE)
"""What H2, H3 and H4 open; a feed carries nothing else, whatever an agreement says."""
TABLES = FEEDING.union(
    {"feed_person", "feed_removal", "patient", "person_alias"}, *(tables_of(each) for each in READABLE)
)
WINDOW = 5_000
"""How many entries of the log one statement goes through."""
NUMBER, COUNT = bindparam("number", type_=BigInteger()), bindparam("count", type_=Integer())
CRNS, IDS = bindparam("crns", type_=String()), bindparam("ids", type_=String())
FIRST, LAST = bindparam("first", type_=String()), bindparam("last", type_=String())
_R = T.FeedReceiver.__table__.c


@dataclass(frozen=True, slots=True)
class Receiver:
    """How far a system's feed is worked out, and how the system is registered now."""

    number: int
    version: int
    position: int
    basis: str
    round_at: datetime | None
    swept_to: str | None
    service: str | None
    suspended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Whose records changed since a place in the log, and up to where."""

    crns: Mapping[str, int]
    """In the order of their first change, each with the number of the last."""
    position: int
    size: int
    """How many entries the log has."""
    first: int
    """The first entry that is still in the database."""


async def receiver(records: Records, client: str) -> tuple[Receiver | None, str | None]:
    """How far the feed of a registered system is, if it has one, and how the system is registered."""

    def build() -> Select[Any]:
        client_, row = T.Client.__table__, T.FeedReceiver.__table__
        columns = (_R.number, _R.version, _R.position, _R.basis, _R.round_at, _R.swept_to)
        return (
            select(*columns, client_.c.service_id, client_.c.suspended_at)
            .select_from(client_.outerjoin(row, row.c.receiver == client_.c.id))
            .where(client_.c.id == CLIENT)
        )

    found = await records.database.fetch(records.prepared("feed receiver", build), {"client": client})
    if not found or found[0][0] is None:
        return None, found[0][-2] if found else None
    return Receiver(*found[0]), found[0][-2]


async def changed(records: Records, position: int, count: int) -> Changed:
    """Of the entries from `position` on whose records were changed, the first `count` among the next `WINDOW` entries.

    No index of the log leads to changes alone, since the verifier trusts none that leaves rows out.
    """

    def bounds() -> Select[Any]:
        entry: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
        head: Any = LogHead.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
        first = select(func.min(entry.seq)).scalar_subquery()
        return select(head.size, func.coalesce(first, literal_column("0")))

    ((size, first),) = await records.database.fetch(records.prepared("feed bounds", bounds), {})
    until = min(size, max(position, first) + WINDOW)
    values = {"number": position, "until": until, "count": count}
    seqs = [seq for (seq,) in await records.database.fetch(records.prepared("feed changed", _changed), values)]
    if not seqs:
        return Changed({}, until, size, first)
    within = {"number": seqs[0], "until": seqs[-1] + 1}
    about: dict[int, str | None] = dict(await records.database.fetch(records.prepared("feed parts", _parts), within))
    crns = {crn: seq for seq in seqs if (crn := about.get(seq))}
    return Changed(crns, seqs[-1] + 1 if len(seqs) == count else until, size, first)


def _changed() -> Select[Any]:
    entry: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    within = entry.seq >= NUMBER, entry.seq < bindparam("until", type_=BigInteger())
    kinds = entry.type.in_([literal_column("'change'"), literal_column("'match'")])  # a link says whose records are
    return select(entry.seq).where(kinds, *within).order_by(entry.seq).limit(COUNT)


def _parts() -> Select[Any]:
    """Whole and in order, so that it is read by its key: planned on an empty log, an index with more is as good."""
    part: Any = LogSubject.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    within = part.seq >= NUMBER, part.seq < bindparam("until", type_=BigInteger())
    return select(part.seq, part.crn).where(*within).order_by(part.seq)


def array(texts: Iterable[Any]) -> str:
    """As a parameter that `app.db.each_text` or `each_row` unfolds."""
    return json.dumps(list(texts))
