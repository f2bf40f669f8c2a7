"""`python -m bench.load`: requests over 64 kept-alive connections from a process of its own, counted and timed.

It reads what to ask as JSON from standard input, stops after so many requests or seconds, and prints what it saw.
"""

import asyncio
import json
import sys
import time
from itertools import cycle
from typing import Any

import uvloop

END = b"\r\n\r\n"


class Run:
    """What all connections share: the requests to come, and what came back."""

    def __init__(self, asked: dict[str, Any]) -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in asked["headers"].items())
        lines = (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode() for path in asked["paths"])
        self.requests = cycle(list(lines))
        self.left: int = asked["requests"]
        self.needed = asked["answered_with"].lower().encode()
        self.seconds: float = asked["seconds"]
        self.until = 0.0
        self.times: list[float] = []
        self.wrong: list[str] = []

    def next(self) -> bytes | None:
        """The next request; None when it is over."""
        if self.left <= 0 or self.wrong or time.perf_counter() > self.until:
            return None
        self.left -= 1
        return next(self.requests)


class Connection(asyncio.Protocol):
    """One connection: the next request when the answer to the last one is whole."""

    def __init__(self, run: Run, done: "asyncio.Future[None]") -> None:
        self.run, self.done = run, done
        self.buffer, self.sent = b"", 0.0

    def connection_made(self, transport: Any) -> None:
        """Keep it; `ask` begins."""
        self.transport = transport

    def ask(self) -> None:
        """Send the next request, or leave."""
        request = self.run.next()
        if request is None:
            if not self.done.done():
                self.done.set_result(None)
            return
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Count by Content-Length."""
        self.buffer += data
        end = self.buffer.find(END)
        if end < 0:
            return
        head = self.buffer[:end].lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(self.buffer) < end + len(END) + length:
            return
        self.run.times.append(time.perf_counter() - self.sent)
        if not head.startswith(b"http/1.1 200") or self.run.needed not in head:
            self.run.wrong.append(self.buffer.decode(errors="replace")[:1000])
        self.buffer = b""
        self.ask()

    def connection_lost(self, fault: Exception | None) -> None:
        """An end that nobody asked for is a wrong answer."""
        if not self.done.done():
            self.run.wrong.append(f"the connection ended: {fault}")
            self.done.set_result(None)


async def drive(asked: dict[str, Any]) -> dict[str, Any]:
    """Everything at once, until it is over."""
    run, loop = Run(asked), asyncio.get_running_loop()
    connections = []
    for _ in range(asked["connections"]):
        done: asyncio.Future[None] = loop.create_future()
        _, made = await loop.create_connection(lambda done=done: Connection(run, done), "127.0.0.1", asked["port"])  # type: ignore[misc]  # called at once
        connections.append(made)
    started = time.perf_counter()
    run.until = started + run.seconds
    for each in connections:
        each.ask()
    await asyncio.wait_for(asyncio.gather(*(each.done for each in connections)), run.seconds + 60)
    elapsed = time.perf_counter() - started
    times = sorted(run.times)
    return {
        "answers": len(times),
        "rate": len(times) / elapsed,
        "p50": times[len(times) // 2] * 1e3,
        "p99": times[len(times) * 99 // 100] * 1e3,
        "wrong": run.wrong[:1],
    }


def main() -> None:
    """One run."""
    print(json.dumps(uvloop.run(drive(json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
