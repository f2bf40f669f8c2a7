"""A person's own rights: subject access requests, what is held about them, and who has seen it."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from app.gate import Unacceptable
from app.routers.addresses import id_in
from app.routers.asking import Asker, Asking, AskingPage, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY
from app.routers.responses import CHANGES, CREATED, REFUSALS
from app.services import shapes_subject_access as shapes
from app.services.subject_access import NOT_USED, Wanted
from app.vocabulary import CATEGORIES, Action, Register
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

router = APIRouter(tags=["subject access"])
_EARLIEST = date(1900, 1, 1)
"""The first day that there is means something else to a database."""
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]{0,59}$")]


class SubjectRequestOpened(BaseModel):
    """A request that came in; `reference` is the records office's own and names nobody."""

    model_config = ConfigDict(extra="forbid")

    receivedOn: date = Field(ge=_EARLIEST)  # noqa: N815  # as it stands in JSON
    reference: Reference


class SubjectRequestClosed(BaseModel):
    """The day on which it was answered; today if it is left out."""

    model_config = ConfigDict(extra="forbid")

    closedOn: date | None = None  # noqa: N815  # as it stands in JSON


def _body(model: type[BaseModel]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}, "required": True}}


@router.post(
    "/v1/people/{crn}/subject-requests",
    status_code=201,
    response_model=shapes.Changed,
    responses=CREATED,
    openapi_extra=_body(SubjectRequestOpened),
)
async def open_request(crn: str, ask: Asking) -> Response:
    """Record that a person has asked for what is held about them (G5); only then can it be given (G3)."""
    wanted = await ask.body(SubjectRequestOpened)
    question = ask.asks(Action.OPEN, (Register.SUBJECT_REQUEST,), crn)
    return answered(await ask.services.subject_access.open(question, wanted.receivedOn, wanted.reference), 201)


@router.post(
    "/v1/subject-requests/{request_id}/closure",
    response_model=shapes.Changed,
    responses=CHANGES,
    openapi_extra=_body(SubjectRequestClosed),
)
async def close_request(request_id: str, ask: Asking) -> Response:
    """Close a request (G5); from then on nothing is given under it."""
    wanted = await ask.body(SubjectRequestClosed)
    known = id_in(request_id)
    question = ask.asks(Action.CLOSE, (Register.SUBJECT_REQUEST,))
    return answered(await ask.services.subject_access.close(question, known, wanted.closedOn))


@router.get(
    "/v1/people/{crn}/disclosures",
    response_model=shapes.Disclosures,
    responses=REFUSALS,
    openapi_extra={"parameters": [*PAGED_BY]},
)
async def disclosures(crn: str, ask: AskingPage, request: Request) -> Response:
    """Who saw what of this person, when, for what purpose and under which clause, newest first (G5)."""
    question = ask.asks(Action.READ, (Register.DISCLOSURES,), crn)
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.disclosures.page(question, cursor, size))


def _parameter(name: str, says: str, **schema: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": {"type": "string", **schema}}


_PARAMETERS = [
    _parameter("crn", "the person's case reference number"),
    _parameter("prn", "a prison number: none is used here, so that without a CRN the answer is 209"),
    _parameter("fromDate", "leave out what ended before this day", format="date"),
    _parameter("toDate", "leave out what began after this day", format="date"),
]
_AskingForThem = Annotated[Asker, Depends(asker("crn", "prn", "fromDate", "toDate"))]


@router.get(
    "/subject-access-request",
    response_model=shapes.subject_access_answer(),
    responses={
        **REFUSALS,
        204: {"description": "nothing is held, or nobody has asked for it"},
        209: {"description": "the person is named by an identifier that this service does not use"},
    },
    openapi_extra={"parameters": _PARAMETERS},
)
async def subject_access_request(ask: _AskingForThem, request: Request) -> Response:
    """Everything held about a person who has asked for it (G3), in the form that HMPPS services give it."""
    given = {name: text.strip() for name, text in request.query_params.items()}
    crn, prn = given.get("crn") or None, given.get("prn") or None
    if crn is None and prn is None:
        raise BadRequest("parameter-invalid", "name the person by crn or prn", "crn")
    wanted = Wanted(_crn(crn), prn, *(_day(given, name) for name in ("fromDate", "toDate")))
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise BadRequest("parameter-invalid", "a day not before fromDate", "toDate")
    try:
        answer = await ask.services.subject_access.content(ask.asks(Action.READ, CATEGORIES), wanted)
    except Unacceptable as fault:
        if fault.code != NOT_USED:
            raise
        return Response(status_code=209)
    return answered(answer) if answer is not None else Response(status_code=204)


def _crn(text: str | None) -> str | None:
    try:
        return None if text is None else canonical_crn(text)
    except IdentifierInvalid as fault:
        raise BadRequest("crn-malformed", field="crn") from fault


def _day(given: dict[str, str], name: str) -> date | None:
    text = given.get(name)
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError as fault:
        raise BadRequest("parameter-invalid", "a day as yyyy-MM-dd", name) from fault
