"""The outbox: which announcement each receiver is to be told next, and what became of it.

A receiver is told in the order of the log, so that one announcement of it at most is due: its first that is neither
delivered nor given up. A process claims that one by an UPDATE that holds if nobody has tried it since it was read: of
several processes one gets it, on both databases, and SKIP LOCKED would have nothing to skip to.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, literal_column, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

import app.tables
from app.config import Settings
from app.db import Address, Database, Prepared, compiled_once, open_writing
from app.tables import Instant

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not


@dataclass(frozen=True, slots=True)
class Due:
    """The announcement that a receiver is to be told next; times by the real clock but for `created_at`."""

    number: int
    attempts: int
    next_attempt_at: datetime
    claimed_until: datetime | None
    id: str
    event_id: str
    kind: str
    party: str
    grant_id: str | None
    alert_id: str | None
    meeting_id: str | None
    appointment_id: str | None
    referral_id: str | None
    feed_number: int | None
    created_at: datetime

    def is_free(self, now: datetime) -> bool:
        """Whether it may be tried now."""
        return self.next_attempt_at <= now and (self.claimed_until is None or self.claimed_until <= now)


@dataclass(frozen=True, slots=True)
class Count:
    """How far a receiver is."""

    receiver: str
    delivered: int
    waiting: int
    dead: int
    last_error: str | None


class Outbox:
    """Reads and writes of deliveries; every method raises DatabaseUnavailable if the database is gone."""

    def __init__(self, settings: Settings, database: Database) -> None:
        address = Address(settings.database_url.get_secret_value())
        self._database = database
        self._writing = open_writing(address, settings.database_role)
        self._prepared = compiled_once(Outbox, database.dialect)

    async def spread(self, receiver: str, party: str, now: datetime) -> None:
        """Give the receiver what its party was to be told since the last time."""
        values = {"receiver": receiver, "party": party, "now": now}
        if await self._database.fetch(self._statement("behind"), values):
            await self._write("spread", values)

    async def due(self, receiver: str, party: str) -> Due | None:
        """What the receiver is to be told next, whenever that is."""
        found = await self._database.fetch(self._statement("due"), {"receiver": receiver, "party": party})
        return Due(*found[0]) if found else None

    async def claim(self, receiver: str, due: Due, now: datetime, until: datetime) -> bool:
        """Take it for one attempt; False if another process has."""
        seen = {"receiver": receiver, "due": due.number, "seen": due.attempts}
        return await self._write("claim", seen | {"now": now, "until": until})

    async def delivered(self, receiver: str, number: int, now: datetime) -> None:
        """The receiver has it."""
        await self._write("told", {"due": number, "now": now})
        await self._write("delivered", {"receiver": receiver, "due": number, "now": now})

    async def put_off(self, receiver: str, due: Due, error: str, until: datetime) -> None:
        """It failed, and is tried again at `until`; nothing is written once somebody else has claimed it."""
        seen = {"receiver": receiver, "due": due.number, "seen": due.attempts + 1}
        await self._write("put_off", seen | {"error": error, "until": until})

    async def give_up(self, receiver: str, due: Due, error: str, now: datetime) -> None:
        """It failed for the last time, and the next one may go."""
        seen = {"receiver": receiver, "due": due.number, "seen": due.attempts + 1}
        await self._write("give_up", seen | {"error": error, "now": now})

    async def revive(self, receiver: str, now: datetime) -> bool:
        """Try everything again that was given up; False if there is nothing."""
        return await self._write("revive", {"receiver": receiver, "now": now})

    async def clean_up(self, before: datetime) -> bool:
        """Let go of some of what was taken before a moment; False if there is nothing more.

        What waits or was given up stays, and so does the last that each receiver was given, from which it goes on.
        """
        values = {"until": before}
        return any([await self._write("forget_delivered", values), await self._write("forget_told", values)])

    async def counts(self) -> list[Count]:
        """How far every receiver is that was ever given something, by name."""
        return [Count(*row) for row in await self._database.fetch(self._statement("counts"), {})]

    async def close(self) -> None:
        """Give the writing connection back."""
        await self._writing.close()

    async def _write(self, name: str, values: dict[str, Any]) -> bool:
        statement = self._statement(name)
        return await self._writing.run(statement, statement.arguments(values)) > 0

    def _statement(self, name: str) -> Prepared:
        if name not in self._prepared:
            build = _STATEMENTS[name]
            statement = build(self._database.dialect) if callable(build) else build
            self._prepared[name] = self._database.prepare(statement)
        return self._prepared[name]


_D, _A = T.WebhookDelivery, T.Announcement
_RECEIVER, _PARTY = bindparam("receiver", type_=_D.receiver.type), bindparam("party", type_=_A.party.type)
_DUE, _SEEN = bindparam("due", type_=_D.number.type), bindparam("seen", type_=_D.attempts.type)
_NOW, _UNTIL = bindparam("now", type_=Instant()), bindparam("until", type_=Instant())
_ERROR = bindparam("error", type_=_D.last_error.type)
_AT_ONCE: Any = literal_column("1000")
_UNDONE = (_D.delivered_at.is_(None), _D.dead_at.is_(None))


def _ahead() -> Any:
    """What the party was to be told after the last that this receiver was given: numbers follow the log's order."""
    other = T.WebhookDelivery.__table__.alias("given")
    last = select(func.coalesce(func.max(other.c.number), literal_column("0"))).where(other.c.receiver == _RECEIVER)
    return _A.party == _PARTY, _A.number > last.scalar_subquery()


