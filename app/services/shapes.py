"""The shapes of answers for the OpenAPI document, drawn from the same tags that the answers are selected by."""

from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.pathway.attendance import Outcome
from app.pathway.consents import State
from app.records.views import Section, camel, sections, value_type
from app.vocabulary import CATEGORIES, Action, Category, Fact, Party, Purpose, Role

Closed = ConfigDict(extra="forbid")


class Shape(BaseModel):
    """An answer with no field beyond those named."""

    model_config = Closed


class Missing(Shape):
    """A fact that a clause needs, and what it means."""

    fact: Fact
    text: str


class Remedy(Shape):
    """What would open the category, and whom to ask."""

    text: str
    ask: str
    facts: list[Fact]


class Withheld(Shape):
    """Why a category is not open to the caller."""

    category: str
    code: str
    text: str
    clauses: list[str]
    missing: list[Missing]
    remedies: list[Remedy]


class Open(Shape):
    """A category that is open, and the clauses that open it in their own words."""

    category: Category
    clauses: list[str]
    because: list[str]
    caveat: str | None = None
    explanation: str


class NotOpen(Withheld):
    """Why a category is not open, and the same in plain words."""

    explanation: str


class About(Shape):
    """For oversight: whose access is explained, in the role that they had, at which moment."""

    staff: str | None = None
    system: str | None = None
    role: Role
    party: Party
    at: datetime


class AgreementVersion(Shape):
    """Which agreement decided."""

    version: str
    digest: str


class Access(Shape):
    """May I, and if not why not."""

    crn: str
    purpose: Purpose
    action: Action
    agreement: AgreementVersion
    about: About | None = None
    facts: list[Fact] | None = None
    open: list[Open]
    withheld: list[NotOpen]


class ListedPerson(Shape):
    """A person in a list; of a limited record the CRN alone."""

    crn: str
    familyName: str | None = None  # noqa: N815  # as it stands in JSON
    givenNames: str | None = None  # noqa: N815  # as it stands in JSON
    dateOfBirth: date | None = None  # noqa: N815  # as it stands in JSON
    sex: str | None = None
    limited: bool | None = None


class Pagination(Shape):
    """Where the list goes on: null at its end."""

    next: str | None
    pageSize: int  # noqa: N815  # as it stands in JSON


class PeoplePage(Shape):
    """A page of people whose identity is open to the caller."""

    data: list[ListedPerson]
    pagination: Pagination


class Caveat(Shape):
    """What of a category is left out, and why."""

    code: str
    text: str


_STATE = {"state": (State, ...), "because": (str, ...)}
_BESIDE: dict[str, dict[str, Any]] = {
    "consents": _STATE,
    "objections": _STATE,
    "appointments": {"outcome": (Outcome, ...), "noticeHours": (int | None, None)},
    "meetings": {"version": (str, ...)},
    "responses": {"stands": (bool, ...)},
    "signOffs": {"stands": (bool, ...)},
}
"""What is said of a row beside its columns."""


def _row(section: Section) -> type[BaseModel]:
    """One row of a section; a field can be absent where a caveat leaves it out."""
    fields: dict[str, Any] = {camel(column.name): (value_type(column) | None, None) for column in section.columns}
    fields |= _BESIDE.get(section.name, {})
    return create_model(
        f"{section.table.name.title().replace('_', '')}{section.category.title()}", __config__=Closed, **fields
    )


def row_of(name: str) -> type[BaseModel]:
    """One row of the section of this name."""
    return _row(next(each for category in CATEGORIES for each in sections(category) if each.name == name))


def _shown(section: Section) -> Any:
    """A section as a field: what is for the person alone is missing from every other answer."""
    rows = list_of(_row(section))
    return (rows, ...) if section.is_shown(frozenset()) else (rows | None, None)


@cache
def content(category: Category) -> type[BaseModel]:
    """The sections of one category."""
    fields: dict[str, Any] = {section.name: _shown(section) for section in sections(category)}
    if category is Category.SUPERVISION:
        manager = create_model(
            "OffenderManager",
            __config__=Closed,
            username=(str, ...),
            name=(str, ...),
            team=(str | None, None),
            since=(datetime, ...),
        )
        fields["offenderManagers"] = (list_of(manager), ...)
    return create_model(f"{_title(category)}Content", __config__=Closed, **fields)


@cache
def category_answer(category: Category) -> type[BaseModel]:
    """GET /v1/people/{crn}/{category}."""
    return create_model(
        f"{_title(category)}Answer",
        __config__=Closed,
        crn=(str, ...),
        category=(Category, ...),
        data=(content(category), ...),
        caveat=(Caveat | None, None),
    )


@cache
def person_answer() -> type[BaseModel]:
    """GET /v1/people/{crn}."""
    fields: dict[str, Any] = {
        _title(category): (content(category) | None, Field(None, alias=category.value)) for category in CATEGORIES
    }
    categories = create_model("Categories", __config__=ConfigDict(extra="forbid", populate_by_name=True), **fields)
    return create_model(
        "PersonAnswer",
        __config__=Closed,
        crn=(str, ...),
        purpose=(Purpose, ...),
        categories=(categories, ...),
        withheld=(list[Withheld], ...),
    )


@cache
def referral_answer() -> type[BaseModel]:
    """GET /v1/referrals/{id}."""
    section = next(each for each in sections(Category.REFERRAL) if each.name == "referrals")
    return create_model("OneReferral", __base__=_row(section), crn=(str, ...))


@cache
def referrals_page() -> type[BaseModel]:
    """GET /v1/referrals."""
    return create_model(
        "ReferralsPage",
        __config__=Closed,
        data=(list_of(referral_answer()), ...),
        pagination=(Pagination, ...),
    )


def list_of(model: Any) -> Any:
    """A list of a model that is made at run time, which a type checker cannot follow."""
    return list.__class_getitem__(model)


def _title(category: Category) -> str:
    return camel(category.value.replace("-", "_")).capitalize()
