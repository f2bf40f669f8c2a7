"""Does the log hold what it promised? Everything recomputed by code that shares nothing with the writer.

It reads one snapshot, in constant memory but for the numbers of erased entries, and never writes. What it cannot see
alone is a log rewritten as a whole: that takes a checkpoint which somebody else has kept, to be given with `against`.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from app.audit.verify_against import Against
from app.audit.verify_entries import Verification
from app.audit.verify_notes import Key
from app.audit.verify_postgres import PostgresReading, connect
from app.audit.verify_read import Finding, Reading, Report
from app.audit.verify_sqlite import SqliteReading
from app.db import Address

__all__ = ["Against", "Finding", "Report", "verify"]


def verify(
    address: Address,
    progress: Callable[[int, int], None] | None = None,
    against: Against | None = None,
    keys: Sequence[Key] = (),
    archive: Path | None = None,
) -> Report:
    """Verify the log at an address and in its archive, against checkpoints; telling `progress` (done, in all).

    `keys` are those of the log and of its witnesses, by which the signatures that it stores are checked.

    Call it in a thread without an event loop.
    """
    report = Report()
    try:
        with reading(address, archive) as source:
            for finding in source.structure():
                report.add(finding)
            Verification(source, report, progress or (lambda _done, _all: None), against, keys).run()
    except (TimeoutError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
        report.failure = f"the log cannot be read: {type(fault).__name__}"
    except LookupError as fault:
        report.failure = str(fault)
    return report


@contextmanager
def reading(address: Address, archive: Path | None = None) -> Iterator[Reading]:
    """A snapshot of the log at an address."""
    if address.dialect == "sqlite":
        path = Path(address.path).resolve()
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)
        try:
            connection.execute("BEGIN")
            yield SqliteReading(connection)
        finally:
            connection.close()
        return
    with asyncio.Runner() as runner:
        link = runner.run(connect(address.dsn))
        try:
            yield PostgresReading(link, runner, archive)
        finally:
            link.terminate()
