"""A log of three months on PostgreSQL, and an operator who archives."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from typer.testing import Result

from app.audit.ddl import SERVICE_ROLE
from app.audit.indexing import Indexing
from app.audit.months import later
from app.audit.shelf import keep_archive
from app.audit.writer import open_log
from app.db import Address, Database, open_database
from tests.audit.asking import fill
from tests.audit.logs import MONTH
from tests.cli.test_checkpoint_commands import Operator
from tests.postgres import wait_for

PRESENT = MONTH[-7:].replace("_", "-")
ENDED = datetime.fromisoformat(f"{later(PRESENT, 1)}-01T00:00:00Z")
"""When the month ends in which these tests began."""
ENTRIES = 600
FIRST, SECOND = range(300), range(300, 500)
"""The numbers of the first month and the second, which share a tile."""


def operator_in(address: Address, folder: Path) -> Operator:
    """Somebody at a terminal, 80 days after the present month, with a log of three months and a checkpoint of it."""
    operator = Operator(address, folder)
    moment = (ENDED + timedelta(days=80)).isoformat()
    operator.variables |= {"OPENMIND_ENVIRONMENT": "demo", "OPENMIND_CLOCK_START": moment}
    wait_for(lambda: asyncio.run(_fill(address)))
    made = wait_for(lambda: operator.audit("checkpoint"))
    assert made.exit_code == 0, made.output
    return operator


def archived_by(operator: Operator, folder: Path, months: int = 1) -> Result:
    """What it says of archiving so many of the months."""
    ran: Result = wait_for(lambda: operator.audit("archive", "--until", later(PRESENT, months), "--to", folder))
    return ran


def opened(address: Address, folder: Path | None) -> Database:
    """The database as the service reads it, with an archive."""
    database = open_database(address, SERVICE_ROLE)
    keep_archive(database, folder)
    return database


async def _fill(address: Address) -> None:
    """A hundred entries at each of six moments, and their words."""
    days = [-10, -9, -1, 1, 2, 35]
    rest = [ENDED + timedelta(days=each) for each in days]
    log = await open_log(address, SERVICE_ROLE, lambda: rest.pop(0) if len(rest) > 1 else rest[0])
    await fill(log, ENTRIES)
    await log.close()
    database = open_database(address, SERVICE_ROLE)
    async with Indexing(database, address, SERVICE_ROLE).running() as indexing:
        await indexing.catch_up()
    await database.close()
