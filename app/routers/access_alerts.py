"""Alerts about unusual access: listed for review, explained, and closed."""

import re
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from app.routers.asking import Asker, Asking, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, parameter
from app.routers.moments import past_moment
from app.routers.responses import CHANGES, LISTED, REFUSALS
from app.routers.staff import username_in
from app.services import shapes_alerts as shapes
from app.services.access_alerts import Closing, Filters
from app.vocabulary import Action, Question, Register, WatchRule

router = APIRouter(prefix="/v1/audit/alerts", tags=["audit"])
AskingAlerts = Annotated[Asker, Depends(asker("cursor", "pageSize", "rule", "since", "staff", "state"))]
_WORDS = {"state": get_args(shapes.State), "rule": tuple(rule.value for rule in WatchRule)}
_ID = re.compile(r"(?=.*\d)[0-9A-Za-z-]{1,36}")
"""With a digit, as all of ours have, so that no word of an address is taken for one."""


class NewReview(BaseModel):
    """What the reviewer concludes, and why."""

    model_config = ConfigDict(extra="forbid")

    outcome: shapes.Outcome
    note: Annotated[
        str,
        StringConstraints(max_length=2000, pattern=r"^[^\x00]*$"),
        Field(description="in words that somebody else understands; name nobody"),
    ]


_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": NewReview.model_json_schema()}}}}


@router.get(
    "",
    response_model=shapes.AlertsPage,
    responses=LISTED,
    openapi_extra={
        "parameters": [
            parameter("state", "open: whatever waits for its review", enum=[*_WORDS["state"]]),
            parameter("rule", "only of this rule", enum=[*_WORDS["rule"]]),
            parameter("staff", "only of this username"),
            parameter("since", "raised at this moment or later", format="date-time"),
            *PAGED_BY,
        ]
    },
)
async def alerts(ask: AskingAlerts, request: Request) -> Response:
    """The review list, newest first, without what is about the caller or a record that is kept from them."""
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.access_alerts.page(_reviews(ask), _filters(ask, request), cursor, size))


@router.get("/{alert_id}", response_model=shapes.AlertInFull, responses=REFUSALS)
async def alert(alert_id: str, ask: Asking) -> Response:
    """One alert: which entries it rests on, what was counted and compared, and whom to ask."""
    return answered(await ask.services.access_alerts.one(_reviews(ask), _known(alert_id)))


@router.post("/{alert_id}/review", response_model=shapes.ClosedAlert, responses=CHANGES, openapi_extra=_BODY)
async def review(alert_id: str, ask: Asking) -> Response:
    """Close an alert, once: by an auditor or a Caldicott guardian whom it is not about."""
    wanted = await ask.body(NewReview)
    return answered(
        await ask.services.access_alerts.review(_reviews(ask), _known(alert_id), Closing(**wanted.model_dump()))
    )


def _reviews(ask: Asker) -> Question:
    return ask.asks(Action.REVIEW, (Register.ACCESS_ALERT,))


def _filters(ask: Asker, request: Request) -> Filters:
    given = request.query_params
    for name, words in _WORDS.items():
        if given.get(name, words[0]) not in words:
            raise BadRequest("parameter-invalid", f"one of {', '.join(words)}", name)
    staff = username_in(given["staff"]) if "staff" in given else None
    return Filters(given.get("state"), given.get("rule"), staff, past_moment(request, "since", ask.at))


def _known(alert_id: str) -> str:
    if not _ID.fullmatch(alert_id):
        raise BadRequest("alert-unknown")
    return alert_id
