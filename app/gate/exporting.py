"""Handing out a part of the log whole: nothing of it leaves before the entry that says so is durable.

A caller's export is an act like any read of the log (G1). The operator's, behind whom no caller stands, has an entry of
its own kind here; whom it is about stands in the person's part alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from app.audit.entry import PersonPart, Record, event_id
from app.audit.submission import Receipt, Submission
from app.db import Warrant
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.records import whose
from app.records.permit import issue_tables
from app.records.whose import Found, Named, Sought
from app.vocabulary import Action

EXPORT = "export"
RESOURCE = "openmind audit export"


@contextmanager
def reading(receipt: Receipt | None) -> Iterator[Warrant]:
    """What the entries of the log are read with; TypeError without the receipt of the entry that says so."""
    if receipt is None:
        raise TypeError("nothing of the log is handed out without its entry")
    permit = issue_tables(frozenset())
    try:
        yield permit
    finally:
        permit.close()


async def look_up(gate: Gate, sought: Sought) -> Found:
    """The people whose entries the operator asks for; it leaves no entry of its own, since the export's names them."""
    permit = issue_tables(whose.TABLES)
    try:
        return await whose.found(gate.records, permit, sought)
    finally:
        permit.close()


async def note_export(
    gate: Gate, at: datetime, request_id: str, details: Mapping[str, Any], people: Sequence[Named]
) -> Receipt:
    """Make durable that the operator takes a part of the log: an entry for each person whose it is alone."""
    parts: list[PersonPart | None] = [PersonPart(*named) for named in people]
    entries = tuple(_record(gate, at, request_id, details).sealed(part) for part in parts or [None])
    return (await gate.log.append(Submission(entries)))[0]


def _record(gate: Gate, at: datetime, request_id: str, details: Mapping[str, Any]) -> Record:
    return Record(
        kind=EXPORT,
        occurred_at=at,
        caller=None,
        action=Action.READ.value,
        resource=RESOURCE,
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason="operator-export",
        details=details,
        event_id=event_id(),
    )
