"""Access alerts whose time is over, and their destruction: for the operator alone, like all that is kept for a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.audit.submission import ChangeRefused, Receipt
from app.gate import Gate
from app.gate.erasing import Order, closed_alerts, forget_alerts, report_alerts
from app.pathway.retention import alert_due_on
from app.policies.agreement import LONDON
from app.records.alerts import Closed
from app.services.retention import TRIES, ErasureRefused, Reason

AT_ONCE = 100
"""Alerts that one entry names."""


@dataclass(frozen=True, slots=True)
class DueAlert:
    """A closed alert, and the day from which it is due to be destroyed."""

    alert: Closed
    due_on: date


class AlertRetentionService:
    """Through a gate that acts as the eraser's database role, or for reports as any that may read."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def due(self, at: datetime, on: date, request_id: str) -> list[DueAlert]:
        """What is due on a day, the longest closed first; an entry says that somebody looked."""
        return _due(await report_alerts(self._gate, at, request_id), on)

    async def destroy(self, at: datetime, authority: str, request_id: str) -> list[Receipt]:
        """Destroy what is due today; a receipt for each entry that says so.

        ErasureRefused if it changes faster than it can be destroyed; then what a receipt was made for is gone.
        """
        today, receipts, tries = at.astimezone(LONDON).date(), list[Receipt](), TRIES
        while due := _due(await closed_alerts(self._gate), today)[:AT_ONCE]:
            order = Order(Reason.RETENTION_OVER.value, authority, due[-1].due_on)
            try:
                alerts = [each.alert for each in due]
                receipts.append(await forget_alerts(self._gate, at, alerts, order, request_id))
            except ChangeRefused:
                tries -= 1
                if not tries:
                    raise ErasureRefused("an alert is being changed all the time; try again later") from None
        return receipts


def _due(closed: Sequence[Closed], on: date) -> list[DueAlert]:
    found = [DueAlert(each, alert_due_on(each.outcome, each.closed_at.astimezone(LONDON).date())) for each in closed]
    return sorted((each for each in found if each.due_on <= on), key=lambda each: (each.due_on, each.alert.id))
