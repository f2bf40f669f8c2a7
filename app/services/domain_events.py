"""Domain events in: that something of a person changed at the probation service's system, and never what (H5).

A merger or a parting of two records is taken as it is said. Of everything else it is kept that the record at its source
is newer than what is here, until that comes in a batch. Nothing is fetched from anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.audit.canonical import canonical
from app.gate import Act, Gate
from app.records import domain_events, rows
from app.records.rows import Found
from app.records.writing import own_version, person_id
from app.services.answers import Answer, document
from app.vocabulary import Question

MERGED, PARTED = "probation-case.merge.completed", "probation-case.unmerge.completed"
ALIAS, EVENT = "person_alias", "sync_event"
APPLIED, AWAITED, OVERTAKEN = "applied", "awaited", "overtaken"


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """What a system says has happened, to the record of a CRN and, of a merger, in regard to another."""

    type: str
    occurred_at: datetime
    crn: str
    """Of a merger the one that went into the other, of a parting the one that is again by itself."""
    other: str | None = None

    def id(self, client: str) -> str:
        """The same event again has the same: it is not taken twice."""
        said = {"client": client, "type": self.type, "at": self.occurred_at.isoformat(), "crn": self.crn}
        return str(uuid5(NAMESPACE_URL, canonical(said | {"other": self.other})))


class DomainEventService:
    """Events taken, and for oversight what they leave to be sent; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def receive(self, question: Question, event: DomainEvent) -> Answer:
        """The same answer whatever comes of it, and again for an event that was taken before."""
        async with self._gate.act(question, alone=True) as act:
            identity = event.id(question.caller.client)
            if await rows.one(self._gate.records, act.permit, EVENT, identity) is None:
                came = await self._take(act, event)
                act.changes.append(self._gate.writer.insert(EVENT, _row(identity, question, event, came)))
                act.details |= {"change": "received", "table": EVENT, "event": event.type, "came": came}
            act.answer = document({"id": identity, "state": "received"})
        return Answer(act.answer, act.receipt)

    async def _take(self, act: Act, event: DomainEvent) -> str:
        """What came of it."""
        if event.other is None:
            return AWAITED
        records, permit = self._gate.records, act.permit
        said = [
            row
            for one, other in ((event.crn, event.other), (event.other, event.crn))
            for row in await rows.rows(records, permit, ALIAS, crn=one, other_crn=other)
        ]
        last = [moment for row in said for moment in (row["recorded_at"], row["parted_at"]) if moment]
        if last and event.occurred_at <= max(last):
            return OVERTAKEN
        if event.type == PARTED and said:
            act.changes += [self._parted(row, event.occurred_at) for row in said if row["parted_at"] is None]
            return APPLIED
        if not await rows.rows(records, permit, "person", crn=event.crn):
            return AWAITED  # it says so itself when it comes
        act.changes += self._said(event)
        return APPLIED

    def _said(self, event: DomainEvent) -> list[tuple[Any, ...]]:
        """Of a parting too, so that the merger before it has no effect if it comes later."""
        own, into = event.crn, event.other
        ends = event.occurred_at if event.type == PARTED else None
        about = {"said_by": person_id(own), "recorded_at": event.occurred_at, "parted_at": ends}
        pairs = ((own, into), (into, own))
        return [
            (*self._gate.writer.upsert(ALIAS, {**about, "crn": one, "other_crn": other}), 1) for one, other in pairs
        ]

    def _parted(self, row: Found, at: datetime) -> tuple[Any, ...]:
        seen = {name: row[name] for name in ("said_by", "crn", "other_crn", "parted_at", "recorded_at")}
        return self._gate.writer.update(ALIAS, seen, {"parted_at": at})

    async def awaited(self, question: Question) -> Answer:
        """How many events of each system speak of records that have not come since, and since when the oldest does."""
        async with self._gate.act(question) as act:
            found = await domain_events.awaited(self._gate.records, act.permit)
            act.answer = document({"data": [_awaited(row, question.at) for row in found]})
        return Answer(act.answer, act.receipt)


def _row(identity: str, question: Question, event: DomainEvent, came: str) -> Mapping[str, Any]:
    return {
        "id": identity,
        "client": question.caller.client,
        "event_type": event.type,
        "occurred_at": event.occurred_at,
        "occurred_version": own_version(event.occurred_at)["source_version"],
        "crn": event.crn,
        "outcome": came,
        "recorded_at": question.at,
    }


def _awaited(row: tuple[Any, ...], at: datetime) -> Mapping[str, Any]:
    client, count, oldest = row
    hours = int((at - oldest).total_seconds() // 3600)
    return {"client": client, "awaited": {"count": count, "oldestAt": oldest, "oldestHours": hours}}
