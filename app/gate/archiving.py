"""A month of the log leaves the database for a file, in the transaction of the entry that says so.

No caller stands behind it: it is the operator's, with the rights of the log's owner.
"""

from datetime import datetime

from app.audit.archive import Archived
from app.audit.archiving import departure
from app.audit.entry import Record, event_id
from app.audit.submission import Receipt, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED

ARCHIVE = "archive"


async def archive(gate: Gate, at: datetime, archived: Archived, request_id: str) -> Receipt:
    """Make it durable; ChangeRefused if the month is not there any more or not what was written to the file."""
    record = Record(
        kind=ARCHIVE,
        occurred_at=at,
        caller=None,
        action=ARCHIVE,
        resource="openmind audit archive",
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason="operator-archive",
        details={
            "first": archived.first,
            "month": archived.month,
            "sha256": archived.sha256.hex(),
            "stop": archived.stop,
        },
        event_id=event_id(),
    )
    (receipt,) = await gate.log.append(Submission((record.sealed(),), departure(archived)))
    return receipt
