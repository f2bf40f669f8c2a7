"""What a person agrees to, refuses and objects to: recorded, countersigned, withdrawn, and who relied on it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints, ValidationError, WithJsonSchema
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asker, Asking, AskingPage, BadRequest, answered, page_size
from app.routers.bodies import PAGED_BY, Body, body, text
from app.routers.moments import End, Start
from app.routers.responses import CHANGES, CREATED, REFUSALS
from app.services import shapes_consent as shapes
from app.services.consents import Given
from app.services.objections import Objected
from app.vocabulary import Action, Category, Party, Register, Scope

router = APIRouter(prefix="/v1", tags=["consent"])
_REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9/._-]*$"
Reference = Annotated[str, StringConstraints(pattern=_REFERENCE, max_length=40)]
"""What a form or a wording is filed under: no place for words that nobody would enforce."""
AScope = Annotated[Scope, WithJsonSchema({"type": "string", "enum": [scope.value for scope in Scope]})]
ACategory = Annotated[Category, WithJsonSchema({"type": "string", "enum": [word.value for word in Category]})]
AParty = Annotated[Party, WithJsonSchema({"type": "string", "enum": [Party.HEALTH.value, Party.JUSTICE.value]})]


class ConsentGiven(Body):
    """What the person said of one scope; a date as `validUntil` holds to the end of that day in Europe/London."""

    scope: AScope
    decision: Literal["permit", "refuse"]
    recipients: list[AParty] = Field(min_length=1, description="parties: nobody narrower could be kept to")
    validFrom: Start | None = Field(None, description="a day or a moment from today on; now if it is left out")  # noqa: N815  # as it stands in JSON
    validUntil: End | None = Field(None, description="a day or a moment; without one until it is withdrawn")  # noqa: N815  # as it stands in JSON
    givenHow: Literal["three-way-meeting", "in-writing", "orally-with-witness"]  # noqa: N815  # as it stands in JSON
    witness: Annotated[str, text(200)] | None = Field(
        None, description="who heard it; for what was given orally, and then needed"
    )
    capacity: bool
    wordingVersion: Annotated[Reference, StringConstraints(max_length=20)] = Field(  # noqa: N815  # as it stands in JSON
        description="the version of the words that the person was shown"
    )
    signedForm: Reference | None = Field(None, description="where the signed form is filed")  # noqa: N815  # as it stands in JSON
    supersedes: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,36}$")] | None = Field(
        None, description="the newest consent of the chain that this one takes the place of"
    )

    def given(self) -> Given:
        """As the service takes it."""
        return Given(
            self.scope,
            self.decision,
            self.recipients,
            self.givenHow,
            self.capacity,
            self.wordingVersion,
            self.validFrom,
            self.validUntil,
            self.witness,
            self.signedForm,
            self.supersedes,
        )


class ScopesToWithdraw(Body):
    """Which scopes the person takes back, for a caller who cannot read which consents there are."""

    scopes: list[AScope] = Field(min_length=1)


class ObjectionMade(Body):
    """What the other party is not to read."""

    category: ACategory
    validFrom: Start | None = None  # noqa: N815  # as it stands in JSON
    validUntil: End | None = None  # noqa: N815  # as it stands in JSON
    reason: Annotated[str, text(1000)] | None = None


@router.post(
    "/people/{crn}/consents",
    status_code=201,
    response_model=shapes.Stands,
    responses=CREATED,
    openapi_extra=body(ConsentGiven),
)
async def record(crn: str, ask: Asking) -> Response:
    """Record what a person agrees to or refuses (B1, B2, E3); 422 names what of it would not be enforced."""
    wanted = await _given(ask)
    question = ask.asks(Action.WRITE, (Category.CONSENT,), crn)
    return answered(await ask.services.consents.record(question, wanted), 201)


@router.post(
    "/people/{crn}/consents/withdrawal",
    response_model=shapes.ScopesWithdrawn,
    responses=CHANGES,
    openapi_extra=body(ScopesToWithdraw),
)
async def withdraw_scopes(crn: str, ask: Asking) -> Response:
    """Withdraw all that a person agreed to of some scopes (B1, E3); a restriction does not stop it."""
    wanted = await ask.body(ScopesToWithdraw)
    question = ask.asks(Action.WITHDRAW, (Category.CONSENT,), crn)
    return answered(await ask.services.consents.withdraw_scopes(question, wanted.scopes))


@router.post("/consents/{consent_id}/withdrawal", response_model=shapes.Stands, responses=CHANGES)
async def withdraw(consent_id: str, ask: Asking) -> Response:
    """Withdraw a consent, and with it every permission of its scope (B1, E3); a body is not looked at."""
    question = ask.asks(Action.WITHDRAW, (Category.CONSENT,))
    return answered(await ask.services.consents.withdraw(question, id_in(consent_id)))


@router.post("/consents/{consent_id}/countersignature", response_model=shapes.Stands, responses=CHANGES)
async def countersign(consent_id: str, ask: Asking) -> Response:
    """A clinician countersigns what the justice party recorded of sharing from health (B1, B2, E3)."""
    question = ask.asks(Action.WRITE, (Category.CONSENT,))
    return answered(await ask.services.consents.countersign(question, id_in(consent_id)))


@router.get(
    "/consents/{consent_id}/reliance",
    response_model=shapes.Reliance,
    responses=REFUSALS,
    openapi_extra={"parameters": [*PAGED_BY]},
)
async def reliance(consent_id: str, ask: AskingPage, request: Request) -> Response:
    """Who relied on a consent, and whom it refused, from the log, newest first (G1)."""
    question = ask.asks(Action.READ, (Register.AUDIT_LOG,))
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.reliance.page(question, id_in(consent_id), cursor, size))


@router.post(
    "/people/{crn}/objections",
    status_code=201,
    response_model=shapes.Stands,
    responses=CREATED,
    openapi_extra=body(ObjectionMade),
)
async def object_to(crn: str, ask: Asking) -> Response:
    """Record what a person objects to (S4); of risk and safety alerts nobody can."""
    wanted = await ask.body(ObjectionMade)
    question = ask.asks(Action.WRITE, (Category.CONSENT,), crn)
    objected = Objected(wanted.category, wanted.validFrom, wanted.validUntil, wanted.reason)
    return answered(await ask.services.objections.record(question, objected), 201)


@router.post("/objections/{objection_id}/withdrawal", response_model=shapes.Stands, responses=CHANGES)
async def withdraw_objection(objection_id: str, ask: Asking) -> Response:
    """Withdraw an objection; what it stopped is open again as far as the clauses open it."""
    question = ask.asks(Action.WRITE, (Category.CONSENT,))
    return answered(await ask.services.objections.withdraw(question, id_in(objection_id)))


async def _given(ask: Asker) -> Given:
    """The body; what the engine would not enforce is refused under a code that says so."""
    try:
        return (await ask.body(ConsentGiven)).given()
    except BadRequest as fault:
        raise unenforceable(fault) or fault from fault.__cause__


def unenforceable(fault: BadRequest, *within: str) -> BadRequest | None:
    """What a fault of a consent's body is called; None for another. `within` is where consents stand in a body."""
    if not isinstance(fault.__cause__, ValidationError):
        return None
    first = fault.__cause__.errors(include_input=False, include_url=False, include_context=False)[0]
    place = first["loc"]
    if within and (place[: len(within)] != within or len(place) < len(within) + 2):
        return None
    where = next(iter(place[len(within) + 1 :] if within else place), "")
    if first["type"] == "extra_forbidden":
        detail = "there is no such element: nothing stands in a consent that would not be enforced"
    elif where == "recipients":
        detail = "a list of parties, such as justice: nobody narrower than a party could be kept to"
    elif where == "scope":
        detail = f"one of {', '.join(scope.value for scope in Scope)}"
    else:
        return None
    return None if first["type"] == "missing" else BadRequest("consent-not-enforceable", detail, fault.field)
