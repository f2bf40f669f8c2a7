"""The life of a referral: drafted, sent, triaged, decided on, moved, discharged; duplicates merged."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asking, answered
from app.routers.bodies import body
from app.routers.bodies_lifecycle import (
    NewDecision,
    NewDischarge,
    NewMerge,
    NewMove,
    NewReferral,
    NewTriage,
    ReferralChange,
)
from app.routers.preconditions import IF_MATCH, if_match
from app.routers.responses import CHANGES, CREATED, PRECONDITIONS, REFUSALS
from app.services import shapes_lifecycle as shapes
from app.vocabulary import Action, Category, Register

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])
_CHANGES = {**CHANGES, **PRECONDITIONS}
_WRITTEN: dict[str, Any] = {"response_model": shapes.Written, "responses": _CHANGES}
_REFERRAL = (Category.REFERRAL,)
_CLINICAL = (Category.REFERRAL, Category.CLINICAL)
_TRIAGE = (Category.REFERRAL, Category.CLINICAL, Category.SCORES, Category.SAFETY)


@router.post("", status_code=201, response_model=shapes.Written, responses=CREATED, openapi_extra=body(NewReferral))
async def refer(ask: Asking) -> Response:
    """Refer a person (D5), or keep a draft; the answer is the same whether or not another referral is open."""
    given = await ask.body(NewReferral)
    question = ask.asks(Action.CREATE, _REFERRAL, given.crn)
    return answered(await ask.services.referring.create(question, given.wanted()), 201)


@router.patch("/{referral_id}", **_WRITTEN, openapi_extra=body(ReferralChange) | IF_MATCH)
async def change(referral_id: str, ask: Asking, request: Request) -> Response:
    """Change one's own draft (D6), or what the service keeps (B1, B2, B4); clinical fields are for clinicians."""
    wanted = await ask.body(ReferralChange)
    given, said = wanted.given(), wanted.presented()
    question = ask.asks(Action.WRITE, _REFERRAL if said is None else _CLINICAL)
    service = ask.services.referring
    return answered(await service.change(question, id_in(referral_id), given, said, if_match(request)))


@router.post("/{referral_id}/submission", **_WRITTEN, openapi_extra=IF_MATCH)
async def send(referral_id: str, ask: Asking, request: Request) -> Response:
    """Send one's own draft (D6)."""
    question = ask.asks(Action.WRITE, _REFERRAL)
    return answered(await ask.services.referring.send(question, id_in(referral_id), if_match(request)))


@router.post("/{referral_id}/withdrawal", **_WRITTEN, openapi_extra=IF_MATCH)
async def discard(referral_id: str, ask: Asking, request: Request) -> Response:
    """Take back one's own draft (D6); from then on it is nobody's."""
    question = ask.asks(Action.WRITE, _REFERRAL)
    return answered(await ask.services.referring.discard(question, id_in(referral_id), if_match(request)))


@router.post("/{referral_id}/triage", **_WRITTEN, openapi_extra=body(NewTriage) | IF_MATCH)
async def triage(referral_id: str, ask: Asking, request: Request) -> Response:
    """Record a triage (B1, B2): what was found, and a recommendation that follows from it."""
    found = (await ask.body(NewTriage)).found()
    question = ask.asks(Action.WRITE, _TRIAGE)
    return answered(await ask.services.triage.record(question, id_in(referral_id), found, if_match(request)))


@router.get("/{referral_id}/triage", response_model=shapes.TriageAnswer, responses=REFUSALS)
async def read_triage(referral_id: str, ask: Asking) -> Response:
    """The newest triage: each part of it for who may read its category."""
    return answered(await ask.services.triage.read(ask.asks(Action.READ, _TRIAGE), id_in(referral_id)))


@router.post("/{referral_id}/decision", **_WRITTEN, openapi_extra=body(NewDecision) | IF_MATCH)
async def decide(referral_id: str, ask: Asking, request: Request) -> Response:
    """Decide on suitability (B1, B2); nothing but this makes a referral suitable or not."""
    wanted = (await ask.body(NewDecision)).decided()
    question = ask.asks(Action.WRITE, (*_CLINICAL, Category.ATTENDANCE))
    return answered(await ask.services.triage.decide(question, id_in(referral_id), wanted, if_match(request)))


@router.post("/{referral_id}/moves", **_WRITTEN, openapi_extra=body(NewMove) | IF_MATCH)
async def move(referral_id: str, ask: Asking, request: Request) -> Response:
    """Offer a first appointment, go back to the list, assess, begin treatment (B1, B2, B4; the last is clinical)."""
    wanted = (await ask.body(NewMove)).moving()
    clinical = wanted.note is not None or wanted.said is not None or wanted.to == "in-treatment"
    question = ask.asks(Action.WRITE, _CLINICAL if clinical else _REFERRAL)
    return answered(await ask.services.moving.move(question, id_in(referral_id), wanted, if_match(request)))


@router.post("/{referral_id}/discharge", **_WRITTEN, openapi_extra=body(NewDischarge) | IF_MATCH)
async def discharge(referral_id: str, ask: Asking, request: Request) -> Response:
    """Close the referral with a national EndCode (B1, B2, B4)."""
    wanted = (await ask.body(NewDischarge)).ending()
    categories = _CLINICAL if wanted.note is not None else _REFERRAL
    question = ask.asks(Action.WRITE, (*categories, Category.ATTENDANCE))
    return answered(await ask.services.moving.discharge(question, id_in(referral_id), wanted, if_match(request)))


@router.get("/{referral_id}/history", response_model=shapes.History, responses=REFUSALS)
async def history(referral_id: str, ask: Asking) -> Response:
    """Every status that the referral had; who moved it and why for who may read the clinical record."""
    return answered(await ask.services.moving.history(ask.asks(Action.READ, _TRIAGE), id_in(referral_id)))


@router.get("/{referral_id}/duplicates", response_model=shapes.duplicates(), responses=REFUSALS)
async def duplicates(referral_id: str, ask: Asking) -> Response:
    """Other open referrals of the same person to the same service, as far as the caller may read them."""
    return answered(await ask.services.duplicates.of(ask.asks(Action.READ, _REFERRAL), id_in(referral_id)))


@router.post("/{referral_id}/merge", **_WRITTEN, openapi_extra=body(NewMerge) | IF_MATCH)
async def merge(referral_id: str, ask: Asking, request: Request) -> Response:
    """Merge a duplicate into this referral (B2 with B5: a clinical lead); the duplicate's id answers with this one."""
    wanted = await ask.body(NewMerge)
    question = ask.asks(Action.WRITE, (Register.ALLOCATION, Category.REFERRAL))
    service = ask.services.duplicates
    return answered(await service.merge(question, id_in(referral_id), wanted.duplicate, if_match(request)))


@router.post("/{referral_id}/separation", **_WRITTEN, openapi_extra=body(NewMerge) | IF_MATCH)
async def separate(referral_id: str, ask: Asking, request: Request) -> Response:
    """Undo a merge (B2 with B5: a clinical lead): the duplicate stands for itself again, with all that hangs on it."""
    wanted = await ask.body(NewMerge)
    question = ask.asks(Action.WRITE, (Register.ALLOCATION, Category.REFERRAL))
    service = ask.services.duplicates
    return answered(await service.separate(question, id_in(referral_id), wanted.duplicate, if_match(request)))
