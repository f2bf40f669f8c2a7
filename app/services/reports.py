"""The pathway's figures: as they are for the leads (G7), as published for the commissioner (G4), about nobody.

What a commissioner gets is one reporting year, and all of its tables are protected together whichever is asked for: two
reports can then not be subtracted from each other.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.gate import Gate, Unacceptable
from app.gate.reporting import counting, note_report
from app.pathway.reports import (
    Beside,
    Breakdown,
    Period,
    Shown,
    as_they_are,
    publish,
    published,
    quarters,
    tally,
    units,
    year_of,
)
from app.pathway.reports.cohort import Alike
from app.pathway.reports.figures import Cells
from app.policies.agreement import LONDON
from app.records import reports
from app.records.permit import Permit
from app.services.answers import Answer
from app.services.report_charts import Chart
from app.services.report_shapes import PICTURES, Form, Report
from app.services.report_writing import written
from app.vocabulary import Party, Question, Register

LONGEST = timedelta(days=3660)
"""Ten years: more than the records of anybody are kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which referrals, by their days of receipt, and broken down by what; None for the year of today, and by all."""

    first: date | None = None
    last: date | None = None
    by: Breakdown | None = None
    chart: Chart = Chart.FUNNEL
    """Of a picture."""


def register_for(party: Party) -> Register:
    """Which figures somebody of this party asks for; whether they get them is for the gate to say."""
    return Register.PUBLISHED_FIGURES if party is Party.COMMISSIONER else Register.AGGREGATE_FIGURES


class ReportService:
    """Every method raises AccessRefused or Unacceptable once the entry that says so is durable."""

    def __init__(self, gate: Gate, beside: Beside) -> None:
        self._gate, self._beside = gate, beside

    async def pathway(self, question: Question, wanted: Wanted, form: Form) -> Answer:
        """The figures of a period; `period-not-published`, `period-disordered` or `period-too-long` for another."""
        async with self._gate.act(question) as act:
            register = Register(question.subjects[0])
            report = await self._report(act.permit, question.at, wanted, register)
            act.details = _details(report, form, wanted)
            body = act.answer = await asyncio.to_thread(written, report, form, wanted.chart)
        return Answer(body, act.receipt)

    async def to_operator(
        self, at: datetime, request_id: str, wanted: Wanted, register: Register, form: Form
    ) -> Answer:
        """The same for the operator, behind whom there is no caller, as a page or a document.

        Unacceptable for the same periods.
        """
        with counting(register) as permit:
            report = await self._report(permit, at, wanted, register)
        body = await asyncio.to_thread(written, report, form, wanted.chart)
        details = _details(report, form, wanted)
        return Answer(body, await note_report(self._gate, at, request_id, register, details, body))

    async def _report(self, permit: Permit, at: datetime, wanted: Wanted, register: Register) -> Report:
        anchor = self._anchor()
        period = _period(wanted, at, anchor, register)
        days = quarters(period, anchor)
        found = await reports.cohort(self._gate.records, permit, period.first, period.last, days)
        cells, shown = await asyncio.to_thread(_figures, found, register)
        return Report(period, at, register, wanted.by, cells, shown, self._beside)

    def _anchor(self) -> date:
        """The day on which the first version of the agreement came into force."""
        first = min(agreement.begins for agreement in self._gate.agreements)
        return first.astimezone(LONDON).date()


def _figures(found: Iterable[Alike], register: Register) -> tuple[Cells, Shown]:
    counted = units(found)
    if register is Register.AGGREGATE_FIGURES:
        cells = tally(counted)
        return cells, as_they_are(cells)
    protected = publish(counted)
    return protected.cells, published(protected)


def _period(wanted: Wanted, at: datetime, anchor: date, register: Register) -> Period:
    year = year_of(at.astimezone(LONDON).date(), anchor)
    period = Period(wanted.first or year.first, wanted.last or year.last)
    if period.last < period.first:
        raise Unacceptable("period-disordered", field="to")
    if period.last - period.first > LONGEST:
        raise Unacceptable("period-too-long", "ten years at most", "from")
    whole = year_of(period.first, anchor)
    if register is Register.PUBLISHED_FIGURES and period != whole:
        raise Unacceptable("period-not-published", f"such as from {whole.first} to {whole.last}", "from")
    return period


def _details(report: Report, form: Form, wanted: Wanted) -> dict[str, Any]:
    days = {"from": report.period.first.isoformat(), "to": report.period.last.isoformat()}
    found = {"report": "pathway", **days, "by": report.by.value if report.by else None, "format": form.value}
    return found | ({"chart": wanted.chart.value} if form in PICTURES else {})
