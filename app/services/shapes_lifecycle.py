"""The shapes of answers about the life of a referral, for the OpenAPI document."""

from datetime import date, datetime
from typing import Any

from pydantic import Field, create_model

from app.pathway.suitability import Fit
from app.services.shapes import Closed, Shape, Withheld, list_of, referral_answer
from app.vocabulary.words import ReferralStatus


class Written(Shape):
    """What was written, and the version that it has now, as `If-Match` takes it."""

    id: str
    version: str


class MovedBy(Shape):
    """Who made a move, and why; part of the clinical record. What was overruled is for who may read all it rests on."""

    by: str
    reason: str | None
    overruled: str | None = None
    note: str | None


class Moved(Shape):
    """One move; of one that another system made, the day is not known, nor who made it."""

    origin: ReferralStatus | None = Field(alias="from")
    to: ReferralStatus
    occurredOn: date | None  # noqa: N815  # as it stands in JSON
    recordedAt: datetime  # noqa: N815  # as it stands in JSON
    recordedHere: bool  # noqa: N815  # as it stands in JSON
    clinical: MovedBy | None = None


class History(Shape):
    """Every status that a referral had, oldest first."""

    crn: str
    referralId: str  # noqa: N815  # as it stands in JSON
    data: list[Moved]
    withheld: list[Withheld]


class Because(Shape):
    """A rule that spoke."""

    rule: str
    text: str


class DescribedProblem(Shape):
    """The problem, by its code in a national scheme: 01 is ICD-10, 04 SNOMED CT."""

    scheme: str | None
    code: str | None
    description: str | None


class ClinicalPart(Shape):
    """What of a triage is clinical: the reasons in the problem itself, and what is recommended.

    The recommendation rests on scores and risk as well; it is left out for who may not read all three.
    """

    id: str
    triagedOn: date  # noqa: N815  # as it stands in JSON
    triagedBy: str  # noqa: N815  # as it stands in JSON
    problem: DescribedProblem | None
    signs: list[str]
    recommendation: Fit | None = None
    step: int | None = None
    onward: str | None = None
    reasons: list[Because]
    note: str | None


class Taken(Shape):
    """A measure that the triage went by."""

    id: str
    tool: str
    total: float
    band: str | None


class ScoresPart(Shape):
    """What of a triage is scores."""

    measures: list[Taken]
    reasons: list[Because]


class SafetyPart(Shape):
    """What of a triage is safety."""

    signs: list[str]
    reasons: list[Because]


class TriageAnswer(Shape):
    """The newest triage; a part that is not open is left out, one that is not there is null."""

    crn: str
    referralId: str  # noqa: N815  # as it stands in JSON
    suitability: str | None
    clinical: ClinicalPart | None = None
    scores: ScoresPart | None = None
    safety: SafetyPart | None = None
    withheld: list[Withheld]


def duplicates() -> Any:
    """GET /v1/referrals/{id}/duplicates."""
    row = create_model("Duplicate", __config__=Closed, **_fields())
    return create_model(
        "Duplicates", __config__=Closed, crn=(str, ...), referralId=(str, ...), data=(list_of(row), ...),
        merged=(list[str] | None, None),
    )  # fmt: skip


def _fields() -> dict[str, Any]:
    named = referral_answer().model_fields.items()
    return {name: (each.annotation, each.default) for name, each in named if name != "crn"}
