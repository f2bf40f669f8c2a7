"""How far the log is watched, by which process, and what the rules have to know of staff and people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, func, literal_column, or_, select, union_all, update

import app.tables
from app.config import Settings
from app.db import Address, Database, DatabaseUnavailable, Prepared, Warrant, compiled_once, open_writing
from app.pathway.watching import Memory, Named, Period
from app.pathway.working_days import start_of
from app.records.predicates import word
from app.records.reading import Records
from app.tables import Instant

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
WATCHED = frozenset({"access_alert", "access_alert_person", "access_watch", "person", "allocation", "referral"})
"""The tables that these statements read."""
_ONE = timedelta(days=1)
BEARERS = 1000
"""So many people of one surname are compared with members of staff; a name that more have tells nobody from another."""
_W = T.AccessWatch
_NOW, _UNTIL = bindparam("now", type_=Instant()), bindparam("until", type_=Instant())


class Claim:
    """The right to watch, for a while: it is held by going on, and given back at the end."""

    def __init__(self, watched: "Watched", length: timedelta) -> None:
        self._watched, self._length = watched, length
        self._until = datetime.now(UTC) + length

    async def take(self) -> bool:
        """False while another process has it."""
        return await self._watched.write("claim", {"now": datetime.now(UTC), "until": self._until})

    async def hold(self) -> None:
        """Nothing unless half of the time is over; an expired claim may be another's, who has it then."""
        now = datetime.now(UTC)
        if self._until - now < self._length / 2:
            until = now + self._length
            if await self._watched.write("hold", {"mine": self._until, "until": until}):
                self._until = until

    async def give_back(self) -> None:
        """Another process may watch."""
        await self._watched.write("hold", {"mine": self._until, "until": datetime.now(UTC)})

    async def memory(self, permit: Warrant) -> Memory:
        """Where the last watching ended."""
        return await self._watched.memory(permit)

    async def move(self, seen: Memory, now: Memory, at: datetime) -> bool:
        """Keep how far it went; False if somebody else has moved it since `seen`."""
        return await self._watched.write("move", _moved(seen, now, at))

    def moving(self, seen: Memory, now: Memory, at: datetime) -> tuple[str, Any, int]:
        """The same as a change that goes with entries of the log."""
        statement = self._watched.statement("move")
        return statement.sql, statement.arguments(_moved(seen, now, at)), 1


class Watched:
    """The one row that says how far the log is watched; every method raises DatabaseUnavailable if it is gone."""

    def __init__(self, settings: Settings, database: Database) -> None:
        address = Address(settings.database_url.get_secret_value())
        self._database, self._writing = database, open_writing(address, settings.database_role)
        self._prepared = compiled_once(Watched, database.dialect)

    @asynccontextmanager
    async def claimed(self, length: timedelta) -> AsyncIterator[Claim | None]:
        """The right to watch while the block lasts; None while another process has it."""
        claim = Claim(self, length)
        if not await claim.take():
            yield None
            return
        try:
            yield claim
        finally:
            with suppress(DatabaseUnavailable):  # it runs out by itself
                await claim.give_back()

    async def memory(self, permit: Warrant) -> Memory:
        """Where the last watching ended."""
        ((position, text),) = await self._database.fetch(self.statement("read"), {}, permit)
        return Memory.of(position, text)

    async def write(self, name: str, values: dict[str, Any]) -> bool:
        """Run one of the statements below; whether it changed the row."""
        statement = self.statement(name)
        return await self._writing.run(statement, statement.arguments(values)) > 0

    def statement(self, name: str) -> Prepared:
        """One of the statements below."""
        if name not in self._prepared:
            self._prepared[name] = self._database.prepare(_STATEMENTS[name])
        return self._prepared[name]

    async def close(self) -> None:
        """Give the writing connection back."""
        await self._writing.close()


def _moved(seen: Memory, now: Memory, at: datetime) -> dict[str, Any]:
    return {
        "seen": seen.position,
        "remembered": seen.text(),
        "position": now.position,
        "memory": now.text(),
        "at": at,
    }


_STATEMENTS: dict[str, Any] = {
    "claim": update(_W).where(or_(_W.claimed_until.is_(None), _W.claimed_until <= _NOW)).values(claimed_until=_UNTIL),
    "hold": update(_W).where(_W.claimed_until == bindparam("mine", type_=Instant())).values(claimed_until=_UNTIL),
    "read": select(_W.position, _W.memory),
    "move": update(_W)
    .where(
        _W.position == bindparam("seen", type_=_W.position.type),
        _W.memory == bindparam("remembered", type_=_W.memory.type),
    )
    .values(
        position=bindparam("position", type_=_W.position.type),
        memory=bindparam("memory", type_=_W.memory.type),
        recorded_at=bindparam("at", type_=Instant()),
    ),
}


async def named(records: Records, permit: Warrant, surname: str) -> list[Named]:
    """The people on file with a surname, whatever its capitals; none of one that very many have."""
    person = T.Person

    def build() -> Select[Any]:
        spelt = (bindparam(name, type_=String()) for name in ("spelt", "ascii"))
        statement = select(person.id, person.given_names, person.family_name)
        return statement.where(func.lower(person.family_name).in_(spelt)).limit(
            literal_column(str(BEARERS + 1), Integer())
        )

    # SQLite's lower() leaves what is not ASCII as it is
    values = {"spelt": surname.lower(), "ascii": "".join(each.lower() if each.isascii() else each for each in surname)}
    found = await records.database.fetch(records.prepared("watch-named", build), values, permit)
    return [] if len(found) > BEARERS else [Named(*row) for row in found]


async def periods(records: Records, permit: Warrant, staff: str, service: str | None, person: str) -> list[Period]:
    """When a person was allocated to a member of staff, or referred to their service; drafts were never sent."""
    allocation, referral = T.Allocation, T.Referral
    values = {"staff": staff, "service": service, "person": person}
    whose = bindparam("person", type_=String())

    def allocations() -> Select[Any]:
        return select(allocation.valid_from, allocation.valid_until).where(
            allocation.staff_id == bindparam("staff", type_=String()), allocation.person_id == whose
        )

    def referrals() -> Select[Any]:
        return select(referral.received_on, referral.closed_on, referral.withdrawn_at).where(
            referral.service_id == bindparam("service", type_=String()),
            referral.person_id == whose,
            referral.status != word("draft"),
            referral.received_on.is_not(None),
        )

    allocated = await records.database.fetch(records.prepared("watch-allocated", allocations), values, permit)
    referred = await records.database.fetch(records.prepared("watch-referred", referrals), values, permit)
    return [Period(*row) for row in allocated] + [
        Period(start_of(received), withdrawn or (None if closed is None else start_of(closed + _ONE)))
        for received, closed, withdrawn in referred
    ]


async def is_known(records: Records, permit: Warrant, rule: str, key: str, once: str | None) -> bool:
    """Whether there is an alert of this rule and key, or of what there is one of."""
    alert, person = T.AccessAlert, T.AccessAlertPerson

    def build() -> Any:
        same = select(alert.id).where(
            alert.rule == bindparam("rule", type_=String()), alert.key == bindparam("key", type_=String())
        )
        return union_all(same, select(person.alert_id).where(person.once == bindparam("once", type_=String())))

    statement = records.prepared("watch-known", build)
    return bool(await records.database.fetch(statement, {"rule": rule, "key": key, "once": once}, permit))
