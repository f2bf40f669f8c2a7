"""Tells each party's receivers what was announced: in the order of the log, signed, at least once, until they have it.

What is sent holds ids alone, and goes to configured addresses alone: no redirect is followed, no proxy of the
environment used, nothing of an answer read but its status. A receiver with a `client` is told of changes in that
system's feed instead: each event is decided when it is sent, and has an entry in the log before.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import httpx
from standardwebhooks.webhooks import Webhook
from tenacity import RetryCallState, wait_exponential_jitter

from app.config import Broker, Settings, WebhookReceiver
from app.gate import DatabaseUnavailable, Gate
from app.records.deliveries import Count, Due, Outbox
from app.services.broker import BrokerConnection
from app.services.feed_events import FeedEvents

log = logging.getLogger("openmind")
Receiver = WebhookReceiver | Broker
Send = Callable[[Due, bytes], Coroutine[None, None, str | None]]
"""None once it is delivered; otherwise a word for what was wrong."""
POLL_SECONDS, CLEAN_SECONDS = 1.0, 3600.0
ANSWER_SECONDS = 15.0
CLAIM = timedelta(seconds=60)
"""Longer than an attempt can take: past it the process that made it is dead."""
STOPPED = "stopped"
_WAIT = wait_exponential_jitter(initial=1, max=3600, jitter=1)
"""1, 2, 4 … seconds to an hour, each with up to a second more."""


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # its number of attempts alone is looked at
    state.attempt_number = attempts
    return timedelta(seconds=_WAIT(state))


def body_of(due: Due) -> bytes:
    """What a receiver is sent: ids, kind, party and time; no CRN, no name, no reason."""
    about = {"grantId": due.grant_id, "alertId": due.alert_id, "meetingId": due.meeting_id}
    ids = {"eventId": due.event_id, "party": due.party} | {name: known for name, known in about.items() if known}
    at = due.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"type": due.kind, "timestamp": at, "data": ids}, separators=(",", ":"), sort_keys=True).encode()


class Webhooks:
    """Delivers while the service runs; processes that share a database share the work."""

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        wait: Callable[[int], timedelta] = wait_after,
    ) -> None:
        self._receivers: list[tuple[Receiver, Webhook | None]] = [
            *((each, Webhook(each.secret())) for each in settings.webhooks),
            *((each, None) for each in settings.brokers),
        ]
        self._outbox = Outbox(settings, gate.records.database)
        self._events = FeedEvents(settings, gate)
        self._now, self._wait = now, wait
        self._kept = timedelta(days=settings.delivered_days)
        self._stopping = asyncio.Event()
        self.poll_seconds, self.clean_seconds = POLL_SECONDS, CLEAN_SECONDS

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """A task for each receiver, so that one that does not answer keeps nobody else waiting."""
        tasks = [asyncio.create_task(self._serve(*each)) for each in self._receivers]
        tasks += [asyncio.create_task(self._clean_up())] if tasks else []
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._outbox.close()

    async def counts(self) -> list[Count]:
        """How far each receiver is."""
        return await self._outbox.counts()

    async def revive(self, receiver: str) -> bool:
        """Try again what was given up; False if there is nothing."""
        return await self._outbox.revive(receiver, self._now())

    async def _serve(self, receiver: Receiver, signing: Webhook | None) -> None:
        async with self._line_to(receiver, signing) as send:
            while not self._stopping.is_set():
                try:
                    if receiver.client is not None:
                        await self._events.work_out(receiver)
                    while not self._stopping.is_set() and await self._deliver_next(receiver, send):
                        pass
                except DatabaseUnavailable:
                    log.warning("webhook receiver %s: the database does not answer", receiver.name)
                except Exception as fault:  # whatever it was: a guardian who is told late is better than one who is not
                    log.error("webhook receiver %s: %s", receiver.name, type(fault).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self.poll_seconds)

    async def _clean_up(self) -> None:
        """Now and then what has been taken for long enough."""
        while not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and await self._outbox.clean_up(self._now() - self._kept):
                    pass
            except DatabaseUnavailable:
                log.warning("deliveries: the database does not answer")
            except Exception as fault:  # whatever it was: what has been taken can go later
                log.error("deliveries: %s", type(fault).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self.clean_seconds)

    @asynccontextmanager
    async def _line_to(self, receiver: Receiver, signing: Webhook | None) -> AsyncIterator[Send]:
        """How a receiver is told: over HTTP, signed; or through its broker."""
        if isinstance(receiver, Broker):
            connection = BrokerConnection(receiver)
            try:
                yield lambda due, body: connection.publish(due.id, body)
            finally:
                await connection.close()
        elif signing is not None:
            async with _client(receiver) as client:
                yield lambda due, body: self._post(receiver, signing, client, due, body)

    async def _deliver_next(self, receiver: Receiver, send: Send) -> bool:
        """Try what is due, if anything is; whether the next one may be tried at once."""
        name, audience = receiver.name, receiver.audience
        await self._outbox.spread(name, audience, self._now())
        due, now = await self._outbox.due(name, audience), self._now()
        if due is None or not due.is_free(now) or not await self._outbox.claim(name, due, now, now + CLAIM):
            return False
        body = await self._body(receiver, due)
        error = None if body is None else await self._unless_stopped(send(due, body))
        if error is None:
            await self._outbox.delivered(name, due.number, self._now())
            return True
        if error == STOPPED:
            await self._outbox.put_off(name, due, error, now)
            return False
        attempts = due.attempts + 1
        if attempts >= receiver.attempts:
            await self._outbox.give_up(name, due, error, self._now())
            log.error("webhook receiver %s: gave up on %s after %d attempts: %s", name, due.id, attempts, error)
            return True
        await self._outbox.put_off(name, due, error, self._now() + self._wait(attempts))
        return False

    async def _body(self, receiver: Receiver, due: Due) -> bytes | None:
        """What is sent; None for a change of which the system may be told nothing any more."""
        return body_of(due) if receiver.client is None else await self._events.body(receiver, due)

    async def _unless_stopped(self, attempt: Coroutine[None, None, str | None]) -> str | None:
        """What came of an attempt; one that is under way when the service stops is the next process's to make again."""
        trying, stopping = asyncio.create_task(attempt), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((trying, stopping), return_when=asyncio.FIRST_COMPLETED)
            return trying.result() if trying.done() else STOPPED
        finally:
            trying.cancel()
            stopping.cancel()

    async def _post(
        self, receiver: WebhookReceiver, signing: Webhook, client: httpx.AsyncClient, due: Due, body: bytes
    ) -> str | None:
        """None if the receiver took it; otherwise a word for what was wrong."""
        at = datetime.now(UTC)  # by the real clock: a receiver refuses what is minutes old
        headers = {
            "Content-Type": "application/json",
            "webhook-id": due.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signing.sign(due.id, at, body.decode()),
        }
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                client.stream("POST", str(receiver.url), content=body, headers=headers) as answer,
            ):
                return None if answer.is_success else f"status-{answer.status_code}"
        except (TimeoutError, httpx.TimeoutException):
            return "timeout"
        except httpx.ConnectError:
            return "no-connection"
        except httpx.HTTPError:
            return "connection-broken"


def _client(receiver: WebhookReceiver) -> httpx.AsyncClient:
    trusted = ssl.create_default_context(cafile=receiver.ca_file) if receiver.ca_file else True
    timeout = httpx.Timeout(10.0, connect=5.0)
    return httpx.AsyncClient(verify=trusted, timeout=timeout, follow_redirects=False, trust_env=False)
