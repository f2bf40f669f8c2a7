"""Opens what the gate needs, in the order in which one part depends on the other, and closes it again."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.audit.shelf import keep_archive
from app.audit.start import check_log
from app.audit.writer import open_log
from app.config import Settings
from app.db import Address, Database, DatabaseUnavailable, open_database
from app.gate.door import Gate
from app.policies import AgreementFolder, AgreementVersions, shipped_versions
from app.records.reading import Records


def agreements_of(settings: Settings) -> AgreementVersions:
    """The versions in the folder that the settings name, as it fills; or those that come with the package."""
    folder = settings.agreements_dir
    return shipped_versions() if folder is None else AgreementFolder(folder, settings.clock)


@asynccontextmanager
async def open_gate(settings: Settings) -> AsyncIterator[tuple[Gate, Database]]:
    """The gate and the database under it; DatabaseUnavailable or LogUnavailable if one cannot be had.

    LogContradicted if the log is not what was signed before, as far as anybody outside of the database can say.
    """
    async with open_gate_as_found(settings) as (gate, database):
        await check_log(settings, database)
        yield gate, database


@asynccontextmanager
async def open_gate_as_found(settings: Settings) -> AsyncIterator[tuple[Gate, Database]]:
    """The same whatever anybody outside holds of the log: for the commands that see to it."""
    address = Address(settings.database_url.get_secret_value())
    agreements = agreements_of(settings)
    told = frozenset(each.client for each in settings.webhooks if each.client)
    told |= {each.client for each in settings.brokers}
    try:
        database = open_database(address, settings.database_role)
    except sqlite3.OperationalError as fault:
        raise DatabaseUnavailable("the database file cannot be opened; does its folder exist?") from fault
    keep_archive(database, settings.log_archive)
    try:
        log = await open_log(address, settings.database_role, settings.clock, beside=database)
        try:
            yield Gate(Records(database), log, agreements, told), database
        finally:
            await log.close()
    finally:
        await database.close()
