"""Months of the log that stand in files: found, held against their digests, and read a few thousand entries at a time.

A file is what was archived or nothing is read of it: each is hashed whole before its first entry is handed out.
"""

import asyncio
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from app.db import DatabaseUnavailable

GROUP = 4096
"""Entries in a row group of a file."""
_GROUPS_KEPT = 8
COLUMNS = ("seq", "recorded_at", "body", "leaf_hash")
Entry = tuple[int, str, str, bytes]
"""Number, time, body and leaf."""


class ArchiveUnavailable(DatabaseUnavailable):
    """Entries are asked for that stand in a file, and it is not at hand or is not the one that was archived."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A month in a file: what it is called, when it ends, its numbers, and the SHA-256 of the file."""

    month: str
    ends: str
    first: int
    stop: int
    sha256: bytes
    file: str

    @property
    def numbers(self) -> range:
        """Of its entries."""
        return range(self.first, self.stop)


class Archive:
    """The folder with the files; without one, whatever is asked of it is refused."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._sound: dict[Path, tuple[bytes, int, int]] = {}
        self._groups: OrderedDict[tuple[Path, int], list[Entry]] = OrderedDict()

    async def entries(self, months: Sequence[Archived], numbers: range) -> list[Entry]:
        """Those of these numbers, in order; ArchiveUnavailable."""
        return await asyncio.to_thread(lambda: list(self._entries(months, numbers)))

    async def first_at(self, month: Archived, moment: str) -> int:
        """The first number of a month that was recorded at a moment or later; the one behind it if none was."""
        return await asyncio.to_thread(self._first_at, month, moment)

    def _first_at(self, month: Archived, moment: str) -> int:
        path, groups = self.check(month), -(-len(month.numbers) // GROUP)
        low, high = 0, groups  # the first group that ends at that moment or later
        while low < high:
            middle = (low + high) // 2
            if self._group(path, middle)[-1][1] < moment:
                low = middle + 1
            else:
                high = middle
        if low == groups:
            return month.stop
        times = [entry[1] for entry in self._group(path, low)]
        return month.first + low * GROUP + bisect_left(times, moment)

    def check(self, month: Archived) -> Path:
        """The month's file, once it is known to be the one that was archived; ArchiveUnavailable."""
        if self._folder is None:
            raise ArchiveUnavailable(f"the log of {month.month} is archived: set OPENMIND_LOG_ARCHIVE to its folder")
        path = self._folder / month.file
        try:
            status = path.stat()
            known = (month.sha256, status.st_mtime_ns, status.st_size)
            if self._sound.get(path) != known:
                with path.open("rb") as file:
                    digest = file_digest(file, "sha256").digest()
                if digest != month.sha256:
                    raise ArchiveUnavailable(f"the file '{month.file}' of the log's archive is not the one archived")
                self._sound[path] = known
        except OSError as fault:
            raise ArchiveUnavailable(f"the file '{month.file}' of the log's archive cannot be read") from fault
        return path

    def _entries(self, months: Sequence[Archived], numbers: range) -> Iterator[Entry]:
        for month in months:
            wanted = range(max(numbers.start, month.first), min(numbers.stop, month.stop))
            if not wanted:
                continue
            path = self.check(month)
            first, last = (wanted.start - month.first) // GROUP, (wanted.stop - 1 - month.first) // GROUP
            for group in range(first, last + 1):
                start = month.first + group * GROUP
                entries = self._group(path, group)
                yield from entries[max(wanted.start - start, 0) : max(wanted.stop - start, 0)]

    def _group(self, path: Path, group: int) -> list[Entry]:
        key = path, group
        if key not in self._groups:
            self._groups[key] = read_group(path, group)
            if len(self._groups) > _GROUPS_KEPT:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]


def read_group(path: Path, group: int) -> list[Entry]:
    """The entries of one row group; ArchiveUnavailable where the file is not what one of ours is."""
    import pyarrow  # here, since loading it takes longer than most processes need it for
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path) as file:
            table: Any = file.read_row_group(group, columns=list(COLUMNS))
    except (pyarrow.ArrowException, OSError, IndexError) as fault:
        raise ArchiveUnavailable(f"the file '{path.name}' of the log's archive cannot be read") from fault
    return list(zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True))
