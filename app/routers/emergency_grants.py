"""Break-glass: an emergency grant is opened for one person, listed for review, and reviewed."""

import re
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from app.routers.asking import Asker, Asking, BadRequest, answered, asker, checked_size, page_size
from app.routers.bodies import CRN, PAGED_BY, Crn, parameter
from app.routers.responses import CHANGES, LISTED, PAGED, REFUSALS
from app.routers.staff import username_in
from app.services import shapes_grants as shapes
from app.services.grants import Emergency, Review
from app.vocabulary import Action, Question, Register
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

router = APIRouter(prefix="/v1/emergency-grants", tags=["break-glass"])
GRANTS = (Register.EMERGENCY_GRANT,)
AskingGrants = Annotated[Asker, Depends(asker("cursor", "pageSize", "state", "crn", "staff"))]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
_STATES = get_args(shapes.State)
_ID = re.compile(r"(?=.*\d)[0-9A-Za-z-]{1,36}")
"""With a digit, as all of ours have, so that no word of an address is taken for one."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewGrant(_Body):
    """Whose record, why, and what is feared."""

    crn: Crn
    reason: Annotated[Text, Field(description="20 characters or more that show, for whoever reviews the grant")]
    feared: Annotated[Text, Field(description="what may happen, and to whom, if nobody looks")]


class GrantSearch(_Body):
    """What the review list is narrowed to, for who would rather have no CRN and no name in an address."""

    crn: Crn | None = None
    staff: Annotated[Text, Field(max_length=60, description="a username")] | None = None
    state: shapes.State | None = None
    cursor: str | None = None
    pageSize: int = 50  # noqa: N815  # as it stands in JSON

    def filters(self) -> dict[str, str]:
        """What was given, the CRN as it is written; BadRequest for a malformed one."""
        return _canonical(self.model_dump(include={"crn", "staff", "state"}, exclude_none=True))


class NewReview(_Body):
    """What the guardian concludes, and why."""

    outcome: shapes.Outcome
    note: Text


def _body_of(model: type[BaseModel]) -> dict[str, object]:
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "",
    status_code=201,
    response_model=shapes.OpenedGrant,
    responses={
        **{status: about for status, about in CHANGES.items() if status != 404},
        200: {**CHANGES[200], "model": shapes.OpenedGrant, "description": "a grant of yours is live: that one"},
        201: {**CHANGES[200], "description": "a new grant, for 60 minutes"},
    },
    openapi_extra=_body_of(NewGrant),
)
async def open_grant(ask: Asking) -> Response:
    """Break the glass: 60 minutes for one person, announced at once and reviewed; every CRN is answered alike."""
    wanted = await ask.body(NewGrant)
    question = ask.asks(Action.CREATE, GRANTS, wanted.crn)
    answer, is_new = await ask.services.grants.open(question, Emergency(wanted.reason, wanted.feared))
    response = answered(answer)
    response.status_code = 201 if is_new else 200
    return response


@router.get(
    "",
    response_model=shapes.GrantsPage,
    responses=LISTED,
    openapi_extra={
        "parameters": [
            parameter("state", "open: whatever waits for its review; overdue: what waits too long", enum=[*_STATES]),
            parameter("crn", "only for this person", **CRN),
            parameter("staff", "only of this username"),
            *PAGED_BY,
        ]
    },
)
async def grants(ask: AskingGrants, request: Request) -> Response:
    """The review list, newest first, by state, by CRN, or by who used the grant."""
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.grants.page(_reviews(ask), _filters(request), cursor, size))


@router.post("/searches", response_model=shapes.GrantsPage, responses=PAGED, openapi_extra=_body_of(GrantSearch))
async def search(ask: Asking) -> Response:
    """The review list by CRN, by who used the grant, or by state."""
    wanted = await ask.body(GrantSearch)
    filters, size = wanted.filters(), checked_size(wanted.pageSize)
    return answered(await ask.services.grants.page(_reviews(ask), filters, wanted.cursor, size))


@router.get("/{grant_id}", response_model=shapes.GrantInFull, responses=REFUSALS)
async def grant(grant_id: str, ask: Asking) -> Response:
    """One grant: why, what was feared, and what was looked at under it."""
    return answered(await ask.services.grants.one(_reviews(ask), _known(grant_id)))


@router.post(
    "/{grant_id}/review", response_model=shapes.ReviewedGrant, responses=CHANGES, openapi_extra=_body_of(NewReview)
)
async def review(grant_id: str, ask: Asking) -> Response:
    """Review a grant, once: by a Caldicott guardian who is neither its user nor their manager."""
    wanted = await ask.body(NewReview)
    return answered(await ask.services.grants.review(_reviews(ask), _known(grant_id), Review(**wanted.model_dump())))


def _reviews(ask: Asker) -> Question:
    return ask.asks(Action.REVIEW, GRANTS)


def _filters(request: Request) -> dict[str, str]:
    given = {name: text for name, text in request.query_params.items() if name in ("state", "crn", "staff")}
    if given.get("state", _STATES[0]) not in _STATES:
        raise BadRequest("parameter-invalid", f"one of {', '.join(_STATES)}", "state")
    return _canonical(given | ({"staff": username_in(given["staff"])} if "staff" in given else {}))


def _canonical(filters: dict[str, str]) -> dict[str, str]:
    """With the CRN as it is written; BadRequest for a malformed one."""
    try:
        return filters | ({"crn": canonical_crn(filters["crn"])} if "crn" in filters else {})
    except IdentifierInvalid as fault:
        raise BadRequest("crn-malformed", field="crn") from fault


def _known(grant_id: str) -> str:
    if not _ID.fullmatch(grant_id):
        raise BadRequest("grant-unknown")
    return grant_id
