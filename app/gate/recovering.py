"""What the operator says of a log that is not what it was: it goes on under a new name, or is taken as it is.

No caller stands behind these; the entry says by what authority it was done.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.audit.checkpoint_rows import CheckpointRows
from app.audit.entry import Record, event_id
from app.audit.recovery import CONFIRM, RECOVER, Plan
from app.audit.submission import Change, Receipt, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED


async def recover(
    gate: Gate, rows: CheckpointRows, at: datetime, plan: Plan, authority: str, request_id: str
) -> Receipt:
    """Make durable that the log goes on under a new name; ChangeRefused if it is not of the planned size any more."""
    record = _record(gate, at, RECOVER, plan.details(authority), request_id)
    change = Change(*rows.recover(plan.recovery(), record.event_id or ""))
    (receipt,) = await gate.log.append(Submission((record.sealed(),), (change,)))
    return receipt


async def confirm(gate: Gate, at: datetime, size: int, root: bytes, authority: str, request_id: str) -> Receipt:
    """Make durable that the operator takes the log as it is, though nobody outside could be asked."""
    details = {"authority": authority, "root": root.hex(), "size": size}
    (receipt,) = await gate.log.append(Submission((_record(gate, at, CONFIRM, details, request_id).sealed(),)))
    return receipt


def _record(gate: Gate, at: datetime, kind: str, details: Mapping[str, Any], request_id: str) -> Record:
    return Record(
        kind=kind,
        occurred_at=at,
        caller=None,
        action=kind,
        resource=f"openmind audit {kind}",
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason=f"operator-{kind}",
        details=details,
        event_id=event_id(),
    )
