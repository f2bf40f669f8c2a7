"""What an export of each form says, read back by other code than wrote it."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet

LISTS = ("clauses", "released", "withheld", "consents")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def from_lines(content: bytes) -> list[dict[str, Any]]:
    """NDJSON, in the shape in which the API shows an entry."""
    assert content.endswith(b"\n") or not content
    return [json.loads(each) for each in content.decode().split("\n")[:-1]]


def from_csv(content: bytes) -> list[dict[str, Any]]:
    """The same, put together from a table whose marks are taken off; no cell is a formula."""
    records = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert not [cell for record in records for cell in record if cell.startswith(FORMULAS)]
    names, *rows = records
    plain = [[cell.removeprefix("'") for cell in row] for row in rows]
    return [_shown(dict(zip(names, row, strict=True))) for row in plain]


def from_parquet(content: bytes) -> list[dict[str, Any]]:
    """The same, from Parquet."""
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    return [_shown(row) for row in table.to_pylist()]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The entry of a row, after every other column has been held against it."""
    entry = json.loads(row["entry"])
    caller = entry["caller"] or {}
    said = {
        "occurredAt": entry["occurredAt"],
        **{name: caller.get(name) for name in ("staff", "party", "role", "client")},
    }
    said |= {name: entry[name] for name in ("eventId", "type", "purpose", "action", "resource", "outcome", "reason")}
    said |= {name: entry[name] for name in ("agreement", "requestId")}
    for name, value in said.items():
        assert _text(row[name]) == (value or ""), name
    for name in LISTS[:3]:
        assert _listed(row[name]) == list(entry[name]), name
    erased = _text(row["personErased"]) in ("true", "True")
    has_part = entry["subject"] is not None and not erased
    person = {"consents": _listed(row["consents"]), "crn": row["crn"] or None, "personId": row["personId"] or None}
    return {
        "number": int(row["number"]),
        "recordedAt": _text(row["recordedAt"]),
        "leafHash": row["leafHash"],
        "entry": entry,
        "person": person if has_part else None,
        "personErased": erased,
    }


def _listed(value: str | Sequence[str]) -> list[str]:
    return value.split() if isinstance(value, str) else list(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return "" if value is None else str(value)


READERS = {"ndjson": from_lines, "csv": from_csv, "parquet": from_parquet}
