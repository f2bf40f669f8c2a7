"""On SQLite reads may use the log's connection: only between its transactions, and never to another file."""

import asyncio
import shutil
import sqlite3
from typing import Any

import pytest
from sqlalchemy import literal_column, select, table

from app.audit.submission import Change, ChangeRefused, Submission
from app.audit.writer import AuditLog, open_log
from app.db import Address, DatabaseUnavailable, SqliteDatabase, prepare
from tests.audit.logs import append_all, make_entry, now

COUNT = prepare(select(literal_column("count(*)")).select_from(table("therapy_service")), "sqlite")
ADD = "INSERT INTO therapy_service (id, name, provider) VALUES (?, 'A service', 'RT5')"


class Watched:
    """Which connection each read ran on."""

    def __init__(self, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lent: list[sqlite3.Connection | None] = []
        lender = database._lent

        def watched(file: tuple[int, int]) -> sqlite3.Connection | None:
            self.lent.append(lender(file))
            return self.lent[-1]

        monkeypatch.setattr(database, "_lent", watched)


async def opened(url: str) -> tuple[SqliteDatabase, AuditLog]:
    database = SqliteDatabase(Address(url).path)
    return database, await open_log(Address(url), None, now, beside=database)


async def count(database: SqliteDatabase) -> int:
    ((number,),) = await database.fetch(COUNT, {})
    return int(number)


async def test_an_idle_connection_is_used_and_sees_what_it_wrote(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, log = await opened(sqlite_url)
    watched = Watched(database, monkeypatch)
    before = await count(database)
    await log.append(Submission((make_entry(),), (Change(ADD, ["one"]),)))
    assert await count(database) == before + 1
    assert None not in watched.lent
    await log.close()
    await database.close()


async def test_nothing_uncommitted_is_read(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the writer is in the middle of a transaction, reads see the state before it."""
    database, log = await opened(sqlite_url)
    watched = Watched(database, monkeypatch)
    before = await count(database)
    changes = tuple(Change(ADD, [f"s{number}"]) for number in range(2_000))
    writing = asyncio.create_task(log.append(Submission((make_entry(),), changes)))
    seen = set()
    while not writing.done():
        await asyncio.sleep(0)
        if not writing.done():
            seen.add(await count(database))
    assert seen <= {before, before + 2_000}
    assert None in watched.lent
    assert await count(database) == before + 2_000
    await log.close()
    await database.close()


async def test_a_change_that_is_undone_was_never_there(sqlite_url: str) -> None:
    database, log = await opened(sqlite_url)
    before = await count(database)
    with pytest.raises(ChangeRefused):
        await log.append(Submission((make_entry(),), (Change(ADD, ["one"]), Change(ADD, ["one"]))))
    assert await count(database) == before
    await log.close()
    await database.close()


async def test_another_file_in_its_place_is_read_instead(sqlite_url: str) -> None:
    """What the log has open is the old file by then: it is lent no more."""
    database, log = await opened(sqlite_url)
    path = Address(sqlite_url).path
    await append_all(log, 1)
    before = await count(database)
    source, target = sqlite3.connect(path), sqlite3.connect(f"{path}.copy")
    source.backup(target)
    target.execute(ADD, ["restored"])
    target.commit()
    source.close()
    target.close()
    for end in ("", "-wal", "-shm"):
        shutil.move(f"{path}{end}", f"{path}.away{end}")
    shutil.move(f"{path}.copy", path)
    assert await count(database) == before + 1
    await log.close()
    await database.close()


async def test_a_closed_log_lends_nothing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database, log = await opened(sqlite_url)
    watched = Watched(database, monkeypatch)
    await log.close()
    assert await count(database) >= 0
    assert watched.lent == [None]
    await database.close()


async def test_a_file_that_is_gone_is_not_read_from_memory(sqlite_url: str) -> None:
    database, log = await opened(sqlite_url)
    assert await count(database) >= 0
    shutil.move(Address(sqlite_url).path, Address(sqlite_url).path + ".away")
    with pytest.raises(DatabaseUnavailable):
        await count(database)
    await log.close()
    await database.close()


async def test_who_waits_may_go_away_and_nothing_is_lent_too_early(sqlite_url: str) -> None:
    """The thread is still at work when its caller has gone."""
    database, log = await opened(sqlite_url)
    store: Any = log._store
    before = await count(database)
    changes = tuple(Change(ADD, [f"s{number}"]) for number in range(2_000))
    waiting = asyncio.create_task(log.append(Submission((make_entry(),), changes)))
    await asyncio.sleep(0)
    waiting.cancel()
    while store._is_busy:
        assert await count(database) in (before, before + 2_000)
        await asyncio.sleep(0)
    await log.close()
    await database.close()
