"""Limited access to many people at once: what one statement says of each CRN that somebody asks about.

Who asks about somebody else's access learns of the limits alone, who asks about their own of the facts alone.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, bindparam, case, exists, literal_column, or_, select

from app.db import each_text
from app.records import facts, predicates
from app.records.permit import Permit
from app.records.predicates import T, word
from app.records.reading import Records, consents_in
from app.vocabulary import Caller, Fact, Facts

CRNS = bindparam("crns", type_=String())
USER = bindparam("user", type_=String())
"""Whose access is asked about, in lower case."""


class Looked(NamedTuple):
    """What was found of one CRN; without a person nobody has it."""

    crn: str
    session_is_live: bool
    person_id: str | None
    facts: Facts
    consents: str | None = None
    is_known: bool = False
    """Whether somebody of that name works at the caller's party; the limits of a name that nobody has are the worst."""
    exclusion: str | None = None
    """The message of a live exclusion that concerns the user."""
    restriction: str | None = None


def _live() -> ColumnElement[Any]:
    return case((facts.session_is_live(), literal_column("1")), else_=literal_column("0"))


def own() -> Select[Any]:
    """The facts of (caller, person) for each CRN."""
    asked, person = each_text(CRNS, "asked"), facts.PERSON
    return select(
        asked.c.value, _live(), person.id, facts.facts_but_consents(person), facts.relied_on(person)
    ).select_from(asked.outerjoin(T.Person.__table__, person.crn == asked.c.value))


def _works_here() -> ColumnElement[Any]:
    """Whether the user is one of the caller's own: employed at its party today, and not revoked."""
    staff = T.Staff
    known = exists().where(
        staff.username == USER,
        staff.party == predicates.PARTY,
        staff.employed_from <= predicates.TODAY,
        or_(staff.employed_until.is_(None), staff.employed_until >= predicates.TODAY),
        or_(staff.revoked_at.is_(None), staff.revoked_at > predicates.AT),
    )
    return case((known, literal_column("1")), else_=literal_column("0"))


def _message(kind: str, concerns: ColumnElement[bool]) -> ColumnElement[Any]:
    limit = T.AccessLimit
    found = predicates.limits_of(facts.PERSON.id).where(limit.kind == word(kind), concerns)
    found = found.order_by(limit.valid_from, limit.id).limit(literal_column("1"))
    return found.with_only_columns(limit.message).scalar_subquery()


def of_user() -> Select[Any]:
    """For each CRN the first live exclusion and restriction that keep the user out, by their messages."""
    asked, person, name = each_text(CRNS, "asked"), facts.PERSON, T.AccessLimitName
    named = exists().where(name.limit_id == T.AccessLimit.id, name.username == USER)
    stranger = _works_here() == literal_column("0")
    employed: ColumnElement[Any] = literal_column(str(Fact.EMPLOYED.bit))
    return select(
        asked.c.value,
        _live(),
        person.id,
        case((predicates.employed(), employed), else_=literal_column("0")),
        _works_here(),
        _message("exclusion", or_(named, stranger)),
        _message("restriction", or_(~named, stranger)),
    ).select_from(asked.outerjoin(T.Person.__table__, person.crn == asked.c.value))


async def looked_up(
    records: Records, permit: Permit, caller: Caller, at: datetime, crns: Sequence[str], user: str | None
) -> list[Looked]:
    """One statement for all: the caller's own facts, or for a `user` the limits on them. In the order of the CRNs."""
    values = {**facts.parameters(caller, at), "crns": json.dumps(list(crns)), "user": user}
    if user is None:
        rows = await records.database.fetch(records.prepared("own-access", own), values, permit)
        found = {row[0]: _own(*row) for row in rows}
    else:
        rows = await records.database.fetch(records.prepared("users-access", of_user), values, permit)
        found = {row[0]: Looked(row[0], bool(row[1]), row[2], row[3], None, bool(row[4]), *row[5:]) for row in rows}
    return [found[crn] for crn in crns]


def _own(crn: str, live: int, person_id: str | None, bits: Facts, consents: str | None) -> Looked:

    bits |= facts.consents_relied_on(consents_in(consents))
    return Looked(crn, bool(live), person_id, bits, consents)
