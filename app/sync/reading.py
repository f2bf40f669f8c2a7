"""Files as rows: JSON lines and CSV, each row with its file and line; what cannot be read is found, never guessed."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.services.formulas import unmarked
from app.sync.bundle import Bundle
from app.sync.report import ImportReport, Outcome

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
WITHIN = 100
"""How far into a file its encoding is looked for; UTF-16 has a zero byte in almost every character."""


@dataclass(frozen=True, slots=True)
class Source:
    """One row as it was sent."""

    file: str
    line: int
    values: Mapping[str, Any]


class FileRejected(Exception):
    """Nothing of the file can be used; the finding is in the report."""


def read_lines(bundle: Bundle, file: str, report: ImportReport) -> list[Source]:
    """Every JSON object of a file, a line each; no rows if the file is not there."""
    return _read(bundle, file, report, lambda text: _objects(file, text, report))


def read_table(bundle: Bundle, file: str, columns: Sequence[str], report: ImportReport) -> list[Source]:
    """Every row of a CSV table with at least these columns; FileRejected if it cannot be read as one."""
    return _read(bundle, file, report, lambda text: _rows(file, text, columns, report))


def _read(
    bundle: Bundle, file: str, report: ImportReport, rows: Callable[[str], Iterator[Source | None]]
) -> list[Source]:
    if file not in bundle.names:
        return []
    report.opened(file)
    found = []
    try:
        for row in rows(_text(file, bundle.read(file), report)):
            if row is None:
                report.came_to(file, Outcome.REJECTED)
            else:
                found.append(row)
    except csv.Error:
        report.found(file, 0, "", "file-unreadable")
        raise FileRejected(file) from None
    return found


def _text(file: str, content: bytes, report: ImportReport) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is not None and not (file.endswith(".csv") and "\0" in text[:WITHIN]):
        return text
    rule = "file-utf16" if b"\0" in content[:WITHIN] or content.startswith(UTF_16) else "file-not-utf8"
    report.found(file, 0, "", rule)
    raise FileRejected(file)


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
        values = _decode(line)
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


_decode = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse).decode
"""As `json.loads` does it, which makes a decoder for each line."""


def _rows(file: str, text: str, columns: Sequence[str], report: ImportReport) -> Iterator[Source | None]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if len(header) == 1 < len(columns) and any(mark in header[0] for mark in ";\t|"):
        report.found(file, 1, "", "file-delimiter")
        raise FileRejected(file)
    if missing or len(set(header)) < len(header):
        for column in missing or [""]:
            report.found(file, 1, column, "columns-missing" if missing else "file-unreadable")
        raise FileRejected(file)
    line = reader.line_num + 1
    for values in reader:
        if len(values) == len(header):
            yield Source(file, line, dict(zip(header, map(unmarked, values), strict=True)))
        elif values:
            report.found(file, line, "", "row-malformed")
            yield None
        line = reader.line_num + 1
