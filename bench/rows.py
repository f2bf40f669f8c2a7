"""A row of the table: ours and the rival's median, their ratio, and the bar that it has to pass."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; `extra` holds what is worth knowing besides, and decides nothing."""

    name: str
    unit: str
    ours: Sequence[float]
    rival: Sequence[float]
    bar: float | None
    """None: for information alone."""
    bar_is_ceiling: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    skipped: str | None = None

    @property
    def ratio(self) -> float:
        """Median over median."""
        return statistics.median(self.ours) / statistics.median(self.rival)

    @property
    def ok(self) -> bool | None:
        """Whether the bar is passed; None where nothing was measured."""
        if self.skipped:
            return None
        if self.bar is None:
            return True
        return self.ratio <= self.bar if self.bar_is_ceiling else self.ratio >= self.bar

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest ratio of two runs next to each other."""
        ratios = [ours / rival for ours, rival in zip(self.ours, self.rival, strict=True)]
        return min(ratios), max(ratios)

    def as_data(self) -> dict[str, Any]:
        """As `--json` prints it."""
        if self.skipped:
            nothing = dict.fromkeys(("ours", "rival", "ratio", "ok"))
            return {**nothing, "unit": self.unit, "bar": self.bar, "skipped": self.skipped}
        return {
            "ours": _rounded(statistics.median(self.ours)),
            "rival": _rounded(statistics.median(self.rival)),
            "unit": self.unit,
            "ratio": _rounded(self.ratio),
            "bar": self.bar,
            "ok": self.ok,
            "spread": [_rounded(each) for each in self.spread],
            **self.extra,
        }


def skipped(name: str, unit: str, bar: float, why: str) -> Row:
    """A row that could not be measured on this machine."""
    return Row(name, unit, (), (), bar, skipped=why)


def _rounded(value: float) -> float:
    """Four digits that count."""
    return float(f"{value:.4g}")
