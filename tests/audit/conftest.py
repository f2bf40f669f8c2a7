"""An open log on each database, and one that is filled."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.audit import witnesses
from app.audit.ddl import SERVICE_ROLE
from app.audit.indexing import Indexing
from app.audit.writer import AuditLog, open_log
from app.db import Address, Database, open_database
from tests.audit.checkpointed import Network
from tests.audit.logs import Owner, append_all, now
from tests.once import made_once
from tests.postgres import Server, wait_for


@pytest.fixture
def address(database_url: str) -> Address:
    return Address(database_url)


@pytest.fixture
async def log(address: Address) -> AsyncIterator[AuditLog]:
    opened = await open_log(address, SERVICE_ROLE, now)
    yield opened
    await opened.close()


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    opened = open_database(address, SERVICE_ROLE)
    yield opened
    await opened.close()


@pytest.fixture
async def indexing(address: Address, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Indexing]:
    monkeypatch.setattr("app.audit.indexing.PAUSE_SECONDS", 0)
    opened = Indexing(database, address, SERVICE_ROLE)
    yield opened
    await opened.close()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Which witnesses answer; without sleeping where one does not."""

    async def at_once(_: float) -> None: ...

    known = Network()
    monkeypatch.setattr(witnesses, "_client", known.client)
    monkeypatch.setattr(witnesses.WitnessClient.__init__, "__defaults__", (at_once,))
    return known


@pytest.fixture
def owner(address: Address) -> Owner:
    return Owner(address)


def _fill(url: str) -> None:
    async def fill() -> None:
        opened = await open_log(Address(url), SERVICE_ROLE, now)
        await append_all(opened, 290)
        await append_all(opened, 10, person=False)
        await opened.close()

    wait_for(lambda: asyncio.run(fill()))


@pytest.fixture(scope="session")
def filled_template(sqlite_template: Path) -> Path:
    """A SQLite file with a filled log, to copy."""

    def make(path: Path) -> None:
        shutil.copy(sqlite_template, path)
        _fill(f"sqlite:///{path}")

    return made_once("filled.db", make)


@pytest.fixture(scope="session")
def filled_in_postgres(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    """The name of a PostgreSQL database with a filled log, to copy; nobody connects to it any more."""
    with postgres_server.copied(postgres_template) as name:
        _fill(postgres_server.url(name))
        yield name


@pytest.fixture
def filled_sqlite_url(filled_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "filled.db"
    shutil.copy(filled_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def filled_postgres_url(postgres_server: Server, filled_in_postgres: str) -> Iterator[str]:
    with postgres_server.copied(filled_in_postgres) as name:
        yield postgres_server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database on each, with a log that is filled already where the test asks for one."""
    urls = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    filled = "filled_" if "filled" in request.fixturenames else ""
    url: str = request.getfixturevalue(filled + urls[request.param])
    return url


@pytest.fixture
def filled(address: Address) -> Address:
    """A log of 300 entries (a full tile, some without a person), closed."""
    return address
