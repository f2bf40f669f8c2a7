"""Counts in tables: the whole, and the same broken down by quarter, source, sentence and step."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.pathway.reports.measured import Measure


class Breakdown(StrEnum):
    """What the figures are broken down by."""

    QUARTER = "quarter"
    SOURCE = "source"
    SENTENCE = "sentence"
    STEP = "step"


ALL = "all"
"""The table, and its one row, that is not broken down."""
Row = tuple[str, str]
"""Of which table, and which of its rows."""
Cell = tuple[Row, Measure]
Cells = Mapping[Cell, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A referral or a contact as far as figures tell it apart from others: where it stands, and what it counts in."""

    places: tuple[str, ...]
    """The row in each table, in the order of `Breakdown`."""
    measures: frozenset[Measure]

    def rows(self) -> Iterator[Row]:
        """Every row that it counts in."""
        yield ALL, ALL
        yield from zip(Breakdown, self.places, strict=True)


def tally(units: Mapping[Unit, int]) -> Cells:
    """Every count of every table, those that are nothing included."""
    cells: Counter[Cell] = Counter()
    for unit, number in units.items():
        for row in unit.rows():
            for measure in unit.measures:
                cells[row, measure] += number
    rows = {(ALL, ALL), *(row for row, _ in cells)}
    return {(row, measure): cells[row, measure] for row in sorted(rows) for measure in Measure}


def rows_of(cells: Cells, table: str) -> list[str]:
    """The rows of a table, in order."""
    return sorted({value for (name, value), _ in cells if name == table})
