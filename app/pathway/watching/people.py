"""A member of staff who looks at far more people in a day than others in their role at their party do.

The others' figure is the median of how many people each of them looked at on each day on which they looked at anybody,
over the days before. A day of their own is never compared with itself, so that whoever begins the day's second hundred
is seen at once and not at its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from statistics import median
from typing import NamedTuple

from app.config import Watch
from app.pathway.watching.looks import Alert, Figure, Look, london
from app.vocabulary import WatchRule

NORMAL = 1.4826
"""By which a median absolute deviation is what a standard deviation would be, were the figures distributed normally."""
ASK = "their manager: what was the work that took so many people's records?"
Days = dict[str, dict[str, dict[str, int]]]
"""Day to `party/role` to username to people; every day in it is over."""


class Bar(NamedTuple):
    """How many people somebody may look at in a day before it is an alert, by what that was found, and in words."""

    most: float
    figures: Mapping[str, Figure]
    words: str


def bar(others: Mapping[str, list[int]], watch: Watch) -> Bar:
    """The bar from the peers' figures; of too few peers none follows, and a fixed one holds."""
    if len(others) < watch.people_peers:
        return _fixed(len(others), watch)
    figures = [people for days in others.values() for people in days]
    middle = median(figures)
    deviation = median(abs(people - middle) for people in figures)
    most, why = _highest(middle, NORMAL * deviation, watch)
    return Bar(
        round(most, 1),
        {
            "peers": len(others),
            "peersMedian": middle,
            "peersDeviation": deviation,
            "peersDays": len(figures),
            "floor": watch.people_floor,
            "ratio": watch.people_ratio,
            "deviations": watch.people_deviations,
            "days": watch.people_days,
        },
        f"{why}: the {len(others)} others in this role looked at {middle:g} a day (the median) in the "
        f"{watch.people_days} days before",
    )


def _fixed(peers: int, watch: Watch) -> Bar:
    needed = watch.people_peers
    words = (
        f"since there are only {peers} others in this role to compare with, and of fewer than {needed} nothing "
        "follows, so that a fixed figure holds"
    )
    return Bar(watch.people_alone, {"peers": peers, "peersNeeded": needed}, words)


def _highest(middle: float, deviation: float, watch: Watch) -> tuple[float, str]:
    """The highest of the three figures that somebody has to pass, and what it is."""
    ratio, deviations = watch.people_ratio, watch.people_deviations
    figures = (
        (watch.people_floor, "which is the least figure that there is"),
        (ratio * middle, f"which is {ratio:g} times the median"),
        (middle + deviations * deviation, f"which is the median and {deviations:g} deviations of {deviation:.3g}"),
    )
    return max(figures, key=itemgetter(0))


@dataclass(slots=True)
class ManyPeople:
    """Counts each one's people of a day, and keeps the figures of the days before."""

    watch: Watch
    days: Days = field(default_factory=dict)
    through: date = date.min
    """The last day that is over."""
    _day: date = date.min
    _looked: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """`party/role` and username to each person's first entry of the day."""
    _bars: dict[tuple[str, str], Bar] = field(default_factory=dict)
    _said: set[tuple[str, str]] = field(default_factory=set)

    def see(self, look: Look) -> Alert | None:
        """An alert at the first look by which somebody is past the bar of the day."""
        day, _ = london(look.at)
        if not look.obtained or look.person is None or day <= self.through:
            return None
        if day != self._day:
            self.reach(look.at)
        who = f"{look.party}/{look.role}", look.staff
        looked = self._looked.setdefault(who, {})
        if look.person in looked:
            return None
        looked[look.person] = look.number
        if len(looked) <= self.watch.people_floor or who in self._said:
            return None
        passed = self._bars.get(who)
        if passed is None:
            passed = self._bars[who] = bar(self._others(*who), self.watch)
        if len(looked) <= passed.most:
            return None
        self._said.add(who)
        return self._alert(look, tuple(looked.values()), passed)

    def reach(self, at: str) -> None:
        """An entry was recorded then, whatever it is: the days before it are over."""
        day, _ = london(at)
        if day <= self._day:
            return
        if self._looked:
            figures: dict[str, dict[str, int]] = {}
            for (role, staff), looked in self._looked.items():
                figures.setdefault(role, {})[staff] = len(looked)
            self.days[self._day.isoformat()] = figures
        self.through = day - timedelta(days=1)
        oldest = (day - timedelta(days=self.watch.people_days)).isoformat()
        self.days = {known: figures for known, figures in self.days.items() if known >= oldest}
        self._day = day
        for of_the_day in (self._looked, self._bars, self._said):
            of_the_day.clear()

    def _others(self, role: str, staff: str) -> dict[str, list[int]]:
        others: dict[str, list[int]] = {}
        for figures in self.days.values():
            for name, people in figures.get(role, {}).items():
                if name != staff:
                    others.setdefault(name, []).append(people)
        return others

    def _alert(self, look: Look, entries: tuple[int, ...], passed: Bar) -> Alert:
        day, people = self._day.isoformat(), len(entries)
        figures = {"day": day, "people": people, "most": passed.most, **passed.figures}
        return Alert(
            WatchRule.MANY_PEOPLE,
            f"{day}:{look.party}:{look.role}:{look.staff}",
            look,
            entries,
            figures,
            f"They looked at {people} people on {day}. Up to {passed.most:g} is no alert, {passed.words}.",
            ASK,
        )
