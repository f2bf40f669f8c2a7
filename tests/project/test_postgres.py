"""The tests' own PostgreSQL: durable like production, fresh for each test, and able to fail on demand."""

import asyncpg
import pytest

from tests.postgres import BIN, LocalServer, NoPostgres, Server, find_binaries


async def test_the_server_flushes_like_production(postgres_url: str) -> None:
    """The log refuses to start where fsync is off, so the tests' server keeps it on."""
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW full_page_writes") == "on"
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_from_a_fresh_database(postgres_server: Server, postgres_url: str, turn: str) -> None:
    """Nothing that a test leaves behind meets the next one."""
    database = postgres_url.rsplit("/", 1)[1]
    postgres_server.execute(f"CREATE TABLE left_behind_by (turn text); -- {turn}", database)


def test_a_killed_server_starts_again_with_what_was_committed(spare_postgres: LocalServer) -> None:
    """Fault tests need kill -9 and a restart that recovers."""
    spare_postgres.start()
    spare_postgres.execute("CREATE TABLE kept (id int)")
    spare_postgres.kill()
    assert not spare_postgres.running()
    spare_postgres.start()
    spare_postgres.execute("SELECT id FROM kept")


def test_without_a_server_the_tests_fail_and_say_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a test run must never pass for a whole one."""
    monkeypatch.delenv(BIN, raising=False)
    monkeypatch.setattr("tests.postgres._usable", lambda _binaries: False)
    with pytest.raises(NoPostgres, match="scripts/test"):
        find_binaries()


def test_a_named_directory_without_programs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong OPENMIND_TEST_POSTGRES_BIN is an error, not a reason to look elsewhere."""
    monkeypatch.setenv(BIN, "/nowhere")
    with pytest.raises(NoPostgres, match="/nowhere"):
        find_binaries()
