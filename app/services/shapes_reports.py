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


class ComparatorShown(Shape):
    """Another service's did-not-attend rate; it is of other people, so that a difference shows no cause."""

    name: str
    source: str
    didNotAttendRate: ShareShown  # noqa: N815  # as it stands in JSON


class PathwayReport(Shape):
    """The figures of everybody who was referred in a period; of nobody in particular."""

    first: date = Field(alias="from")
    to: date
    asOf: datetime  # noqa: N815  # as it stands in JSON
    figures: str = Field(description="published-figures or aggregate-figures")
    tables: list[ReportTable]
    businessCase: BusinessCaseShown  # noqa: N815  # as it stands in JSON
    comparator: ComparatorShown | None
