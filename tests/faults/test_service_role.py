"""The whole service on PostgreSQL as a login that is nobody but a member of the service's role."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text

from app.audit.ddl import LOG_TABLES, SERVICE_ROLE
from app.audit.ddl_checkpoints import CHECKPOINT_TABLES
from app.db import open_postgres
from app.identity.secrets import argon2
from app.vocabulary import Role
from tests import world
from tests.faults.people import CRNS, SEEN, fill
from tests.faults.running import calling, entries_of, verified
from tests.postgres import Server
from tests.world import Service

LOGIN = "openmind_faults_login"
SECRET = "correct horse battery staple"
REWRITES = [
    *(f"DELETE FROM {table}" for table in (*LOG_TABLES, *CHECKPOINT_TABLES)),
    *(f"TRUNCATE {table} CASCADE" for table in (*LOG_TABLES, *CHECKPOINT_TABLES)),
    "UPDATE log_checkpoint SET size = 0",
    "UPDATE log_cosignature SET size = 0",
    "UPDATE log_recovery SET old_size = 0",
    "UPDATE log_entry SET body = '{}'",
    "UPDATE log_subject SET body = '{}'",
    "UPDATE log_tile SET root = root",
    "UPDATE log_head SET size = size - 1",
    "INSERT INTO log_head SELECT 2, size, frontier, recorded_at, root FROM log_head",
    "ALTER TABLE log_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER log_entry_only_grows ON log_entry",
    "DROP TABLE log_subject",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
]


@pytest.fixture
async def login_url(postgres_url: str, postgres_server: Server) -> AsyncIterator[str]:
    """The database's address for a login without rights of its own, that may act as the service's role."""
    await fill(postgres_url)
    name = f"{LOGIN}_{urlsplit(postgres_url).path.strip('/')}"
    postgres_server.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD 'known' IN ROLE {SERVICE_ROLE}")
    address = urlsplit(postgres_url)
    yield address._replace(netloc=f"{name}:known@{address.hostname}:{address.port}").geturl()
    postgres_server.execute(f"DROP ROLE {name}")


async def token_for(service: Service, **form: str) -> str:
    """A token from the service itself, by a client's secret."""
    about = {"grant_type": "client_credentials", "client_id": "probation-system", "client_secret": SECRET} | form
    response = await service.http.post("/oauth2/token", data=about)
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


async def test_the_whole_service_as_its_role(postgres_url: str, login_url: str, key: Path) -> None:
    """Tokens, reads, lists and refusals work, each with its entry, and none of what would rewrite the log."""
    light = argon2.using(type="ID", rounds=1, memory_cost=64, parallelism=1).hash(SECRET)
    await world.execute(postgres_url, [(text("UPDATE client SET secret_hash = :hash"), {"hash": light})])
    async with calling(login_url, key, database_role=SERVICE_ROLE) as (service, _):
        headers = {"Authorization": f"Bearer {await token_for(service, username='olive')}"}
        wrong = {"grant_type": "client_credentials", "client_id": "probation-system", "client_secret": "wrong"}
        assert (await service.http.post("/oauth2/token", data=wrong)).status_code == 401
        assert (await service.http.get("/ready")).status_code == 200
        headers["Purpose-Of-Use"] = "supervision"
        for method, path, body, status, said in (
            ("GET", f"/v1/people/{CRNS[0]}/attendance", None, 200, SEEN),
            ("GET", f"/v1/people/{CRNS[0]}", None, 200, SEEN),
            ("GET", f"/v1/people/{CRNS[0]}/access", None, 200, "attendance"),
            ("GET", "/v1/people", None, 200, CRNS[-1]),
            ("POST", "/v1/people/searches", {"familyName": f"Family{CRNS[1]}"}, 200, CRNS[1]),
            ("GET", "/v1/referrals", None, 200, CRNS[0]),
            ("GET", f"/v1/people/{CRNS[0]}/clinical", None, 403, "withheld"),
            ("GET", "/v1/people/X999999/attendance", None, 404, "not-found"),
        ):
            before = len(entries_of(postgres_url))
            response = await service.http.request(method, path, headers=headers, json=body)
            assert (response.status_code, said in response.text) == (status, True), (path, response.text)
            assert len(entries_of(postgres_url)) > before, path
        theirs = await service.get(f"/v1/people/{CRNS[0]}/attendance", Role.OFFENDER_MANAGER, "nobody", "supervision")
        assert theirs.status_code == 401
        held = entries_of(postgres_url)
        await cannot_rewrite(login_url)
        assert entries_of(postgres_url) == held
        again = await service.http.get(f"/v1/people/{CRNS[0]}/attendance", headers=headers)
        assert again.status_code == 200
    report = verified(postgres_url)
    assert (report.exit_code, report.size) == (0, len(held) + 1), report.findings


async def cannot_rewrite(url: str) -> None:
    """Neither as the login itself nor as the role."""
    for role in (None, SERVICE_ROLE):
        connection = await open_postgres(url, role)
        for sql in REWRITES:
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
                await connection.execute(sql)
        await connection.close()
