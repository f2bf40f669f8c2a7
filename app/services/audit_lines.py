"""An entry of the log as oversight is shown it: the very bytes that were hashed, and whom it is about if that stands.

The salt is never shown: with it, small answers ("attended: yes") could be guessed from their digest, which is content.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic_core import from_json

from app.audit.rows import Row


def line(row: Row) -> bytes:
    """One JSON object; `entry` is the canonical text itself."""
    fields = (
        f'"number":{row.seq}',
        f'"recordedAt":{json.dumps(row.recorded_at)}',
        f'"leafHash":"{row.leaf_hash.hex()}"',
        f'"entry":{row.body}',
        f'"person":{row.part or "null"}',
        f'"personErased":{"true" if row.is_erased else "false"}',
    )
    return ("{" + ",".join(fields) + "}").encode()


class Flat(NamedTuple):
    """An entry read, with what stands one level down in it: never None, so that names can be looked up."""

    row: Row
    entry: Mapping[str, Any]
    caller: Mapping[str, Any]
    person: Mapping[str, Any]


def flat(row: Row) -> list[Any]:
    """The same as a row of a table, in the order of `COLUMNS`."""
    entry = from_json(row.body)
    read = Flat(row, entry, entry["caller"] or {}, person_of(row))
    return [value(read) for value in COLUMNS.values()]


def _of_entry(name: str) -> Callable[[Flat], Any]:
    return lambda read: read.entry[name]


def _of_caller(name: str) -> Callable[[Flat], Any]:
    return lambda read: read.caller.get(name)


def _of_person(name: str) -> Callable[[Flat], Any]:
    return lambda read: read.person.get(name)


def _listed(name: str) -> Callable[[Flat], list[str]]:
    return lambda read: list(read.entry[name])


COLUMNS: Mapping[str, Callable[[Flat], Any]] = {
    "number": lambda read: read.row.seq,
    "recordedAt": lambda read: read.row.recorded_at,
    **{name: _of_entry(name) for name in ("occurredAt", "eventId", "type")},
    **{name: _of_caller(name) for name in ("staff", "party", "role", "client")},
    **{name: _of_entry(name) for name in ("purpose", "action", "resource", "outcome", "reason", "agreement")},
    **{name: _listed(name) for name in ("clauses", "released", "withheld")},
    "requestId": _of_entry("requestId"),
    **{name: _of_person(name) for name in ("personId", "crn")},
    "consents": lambda read: list(read.person.get("consents", ())),
    "personErased": lambda read: read.row.is_erased,
    "leafHash": lambda read: read.row.leaf_hash.hex(),
    "entry": lambda read: read.row.body,
}
"""A table of entries: its columns and what stands in them; `entry` is the canonical text."""
LISTS = frozenset({"clauses", "released", "withheld", "consents"})
TIMES = frozenset({"recordedAt", "occurredAt"})


def person_of(row: Row) -> Mapping[str, Any]:
    """The person's part as far as there is one."""
    return from_json(row.part) if row.part else {}
