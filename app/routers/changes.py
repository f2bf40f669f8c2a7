"""Changes out: the feed of a system, what it has to drop, and for oversight who has not done so."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.routers.asking import Asker, Asking, AskingPage, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, parameter
from app.routers.responses import LISTED, REFUSALS
from app.services import shapes_changes as shapes
from app.vocabulary import Action, Category, Register

router = APIRouter(prefix="/v1/sync", tags=["sync"])
AskingChanges = Annotated[Asker, Depends(asker("cursor", "limit", "wait"))]
_LARGEST, _LONGEST = 1000, 30
_ID = re.compile(r"[1-9][0-9]{0,17}")


@router.get(
    "/changes",
    response_model=shapes.changes_page(),
    responses=LISTED,
    openapi_extra={
        "parameters": [
            parameter("cursor", "where to go on: `next` of the answer before; without, everything is sent"),
            parameter("limit", "how many people at once", type="integer", minimum=1, maximum=_LARGEST, default=100),
            parameter(
                "wait", "seconds to wait for something new", type="integer", minimum=0, maximum=_LONGEST, default=0
            ),
        ]
    },
)
async def changes(ask: AskingChanges, request: Request) -> Response:
    """Whom the system may read, as they change, and whom it has to drop (H6)."""
    limit, wait = _whole(request, "limit", 100, 1, _LARGEST), _whole(request, "wait", 0, 0, _LONGEST)
    cursor = request.query_params.get("cursor")
    question = ask.asks(Action.READ, (Category.IDENTITY,))
    return answered(await ask.services.changes.page(question, cursor, limit, wait, request.is_disconnected))


@router.get(
    "/removals", response_model=shapes.RemovalsPage, responses=LISTED, openapi_extra={"parameters": [*PAGED_BY]}
)
async def removals(ask: AskingPage, request: Request) -> Response:
    """The removal notices that the system has not acknowledged, oldest first."""
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.changes.removals(ask.asks(Action.READ, (Category.IDENTITY,)), cursor, size))


@router.post("/removals/{removal_id}/acknowledgement", response_model=shapes.Acknowledged, responses=REFUSALS)
async def acknowledge(removal_id: str, ask: Asking) -> Response:
    """The system has dropped whom the notice named; it may say so again."""
    if not _ID.fullmatch(removal_id):
        raise BadRequest("removal-unknown")
    question = ask.asks(Action.READ, (Category.IDENTITY,))
    return answered(await ask.services.changes.acknowledge(question, int(removal_id)))


@router.get("/receivers", response_model=shapes.FeedReceivers, responses=LISTED)
async def receivers(ask: Asking) -> Response:
    """For oversight: which systems have been given people, and which have not dropped whom they had to (G1)."""
    return answered(await ask.services.changes.receivers(ask.asks(Action.READ, (Register.AUDIT_LOG,))))


def _whole(request: Request, name: str, absent: int, least: int, most: int) -> int:
    """A whole number among the query's parameters; BadRequest for anything else."""
    text = request.query_params.get(name, str(absent))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
    if not least <= number <= most:
        raise BadRequest("parameter-invalid", f"a whole number from {least} to {most}", name)
    return number
