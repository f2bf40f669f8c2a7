"""What a record is written by: the states that it was in, what belongs to it, and what its entry says of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.gate import Gate
from app.services.registers import REGISTERS, Compared, RegisterService
from app.sync.records import Incoming, version_of


class Changes:
    """Makes the changes of records that were compared with what is there."""

    def __init__(self, gate: Gate, registers: RegisterService) -> None:
        self._writer, self._registers = gate.writer, registers

    def of(self, record: Incoming, standing: Compared) -> list[tuple[Any, ...]]:
        """The record, then what belongs to it; what feeds facts is written twice where it was changed before it came.

        The first of the two is what it is known by between its recording and its last change, and the database keeps it
        as the past.
        """
        is_new = standing is Compared.NEW
        row = row_of(record, standing)
        if record.table in REGISTERS and not is_new:
            row = dict(self._registers.keeping(record.table, row))
        states = states_of(record, row, standing)
        changes: list[tuple[Any, ...]] = [*self._writer.before(record.table, states)]
        changes += [(*self._writer.upsert(record.table, state), 1) for state in states]
        return changes + self.inner(record, standing)

    def inner(self, record: Incoming, standing: Compared) -> list[tuple[Any, ...]]:
        """What belongs to the record, replaced whole where it is a list."""
        is_new, changes = standing is Compared.NEW, list[tuple[Any, ...]]()
        since = record.recorded_at if is_new else record.modified_at
        for inner in record.inner:
            if inner.column is not None and inner.is_parted and not is_new:
                changes.append(self._writer.part(inner.table, inner.column, record.row["id"], since))
            elif inner.column is not None and not is_new:
                changes.append(self._writer.remove(inner.table, inner.column, record.row["id"]))
            for one in inner.rows:
                version = {"source_version": record.version} if "source" in one else {}
                changes.append(self._writer.upsert(inner.table, {**one, **version, "recorded_at": since}))
        return changes


def row_of(record: Incoming, standing: Compared) -> dict[str, Any]:
    """The record's row, with what is assumed of one that is new."""
    return {**(record.assumed if standing is Compared.NEW else {}), **record.row}


def states_of(record: Incoming, row: Mapping[str, Any], standing: Compared) -> list[dict[str, Any]]:
    """The row as it is written: twice where it feeds facts and was changed before it came."""
    now = _stamped(record.table, row, record.modified_at, record.version)
    if standing is Compared.NEW and record.keeps_past and record.recorded_at < record.modified_at:
        return [_stamped(record.table, row, record.recorded_at, version_of(record.recorded_at)), now]
    return [now]


def details_of(record: Incoming, standing: Compared) -> dict[str, Any]:
    """What an entry says of the record; nothing personal."""
    return {
        "change": "created" if standing is Compared.NEW else "changed",
        "file": record.origins[0][0],
        "table": record.table,
        "version": record.version,
    }


def _stamped(table: str, row: Mapping[str, Any], moment: datetime, version: str) -> dict[str, Any]:
    """The row as it stood at a moment."""
    if table == "therapy_service":
        return {**row}
    known = {} if table in REGISTERS else {"source_version": version}
    return {**row, **known, "recorded_at": moment}
