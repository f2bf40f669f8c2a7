"""The forms in which a part of the log is handed out, each written a few hundred entries at a time."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.audit.rows import Row
from app.services.audit_lines import COLUMNS, LISTS, TIMES, flat, line
from app.services.formulas import marked


class Format(StrEnum):
    """A line of JSON for each entry, or a table."""

    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Encoder(ABC):
    """Bytes as they come; together they are the document."""

    def begin(self) -> bytes:
        """What stands before the first entry."""
        return b""

    @abstractmethod
    def add(self, rows: Sequence[Row]) -> bytes:
        """The next entries."""

    def end(self) -> bytes:
        """What stands behind the last entry."""
        return b""


def encoder_of(form: Format) -> Encoder:
    """A new one."""
    kinds: dict[Format, type[Lines | Csv | Parquet]] = {Format.NDJSON: Lines, Format.CSV: Csv, Format.PARQUET: Parquet}
    return kinds[form]()


class Lines(Encoder):
    """Newline-delimited JSON, each line as the API shows an entry."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """A line each."""
        return b"".join(line(row) + b"\n" for row in rows)


class Csv(Encoder):
    """RFC 4180 in UTF-8, lists joined by spaces; no cell is a formula to anybody."""

    def begin(self) -> bytes:
        """The names of the columns."""
        return _written([list(COLUMNS)])

    def add(self, rows: Sequence[Row]) -> bytes:
        """A record each."""
        return _written([[_cell(value) for value in flat(row)] for row in rows])


def _written(records: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(records)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(value) if isinstance(value, list) else str(value)
    return marked(text)


class Parquet(Encoder):
    """Apache Parquet: a row group for each few hundred entries, zstd, times as UTC timestamps."""

    def __init__(self) -> None:
        import pyarrow  # here, since loading it takes longer than most processes need it for
        import pyarrow.parquet as parquet

        self._arrow, self._sink = pyarrow, _Sink()
        self._schema = pyarrow.schema([(name, self._type(name)) for name in COLUMNS])
        self._writer = parquet.ParquetWriter(pyarrow.PythonFile(self._sink, mode="w"), self._schema, compression="zstd")

    def add(self, rows: Sequence[Row]) -> bytes:
        """A row group, if there are any."""
        if rows:
            columns = zip(self._schema, zip(*map(flat, rows), strict=True), strict=True)
            arrays = [self._arrow.array(_moments(field.name, values), field.type) for field, values in columns]
            self._writer.write_batch(self._arrow.record_batch(arrays, schema=self._schema))
        return self._sink.taken()

    def end(self) -> bytes:
        """The footer, which says where the row groups stand."""
        self._writer.close()
        return self._sink.taken()

    def _type(self, name: str) -> Any:
        if name in LISTS:
            return self._arrow.list_(self._arrow.string())
        if name in TIMES:
            return self._arrow.timestamp("us", tz="UTC")
        return {"number": self._arrow.int64(), "personErased": self._arrow.bool_()}.get(name, self._arrow.string())


def _moments(name: str, values: Sequence[Any]) -> Sequence[Any]:
    return [datetime.fromisoformat(value) for value in values] if name in TIMES else values


class _Sink(io.RawIOBase):
    """A file that is read from the front while it is written at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until it is taken."""
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        """How much was written, which is where the next row group stands."""
        return self._written

    def taken(self) -> bytes:
        """What was written since this was asked last."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
