"""The verifier's view of the months that left PostgreSQL for files: read with code of its own, and held to the log.

What the log says of a file (its numbers and its SHA-256) is an entry like any other, which no file can change.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from app.audit.verify_read import Finding, structural

ARCHIVED = "SELECT month, ends, first_seq, stop_seq, sha256, file FROM log_archive ORDER BY ends"
_COLUMNS = ["seq", "recorded_at", "body", "leaf_hash"]


@dataclass(frozen=True, slots=True)
class Gone:
    """A month in a file, as `log_archive` has it."""

    month: str
    ends: str
    first: int
    stop: int
    sha256: bytes
    file: str

    def said(self) -> tuple[str, int, int, str]:
        """What the entry of its archiving says of it."""
        return self.month, self.first, self.stop, self.sha256.hex()


class Files:
    """The archive's folder; LookupError where a file is needed that is not there."""

    def __init__(self, folder: Path | None, rows: Sequence[Sequence[Any]]) -> None:
        self.months = [Gone(*row) for row in rows]
        self._folder = folder

    @property
    def ends(self) -> str:
        """Where the months in the database begin; nothing while they are all there."""
        return self.months[-1].ends if self.months else ""

    @property
    def stop(self) -> int:
        """The first number that stands in the database."""
        return self.months[-1].stop if self.months else 0

    def structure(self) -> Iterator[Finding]:
        """Each file is the one that was archived, and begins where the one before it ends."""
        expected = 0
        for month in self.months:
            if (month.first, month.stop < month.first) != (expected, False):
                yield structural("archive", f"the archive of {month.month} does not begin with entry {expected}")
            expected = month.stop
            with self._path(month).open("rb") as file:
                if file_digest(file, "sha256").digest() != month.sha256:
                    yield structural("archive", f"the file '{month.file}' is not the one that was archived")

    def entries(self, first: int) -> Iterator[Sequence[Any]]:
        """Number, time, body and leaf, by number; what cannot be read is left out, and so is missing."""
        import pyarrow  # here, since loading it takes longer than most processes need it for
        import pyarrow.parquet as parquet

        for month in self.months:
            if month.stop <= first:
                continue
            try:
                with parquet.ParquetFile(self._path(month)) as file:
                    for batch in file.iter_batches(columns=_COLUMNS):
                        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                            if row[0] >= first:
                                yield row
            except (pyarrow.ArrowException, OSError):
                continue  # its digest differs, which was said

    def of_type(self, kind: str) -> Iterator[tuple[int, str]]:
        """Number and body of the entries of one type."""
        for seq, _, body, _ in self.entries(0):
            if f'"type":"{kind}"' in body and _type_of(body) == kind:
                yield seq, body

    def hashes(self, first: int, stop: int) -> list[bytes]:
        """Leaves from one number to before another."""
        found = []
        for row in self.entries(first):
            if row[0] >= stop:
                break
            found.append(row[3])
        return found

    def recorded_at(self, seq: int) -> str:
        """When an entry was recorded; nothing for one that is not there."""
        return next((str(row[1]) for row in self.entries(seq)), "")

    def _path(self, month: Gone) -> Path:
        if self._folder is None:
            raise LookupError(f"the log of {month.month} is archived: give the folder with --archive")
        path = self._folder / month.file
        if not path.is_file():
            raise LookupError(f"the file '{month.file}' of {month.month} is not in the archive's folder")
        return path


def _type_of(body: str) -> Any:
    try:
        return json.loads(body)["type"]
    except (ValueError, KeyError, TypeError):
        return None  # such a body is a finding of its own
