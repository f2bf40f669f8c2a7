"""Authorisations to criminal-justice data, granted to named health staff by a probation lead, and revoked (A3)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asker, Asking, answered, asker, page_size
from app.routers.bodies import PAGED_BY, Body, body, parameter
from app.routers.moments import End, Start, past_moment
from app.routers.responses import CHANGES, CREATED, LISTED
from app.routers.staff import flag, username_in
from app.services import shapes_standing as shapes
from app.vocabulary import Action, Register

router = APIRouter(tags=["staff"])


class NewAuthorisation(Body):
    """From when, now if it is left out, until when: a day holds to its end in Europe/London."""

    validFrom: Start | None = None  # noqa: N815  # as it stands in JSON
    validUntil: End  # noqa: N815  # as it stands in JSON


@router.get(
    "/v1/authorisations",
    response_model=shapes.AuthorisationsPage,
    responses=LISTED,
    openapi_extra={
        "parameters": [
            parameter("username", "only of this member of staff"),
            parameter("live", "true: those that hold; false: all others", enum=["true", "false"]),
            parameter("at", "those that held at this moment, or with live=false did not", format="date-time"),
            *PAGED_BY,
        ]
    },
)
async def authorisations(
    ask: Annotated[Asker, Depends(asker("cursor", "pageSize", "username", "live", "at"))], request: Request
) -> Response:
    """Authorisations to criminal-justice data, for those who may revoke them (A3)."""
    username, at, live = request.query_params.get("username"), past_moment(request, "at", ask.at), flag(request, "live")
    question = ask.asks(Action.REVOKE, (Register.AUTHORISATION,))
    return answered(
        await ask.services.authorisations.page(
            question,
            None if username is None else username_in(username),
            live=True if live is None and at else live,
            at=at,
            cursor=request.query_params.get("cursor"),
            size=page_size(request),
        )
    )


@router.post(
    "/v1/staff/{username}/authorisations",
    status_code=201,
    response_model=shapes.Granted,
    responses=CREATED,
    openapi_extra=body(NewAuthorisation),
)
async def grant(username: str, ask: Asking) -> Response:
    """Authorise a named member of health staff to receive criminal-justice data (A3), never oneself."""
    wanted = await ask.body(NewAuthorisation)
    question = ask.asks(Action.GRANT, (Register.AUTHORISATION,))
    return answered(await ask.services.authorisations.grant(question, username_in(username), wanted.model_dump()), 201)


@router.post("/v1/authorisations/{authorisation_id}/revocation", response_model=shapes.Revoked, responses=CHANGES)
async def revoke(authorisation_id: str, ask: Asking) -> Response:
    """End an authorisation at once (A3)."""
    known = id_in(authorisation_id)
    question = ask.asks(Action.REVOKE, (Register.AUTHORISATION,))
    return answered(await ask.services.authorisations.revoke(question, known))
