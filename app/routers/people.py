"""People: the whole, one category, why not, and lists; what is personal travels in bodies."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from app.routers.asking import Asker, Asking, AskingPage, BadRequest, answered, asker, checked_size, page_size
from app.routers.bodies import PAGED_BY
from app.routers.responses import LISTED, PAGED, REFUSALS
from app.services import shapes
from app.vocabulary import CATEGORIES, Action, Category
from app.vocabulary.identifiers import IdentifierInvalid, crn, nhs_number, pnc_number, postcode

router = APIRouter(prefix="/v1/people", tags=["people"])
READ = Action.READ
PLURALS = {"safety-alerts": Category.SAFETY_ALERT, "meetings": Category.MEETING, "consents": Category.CONSENT}
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00]*$")]
_CANONICAL = {"crn": crn, "nhsNumber": nhs_number, "pncNumber": pnc_number, "postcode": postcode}


class PersonSearch(BaseModel):
    """What to look for; each field matches only people of whom the caller may read it."""

    model_config = ConfigDict(extra="forbid")

    crn: Name | None = None
    nhsNumber: Name | None = None  # noqa: N815  # as it stands in JSON
    pncNumber: Name | None = None  # noqa: N815  # as it stands in JSON
    familyName: Name | None = Field(None, description="whole, in any case")  # noqa: N815  # as it stands in JSON
    givenNames: Name | None = Field(None, description="how they begin, in any case")  # noqa: N815  # as it stands in JSON
    dateOfBirth: date | None = None  # noqa: N815  # as it stands in JSON
    postcode: Name | None = None
    cursor: str | None = None
    pageSize: int = 50  # noqa: N815  # as it stands in JSON

    def filters(self) -> dict[str, Any]:
        """Canonical values of what was given; BadRequest for a malformed identifier."""
        given = self.model_dump(exclude={"cursor", "pageSize"}, exclude_none=True)
        for name, canonical in _CANONICAL.items():
            if name in given:
                try:
                    given[name] = canonical(given[name])
                except IdentifierInvalid as fault:
                    raise BadRequest("body-invalid", str(fault), name) from fault
        if not given:
            raise BadRequest("body-invalid", "name at least one field to search by", "body")
        return given


@router.get("", response_model=shapes.PeoplePage, responses=LISTED, openapi_extra={"parameters": [*PAGED_BY]})
async def people(ask: AskingPage, request: Request) -> Response:
    """People of whom the caller may know who they are, by CRN."""
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.people.page(ask.asks(READ, (Category.IDENTITY,)), {}, cursor, size))


@router.post(
    "/searches",
    response_model=shapes.PeoplePage,
    responses=PAGED,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": PersonSearch.model_json_schema()}}}},
)
async def search(ask: Asking) -> Response:
    """People by what is known of them; what the caller may not read matches nobody."""
    wanted = await ask.body(PersonSearch)
    question = ask.asks(READ, (Category.IDENTITY,))
    size = checked_size(wanted.pageSize)
    return answered(await ask.services.people.page(question, wanted.filters(), wanted.cursor, size))


@router.get("/{crn}", response_model=shapes.person_answer(), responses=REFUSALS)
async def person(crn: str, ask: Asking) -> Response:
    """The whole of what the caller may see of a person, by category, with what is withheld and why."""
    return answered(await ask.services.people.whole(ask.asks(READ, CATEGORIES, crn)))


def _add(name: str, category: Category) -> None:
    async def read(crn: str, ask: Asking) -> Response:
        return answered(await ask.services.people.category(ask.asks(READ, (category,), crn), category))

    read.__name__ = f"read_{name.replace('-', '_')}"
    router.add_api_route(
        f"/{{crn}}/{name}",
        read,
        methods=["GET"],
        response_model=shapes.category_answer(category),
        responses=REFUSALS,
        summary=f"The {name.replace('-', ' ')} of a person, as far as the caller may see them",
    )


for _category in CATEGORIES:
    _add(_category.value, _category)
for _name, _category in PLURALS.items():
    _add(_name, _category)


@router.get("/{crn}/{category}", include_in_schema=False)
async def unknown_category(crn: str, category: str, ask: Annotated[Asker, Depends(asker())]) -> Response:
    """A category that the agreement does not know."""
    raise BadRequest("category-unknown", field="category")
