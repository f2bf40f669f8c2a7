"""The matrix in each of its forms, by the name that the command line and the address give it."""

import json
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from app.policies.agreement import CompiledAgreement
from app.policies.review.matrix import ENDED_TOO, RESTRICTED_TOO, Cell, matrix
from app.policies.review.page import in_html
from app.policies.review.tables import in_csv, in_markdown


class Form(StrEnum):
    """How a matrix is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


def in_json(agreement: CompiledAgreement) -> str:
    """A row for each role and purpose, with the cells in which something is open or prohibited; the rest is closed."""
    shown = matrix(agreement)
    rows = [
        {
            "role": place[0].value,
            "party": place[1].value,
            "purpose": place[2].value,
            "cells": [
                {"category": subject.value, "permits": list(_permits(cell)), "prohibits": _prohibits(cell)}
                for subject in shown.columns
                if (cell := shown.cell(place, subject)) != Cell(())
            ],
        }
        for place in shown.rows
    ]
    return json.dumps({"version": agreement.version, "digest": agreement.digest, "rows": rows}, ensure_ascii=False)


def _permits(cell: Cell) -> Iterator[dict[str, Any]]:
    for line in cell.lines:
        yield {
            "clause": line.clause,
            "actions": [action.value for action in line.actions],
            "conditions": list(line.conditions),
            "howFar": line.how_far,
            "alsoRestricted": RESTRICTED_TOO in line.flags,
            "alsoAfterTheEnd": ENDED_TOO in line.flags,
            "text": line.text,
        }


def _prohibits(cell: Cell) -> list[dict[str, Any]]:
    return [{"clause": one, "actions": [action.value for action in actions]} for one, actions in cell.prohibited]


FORMS: Mapping[Form, Callable[[CompiledAgreement], str]] = {
    Form.HTML: in_html,
    Form.MARKDOWN: in_markdown,
    Form.CSV: in_csv,
    Form.JSON: in_json,
}
MEDIA_TYPES = {
    Form.HTML: "text/html",
    Form.MARKDOWN: "text/markdown",
    Form.CSV: "text/csv",
    Form.JSON: "application/json",
}
