"""Records of a batch with a field that is not theirs to change: written without it, and their sender told."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.gate import Many
from app.sync.batches.judging import Judged
from app.sync.batches.lines import Found, LineReport
from app.sync.owned import OWNED, numbers_of_patients, numbers_of_people, without


async def keep_apart(several: Iterable[Judged], many: Many, report: LineReport) -> set[int]:
    """Leave out of each record what it may not change; the places of those that had any such thing.

    Of two patients with one NHS number both keep it: who is meant is for the review of possible matches to say.
    """
    records = list(several)
    people, patients = _of(records, "person"), _of(records, "patient")
    for place, broken in (await numbers_of_patients(many, patients.values())).items() if patients else ():
        judged = next(each for each in records if each.line.record_id == place)
        _note(report, judged, [Found(broken[0], "IDS001MPI.NHSNumber", broken[1])] if broken else [])
    left = await numbers_of_people(many, people.values()) if people else {}
    conflicts: set[int] = set()
    for each in records:
        if each.record is None or each.line.record_id not in people:
            continue
        found = [Found(OWNED, "people.gpPractice")] if "gpPractice" in each.line.rows[each.line.kind][0] else []
        if each.line.record_id in left:
            broken = left[each.line.record_id]
            each.record.row = without(each.record.row, "nhs_number")
            found += [Found(broken[0], "people.nhsNumber", broken[1])] if broken else []
        if found:
            _note(report, each, found)
            conflicts.add(each.line.place)
    return conflicts


def _of(records: Iterable[Judged], table: str) -> dict[str, Mapping[str, Any]]:
    rows = (each.record.row for each in records if each.record is not None and each.record.table == table)
    return {row["id"]: row for row in rows if "nhs_number" in row}


def _note(report: LineReport, judged: Judged, found: Iterable[Found]) -> None:
    """Once, however often it is looked at."""
    known = report.of.setdefault(judged.line.place, [])
    known.extend(each for each in found if each not in known)
