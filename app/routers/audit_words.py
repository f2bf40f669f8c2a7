"""What a query of the log can say, in an address or in a body; what identifies a person is said in a body alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Request
from pydantic import Field, StringConstraints, ValidationError

from app.audit.rows import Order
from app.gate import KINDS
from app.routers.asking import BadRequest
from app.routers.bodies import Body, Username, word_of
from app.routers.moments import Moment
from app.services.audit import Breakdown
from app.services.audit_formats import Format
from app.services.audit_search import Search
from app.vocabulary import SUBJECTS, Action, Party, Purpose, Role
from app.vocabulary.identifiers import IdentifierInvalid, crn, cro_number, nhs_number, noms_number, pnc_number

_OUTCOMES = ("permitted", "partly-permitted", "refused")
_ACTIONS = (*Action, "erase")
_PERSON_ID = r"^[0-9A-Za-z-]{1,36}$"
_IDENTIFIERS: Mapping[str, Callable[[str], str]] = {
    "crn": crn,
    "nhsNumber": nhs_number,
    "pncNumber": pnc_number,
    "nomsNumber": noms_number,
    "croNumber": cro_number,
}
_ABOUT_PEOPLE = (*_IDENTIFIERS, "personId", "consent", "emergencyGrant")
_PERIOD = ("since", "until")
_HOW = ("order", "cursor", "pageSize", "by", "format")
Model = TypeVar("Model", bound=Body)
Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,36}$")]
Written = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Subject = Annotated[str, *word_of(SUBJECTS)]


class Query(Body):
    """Entries of a period that say all of this; what is left out may be anything."""

    since: Moment = Field(description="recorded at this moment or later")
    until: Moment = Field(description="recorded before this moment")
    staff: Username | None = Field(None, description="a username; its letters' case says nothing")
    party: Annotated[str, *word_of(Party)] | None = None
    client: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,60}$")] | None = Field(
        None, description="the system's id"
    )
    role: Annotated[str, *word_of(Role)] | None = None
    purpose: Annotated[str, *word_of(Purpose)] | None = None
    action: Annotated[str, *word_of(_ACTIONS)] | None = None
    outcome: Annotated[str, *word_of(_OUTCOMES)] | None = None
    type: Annotated[str, *word_of(KINDS)] | None = None
    category: Subject | None = Field(None, description="a category or register that was released or withheld")
    released: Subject | None = Field(None, description="a category or register that the answer carried")
    withheld: Subject | None = Field(None, description="a category or register that was withheld")
    clause: Annotated[str, StringConstraints(pattern=r"^[A-Z]\d{1,3}$")] | None = Field(
        None, description="a clause or standing condition of any version of the agreement"
    )
    agreement: Digest | None = Field(None, description="the digest of the agreement that the decision was made under")
    requestId: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")] | None = None  # noqa: N815  # as it stands in JSON
    eventId: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")] | None = None  # noqa: N815  # as it stands in JSON
    consent: Id | None = Field(None, description="a consent's id: entries that rest on it")
    emergencyGrant: Id | None = Field(None, description="a grant's id: what was asked under it")  # noqa: N815  # as it stands in JSON

    def search(self, knows: Callable[[str], bool]) -> Search:
        """As the services take it, which know clauses from others; BadRequest for what is well-formed and cannot be."""
        if self.until <= self.since:
            raise BadRequest("period-invalid", "a moment after `since`", "until")
        given = self.model_dump(exclude_none=True, exclude={*_PERIOD, *_HOW})
        if "clause" in given and not knows(given["clause"]):
            raise self._faulty("no version of the agreement has such a clause", "clause")
        if "staff" in given:
            given["staff"] = given["staff"].lower()
        people = {name: self._canonical(name, given.pop(name)) for name in _ABOUT_PEOPLE if name in given}
        return Search.of(self.since, self.until, given, people)

    def _canonical(self, name: str, value: str) -> str:
        try:
            return _IDENTIFIERS[name](value) if name in _IDENTIFIERS else value
        except IdentifierInvalid as fault:
            raise self._faulty(str(fault), name) from fault

    def _faulty(self, detail: str, name: str) -> BadRequest:
        return BadRequest("body-invalid" if isinstance(self, _Identifying) else "parameter-invalid", detail, name)


class _Identifying(Query):
    """The same for somebody who is identified; all identifiers that are given have to be of the same person."""

    crn: Written | None = None
    nhsNumber: Written | None = None  # noqa: N815  # as it stands in JSON
    pncNumber: Written | None = None  # noqa: N815  # as it stands in JSON
    nomsNumber: Written | None = None  # noqa: N815  # as it stands in JSON
    croNumber: Written | None = None  # noqa: N815  # as it stands in JSON
    personId: Annotated[str, StringConstraints(pattern=_PERSON_ID)] | None = None  # noqa: N815  # as it stands in JSON


class _Listed(Query):
    order: Annotated[str, *word_of(Order)] = Field(Order.NEWEST.value, description="which end first")


class _Counted(Query):
    by: Annotated[str, *word_of(Breakdown)] | None = Field(None, description="what to tell apart; nothing without it")


class _Handed(Query):
    format: Annotated[str, *word_of(Format)] | None = Field(None, description="by the header Accept if it is left out")


class EntriesQuery(_Listed):
    """A page of entries, asked for in an address."""


class EntriesSearch(_Listed, _Identifying):
    """A page of entries."""

    cursor: str | None = None
    pageSize: int = 50  # noqa: N815  # as it stands in JSON


class CountsQuery(_Counted):
    """Counts of entries, asked for in an address."""


class CountsSearch(_Counted, _Identifying):
    """Counts of entries."""


class ExportQuery(_Handed):
    """An export, asked for in an address."""


class ExportSearch(_Handed, _Identifying):
    """An export."""


PAGING = ("cursor", "pageSize")


def names_of(model: type[Query]) -> tuple[str, ...]:
    """The parameters of an address that takes this query."""
    return tuple(model.model_fields)


def parameters_of(model: type[Body]) -> list[dict[str, Any]]:
    """The same for the OpenAPI document."""
    schema = model.model_json_schema()
    return [_parameter(name, about, schema.get("required", ())) for name, about in schema["properties"].items()]


def _parameter(name: str, about: dict[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """In an address nothing is null: what is left out is left out."""
    (plain,) = [each for each in about.get("anyOf", [about]) if each.get("type") != "null"]
    says = {name: value for name, value in plain.items() if name not in ("title", "description")}
    return {
        "name": name,
        "in": "query",
        "required": name in required,
        "schema": says,
        **({"description": about["description"]} if "description" in about else {}),
    }


def from_address(model: type[Model], request: Request) -> Model:
    """A query from an address's parameters; BadRequest names the one at fault, never its value."""
    given = {name: text for name, text in request.query_params.items() if name not in PAGING}
    try:
        return model.model_validate(given)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False, include_context=False)[0]
        raise BadRequest("parameter-invalid", first["msg"], str(first["loc"][0])) from fault
