"""Batches in the database: lines as they come, which batch is applied next and by whom, what waits, what came of it.

A process claims a batch by an UPDATE that holds if nobody else has it, as deliveries are claimed; every step of its
application moves the batch on in the transaction of what it wrote, so that whoever goes on begins where it stopped.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.config import Settings
from app.db import Address, Database, Prepared, Warrant, compiled_once, open_writing
from app.records.batch_statements import AWAKE, COUNTS, STATEMENTS, Batch, Held, there
from app.records.parents import Parent, parent_of, text_of
from app.records.reading import Records

__all__ = ["CHUNKS", "COUNTS", "HELD", "Batch", "Batches", "Held", "Waits", "awake"]
CHUNKS = frozenset({"sync_chunk"})
HELD = frozenset({"sync_held", "sync_batch", "parted_record"})
Change = tuple[str, Sequence[Any], int | None]


@dataclass(frozen=True, slots=True)
class Waits:
    """A record that waits."""

    version: str
    known: Parent | None
    """What records that belong to it have to know of it."""
    dropped_for: str | None = None
    """What it waited for too long, if nothing is left of it but this."""


class Batches:
    """Reads and single writes; every method raises DatabaseUnavailable if the database is gone."""

    def __init__(self, settings: Settings, database: Database) -> None:
        address = Address(settings.database_url.get_secret_value())
        self._database = database
        self._writing = open_writing(address, settings.database_role)
        self._prepared = compiled_once(Batches, database.dialect)

    # --- as they come -----------------------------------------------------------------------------------------------

    async def keep(self, upload: str, number: int, first_line: int, body: bytes, at: datetime) -> None:
        """Some lines of an upload."""
        values = {"upload": upload, "number": number, "first_line": first_line, "body": body, "recorded_at": at}
        await self._write("keep", values)

    async def forget(self, upload: str) -> None:
        """Every line of an upload."""
        await self._write("forget", {"upload": upload})

    async def sweep(self, before: datetime) -> None:
        """Lines of uploads that were given up before this moment by the real clock."""
        await self._write("sweep", {"before": before})

    async def find(self, client: str, batch_id: str) -> Batch | None:
        """The batch of this name that a client sent."""
        return await self._one("find", {"client": client, "batch_id": batch_id})

    async def results(self, batch: int, chunk: int) -> list[bytes]:
        """What came of a chunk's lines, in the order in which it is to be read: the later stands over the earlier."""
        found = await self._database.fetch(self._statement("results"), {"batch": batch, "chunk": chunk})
        return [body for (body,) in found]

    # --- applied ----------------------------------------------------------------------------------------------------

    async def next(self, now: datetime) -> Batch | None:
        """The oldest batch that nobody applies; times by the real clock."""
        return await self._one("next", {"now": now})

    async def claim(self, batch: int, claim: str, now: datetime, until: datetime) -> bool:
        """Take it; False if somebody else has."""
        return await self._write("claim", {"batch": batch, "mine": claim, "now": now, "until": until})

    async def give_back(self, batch: int, claim: str, until: datetime | None = None) -> None:
        """Anybody may go on with it, or nobody until then."""
        await self._write("give_back", {"batch": batch, "mine": claim, "until": until})

    async def lines(self, permit: Warrant, upload: str, number: int) -> tuple[int, bytes] | None:
        """The number of the first line of a chunk, and its lines."""
        found = await self._database.fetch(self._statement("lines"), {"upload": upload, "number": number}, permit)
        return (found[0][0], found[0][1]) if found else None

    async def write(self, changes: Sequence[Change]) -> bool:
        """What goes with no entry, one by one: the last moves the batch on, and says whether it was ours."""
        done = 0
        for sql, arguments, _ in changes:
            done = await self._writing.run(Prepared(sql, (), {}, (), (), frozenset()), list(arguments))
        return done > 0

    def moved(self, batch: Batch, claim: str, chunk: int, place: int, counts: Mapping[str, int],
              until: datetime) -> Change:  # fmt: skip
        """The batch goes on from there; of no effect unless it stands where `batch` says and the claim is ours."""
        added = {f"add_{name}": counts.get(name, 0) for name in COUNTS}
        seen = {"batch": batch.number, "mine": claim, "seen_chunk": batch.chunk, "seen_place": batch.place}
        return self._change("moved", seen | {"chunk": chunk, "place": place, "until": until} | added, 1)

    def ended(self, batch: Batch, claim: str, state: str, at: datetime) -> list[Change]:
        """Nothing is left to apply, or nothing may be."""
        values = {"batch": batch.number, "mine": claim, "state": state, "at": at}
        return [self._change("ended", values, 1)]

    def came_to(self, batch: int, chunk: int, part: str, body: bytes) -> Change:
        """What came of some lines; said again, it is the last that counts."""
        return self._change("came_to", {"batch": batch, "chunk": chunk, "part": part, "body": body}, None)

    def recounted(self, batch: int) -> Change:
        """One of its lines that was accepted, and waited, is rejected after all."""
        return self._change("recounted", {"batch": batch}, None)

    def resumed(self, batch: Batch, upload: str) -> Change:
        """A batch that was stopped goes on, with its lines as they came again."""
        return self._change("resumed", {"batch": batch.number, "again": upload}, 1)

    # --- what waits -------------------------------------------------------------------------------------------------

    def held(self, row: Mapping[str, Any]) -> Change:
        """A line that waits, unless a newer version of it does."""
        return self._change("held", {"due_at": None, **row}, None)

    def refilled(self, record_id: str, line: str, at: datetime) -> Change:
        """A line that was dropped, and is sent again in the version that it had."""
        return self._change("refilled", {"record_id": record_id, "line": line, "at": at}, None)

    def due_if_there(self, keys: Iterable[str], now: datetime) -> list[Change]:
        """What waits for these, as far as they are there by now: somebody may have written them meanwhile."""
        made = []
        kinds: dict[str, list[str]] = {}
        for key in sorted(keys):
            table, _, identity = key.partition(":")
            kinds.setdefault(table, []).append(identity)
        for table, ids in kinds.items():
            made.append(self._change(f"there {table}", {"ids": json.dumps(ids), "now": now}, None))
        return made

    def release(self, record_id: str, version: str) -> Change:
        """A line that need not wait any more, nor any older version of it."""
        return self._change("release", {"record_id": record_id, "version": version}, None)

    def put_off(self, record_ids: Iterable[str], until: datetime | None) -> Change:
        """Lines that still wait; tried again then, or when what they wait for comes."""
        return self._change("put_off", {"ids": json.dumps(list(record_ids)), "until": until}, None)

    async def due_lines(self, permit: Warrant, now: datetime, most: int) -> list[Held]:
        """Lines whose time has come, parents before what belongs to them, as far as one can tell."""
        values = {"now": now, "most": most}
        return [Held(*row) for row in await self._database.fetch(self._statement("due_lines"), values, permit)]

    async def waiting(self, permit: Warrant, record_ids: Iterable[str]) -> dict[str, Waits]:
        """Each of these records that waits or is set aside, the newer where it is both."""
        values = {"ids": json.dumps(list(record_ids))}
        found = await self._database.fetch(self._statement("waiting"), values, permit)
        return {
            identity: Waits(version, parent_of(known) if known else None, dropped_for)
            for identity, version, known, dropped_for in sorted(found, key=lambda row: row[1])
        }

    @staticmethod
    def text_of(known: Parent) -> str:
        """What is known of a record, as it is kept while it waits."""
        return text_of(known)

    async def close(self) -> None:
        """Give the writing connection back."""
        await self._writing.close()

    async def _one(self, name: str, values: dict[str, Any]) -> Batch | None:
        found = await self._database.fetch(self._statement(name), values)
        return Batch(*found[0]) if found else None

    async def _write(self, name: str, values: dict[str, Any]) -> bool:
        statement = self._statement(name)
        return await self._writing.run(statement, statement.arguments(values)) > 0

    def _change(self, name: str, values: dict[str, Any], touches: int | None) -> Change:
        statement = self._statement(name)
        return statement.sql, statement.arguments(values), touches

    def _statement(self, name: str) -> Prepared:
        if name not in self._prepared:
            made = there(name.removeprefix("there ")) if name.startswith("there ") else STATEMENTS[name]
            self._prepared[name] = self._database.prepare(made(self._database.dialect) if callable(made) else made)
        return self._prepared[name]


def awake(records: Records, keys: Iterable[str], now: datetime) -> Change:
    """What waits for these is tried again: `person:`, `patient:`, `link:` and the like, each with an id.

    It goes with the change by which they came, so that it happens if that does; `now` by the real clock.
    """
    statement = records.prepared("held awake", lambda: AWAKE)
    return statement.sql, statement.arguments({"keys": json.dumps(sorted(keys)), "now": now}), None
