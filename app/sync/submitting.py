"""National tables written to a folder or a zip, under their own name only once they are whole."""

import csv
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from app.services.formulas import marked

ENDING = ".zip"
OWN_EYES = 0o600
CHUNK = 1024 * 1024


class Sheets:
    """One CSV file for each table, open at once: rows come person by person."""

    def __init__(self, files: Mapping[str, IO[bytes]], fields: Mapping[str, Sequence[str]]) -> None:
        self._files, self._fields = files, fields
        self.rows = dict.fromkeys(files, 0)
        for table, names in fields.items():
            self._write(table, names)

    def add(self, table: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Rows of a table, in its order of fields; of a table that is not written, none."""
        if table not in self._files:
            return
        for row in rows:
            self._write(table, [row[name] for name in self._fields[table]])
        self.rows[table] += len(rows)

    def _write(self, table: str, cells: Sequence[str]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerow(map(marked, cells))
        self._files[table].write(text.getvalue().encode())


@contextmanager
def sheets(output: Path, fields: Mapping[str, Sequence[str]]) -> Iterator[Sheets]:
    """Open sheets for these tables; OSError if there is something at `output`, or no place for it.

    What breaks off leaves nothing behind.
    """
    if output.exists():
        raise FileExistsError(f"'{output}' is there already")
    with _zipped(output, fields) if output.suffix.lower() == ENDING else _in_folder(output, fields) as made:
        yield made


@contextmanager
def _in_folder(output: Path, fields: Mapping[str, Sequence[str]]) -> Iterator[Sheets]:
    part = output.with_name(f"{output.name}.part")
    part.mkdir(mode=0o700)
    try:
        with ExitStack() as stack:
            files = {table: stack.enter_context(_private(part / f"{table}.csv")) for table in fields}
            yield Sheets(files, fields)
        part.rename(output)
    except BaseException:
        shutil.rmtree(part)
        raise


@contextmanager
def _zipped(output: Path, fields: Mapping[str, Sequence[str]]) -> Iterator[Sheets]:
    """Until they are packed the rows stand in files that have no name, and go with the process."""
    part = output.with_name(f"{output.name}.part")
    try:
        with ExitStack() as stack:
            target = stack.enter_context(_private(part))
            files = {table: stack.enter_context(tempfile.TemporaryFile(dir=output.parent)) for table in fields}
            yield Sheets(files, fields)
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
                for table, file in files.items():
                    file.seek(0)
                    with packed.open(f"{table}.csv", "w") as entry:
                        shutil.copyfileobj(file, entry, CHUNK)
        part.replace(output)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _private(path: Path) -> IO[bytes]:
    """A new file that nobody else on the machine reads."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN_EYES), "wb")
