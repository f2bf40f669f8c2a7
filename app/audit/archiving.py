"""Puts a month of PostgreSQL's log into a Parquet file, reads it back, and says how it leaves the database.

Nothing is dropped that was not read back first: every leaf from the bytes in the file, and the tiles over them.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.audit.archive import COLUMNS, GROUP, Archived, Entry, read_group
from app.audit.checkpoint_rows import CheckpointRows
from app.audit.merkle import Tree, leaf_data, leaf_hash
from app.audit.months import bounds_of_months, later, read_bounds
from app.audit.rows import ENTRY, Entries, entries_within
from app.audit.shelf import shelf_of
from app.audit.submission import Change
from app.audit.tiles import WIDTH
from app.audit.tree import LogTree
from app.audit.words import Words
from app.db import Database

Told = Callable[[int, int], None]


class ArchiveRefused(Exception):
    """This month cannot be archived now; the message says what would have to be."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A month that is to leave the database."""

    month: str
    since: str
    ends: str
    numbers: range


class Archiving:
    """Reads the log as its owner; what it decides is carried out in one transaction by the log's writer."""

    def __init__(self, database: Database, rows: CheckpointRows, origin: str) -> None:
        self._database, self._rows, self._origin = database, rows, origin
        self._entries, self._tree = Entries(database), LogTree(database)

    async def leaving(self, until: str) -> list[Leaving]:
        """The months that end by the beginning of `until` ("2026-01") and stand in the database, oldest first."""
        shelf = shelf_of(self._database)
        shelf.forget()
        bounds = read_bounds(await self._database.fetch(self._bounds, {}))
        months, stop = [], await shelf.archived_stop()
        for since, ends in bounds:
            numbers = await shelf.numbers(since, ends)
            first, stop = stop, max(stop, numbers.stop)
            if ends <= until:
                months.append(Leaving(later(ends, -1), since, ends, range(first, stop)))
        return months

    async def check(self, leaving: Leaving) -> str:
        """The newest checkpoint that covers it, as it was signed; ArchiveRefused if it is not over yet."""
        size, _ = await self._tree.head()
        newest = await self._rows.newest(self._origin)
        if size <= leaving.numbers.stop:
            raise ArchiveRefused(f"{leaving.month} may not be over: nothing was recorded after it")
        if await Words(self._entries).indexed() * WIDTH < leaving.numbers.stop:
            raise ArchiveRefused(f"the last tile of {leaving.month} is not full, or has no words yet: archive it later")
        if newest is None or newest.checkpoint.size < leaving.numbers.stop:
            raise ArchiveRefused(f"no checkpoint covers {leaving.month} yet: make one by 'openmind audit checkpoint'")
        return newest.note

    async def write(self, leaving: Leaving, note: str, folder: Path, told: Told) -> Archived:
        """The month in a file of its own, with the checkpoint beside it; read back and found to be what the log holds.

        ArchiveRefused if it is not; then nothing is left under the file's own name. OSError.
        """
        name = f"log-{leaving.month}"
        part = folder / f"{name}.parquet.part"
        await self._write(leaving, note, part, told)
        try:
            await self._read_back(leaving, part)
        except ArchiveRefused:
            part.unlink()
            raise
        with part.open("rb") as file:
            digest = file_digest(file, "sha256").digest()
        _kept(folder / f"{name}.checkpoint", note)
        os.replace(part, folder / f"{name}.parquet")
        _synced(folder)
        numbers = leaving.numbers
        return Archived(leaving.month, leaving.ends, numbers.start, numbers.stop, digest, f"{name}.parquet")

    async def _write(self, leaving: Leaving, note: str, path: Path, told: Told) -> None:
        import pyarrow  # here, since loading it takes longer than most processes need it for
        import pyarrow.parquet as parquet

        kinds = (pyarrow.int64(), pyarrow.string(), pyarrow.string(), pyarrow.binary(32))
        said = {"openmind.month": leaving.month, "openmind.origin": self._origin, "openmind.checkpoint": note}
        schema = pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)), metadata=said)
        numbers = leaving.numbers
        with path.open("wb") as file:
            with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                for start in range(numbers.start, numbers.stop, GROUP):
                    rows = await self._rows_of(range(start, min(start + GROUP, numbers.stop)))
                    columns = zip(schema, zip(*rows, strict=True), strict=True)
                    arrays = [pyarrow.array(values, field.type) for field, values in columns]
                    writer.write_batch(pyarrow.record_batch(arrays, schema=schema), row_group_size=GROUP)
                    told(rows[-1][0] + 1 - numbers.start, len(numbers))
            file.flush()
            os.fsync(file.fileno())

    async def _rows_of(self, numbers: range) -> Sequence[Entry]:
        rows = await self._database.fetch(self._statement, await self._entries.bounds(numbers))
        if [row[0] for row in rows] != list(numbers):
            raise ArchiveRefused("the log does not hold an entry that it numbered: openmind audit verify")
        return [(int(seq), recorded_at, body, bytes(leaf)) for seq, recorded_at, body, leaf in rows]

    async def _read_back(self, leaving: Leaving, path: Path) -> None:
        """Every leaf from the bytes of its entry, and each full tile's root as the log has it."""
        numbers, tile, expected = leaving.numbers, Tree(), leaving.numbers.start
        for group in range(-(-len(numbers) // GROUP)):
            for seq, recorded_at, body, leaf in read_group(path, group):
                digest = sha256(body.encode()).hexdigest()
                if seq != expected or leaf_hash(leaf_data(seq, recorded_at, digest)) != leaf:
                    raise ArchiveRefused(f"entry {expected} is not what its leaf says: openmind audit verify")
                expected += 1
                tile = Tree() if seq % WIDTH == 0 else tile
                tile.append(leaf)
                if expected % WIDTH == 0 and tile.size == WIDTH:
                    kept = await self._tree.row(8, seq // WIDTH, seq // WIDTH + 1)
                    if kept != [(seq // WIDTH, tile.root())]:
                        raise ArchiveRefused(
                            f"tile {seq // WIDTH} is not the root of its entries: openmind audit verify"
                        )
        if expected != numbers.stop:
            raise ArchiveRefused(f"{leaving.month} was not written whole")

    @cached_property
    def _statement(self) -> Any:
        columns = (ENTRY.seq, ENTRY.recorded_at, ENTRY.body, ENTRY.leaf_hash)
        found = select(*columns).where(*entries_within(self._database.dialect)).order_by(ENTRY.seq)
        return self._database.prepare(found)

    @cached_property
    def _bounds(self) -> Any:
        return self._database.prepare(bounds_of_months())


def departure(archived: Archived) -> tuple[Change, ...]:
    """By which the month leaves the database, in the transaction of the entry that says so."""
    partition = f"log_entry_{archived.month.replace('-', '_')}"
    values = (archived.month, archived.ends, archived.first, archived.stop, archived.sha256, archived.file)
    return (
        Change(
            "INSERT INTO log_archive (month, ends, first_seq, stop_seq, sha256, file) VALUES ($1, $2, $3, $4, $5, $6)",
            values,
            1,
        ),
        Change(
            f"SELECT 1 FROM {partition} HAVING count(*) = $1 AND coalesce(min(seq), $2) = $2",  # noqa: S608  # a name of ours
            (archived.stop - archived.first, archived.first),
            1,
        ),
        Change(f"ALTER TABLE log_entry DETACH PARTITION {partition}"),
        Change(f"DROP TABLE {partition}"),
    )


def _kept(path: Path, note: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())


def _synced(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
