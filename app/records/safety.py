"""Safety alerts of many people: those that are open to a caller, and those that nobody has acknowledged yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, literal_column, not_, or_, select

from app.db import Warrant
from app.pathway.chasing import STAGES, Stage, Urgency
from app.records import facts
from app.records.lists import (
    LIMIT,
    Filter,
    ListedRow,
    Listing,
    by_bits,
    minimal,
    narrowed,
    relied,
    shape,
    values_of,
    when,
)
from app.records.permit import Permit
from app.records.predicates import word
from app.records.reading import Records
from app.records.rows import Found
from app.records.views import T, camel
from app.tables import Instant
from app.vocabulary import Category

ALERT = Category.SAFETY_ALERT
IN_LISTS = (
    "id",
    "urgency",
    "addressed_to",
    "recipient",
    "released_by",
    "released_at",
    "acknowledged_by",
    "acknowledged_at",
    "superseded_at",
    "withdrawn_at",
)
"""No word of what it is about: for that the alert is read by itself."""
CHASED = frozenset({"safety_alert", "safety_alert_chase"})
"""The tables that chasing reads."""
_A = T.SafetyAlert


def _stands() -> ColumnElement[bool]:
    return and_(_A.withdrawn_at.is_(None), _A.superseded_at.is_(None))


def waiting(_: Any = None) -> ColumnElement[bool]:
    """Nobody has acknowledged it, and it stands."""
    return and_(_stands(), _A.acknowledged_at.is_(None))


def _overdue(_: Any) -> ColumnElement[bool]:
    late = (
        and_(_A.urgency == word(each.value), _A.released_at < bindparam(f"{each.value}_before", type_=Instant()))
        for each in Urgency
    )
    return and_(waiting(), or_(*late))


FILTERS: dict[str, Filter] = {
    "unacknowledged": Filter(ALERT, waiting),
    "overdue": Filter(ALERT, _overdue),
    "acknowledged": Filter(ALERT, lambda _: and_(_stands(), not_(_A.acknowledged_at.is_(None)))),
    "over": Filter(ALERT, lambda _: not_(_stands())),
}
"""By the state that is asked for; the value of `overdue` is the moment before which each urgency's alerts are late."""


def _page(listing: Listing) -> Select[Any]:
    person, alert = facts.PERSON, _A.__table__.c
    needed = minimal(listing.conditions[ALERT])
    inner = (
        select(
            alert.id,
            person.id.label("person_id"),
            person.crn,
            facts.facts_of(person).label("facts"),
            facts.is_limited(person).label("limited"),
            alert.released_at,
        )
        .join(T.Person.__table__, person.id == alert.person_id)
        .where(facts.session_is_live(), or_(*(when(one, person) for one in needed)))
    )
    inner = narrowed(inner, listing, needed, FILTERS, person)
    if listing.after is not None:
        last, identity = bindparam("last_at", type_=Instant()), bindparam("last_id", type_=String())
        inner = inner.where(or_(alert.released_at < last, and_(alert.released_at == last, alert.id > identity)))
    page = inner.order_by(alert.released_at.desc(), alert.id).limit(LIMIT).subquery("page")
    whole = _A.__table__.alias("whole")
    is_open = by_bits(listing.conditions[ALERT], page.c.facts)
    columns = [case((is_open, whole.c[name])).label(name) for name in IN_LISTS]
    return (
        select(page.c.person_id, page.c.crn, page.c.facts, page.c.limited, relied(page), *columns)
        .join(whole, whole.c.id == page.c.id)
        .order_by(page.c.released_at.desc(), page.c.id)
    )


async def alerts(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Alerts that are open to the caller, newest first, one more than the page holds if there are more."""
    statement = records.prepared(("safety alerts", shape(listing)), lambda: _page(listing))
    last_at, last_id = listing.after or (None, None)
    late = listing.filters.get("overdue") or {}
    asked = {**values_of(listing), "last_at": last_at, "last_id": last_id}
    asked |= {f"{urgency}_before": moment for urgency, moment in late.items()}
    listed = []
    for person_id, crn, bits, is_limited, consents, *rest in await records.database.fetch(statement, asked, permit):
        fields = dict(zip(map(camel, IN_LISTS), rest, strict=True))
        key = (fields["releasedAt"], fields["id"])
        listed.append(ListedRow(person_id, crn, bits, bool(is_limited), fields, consents, key))
    return listed


async def unacknowledged(
    records: Records, permit: Warrant, limit: int, after: tuple[datetime, str] | None
) -> list[Found]:
    """The oldest first: ids, whose, and the stages that were told of, as `told`; those that are overdue and told left
    out, since nothing follows.
    """
    names = ("id", "person_id", "crn", "urgency", "released_at", *(stage.value for stage in STAGES))

    def build() -> Select[Any]:
        chase, person = T.SafetyAlertChase, T.Person
        told = {
            stage: select(literal_column("1")).where(chase.alert_id == _A.id, chase.stage == word(stage.value)).exists()
            for stage in Stage
        }
        statement = (
            select(_A.id, _A.person_id, person.crn, _A.urgency, _A.released_at, *told.values())
            .join(person, person.id == _A.person_id)
            .where(waiting(), not_(told[Stage.OVERDUE]))
        )
        last, identity = bindparam("last_at", type_=Instant()), bindparam("last_id", type_=String())
        later = or_(_A.released_at > last, and_(_A.released_at == last, _A.id > identity))
        statement = statement.where(later) if after else statement
        return statement.order_by(_A.released_at, _A.id).limit(LIMIT)

    asked: Mapping[str, Any] = {"limit": limit, "last_at": after and after[0], "last_id": after and after[1]}
    statement = records.prepared(("unacknowledged alerts", after is None), build)
    return [dict(zip(names, row, strict=True)) for row in await records.database.fetch(statement, asked, permit)]


def still_waits(records: Records, alert: str) -> tuple[str, Sequence[Any], int]:
    """That nobody has acknowledged it meanwhile, nor taken it back: a SELECT that goes before what is told."""

    def build() -> Select[Any]:
        return select(literal_column("1")).where(_A.id == bindparam("alert", type_=String()), waiting())

    statement = records.prepared("alert still waits", build)
    return statement.sql, statement.arguments({"alert": alert}), 1
