"""The matrix for reading: Markdown by role, and CSV with a line for each condition."""

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import groupby

from app.policies.agreement import CompiledAgreement
from app.policies.review.matrix import ENDED_TOO, RESTRICTED_TOO, Cell, Matrix, Place, matrix
from app.policies.review.words import listed
from app.vocabulary import Subject

COLUMNS = (
    "role",
    "party",
    "purpose",
    "subject",
    "effect",
    "clause",
    "actions",
    "conditions",
    "how far",
    "restricted too",
    "after the end too",
    "sentence",
)
LEGEND = (
    "S1: staff have to be employed in their role and trained in information sharing, a system has to be registered.",
    "S2: what no cell opens is closed.",
    "S3: whoever is on a record's exclusion list sees nothing of it; of a restricted record only those on its access "
    f"list do, except where a cell says '{RESTRICTED_TOO}'.",
    "Where a cell names an objection, an objection to that category closes it (S4).",
    "Several lines in a cell: any one of them is enough. All conditions of a line have to hold.",
)


def in_markdown(agreement: CompiledAgreement) -> str:
    """A section for each role, with its purposes as columns and what they open as rows."""
    shown = matrix(agreement)
    lines = [f"# {agreement.title}", "", f"Version {agreement.version}, digest `{agreement.digest}`", ""]
    lines += [f"- {text}" for text in LEGEND]
    for (role, party), places in groupby(shown.rows, key=lambda place: place[:2]):
        lines += ["", f"## {role} ({party})", "", *_section(shown, list(places))]
    return "\n".join([*lines, "", "## Clauses", "", *(f"- **{one}** {text}" for one, text in sentences(agreement)), ""])


def _section(shown: Matrix, places: list[Place]) -> Iterator[str]:
    yield "| | " + " | ".join(purpose.value for *_, purpose in places) + " |"
    yield "| --- |" + " --- |" * len(places)
    for subject in shown.columns:
        cells = [_in_cell(shown.cell(place, subject)) for place in places]
        if any(cells):
            yield f"| **{subject}** | " + " | ".join(cell or "closed" for cell in cells) + " |"


def _in_cell(cell: Cell) -> str:
    said = [line.text for line in cell.lines]
    said += [f"{clause}: never {listed([each.value for each in actions], 'or')}" for clause, actions in cell.prohibited]
    return "<br>".join(text.replace("|", "\\|") for text in said)


def in_csv(agreement: CompiledAgreement) -> str:
    """A line for each role, purpose, subject and condition; RFC 4180."""
    shown, sentence = matrix(agreement), dict(sentences(agreement))
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for place in shown.rows:
        for subject in shown.columns:
            for row in _rows(shown.cell(place, subject), place, subject):
                writer.writerow([_plain(value) for value in (*row, sentence[row[5]])])
    return out.getvalue()


def _rows(cell: Cell, place: Place, subject: Subject) -> Iterator[tuple[str, ...]]:
    at = (*(each.value for each in place), subject.value)
    for line in cell.lines:
        actions, conditions = (" ".join(line.actions), "; ".join(line.conditions))
        flags = ("yes" if each in line.flags else "no" for each in (RESTRICTED_TOO, ENDED_TOO))
        yield (*at, "permit", line.clause, actions, conditions, line.how_far, *flags)
    for clause, forbidden in cell.prohibited:
        yield (*at, "prohibit", clause, " ".join(forbidden), "", "", "no", "no")


def _plain(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def sentences(agreement: CompiledAgreement) -> tuple[tuple[str, str], ...]:
    """Each clause with its own sentence."""
    return tuple((clause.id, clause.text) for clause in agreement.clauses)
