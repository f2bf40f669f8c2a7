"""From a request to a question: the token's caller, the header's purpose, the route's template."""

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from app.routers.answering import Answered
from app.services.answers import Answer
from app.services.container import Services
from app.vocabulary import HL7_PURPOSES, Action, Caller, Purpose, Question, Subject
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

_PURPOSES: dict[str, Purpose] = {purpose.value: purpose for purpose in Purpose} | HL7_PURPOSES
Model = TypeVar("Model", bound=BaseModel)


class BadRequest(Exception):
    """A request that is no question: a stable code, the field at fault, and what is wrong with it."""

    def __init__(self, code: str, detail: str | None = None, field: str | None = None) -> None:
        super().__init__(code)
        self.code, self.detail, self.field = code, detail, field


@dataclass(frozen=True, slots=True)
class Asker:
    """A caller with a purpose, about to ask."""

    services: Services
    caller: Caller
    purpose: Purpose
    at: datetime
    resource: str
    request: Request

    def asks(self, action: Action, subjects: tuple[Subject, ...], crn: str | None = None) -> Question:
        """The question; BadRequest for a malformed CRN."""
        return Question(
            self.caller,
            self.purpose,
            action,
            subjects,
            self.at,
            self.resource,
            self.request.scope["request_id"],
            None if crn is None else _crn(crn),
        )

    async def body(self, model: type[Model]) -> Model:
        """The JSON body; BadRequest names the field and the fault, never the value."""
        try:  # strict: no number for a date, no text for a number
            return model.model_validate_json(await self.request.body(), strict=True)
        except ValidationError as fault:
            first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
            if first["type"] == "json_invalid":
                raise BadRequest("body-not-json") from fault
            raise BadRequest("body-invalid", first["msg"], ".".join(map(str, first["loc"])) or "body") from fault


def _crn(text: str) -> str:
    try:
        return canonical_crn(text)
    except IdentifierInvalid as fault:
        raise BadRequest("crn-malformed", field="crn") from fault


async def note_refusal(request: Request, code: str) -> None:
    """An entry for a known caller's request that is no question; nobody's has one already or needs none."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is not None:
        services, resource = services_of(request), request.scope["route"].path
        await services.gate.refuse_unasked(code, services.clock(), resource, request.scope["request_id"], caller=caller)


def services_of(request: Request) -> Services:
    """What `app.main` put together at start."""
    services: Services = request.app.state.services
    return services


def asker(*parameters: str) -> Callable[[Request], Awaitable[Asker]]:
    """A dependency: who asks, and why; a refusal on the way is in the log before it is answered."""
    known = frozenset(parameters)

    async def current(request: Request) -> Asker:
        services = services_of(request)
        at = services.clock()
        resource = request.scope["route"].path
        caller = await services.authenticate(
            ", ".join(request.headers.getlist("authorization")) or None,
            datetime.now(UTC),
            at,
            resource,
            request.scope["request_id"],
        )
        request.state.caller = caller
        words = request.headers.getlist("purpose-of-use")
        word = ", ".join(words).strip()  # two of them name none
        purpose = _PURPOSES.get(word)
        if purpose is None:
            code = "purpose-unknown" if word else "purpose-missing"
            raise BadRequest(code, field="Purpose-Of-Use")
        if request.scope["query_string"]:
            check_parameters(request, known)
        return Asker(services, caller, purpose, at, resource, request)

    return current


def check_parameters(request: Request, known: Container[str]) -> None:
    """BadRequest for a query parameter that the address does not know, or that is given twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            raise BadRequest("parameter-unknown", field=name if name.isidentifier() else "query")
        if names.count(name) > 1:
            raise BadRequest("parameter-invalid", "given more than once", name)


def page_size(request: Request, largest: int = 200) -> int:
    """`pageSize`, 1 to 200, 50 if absent."""
    text = request.query_params.get("pageSize", "50")
    return checked_size(int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0, largest)


def checked_size(size: int, largest: int = 200) -> int:
    """BadRequest for a page size that is not within bounds."""
    if not 1 <= size <= largest:
        raise BadRequest("parameter-invalid", f"a whole number from 1 to {largest}", "pageSize")
    return size


Asking = Annotated[Asker, Depends(asker())]
AskingPage = Annotated[Asker, Depends(asker("cursor", "pageSize"))]
AskingReferrals = Annotated[Asker, Depends(asker("cursor", "pageSize", "status"))]


def answered(answer: Answer, status: int = 200) -> Response:
    """A protected answer: JSON made once, with the receipt of its entry."""
    return Answered(answer, status)
