"""What a caller could tell two answers apart by: status, headers and body, without what differs in any case."""

from typing import Any

import httpx

from tests.world import Service

ALIKE = {"X-Request-ID": "the-same"}


def seen(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Everything of an answer but its Date, and of its receipt the entries' numbers alone."""
    headers = [
        (name, ", ".join(part.split(":")[0] for part in value.split(", ")) if name == "audit-receipt" else value)
        for name, value in answer.headers.multi_items()
        if name != "date"
    ]
    return answer.status_code, sorted(headers), answer.content


async def looks(service: Service, method: str, path: str, who: Any, purpose: str, **request: Any) -> Any:
    """What a caller sees of one request, under a request id that is always the same."""
    return seen(await service.request(method, path, *who, purpose, headers=dict(ALIKE), **request))
