"""What identity writes is written once, is durable, and says whether it changed anything."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import Address, Database, DatabaseUnavailable
from app.identity import Store
from app.identity.store import has_expired
from app.tables import Client, RevokedToken, Staff, UsedAssertion
from tests.identity.making import NOW
from tests.postgres import LocalServer


@pytest.fixture
async def store(register: str) -> AsyncIterator[Store]:
    opened = Store(Address(register))
    yield opened
    await opened.close()


async def rows(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    return await database.fetch(database.prepare(select(*columns)), {})


async def test_a_token_is_revoked_once(store: Store, database: Database) -> None:
    assert await store.revoke_token("some-jti", NOW + timedelta(minutes=15), NOW)
    assert not await store.revoke_token("some-jti", NOW + timedelta(minutes=15), NOW)
    found = await rows(database, RevokedToken.token, RevokedToken.expires_at, RevokedToken.revoked_at)
    assert found == [("some-jti", NOW + timedelta(minutes=15), NOW)]


async def test_a_client_is_suspended_once_and_its_past_is_kept(store: Store, database: Database) -> None:
    assert await store.suspend_client("portal", NOW)
    assert not await store.suspend_client("portal", NOW + timedelta(days=1))
    assert not await store.suspend_client("stranger", NOW)
    found = dict(await rows(database, Client.id, Client.suspended_at))
    assert found["portal"] == NOW
    assert found["case-system"] is None
    recorded = dict(await rows(database, Client.id, Client.recorded_at))
    assert recorded["portal"] == NOW, "the row of before goes to the history with this moment"


async def test_staff_are_revoked_once_by_their_name_in_any_case(store: Store, database: Database) -> None:
    assert await store.revoke_staff("OLIVE.manager", NOW)
    assert not await store.revoke_staff("olive.manager", NOW)
    assert not await store.revoke_staff("nobody", NOW)
    assert dict(await rows(database, Staff.username, Staff.revoked_at))["olive.manager"] == NOW


async def test_what_has_expired_is_forgotten_and_nothing_else(store: Store, database: Database) -> None:
    for name, expires_at in (("old", NOW - timedelta(seconds=1)), ("new", NOW + timedelta(seconds=1))):
        await store.use_assertion("portal", name, expires_at)
        await store.revoke_token(name, expires_at, NOW)
    assert await has_expired(database, NOW)
    await store.forget_expired(NOW)
    assert not await has_expired(database, NOW)
    assert await rows(database, UsedAssertion.assertion) == [("new",)]
    assert await rows(database, RevokedToken.token) == [("new",)]


async def test_a_database_that_is_not_there_is_said_to_be_unavailable() -> None:
    for url in ("sqlite:////nowhere/open-mind.db", "postgresql://nobody@127.0.0.1:1/nothing"):
        store = Store(Address(url))
        with pytest.raises(DatabaseUnavailable):
            await store.use_assertion("portal", "once", NOW)
        await store.close()


async def test_it_recovers_with_the_database(spare_postgres: LocalServer) -> None:
    spare_postgres.start()
    spare_postgres.execute(
        "CREATE TABLE used_assertion (client_id text, assertion text, expires_at timestamptz,"
        " PRIMARY KEY (client_id, assertion))"
    )
    store = Store(Address(spare_postgres.admin_url))
    assert await store.use_assertion("portal", "once", NOW)
    spare_postgres.stop()
    with pytest.raises(DatabaseUnavailable):
        await store.use_assertion("portal", "twice", NOW)
    spare_postgres.start()
    assert await store.use_assertion("portal", "twice", NOW)
    assert not await store.use_assertion("portal", "once", NOW)
    await store.close()
