"""Counts as they are published; shares in percent, rounded as people round, and how sure a share is."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import sqrt

_Z = 1.959963984540054
"""The normal distribution's quantile for an interval of 95 %."""


def percent(part: int, whole: int, step: str = "1") -> Decimal | None:
    """A share in percent, a half rounded up, to a `step` such as 0.1; None of nothing."""
    if not whole:
        return None
    return (Decimal(100 * part) / Decimal(whole)).quantize(Decimal(step), ROUND_HALF_UP)


SMALLEST = 5
"""The smallest count that is published (G4)."""


def rounded(count: int) -> int | None:
    """A count as it is published; None for one that is hidden."""
    return None if 0 < count < SMALLEST else (count + 2) // 5 * 5


def form(count: int) -> tuple[bool, int | None]:
    """What is read of a published count; no two that differ are the same count."""
    return count > 0, rounded(count)


@lru_cache(maxsize=65_536)
def share(part: int, whole: int) -> int | None:
    """A rate as it is published, in whole percent from unrounded counts; None for one that is hidden."""
    found = None if part < SMALLEST or whole < SMALLEST else percent(part, whole)
    return None if found is None else int(found)


def interval_of(percent: int, whole: int) -> tuple[Decimal, Decimal] | None:
    """The same of a share as it is published, in whole percent, of a count as it is: of nothing that is not shown."""
    return interval(percent * whole / 100, whole)


def interval(part: float, whole: int) -> tuple[Decimal, Decimal] | None:
    """The 95 % confidence interval of a share, in percent to a tenth; None of nothing.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
    """
    if not whole:
        return None
    low, high = _bounds(part, whole)
    return _tenth(low), _tenth(high)


def difference(one: tuple[float, int], other: tuple[float, int]) -> tuple[Decimal, Decimal] | None:
    """The 95 % confidence interval of one share less another, (part, whole) each, in percentage points to a tenth.

    Two shares of nobody in common; None where one is of nothing. Source: R. G. Newcombe, "Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17 (1998), method 10: Wilson's bounds of each.
    """
    if not one[1] or not other[1]:
        return None
    (first, low, high), (second, below, above) = ((part / whole, *_bounds(part, whole)) for part, whole in (one, other))
    apart = first - second
    down, up = sqrt((first - low) ** 2 + (above - second) ** 2), sqrt((high - first) ** 2 + (second - below) ** 2)
    return _tenth(max(-1.0, apart - down)), _tenth(min(1.0, apart + up))


def _bounds(part: float, whole: int) -> tuple[float, float]:
    share, z2 = part / whole, _Z * _Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    reach = _Z / (1 + z2 / whole) * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _tenth(share: float) -> Decimal:
    return Decimal(100 * share).quantize(Decimal("0.1"), ROUND_HALF_UP)
