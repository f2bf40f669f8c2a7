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
    "waiting_pause": ("started_on", "ended_on"),
    "offenderManagers": ("since",),
}
"""Where it began, and where it ended: the first of these that is recorded; without one it goes on."""
_MOMENTS = {
    "offence": "offence_date",
    "risk_assessment": "assessed_on",
    "appointment": "starts_at",
    "progress_summary": "written_on",
    "outcome_score": "completed_at",
    "clinical_record": "written_on",
    "onward_referral": "referred_on",
    "session_note": "written_at",
    "safety_record": "written_at",
    "safety_alert": "released_at",
    "three_way_meeting": "held_at",
    "referral_move": "occurred_on",
    "triage": "triaged_on",
}
_BELONGS = {
    (Category.CLINICAL, "activities"): ("appointmentId", Category.ATTENDANCE, "appointments"),
    (Category.ATTENDANCE, "correctedOutcomes"): ("appointmentId", Category.ATTENDANCE, "appointments"),
    (Category.ATTENDANCE, "engagementMarks"): ("appointmentId", Category.ATTENDANCE, "appointments"),
    (Category.SAFETY, "promptMarks"): ("scoreId", Category.SCORES, "measures"),
    (Category.SAFETY_ALERT, "chases"): ("alertId", Category.SAFETY_ALERT, "alerts"),
    (Category.MEETING, "responses"): ("meetingId", Category.MEETING, "meetings"),
    (Category.MEETING, "sharing"): ("meetingId", Category.MEETING, "meetings"),
    (Category.MEETING, "signOffs"): ("meetingId", Category.MEETING, "meetings"),
    (Category.CLINICAL, "moveReasons"): ("moveId", Category.REFERRAL, "moves"),
    (Category.SCORES, "triageMeasures"): ("triageId", Category.CLINICAL, "triages"),
    (Category.SAFETY, "triageRisks"): ("triageId", Category.CLINICAL, "triages"),
    (Category.CONSENT, "recipients"): ("consentId", Category.CONSENT, "consents"),
}
"""Sections of rows without a moment of their own that are part of another section's: by which field, and of which."""
Held = Mapping[Category, Mapping[str, list[dict[str, Any]]]]


def within(held: Held, since: date | None, until: date | None) -> dict[Category, dict[str, list[dict[str, Any]]]]:
    """What of these categories happened, or went on, on the days from `since` to `until`, and what is part of that."""
    kept = {
        category: {
            section: [row for row in rows if occurred(category, section, row, since, until)]
            for section, rows in content.items()
        }
        for category, content in held.items()
    }
    for (category, section), (key, whose, owners) in _BELONGS.items():
        if category in kept and whose in kept:
            there = {row["id"] for row in kept[whose][owners]}
            gone = {row["id"] for row in held[whose][owners]} - there
            kept[category][section] = [row for row in kept[category][section] if row[key] not in gone]
    return kept


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
