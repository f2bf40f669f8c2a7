"""Operations: alive, and able to answer. Public, since they hold nothing about anybody."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.routers.asking import services_of

router = APIRouter(tags=["operations"])


@router.get("/health")
async def health() -> Response:
    """The process is alive."""
    return JSONResponse({"status": "up"})


_PARTS: dict[int | str, dict[str, Any]] = {
    503: {"description": "which part does not answer", "content": {"application/json": {}}}
}


@router.get("/ready", responses={**_PARTS})
async def ready(request: Request) -> Response:
    """Database, log and agreement answer; 503 names the part that does not. `warnings` can wait, but not for long."""
    readiness = services_of(request).readiness
    parts = await readiness.check()
    good = all(parts.values())
    return JSONResponse(
        {"status": "ready" if good else "not-ready", "parts": parts, "warnings": readiness.warnings()},
        200 if good else 503,
        None if good else {"Retry-After": "2"},
    )
