"""Referrals: one by its id, and lists."""

from typing import get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asking, AskingReferrals, BadRequest, answered, page_size
from app.routers.bodies import PAGED_BY, parameter
from app.routers.preconditions import tagged, with_tag
from app.routers.responses import LISTED, REFUSALS
from app.services import shapes
from app.vocabulary import Action, Category
from app.vocabulary.words import ReferralStatus

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])
_STATUSES = get_args(ReferralStatus)


@router.get(
    "",
    response_model=shapes.referrals_page(),
    responses=LISTED,
    openapi_extra={"parameters": [parameter("status", "only of this status", enum=_STATUSES), *PAGED_BY]},
)
async def referrals(ask: AskingReferrals, request: Request) -> Response:
    """Referrals that are open to the caller: their own drafts first, then newest first."""
    parameters = request.query_params
    filters = {"status": parameters["status"]} if "status" in parameters else {}
    if filters and filters["status"] not in _STATUSES:
        raise BadRequest("parameter-invalid", f"one of {', '.join(_STATUSES)}", "status")
    question = ask.asks(Action.READ, (Category.REFERRAL,))
    return answered(await ask.services.referrals.page(question, filters, parameters.get("cursor"), page_size(request)))


@router.get(
    "/{referral_id}",
    response_model=shapes.referral_answer(),
    responses=with_tag(REFUSALS),
)
async def referral(referral_id: str, ask: Asking) -> Response:
    """One referral, a merged duplicate's survivor; one that is out of reach is answered like one that is not there."""
    question = ask.asks(Action.READ, (Category.REFERRAL,))
    answer = await ask.services.referrals.one(question, id_in(referral_id))
    return tagged(answered(answer), answer.tag or "")
