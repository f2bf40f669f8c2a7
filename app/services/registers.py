"""The registers of staff, training, systems and services: what nobody could be permitted to write the first of.

The operator writes them, with an entry that names no caller; nothing about a person is written or read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from typing import Any

from app.gate import Gate
from app.records.writing import person_id, record_id
from app.vocabulary import Party, Role

__all__ = ["REGISTERS", "Compared", "Member", "RegisterService", "System", "person_id", "record_id"]

REGISTERS = frozenset({"therapy_service", "staff", "training", "authorisation", "client"})
SECRET = ("secret_hash", "jwks")
STOPS = ("suspended_at", "revoked_at")
"""What stopped somebody here is not lifted by what comes from elsewhere and does not know of it."""


class Compared(Enum):
    """How a row stands to the one that is there."""

    NEW = auto()
    CHANGED = auto()
    UNCHANGED = auto()
    SUPERSEDED = auto()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff, as far as it takes to say who recorded something."""

    id: str
    username: str
    party: Party
    role: Role
    service: str | None
    employed_from: date
    employed_until: date | None


@dataclass(frozen=True, slots=True)
class System:
    """A registered client."""

    id: str
    party: Party
    role: Role | None
    service: str | None
    acts_for_staff: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """A reporting period that a provider has sent, and when the newest extract of it was made."""

    starts_on: date
    ends_on: date
    created_at: datetime


class RegisterService:
    """What stands in the registers, and how rows to be written compare with it."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._stored: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    async def members(self) -> dict[str, Member]:
        """Staff by username."""
        return {
            row["username"]: Member(
                row["id"],
                row["username"],
                Party(row["party"]),
                Role(row["role"]),
                row["service_id"],
                row["employed_from"],
                row["employed_until"],
            )
            for row in await self._gate.writer.register("staff")
        }

    async def systems(self) -> dict[str, System]:
        """Clients by id, without anything that they authenticate with."""
        return {
            row["id"]: System(
                row["id"],
                Party(row["party"]),
                Role(row["role"]) if row["role"] else None,
                row["service_id"],
                bool(row["acts_for_staff"]),
            )
            for row in await self._gate.writer.register("client")
        }

    async def services(self) -> frozenset[str]:
        """The ids of the registered services."""
        return frozenset(row["id"] for row in await self._gate.writer.register("therapy_service"))

    async def providers(self) -> dict[str, str]:
        """The provider's code by the id of its service."""
        return {row["id"]: row["provider"] for row in await self._gate.writer.register("therapy_service")}

    async def services_of(self, provider: str) -> list[str]:
        """The ids of a provider's services."""
        return sorted(service for service, of in (await self.providers()).items() if of == provider)

    async def provider_of(self, service: str) -> str:
        """The ODS code of the provider that runs a service."""
        return (await self.providers())[service]

    async def submissions(self, provider: str) -> list[Sent]:
        """Which reporting periods a provider has sent."""
        rows = await self._gate.writer.register("national_submission")
        return [
            Sent(row["starts_on"], row["ends_on"], row["created_at"]) for row in rows if row["provider"] == provider
        ]

    async def compare(self, table: str, rows: Mapping[str, tuple[Mapping[str, Any], datetime]]) -> dict[str, Compared]:
        """Each row (by id, with the time of its last change) against the one in the register."""
        stored = self._stored[table] = {row["id"]: row for row in await self._gate.writer.register(table)}
        return {
            identity: _compare(stored.get(identity), row, modified_at) for identity, (row, modified_at) in rows.items()
        }

    def keeping(self, table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row that was compared, with what stays as it is: what a client authenticates with, and what was stopped."""
        stored = self._stored[table][row["id"]]
        return {name: stored[name] if _stays(name, value) else value for name, value in row.items()}


def _stays(name: str, value: Any) -> bool:
    return name in SECRET or (name in STOPS and value is None)


def _compare(stored: Mapping[str, Any] | None, row: Mapping[str, Any], modified_at: datetime) -> Compared:
    if stored is None:
        return Compared.NEW
    different = {name for name, value in row.items() if name not in SECRET and stored[name] != value}
    recorded_at = stored.get("recorded_at")
    if different and recorded_at is not None and recorded_at > modified_at:
        return Compared.SUPERSEDED
    return Compared.CHANGED if any(not _stays(name, row[name]) for name in different) else Compared.UNCHANGED
