"""A report as one HTML page that loads nothing: a table of counts and one of rates for each breakdown."""

from collections.abc import Callable, Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from app.pathway.reports import ALL, Measure, Rate
from app.services.report_forms import Form, Report, Row, business_case, comparator, in_csv, in_json, label
from app.vocabulary import Register

_STYLE = """
:root { color-scheme: light; --line: #b7c1cc; --head: #12344d; --soft: #eef3f7; }
body { margin: 0; padding: 1.25rem 1.5rem; font: 15px/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: #14202b; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
.scroll { overflow-x: auto; } .note { color: #44515e; max-width: 60rem; }
table { border-collapse: collapse; font-size: .9rem; margin: 0 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid var(--line); padding: .35rem .55rem; text-align: right; }
thead th { background: var(--head); color: #fff; } tbody th { background: var(--soft); text-align: left; }
"""
_COUNTS = {
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
_RATES = {
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
_PUBLISHED = (
    'Published figures: counts from 1 to 4 are shown as "fewer than 5", the others rounded to the nearest 5; what is '
    "not shown would give one of these away."
)
_AS_THEY_ARE = "Figures as they are: for the leads of both services alone, and never to be published."


def in_html(report: Report) -> bytes:
    """The page; everything escaped that comes from records or a file."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    title = f"The pathway from {report.period.first} to {report.period.last}"
    _add(head, "title", title)
    _add(head, "style", _STYLE)
    main = SubElement(SubElement(html, "body"), "main")
    _add(main, "h1", title)
    is_published = report.register is Register.PUBLISHED_FIGURES
    _note(main, f"{_PUBLISHED if is_published else _AS_THEY_ARE} As of {report.at:%Y-%m-%d}, by the day of referral.")
    rows = list(report.rows())
    for table in dict.fromkeys(name for name, _ in rows):
        _tables(main, report, table, [row for row in rows if row[0] == table])
    _beside(main, report)
    return ("<!DOCTYPE html>\n" + tostring(html, encoding="unicode", method="html") + "\n").encode()


def _tables(main: Element, report: Report, table: str, rows: list[Row]) -> None:
    _add(main, "h2", "All referrals" if table == ALL else f"By {table}")
    shown = report.shown
    counts = {name: [shown.count(row, measure).text for row in rows] for measure, name in _COUNTS.items()}
    rates = {name: [_with_interval(report, row, rate) for row in rows] for rate, name in _RATES.items()}
    columns = [label(*row) for row in rows]
    _table(main, "Counts", columns, counts)
    _table(main, "Rates, with their 95 % confidence intervals", columns, rates)


def _with_interval(report: Report, row: Row, rate: Rate) -> str:
    share = report.shown.share(row, rate)
    return share.text if share.low is None else f"{share.text} ({share.low} to {share.high})"


def _table(main: Element, caption: str, columns: Iterable[str], lines: Mapping[str, Iterable[str]]) -> None:
    table = SubElement(SubElement(main, "div", {"class": "scroll"}), "table")
    _add(table, "caption", caption)
    head = SubElement(SubElement(table, "thead"), "tr")
    SubElement(head, "td")
    for column in columns:
        _add(head, "th", column, scope="col")
    body = SubElement(table, "tbody")
    for name, cells in lines.items():
        line = SubElement(body, "tr")
        _add(line, "th", name, scope="row")
        for cell in cells:
            _add(line, "td", cell)


def _beside(main: Element, report: Report) -> None:
    _add(main, "h2", "Beside these figures")
    case, other = business_case(report), comparator(report)
    reached = "" if case["reachedPercent"] is None else f", of which {case['reachedPercent']} % were referred"
    _note(main, f"Planned for these days: {case['plannedInPeriod']} referrals{reached}. Source: {case['source']}.")
    if other is not None:
        rate = other[Rate.DID_NOT_ATTEND.value]
        _note(
            main,
            f"Contacts not attended, {other['name']}: {rate['text']} ({rate['low']} to {rate['high']}). These are of "
            f"other people, so that a difference shows no cause. Source: {other['source']}.",
        )


def _note(main: Element, text: str) -> None:
    _add(main, "p", text, **{"class": "note"})


def _add(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text


WRITTEN: Mapping[Form, Callable[[Report], bytes]] = {Form.JSON: in_json, Form.CSV: in_csv, Form.HTML: in_html}
