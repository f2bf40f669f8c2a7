"""The course of each measure over somebody's treatment, and what became of them by the national definitions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from app.pathway.measures import ANXIETY, BY_CODE, BY_WORD, PHQ_9, Measure, anxiety_measure
from app.pathway.reports.cohort import of_anxiety
from app.pathway.reports.outcomes import Course, Outcome, outcome

CHANGES = {-1: "reliable improvement", 0: "no reliable change", 1: "reliable deterioration"}


class Problem(NamedTuple):
    """The newest clinical record of a referral."""

    step: int | None
    scheme: str | None
    code: str | None


NOTHING = Problem(None, None, None)


class Point(NamedTuple):
    """One completed measure."""

    tool: str
    completed_at: datetime
    total: Decimal


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure from its first score to its last; `measure` is None for a tool that is not known here."""

    tool: str
    measure: Measure | None
    points: Sequence[Point]

    @property
    def course(self) -> Course | None:
        """First and last; None where either is a total that the measure cannot come to."""
        first, last = self.points[0].total, self.points[-1].total
        if self.measure is None or not (self.measure.is_in_range(first) and self.measure.is_in_range(last)):
            return None
        return Course(self.measure, first, last if len(self.points) > 1 else None)

    @property
    def change(self) -> str | None:
        """What the change comes to; None for one score alone, or a measure without a reliable change."""
        course = self.course
        if course is None or course.last is None or course.measure.reliable_change is None:
            return None
        return CHANGES[course.change]


def trends(points: Iterable[Point]) -> list[Trend]:
    """By tool in the order of their names, each in the order of time."""
    by_tool: dict[str, list[Point]] = {}
    for point in sorted(points, key=lambda each: each.completed_at):
        by_tool.setdefault(point.tool, []).append(point)
    return [Trend(tool, BY_WORD.get(tool), by_tool[tool]) for tool in sorted(by_tool)]


def outcome_of(found: Iterable[Trend], problem: Problem) -> tuple[Outcome, Measure | None]:
    """What became of the person, and by which anxiety measure; by the same rules as the figures of a report."""
    told = {each.measure.code: each.course.told for each in found if each.measure and each.course}
    anxiety = of_anxiety(told, anxiety_measure(problem.scheme, problem.code).code)
    measure = BY_CODE[anxiety] if anxiety in told else None
    return outcome(told.get(PHQ_9.code), told.get(anxiety)), measure


def unfit(measure: Measure, problem: Problem) -> Measure | None:
    """The anxiety measure that the problem asks for, if this is another one."""
    proposed = anxiety_measure(problem.scheme, problem.code)
    return proposed if measure in ANXIETY and measure is not proposed else None
