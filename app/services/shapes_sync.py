"""The shapes of answers about batches, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.services.shapes import Pagination, Shape


class Counts(Shape):
    """How many records came to what, of those that are applied."""

    accepted: int
    unchanged: int
    superseded: int
    conflict: int
    rejected: int
    warned: int = Field(description="records with a warning, whatever else came of them")


class BatchState(Shape):
    """A batch that was received whole."""

    batchId: str  # noqa: N815  # as it stands in JSON
    state: Literal["received", "applying", "done", "stopped"]
    sha256: str = Field(description="of its lines, inflated")
    records: int
    receivedAt: datetime  # noqa: N815  # as it stands in JSON
    finishedAt: datetime | None  # noqa: N815  # as it stands in JSON
    applied: int
    counts: Counts


class RuleBroken(Shape):
    """A rule that a record breaks, and what to do."""

    rule: str
    severity: Literal["file-rejected", "rejected", "warned"]
    field: str | None
    wrong: str
    remedy: str
    others: list[str] = Field(description="your own ids of the records concerned, where there are several")


class RecordResult(Shape):
    """What came of the record on a line."""

    line: int
    outcome: Literal["accepted", "unchanged", "superseded", "conflict", "rejected"]
    findings: list[RuleBroken]


class BatchResults(Shape):
    """A part of the results, by line."""

    data: list[RecordResult]
    pagination: Pagination
