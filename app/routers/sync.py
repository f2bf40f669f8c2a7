"""Records in: batches as the two neighbouring systems send them, and what came of each record."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.gate import Unacceptable
from app.routers.asking import Asker, Asking, BadRequest, answered, asker
from app.routers.bodies import parameter
from app.routers.responses import REFUSALS, SENT_IN
from app.routers.transport import BodyTooLarge
from app.services import shapes_sync as shapes
from app.services.batches import EVERYTHING, SENT
from app.services.inflating import LINES, Form
from app.vocabulary import Action, Question

BATCHES = "/v1/sync/batches/"
_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
router = APIRouter(prefix="/v1/sync/batches", tags=["sync"])
AskingResults = Annotated[Asker, Depends(asker("cursor"))]


@router.put(
    "/{batch_id}",
    status_code=202,
    response_model=shapes.BatchState,
    responses=SENT_IN,
    openapi_extra={
        "requestBody": {
            "content": {LINES: {"schema": {"type": "string"}}},
            "required": True,
            "description": "a record a line, as docs/sync.md says; Content-Encoding may be gzip or zstd",
        }
    },
)
async def put(batch_id: str, ask: Asking, request: Request) -> Response:
    """Send a batch of records (H1, H5, H7, H8): kept whole or not at all, and applied from then on."""
    form = Form(request.headers.get("content-type", ""), request.headers.get("content-encoding", "identity"))
    question = _writing(ask, batch_id)
    return answered(await ask.services.batches.receive(question, batch_id, form, _pieces(request)), 202)


@router.get("/{batch_id}", response_model=shapes.BatchState, responses=REFUSALS)
async def status(batch_id: str, ask: Asking) -> Response:
    """How far a batch is, and how many of its records came to what."""
    return answered(await ask.services.batches.status(_writing(ask, batch_id), batch_id))


@router.get(
    "/{batch_id}/results",
    response_model=shapes.BatchResults,
    responses=REFUSALS,
    openapi_extra={"parameters": [parameter("cursor", "where to go on: `next` of the page before")]},
)
async def results(batch_id: str, ask: AskingResults, request: Request) -> Response:
    """What came of each record that is applied, by its line, with the rules that it breaks."""
    cursor = request.query_params.get("cursor")
    return answered(await ask.services.batches.results(_writing(ask, batch_id), batch_id, cursor))


def _writing(ask: Asker, batch_id: str) -> Question:
    """That the caller may write what its role sends: whoever may see what came of it, too."""
    if not _ID.fullmatch(batch_id):
        raise BadRequest("parameter-invalid", "1 to 64 letters, digits, dots, dashes and underscores", "batchId")
    return ask.asks(Action.WRITE, SENT.get(ask.caller.role, EVERYTHING))


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except BodyTooLarge as fault:
        raise Unacceptable("body-too-large") from fault