def _spread(dialect: str) -> Any:
    kinds: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    given = select(_RECEIVER, _A.number, literal_column("0"), _NOW).where(*_ahead())
    into: Any = kinds[dialect](T.WebhookDelivery).from_select(
        ["receiver", "number", "attempts", "next_attempt_at"], given, include_defaults=False
    )
    return into.on_conflict_do_nothing()


def _settle(**values: Any) -> Any:
    """Of the attempt that is under way: a process that was taken for dead changes nothing for its successor."""
    same = (_D.receiver == _RECEIVER, _D.number == _DUE, _D.attempts == _SEEN, *_UNDONE)
    return update(_D).where(*same).values(claimed_until=None, **values)


def _forget_delivered(_dialect: str) -> Any:
    other = T.WebhookDelivery.__table__.alias("given")
    last = select(func.max(other.c.number)).where(other.c.receiver == _D.receiver).scalar_subquery()
    old = select(_D.receiver, _D.number).where(_D.delivered_at < _UNTIL, _D.number < last).limit(_AT_ONCE)
    return delete(_D).where(tuple_(_D.receiver, _D.number).in_(old)).execution_options(synchronize_session=False)


def _forget_told(_dialect: str) -> Any:
    """Announcements that somebody took, and that nobody is still on the way to, has refused, or goes on from."""
    is_going = exists().where(_D.number == _A.number)
    old = select(_A.number).where(_A.delivered_at < _UNTIL, ~is_going).limit(_AT_ONCE)
    return delete(_A).where(_A.number.in_(old)).execution_options(synchronize_session=False)


def _counts(_dialect: str) -> Any:
    undone = and_(*_UNDONE)
    waiting = func.sum(case((undone, literal_column("1")), else_=literal_column("0")))
    failing = func.max(case((undone, _D.last_error)))
    named = select(_D.receiver, func.count(_D.delivered_at), waiting, func.count(_D.dead_at), failing)
    return named.group_by(_D.receiver).order_by(_D.receiver)


_STATEMENTS: dict[str, Any] = {
    "behind": select(literal_column("1")).where(exists().where(*_ahead())),
    "spread": _spread,
    "due": select(
        _D.number, _D.attempts, _D.next_attempt_at, _D.claimed_until,
        _A.id, _A.event_id, _A.kind, _A.party, _A.grant_id, _A.alert_id, _A.meeting_id, _A.appointment_id,
        _A.referral_id, _A.feed_number, _A.created_at,
    )
    .join(_A, _A.number == _D.number)
    .where(_D.receiver == _RECEIVER, _A.party == _PARTY, *_UNDONE)
    .order_by(_D.number)
    .limit(literal_column("1")),
    "claim": update(_D)
    .where(_D.receiver == _RECEIVER, _D.number == _DUE, _D.attempts == _SEEN, *_UNDONE)
    .where(_D.claimed_until.is_(None) | (_D.claimed_until <= _NOW))
    .values(attempts=_SEEN + literal_column("1"), claimed_until=_UNTIL),
    "delivered": update(_D)
    .where(_D.receiver == _RECEIVER, _D.number == _DUE, _D.delivered_at.is_(None))
    .values(delivered_at=_NOW, claimed_until=None, last_error=None, dead_at=None),
    "told": update(_A).where(_A.number == _DUE, _A.delivered_at.is_(None)).values(delivered_at=_NOW),
    "put_off": _settle(last_error=_ERROR, next_attempt_at=_UNTIL),
    "give_up": _settle(last_error=_ERROR, dead_at=_NOW),
    "revive": update(_D)
    .where(_D.receiver == _RECEIVER, _D.dead_at.is_not(None))
    .values(dead_at=None, attempts=0, next_attempt_at=_NOW, last_error=None),
    "forget_delivered": _forget_delivered,
    "forget_told": _forget_told,
    "counts": _counts,
}  # fmt: skip
