"""Files as rows: JSON lines and CSV, each row with its file and line; what cannot be read is found, never guessed."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from app.services.formulas import unmarked
from app.sync.bundle import Bundle
from app.sync.report import ImportReport, Outcome

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
WITHIN = 100
"""How far into a file its encoding is looked for; UTF-16 has a zero byte in almost every character."""

LONGEST_LINE = 4 * 1024 * 1024
"""Characters."""


class Source(NamedTuple):
    """One row as it was sent."""

    file: str
    line: int
    values: Mapping[str, Any]


class FileRejected(Exception):
    """Nothing of the file can be used; the finding is in the report."""


class Rows(Collection[Source]):
    """The rows of a file that was looked through once: read again from it each time they are asked for, a few at once.

    What is wrong with the file or with a row was found then, and is not found again.
    """

    def __init__(self, bundle: Bundle, file: str, read: "Reading") -> None:
        self._bundle, self._file, self._read, self._count = bundle, file, read, 0

    def __contains__(self, row: object) -> bool:
        return any(each == row for each in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Source]:
        with self._bundle.open(self._file) as file:
            yield from (row for row in self._read(file, ImportReport()) if row is not None)

    def look_through(self, report: ImportReport) -> None:
        """Count the rows and report what is wrong; FileRejected if none of them can be used."""
        report.opened(self._file)
        try:
            with self._bundle.open(self._file) as file:
                for row in self._read(file, report):
                    if row is None:
                        report.came_to(self._file, Outcome.REJECTED)
                    else:
                        self._count += 1
        except csv.Error:
            report.found(self._file, 0, "", "file-unreadable")
            raise FileRejected(self._file) from None
        except UnicodeDecodeError as fault:
            is_utf16 = b"\0" in fault.object[:WITHIN] or fault.object.startswith(UTF_16)
            report.found(self._file, 0, "", "file-utf16" if is_utf16 else "file-not-utf8")
            raise FileRejected(self._file) from None


Reading = Callable[[BinaryIO, ImportReport], Iterator[Source | None]]
"""The rows of an open file, None for one that is broken."""


def read_lines(bundle: Bundle, file: str, report: ImportReport) -> Collection[Source]:
    """Every JSON object of a file, a line each; no rows if the file is not there."""
    return _looked_through(bundle, file, report, lambda opened, found: _objects(file, opened, found))


def read_table(bundle: Bundle, file: str, columns: Sequence[str], report: ImportReport) -> Collection[Source]:
    """Every row of a CSV table with at least these columns; FileRejected if it cannot be read as one."""
    return _looked_through(bundle, file, report, lambda opened, found: _rows(file, opened, columns, found))


def _looked_through(bundle: Bundle, file: str, report: ImportReport, read: Reading) -> Collection[Source]:
    if file not in bundle.names:
        return ()
    rows = Rows(bundle, file, read)
    rows.look_through(report)
    return rows


def _pieces(file: BinaryIO, newline: str) -> Iterator[str]:
    """Lines as text; csv.Error for one that is longer than any record, UnicodeDecodeError for what is no UTF-8."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline=newline)
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                raise csv.Error("a line without an end")
            yield line
    finally:
        with suppress(ValueError):  # it is closed already
            text.detach()  # whoever opened it closes it


def _objects(file: str, opened: BinaryIO, report: ImportReport) -> Iterator[Source | None]:
    for number, line in enumerate(_pieces(opened, "\n"), 1):
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


def _rows(file: str, opened: BinaryIO, columns: Sequence[str], report: ImportReport) -> Iterator[Source | None]:
    start = opened.read(WITHIN)
    if b"\0" in start:  # which UTF-8 would let pass
        report.found(file, 0, "", "file-utf16")
        raise FileRejected(file)
    opened.seek(0)
    reader = csv.reader(_pieces(opened, ""), strict=True)
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
