"""A report, and its forms for programs: JSON, and CSV with a line for each figure."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.pathway.reports import (
    ALL,
    RATES,
    Beside,
    Breakdown,
    Cells,
    Measure,
    Period,
    Rate,
    Share,
    Shown,
    interval,
    percent,
    rows_of,
)
from app.services.answers import document
from app.vocabulary import Register

_DAYS_IN_A_YEAR, _MONTHS_IN_A_YEAR = 365.25, 12
SOURCES: Mapping[str, str] = {
    "A1": "general practice",
    "B1": "self",
    "E1": "police",
    "E2": "courts",
    "E3": "probation service",
    "E4": "prison",
    "E5": "court liaison and diversion",
    "E6": "youth offending team",
}
"""What the national codes of the source of a referral stand for, as far as they are known here."""
Row = tuple[str, str]


class Form(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"


MEDIA_TYPES: Mapping[Form, str] = {Form.JSON: "application/json", Form.CSV: "text/csv; charset=utf-8"}
"""Of what is answered over HTTP; a page is written for the operator."""


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of a period, and how each of them is shown."""

    period: Period
    at: datetime
    register: Register
    by: Breakdown | None
    cells: Cells
    shown: Shown
    beside: Beside

    def rows(self) -> Iterator[Row]:
        """The whole, and each row of the tables that were asked for."""
        for table in (ALL, *(Breakdown if self.by is None else (self.by,))):
            for value in rows_of(self.cells, table):
                yield table, value

    def planned(self) -> int:
        """How many referrals the business case has for a period of this length."""
        case, days = self.beside.business_case, (self.period.last - self.period.first).days + 1
        return round(case.referrals * days * _MONTHS_IN_A_YEAR / (case.months * _DAYS_IN_A_YEAR))


def label(table: str, value: str) -> str:
    """A row in words."""
    words = {
        Breakdown.QUARTER: f"quarter from {value}",
        Breakdown.SOURCE: f"{value} {SOURCES.get(value, '')}".strip(),
        Breakdown.STEP: f"step {value}" if value.isdecimal() else value,
    }
    return words.get(Breakdown(table), value.replace("-", " ")) if table != ALL else "all referrals"


def in_json(report: Report) -> bytes:
    """A document that names every figure."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for row in report.rows():
        tables.setdefault(row[0], []).append(_row(report, row))
    return document(
        {
            **_head(report),
            "tables": [{"by": table, "rows": rows} for table, rows in tables.items()],
            "businessCase": business_case(report),
            "comparator": comparator(report),
        }
    )


def _head(report: Report) -> dict[str, Any]:
    return {
        "from": report.period.first,
        "to": report.period.last,
        "asOf": report.at.astimezone(UTC),
        "figures": report.register.value,
    }


def _row(report: Report, row: Row) -> dict[str, Any]:
    counts = {measure.value: report.shown.count(row, measure) for measure in Measure}
    return {
        "value": row[1],
        "label": label(*row),
        "counts": {name: {"value": each.value, "text": each.text} for name, each in counts.items()},
        "rates": {rate.value: _share(report.shown.share(row, rate)) for rate in Rate},
    }


def _share(share: Share) -> dict[str, Any]:
    numbers = {"percent": share.percent, "tenths": share.tenths, "low": share.low, "high": share.high}
    return {**{name: None if each is None else float(each) for name, each in numbers.items()}, "text": share.text}


def business_case(report: Report) -> dict[str, Any]:
    """What was planned for the period and what was reached of it, by the count as it is shown."""
    referred = report.shown.count((ALL, ALL), Measure.REFERRED) if report.cells else None
    planned = report.planned()
    reached = None if referred is None or referred.value is None else percent(referred.value, planned)
    return {
        **report.beside.business_case.model_dump(),
        "plannedInPeriod": planned,
        "reachedPercent": None if reached is None else int(reached),
    }


def comparator(report: Report) -> dict[str, Any] | None:
    """The other service's did-not-attend rate; it is of other people, so that a difference shows no cause."""
    found = report.beside.comparator
    if found is None:
        return None
    low, high = interval(found.missed, found.due) or (None, None)
    whole, tenths = percent(found.missed, found.due), percent(found.missed, found.due, "0.1")
    share = Share(None if whole is None else int(whole), f"{whole} %", tenths, low, high)
    return {"name": found.name, "source": found.source, Rate.DID_NOT_ATTEND.value: _share(share)}


_COLUMNS = ("from", "to", "asOf", "figures", "table", "row", "label", "kind", "name", "value", "text", "low", "high")


def in_csv(report: Report) -> bytes:
    """A line for each figure; a rate's value is in percent, to a tenth where figures are shown as they are."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(_COLUMNS)
    head = [str(report.period.first), str(report.period.last), report.at.astimezone(UTC).isoformat(),
            report.register.value]  # fmt: skip
    for row in report.rows():
        where = [*head, *row, label(*row)]
        for measure in Measure:
            count = report.shown.count(row, measure)
            lines.writerow([*where, "count", measure.value, count.value, count.text, None, None])
        for rate in RATES:
            share = report.shown.share(row, rate)
            value = share.percent if share.tenths is None else share.tenths
            lines.writerow([*where, "rate", rate.value, value, share.text, share.low, share.high])
    return file.getvalue().encode()
