"""Events of changes in a system's feed, in the shape of HMPPS domain events: ids alone, decided when they are sent."""

import json
from typing import Any

from app.audit.entry import timestamp
from app.config import Broker, Settings, WebhookReceiver
from app.gate import AccessRefused, Gate
from app.gate.feed_events import tell
from app.gate.feed_items import Identifiers, check_receiver
from app.gate.feed_moves import PERSON_CHANGED, PERSON_REMOVED
from app.gate.feeding import work_out
from app.records.deliveries import Due
from app.services.registers import RegisterService
from app.vocabulary import Action, Caller, Category, Fact, Purpose, Question

EVENT_TYPES = {PERSON_CHANGED: "open-mind.person.changed", PERSON_REMOVED: "open-mind.person.removed"}
RESOURCE = "webhook"
VERSION = 1
FEEDS = {PERSON_CHANGED: "/v1/sync/changes", PERSON_REMOVED: "/v1/sync/removals"}


class FeedEvents:
    """What one system after another is told; the system asks for the rest itself."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._gate, self._clock, self._base = gate, settings.clock, settings.issuer.rstrip("/")
        self._registers = RegisterService(gate)

    async def work_out(self, receiver: WebhookReceiver | Broker) -> None:
        """Bring the feed up to date, so that there is something to be told."""
        question = await self._question(receiver, RESOURCE)
        if question is None:
            return
        try:
            asked, agreement = await check_receiver(self._gate, question)
        except AccessRefused:
            return
        while not (await work_out(self._gate, asked, agreement)).is_whole:
            pass

    async def body(self, receiver: WebhookReceiver | Broker, due: Due) -> bytes | None:
        """The event, once its entry is durable; None if there is nothing that the system may be told."""
        question = await self._question(receiver, due.id)
        if question is None or due.feed_number is None:
            return None
        try:
            identifiers = await tell(self._gate, question, due.kind, due.feed_number, due.id)
        except AccessRefused:
            return None
        return None if identifiers is None else self._event(due, identifiers)

    def _event(self, due: Due, identifiers: Identifiers) -> bytes:
        of_removal = {"removalId": str(due.feed_number)} if due.kind == PERSON_REMOVED else {}
        event: dict[str, Any] = {
            "eventType": EVENT_TYPES[due.kind],
            "version": VERSION,
            "occurredAt": timestamp(due.created_at),
            "detailUrl": self._base + FEEDS[due.kind],
            "additionalInformation": {"eventId": due.id} | of_removal,
            "personReference": {"identifiers": identifiers},
        }
        return json.dumps(event, separators=(",", ":"), sort_keys=True).encode()

    async def _question(self, receiver: WebhookReceiver | Broker, request: str) -> Question | None:
        """As the system itself would ask; None for one that could not: unregistered, suspended, of the other party."""
        system = (await self._registers.systems()).get(receiver.client or "")
        if system is None or system.role is None or system.party is not receiver.party:
            return None
        caller = Caller(system.party, system.role, system.id, RESOURCE, None, system.service)
        at = self._clock()
        standing = await self._gate.records.standing(caller, at, crn="")
        if not standing.session_is_live or not standing.facts & Fact.EMPLOYED.bit:
            return None  # asked once a second, it would fill the log with refusals of nobody's question
        return Question(caller, Purpose.RECORDS_SYNC, Action.READ, (Category.IDENTITY,), at, RESOURCE, request)
