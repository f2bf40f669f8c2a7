"""What a receiver has to drop, whether anything waits for it, and what oversight sees of all receivers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal_column, or_, select

from app.records.feed import COUNT, NUMBER
from app.records.permit import Permit
from app.records.predicates import CLIENT, T
from app.records.reading import Records

_F, _R, _REMOVAL = T.FeedPerson.__table__.c, T.FeedReceiver.__table__.c, T.FeedRemoval.__table__.c


@dataclass(frozen=True, slots=True)
class Removal:
    """A removal notice that is open, and about whom it is if that is still known."""

    number: int
    identifiers: str | None
    made_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    person_id: str | None
    crn: str | None


def _removals() -> Select[Any]:
    about = and_(_F.receiver == _REMOVAL.receiver, _F.removal == _REMOVAL.number)
    columns = (_REMOVAL.number, _REMOVAL.identifiers, _REMOVAL.made_at, _REMOVAL.acknowledged_at, _REMOVAL.closed_at)
    joined = T.FeedRemoval.__table__.outerjoin(T.FeedPerson.__table__, about)
    return select(*columns, _F.person_id, _F.crn).select_from(joined).where(_REMOVAL.receiver == CLIENT)


async def removals(records: Records, permit: Permit, client: str, after: int, count: int) -> list[Removal]:
    """The receiver's open notices after a number, oldest first."""

    def build() -> Select[Any]:
        is_open = _REMOVAL.closed_at.is_(None), _REMOVAL.number > NUMBER
        return _removals().where(*is_open).order_by(_REMOVAL.number).limit(COUNT)

    values = {"client": client, "number": after, "count": count}
    found = await records.database.fetch(records.prepared("feed removals", build), values, permit)
    return [Removal(*row) for row in found]


async def removal(records: Records, permit: Permit, client: str, number: int) -> Removal | None:
    """One of the receiver's notices, open or not."""
    statement = records.prepared("feed removal", lambda: _removals().where(_REMOVAL.number == NUMBER))
    found = await records.database.fetch(statement, {"client": client, "number": number}, permit)
    return Removal(*found[0]) if found else None


def _follows(of: Any, *which: Any) -> Any:
    """Whether there is anything of the receiver's after a number: by the index that is in the order of numbers."""
    mine = of.receiver == CLIENT, of.number > NUMBER, *which
    one: Any = literal_column("1")
    return select(of.number).where(*mine).order_by(of.number).limit(one).scalar_subquery().is_not(None)


async def is_waiting(records: Records, permit: Permit, client: str, after: int) -> bool:
    """Whether somebody or an open notice stands in the feed after a number."""

    def build() -> Select[Any]:
        is_open = _REMOVAL.closed_at.is_(None)
        return select(literal_column("1")).where(or_(_follows(_F), _follows(_REMOVAL, is_open)))

    values = {"client": client, "number": after}
    return bool(await records.database.fetch(records.prepared("feed is waiting", build), values, permit))


async def receivers(records: Records, permit: Permit) -> list[tuple[Any, ...]]:
    """Every receiver: id, name, party, when it was suspended, how many people it has been given, and its open notices.

    Of those how many there are, and when the oldest was made.
    """

    def build() -> Select[Any]:
        client, row = T.Client.__table__.c, T.FeedReceiver.__table__
        given = select(func.count()).where(_F.receiver == client.id, _F.given == literal_column("1"))
        is_open = _REMOVAL.receiver == client.id, _REMOVAL.closed_at.is_(None)
        counted = select(func.count()).where(*is_open).scalar_subquery()
        oldest = select(func.min(_REMOVAL.made_at)).where(*is_open).scalar_subquery()
        return (
            select(client.id, client.name, client.party, client.suspended_at, given.scalar_subquery(), counted, oldest)
            .join(row, row.c.receiver == client.id)
            .order_by(client.id)
        )

    return await records.database.fetch(records.prepared("feed receivers", build), {}, permit)
