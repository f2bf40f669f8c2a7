"""Whoever stands in a receiver's feed, has changed or may come into it: each with facts, and with what the feed keeps.

The facts stand in each statement, so that whoever is looked at is decided by the same bits as in any read.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, literal_column, select, true
from sqlalchemy.orm import aliased

from app.db import each_text
from app.records import facts
from app.records.feed import COUNT, CRNS, FIRST, LAST, NUMBER, array
from app.records.permit import Permit
from app.records.predicates import CLIENT, T
from app.records.reading import Records, consents_in
from app.vocabulary import Caller, Facts

_F, _P = T.FeedPerson.__table__.c, facts.PERSON
_OWN = ("crn", "member", "number", "opened", "digest", "given", "removal", "identifiers")
_ONE: Any = literal_column("1")


class Known(NamedTuple):
    """What the feed keeps of somebody; columns of `app.tables.FeedPerson`."""

    crn: str
    member: int
    number: int
    opened: str
    digest: str | None
    given: int
    removal: int | None
    identifiers: str


class Looked(NamedTuple):
    """Somebody with the facts to decide about them, and what the feed keeps; `crn` is None once they are gone."""

    person_id: str
    crn: str | None
    facts: Facts
    consents: tuple[tuple[str, str], ...]
    """Scope and id of each consent that holds."""
    known: Known | None


def _with_facts(who: Any) -> Select[Any]:
    """From rows of person, CRN and the feed's own columns; the consents' own facts follow from their ids."""
    own = (who.c[f"known_{name}"] for name in _OWN)
    return select(who.c.id, who.c.crn, facts.facts_but_consents(who.c), facts.relied_on(who.c), *own)


def _columns(person_id: Any, crn: Any, known: Any) -> tuple[Any, ...]:
    return person_id.label("id"), crn.label("crn"), *(known[name].label(f"known_{name}") for name in _OWN)


def _looked_up(dialect: str, source: Any, table: Any, match: Any, *, outer: bool) -> tuple[Any, Any]:
    """A table joined to a few rows, and its columns: by an index for each of them, however large either is.

    Of a plain join PostgreSQL may read the whole table for them: the plan is kept, and was made when it was small.
    """
    if dialect == "sqlite":
        return source.join(table, match, isouter=outer), table.c
    found = select(table).where(match).limit(_ONE).lateral(f"own_{table.name}")
    return source.join(found, true(), isouter=outer), found.c


def _people(dialect: str) -> Select[Any]:
    asked = each_text(CRNS, "asked")
    joined, person = _looked_up(dialect, asked, T.Person.__table__, _P.crn == asked.c.value, outer=False)
    return _with_facts(_of(dialect, joined, person).subquery("who"))


def _of(dialect: str, source: Any, person: Any) -> Select[Any]:
    """People with what the feed keeps of them, if anything."""
    mine = and_(_F.receiver == CLIENT, _F.person_id == person.id)
    joined, known = _looked_up(dialect, source, T.FeedPerson.__table__, mine, outer=True)
    return select(*_columns(person.id, person.crn, known)).select_from(joined)


def _slice(dialect: str) -> Select[Any]:
    """Everybody there: of the agreement's conditions, PostgreSQL would gather all who meet one, for each slice."""
    mine = and_(_F.receiver == CLIENT, _F.person_id == _P.id)
    joined, known = _looked_up(dialect, T.Person.__table__, T.FeedPerson.__table__, mine, outer=True)
    there = select(*_columns(_P.id, _P.crn, known)).select_from(joined).where(_P.crn > FIRST, _P.crn <= LAST)
    who = there.subquery("who")
    return _with_facts(who).order_by(who.c.crn)


def _in_feed(*which: Any) -> Select[Any]:
    """Whoever stands in the feed and meets all of this, in its order; without a CRN once they are on file no longer."""
    mine = _F.receiver == CLIENT, _F.number > literal_column("0"), *which
    found = select(T.FeedPerson.__table__).where(*mine).order_by(_F.number).limit(COUNT).subquery("found")
    crn = select(_P.crn).where(_P.id == found.c.person_id).scalar_subquery()
    who = select(*_columns(found.c.person_id, crn, found.c)).subquery("who")
    return _with_facts(who).order_by(who.c.known_number)


def _on_file() -> Any:
    return select(_ONE).where(_P.id == _F.person_id).correlate(T.FeedPerson.__table__).exists()


async def _looked(records: Records, permit: Permit, key: Any, build: Any, values: Mapping[str, Any]) -> list[Looked]:
    rows = await records.database.fetch(records.prepared(key, build), values, permit)
    found = []
    for identity, crn, bits, consents, *own in rows:
        named = consents_in(consents)
        known = None if own[0] is None else Known(*own)
        found.append(Looked(identity, crn, bits | facts.consents_relied_on(named), named, known))
    return found


def _values(caller: Caller, at: datetime, **values: Any) -> dict[str, Any]:
    return {**facts.parameters(caller, at), **values}


def _merged() -> Any:
    asked, said, further = each_text(CRNS, "asked"), T.PersonAlias, aliased(T.PersonAlias)
    first = select(asked.c.value.label("asked"), said.other_crn.label("crn")).join(said, said.crn == asked.c.value)
    found = first.cte("around", recursive=True)
    found = found.union(select(found.c.asked, further.other_crn).join(further, further.crn == found.c.crn))
    return select(found.c.asked, found.c.crn)


async def with_merged(records: Records, permit: Permit, changed: Mapping[str, int]) -> dict[str, int]:
    """With everybody who was ever taken for the same person, who may be read otherwise since; each with the last entry.

    Those who were parted again as well: that they were is what changed.
    """
    if not changed:
        return {}
    statement, last = records.prepared("feed merged", _merged), dict(changed)
    for asked, crn in await records.database.fetch(statement, {"crns": array(changed)}, permit):
        last[crn] = max(last.get(crn, 0), changed[asked])
    return last


async def people(records: Records, permit: Permit, caller: Caller, at: datetime, crns: Iterable[str]) -> list[Looked]:
    """Those of these CRNs who are on file."""
    from_crns = _values(caller, at, crns=array(crns))
    return await _looked(records, permit, "feed people", partial(_people, records.database.dialect), from_crns)


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
    return await _looked(records, permit, "feed gone", lambda: _in_feed(~_on_file()), from_feed)


async def sweep(
    records: Records, permit: Permit, caller: Caller, at: datetime, first: str, count: int
) -> tuple[list[Looked], str | None]:
    """The `count` people on file after a CRN, and the last one's CRN; None in its place: there is nobody after them."""

    def bound() -> Select[Any, Any]:
        slice_ = select(_P.crn).where(_P.crn > FIRST).order_by(_P.crn).limit(COUNT).subquery("slice")
        return select(func.max(slice_.c.crn), func.count().label("there"))

    values = {"first": first, "count": count}
    ((last, there),) = await records.database.fetch(records.prepared("feed bound", bound), values, permit)
    if last is None:
        return [], None
    within = _values(caller, at, first=first, last=last)
    found = await _looked(records, permit, "feed slice", partial(_slice, records.database.dialect), within)
    return found, last if there == count else None
