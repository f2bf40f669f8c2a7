"""The shapes of answers about outcome measures, for the OpenAPI document."""

from typing import Literal

from pydantic import BaseModel, create_model

from app.services.shapes import Caveat, Closed, Shape, list_of, row_of


class ScoreWarning(Shape):
    """What a clinician should look at before they go on."""

    code: Literal["safety-prompt", "safety-unanswered", "anxiety-measure"]
    text: str


class ScoreRecorded(Shape):
    """Which score, and what was counted for whoever may read it."""

    id: str
    version: str
    total: float | None = None
    band: str | None = None
    proRated: bool | None = None  # noqa: N815  # as it stands in JSON
    warnings: list[ScoreWarning] | None = None


class Proposed(Shape):
    """Which measures to use: of depression, and of anxiety by the problem that is recorded."""

    depression: str
    anxiety: str


class ScoredOutcome(Shape):
    """What became of the person by the national definitions; null for what the scores say nothing of."""

    depression: str
    anxiety: str | None
    paired: bool
    caseAtStart: bool | None  # noqa: N815  # as it stands in JSON
    recovered: bool | None
    reliablyImproved: bool | None  # noqa: N815  # as it stands in JSON
    reliablyDeteriorated: bool | None  # noqa: N815  # as it stands in JSON
    reliablyRecovered: bool | None  # noqa: N815  # as it stands in JSON


def _score() -> type[BaseModel]:
    return create_model("ScoreVersion", __base__=row_of("measures"), version=(str | None, None))


def _measure() -> type[BaseModel]:
    return create_model(
        "MeasureTrend",
        __config__=Closed,
        tool=(str, ...),
        scores=(list_of(_score()), ...),
        first=(float, ...),
        last=(float | None, None),
        caseAt=(float | None, None),
        reliableChange=(float | None, None),
        change=(str | None, None),
    )


MEASURE = _measure()


def trend_answer() -> type[BaseModel]:
    """GET /v1/people/{crn}/scores/trend."""
    return create_model(
        "TrendAnswer",
        __config__=Closed,
        crn=(str, ...),
        measures=(list_of(MEASURE), ...),
        caveat=(Caveat | None, None),
    )


def scores_answer() -> type[BaseModel]:
    """GET /v1/referrals/{id}/scores."""
    return create_model(
        "ReferralScores",
        __base__=trend_answer(),
        referralId=(str, ...),
        proposed=(Proposed | None, None),
        outcome=(ScoredOutcome | None, None),
    )
