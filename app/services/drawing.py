"""Pictures of figures: bars, shares with their intervals, and a line that is to be reached; as SVG or PNG.

matplotlib draws them without a window, and is read when the first picture is drawn: nobody else pays for it. What is
not shown has no mark at all, only words in its place.
"""

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from textwrap import fill
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY, INK = "#0072b2", "#d55e00", "#009e73", "#6b7280", "#14202b"
"""Told apart by whoever is colour-blind too (Okabe and Ito 2008); nothing is said by a colour alone."""
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": "#b7c1cc",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a dollar in somebody's name is a dollar
    "svg.fonttype": "none",  # words that can be read aloud, searched and selected
    "svg.hashsalt": "open-mind",  # the same figures are the same bytes
}
_WIDTH, _NOTE, _LABEL = 7.2, 120, 30
"""Of a picture in inches, of a line of its note and of a label in characters."""
_ONE_AT_A_TIME = Lock()
"""matplotlib's settings are one for the whole process."""


class Bar(NamedTuple):
    """A count, None where it is not shown, and what is written beside it."""

    label: str
    value: int | None
    text: str


class Dot(NamedTuple):
    """A share in percent with its interval, None where it is not shown, and what is written beside it."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    is_other: bool = False
    """Of somebody else, to compare with."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Shares under one title; `standard` is a line that is to be reached, in percent."""

    title: str
    dots: Sequence[Dot]
    standard: float | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that is drawn when it is asked for, and the words that stand for it where it cannot be seen."""

    title: str
    note: str
    draw: Callable[["Figure"], None]
    height: float
    """In inches."""

    def svg(self) -> bytes:
        """With its words as words, and a description beside its title for whoever does not see it."""
        svg = self._saved(format="svg", metadata={**self._words(), "Date": None, "Creator": None})
        return svg.replace(b"</title>", f"</title>\n <desc>{escape(self.note)}</desc>".encode(), 1)

    def png(self) -> bytes:
        """For what shows no SVG."""
        return self._saved(format="png", dpi=150, metadata={**self._words(), "Software": None})

    def _words(self) -> dict[str, str]:
        return {"Title": self.title, "Description": self.note}

    def _saved(self, **options: Any) -> bytes:
        with _ONE_AT_A_TIME, _styled():
            from matplotlib.figure import Figure  # read when the first picture is drawn

            figure = Figure(figsize=(_WIDTH, self.height), layout="constrained")
            figure.suptitle(self.title, x=0.01, ha="left", fontsize=11, fontweight="bold")
            self.draw(figure)
            note = fill(self.note, _NOTE)
            figure.supxlabel(note, x=0.01, ha="left", fontsize=7, color=GREY, multialignment="left")
            file = io.BytesIO()
            figure.savefig(file, **options)
        return file.getvalue()


def bars(title: str, series: Sequence[tuple[str, Sequence[Bar]]], note: str) -> Drawn:
    """Counts beside each other, a colour for each series, from the top down."""

    def draw(figure: "Figure") -> None:
        axes, colours = figure.add_subplot(), (BLUE, ORANGE)
        labels = [bar.label for bar in series[0][1]]
        height = 0.8 / len(series)
        for place, (name, row) in enumerate(series):
            middles = [number + (place - (len(series) - 1) / 2) * height for number in range(len(row))]
            drawn = [(middle, bar.value) for middle, bar in zip(middles, row, strict=True) if bar.value is not None]
            at, lengths = ([each[side] for each in drawn] for side in (0, 1))
            axes.barh(at, lengths, height * 0.9, color=colours[place], label=name)
            for middle, bar in zip(middles, row, strict=True):
                is_shown = bar.value is not None
                axes.annotate(bar.text, (bar.value or 0, middle), (4, 0), textcoords="offset points", va="center",
                              color=INK if is_shown else GREY)  # fmt: skip
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.margins(x=0.25)
        axes.set_xlim(left=0)
        if len(series) > 1:
            axes.legend(frameon=False, loc="lower right")

    count = len(series[0][1])
    return Drawn(title, note, draw, 1.1 + count * (0.28 + 0.17 * len(series)))


def shares(title: str, panels: Sequence[Panel], note: str) -> Drawn:
    """A panel below the other, on one scale from 0 to 100 %."""

    def draw(figure: "Figure") -> None:
        sizes = [len(panel.dots) for panel in panels]
        found: Any = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=sizes)
        for axes, panel in zip(found[:, 0], panels, strict=True):
            _panel(axes, panel)
        found[-1, 0].set_xlabel("percent, with 95 % confidence intervals")

    height = 1.0 + sum(0.45 + 0.27 * len(panel.dots) for panel in panels)
    return Drawn(title, note, draw, height)


def _panel(axes: "Axes", panel: Panel) -> None:
    axes.set_title(panel.title, loc="left", fontsize=9, fontweight="bold")
    axes.set_xlim(0, 118)
    axes.set_xticks(range(0, 101, 20))
    axes.set_ylim(len(panel.dots) - 0.4, -0.6)
    axes.set_yticks(range(len(panel.dots)), [fill(dot.label, _LABEL) for dot in panel.dots])
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    if panel.standard is not None:
        axes.axvline(panel.standard, color=GREEN, linestyle="--", linewidth=1)
        axes.annotate(
            f"standard {panel.standard:.0f} %",
            (panel.standard, 1),
            (0, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=GREEN,
            fontsize=7,
        )
    for place, dot in enumerate(panel.dots):
        if dot.value is None:
            axes.annotate(dot.text, (1, place), va="center", color=GREY)
            continue
        colour, shape = (ORANGE, "s") if dot.is_other else (BLUE, "o")
        if dot.low is not None and dot.high is not None:
            axes.plot([dot.low, dot.high], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(dot.value, place, shape, color=colour, markersize=5)
        axes.annotate(dot.text, (101, place), va="center")


def steps(title: str, reached: Sequence[Bar], planned: Sequence[float], note: str) -> Drawn:
    """Counts of one stretch of time after the other, each beside what was planned for it."""

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        places = list(range(len(reached)))
        drawn = {place: bar.value for place, bar in enumerate(reached) if bar.value is not None}
        axes.bar(list(drawn), list(drawn.values()), 0.6, color=BLUE, label="referred")
        for place, bar in zip(places, reached, strict=True):
            axes.annotate(bar.text, (place, bar.value or 0), (0, 3), textcoords="offset points", ha="center",
                          color=INK if bar.value is not None else GREY)  # fmt: skip
        for place, plan in zip(places, planned, strict=True):
            label = "planned" if place == 0 else None
            axes.plot([place - 0.38, place + 0.38], [plan, plan], color=ORANGE, linewidth=2, label=label)
        axes.set_xticks(places, [bar.label for bar in reached])
        axes.margins(y=0.2)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return Drawn(title, note, draw, 3.4)


def _styled() -> AbstractContextManager[None]:
    from matplotlib import rc_context  # as above

    return rc_context(_STYLE)
