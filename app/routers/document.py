"""The OpenAPI document: what FastAPI finds by itself, and what every address has in common."""

import re
from collections.abc import Iterable
from typing import Any

from app.routers.bodies import CRN
from app.routers.problems import MEDIA_TYPE
from app.vocabulary import HL7_PURPOSES, Purpose

_TEXT = {"type": "string"}
_FOUND_BY_FASTAPI = ("HTTPValidationError", "ValidationError")
"""What its own checks of a request would answer; ours are made elsewhere and answered as problems."""
_PURPOSE = {
    "name": "Purpose-Of-Use",
    "in": "header",
    "required": True,
    "description": "what for: a purpose of the agreement, or its HL7 code",
    "schema": {**_TEXT, "enum": [*(purpose.value for purpose in Purpose), *HL7_PURPOSES]},
}
_SAID_BACK = {
    "X-Request-ID": "the caller's id of the request, or one that was made for it",
    "X-Correlation-ID": "the caller's own, as it came",
    "traceparent": "of W3C Trace Context, as it came",
}
_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "an access token from POST /oauth2/token",
}
_WITH_STATUS = {
    "401": {"WWW-Authenticate": {"description": "how to ask for a token", "schema": _TEXT}},
    "429": {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}},
    "503": {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}},
}


def complete(document: dict[str, Any], public: Iterable[str]) -> None:
    """Add who may ask, what for, and the headers that go with every request and answer; `public` asks for no token."""
    components, open_to_all = document["components"], {re.sub(r":\w+", "", path) for path in public}
    components |= {"securitySchemes": {"token": _TOKEN}, "responses": {}}
    components["headers"] = {name: {"description": says, "schema": _TEXT} for name, says in _SAID_BACK.items()}
    components["parameters"] = {"Purpose-Of-Use": _PURPOSE} | {
        name: {"name": name, "in": "header", "description": says, "schema": _TEXT} for name, says in _SAID_BACK.items()
    }
    for name in _FOUND_BY_FASTAPI:
        components["schemas"].pop(name, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            components["schemas"] |= _parts_of_its_body(operation)
            _complete(operation, components["responses"], guarded=path not in open_to_all)


def _parts_of_its_body(operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        found |= content.get("schema", {}).pop("$defs", {})
    return found


def _complete(operation: dict[str, Any], problems: dict[str, Any], *, guarded: bool) -> None:
    if guarded:
        operation["security"] = [{"token": []}]
    for each in operation.get("parameters", ()):
        each["schema"] |= CRN if each["name"] == "crn" else {}
    sent = (["Purpose-Of-Use"] if guarded else []) + [*_SAID_BACK]
    operation["parameters"] = operation.get("parameters", []) + [
        {"$ref": f"#/components/parameters/{name}"} for name in sent
    ]
    for status, response in list(operation["responses"].items()):
        content = response.get("content", {})
        if "HTTPValidationError" in str(content):
            del operation["responses"][status]
            continue
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _SAID_BACK}
        response["headers"] = response.get("headers", {}) | _WITH_STATUS.get(status, {}) | headers
        if MEDIA_TYPE in content:
            content.pop("application/json", None)  # not there where the answer itself is text
            problems[f"Problem{status}"] = response
            operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
