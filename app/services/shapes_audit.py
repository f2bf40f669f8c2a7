"""The shapes of answers from the log, for the OpenAPI document."""

from datetime import datetime
from typing import Any

from app.services.audit import Breakdown
from app.services.shapes import Pagination, Shape
from app.vocabulary import Fact, Party, Purpose, Role


class EntryCaller(Shape):
    """Who asked: a member of staff through a system, or a system for itself."""

    staff: str | None
    party: Party
    role: Role
    client: str
    service: str | None
    token: str


class EntryFacts(Shape):
    """What the decision rested on, as one number and by name."""

    bits: int
    names: list[Fact]


class EntryWithheld(Shape):
    """Why something was withheld."""

    clauses: list[str]
    missing: list[str]
    stoppedBy: list[str]  # noqa: N815  # as it stands in JSON


class EntryBody(Shape):
    """What was hashed: sorted and without spaces it is the entry's canonical text (RFC 8785)."""

    v: int
    eventId: str  # noqa: N815  # as it stands in JSON
    type: str
    occurredAt: datetime  # noqa: N815  # as it stands in JSON
    caller: EntryCaller | None
    purpose: Purpose | None
    action: str
    resource: str
    outcome: str
    reason: str | None
    released: dict[str, list[str]]
    withheld: dict[str, EntryWithheld]
    clauses: list[str]
    facts: EntryFacts | None
    agreement: str | None
    announce: str | None
    answerDigest: str | None  # noqa: N815  # as it stands in JSON
    requestId: str  # noqa: N815  # as it stands in JSON
    details: dict[str, Any] | None
    subject: str | None


class EntryPerson(Shape):
    """Whom an entry is about, and the consents that it rests on; null once they were erased by law."""

    personId: str | None  # noqa: N815  # as it stands in JSON
    crn: str | None
    consents: list[str]


class Entry(Shape):
    """An entry of the log: its number, when it was recorded, its leaf in the tree, and what it says."""

    number: int
    recordedAt: datetime  # noqa: N815  # as it stands in JSON
    leafHash: str  # noqa: N815  # as it stands in JSON
    entry: EntryBody
    person: EntryPerson | None
    personErased: bool  # noqa: N815  # as it stands in JSON


class EntriesPage(Shape):
    """Entries from one end of the log; a page can be short, or empty, and go on: `next` alone says where it ends."""

    data: list[Entry]
    pagination: Pagination


class Count(Shape):
    """How many entries say a value; by category also how many released it and how many withheld it."""

    value: str | None
    count: int
    released: int | None = None
    withheld: int | None = None


class CountsOfEntries(Shape):
    """How many entries there are, and by what was asked for; an entry can say several clauses or categories."""

    since: datetime
    until: datetime
    entries: int
    by: Breakdown | None
    counts: list[Count]
