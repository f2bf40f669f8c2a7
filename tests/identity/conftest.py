"""Keys made once, and a register of clients and staff of every standing on both databases."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.db import Address, Database, SqliteDatabase, open_database
from app.identity import Authenticator, Keys, TokenService, load_keys, write_private_key
from app.identity.secrets import argon2
from app.tables import Client, Staff, TherapyService
from tests.identity.making import NOW, SECRET, Signer, client, fill, pem_of, settings_for, staff

FAR_AHEAD = NOW + timedelta(days=36_500)


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "signing.pem"
    write_private_key(path)
    return path


@pytest.fixture(scope="session")
def rsa_pem() -> bytes:
    return pem_of(rsa.generate_private_key(65537, 3072))


@pytest.fixture(scope="session")
def keys(key_file: Path) -> Keys:
    return load_keys(settings_for(key_file))


@pytest.fixture(scope="session")
def signer(keys: Keys) -> Signer:
    return Signer.of(keys)


@pytest.fixture(scope="session")
def client_signer() -> Signer:
    return Signer.from_pem(pem_of(ec.generate_private_key(ec.SECP384R1())), "ES384", "client-1")


@pytest.fixture(scope="session")
def rsa_signer(rsa_pem: bytes) -> Signer:
    return Signer.from_pem(rsa_pem, "RS384", "client-rsa")


@pytest.fixture(scope="session")
def authenticator(key_file: Path, keys: Keys) -> Authenticator:
    """One that knows this service's tokens alone; its register is never asked."""
    return Authenticator(settings_for(key_file), keys, SqliteDatabase(":memory:"))


@pytest.fixture(scope="session")
def secret_hash() -> str:
    """As light as argon2 gets: the stored hash says how much work it is."""
    hashed: str = argon2.using(type="ID", rounds=1, memory_cost=64, parallelism=1).hash(SECRET)
    return hashed


Filling = Callable[[str], str]


@pytest.fixture(scope="session")
def filled(secret_hash: str, client_signer: Signer, rsa_signer: Signer) -> Filling:
    """Puts clients and staff of every standing into a database."""
    return partial(
        with_register, secret_hash, json.dumps({"keys": [each.public_jwk() for each in (client_signer, rsa_signer)]})
    )


def with_register(secret_hash: str, jwks: str, url: str) -> str:
    clients = [
        client("case-system", role="case-management-system", acts_for_staff=True, secret_hash=secret_hash, jwks=jwks),
        client("portal", acts_for_staff=True, secret_hash=secret_hash),
        client("machine", role="case-management-system", secret_hash=secret_hash),
        client("by-key", role="case-management-system", jwks=jwks),
        client("broken", role="case-management-system", secret_hash="$argon2id$nonsense", jwks="{]"),
        client("suspended", role="case-management-system", secret_hash=secret_hash, jwks=jwks, suspended_at=NOW),
        client("not-yet", role="case-management-system", secret_hash=secret_hash, registered_at=FAR_AHEAD),
        client("clinic", "health", role="clinical-system", secret_hash=secret_hash, service_id="leicester"),
    ]
    people = [
        staff("olive.manager"),
        staff("left.leaver", employed_until=date(2020, 1, 1)),
        staff("not.started", employed_from=date(2126, 1, 1)),
        staff("re.voked", revoked_at=NOW),
        staff("thea.therapist", "health", "therapist"),
        staff("odd.role", "justice", "therapist"),
        staff("robot", "justice", "case-management-system"),
    ]
    fill(
        url,
        (TherapyService, [{"id": "leicester", "name": "Open Mind", "provider": "RT5"}]),
        (Client, clients),
        (Staff, people),
    )
    return url


@pytest.fixture
def register(database_url: str, filled: Filling) -> str:
    """The database's address, on SQLite and on PostgreSQL."""
    return filled(database_url)


@pytest.fixture
async def database(register: str) -> AsyncIterator[Database]:
    opened = open_database(Address(register))
    yield opened
    await opened.close()


@pytest.fixture
async def tokens(register: str, database: Database, key_file: Path, keys: Keys) -> AsyncIterator[TokenService]:
    service = TokenService(settings_for(key_file, register), keys, database, Address(register), lambda: NOW)
    yield service
    await service.close()


@pytest.fixture
def local_register(sqlite_url: str, filled: Filling) -> str:
    """On SQLite alone, for what no database decides."""
    return filled(sqlite_url)


@pytest.fixture
async def local_database(local_register: str) -> AsyncIterator[Database]:
    opened = open_database(Address(local_register))
    yield opened
    await opened.close()


@pytest.fixture
async def local_tokens(
    local_register: str, local_database: Database, key_file: Path, keys: Keys
) -> AsyncIterator[TokenService]:
    settings = settings_for(key_file, local_register)
    service = TokenService(settings, keys, local_database, Address(local_register), lambda: NOW)
    yield service
    await service.close()
