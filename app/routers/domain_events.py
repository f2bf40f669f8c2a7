"""Domain events in, in the shape that probation systems publish, and for oversight what has not followed them."""

import re
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.routers.asking import Asking, BadRequest, answered
from app.routers.bodies import Body, Crn, body, text
from app.routers.moments import Moment
from app.routers.responses import LISTED, SENT_IN
from app.services import shapes_sync as shapes
from app.services.domain_events import MERGED, PARTED, DomainEvent
from app.vocabulary import Action, Category, Register
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

router = APIRouter(prefix="/v1/sync", tags=["sync"])
OF_TWO = {MERGED: ("sourceCRN", "targetCRN"), PARTED: ("reactivatedCRN", "unmergedCRN")}
"""Which of the two is spoken of, and in regard to which other."""
_ID_OF = re.compile(r"[a-z][A-Za-z]{0,40}(Id|ID|Uuid|UUID|CRN)")
_AN_ID = re.compile(r"[0-9A-Za-z-]{1,40}")


def _ids_alone(given: dict[str, Any]) -> dict[str, Any]:
    """PydanticCustomError for anything else than ids of records: an event says that something changed, never what."""
    for name, value in given.items():
        if not _ID_OF.fullmatch(name) or not isinstance(value, str | int) or not _AN_ID.fullmatch(str(value)):
            raise PydanticCustomError("ids", "ids of records alone, such as sourceCRN")
    return given


class Identifier(Body):
    """One way in which the person is known."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]{1,19}$")]
    value: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z/ -]{1,40}$")]


class PersonReference(Body):
    """Of whom the event is; a CRN has to be among it."""

    identifiers: list[Identifier] = Field(min_length=1, max_length=10)


class Happened(Body):
    """A domain event without content: `detailUrl` and `description` may be there, are read by nobody and not kept."""

    eventType: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+){1,5}$", max_length=80)]  # noqa: N815  # as it stands in JSON
    version: int = Field(ge=1, le=1000)
    occurredAt: Moment  # noqa: N815  # as it stands in JSON
    detailUrl: Annotated[str, StringConstraints(pattern=r"^https://[!-~]{1,500}$")] | None = None  # noqa: N815  # as it stands in JSON
    description: Annotated[str, text(200)] | None = None
    additionalInformation: Annotated[dict[str, Any], AfterValidator(_ids_alone)] = Field({}, max_length=10)  # noqa: N815  # as it stands in JSON
    personReference: PersonReference | None = None  # noqa: N815  # as it stands in JSON

    def crns(self) -> tuple[Crn, Crn | None]:
        """Of whom it is, and of a merger in regard to whom; BadRequest names what is missing or no CRN."""
        if self.eventType in OF_TWO:
            one, other = (self._named(name) for name in OF_TWO[self.eventType])
            if one == other:
                raise BadRequest("body-invalid", "two CRNs", f"additionalInformation.{OF_TWO[self.eventType][1]}")
            return one, other
        named = self.personReference.identifiers if self.personReference else []
        crns = [each.value for each in named if each.type == "CRN"]
        if len(crns) != 1:
            raise BadRequest("body-invalid", "the person's CRN, once", "personReference.identifiers")
        return _crn(crns[0], "personReference.identifiers"), None

    def _named(self, name: str) -> Crn:
        given = self.additionalInformation.get(name)
        if given is None:
            raise BadRequest("body-invalid", "say which CRN", f"additionalInformation.{name}")
        return _crn(str(given), f"additionalInformation.{name}")


@router.post(
    "/events", status_code=202, response_model=shapes.EventReceived, responses=SENT_IN, openapi_extra=body(Happened)
)
async def receive(ask: Asking) -> Response:
    """Say that something of a person changed at the source (H5); mergers of two records hold from then on."""
    happened = await ask.body(Happened)
    question = ask.asks(Action.WRITE, (Category.IDENTITY,))
    if happened.occurredAt > question.at:
        raise BadRequest("body-invalid", "a moment that has been", "occurredAt")
    crn, other = happened.crns()
    event = DomainEvent(happened.eventType, happened.occurredAt, crn, other)
    about = ask.asks(Action.WRITE, (Category.IDENTITY,), crn)
    return answered(await ask.services.domain_events.receive(about, event), 202)


@router.get("/events", response_model=shapes.EventsAwaited, responses=LISTED)
async def awaited(ask: Asking) -> Response:
    """For oversight: which systems have said that records changed, and not sent them since (G1)."""
    return answered(await ask.services.domain_events.awaited(ask.asks(Action.READ, (Register.AUDIT_LOG,))))


def _crn(given: str, field: str) -> Crn:
    try:
        return canonical_crn(given)
    except IdentifierInvalid as fault:
        raise BadRequest("body-invalid", str(fault), field) from fault
