"""A receiver of webhooks as a party would run it: a real server on this machine, which fails as it is told to."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ok!").decode()


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    def is_signed(self, secret: str = SECRET) -> bool:
        """Standard Webhooks, worked out here: base64 of HMAC-SHA256 over id, time and body."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return self.headers["webhook-signature"] == f"v1,{expected}"


@dataclass
class Receiver:
    """What came, and what is answered: the statuses in their order, then 200; None hangs."""

    port: int = 0
    statuses: list[int | None] = field(default_factory=list)
    got: list[Received] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, path: str = "/told") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.got.append(Received(scope["path"], headers, body))
        self._more.set()
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            await asyncio.sleep(3600)
        location = [(b"location", self.at("/elsewhere").encode())] if status and status // 100 == 3 else []
        await send({"type": "http.response.start", "status": status, "headers": location})
        await send({"type": "http.response.body", "body": b"X320741 is none of your business"})

    async def until(self, count: int, seconds: float = 10.0) -> list[Received]:
        """What came, once that many have; TimeoutError if they do not come."""
        async with asyncio.timeout(seconds):
            while len(self.got) < count:
                self._more.clear()
                await self._more.wait()
        return self.got


@asynccontextmanager
async def receiving(*statuses: int | None) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver(statuses=list(statuses))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        receiver.port = listening.getsockname()[1]
        config = uvicorn.Config(receiver, lifespan="off", log_config=None, timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with asyncio.timeout(10):
                while not server.started:  # noqa: ASYNC110  # uvicorn says so in a flag alone
                    await asyncio.sleep(0.005)
            yield receiver
        finally:
            server.should_exit = True
            await serving
