"""Possible matches of a registration and a person (G8): the review list, and what a guardian decides."""

import re
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.pathway.matching import State
from app.routers.asking import Asker, Asking, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, STORABLE, Body, body, parameter
from app.routers.responses import CHANGES, LISTED, REFUSALS
from app.services import shapes_matches as shapes
from app.vocabulary import Action, Category, Question, Register

router = APIRouter(prefix="/v1/matches", tags=["matches"])
AskingMatches = Annotated[Asker, Depends(asker("cursor", "pageSize", "state"))]
_STATES = get_args(shapes.Listed)
_ID = re.compile(r"[0-9a-f-]{36}")


class Decided(Body):
    """Why."""

    note: Annotated[
        str,
        StringConstraints(max_length=2000, pattern=STORABLE),
        Field(description="in words that the next guardian understands"),
    ]


@router.get(
    "",
    response_model=shapes.MatchesPage,
    responses=LISTED,
    openapi_extra={
        "parameters": [parameter("state", "possible if it is left out: the review list", enum=[*_STATES]), *PAGED_BY]
    },
)
async def matches(ask: AskingMatches, request: Request) -> Response:
    """Both sides of each pair and what agrees, newest first, without whoever is kept from the caller (S3)."""
    state = request.query_params.get("state", State.POSSIBLE.value)
    if state not in _STATES:
        raise BadRequest("parameter-invalid", f"one of {', '.join(_STATES)}", "state")
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.matches.page(_asks(ask, Action.READ), State(state), cursor, size))


@router.get("/{match_id}", response_model=shapes.Match, responses=REFUSALS)
async def match(match_id: str, ask: Asking) -> Response:
    """One pair."""
    return answered(await ask.services.matches.one(_asks(ask, Action.READ), _known(match_id)))


@router.post("/{match_id}/link", response_model=shapes.DecidedMatch, responses=CHANGES, openapi_extra=body(Decided))
async def link(match_id: str, ask: Asking) -> Response:
    """They are one person."""
    wanted = await ask.body(Decided)
    return answered(await ask.services.matches.link(_asks(ask, Action.LINK), _known(match_id), wanted.note))


@router.post("/{match_id}/unlink", response_model=shapes.DecidedMatch, responses=CHANGES, openapi_extra=body(Decided))
async def unlink(match_id: str, ask: Asking) -> Response:
    """They were taken for one person and are two; what had come with the registration leaves the person at once."""
    wanted = await ask.body(Decided)
    return answered(await ask.services.matches.unlink(_asks(ask, Action.UNLINK), _known(match_id), wanted.note))


@router.post(
    "/{match_id}/dismissal", response_model=shapes.DecidedMatch, responses=CHANGES, openapi_extra=body(Decided)
)
async def dismissal(match_id: str, ask: Asking) -> Response:
    """They are two people; the pair comes onto the review list no more."""
    wanted = await ask.body(Decided)
    return answered(await ask.services.matches.dismiss(_asks(ask, Action.LINK), _known(match_id), wanted.note))


def _asks(ask: Asker, action: Action) -> Question:
    return ask.asks(action, (Category.IDENTITY, Register.IDENTITY_LINK))


def _known(match_id: str) -> str:
    if not _ID.fullmatch(match_id):
        raise BadRequest("match-unknown")
    return match_id
