"""What a receiver of changes has been given, who of the changed and of everybody it may read now, and with which facts.

The facts stand in each statement, so that whoever is looked at is decided by the same bits as in any read.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, String, and_, bindparam, false, func, literal_column, or_, select

from app.db import each_text
from app.records import facts
from app.records.lists import Conditions, minimal, when
from app.records.permit import Permit
from app.records.predicates import CLIENT, T
from app.records.reading import FEEDING, Records
from app.records.views import tables_of
from app.tables.log import LogEntry, LogHead, LogSubject
from app.vocabulary import Caller, Category, Facts

READABLE = (Category.IDENTITY, Category.CONTACT, Category.REFERRAL, Category.ATTENDANCE)
"""What H2, H3 and H4 open; a feed carries nothing else, whatever an agreement says."""
TABLES = FEEDING.union({"feed_person", "feed_removal", "patient"}, *(tables_of(each) for each in READABLE))
WINDOW = 5_000
"""How many entries of the log one statement goes through."""
NUMBER, COUNT = bindparam("number", type_=BigInteger()), bindparam("count", type_=Integer())
CRNS, IDS = bindparam("crns", type_=String()), bindparam("ids", type_=String())
FIRST, LAST = bindparam("first", type_=String()), bindparam("last", type_=String())
_F, _R, _P = T.FeedPerson.__table__.c, T.FeedReceiver.__table__.c, facts.PERSON
_OWN = ("crn", "member", "number", "opened", "digest", "given", "removal", "identifiers")


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
class Known:
    """What the feed keeps of somebody; columns of `app.tables.FeedPerson`."""

    crn: str
    member: int
    number: int
    opened: str
    digest: str | None
    given: int
    removal: int | None
    identifiers: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody with the facts to decide about them, and what the feed keeps; `crn` is None once they are gone."""

    person_id: str
    crn: str | None
    facts: Facts
    consents: str | None
    known: Known | None


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
    parts: dict[int, str] = dict(await records.database.fetch(records.prepared("feed parts", _parts), within))
    crns = {crn: seq for seq in seqs if seq in parts and (crn := json.loads(parts[seq])["crn"])}
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
    return select(part.seq, part.body).where(*within).order_by(part.seq)


# --- people, each with facts and with what the feed keeps of them ----------------------------------------------------


def _with_facts(who: Any) -> Select[Any]:
    """From rows of person, CRN and the feed's own columns."""
    own = (who.c[f"known_{name}"] for name in _OWN)
    return select(who.c.asked, who.c.id, who.c.crn, facts.facts_of(who.c), facts.relied_on(who.c), *own)


def _columns(asked: Any, person_id: Any, crn: Any) -> tuple[Any, ...]:
    own = (_F[name].label(f"known_{name}") for name in _OWN)
    return asked.label("asked"), person_id.label("id"), crn.label("crn"), *own


def _own(person_id: Any) -> Any:
    return and_(_F.receiver == CLIENT, _F.person_id == person_id)


def _people() -> Select[Any]:
    asked = each_text(CRNS, "asked")
    joined = asked.join(T.Person, _P.crn == asked.c.value).outerjoin(T.FeedPerson, _own(_P.id))
    return _with_facts(select(*_columns(_P.id, _P.id, _P.crn)).select_from(joined).subquery("who"))


def _slice(conditions: Conditions) -> Select[Any]:
    reachable = or_(false(), *(when(one, _P) for one in minimal(conditions)))
    who = (
        select(*_columns(_P.id, _P.id, _P.crn))
        .select_from(T.Person.__table__.outerjoin(T.FeedPerson.__table__, _own(_P.id)))
        .where(_P.crn > FIRST, _P.crn <= LAST, or_(_F.person_id.is_not(None), reachable))
        .subquery("who")
    )
    return _with_facts(who).order_by(who.c.crn)


def _in_feed(*which: Any) -> Select[Any]:
    """Whoever stands in the feed and meets all of this, in its order."""
    joined = T.FeedPerson.__table__.outerjoin(T.Person.__table__, _P.id == _F.person_id)
    mine = _F.receiver == CLIENT, _F.number > literal_column("0"), *which
    who = select(*_columns(_F.person_id, _P.id, _P.crn)).select_from(joined).where(*mine)
    found = who.order_by(_F.number).limit(COUNT).subquery("who")
    return _with_facts(found).order_by(found.c.known_number)


async def _looked(records: Records, permit: Permit, key: Any, build: Any, values: Mapping[str, Any]) -> list[Looked]:
    rows = await records.database.fetch(records.prepared(key, build), values, permit)
    found = []
    for asked, identity, crn, bits, consents, *own in rows:
        known = None if own[0] is None else Known(*own)
        found.append(Looked(asked, None if identity is None else crn, bits, consents, known))
    return found


def _values(caller: Caller, at: datetime, **values: Any) -> dict[str, Any]:
    return {**facts.parameters(caller, at), **values}


async def people(records: Records, permit: Permit, caller: Caller, at: datetime, crns: Iterable[str]) -> list[Looked]:
    """Those of these CRNs who are on file."""
    from_crns = _values(caller, at, crns=array(crns))
    return await _looked(records, permit, "feed people", _people, from_crns)


async def waiting(
    records: Records, permit: Permit, caller: Caller, at: datetime, after: int, count: int
) -> list[Looked]:
    """Whoever stands in the feed after a number, in its order."""
    values = _values(caller, at, number=after, count=count)
    return await _looked(records, permit, "feed waiting", lambda: _in_feed(_F.number > NUMBER), values)


async def member(records: Records, permit: Permit, caller: Caller, at: datetime, number: int) -> Looked | None:
    """Somebody in the feed by the receiver's own number for them; None once they are out of reach."""

    values = _values(caller, at, number=number, count=1)
    found = await _looked(records, permit, "feed member", lambda: _in_feed(_F.member == NUMBER), values)
    return found[0] if found else None


async def gone(records: Records, permit: Permit, caller: Caller, at: datetime, count: int) -> list[Looked]:
    """Whoever stands in the feed and on file no longer."""
    from_feed = _values(caller, at, count=count)
    return await _looked(records, permit, "feed gone", lambda: _in_feed(_P.id.is_(None)), from_feed)


async def sweep(
    records: Records, permit: Permit, caller: Caller, at: datetime, conditions: Conditions, first: str, count: int
) -> tuple[list[Looked], str | None]:
    """Of the `count` people on file after a CRN, those within reach and those in the feed; the last one's CRN.

    None in its place: there is nobody after them.
    """

    def bound() -> Select[Any, Any]:
        slice_ = select(_P.crn).where(_P.crn > FIRST).order_by(_P.crn).limit(COUNT).subquery("slice")
        return select(func.max(slice_.c.crn), func.count().label("there"))

    key = ("feed slice", tuple(conditions))
    values = {"first": first, "count": count}
    ((last, there),) = await records.database.fetch(records.prepared("feed bound", bound), values, permit)
    if last is None:
        return [], None
    within = _values(caller, at, first=first, last=last)
    found = await _looked(records, permit, key, partial(_slice, conditions), within)
    return found, last if there == count else None


def array(texts: Iterable[Any]) -> str:
    """As a parameter that `app.db.each_text` or `each_row` unfolds."""
    return json.dumps(list(texts))
