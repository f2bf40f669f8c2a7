"""What a report says to people, in its order: headings, notes, pictures and tables, whatever they are written as."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.pathway.reports import ALL, Breakdown, Rate
from app.services.drawing import Drawn
from app.services.report_beside import business_case, comparator, costs, reconviction, service_use
from app.services.report_charts import Chart, drawn
from app.services.report_shapes import COUNTS, RATES_IN_WORDS, Report, Row, label
from app.vocabulary import Register

_PUBLISHED = (
    'Published figures: counts from 1 to 4 are shown as "fewer than 5", the others rounded to the nearest 5; what is '
    "not shown would give one of these away."
)
_AS_THEY_ARE = "Figures as they are: for the leads of both services alone, and never to be published."
_OF_ALL = (Chart.FUNNEL, Chart.REFERRALS, Chart.ATTENDANCE, Chart.WAITS, Chart.OUTCOMES)
_OF_ROWS = (Chart.ATTENDANCE, Chart.OUTCOMES)


@dataclass(frozen=True, slots=True)
class Heading:
    """A part of the report begins."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A line for each name, a cell for each column."""

    caption: str
    columns: list[str]
    lines: Mapping[str, list[str]]


Block = Heading | Note | Table | Drawn


def title(report: Report) -> str:
    """What it is about."""
    return f"The pathway from {report.period.first} to {report.period.last}"


def content(report: Report) -> Iterator[Block]:
    """All of it but the title."""
    is_published = report.register is Register.PUBLISHED_FIGURES
    yield Note(f"{_PUBLISHED if is_published else _AS_THEY_ARE} As of {report.at:%Y-%m-%d}, by the day of referral.")
    rows = list(report.rows())
    for table in dict.fromkeys(name for name, _ in rows):
        yield from _tables(report, table, [row for row in rows if row[0] == table])
    yield from _beside(report)
    yield from _afterwards(report)
    yield from _costs(report)


def _tables(report: Report, table: str, rows: list[Row]) -> Iterator[Block]:
    yield Heading("All referrals" if table == ALL else f"By {table}")
    whole = replace(report, by=None)
    yield from (
        (drawn(whole, chart) for chart in _OF_ALL)
        if table == ALL
        else (drawn(replace(report, by=Breakdown(table)), chart) for chart in _OF_ROWS)
    )
    shown, columns = report.shown, [label(*row) for row in rows]
    yield Table(
        "Counts", columns, {name: [shown.count(row, measure).text for row in rows] for measure, name in COUNTS.items()}
    )
    yield Table(
        "Rates, with their 95 % confidence intervals",
        columns,
        {name: [_with_interval(report, row, rate) for row in rows] for rate, name in RATES_IN_WORDS.items()},
    )


def _with_interval(report: Report, row: Row, rate: Rate) -> str:
    share = report.shown.share(row, rate)
    return share.text if share.low is None else f"{share.text} ({share.low} to {share.high})"


def _beside(report: Report) -> Iterator[Block]:
    yield Heading("Beside these figures")
    case, other = business_case(report), comparator(report)
    reached = "" if case["reachedPercent"] is None else f", of which {case['reachedPercent']} % were referred"
    yield Note(f"Planned for these days: {case['plannedInPeriod']} referrals{reached}. Source: {case['source']}.")
    if other is not None:
        rate, apart = other[Rate.DID_NOT_ATTEND.value], other["difference"]
        less = f" Here it is {apart['text']} beside that." if apart else ""
        yield Note(
            f"Contacts not attended, {other['name']}: {rate['text']} ({rate['low']} to {rate['high']}).{less} "
            f"{other['caveat']} Source: {other['source']}."
        )


def _afterwards(report: Report) -> Iterator[Block]:
    found, used = reconviction(report), list(service_use(report))
    if found is not None:
        yield Heading("Reconvicted within 12 months of discharge")
        lines = {
            group["group"]: [
                *(group[name]["text"] for name in ("people", "followed", "reconvicted")),
                _in_words(group["reconvictionRate"]),
            ]
            for group in found["groups"]
        }
        yield Table("As others counted it", ["people", "followed", "reconvicted", "of those followed"], lines)
        if found["difference"] is not None:
            yield Note(f"The service's rate less that of the comparison: {found['difference']['text']}.")
        yield from _caveats((*found["caveats"], *(f"Source ({g['group']}): {g['source']}." for g in found["groups"])))
    if used:
        yield Heading("Other services, 12 months before referral and after discharge")
        columns = [
            "followed before",
            "events before",
            "per 100",
            "followed after",
            "events after",
            "per 100 ",
            "change",
        ]
        yield Table(
            "As others counted it",
            columns,
            {
                use.outcome.replace("-", " "): [
                    *_side(use.before), *_side(use.after),
                    "not shown" if use.change is None else f"{use.change:+}",
                ]
                for use in used
            },
        )  # fmt: skip
        yield from _caveats(dict.fromkeys(text for use in used for text in use.in_json()["caveats"]))
        yield Note(f"Sources: {'; '.join(dict.fromkeys(source for use in used for source in use.sources))}.")


def _side(side: tuple[object, ...]) -> list[str]:
    followed, events, rate = side
    return [*(getattr(figure, "text", "") for figure in (followed, events)), "not shown" if rate is None else f"{rate}"]


def _in_words(rate: Mapping[str, object]) -> str:
    return str(rate["text"]) if rate["low"] is None else f"{rate['text']} ({rate['low']} to {rate['high']})"


def _caveats(texts: Iterable[str]) -> Iterator[Block]:
    yield from map(Note, texts)


def _costs(report: Report) -> Iterator[Block]:
    found = costs(report)
    if found is None:
        return
    currency = found["currency"]
    yield Heading("Costs, by the assumptions of the file")
    words = {
        "referral": "each referral", "enteredTreatment": "each who entered treatment",
        "finishedTreatment": "each who finished", "recovered": "each who recovered",
    }  # fmt: skip
    lines = {"in this period": [f"{found['inPeriod']:,} {currency}"]}
    lines |= {
        words[name]: ["not shown" if each is None else f"{each:,} {currency}"] for name, each in found["each"].items()
    }
    yield Table("What it cost", ["cost"], lines)
    assumed = {item["name"]: [f"{item['aYear']:,.0f} {currency}", item["source"]] for item in found["assumptions"]}
    yield Table("What is assumed", ["a year", "source"], assumed)
    even = found["breakEven"]
    if even is not None:
        yield Note(
            f"At {even['costOfOne']:,.0f} {currency} each ({even['source']}): {even['reconvictions']} is "
            f"{even['meaning']}."
        )
