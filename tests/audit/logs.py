"""Entries to append, and the database's owner, who can get past the triggers and is stopped by the verifier alone."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import Any

import asyncpg

from app.audit.ddl_checkpoints import CHECKPOINT_TABLES
from app.audit.entry import Entry, PersonPart, Record
from app.audit.submission import Receipt, Submission
from app.audit.verify import Report, verify
from app.audit.writer import AuditLog
from app.db import Address
from app.vocabulary import Caller, Party, Role
from tests.postgres import wait_for

CALLER = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "case-management", "token-1", "o.manager")
_STARTED = datetime.now(UTC)
THEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def month_after(count: int) -> str:
    """PostgreSQL's partition of the log for so many months after the present one, as the migration makes them."""
    year, month = divmod(_STARTED.year * 12 + _STARTED.month - 1 + count, 12)
    return f"log_entry_{year:04}_{month + 1:02}"


MONTH = month_after(0)


def make_entry(number: int | str = 0, *, person: bool = True, **given: Any) -> Entry:
    """An entry as the gate makes it."""
    part = PersonPart(f"person-{number}", f"X{number:>06}", ("consent-1",)) if person else None
    values: dict[str, Any] = {
        "kind": "access",
        "occurred_at": THEN,
        "caller": CALLER,
        "action": "read",
        "resource": "/v1/people/{crn}/attendance",
        "outcome": "permitted",
        "request_id": f"request-{number}",
        "agreement": "a" * 64,
        "purpose": "supervision",
        "released": {"attendance": ("id", "outcome")},
        "withheld": {"scores": {"clauses": ("D4",), "missing": ("consent:scores",)}},
        "clauses": ("D1",),
        "facts": 33,
        "answer": b'{"attended":true}',
    }
    return Record(**values | given).sealed(part)


async def append_all(log: AuditLog, count: int, **given: Any) -> list[Receipt]:
    """So many entries at once."""
    done = await asyncio.gather(*(log.append(Submission((make_entry(n, **given),))) for n in range(count)))
    return [receipt for receipts in done for receipt in receipts]


def verified(address: Address) -> Report:
    """What the verifier says, run away from the test's event loop."""
    report: Report = wait_for(lambda: verify(address))
    return report


class Owner:
    """The database's owner with every trigger off: the attacker whom only the verifier stops."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def run(self, *statements: str) -> None:
        """Statements as the owner, triggers as they are."""
        if self.address.dialect == "sqlite":
            connection = sqlite3.connect(self.address.path, isolation_level=None)
            try:
                for statement in statements:
                    connection.execute(statement)
            finally:
                connection.close()
        else:
            wait_for(lambda: asyncio.run(self._run(statements)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query says."""
        if self.address.dialect == "sqlite":
            connection = sqlite3.connect(self.address.path)
            try:
                return connection.execute(sql).fetchall()
            finally:
                connection.close()
        found: list[tuple[Any, ...]] = wait_for(lambda: asyncio.run(self._rows(sql)))
        return found

    def tamper(self, *statements: str) -> None:
        """Statements behind the triggers' back, which are put back as they were."""
        if self.address.dialect == "sqlite":
            triggers = self.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'log_%'")
            self.run(
                "PRAGMA foreign_keys = OFF",
                *(f"DROP TRIGGER {name}" for name, _ in triggers),
                *statements,
                *(sql for _, sql in triggers),
            )
            return
        tables = ("log_entry", "log_subject", "log_tile", "log_head", "log_word", *CHECKPOINT_TABLES)
        fills = "ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_from_body"  # it refuses nothing
        self.run(
            *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in tables),
            fills,
            *statements,
            *(f"ALTER TABLE {table} ENABLE TRIGGER ALL" for table in tables),
            fills,
            *(f"ALTER TABLE ONLY {table} ENABLE ALWAYS TRIGGER {table}_only_grows" for table in tables),
            "ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_only_forward",
            "ALTER TABLE log_subject ENABLE ALWAYS TRIGGER log_subject_only_by_law",
        )

    async def _run(self, statements: tuple[str, ...]) -> None:
        connection = await asyncpg.connect(self.address.dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.address.dsn)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()
