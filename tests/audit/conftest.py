"""An open log on each database, and one that is filled."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.audit import witnesses
from app.audit.ddl import SERVICE_ROLE
from app.audit.indexing import Indexing
from app.audit.writer import AuditLog, open_log
from app.db import Address, Database, open_database
from tests.audit.checkpointed import Network
from tests.audit.logs import Owner, append_all, now
from tests.postgres import wait_for


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


@pytest.fixture
def filled(address: Address) -> Address:
    """A log of 300 entries (a full tile, some without a person), closed."""

    async def fill() -> None:
        opened = await open_log(address, SERVICE_ROLE, now)
        await append_all(opened, 290)
        await append_all(opened, 10, person=False)
        await opened.close()

    wait_for(lambda: asyncio.run(fill()))
    return address
