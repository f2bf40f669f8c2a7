"""`openmind audit months`: what an operator does about PostgreSQL's months of the log."""

from pathlib import Path

import pytest

from app.db import Address
from tests.audit.conftest import address, owner
from tests.audit.logs import Owner, month_after, now
from tests.cli.test_checkpoint_commands import Operator
from tests.postgres import wait_for
from tests.routers.cast import key_file
from tests.world import serving

__all__ = ["address", "key_file", "owner"]


def test_months_are_made_by_the_operator(address: Address, owner: Owner, tmp_path: Path) -> None:
    """As many as are asked for; on SQLite it is said that there are none."""
    operator = Operator(address, tmp_path)
    made = wait_for(lambda: operator.audit("months", "--ahead", "5"))
    if address.dialect == "sqlite":
        assert (made.exit_code, made.output) == (1, "on SQLite the log is one table: there are no months to make\n")
        return
    last = month_after(5)
    assert (made.exit_code, made.output) == (0, f"the last month of the log is {last[-7:].replace('_', '-')}\n")
    assert owner.rows(f"SELECT count(*) FROM {last}") == [(0,)]
    owner.run("DROP FUNCTION log_make_months(text)")
    refused = wait_for(lambda: operator.audit("months"))
    assert refused.exit_code == 2
    assert "cannot be made (UndefinedFunctionError); has the database been migrated" in refused.output


async def test_the_service_says_when_months_run_out(
    address: Address, owner: Owner, key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It answers all the same; what it can make itself is no warning."""
    async with serving(address.url, key_file, clock_start=now()) as service:
        ready = await service.http.get("/ready")
        assert (ready.status_code, ready.json()["warnings"]) == (200, [])
    if address.dialect == "sqlite":
        return
    owner.run(f"DROP TABLE {month_after(2)}, {month_after(3)}", "ALTER FUNCTION log_make_months(text) RENAME TO gone")
    owner.run(
        "CREATE FUNCTION log_make_months(wanted text) RETURNS integer LANGUAGE sql AS 'SELECT 0'"  # makes none
    )
    async with serving(address.url, key_file, clock_start=now()) as service:
        ready = await service.http.get("/ready")
        assert (ready.status_code, ready.json()["warnings"]) == (200, ["log-months"])
    assert "months of the log: 1 after this one are known to be there" in caplog.text
