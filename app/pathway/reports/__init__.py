"""Figures for commissioners and leads: what is counted, the rates, and what of it may be published (G4, G7). Pure."""

from app.pathway.reports.beside import Beside, Comparator, beside, read_beside
from app.pathway.reports.cohort import Alike, units
from app.pathway.reports.disclosure import Published, publish
from app.pathway.reports.figures import ALL, Breakdown, Cells, Unit, rows_of, tally
from app.pathway.reports.measured import RATES, Measure, Rate
from app.pathway.reports.periods import Period, quarter_of, quarters, year_of
from app.pathway.reports.rates import difference, interval, percent, rounded, share
from app.pathway.reports.shown import Figure, Share, Shown, as_they_are, published

__all__ = [
    "ALL",
    "RATES",
    "Alike",
    "Beside",
    "Breakdown",
    "Cells",
    "Comparator",
    "Figure",
    "Measure",
    "Period",
    "Published",
    "Rate",
    "Share",
    "Shown",
    "Unit",
    "as_they_are",
    "beside",
    "difference",
    "interval",
    "percent",
    "publish",
    "published",
    "quarter_of",
    "quarters",
    "read_beside",
    "rounded",
    "rows_of",
    "share",
    "tally",
    "units",
    "year_of",
]
