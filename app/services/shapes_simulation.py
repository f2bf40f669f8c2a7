"""The shape of a simulation's answer, for the OpenAPI document."""

from datetime import datetime

from pydantic import Field

from app.policies.review.openings import Effect
from app.services.shapes import Shape
from app.vocabulary import Action, Party, Purpose, Role


class DraftSaid(Shape):
    """Which draft it was."""

    version: str
    digest: str


class EntryNumbers(Shape):
    """Entries of the log: how many, and the numbers of the first thousand."""

    count: int
    entryNumbers: list[int]  # noqa: N815  # as it stands in JSON
    leftOut: int  # noqa: N815  # as it stands in JSON


class DecisionsChanged(EntryNumbers):
    """Decisions that would have been other ones, in one respect, for one role and purpose."""

    change: Effect
    role: Role
    party: Party
    purpose: Purpose
    action: Action
    category: str = Field(description="a category or register; several with 'or' where an entry does not say which")


class Simulation(Shape):
    """What a draft would have made of a period; it names nobody."""

    agreement: DraftSaid
    since: datetime
    until: datetime | None
    first: int = Field(description="number of the first entry of the period")
    last: int
    entries: int
    decisions: int = Field(description="entries that hold a decision on facts")
    changed: int
    changes: list[DecisionsChanged]
    disclosuresLost: EntryNumbers  # noqa: N815  # as it stands in JSON
    refusalsOpened: EntryNumbers  # noqa: N815  # as it stands in JSON
    couldBeAsked: EntryNumbers  # noqa: N815  # as it stands in JSON
    uncertain: EntryNumbers
