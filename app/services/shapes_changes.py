"""The shapes of answers about changes out, for the OpenAPI document."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from app.records.feed import READABLE
from app.services.shapes import Closed, Pagination, Shape, content, list_of
from app.vocabulary import Party


class FeedIdentifier(Shape):
    """What the receiving system knows a person by; `FeedId` where it has sent no id of its own."""

    type: Literal["CRN", "LocalPatientId", "FeedId"]
    value: str


class RemovalNotice(Shape):
    """That whoever has these ids in the receiving system may be read no longer, and has to be dropped there."""

    type: Literal["removal"]
    id: str
    identifiers: list[FeedIdentifier]
    madeAt: datetime  # noqa: N815  # as it stands in JSON


class Fed(Shape):
    """Somebody of whom the system may read something, whole: it replaces whatever the system held of them."""

    type: Literal["person"]
    id: str
    crn: str
    identifiers: list[FeedIdentifier]


class FeedPagination(Shape):
    """Where the feed goes on: always somewhere; at once if there is `more`."""

    next: str
    more: bool
    pageSize: int  # noqa: N815  # as it stands in JSON


@cache
def changes_page() -> type[BaseModel]:
    """GET /v1/sync/changes."""
    opened: dict[str, Any] = {category.value: (content(category) | None, None) for category in READABLE}
    categories = create_model("FedCategories", __config__=Closed, **opened)
    person: Any = create_model("FedPerson", __base__=Fed, categories=(categories, ...))
    item: Any = Annotated[RemovalNotice | person, Field(discriminator="type")]
    return create_model("ChangesPage", __config__=Closed, data=(list_of(item), ...), pagination=(FeedPagination, ...))


class RemovalsPage(Shape):
    """A page of the notices that the system has not acknowledged, oldest first."""

    data: list[RemovalNotice]
    pagination: Pagination


class Acknowledged(Shape):
    """A notice that is closed: dropped by the system, or void since the person was sent again."""

    id: str
    madeAt: datetime  # noqa: N815  # as it stands in JSON
    state: Literal["acknowledged", "void"]
    at: datetime


class Outstanding(Shape):
    """The notices that a system has not acknowledged: how many, and for how long the oldest has waited."""

    count: int
    oldestAt: datetime | None  # noqa: N815  # as it stands in JSON
    oldestHours: int | None  # noqa: N815  # as it stands in JSON


class FeedReceiver(Shape):
    """A system that has been given people: how many it has now, and what it still has to drop."""

    client: str
    name: str
    party: Party
    suspendedAt: datetime | None  # noqa: N815  # as it stands in JSON
    people: int
    outstanding: Outstanding


class FeedReceivers(Shape):
    """Every system that has a feed."""

    data: list[FeedReceiver]
