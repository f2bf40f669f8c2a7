"""GET /v1/people/{crn}/access: may I, and if not why not; for oversight, about anybody at any past moment."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.routers.asking import Asker, BadRequest, answered, asker
from app.routers.responses import EXPLAINED
from app.services import shapes
from app.services.explanations import Somebody
from app.vocabulary import CATEGORIES, HL7_PURPOSES, Action, Category, Purpose

router = APIRouter(tags=["people"])
_PURPOSES: dict[str, Purpose] = {purpose.value: purpose for purpose in Purpose} | HL7_PURPOSES
_LONGEST = 60
A_MOMENT = "a past moment with an offset, such as 2026-03-10T09:30:00Z; a plus sign is written %2B"
_YEARS = range(1900, 2200)
"""What records are about; the first and last moments that there are mean something else to a database."""


def _parameter(name: str, says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": {"type": "string"}}


_PARAMETERS = [
    _parameter("purpose", "another purpose than that of the header"),
    _parameter("category", "one category alone"),
    _parameter("staff", "for oversight: whose access; with forPurpose"),
    _parameter("system", "for oversight: the access of which system; with forPurpose"),
    _parameter("forPurpose", "for oversight: for which purpose they would ask"),
    _parameter(
        "at",
        "for oversight: at which past moment, with an offset; now if it is left out, the caller's own without staff",
    ),
]
_OVERSIGHT = ("staff", "system", "forPurpose", "at")
_Explaining = Annotated[Asker, Depends(asker("purpose", "category", *_OVERSIGHT))]


@router.get(
    "/v1/people/{crn}/access",
    response_model=shapes.Access,
    responses=EXPLAINED,
    openapi_extra={"parameters": _PARAMETERS},
)
async def access(crn: str, ask: _Explaining, request: Request) -> Response:
    """Whether each category is open, why, and if not why not and whom to ask; discloses nothing of the record."""
    given = dict(request.query_params)
    question = ask.asks(Action.READ, CATEGORIES, crn)
    only = _category(given)
    explanations = ask.services.explanations
    if any(name in given for name in _OVERSIGHT):
        return answered(await explanations.of_somebody(question, _somebody(given, ask), only))
    purpose = _purpose(given, "purpose") if "purpose" in given else ask.purpose
    return answered(await explanations.own(question, purpose, only))


def _somebody(given: dict[str, str], ask: Asker) -> Somebody:
    if "purpose" in given:
        raise BadRequest("parameter-invalid", f"with {', '.join(_OVERSIGHT)} it is forPurpose", "purpose")
    if "staff" in given and "system" in given:
        raise BadRequest("parameter-invalid", "a member of staff or a system, not both", "system")
    at = _moment(given, ask.at)
    if "staff" in given:
        return Somebody(_name(given, "staff").lower(), None, _purpose(given, "forPurpose"), at)
    if "system" in given:
        return Somebody(None, _name(given, "system"), _purpose(given, "forPurpose"), at)
    purpose = _purpose(given, "forPurpose") if "forPurpose" in given else ask.purpose
    return Somebody(ask.caller.staff, ask.caller.client, purpose, at)


def _name(given: dict[str, str], parameter: str) -> str:
    name = given[parameter].strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise BadRequest("parameter-invalid", "a username" if parameter == "staff" else "a system's id", parameter)
    return name


def _purpose(given: dict[str, str], name: str) -> Purpose:
    purpose = _PURPOSES.get(given.get(name, ""))
    if purpose is None:
        raise BadRequest("parameter-invalid", f"one of {', '.join(each.value for each in Purpose)}", name)
    return purpose


def _category(given: dict[str, str]) -> Category | None:
    if "category" not in given:
        return None
    try:
        return Category(given["category"])
    except ValueError as fault:
        raise BadRequest("parameter-invalid", f"one of {', '.join(CATEGORIES)}", "category") from fault


def _moment(given: dict[str, str], now: datetime) -> datetime:
    if "at" not in given:
        return now
    try:
        moment = datetime.fromisoformat(given["at"])
        is_past = moment.tzinfo is not None and moment.year in _YEARS and moment <= now
    except (ValueError, OverflowError):
        is_past = False
    if not is_past:
        raise BadRequest("parameter-invalid", A_MOMENT, "at")
    return moment
