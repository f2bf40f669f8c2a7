"""Safety: the clinician's own record, alerts that are released, acknowledged, taken back, and those that wait."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.pathway.chasing import Urgency
from app.routers.addresses import id_in
from app.routers.asking import Asker, Asking, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, Body, Username, body, parameter, text
from app.routers.responses import CHANGES, CREATED, LISTED
from app.services import shapes_safety as shapes
from app.services.safety import BY_NAME, STATES, Noted, Released
from app.vocabulary import Action, Category

router = APIRouter(prefix="/v1", tags=["safety"])
_LONGEST = 20_000
_SAFETY, _ALERT = (Category.SAFETY,), (Category.SAFETY_ALERT,)
Long = Annotated[str, text(_LONGEST)]


class SafetyNoted(Body):
    """What a clinician writes down for colleagues: at least one of the three texts."""

    riskToSelf: Long | None = None  # noqa: N815  # as it stands in JSON
    riskToOthers: Long | None = None  # noqa: N815  # as it stands in JSON
    plan: Long | None = None
    thirdParty: bool = Field(description="whether it names somebody else, which the person is not given (G3)")  # noqa: N815  # as it stands in JSON
    seriousHarm: bool = Field(description="whether reading it could do serious harm (DPA 2018 Sch 3)")  # noqa: N815  # as it stands in JSON

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.riskToSelf is None and self.riskToOthers is None and self.plan is None:
            raise PydanticCustomError("nothing", "name at least one of riskToSelf, riskToOthers and plan")
        return self


class AlertToRelease(Body):
    """What the justice party has to know so that somebody can be protected, and no more than that."""

    summary: Annotated[str, text(2000)]
    reason: Annotated[str, text(1000)] = Field(description="why this is shared without asking the person")
    urgency: Literal["routine", "urgent", "immediate"]
    addressedTo: Literal["offender-manager", "probation-lead", "staff"] = Field(  # noqa: N815  # as it stands in JSON
        description="whoever is the person's offender manager, the probation leads, or somebody by name"
    )
    recipient: Username | None = Field(None, description="the username, for staff alone")
    supersedes: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,36}$")] | None = Field(
        None, description="the alert of this referral that this one takes the place of"
    )

    @model_validator(mode="after")
    def _is_addressed(self) -> Self:
        if (self.addressedTo == BY_NAME) != (self.recipient is not None):
            raise PydanticCustomError("recipient", "a recipient is named for staff, and for nobody else")
        return self


class AlertWithdrawal(Body):
    """Why the alert does not hold."""

    reason: Annotated[str, text(1000)]


@router.post(
    "/referrals/{referral_id}/safety-records",
    status_code=201,
    response_model=shapes.SafetyWritten,
    responses=CREATED,
    openapi_extra=body(SafetyNoted),
)
async def record(referral_id: str, ask: Asking) -> Response:
    """Record risk and safety plan for the health party (B1, B2); no clause ever lets the justice party see it (P3)."""
    wanted = await ask.body(SafetyNoted)
    noted = Noted(wanted.riskToSelf, wanted.riskToOthers, wanted.plan, wanted.thirdParty, wanted.seriousHarm)
    return answered(await ask.services.safety.record(ask.asks(Action.WRITE, _SAFETY), id_in(referral_id), noted), 201)


@router.post(
    "/referrals/{referral_id}/safety-alerts",
    status_code=201,
    response_model=shapes.SafetyAlertReleased,
    responses=CREATED,
    openapi_extra=body(AlertToRelease),
)
async def release(referral_id: str, ask: Asking) -> Response:
    """Release an alert (B1, B2): the justice party is told at once, and again until somebody acknowledges it."""
    wanted = await ask.body(AlertToRelease)
    released = Released(
        Urgency(wanted.urgency), wanted.summary, wanted.reason, wanted.addressedTo, wanted.recipient, wanted.supersedes
    )
    question = ask.asks(Action.WRITE, _ALERT)
    return answered(await ask.services.safety.release(question, id_in(referral_id), released), 201)


@router.post(
    "/people/{crn}/safety-alerts/{alert_id}/acknowledgement",
    response_model=shapes.SafetyAlertAcknowledged,
    responses=CHANGES,
)
async def acknowledge(crn: str, alert_id: str, ask: Asking) -> Response:
    """Say that an alert was seen (P4); once more answers the same, and a body is not looked at."""
    question = ask.asks(Action.ACKNOWLEDGE, _ALERT, crn)
    return answered(await ask.services.safety.acknowledge(question, id_in(alert_id)))


@router.post(
    "/people/{crn}/safety-alerts/{alert_id}/withdrawal",
    response_model=shapes.SafetyAlertWithdrawn,
    responses=CHANGES,
    openapi_extra=body(AlertWithdrawal),
)
async def withdraw(crn: str, alert_id: str, ask: Asking) -> Response:
    """Take an alert back with the reason (B1, B2); whoever read it reads that as well."""
    wanted = await ask.body(AlertWithdrawal)
    question = ask.asks(Action.WRITE, _ALERT, crn)
    return answered(await ask.services.safety.withdraw(question, id_in(alert_id), wanted.reason))


@router.get(
    "/safety-alerts",
    response_model=shapes.SafetyAlertsPage,
    responses=LISTED,
    openapi_extra={"parameters": [parameter("state", "only in this state", enum=[*STATES]), *PAGED_BY]},
)
async def alerts(ask: Annotated[Asker, Depends(asker("cursor", "pageSize", "state"))], request: Request) -> Response:
    """Alerts that the caller may read (P1, P2, B1, B2), newest first, without what they are about."""
    state = request.query_params.get("state")
    if state is not None and state not in STATES:
        raise BadRequest("parameter-invalid", f"one of {', '.join(STATES)}", "state")
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.safety.page(ask.asks(Action.READ, _ALERT), state, cursor, size))
