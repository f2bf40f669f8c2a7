"""Who may speak, by our own register: a client for itself or for staff of its own party, whatever a token claims."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from app.db import Database, Prepared, prepare
from app.identity.refusals import NoStanding
from app.tables import Client, Staff
from app.vocabulary import SYSTEM_ROLES, Caller, Party, Role, parties_of

LONDON = ZoneInfo("Europe/London")
_NAME = re.compile(r"[!-~]{1,60}")
"""What a username or client id can look like. ASCII alone: a Kelvin sign in lower case is somebody else's k."""


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client that is registered and not suspended."""

    id: str
    party: Party
    role: Role | None
    service: str | None
    acts_for_staff: bool
    secret_hash: str | None
    jwks: str | None


class Standing:
    """The register of clients and staff, read on each use; `clock` is the service's, as employment is judged by it."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._client, self._staff = _compiled(database.dialect)

    async def client(self, client_id: str) -> RegisteredClient | None:
        """The client, unless it is unknown or suspended."""
        if not _NAME.fullmatch(client_id):
            return None
        for *columns, registered_at, suspended_at in await self._database.fetch(self._client, {"id": client_id}):
            if suspended_at is None and registered_at <= self._clock():
                name, party, role, service, acts_for_staff, secret_hash, jwks = columns
                known = Role(role) if role else None
                return RegisteredClient(name, Party(party), known, service, bool(acts_for_staff), secret_hash, jwks)
        return None

    async def caller(self, client: RegisteredClient, username: str | None, token: str) -> Caller:
        """Who speaks through the client by a token; NoStanding unless it may, for itself or for this person."""
        if username is None:
            return _for_itself(client, token)
        if not client.acts_for_staff:
            raise NoStanding("unauthorized_client", "this client does not act for staff; leave out the username")
        role = await self._role_of(username.lower(), client.party) if _NAME.fullmatch(username) else None
        if role is None:
            raise NoStanding(
                "invalid_grant",
                "no current member of staff of this client's organisation has that username; "
                "check it, or ask their manager to register them",
            )
        return Caller(client.party, role, client.id, token, username.lower())

    async def _role_of(self, username: str, party: Party) -> Role | None:
        today = self._clock().astimezone(LONDON).date()
        for _, of_party, role, start, end, revoked_at in await self._database.fetch(
            self._staff, {"username": username}
        ):
            if of_party == party and revoked_at is None and _employed(start, end, today) and _held(role, party):
                return Role(role)
        return None


def _for_itself(client: RegisteredClient, token: str) -> Caller:
    if client.role not in SYSTEM_ROLES or client.party not in parties_of(client.role):
        raise NoStanding("unauthorized_client", "this client does not speak for itself; name a member of staff")
    return Caller(client.party, client.role, client.id, token, None, client.service)


def _employed(start: date, end: date | None, today: date) -> bool:
    return start <= today and (end is None or end >= today)


def _held(role: str, party: Party) -> bool:
    return Role(role) not in SYSTEM_ROLES and party in parties_of(Role(role))


@cache
def _compiled(dialect: str) -> tuple[Prepared, Prepared]:
    """A client by its id and a member of staff by username: once a process."""
    columns = (Client.id, Client.party, Client.role, Client.service_id, Client.acts_for_staff, Client.secret_hash)
    times = (Client.registered_at, Client.suspended_at)
    client = _columns(*columns, Client.jwks, *times).where(_is(Client.id, "id"))
    period = (Staff.employed_from, Staff.employed_until, Staff.revoked_at)
    staff = _columns(Staff.username, Staff.party, Staff.role, *period).where(_is(Staff.username, "username"))
    return prepare(client, dialect), prepare(staff, dialect)


def _columns(*columns: Any) -> Any:
    return select(*columns)


def _is(column: Any, name: str) -> Any:
    return column == bindparam(name)
