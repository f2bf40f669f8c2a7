"""The shape of a report's answer, for the OpenAPI document."""

from datetime import date, datetime

from pydantic import Field, create_model

from app.pathway.reports import Measure, Rate
from app.services.shapes import Shape


class FigureShown(Shape):
    """A count; `text` is what is read where it is hidden."""

    value: int | None
    text: str


class ShareShown(Shape):
    """A rate in percent with its 95 % confidence interval; `tenths` only where figures are shown as they are."""

    percent: float | None
    tenths: float | None
    low: float | None
    high: float | None
    text: str


PathwayCounts = create_model("PathwayCounts", __base__=Shape, **{each.value: (FigureShown, ...) for each in Measure})  # type: ignore[call-overload]  # pydantic's overloads know no unpacked names
PathwayRates = create_model("PathwayRates", __base__=Shape, **{each.value: (ShareShown, ...) for each in Rate})  # type: ignore[call-overload]  # as above


class ReportRow(Shape):
    """Referrals that have something in common."""

    value: str
    label: str
    counts: PathwayCounts
    rates: PathwayRates


class ReportTable(Shape):
    """Referrals by one thing."""

    by: str = Field(description="all, quarter, source, sentence or step")
    rows: list[ReportRow]


class BusinessCaseShown(Shape):
    """What was planned, and how much of it was reached by the count as it is shown."""

    referrals: int
    months: int
    source: str
    plannedInPeriod: int  # noqa: N815  # as it stands in JSON
    reachedPercent: int | None  # noqa: N815  # as it stands in JSON


class DifferenceShown(Shape):
    """One rate less another in percentage points, with its 95 % confidence interval."""

    points: float
    low: float
    high: float
    text: str


class ComparatorShown(Shape):
    """Another service's did-not-attend rate, and this one's less that; null where one of them is not shown."""

    name: str
    source: str
    didNotAttendRate: ShareShown  # noqa: N815  # as it stands in JSON
    difference: DifferenceShown | None
    caveat: str


class FollowedShown(Shape):
    """People who were discharged, or compared with them: how many were followed, and how many reconvicted."""

    group: str = Field(description="service or comparison")
    source: str
    people: FigureShown
    followed: FigureShown
    reconvicted: FigureShown
    reconvictionRate: ShareShown  # noqa: N815  # as it stands in JSON


class ReconvictionShown(Shape):
    """Reconvictions within so many months, and the service's rate less the other; never the proof of an effect."""

    months: int
    groups: list[FollowedShown]
    difference: DifferenceShown | None
    caveats: list[str]


class UseSide(Shape):
    """How often a service was used by those who were followed, and for each 100 of them."""

    followed: FigureShown
    events: FigureShown
    per100: float | None


class UseShown(Shape):
    """The use of a service in the twelve months before referral and after discharge."""

    outcome: str
    before: UseSide
    after: UseSide
    changePer100: float | None  # noqa: N815  # as it stands in JSON
    sources: list[str]
    caveats: list[str]


class CostEach(Shape):
    """For each person who got so far; null where their count is not shown or nothing."""

    referral: int | None
    enteredTreatment: int | None  # noqa: N815  # as it stands in JSON
    finishedTreatment: int | None  # noqa: N815  # as it stands in JSON
    recovered: int | None


class CostAssumed(Shape):
    """What one part of the service is assumed to cost in a year."""

    name: str
    aYear: float  # noqa: N815  # as it stands in JSON
    source: str


class BreakEven(Shape):
    """How many reconvictions less would pay for the service."""

    reconvictions: float
    costOfOne: float  # noqa: N815  # as it stands in JSON
    source: str
    meaning: str


class CostsShown(Shape):
    """What the period cost by the assumptions of the file."""

    currency: str
    inPeriod: int  # noqa: N815  # as it stands in JSON
    each: CostEach
    assumptions: list[CostAssumed]
    breakEven: BreakEven | None  # noqa: N815  # as it stands in JSON


class PathwayReport(Shape):
    """The figures of everybody who was referred in a period; of nobody in particular."""

    first: date = Field(alias="from")
    to: date
    asOf: datetime  # noqa: N815  # as it stands in JSON
    figures: str = Field(description="published-figures or aggregate-figures")
    tables: list[ReportTable]
    businessCase: BusinessCaseShown  # noqa: N815  # as it stands in JSON
    comparator: ComparatorShown | None
    reconviction: ReconvictionShown | None
    serviceUse: list[UseShown]  # noqa: N815  # as it stands in JSON
    costs: CostsShown | None
