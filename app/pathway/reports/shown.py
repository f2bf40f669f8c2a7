"""A figure as it is shown: to whoever sees figures as they are (G7), or as it is published (G4)."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.pathway.reports.disclosure import Published
from app.pathway.reports.figures import Cells, Row
from app.pathway.reports.measured import RATES, Measure, Rate
from app.pathway.reports.rates import interval, interval_of, percent

FEW, WITHHELD, NONE = "fewer than 5", "not shown", "none to count"


@dataclass(frozen=True, slots=True)
class Figure:
    """A count, None where it is hidden, and what is read in its place."""

    value: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A rate in percent: whole, to a tenth where figures are shown as they are, and its 95 % confidence interval."""

    percent: int | None
    text: str
    tenths: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """How each figure is shown."""

    count: Callable[[Row, Measure], Figure]
    share: Callable[[Row, Rate], Share]


def as_they_are(cells: Cells) -> Shown:
    """Nothing hidden and nothing rounded."""

    def count(row: Row, measure: Measure) -> Figure:
        return Figure(cells[row, measure], str(cells[row, measure]))

    def share(row: Row, rate: Rate) -> Share:
        part, whole = (cells[row, measure] for measure in RATES[rate])
        found = percent(part, whole)
        if found is None:
            return Share(None, NONE)
        return Share(int(found), f"{found} %", percent(part, whole, "0.1"), *_bounds(part, whole))

    return Shown(count, share)


def published(figures: Published) -> Shown:
    """As disclosure control leaves them; intervals come from what is shown, so that they add nothing to it."""

    def count(row: Row, measure: Measure) -> Figure:
        found = figures.count(row, measure)
        if found is None:
            return Figure(None, FEW if figures.shows(row, measure) else WITHHELD)
        return Figure(found, str(found))

    def share(row: Row, rate: Rate) -> Share:
        found = figures.percent(row, rate)
        whole = figures.count(row, RATES[rate][1])
        if found is None or whole is None:
            return Share(None, WITHHELD)
        return Share(found, f"{found} %", None, *(interval_of(found, whole) or (None, None)))

    return Shown(count, share)


def _bounds(part: int, whole: int) -> tuple[Decimal | None, Decimal | None]:
    return interval(part, whole) or (None, None)
