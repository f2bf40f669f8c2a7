"""What the operator does that no clause lets a caller do: see what is due to be destroyed, and destroy it by law.

No caller stands behind these; the entry says so, by what authority it was done, and nothing of whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.audit.canonical import canonical
from app.audit.entry import ERASE, Record, event_id
from app.audit.submission import Change, Receipt, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.pathway.retention import Hold, Treatment
from app.records import erasure, retention
from app.records.permit import issue_tables

REPORT = "report"


@dataclass(frozen=True, slots=True)
class Found:
    """What an erasure of one person would destroy, and what speaks against it; None of nobody on file."""

    person_id: str
    treatments: Sequence[Treatment]
    holds: Sequence[Hold]
    records: Mapping[str, int]
    parts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Order:
    """By what authority, and why, in words that name nobody."""

    reason: str
    authority: str
    due_on: date | None


async def due(
    gate: Gate, at: datetime, today: date, request_id: str
) -> tuple[Mapping[str, Sequence[Treatment]], Mapping[str, Sequence[Hold]]]:
    """Everybody's referrals and what keeps their records, by CRN; the entry says that somebody looked."""
    permit = issue_tables(retention.RETAINED)
    try:
        found = await retention.treatments(gate.records, permit), await retention.holds(gate.records, permit, today)
        await gate.log.append(Submission((_report(gate, at, "openmind retention due", request_id).sealed(),)))
        return found
    finally:
        permit.close()


async def look(gate: Gate, crn: str, today: date) -> Found | None:
    """What there is of a person, for a dry run or right before an erasure; it leaves no entry of its own."""
    permit = issue_tables(erasure.tables() | retention.RETAINED)
    try:
        treatments = await retention.treatments(gate.records, permit, crn)
        holds = await retention.holds(gate.records, permit, today, crn)
        person = await erasure.person_with(gate.records, permit, crn)
        parts = await erasure.parts(gate.records, person or "", crn)
        if person is None and not parts:
            return None
        records = await erasure.count(gate.records, permit, person or "", crn)
        return Found(person or "", treatments.get(crn, []), holds.get(crn, []), records, parts)
    finally:
        permit.close()


async def erase(gate: Gate, at: datetime, crn: str, found: Found, order: Order, request_id: str) -> Receipt:
    """Destroy what was found, in one transaction with the entry that says so and a stub that names nobody.

    ChangeRefused if something of it changed since it was looked at: then nothing is destroyed.
    """
    record = Record(
        kind=ERASE,
        occurred_at=at,
        caller=None,
        action=ERASE,
        resource="openmind erase",
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason=order.reason,
        details={"authority": order.authority, "records": dict(found.records), "targets": list(found.parts)},
        event_id=event_id(),
    )
    stub: dict[str, Any] = {
        "id": event_id(),
        "event_id": record.event_id,
        "erased_at": at,
        "reason": order.reason,
        "authority": order.authority,
        "due_on": order.due_on,
        "records": canonical(dict(found.records)),
    }
    removals = erasure.statements(gate.records, found.person_id, crn, found.records)
    parts = erasure.erase_parts(gate.records, found.parts)
    changes = [*removals, gate.writer.insert("erasure_stub", stub)]
    (receipt,) = await gate.log.append(
        Submission(
            (record.sealed(),),
            tuple(Change(*change) for change in changes),
            tuple(Change(*change) for change in parts),
        )
    )
    return receipt


def _report(gate: Gate, at: datetime, resource: str, request_id: str) -> Record:
    return Record(
        kind=REPORT,
        occurred_at=at,
        caller=None,
        action="read",
        resource=resource,
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason="operator-report",
    )
