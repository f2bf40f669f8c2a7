"""What is due to be destroyed, and its destruction: for the operator alone, since no clause lets anybody else."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.audit.submission import ChangeRefused, Receipt
from app.gate import Gate
from app.gate.erasing import Found, Order, due, erase, look
from app.pathway.retention import Basis, Hold, Retention, retention_of
from app.policies.agreement import LONDON

TRIES = 5
"""How often an erasure begins again, where somebody asked about the person or wrote about them meanwhile."""


UNDER_WAY_SECONDS = 30.0
"""How long a request that had found the person may take until its entry stands: longer than any waits for the log."""


async def _until_they_end() -> None:
    await asyncio.sleep(UNDER_WAY_SECONDS)


class ErasureRefused(Exception):
    """What was asked for may not or could not be done; the message says why and names nobody."""


class Reason(StrEnum):
    """Why a person's part is erased; the first of these only when it is due."""

    RETENTION_OVER = "retention-over"
    ERASURE_GRANTED = "erasure-granted"
    COURT_ORDER = "court-order"


@dataclass(frozen=True, slots=True)
class Due:
    """One person's treatment records: until when they are kept, and what keeps them all the same."""

    crn: str
    retention: Retention
    holds: Sequence[Hold]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would destroy, and why it may not be done; empty `against` if it may."""

    crn: str
    found: Found
    retention: Retention
    against: Sequence[str]


class RetentionService:
    """Through a gate that acts as the eraser's database role, or for reports as any that may read.

    `until_they_end` returns once the requests have ended that were under way when it was called.
    """

    def __init__(self, gate: Gate, until_they_end: Callable[[], Awaitable[None]] = _until_they_end) -> None:
        self._gate, self._until_they_end = gate, until_they_end

    async def due(self, at: datetime, on: date, request_id: str) -> list[Due]:
        """Everybody whose treatment records are due on a day, by that day and CRN, holds included."""
        treatments, holds = await due(self._gate, at, on, request_id)
        found = [Due(crn, retention_of(each), holds.get(crn, ())) for crn, each in treatments.items()]
        return sorted(
            (each for each in found if each.retention.is_due(on)),
            key=lambda each: (each.retention.due_on or date.max, each.crn),
        )

    async def plan(self, at: datetime, crn: str, reason: Reason) -> Plan:
        """What would go and what speaks against it; nothing is changed. ErasureRefused if there is nothing of them."""
        today = at.astimezone(LONDON).date()
        found = await look(self._gate, crn, today)
        if found is None:
            raise ErasureRefused("nothing of this person is held")
        retention = retention_of(found.treatments)
        against = [hold.value for hold in found.holds]
        if retention.basis is Basis.LIVE:
            against.insert(0, Hold.REFERRAL.value)
        if reason is Reason.RETENTION_OVER and not retention.is_due(today):
            when = f"not before {retention.due_on}" if retention.due_on else "no date can be computed"
            against.append(f"retention is not over: {when} ({retention.basis.value})")
        return Plan(crn, found, retention, against)

    async def erase(self, at: datetime, crn: str, reason: Reason, authority: str, request_id: str) -> list[Receipt]:
        """Destroy a person's part of the records and of the log; a receipt for each entry that says so.

        What comes into the log about them while it is done, by requests that had found them before, goes by a further
        entry. ErasureRefused if something speaks against it, or if it changes faster than it can be destroyed.
        """
        receipts = await self._erase(at, crn, reason, authority, request_id, [])
        await self._until_they_end()
        return await self._erase(at, crn, reason, authority, request_id, receipts)

    async def _erase(
        self, at: datetime, crn: str, reason: Reason, authority: str, request_id: str, before: Sequence[Receipt]
    ) -> list[Receipt]:
        """Until nothing is held any more, with the receipts of before; they were asked for what speaks against it."""
        receipts = list(before)
        for _ in range(TRIES):
            try:
                plan = await self.plan(at, crn, reason if not receipts else Reason.ERASURE_GRANTED)
            except ErasureRefused:
                if receipts:
                    return receipts
                raise
            if plan.against and not receipts:
                raise ErasureRefused("; ".join(plan.against))
            order = Order(reason.value, authority, plan.retention.due_on)
            try:
                receipts.append(await erase(self._gate, at, crn, plan.found, order, request_id))
            except ChangeRefused:
                continue
        if receipts:
            return receipts
        raise ErasureRefused("something about this person is being written all the time; try again later")
