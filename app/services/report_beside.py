"""What stands beside a report's figures: the plan, another service, costs, and what others counted afterwards.

It is shown as the report's own figures are: to leads as it is (G7), published with small counts hidden and the others
rounded (G4). What is worked out of counts is worked out of them as they are shown, and says no more than they do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.pathway.reports import ALL, Measure, Rate, Share, difference, interval, percent, rounded, share
from app.pathway.reports.afterwards import Counted, Group
from app.pathway.reports.shown import FEW, NONE, WITHHELD, Figure
from app.services.report_shapes import Report
from app.vocabulary import Register

WHOLE = (ALL, ALL)
NO_TRIAL = (
    "This is no trial: nobody was allotted by chance, and who is referred, comes and is discharged differs from who is "
    "not, in ways that nothing here accounts for. A difference shows no cause, and none shows no lack of one."
)
LOST = (
    "Shares are of those who were followed for the whole twelve months; those who were not are in no share, and may "
    "have fared otherwise."
)
REGRESSION = (
    "People are referred when things are at their worst, and much of what was unusual then would have passed without "
    "any service (regression to the mean). Nobody else was counted over the same months, so that the change says "
    "nothing of what the service did; and since the same people are counted twice, there is no interval to give."
)
CLUSTERED = (
    "Of other people, so that a difference shows no cause. One person's appointments are alike, so that the interval "
    "is narrower than it should be."
)
BREAK_EVEN = "how many reconvictions less would pay for the service; whether there were any, costs cannot say"


def business_case(report: Report) -> dict[str, Any]:
    """What was planned for the period and what was reached of it, by the count as it is shown."""
    referred = _shown(report, Measure.REFERRED)
    planned = report.planned()
    reached = None if referred is None else percent(referred, planned)
    return {
        **report.beside.business_case.model_dump(),
        "plannedInPeriod": planned,
        "reachedPercent": None if reached is None else int(reached),
    }


def _shown(report: Report, measure: Measure) -> int | None:
    return report.shown.count(WHOLE, measure).value if report.cells else None


def comparator(report: Report) -> dict[str, Any] | None:
    """The other service's did-not-attend rate, and how much this one's differs from it."""
    found = report.beside.comparator
    if found is None:
        return None
    low, high = interval(found.missed, found.due) or (None, None)
    whole, tenths = percent(found.missed, found.due), percent(found.missed, found.due, "0.1")
    theirs = Share(None if whole is None else int(whole), f"{whole} %", tenths, low, high)
    due = _shown(report, Measure.CONTACTS_DUE)
    own = report.shown.share(WHOLE, Rate.DID_NOT_ATTEND) if report.cells else Share(None, NONE)
    exact = own.percent if own.tenths is None else own.tenths
    apart = None if exact is None or due is None else (float(exact) * due / 100, due)
    return {
        "name": found.name,
        "source": found.source,
        Rate.DID_NOT_ATTEND.value: share_in_json(theirs),
        "difference": _apart(own, apart, theirs, (found.missed, found.due)),
        "caveat": CLUSTERED,
    }


def _apart(
    own: Share, counts: tuple[float, int] | None, other: Share, others: tuple[float, int]
) -> dict[str, Any] | None:
    """One rate less another in percentage points, as far as both are shown."""
    bounds = difference(counts, others) if counts else None
    if bounds is None or own.percent is None or other.percent is None:
        return None
    points = _exactly(own) - (_exactly(other) if own.tenths is not None else Decimal(other.percent))
    text = f"{points:+} points ({bounds[0]:+} to {bounds[1]:+})"
    return {"points": float(points), "low": float(bounds[0]), "high": float(bounds[1]), "text": text}


def _exactly(share: Share) -> Decimal:
    return Decimal(share.percent or 0) if share.tenths is None else share.tenths


def share_in_json(shown: Share) -> dict[str, Any]:
    """A rate as a document has it."""
    numbers = {"percent": shown.percent, "tenths": shown.tenths, "low": shown.low, "high": shown.high}
    return {**{name: None if each is None else float(each) for name, each in numbers.items()}, "text": shown.text}


@dataclass(frozen=True, slots=True)
class _Shown:
    """How counts out of a file are shown in a report."""

    is_published: bool

    def count(self, number: int) -> Figure:
        """A count; None for one from 1 to 4 that is published."""
        found = rounded(number) if self.is_published else number
        return Figure(found, FEW if found is None else str(found))

    def share(self, part: int, whole: int) -> Share:
        """A rate, from unrounded counts; hidden where either is."""
        if not whole:
            return Share(None, NONE)
        if not self.is_published:
            found = percent(part, whole)
            return Share(None if found is None else int(found), f"{found} %", percent(part, whole, "0.1"),
                         *(interval(part, whole) or (None, None)))  # fmt: skip
        known = self.pair(part, whole)
        if known is None:
            return Share(None, WITHHELD)
        of_hundred = share(part, whole)
        return Share(of_hundred, f"{of_hundred} %", None, *(interval(*known) or (None, None)))

    def pair(self, part: int, whole: int) -> tuple[float, int] | None:
        """Part and whole as far as what is shown tells them; None where either is hidden."""
        if not self.is_published:
            return part, whole
        found, of = share(part, whole), self.count(whole).value
        return None if found is None or of is None else (found * of / 100, of)


def shown_in(report: Report) -> _Shown:
    """To whoever sees this report."""
    return _Shown(report.register is Register.PUBLISHED_FIGURES)


def reconviction(report: Report) -> dict[str, Any] | None:
    """Reconvictions within twelve months of discharge, beside those of others where they were counted."""
    own, other = (report.beside.afterwards.reconviction(group) for group in Group)
    if own is None:
        return None
    shown = shown_in(report)
    groups = {Group.SERVICE: own, Group.COMPARISON: other}
    return {
        "months": 12,
        "groups": [_followed(shown, group, line) for group, line in groups.items() if line is not None],
        "difference": None if other is None else _less(shown, own, other),
        "caveats": [LOST, *([NO_TRIAL] if other is not None else [])],
    }


def _followed(shown: _Shown, group: Group, line: Counted) -> dict[str, Any]:
    counts = {"people": line.people, "followed": line.followed, "reconvicted": line.with_event or 0}
    return {
        "group": group.value,
        "source": line.source,
        **{name: figure_in_json(shown.count(number)) for name, number in counts.items()},
        "reconvictionRate": share_in_json(shown.share(line.with_event or 0, line.followed)),
    }


def figure_in_json(figure: Figure) -> dict[str, Any]:
    """A count as a document has it."""
    return {"value": figure.value, "text": figure.text}


def _less(shown: _Shown, own: Counted, other: Counted) -> dict[str, Any] | None:
    (one, first), (two, second) = (
        (shown.share(line.with_event or 0, line.followed), shown.pair(line.with_event or 0, line.followed))
        for line in (own, other)
    )
    return None if second is None else _apart(one, first, two, second)


@dataclass(frozen=True, slots=True)
class Use:
    """How often people used a service in the twelve months before and after, each 100 of them who were followed."""

    outcome: str
    before: tuple[Figure, Figure, Decimal | None]
    """Followed, events, events for each 100 of them."""
    after: tuple[Figure, Figure, Decimal | None]
    sources: tuple[str, ...]

    @property
    def change(self) -> Decimal | None:
        """Of the rate as it is shown."""
        rates = self.before[2], self.after[2]
        return None if rates[0] is None or rates[1] is None else rates[1] - rates[0]

    def in_json(self) -> dict[str, Any]:
        """As a document has it."""
        change = self.change
        return {
            "outcome": self.outcome,
            **{name: _side_in_json(*side) for name, side in (("before", self.before), ("after", self.after))},
            "changePer100": None if change is None else float(change),
            "sources": list(self.sources),
            "caveats": [LOST, REGRESSION],
        }


def _side_in_json(followed: Figure, events: Figure, rate: Decimal | None) -> dict[str, Any]:
    return {
        "followed": figure_in_json(followed),
        "events": figure_in_json(events),
        "per100": None if rate is None else float(rate),
    }


def service_use(report: Report) -> Iterator[Use]:
    """Each service that people's use was counted of."""
    shown = shown_in(report)
    for before, after in report.beside.afterwards.use():
        sources = tuple(dict.fromkeys((before.source, after.source)))
        yield Use(before.outcome, _side(shown, before), _side(shown, after), sources)


