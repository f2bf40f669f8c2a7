"""Proofs over the log, its consistency and its tiles: public, since they hold hashes, places and times alone."""

import gzip
import re
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from app.audit.tiles import NoTile, TilePath
from app.gate import Unacceptable
from app.routers.accepting import weights
from app.routers.asking import BadRequest, answered, check_parameters, services_of
from app.routers.responses import PROVEN
from app.services.proofs import ProofService
from app.services.shapes_proofs import ConsistencyProof, InclusionProof

router = APIRouter(prefix="/v1/audit", tags=["audit"])
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_FORMATS = ("json", "tlog-proof")
FULL_TILE = "public, max-age=31536000, immutable"
PARTIAL_TILE = "public, max-age=86400, immutable"
"""A partial tile never changes either, but nobody asks for it any more when the log has grown."""
_BYTES: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _parameter(name: str, says: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": {"type": "integer", "minimum": 0, **schema}}


@router.get(
    "/entries/{number}/proof",
    response_model=InclusionProof,
    responses={
        200: {
            "description": "hashes in lower-case hex; as text a C2SP tlog-proof, whose hashes are in base64",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **PROVEN,
    },
    openapi_extra={
        "parameters": [
            _parameter("size", "entries in the tree; of the newest checkpoint over the entry, else the log's own"),
            _parameter("format", "json, or tlog-proof as with Accept: text/plain", type="string", enum=_FORMATS),
        ]
    },
)
async def inclusion(number: str, request: Request) -> Response:
    """The proof that an entry is in the log (RFC 6962), which tells nothing of what the entry says."""
    check_parameters(request, ("size", "format"))
    if not _NUMBER.fullmatch(number):
        raise Unacceptable("log-entry-unknown", field="number")
    proofs, size = _proofs(request), _number(request, "size")
    if _format(request) == "json":
        return answered(await proofs.inclusion(int(number), size))
    name = f'attachment; filename="entry-{number}.tlog-proof"'
    return PlainTextResponse(await proofs.file(int(number), size), headers={"Content-Disposition": name})


@router.get(
    "/consistency",
    response_model=ConsistencyProof,
    responses=PROVEN,
    openapi_extra={
        "parameters": [
            {**_parameter("from", "entries in the smaller tree"), "required": True},
            _parameter("to", "entries in the larger tree; the log's own if left out"),
        ]
    },
)
async def consistency(request: Request) -> Response:
    """The proof that the log of `to` entries begins with the log of `from` entries (RFC 6962): it has only grown."""
    check_parameters(request, ("from", "to"))
    old = _number(request, "from")
    if old is None:
        raise BadRequest("parameter-invalid", "name the size of the smaller tree", "from")
    return answered(await _proofs(request).consistency(old, _number(request, "to")))


@router.get("/tile/{path:path}", responses={200: {"content": _BYTES}, **PROVEN}, response_class=Response)
async def tile(path: str, request: Request) -> Response:
    """The log in files (C2SP tlog-tiles), for mirrors: `{L}/{N}[.p/{W}]` hashes, `entries/{N}[.p/{W}]` leaves."""
    check_parameters(request, ())
    try:
        wanted = TilePath.of(path)
    except NoTile as fault:
        raise Unacceptable("tile-unknown") from fault
    content = await _proofs(request).tile(wanted)
    headers = {"Cache-Control": FULL_TILE if wanted.is_full else PARTIAL_TILE, "Vary": "Accept-Encoding"}
    if wanted.level is None and weights(request, "accept-encoding").get("gzip", 0) > 0:  # hashes do not get smaller
        content, headers = gzip.compress(content, 1, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return Response(content, 200, headers, "application/octet-stream")


def _proofs(request: Request) -> ProofService:
    return services_of(request).proofs


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is not None and not _NUMBER.fullmatch(text):
        raise BadRequest("parameter-invalid", "a whole number, written plainly", name)
    return None if text is None else int(text)


def _format(request: Request) -> str:
    named = request.query_params.get("format")
    if named is None:
        wanted = weights(request, "accept")
        return "tlog-proof" if wanted.get("text/plain", 0) > wanted.get("application/json", 0) else "json"
    if named not in _FORMATS:
        raise BadRequest("parameter-invalid", "json or tlog-proof", "format")
    return named
