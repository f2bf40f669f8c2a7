"""Publishes events to a broker that a party runs already (NATS JetStream): off unless it is configured."""

import asyncio
import ssl
from typing import Any

import nats
import nats.errors
import nats.js.errors

from app.config import Broker

CONNECT_SECONDS = 5


class BrokerConnection:
    """One connection, opened when it is needed and again when it was lost."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._client: Any = None

    async def publish(self, identity: str, body: bytes) -> str | None:
        """None once a stream keeps it; otherwise a word for what was wrong.

        The same identity twice is one message to the stream, for as long as it looks for that.
        """
        try:
            stream = (await self._connected()).jetstream()
            headers = {"Nats-Msg-Id": identity, "Content-Type": "application/json"}
            await stream.publish(self._broker.subject, body, headers=headers)
        except nats.js.errors.NoStreamResponseError:
            return "no-stream"
        except (TimeoutError, nats.errors.TimeoutError):
            return "timeout"
        except (OSError, nats.errors.NoServersError, nats.errors.ConnectionClosedError):
            return "no-connection"
        except nats.errors.Error:
            return "broker-refuses"
        return None

    async def close(self) -> None:
        """Give the connection back."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _connected(self) -> Any:
        if self._client is None or not self._client.is_connected:
            await self.close()
            self._client = await nats.connect(
                self._broker.servers,
                name="open-mind",
                allow_reconnect=False,  # the outbox says when the next attempt is
                connect_timeout=CONNECT_SECONDS,
                max_reconnect_attempts=1,
                error_cb=_noted,
                tls=self._trusted(),
                user_credentials=None if self._broker.credentials_file is None else str(self._broker.credentials_file),
            )
        return self._client

    def _trusted(self) -> ssl.SSLContext | None:
        is_encrypted = any(each.startswith("tls://") for each in self._broker.servers)
        return ssl.create_default_context(cafile=self._broker.ca_file) if is_encrypted else None


async def _noted(_: Exception) -> None:
    """What is wrong comes back from the attempt; the library would print it as well."""
    await asyncio.sleep(0)
