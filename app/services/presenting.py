"""What somebody comes with, and what they are offered: problem, step of care and therapy, as the clinical record.

A record is written for each day on which something of it changes; what is not said again stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.records.rows import Found, rows
from app.records.writing import OWN, own_version
from app.services.reached import Reached, today

CLINICAL = "clinical_record"
SCHEMES = {"icd-10": "01", "snomed-ct": "04"}
"""FindSchemeInUse."""
PRIMARY = "1"
_KEPT = ("problem_scheme", "problem_code", "problem", "step", "medication", "therapy_type", "significance")


@dataclass(frozen=True, slots=True)
class Presented:
    """Columns of the clinical record by name; those that are not there stay as they were."""

    columns: Mapping[str, Any]


async def newest(reached: Reached) -> Found | None:
    """The clinical record that stands."""
    found = await rows(reached.gate.records, reached.act.permit, CLINICAL, referral_id=reached.row["id"])
    standing = [each for each in found if each["withdrawn_at"] is None]
    return max(
        standing, key=lambda each: (str(each["written_on"] or ""), each["recorded_at"], each["id"]), default=None
    )


async def present(reached: Reached, said: Presented) -> Found:
    """The record of today with this in it."""
    before, day = await newest(reached), today(reached.question)
    kept = {name: before[name] if before else None for name in _KEPT}
    columns = kept | dict(said.columns) | {"written_on": day}
    if before is None or before["source"] != OWN or before["written_on"] != day:
        return reached.insert(CLINICAL, columns | {"withdrawn_at": None})
    at = max(reached.question.at, before["recorded_at"] + timedelta(microseconds=1))
    seen = {name: before[name] for name in ("id", "source_version", "recorded_at")}
    new = columns | own_version(at)
    reached.act.changes.append(reached.gate.writer.update(CLINICAL, seen, new))
    return before | new
