"""Tokens of every kind, good and bad: `forged` signs whatever it is given, so that nothing but the fault refuses."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk
from sqlalchemy import create_engine, insert
from sqlalchemy.ext.asyncio import create_async_engine

from app.config import Settings
from app.db import Address
from app.identity import Keys
from tests.postgres import wait_for

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://open-mind.example"
AUDIENCE = "openmind"
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
SECRET = "correct horse battery staple"

STAFF_CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "olive.manager",
    "client_id": "case-system",
    "jti": "0195c0de-0000-7000-8000-000000000001",
    "iat": SECONDS,
    "exp": SECONDS + 900,
    "kind": "staff",
    "party": "justice",
    "role": "offender-manager",
}
SYSTEM_CLAIMS = STAFF_CLAIMS | {
    "sub": "case-system",
    "kind": "system",
    "role": "case-management-system",
}


def encoded(data: bytes) -> str:
    """Canonical base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def text_of(members: Mapping[str, Any] | str) -> str:
    """JSON, or what is given in its place."""
    return members if isinstance(members, str) else json.dumps(members)


@dataclass(frozen=True)
class Signer:
    """A private key that signs anything."""

    key: Any
    algorithm: str
    key_id: str

    @classmethod
    def of(cls, keys: Keys) -> "Signer":
        """The service's own key."""
        return cls(keys.signing, keys.algorithm, keys.key_id)

    @classmethod
    def from_pem(cls, pem: bytes, algorithm: str, key_id: str) -> "Signer":
        """A client's or another issuer's key."""
        return cls(jwk.construct(pem.decode(), algorithm), algorithm, key_id)

    def header(self, **changes: Any) -> dict[str, Any]:
        """An access token's header; a change to None leaves the member out."""
        header = {"alg": self.algorithm, "typ": "at+jwt", "kid": self.key_id} | changes
        return {name: value for name, value in header.items() if value is not None}

    def forged(self, claims: Mapping[str, Any] | str, header: Mapping[str, Any] | str | None = None) -> str:
        """A token with a good signature over whatever it holds."""
        signed = f"{encoded(text_of(header or self.header()).encode())}.{encoded(text_of(claims).encode())}"
        return f"{signed}.{encoded(self.key.sign(signed.encode()))}"

    def public_jwk(self, **members: Any) -> dict[str, Any]:
        """Its public half, as a client registers it or an issuer publishes it."""
        return {**self.key.public_key().to_dict(), "kid": self.key_id, "use": "sig"} | members

    def jwks(self, **members: Any) -> str:
        """A set of this key alone."""
        return json.dumps({"keys": [self.public_jwk(**members)]})


def without(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The claims but one."""
    return {each: value for each, value in claims.items() if each != name}


def bearer(token: str) -> str:
    """The Authorization header."""
    return f"Bearer {token}"


def pem_of(key: Any) -> bytes:
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def settings_for(key_file: Path, url: str = "sqlite:///:memory:", **changes: Any) -> Settings:
    log = {"log_origin": "open-mind.test/log", "log_key_files": ["unused.key"]}
    return Settings(database_url=url, issuer=ISSUER, audience=AUDIENCE, signing_key_file=key_file, **log, **changes)


def client(name: str, party: str = "justice", **columns: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "party": party,
        "role": None,
        "service_id": None,
        "acts_for_staff": False,
        "secret_hash": None,
        "jwks": None,
        "registered_at": LONG_AGO,
        "suspended_at": None,
        "recorded_at": LONG_AGO,
    } | columns


def staff(username: str, party: str = "justice", role: str = "offender-manager", **columns: Any) -> dict[str, Any]:
    return {
        "id": f"staff-{username}",
        "username": username,
        "name": "Somebody Personal",
        "party": party,
        "role": role,
        "employed_from": date(2019, 1, 1),
        "employed_until": None,
        "revoked_at": None,
        "recorded_at": LONG_AGO,
    } | columns


def fill(url: str, *tables: tuple[Any, list[dict[str, Any]]]) -> None:
    """Rows as the import would leave them."""
    address = Address(url)
    if address.dialect == "sqlite":
        engine = create_engine(address.engine_url)
        with engine.begin() as connection:
            for table, rows in tables:
                connection.execute(insert(table), rows)
        engine.dispose()
        return
    wait_for(lambda: asyncio.run(_fill(address, tables)))


async def _fill(address: Address, tables: Any) -> None:
    engine = create_async_engine(address.engine_url)
    async with engine.begin() as connection:
        for table, rows in tables:
            await connection.execute(insert(table), rows)
    await engine.dispose()
