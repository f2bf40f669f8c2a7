"""The shapes of answers about a person's own rights, for the OpenAPI document."""

from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.services.shapes import Caveat, Closed, Pagination, Shape, content
from app.vocabulary import CATEGORIES, Purpose, Role


class Changed(Shape):
    """What was written: its id and the version that it has now."""

    id: str
    version: str


class Recipient(Shape):
    """Who saw it; a name that is null is no longer on the register."""

    name: str | None
    role: Role
    organisation: str
    isSystem: bool  # noqa: N815  # as it stands in JSON


class PurposeSaid(Shape):
    """Why, as the agreement says it."""

    code: Purpose
    text: str


class Disclosed(Shape):
    """One category, or one register, and the fields of it that the answer carried."""

    category: str
    text: str
    fields: list[str]


class ClauseSaid(Shape):
    """A clause with its own sentence."""

    id: str
    text: str


class DisclosureLine(Shape):
    """One answer that was given about the person; `text` says all of it in words."""

    entry: int
    at: datetime
    who: Recipient
    purpose: PurposeSaid
    what: list[Disclosed]
    clauses: list[ClauseSaid]
    text: str


class DisclosureDay(Shape):
    """What was disclosed on one day in Europe/London."""

    date: date
    disclosures: list[DisclosureLine]


class Disclosures(Shape):
    """Who saw what, newest first."""

    crn: str
    data: list[DisclosureDay]
    pagination: Pagination


@cache
def subject_access_answer() -> type[BaseModel]:
    """GET /subject-access-request."""
    fields: dict[str, Any] = {
        f"held_{category.name.lower()}": (content(category) | None, Field(None, alias=category.value))
        for category in CATEGORIES
    }
    held = create_model("Held", __config__=ConfigDict(extra="forbid", populate_by_name=True), **fields)
    whole = create_model(
        "SubjectAccessContent", __config__=Closed, crn=(str, ...), categories=(held, ...), caveats=(list[Caveat], ...)
    )
    return create_model("SubjectAccessAnswer", __config__=Closed, content=(whole, ...))
