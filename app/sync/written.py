"""The report of an import as a file: each finding with rule, severity, table, row and field, and never a value.

Nothing in either form tells which rows wait for people of the other side, nor how many, since the file may go to the
sender (H7): what is taken is counted as one, whether it is new, was there already, or waits.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from app.services.formulas import marked
from app.sync.report import ImportReport

COLUMNS = ("Rule", "Severity", "Table", "File", "Row", "Field", "Wrong", "Remedy")


class ReportUnwritable(Exception):
    """There is no such form, or no such place, for the report."""


def form_of(path: Path) -> Callable[[ImportReport], bytes]:
    """How a report is written to a path, by its ending; ReportUnwritable before anything is imported."""
    if path.suffix not in _FORMS:
        raise ReportUnwritable(f"a report is written as .json or .csv, and '{path.name}' is neither")
    if not path.parent.is_dir():
        raise ReportUnwritable(f"there is no folder for the report '{path.name}'")
    return _FORMS[path.suffix]


def as_csv(report: ImportReport) -> bytes:
    """A row for each finding, in the order of the files; no cell is a formula to anybody."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in sorted(report.findings):
        rule = each.rule
        row = (rule.id, rule.severity.value, PurePosixPath(each.file).stem, each.file, str(each.line or ""), each.field)
        writer.writerow(map(marked, (*row, rule.wrong, rule.remedy)))
    return text.getvalue().encode()


def as_json(report: ImportReport) -> bytes:
    """Counts for each file, then the findings."""
    counted = {
        file: {
            "taken": counts.accepted + counts.unchanged + counts.not_kept,
            "superseded": counts.superseded,
            "rejected": counts.rejected,
            "warned": counts.warned,
        }
        for file, counts in report.files.items()
    }
    said = {"files": counted, "findings": report.as_data()["findings"]}
    return json.dumps(said, indent=2).encode() + b"\n"


_FORMS: dict[str, Callable[[ImportReport], bytes]] = {".csv": as_csv, ".json": as_json}
