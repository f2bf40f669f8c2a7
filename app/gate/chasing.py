"""What chasing safety alerts takes: which of them nobody has acknowledged, and a way to tell of it once for each stage.

No caller stands behind it, and nobody is shown anything; each telling is an entry about its person, in the transaction
that keeps and announces it. What is announced is the id of the alert and no word of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from app.audit.entry import PersonPart, Record, event_id
from app.audit.submission import Change, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.pathway.chasing import TOLD, Stage
from app.records import safety
from app.records.permit import Permit, issue_tables
from app.records.rows import Found

CHASED = "chase"
RESOURCE = "safety alerts"


class Chaser:
    """Reads which alerts wait and tells of them, while the block of `chasing` lasts."""

    def __init__(self, gate: Gate, permit: Permit) -> None:
        self._gate, self._permit = gate, permit

    async def waiting(self, count: int, after: Found | None) -> Sequence[Found]:
        """The next alerts that somebody may have to be told of."""
        place = (after["released_at"], after["id"]) if after else None
        return await safety.unacknowledged(self._gate.records, self._permit, count, place)

    async def tell(self, alert: Found, stage: Stage, skipped: Sequence[Stage], at: datetime) -> None:
        """Tell of one stage, and of those before it never; ChangeRefused if another process has told of it."""
        telling = TOLD[stage]
        record = Record(
            kind=CHASED,
            occurred_at=at,
            caller=None,
            action=CHASED,
            resource=RESOURCE,
            outcome=PERMITTED,
            request_id=event_id(),
            agreement=self._gate.agreements.at(at).digest,
            announce=telling.office,
            details={"stage": stage.value, "urgency": alert["urgency"]},
            event_id=event_id(),
        )
        changes = [Change(*safety.still_waits(self._gate.records, alert["id"]))]
        changes += [
            Change(*self._gate.writer.insert("safety_alert_chase", told(alert["id"], alert["person_id"], each, at)))
            for each in (*skipped, stage)
        ]
        changes += [
            self._gate.announced(record, event_id(), telling.kind, party.value, alert_id=alert["id"])
            for party in telling.parties
        ]
        whose = PersonPart(alert["person_id"], alert["crn"])
        await self._gate.log.append(Submission((record.sealed(whose),), tuple(changes)))


def told(alert: str, person: str, stage: Stage, at: datetime) -> dict[str, object]:
    """The row that keeps that somebody was told."""
    return {
        "id": str(uuid4()),
        "recorded_at": at,
        "alert_id": alert,
        "person_id": person,
        "stage": stage.value,
        "told_at": at,
    }


@contextmanager
def chasing(gate: Gate) -> Iterator[Chaser]:
    """Within this block it may be read which alerts wait; UnpermittedRead after it."""
    permit = issue_tables(safety.CHASED | {"person"})
    try:
        yield Chaser(gate, permit)
    finally:
        permit.close()
