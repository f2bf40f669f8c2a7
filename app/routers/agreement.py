"""The agreement in force, which both parties publish, and what the past would have been under another."""

from datetime import date

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.policies.review.forms import MEDIA_TYPES, Form
from app.routers.asking import Asking, BadRequest, answered, services_of
from app.routers.bodies import parameter
from app.routers.responses import CHOSEN, PAGED
from app.services.shapes_simulation import Simulation
from app.vocabulary import Action, Register

router = APIRouter(prefix="/v1/agreement", tags=["agreement"])


class SimulationAsked(BaseModel):
    """A draft, and the period whose decisions are made again under it."""

    model_config = ConfigDict(extra="forbid")

    agreement: str = Field(min_length=1, description="the draft's text, in TOML")
    since: date | AwareDatetime = Field(description="a day, from its beginning in London; or a moment")
    until: date | AwareDatetime | None = Field(None, description="the last day; or a moment, which is left out")


@router.get("")
async def agreement(request: Request) -> Response:
    """Parties, purposes, roles, categories and clauses, each in its own words, with the digest that entries cite."""
    return answered(services_of(request).agreements.current())


_FORMATS = ", ".join(Form)


@router.get(
    "/matrix",
    responses={200: {"content": {media: {} for media in MEDIA_TYPES.values()}}, **CHOSEN},
    openapi_extra={"parameters": [parameter("format", "json if it is left out", enum=list(Form))]},
)
async def matrix(request: Request) -> Response:
    """Who may do what for which purpose: role by purpose by category, with clauses and conditions in the cells."""
    given = request.query_params.get("format", Form.JSON.value)
    if given not in tuple(Form):
        raise BadRequest("parameter-invalid", f"one of {_FORMATS}", "format")
    form = Form(given)
    return Response(services_of(request).agreements.matrix(form), media_type=MEDIA_TYPES[form])


@router.post(
    "/simulations",
    response_model=Simulation,
    responses=PAGED,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": SimulationAsked.model_json_schema()}}}},
)
async def simulation(ask: Asking) -> Response:
    """Past decisions made again under a draft: which would change, for whom, and which entries they are."""
    wanted = await ask.body(SimulationAsked)
    question = ask.asks(Action.READ, (Register.AUDIT_LOG,))
    return answered(await ask.services.simulations.simulate(question, wanted.agreement, wanted.since, wanted.until))
