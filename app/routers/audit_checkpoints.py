"""Checkpoints of the log: public to read and to cosign, since they prove themselves and hold nothing about anybody."""

import re
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from app.gate import Unacceptable
from app.routers.asking import Asking, answered, check_parameters, services_of
from app.routers.responses import COSIGNED, PAGED, PROVEN
from app.services.shapes_checkpoints import CheckpointMade, WitnessStates
from app.vocabulary import Action, Register

router = APIRouter(prefix="/v1/audit", tags=["audit"])
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_NOTE: dict[int | str, dict[str, Any]] = {200: {"description": "a signed note (C2SP tlog-checkpoint)"}}
_LINES = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}
BRIEFLY = "public, max-age=5"


@router.get("/checkpoint", response_class=PlainTextResponse, responses={**_NOTE, **PROVEN})
async def checkpoint(request: Request) -> Response:
    """The newest checkpoint with every cosignature that is known."""
    check_parameters(request, ())
    return PlainTextResponse(await services_of(request).checkpoints.latest(), headers={"Cache-Control": BRIEFLY})


@router.post("/checkpoints", response_model=CheckpointMade, responses=PAGED)
async def new_checkpoint(ask: Asking) -> Response:
    """A checkpoint over the log as it is now."""
    question = ask.asks(Action.READ, (Register.AUDIT_LOG,))
    return answered(await ask.services.checkpoints.make(question))


@router.post(
    "/checkpoints/{size}/cosignatures",
    response_class=PlainTextResponse,
    responses={**_NOTE, **COSIGNED},
    openapi_extra=_LINES,
)
async def cosignatures(size: str, request: Request) -> Response:
    """Signature lines (C2SP tlog-cosignature) by a witness that is known here, under the checkpoint of a size."""
    check_parameters(request, ())
    if not _NUMBER.fullmatch(size):
        raise Unacceptable("checkpoint-unknown", field="size")
    return PlainTextResponse(await services_of(request).checkpoints.cosign(int(size), await request.body()))


@router.get("/witnesses", response_model=WitnessStates, responses=PAGED)
async def witnesses(ask: Asking) -> Response:
    """How far each witness is."""
    question = ask.asks(Action.READ, (Register.AUDIT_LOG,))
    return answered(await ask.services.checkpoints.witnesses(question))
