"""The charts of a report, of its figures as they are shown and of nothing else: what is hidden is not drawn (G4)."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from app.pathway.reports import ALL, Breakdown, Measure, Rate, Share, rows_of
from app.services.drawing import Bar, Dot, Drawn, Panel, bars, shares, steps
from app.services.report_beside import WHOLE, comparator
from app.services.report_shapes import COUNTS, RATES_IN_WORDS, Report, Row, label
from app.vocabulary import Register


class Chart(StrEnum):
    """What a picture is of."""

    FUNNEL = "funnel"
    ATTENDANCE = "attendance"
    WAITS = "waits"
    OUTCOMES = "outcomes"
    REFERRALS = "referrals"


STANDARDS: Mapping[Rate, float] = {Rate.WITHIN_6_WEEKS: 75, Rate.WITHIN_18_WEEKS: 95}
"""National waiting-time standards in percent."""
_FUNNEL = (
    Measure.REFERRED,
    Measure.NOT_SUITABLE,
    Measure.FIRST_MISSED,
    Measure.ASSESSED,
    Measure.ENTERED,
    Measure.FINISHED,
)
_OUTCOMES = (Rate.RECOVERY, Rate.RELIABLE_RECOVERY, Rate.IMPROVEMENT, Rate.DETERIORATION)


def drawn(report: Report, chart: Chart) -> Drawn:
    """One picture; by the report's own breakdown where it has one."""
    return _DRAWN[chart](report)


def _note(report: Report) -> str:
    figures = (
        "published figures" if report.register is Register.PUBLISHED_FIGURES else "as they are, not to be published"
    )
    return f"Referrals from {report.period.first} to {report.period.last}, as of {report.at:%Y-%m-%d}; {figures}."


def _rows(report: Report) -> list[Row]:
    return [row for row in report.rows() if row[0] == (report.by or ALL)]


def _dot(name: str, share: Share) -> Dot:
    value = share.tenths if share.tenths is not None else share.percent
    middle, low, high = (None if each is None else float(each) for each in (value, share.low, share.high))
    return Dot(name, middle, low, high, share.text)


def _funnel(report: Report) -> Drawn:
    found = []
    for measure in _FUNNEL:
        count = report.shown.count(WHOLE, measure)
        found.append(Bar(COUNTS[measure], count.value, count.text))
    return bars("From referral to the end of treatment", [("referrals", found)], _note(report))


def _panel(report: Report, rate: Rate) -> Panel:
    dots = [_dot(label(*row), report.shown.share(row, rate)) for row in _rows(report)]
    return Panel(RATES_IN_WORDS[rate].capitalize(), dots, STANDARDS.get(rate))


def _attendance(report: Report) -> Drawn:
    panel = _panel(report, Rate.DID_NOT_ATTEND)
    other = comparator(report)
    if other is not None:
        rate = other[Rate.DID_NOT_ATTEND.value]
        theirs = Dot(other["name"], rate["tenths"], rate["low"], rate["high"], rate["text"], is_other=True)
        panel = Panel(panel.title, [*panel.dots, theirs])
    return shares("Contacts that were due and not attended", [panel], _note(report))


def _waits(report: Report) -> Drawn:
    return shares(
        "From receipt to the first treatment contact", [_panel(report, rate) for rate in STANDARDS], _note(report)
    )


def _outcomes(report: Report) -> Drawn:
    return shares("What became of those who finished", [_panel(report, rate) for rate in _OUTCOMES], _note(report))


def _referrals(report: Report) -> Drawn:
    """Each quarter beside its part of the business case."""
    starts = [date.fromisoformat(value) for value in rows_of(report.cells, Breakdown.QUARTER)]
    found, planned = [], []
    for start in starts:
        count = report.shown.count((Breakdown.QUARTER, start.isoformat()), Measure.REFERRED)
        found.append(Bar(f"from {start}", count.value, count.text))
        planned.append(report.planned_in_months(3))
    return steps("Referrals beside the business case, by quarter", found, planned, _note(report))


_DRAWN: Mapping[Chart, Callable[[Report], Drawn]] = {
    Chart.FUNNEL: _funnel,
    Chart.ATTENDANCE: _attendance,
    Chart.WAITS: _waits,
    Chart.OUTCOMES: _outcomes,
    Chart.REFERRALS: _referrals,
}
