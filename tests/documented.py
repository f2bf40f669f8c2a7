"""Holds every answer that a test gets to what the OpenAPI document says of its address."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from app.main import create_app
from app.routers.problems import MEDIA_TYPE
from app.routers.responses import Problem
from tests.once import RUN, made_once
from tests.world import settings_for

UNNAMED = ("/v1/people/{crn}/{category}", "/openapi.json")
"""Addresses that the document leaves out: what is no category, and itself."""
BYTES, JSON = "application/octet-stream", "application/json"
HEADERS = ("Audit-Receipt", "Audit-Proof", "Preference-Applied", "ETag", "Retry-After", "WWW-Authenticate")


async def documented(response: httpx.Response) -> None:
    """AssertionError for a status, a header, a media type or content that the document does not have there."""
    if response.headers.get("content-type") != BYTES:  # a test may look at these as they come over the wire
        await response.aread()
    _document().holds(response)


@cache
def unstarted() -> FastAPI:
    """An application that is never started, and its document: one for whoever looks at either, and changes neither.

    The workers of a test run have the document from the first of them: it takes each longer than the application.
    """
    app = create_app(settings_for("sqlite:///nowhere.db", Path("nowhere.pem")))
    if RUN in os.environ:
        described = made_once("openapi.json", lambda path: path.write_text(json.dumps(app.openapi())))
        app.openapi_schema = json.loads(described.read_text())
    return app


@cache
def _document() -> "Document":
    """Of any application, since settings change nothing of it; made once for all tests of a process."""
    return Document(unstarted())


class Document:
    """The document, and the models that it was made from."""

    def __init__(self, app: FastAPI) -> None:
        said = app.openapi()
        self._shared = said["components"]["responses"]
        deep = {route.path_format for route in iter_route_contexts(app.routes) if ":path}" in route.path}
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", ".+" if path in deep else "[^/]+", path)), path, said["paths"][path])
            for path in said["paths"]
        ]
        self._paths.sort(key=lambda each: each[1].count("{"))
        self._models = {
            (route.path_format, method.lower()): route.response_model
            for route in iter_route_contexts(app.routes)
            for method in route.methods or ()
            if getattr(route, "response_model", None)
        }

    def holds(self, response: httpx.Response) -> None:
        """AssertionError if it is another than the document says."""
        method, asked = response.request.method.lower(), response.request.url.path
        found = (
            (path, known[method]) for shape, path, known in self._paths if method in known and shape.fullmatch(asked)
        )
        path, operation = next(found, (None, None))
        if operation is None:
            assert response.is_client_error or response.status_code == 503 or asked in UNNAMED, (
                f"{method} {asked}: not in the document"
            )
            return
        about = f"{method} {path} {response.status_code}"
        assert str(response.status_code) in operation["responses"], f"{about}: no such status in the document"
        said = operation["responses"][str(response.status_code)]
        said = self._shared[said["$ref"].rpartition("/")[2]] if "$ref" in said else said
        unsaid = {name for name in HEADERS if name in response.headers} - said["headers"].keys()
        assert not unsaid, f"{about}: {unsaid} not in the document"
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if media_type:
            assert media_type in said["content"], f"{about}: {media_type} not in the document"
            self._check(about, response, said, self._models.get((path, method)))

    def _check(self, about: str, response: httpx.Response, said: dict[str, Any], model: Any) -> None:
        if response.headers["content-type"] == MEDIA_TYPE:
            problem = Problem.model_validate_json(response.content, strict=True)
            assert problem.code in said["description"], f"{about}: {problem.code}"
        elif response.headers["content-type"] == JSON and response.is_success and model is not None:
            _adapter(model).validate_json(response.content, strict=True)


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)
