"""Files as rows: JSON lines and CSV, each row with its file and line; what cannot be read is found, never guessed."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.sync.report import ImportReport, Outcome


@dataclass(frozen=True, slots=True)
class Source:
    """One row as it was sent."""

    file: str
    line: int
    values: Mapping[str, Any]


class FileRejected(Exception):
    """Nothing of the file can be used; the finding is in the report."""


def read_lines(folder: Path, file: str, report: ImportReport) -> list[Source]:
    """Every JSON object of a file, a line each; no rows if the file is not there."""
    return _read(folder, file, report, lambda text: _objects(file, text, report))


def read_table(folder: Path, file: str, columns: Sequence[str], report: ImportReport) -> list[Source]:
    """Every row of a CSV table with at least these columns; FileRejected if it cannot be read as one."""
    return _read(folder, file, report, lambda text: _rows(file, text, columns, report))


def _read(
    folder: Path, file: str, report: ImportReport, rows: Callable[[str], Iterator[Source | None]]
) -> list[Source]:
    path = folder / file
    if not path.is_file():
        return []
    report.opened(file)
    found = []
    try:
        for row in rows(path.read_bytes().decode("utf-8-sig")):
            if row is None:
                report.came_to(file, Outcome.REJECTED)
            else:
                found.append(row)
    except (UnicodeDecodeError, csv.Error):
        report.found(file, 0, "", "file-unreadable")
        raise FileRejected(file) from None
    return found


def _objects(file: str, text: str, report: ImportReport) -> Iterator[Source | None]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        values = object_of(line)
        if values is not None:
            yield Source(file, number, values)
        else:
            report.found(file, number, "", "row-malformed")
            yield None


def object_of(line: str) -> dict[str, Any] | None:
    """A JSON object in which no key stands twice; None for anything else."""
    try:
        values = json.loads(line, object_pairs_hook=_distinct, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands twice")
    return values


def _refuse(constant: str) -> None:
    raise ValueError(f"'{constant}' is no JSON")


def _rows(file: str, text: str, columns: Sequence[str], report: ImportReport) -> Iterator[Source | None]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if missing or len(set(header)) < len(header):
        for column in missing or [""]:
            report.found(file, 1, column, "columns-missing" if missing else "file-unreadable")
        raise FileRejected(file)
    line = reader.line_num + 1
    for values in reader:
        if len(values) == len(header):
            yield Source(file, line, dict(zip(header, values, strict=True)))
        elif values:
            report.found(file, line, "", "row-malformed")
            yield None
        line = reader.line_num + 1
