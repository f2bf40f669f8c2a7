"""What somebody comes with, and what they are offered: problem, step of care and therapy, as the clinical record.

A record is written for each day on which something of it changes; what is not said again stays as it was.
"""

from collections.abc import Iterable, Mapping
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


async def _held(reached: Reached) -> list[Found]:
    return await rows(reached.gate.records, reached.act.permit, CLINICAL, referral_id=reached.row["id"])


def _newest(found: Iterable[Found]) -> Found | None:
    standing = [each for each in found if each["withdrawn_at"] is None]
    return max(
        standing, key=lambda each: (str(each["written_on"] or ""), each["recorded_at"], each["id"]), default=None
    )


async def newest(reached: Reached) -> Found | None:
    """The clinical record that stands."""
    return _newest(await _held(reached))


async def present(reached: Reached, said: Presented) -> Found:
    """The record of today with this in it, if nobody has written another meanwhile."""
    held, day, writer = await _held(reached), today(reached.question), reached.gate.writer
    before = _newest(held)
    kept = {name: before[name] if before else None for name in _KEPT}
    columns = kept | dict(said.columns) | {"written_on": day}
    reached.act.changes.append(writer.unchanged(CLINICAL, {"referral_id": reached.row["id"]}, held))
    if before is None or before["source"] != OWN or before["written_on"] != day:
        return reached.insert(CLINICAL, columns | {"withdrawn_at": None})
    at = max(reached.question.at, before["recorded_at"] + timedelta(microseconds=1))
    seen = {name: before[name] for name in ("id", "source_version", "recorded_at")}
    new = columns | own_version(at)
    reached.act.changes.append(writer.update(CLINICAL, seen, new))
    return before | new