def _side(shown: _Shown, line: Counted) -> tuple[Figure, Figure, Decimal | None]:
    followed, events = shown.count(line.followed), shown.count(line.events or 0)
    if not followed.value or events.value is None:
        return followed, events, None
    return followed, events, _whole(100 * events.value / followed.value)


def _whole(number: float) -> Decimal:
    return Decimal(number).quantize(Decimal(1), ROUND_HALF_UP)


_COSTED = {
    "referral": Measure.REFERRED,
    "enteredTreatment": Measure.ENTERED,
    "finishedTreatment": Measure.FINISHED,
    "recovered": Measure.RECOVERED,
}


def costs(report: Report) -> dict[str, Any] | None:
    """What the period cost by the file's assumptions, for each person as the counts are shown."""
    found = report.beside.costs
    if found is None:
        return None
    total = found.of((report.period.last - report.period.first).days + 1)
    counts = {name: _shown(report, measure) for name, measure in _COSTED.items()}
    unit = found.reconviction
    return {
        "currency": found.currency,
        "inPeriod": int(_whole(total)),
        "each": {name: int(_whole(total / count)) if count else None for name, count in counts.items()},
        "assumptions": [{"name": item.name, "aYear": item.a_year, "source": item.source} for item in found.items],
        "breakEven": None if unit is None else {
            "reconvictions": float(Decimal(total / unit.each).quantize(Decimal("0.1"), ROUND_HALF_UP)),
            "costOfOne": unit.each,
            "source": unit.source,
            "meaning": BREAK_EVEN,
        },
    }  # fmt: skip
