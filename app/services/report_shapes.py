"""A report: the figures of a period, how each of them is shown, and the forms that it can be written in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.pathway.reports import ALL, Beside, Breakdown, Cells, Measure, Period, Rate, Shown, rows_of
from app.pathway.reports.beside import DAYS_IN_A_YEAR
from app.vocabulary import Register

_MONTHS_IN_A_YEAR = 12
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
COUNTS: Mapping[Measure, str] = {
    Measure.REFERRED: "referred",
    Measure.NOT_SUITABLE: "not suitable",
    Measure.FIRST_MISSED: "first appointment missed",
    Measure.ASSESSED: "assessed",
    Measure.ENTERED: "entered treatment",
    Measure.FINISHED: "finished treatment",
    Measure.WITHIN_6_WEEKS: "of these treated within 6 weeks",
    Measure.WITHIN_18_WEEKS: "within 18 weeks",
    Measure.PAIRED: "with paired scores",
    Measure.RECOVERABLE: "not below caseness at the start",
    Measure.RECOVERED: "recovered",
    Measure.RECOVERED_RELIABLY: "reliably recovered",
    Measure.IMPROVED: "reliably improved",
    Measure.DETERIORATED: "reliably deteriorated",
    Measure.CONTACTS_DUE: "contacts due",
    Measure.CONTACTS_MISSED: "contacts missed",
}
RATES_IN_WORDS: Mapping[Rate, str] = {
    Rate.NOT_SUITABLE: "not suitable",
    Rate.FIRST_MISSED: "first appointment missed",
    Rate.ENTERED: "entered treatment",
    Rate.WITHIN_6_WEEKS: "treated within 6 weeks",
    Rate.WITHIN_18_WEEKS: "treated within 18 weeks",
    Rate.RECOVERY: "recovery",
    Rate.RELIABLE_RECOVERY: "reliable recovery",
    Rate.IMPROVEMENT: "reliable improvement",
    Rate.DETERIORATION: "reliable deterioration",
    Rate.DID_NOT_ATTEND: "contacts not attended",
}
Row = tuple[str, str]


class Form(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"
    SVG = "svg"
    PNG = "png"
    HTML = "html"
    PDF = "pdf"


MEDIA_TYPES: Mapping[Form, str] = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv; charset=utf-8",
    Form.SVG: "image/svg+xml",
    Form.PNG: "image/png",
}
"""Of what is answered over HTTP; pages and documents are written for the operator."""
PICTURES = frozenset({Form.SVG, Form.PNG})


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
        return round(case.referrals * days * _MONTHS_IN_A_YEAR / (case.months * DAYS_IN_A_YEAR))

    def planned_in_months(self, months: int) -> float:
        """The same for so many whole months."""
        return self.beside.business_case.referrals * months / self.beside.business_case.months


def label(table: str, value: str) -> str:
    """A row in words."""
    words = {
        Breakdown.QUARTER: f"quarter from {value}",
        Breakdown.SOURCE: f"{value} {SOURCES.get(value, '')}".strip(),
        Breakdown.STEP: f"step {value}" if value.isdecimal() else value,
    }
    return words.get(Breakdown(table), value.replace("-", " ")) if table != ALL else "all referrals"
