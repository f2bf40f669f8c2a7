"""Caseness, recovery and reliable change by the first and the last score within a referral.

Source: the national definitions of NHS Talking Therapies. A measure with one score alone measures no change; recovery
takes both measures, since whoever has recovered is below caseness on both at the end.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from app.pathway.measures import Measure


@dataclass(frozen=True, slots=True)
class Course:
    """One measure over a referral: its first and its last total, which is None where there is but one score."""

    measure: Measure
    first: Decimal
    last: Decimal | None

    @property
    def change(self) -> int:
        """-1 for a fall by the reliable change or more, 1 for such a rise, 0 for everything else."""
        if self.last is None or self.measure.reliable_change is None:
            return 0
        moved = self.last - self.first
        return 0 if abs(moved) < self.measure.reliable_change else 1 if moved > 0 else -1

    @property
    def told(self) -> "Told":
        """All that an outcome rests on."""
        ends = None if self.last is None else self.measure.is_case(self.last)
        return Told(self.measure.is_case(self.first), ends, self.change)


class Told(NamedTuple):
    """Of one measure: whether it began and ended at caseness, None without an end, and how it changed (see Course)."""

    starts_as_case: bool
    ends_as_case: bool | None
    change: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of somebody who finished."""

    below_caseness_at_start: bool
    is_paired: bool
    recovered: bool
    improved: bool
    deteriorated: bool


@cache
def outcome(depression: Told | None, anxiety: Told | None) -> Outcome:
    """By the depression measure and the anxiety measure, as far as either was asked; there are few that differ.

    Somebody of whom no score is known is not below caseness: they count among those who did not recover.
    """
    courses = [each for each in (depression, anxiety) if each is not None]
    starts = [each.starts_as_case for each in courses]
    lasts = [each.ends_as_case for each in courses if each.ends_as_case is not None]
    changes = [each.change for each in courses]
    is_paired = len(lasts) == 2
    return Outcome(
        below_caseness_at_start=bool(starts) and not any(starts),
        is_paired=is_paired,
        recovered=is_paired and any(starts) and not any(lasts),
        improved=-1 in changes and 1 not in changes,
        deteriorated=1 in changes and -1 not in changes,
    )
