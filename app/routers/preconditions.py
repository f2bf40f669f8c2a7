"""Entity tags and `If-Match`: which version is answered, and which one a change is meant for."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.routers.responses import PRECONDITIONS

IF_MATCH: dict[str, Any] = {
    "parameters": [{"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}]
}
"""In the OpenAPI document, of a change."""
_ETAG = {"description": "the version that a change names", "schema": {"type": "string"}}


def if_match(request: Request) -> str | None:
    """The tags that were sent; None without any."""
    return ", ".join(request.headers.getlist("if-match")) or None


def tagged(response: Response, tag: str) -> Response:
    """The response with its entity tag."""
    response.headers["ETag"] = tag
    return response


def with_tag(responses: dict[int | str, dict[str, Any]], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The responses of an address whose answer has an entity tag, for the OpenAPI document."""
    headers = {**responses[status]["headers"], "ETag": _ETAG}
    return {**responses, status: {**responses[status], "headers": headers}}


def changing(responses: dict[int | str, dict[str, Any]], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The responses of an address that changes what was read."""
    return {**with_tag(responses, status), **PRECONDITIONS}
