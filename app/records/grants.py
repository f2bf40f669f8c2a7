"""Emergency grants: the one that is live, one more where none is, and the review list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.orm import aliased

import app.tables
from app.db import Warrant
from app.records import predicates
from app.records.reading import Records
from app.tables import HISTORIES, Instant
from app.vocabulary import Caller

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
Found = dict[str, Any]

_AT = predicates.AT
_STAFF, _CRN = bindparam("staff_id", type_=String()), bindparam("crn", type_=String())


def _live() -> ColumnElement[bool]:
    grant = T.EmergencyGrant
    return and_(
        grant.staff_id == _STAFF,
        grant.crn == _CRN,
        grant.granted_at <= _AT,
        grant.expires_at > _AT,
        or_(grant.revoked_at.is_(None), grant.revoked_at > _AT),
    )


async def staff_id(records: Records, username: str) -> str | None:
    """The id of a member of staff."""

    def build() -> Select[Any]:
        return select(T.Staff.id).where(T.Staff.username == bindparam("username", type_=String()))

    found = await records.database.fetch(records.prepared("grants-staff", build), {"username": username})
    return found[0][0] if found else None


async def live(records: Records, permit: Warrant, staff: str, crn: str, at: datetime) -> Found | None:
    """The live grant of this member of staff for this CRN: id, when granted and until when."""
    grant = T.EmergencyGrant

    def build() -> Select[Any]:
        return select(grant.id, grant.granted_at, grant.expires_at).where(_live()).order_by(grant.granted_at, grant.id)

    values = {"staff_id": staff, "crn": crn, "at": at}
    found = await records.database.fetch(records.prepared("grants-live", build), values, permit)
    return dict(zip(("id", "granted_at", "expires_at"), found[0], strict=True)) if found else None


def opening(records: Records, row: Mapping[str, Any]) -> tuple[str, Sequence[Any], int]:
    """The change that opens a grant unless one is live; it touches no row where somebody was faster."""
    table = T.EmergencyGrant.__table__
    columns = tuple(sorted(row))

    def build() -> Any:
        values = [bindparam(f"new_{name}", type_=table.c[name].type).label(name) for name in columns]
        return insert(table).from_select(
            columns, select(*values).where(~exists().where(_live())), include_defaults=False
        )

    statement = records.prepared(("grants-open", columns), build)
    given = {f"new_{name}": value for name, value in row.items()}
    live_now = {"staff_id": row["staff_id"], "crn": row["crn"], "at": row["granted_at"]}
    return statement.sql, statement.arguments(given | live_now), 1


_GRANT = ("id", "crn", "granted_at", "expires_at", "revoked_at", "reviewed_at", "outcome")
_WORDS = ("reason", "feared", "review_note")
_PEOPLE = ("id", "username", "name", "party", "role")


def _listed(columns: Sequence[str]) -> Select[Any]:
    grant, user, reviewer = T.EmergencyGrant, T.Staff, aliased(T.Staff)
    return (
        select(
            *(getattr(grant, name) for name in columns),
            *(getattr(user, name).label(f"staff_{name}") for name in _PEOPLE),
            *(getattr(reviewer, name).label(f"reviewer_{name}") for name in _PEOPLE),
        )
        .join(user, user.id == grant.staff_id)
        .outerjoin(reviewer, reviewer.id == grant.reviewed_by_id)
    )


def _named(columns: Sequence[str], row: Sequence[Any]) -> Found:
    size = len(columns)
    staff, reviewer = row[size : size + len(_PEOPLE)], row[size + len(_PEOPLE) :]
    people = {
        "staff": dict(zip(_PEOPLE, staff, strict=True)),
        "reviewed_by": dict(zip(_PEOPLE, reviewer, strict=True)) if reviewer[0] is not None else None,
    }
    return dict(zip(columns, row[:size], strict=True)) | people


async def one(records: Records, permit: Warrant, identity: str) -> Found | None:
    """A grant with its texts, who used it (`staff`) and who reviewed it (`reviewed_by`)."""
    columns = (*_GRANT, *_WORDS)

    def build() -> Select[Any]:
        return _listed(columns).where(T.EmergencyGrant.id == bindparam("identity", type_=String()))

    found = await records.database.fetch(records.prepared("grants-one", build), {"identity": identity}, permit)
    return _named(columns, found[0]) if found else None


def _filters() -> dict[str, ColumnElement[bool]]:
    grant = T.EmergencyGrant
    return {
        "open": grant.reviewed_at.is_(None),
        "reviewed": grant.reviewed_at.is_not(None),
        "overdue": and_(grant.reviewed_at.is_(None), grant.granted_at < bindparam("used_before", type_=Instant())),
        "crn": grant.crn == _CRN,
        "staff": T.Staff.username == bindparam("of_staff", type_=String()),
        "after": tuple_(grant.granted_at, grant.id)
        < tuple_(bindparam("last_at", type_=Instant()), bindparam("last_id", type_=String())),
    }


async def page(
    records: Records, permit: Warrant, caller: Caller, at: datetime, filters: Mapping[str, Mapping[str, Any]], size: int
) -> list[Found]:
    """Grants without their texts, newest first: those that meet every filter, and one more than `size`.

    A filter's name goes with what it compares with: `open` and `reviewed` with nothing, `overdue` with `used_before`,
    `crn` with `crn`, `staff` with `of_staff`, `after` with `last_at` and `last_id`. Whoever excludes the caller is left
    out (S3).
    """
    names = tuple(sorted(filters))

    def build() -> Select[Any]:
        grant, known = T.EmergencyGrant, _filters()
        excluded = predicates.among(T.Person.id, predicates.excluded())
        named = select(T.Person.crn).where(T.Person.crn == grant.crn, excluded)
        statement = _listed(_GRANT).where(~named.exists(), *(known[name] for name in names))
        return statement.order_by(grant.granted_at.desc(), grant.id.desc()).limit(bindparam("size", type_=Integer()))

    statement = records.prepared(("grants-page", names), build)
    values = {**predicates.parameters(caller, at), "size": size + 1}
    for given in filters.values():
        values |= given
    found = await records.database.fetch(statement, values, permit)
    return [_named(_GRANT, row) for row in found]


async def managers(records: Records, staff: str, since: datetime) -> frozenset[str]:
    """The usernames of whoever manages a member of staff, or has at any time since a moment; in lower case."""
    past = HISTORIES["staff"].c

    def build() -> Any:
        then = past.superseded_at > bindparam("since", type_=Instant())
        return union(
            select(T.Staff.manager).where(T.Staff.id == _STAFF),
            select(past.manager).where(past.id == _STAFF, then),
        )

    values = {"staff_id": staff, "since": since}
    found = await records.database.fetch(records.prepared("grants-managers", build), values)
    return frozenset(manager.lower() for (manager,) in found if manager)
