"""What the operator does about lines that wait: see how many there are and since when, try them again, let them go.

No caller stands behind it; each is an entry, which says how many and nothing of what they were.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.audit.entry import ERASE, Record, event_id
from app.audit.submission import Change, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.gate.erasing import REPORT
from app.records import held
from app.records.held import HELD_TABLES, Waiting
from app.records.permit import issue_tables

__all__ = ["Waiting", "drop", "retry", "waiting"]
TRIED, DROPPED = "openmind retention held --retry", "openmind retention held"


async def waiting(gate: Gate, at: datetime, request_id: str) -> Sequence[Waiting]:
    """By system and what they wait for."""
    permit = issue_tables(HELD_TABLES)
    try:
        found = await held.waiting(gate.records, permit)
    finally:
        permit.close()
    await gate.log.append(Submission((_record(gate, at, REPORT, DROPPED, request_id, {"change": "read"}).sealed(),)))
    return found


async def retry(gate: Gate, at: datetime, now: datetime, request_id: str) -> None:
    """Every line is tried at once, whatever it waits for; `now` by the real clock."""
    record = _record(gate, at, REPORT, TRIED, request_id, {"change": "tried again", "table": "sync_held"})
    await gate.log.append(Submission((record.sealed(),), (Change(*held.tried_again(gate.records, now)),)))


async def drop(gate: Gate, at: datetime, before: datetime, authority: str, request_id: str) -> int:
    """What lines say that were taken before a moment is gone; how many there were.

    ChangeRefused if one of them was applied meanwhile: then nothing is.
    """
    permit = issue_tables(HELD_TABLES)
    try:
        lines = await held.count(gate.records, permit, before)
    finally:
        permit.close()
    if lines:
        said = {"authority": authority, "records": {"sync_held": lines}, "targets": []}
        record = _record(gate, at, ERASE, DROPPED, request_id, said)
        change = Change(*held.dropped(gate.records, before, lines))
        await gate.log.append(Submission((record.sealed(),), (change,)))
    return lines


def _record(gate: Gate, at: datetime, kind: str, resource: str, request_id: str, said: Mapping[str, Any]) -> Record:
    return Record(
        kind=kind,
        occurred_at=at,
        caller=None,
        action=ERASE if kind == ERASE else "read" if resource == DROPPED else "write",
        resource=resource,
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason="retention-over" if kind == ERASE else "operator-report",
        details=dict(said),
        event_id=event_id(),
    )
