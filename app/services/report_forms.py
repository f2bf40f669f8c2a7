"""A report's forms for programs: JSON, and CSV with a line for each figure."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from app.pathway.reports import RATES, Measure, Rate
from app.services.answers import document
from app.services.report_beside import (
    business_case,
    comparator,
    costs,
    figure_in_json,
    reconviction,
    service_use,
    share_in_json,
)
from app.services.report_shapes import Report, Row, label


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
            "reconviction": reconviction(report),
            "serviceUse": [use.in_json() for use in service_use(report)],
            "costs": costs(report),
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
        "counts": {name: figure_in_json(each) for name, each in counts.items()},
        "rates": {rate.value: share_in_json(report.shown.share(row, rate)) for rate in Rate},
    }


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
    lines.writerows([*head, *line] for line in _besides(report))
    return file.getvalue().encode()


def _besides(report: Report) -> Iterator[list[Any]]:
    """What others counted, a line for each figure."""
    for group in (reconviction(report) or {"groups": []})["groups"]:
        where = ["reconviction", group["group"], group["group"]]
        for name in ("people", "followed", "reconvicted"):
            yield [*where, "count", name, group[name]["value"], group[name]["text"], None, None]
        rate = group["reconvictionRate"]
        value = rate["percent"] if rate["tenths"] is None else rate["tenths"]
        yield [*where, "rate", "reconvictionRate", value, rate["text"], rate["low"], rate["high"]]
    for use in service_use(report):
        for when, (followed, events, rate) in (("before", use.before), ("after", use.after)):
            where = ["serviceUse", use.outcome, f"{use.outcome.replace('-', ' ')} {when}"]
            for name, figure in ((f"{when}Followed", followed), (f"{when}Events", events)):
                yield [*where, "count", name, figure.value, figure.text, None, None]
            yield [*where, "rate", f"{when}Per100", rate, "not shown" if rate is None else f"{rate}", None, None]
