"""Disclosure control (G4): what of all tables together may be published without a hidden count following from it.

Counts from 1 to 4 are hidden, the others are rounded to the nearest 5, and a rate is hidden where either of its counts
is below 5. Then, for each hidden count, another cohort is sought in which that count differs and which would be
published exactly alike, in every table: where there is one, no reader can tell which of the two is true. Where none is
found, the one that would be published most alike is taken, and the figures that would tell it apart are withheld as
well. So every hidden count is safe by an example, whatever a reader solves for.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.pathway.reports.doubles import Doubles
from app.pathway.reports.figures import Cell, Cells, Row, Unit, tally
from app.pathway.reports.measured import RATES, Measure, Rate
from app.pathway.reports.rates import rounded, share

Told = tuple[Row, Measure | Rate]
"""A figure: a count or a rate of a row."""


@dataclass(slots=True)
class Published:
    """The counts of all tables, and the figures that are not shown beside those that are small."""

    cells: Cells
    withheld: set[Told] = field(default_factory=set)

    def shows(self, row: Row, figure: Measure | Rate) -> bool:
        """Whether anything is said of a figure, be it fewer than 5; a rate goes with its counts."""
        counts = RATES[figure] if isinstance(figure, Rate) else ()
        return all((row, each) not in self.withheld for each in (figure, *counts))

    def count(self, row: Row, measure: Measure) -> int | None:
        """A count, rounded; None for one from 1 to 4 and for one that is withheld."""
        return rounded(self.cells[row, measure]) if self.shows(row, measure) else None

    def percent(self, row: Row, rate: Rate) -> int | None:
        """A share in whole percent, from unrounded counts; None for one that is hidden."""
        part, whole = RATES[rate]
        return share(self.cells[row, part], self.cells[row, whole]) if self.shows(row, rate) else None

    def hidden(self) -> list[Cell]:
        """Every count that a reader is not to find out."""
        return [cell for cell in self.cells if self.count(*cell) is None]


def publish(units: Mapping[Unit, int]) -> Published:
    """The figures of these referrals and contacts, with as much withheld as it takes."""
    found = Published(tally(units))
    doubles = Doubles(found, units)
    waiting = deque(found.hidden())
    while waiting:
        cell = waiting.popleft()
        telling = doubles.telling(cell)
        if telling is None:  # no cohort at all comes near: nothing is published of so few
            return _nothing(found)
        found.withheld |= telling  # what was safe stays so: less is said than before
        waiting.extend((row, figure) for row, figure in telling if isinstance(figure, Measure))
    return found


def _nothing(found: Published) -> Published:
    return Published(found.cells, set(found.cells))
