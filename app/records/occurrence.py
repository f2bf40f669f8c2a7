"""When what a row says happened: by that a subject access request's dates narrow an answer.

A row without a moment of its own, who somebody is for instance, is always part of it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.records.predicates import LONDON
from app.records.views import camel, sections
from app.vocabulary import Category

_PERIODS = {
    "supervision": ("start_date", "terminated_on", "end_date"),
    "requirement": ("start_date", "terminated_on", "end_date"),
    "risk_alert": ("start_date", "deregistered_on"),
    "licence_condition": ("start_date", "end_date"),
    "referral": ("received_on", "closed_on"),
    "consent": ("valid_from", "withdrawn_at", "valid_until"),
    "objection": ("valid_from", "withdrawn_at", "valid_until"),
    "obligation": ("starts_at", "ends_at"),
}
"""Where it began, and where it ended: the first of these that is recorded; without one it goes on."""
_MOMENTS = {
    "offence": "offence_date",
    "risk_assessment": "assessed_on",
    "appointment": "starts_at",
    "progress_summary": "written_on",
    "outcome_score": "completed_at",
    "clinical_record": "written_on",
    "session_note": "written_at",
    "safety_record": "written_at",
    "safety_alert": "released_at",
    "three_way_meeting": "held_at",
}


def occurred(category: Category, section: str, row: Mapping[str, Any], since: date | None, until: date | None) -> bool:
    """Whether a row of a section happened, or went on, on one of these days; in Europe/London, both included."""
    table = next((each.table.name for each in sections(category) if each.name == section), section)
    if table in _PERIODS:
        began, *ends = (_day(row.get(camel(name))) for name in _PERIODS[table])
        ended = next((end for end in ends if end is not None), None)
    else:
        began = ended = _day(row.get(camel(_MOMENTS[table]))) if table in _MOMENTS else None
    if began is None:
        return True
    return (until is None or began <= until) and (since is None or ended is None or ended >= since)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(LONDON).date()
    return value if isinstance(value, date) else None
