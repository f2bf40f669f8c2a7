"""What identity writes, on a connection of its own: assertions that were used; tokens, clients and staff that stop."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, or_, select, update

from app.db import Address, Database, Prepared, open_writing, prepare
from app.tables import Client, RevokedToken, Staff, UsedAssertion


class Store:
    """Single statements that write; each is durable when it returns."""

    def __init__(self, address: Address, role: str | None = None) -> None:
        self._writing = open_writing(address, role)
        self._statements = _compiled(address.dialect)

    async def use_assertion(self, client_id: str, assertion: str, expires_at: datetime) -> bool:
        """Note that a client's assertion is used; False if it was used before."""
        values = {"client_id": client_id, "assertion": assertion, "expires_at": expires_at}
        return await self._write("use_assertion", values)

    async def revoke_token(self, token: str, expires_at: datetime, at: datetime) -> bool:
        """Stop an access token by its id (`jti`) until it has expired; False if it was stopped before."""
        return await self._write("revoke_token", {"token": token, "expires_at": expires_at, "revoked_at": at})

    async def set_secret(self, client_id: str, secret_hash: str, at: datetime) -> bool:
        """Give a client a new secret, by its hash; False if nobody has that id."""
        return await self._write("set_secret", {"client": client_id, "hash": secret_hash, "at": at})

    async def suspend_client(self, client_id: str, at: datetime) -> bool:
        """Stop a client, its tokens included, at the service's time; False if no running client has that id."""
        return await self._write("suspend_client", {"client": client_id, "at": at})

    async def revoke_staff(self, username: str, at: datetime) -> bool:
        """Stop a member of staff, whatever tokens they hold, at the service's time; False if nobody has that name."""
        return await self._write("revoke_staff", {"name": username.lower(), "at": at})

    async def forget_expired(self, now: datetime) -> None:
        """Delete used assertions and revoked tokens that have expired by real time: they are refused for that alone."""
        await self._write("forget_assertions", {"now": now})
        await self._write("forget_tokens", {"now": now})

    async def close(self) -> None:
        """Give the connection back."""
        await self._writing.close()

    async def _write(self, name: str, values: Mapping[str, Any]) -> bool:
        statement = self._statements[name]
        return await self._writing.run(statement, statement.arguments(values)) > 0


async def has_expired(database: Database, now: datetime) -> bool:
    """Whether there is something to forget: most starts find nothing, and need no connection that writes."""
    ((found,),) = await database.fetch(_expired(database.dialect), {"now": now})
    return bool(found)


_CLIENT: Any = Client
_STAFF: Any = Staff
_ASSERTION: Any = UsedAssertion
_TOKEN: Any = RevokedToken
_HAS_EXPIRED: tuple[Any, ...] = (_ASSERTION.expires_at < bindparam("now"), _TOKEN.expires_at < bindparam("now"))
_STATEMENTS: dict[str, Any] = {
    "use_assertion": insert(UsedAssertion),
    "revoke_token": insert(RevokedToken),
    "set_secret": update(Client)
    .where(_CLIENT.id == bindparam("client"))
    .values(secret_hash=bindparam("hash"), recorded_at=bindparam("at")),
    "suspend_client": update(Client)
    .where(_CLIENT.id == bindparam("client"), _CLIENT.suspended_at.is_(None))
    .values(suspended_at=bindparam("at"), recorded_at=bindparam("at")),
    "revoke_staff": update(Staff)
    .where(_STAFF.username == bindparam("name"), _STAFF.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), recorded_at=bindparam("at")),
    "forget_assertions": delete(UsedAssertion).where(_HAS_EXPIRED[0]),
    "forget_tokens": delete(RevokedToken).where(_HAS_EXPIRED[1]),
}


@cache
def _compiled(dialect: str) -> Mapping[str, Prepared]:
    return {name: prepare(statement, dialect) for name, statement in _STATEMENTS.items()}


@cache
def _expired(dialect: str) -> Prepared:
    return prepare(select(or_(*(exists().where(each) for each in _HAS_EXPIRED))), dialect)
