"""The checkpoints of a test's log, over a database of either kind, and the witness that a test configures."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx

import app.config as configuration
from app.audit.checkpoint import Checkpoint
from app.audit.checkpoint_rows import CheckpointRows
from app.audit.checkpoints import Checkpoints
from app.audit.ddl import SERVICE_ROLE
from app.audit.kept import KeptNote
from app.audit.log_keys import LogKeys, TrustedKey, write_key_file
from app.audit.signed_note import Algorithm, Note, Signature, Signer
from app.audit.tree import LogTree
from app.audit.witness import Witness
from app.audit.writer import open_log
from app.cli.witness import application_of
from app.config import Settings
from app.db import Address, open_database, open_writing
from tests.audit.growing import LOG, NOON, ORIGIN, WITNESS
from tests.audit.logs import Owner, append_all
from tests.world import settings_for

KEYS = LogKeys(ORIGIN, (LOG,), {ORIGIN: (TrustedKey(LOG.verifier),)})
WITNESSED = replace(KEYS, witnesses=(WITNESS.verifier,))


def noon() -> datetime:
    """What the clock of the log and of its checkpoints shows."""
    return datetime.fromtimestamp(NOON, UTC)


@asynccontextmanager
async def checkpoints_of(
    address: Address,
    keys: LogKeys = KEYS,
    kept: Path | None = None,
    clock: Callable[[], datetime] = noon,
) -> AsyncIterator[Checkpoints]:
    """As a process of the service has them."""
    database = open_database(address, SERVICE_ROLE)
    rows = CheckpointRows(database, open_writing(address, SERVICE_ROLE))
    checkpoints = Checkpoints(rows, LogTree(database), keys, KeptNote(kept) if kept else None, clock)
    try:
        yield checkpoints
    finally:
        await checkpoints.close()
        await database.close()


async def grow(address: Address, count: int) -> None:
    """Append so many entries."""
    log = await open_log(address, SERVICE_ROLE, noon)
    await append_all(log, count)
    await log.close()


def cosigned(note: Note, *signers: Signer, time: int = NOON) -> list[Signature]:
    """What witnesses would answer."""
    return [signer.cosign(note.text, time) for signer in signers or (WITNESS,)]


def said(note: Note | None) -> Checkpoint:
    """What a note says; there has to be one."""
    assert note is not None
    return Checkpoint.of(note.text)


class Network(dict[str, Witness], httpx.AsyncBaseTransport):
    """The witnesses that can be reached now, by the host of their address; all others cannot."""

    def client(self, _: configuration.Witness) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host not in self:
            raise httpx.ConnectError("nobody is there")
        return await httpx.ASGITransport(application_of(self[request.url.host])).handle_async_request(request)


@cache
def cosigner(host: str) -> Signer:
    """The key of a further witness."""
    return Signer.new(host, Algorithm.COSIGNATURE)


def settings_of(address: Address, folder: Path, *hosts: str, **values: Any) -> Settings:
    """The settings of a service with this log, its state file in the folder, and witnesses at these hosts."""
    file = folder / f"{ORIGIN.replace('/', '-')}.key"
    if not file.exists():
        write_key_file(file, LOG)
    keys = [WITNESS, *map(cosigner, hosts[1:])]
    witnesses = [
        {"key": str(key.verifier), "url": f"https://{host}/", "party": "health"}
        for host, key in zip(hosts, keys, strict=False)
    ]
    given = {"log_origin": ORIGIN, "log_key_files": [file], "log_state_file": folder / "state", "witnesses": witnesses}
    role = None if address.dialect == "sqlite" else SERVICE_ROLE
    return settings_for(address.url, Path("unused.pem"), database_role=role, **given | values)


class Backup:
    """The whole log as it was at a moment, to be put back over what it has become."""

    def __init__(self, address: Address, folder: Path) -> None:
        self._address, self._owner = address, Owner(address)
        if address.dialect == "sqlite":
            self._owner.run("PRAGMA wal_checkpoint(TRUNCATE)")
            self._copy = shutil.copy(address.path, folder / "backup.db")
        else:
            self._tables = ("log_entry", "log_subject", "log_tile", "log_head", "log_checkpoint", "log_cosignature")
            self._owner.run("CREATE SCHEMA kept", *(f"CREATE TABLE kept.{t} AS TABLE {t}" for t in self._tables))

    def restore(self) -> None:
        """As an operator would, who knows nothing of the log."""
        if self._address.dialect == "sqlite":
            for rest in ("-wal", "-shm"):
                Path(self._address.path + rest).unlink(missing_ok=True)
            shutil.copy(self._copy, self._address.path + ".restored")
            Path(self._address.path + ".restored").replace(self._address.path)
            return
        columns = {
            "log_entry": "seq, recorded_at, body, leaf_hash",
            "log_subject": "seq, salt, body",
        }
        replaced = [f"DELETE FROM {table}" for table in reversed(self._tables)]
        for table in self._tables:
            named = columns.get(table)
            into, what = (f"{table} ({named})", named) if named else (table, "*")
            replaced.append(f"INSERT INTO {into} SELECT {what} FROM kept.{table}")
        self._owner.tamper(*replaced)
