"""`openmind audit months`: the partitions in which PostgreSQL keeps the log, made ahead of time."""

from typing import Annotated

import typer

from app.audit.ahead import MonthsAhead, MonthsRefused
from app.audit.months import AHEAD
from app.cli.checkpoints import run, say
from app.cli.environment import say_error, settings
from app.config import Settings
from app.db import Address, open_database


def months(
    ahead: Annotated[int, typer.Option(help="so many months after this one", min=1, max=48)] = AHEAD,
) -> None:
    """Make the months of the log that are missing ahead of time, and say which is the last.

    The service does the same when it starts and every day. Exit code: 0 they are there, 1 this log has no months (on
    SQLite it is one table), 2 they could not be made.
    """
    known = settings()
    address = Address(known.database_url.get_secret_value())
    if address.dialect == "sqlite":
        say_error("on SQLite the log is one table: there are no months to make")
        raise typer.Exit(1)
    say(f"the last month of the log is {run(_made(known, address, ahead))}")


async def _made(known: Settings, address: Address, ahead: int) -> str:
    database = open_database(address, known.database_role)
    months = MonthsAhead(database, address, known.database_role, known.clock)
    try:
        return await months.make(ahead)
    except MonthsRefused as fault:
        say_error(f"{fault}; has the database been migrated (openmind migrate)?")
        raise typer.Exit(2) from None
    finally:
        await months.close()
        await database.close()
