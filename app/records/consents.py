"""Consents as an act reads and writes them: all of one scope at a time, so that nothing slips between two acts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, case, literal_column, or_, select, update

from app.db import Warrant
from app.records.agreeing import consents
from app.records.predicates import AT, T, parameters
from app.records.reading import Records
from app.records.rows import Found
from app.records.writing import own_version
from app.vocabulary import Caller

_COLUMNS: Any = T.Consent.__table__.c
_PERSON, _SCOPE = (bindparam(name, type_=String()) for name in ("person_id", "scope"))
_OF_SCOPE = (_COLUMNS.person_id == _PERSON, _COLUMNS.scope == _SCOPE)


async def of_scope(records: Records, permit: Warrant, person: str, scope: str) -> list[Found]:
    """Every consent of a person and scope, oldest first; UnpermittedRead unless the permit opens consents."""

    def build() -> Select[Any]:
        return select(*_COLUMNS).where(*_OF_SCOPE).order_by(_COLUMNS.valid_from, _COLUMNS.id)

    statement = records.prepared("consents of a scope", build)
    found = await records.database.fetch(statement, {"person_id": person, "scope": scope}, permit)
    return [dict(zip(_COLUMNS.keys(), row, strict=True)) for row in found]


def withdrawal(
    records: Records, person: str, scopes: Iterable[str], at: datetime, by: str, *, also: str | None = None
) -> list[tuple[Any, ...]]:
    """Changes that withdraw every permission of these scopes, whenever it was recorded, and the consent `also`.

    By person and scope and not by what was read: what somebody else records meanwhile is withdrawn with it.
    """

    def build() -> Any:
        set_ = {name: bindparam(f"new_{name}", type_=_COLUMNS[name].type) for name in _WITHDRAWN}
        stands = or_(_COLUMNS.withdrawn_at.is_(None), _COLUMNS.withdrawn_at > AT)
        meant = or_(_COLUMNS.decision == "permit", _COLUMNS.id == bindparam("also", type_=String()))
        return update(T.Consent).where(*_OF_SCOPE, stands, meant).values(set_)

    statement = records.prepared("withdrawal of consents", build)
    new = {f"new_{name}": value for name, value in ({"withdrawn_at": at, "withdrawn_by": by} | own_version(at)).items()}
    return [
        (statement.sql, statement.arguments(new | {"at": at, "person_id": person, "scope": scope, "also": also}))
        for scope in scopes
    ]


async def recipients(records: Records, permit: Warrant, person: str, scope: str) -> dict[str, set[str]]:
    """The parties that each consent of a person and scope names."""
    recipient = T.ConsentRecipient

    def build() -> Select[Any]:
        named = select(recipient.consent_id, recipient.party).join(T.Consent, T.Consent.id == recipient.consent_id)
        return named.where(*_OF_SCOPE)

    statement = records.prepared("recipients of a scope", build)
    found: dict[str, set[str]] = {}
    for consent, party in await records.database.fetch(statement, {"person_id": person, "scope": scope}, permit):
        found.setdefault(consent, set()).add(party)
    return found


def as_foreseen(
    records: Records, caller: Caller, at: datetime, person: str, scopes: Mapping[str, bool]
) -> list[tuple[str, Any, int]]:
    """That of each scope a consent holds for the caller's party, or none does: what makes the fact itself is asked.

    SELECTs that go behind what was written, and before what was decided on it.
    """

    def build() -> Select[Any]:
        holds = case((consents().where(*_OF_SCOPE).exists(), literal_column("1")), else_=literal_column("0"))
        return select(literal_column("1")).where(holds == bindparam("holds", type_=Integer()))

    statement = records.prepared("consents as foreseen", build)
    known = parameters(caller, at) | {"person_id": person}
    return [
        (statement.sql, statement.arguments(known | {"scope": scope, "holds": int(holds)}), 1)
        for scope, holds in scopes.items()
    ]


_WITHDRAWN = ("withdrawn_at", "withdrawn_by", "source_version", "recorded_at")
