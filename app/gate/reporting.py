"""Figures that the operator takes: no caller stands behind them, and nothing leaves before the entry that says so."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from app.audit.entry import Record, event_id
from app.audit.submission import Receipt, Submission
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.records.permit import Permit, issue_tables
from app.records.views import tables_about
from app.vocabulary import Action, Register

FIGURES = "figures"
RESOURCE = "openmind report"


@contextmanager
def counting(register: Register) -> Iterator[Permit]:
    """Within this block what figures are made of may be read; UnpermittedRead after it."""
    permit = issue_tables(tables_about((register,)))
    try:
        yield permit
    finally:
        permit.close()


async def note_report(
    gate: Gate, at: datetime, request_id: str, register: Register, details: Mapping[str, Any], answer: bytes
) -> Receipt:
    """Make durable that the operator takes a report; LogUnavailable if it cannot be, and then nothing may leave."""
    record = Record(
        kind=FIGURES,
        occurred_at=at,
        caller=None,
        action=Action.READ.value,
        resource=RESOURCE,
        outcome=PERMITTED,
        request_id=request_id,
        agreement=gate.agreements.at(at).digest,
        reason="operator-report",
        released={register.value: ["*"]},
        details=details,
        answer=answer,
        event_id=event_id(),
    )
    return (await gate.log.append(Submission((record.sealed(),))))[0]
