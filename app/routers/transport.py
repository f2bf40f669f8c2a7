"""Plain ASGI around every request: its ids in and out, no caching, a limit to its body, and no fault in words."""

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from app.routers.problems import problem

log = logging.getLogger("openmind")
_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_TRACE = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_ECHOED = {b"x-correlation-id": _ID, b"traceparent": _TRACE}
_ALWAYS = [(b"x-content-type-options", b"nosniff")]
_PROTECTED = [(b"cache-control", b"no-store"), (b"vary", b"Authorization, Purpose-Of-Use")]


class BodyTooLarge(Exception):
    """More bytes came than the limit allows."""


class Transport:
    """Gives every request an id, echoes what correlates it, and stops a body that is too large."""

    def __init__(self, app: ASGIApp, body_limit: int, limits: Mapping[str, int]) -> None:
        """`limits` are those of addresses that begin so, where they are others."""
        self._app, self._limit, self._limits = app, body_limit, tuple(limits.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; other kinds of connection pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        echoed, length = self._read(scope)

        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [
                    *message["headers"],
                    *_ALWAYS,
                    *([] if _is_kept(message) else _PROTECTED + echoed),
                ]
            await send(message)

        limit = self._limit_of(scope["path"])
        if length > limit:
            await problem("body-too-large")(scope, receive, answer)
            return
        bounded = receive if scope["method"] == "GET" else _Bounded(receive, limit)
        try:
            await self._app(scope, bounded, answer)
        except Exception as fault:
            _note(scope["request_id"], fault)
            if not started:
                await problem("internal")(scope, receive, answer)

    def _limit_of(self, path: str) -> int:
        return next((limit for beginning, limit in self._limits if path.startswith(beginning)), self._limit)

    @staticmethod
    def _read(scope: Scope) -> tuple[list[tuple[bytes, bytes]], int]:
        """What to echo, and the announced length of the body."""
        length, echoed, request_id = 0, [], b""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _ID.fullmatch(value):
                request_id = value
            elif name in _ECHOED and _ECHOED[name].fullmatch(value):
                echoed.append((name, value))
            elif name == b"content-length" and value.isdigit():
                length = int(value)
        request_id = request_id or str(uuid7()).encode()
        scope["request_id"] = request_id.decode()
        return [*echoed, (b"x-request-id", request_id)], length


def _is_kept(message: Message) -> bool:
    """Whether anybody may keep the answer: then no id goes with it, which others would get from a shared cache."""
    return any(name == b"cache-control" for name, _ in message["headers"])


def _note(request_id: str, fault: Exception) -> None:
    """Where it happened and what kind it was; never its text, which can hold what the database was told."""
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    where = " < ".join(
        f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})" for frame in reversed(frames)
    )
    log.error("fault of our own in request %s: %s in %s", request_id, type(fault).__name__, where)


class _Bounded:
    """Counts what a client sends without announcing it."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit

    async def __call__(self) -> Any:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge
        return message
