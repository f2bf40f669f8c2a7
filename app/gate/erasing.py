"""What the operator does that no clause lets a caller do: see what is due to be destroyed, and destroy it by law.

A person's part of everything, or access alerts whose time is over.

No caller stands behind these; the entry says so, by what authority it was done, and nothing of whom.
"""

from collections import Counter
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
from app.records import alerts, erasure, feed_keeping, retention
from app.records.alerts import Closed
from app.records.permit import issue_tables

REPORT = "report"
FORGETTING = "openmind retention alerts"


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

    Whichever system was given the person is told to drop them (H6), by its own ids, until it has acknowledged that.
    ChangeRefused if something of it changed since it was looked at: then nothing is destroyed.
    """
    said = {"targets": list(found.parts)}
    record, stub = _erasure(gate, at, "openmind erase", order, found.records, said, request_id)
    removals = feed_keeping.erased(gate.records, found.person_id, at)
    removals += erasure.statements(gate.records, found.person_id, crn, found.records)
    parts = erasure.erase_parts(gate.records, found.parts)
    return await _destroyed(gate, record, [*removals, stub], parts)


async def closed_alerts(gate: Gate) -> Sequence[Closed]:
    """Every access alert that was closed, right before some are destroyed; it leaves no entry of its own."""
    permit = issue_tables(frozenset(alerts.ALERTS))
    try:
        return await alerts.closed(gate.records, permit)
    finally:
        permit.close()


async def report_alerts(gate: Gate, at: datetime, request_id: str) -> Sequence[Closed]:
    """The same for a report; the entry says that somebody looked."""
    found = await closed_alerts(gate)
    await gate.log.append(Submission((_report(gate, at, FORGETTING, request_id).sealed(),)))
    return found


async def forget_alerts(gate: Gate, at: datetime, due: Sequence[Closed], order: Order, request_id: str) -> Receipt:
    """Destroy alerts, in one transaction with the entry that names them by their ids and a stub.

    ChangeRefused if something of them changed since they were looked at: then nothing is destroyed.
    """
    rows = Counter[str]()
    for alert in due:
        rows.update(alert.rows())
    said = {"alerts": [alert.id for alert in due], "targets": []}
    record, stub = _erasure(gate, at, FORGETTING, order, +rows, said, request_id)
    removals = [change for alert in due for change in alerts.destroyed(gate.records, alert)]
    return await _destroyed(gate, record, [stub], removals)


def _erasure(
    gate: Gate,
    at: datetime,
    resource: str,
    order: Order,
    records: Mapping[str, int],
    said: Mapping[str, Any],
    request_id: str,
) -> tuple[Record, tuple[str, Sequence[Any], int | None]]:
    """The entry that says what goes by which authority, and the stub that stays of it in the database."""
    record = Record(
        kind=ERASE,
        occurred_at=at,
        caller=None,
        action=ERASE,
        resource=resource,
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason=order.reason,
        details={"authority": order.authority, "records": dict(records), **said},
        event_id=event_id(),
    )
    stub: dict[str, Any] = {
        "id": event_id(),
        "event_id": record.event_id,
        "erased_at": at,
        "reason": order.reason,
        "authority": order.authority,
        "due_on": order.due_on,
        "records": canonical(dict(records)),
    }
    return record, gate.writer.insert("erasure_stub", stub)


async def _destroyed(gate: Gate, record: Record, changes: Sequence[Any], afterwards: Sequence[Any]) -> Receipt:
    (receipt,) = await gate.log.append(
        Submission(
            (record.sealed(),),
            tuple(Change(*change) for change in changes),
            tuple(Change(*change) for change in afterwards),
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
