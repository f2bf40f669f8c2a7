"""How lines are written: their rows together, or kept while they wait, and what waits for them tried again."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app.audit.canonical import Ready, ready
from app.gate import Gate, Made, Many
from app.services.batches import BatchService
from app.services.registers import Compared, RegisterService, person_id
from app.sync.batches.judging import Judged
from app.sync.batches.kinds import Kind
from app.sync.changes import Changes, row_of, states_of
from app.vocabulary import Caller

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent the lines, in which batch, and when it came."""

    caller: Caller
    batch: int
    batch_id: str
    source: str
    received_at: datetime
    service: str | None
    """What the system is registered for."""


def name_people(several: Iterable[Judged], people: Mapping[str, str]) -> None:
    """Whose each record is: the person's whose registration it came with; what comes with nobody's waits (H7)."""
    for each in several:
        if each.record is None or not each.patient:
            continue  # its own system says whose it is, or it hangs on a referral from before registrations were kept
        crn = people.get(each.patient)
        each.waits_for = None if crn else f"link:{each.patient}"
        whose = {"person_id": person_id(crn)} if crn else {}
        each.record.crn = crn
        each.record.row |= whose
        if each.record.inner:
            each.record.inner = tuple(
                replace(one, rows=[{**row, **whose} for row in one.rows]) for one in each.record.inner
            )


async def wait_for_missing(many: Many, several: Sequence[Judged], coming: Iterable[str] = ()) -> None:
    """What belongs to a person who is not on file, or to a record that waits, waits for them: not for what is `coming`,
    which are ids of records.
    """
    ids: dict[str, set[str]] = {}
    for needed in (one for each in several if each.record is not None for one in each.record.needs):
        if needed.table != "person":
            ids.setdefault(needed.table, set()).add(needed.id)
    there = {identity for table, some in ids.items() for identity in await many.versions(table, sorted(some))}
    there.update(coming)
    for each in several:
        record = each.record
        is_of_somebody = each.waits_for is None or not each.waits_for.startswith("link:")
        if record is not None and record.table not in ("person", "patient") and is_of_somebody:
            missing = (one for one in record.needs if one.table != "person" and one.id not in there)
            parent = next((f"row-{one.table}:{one.id}" for one in missing), None)
            is_known = record.crn is None or many.is_on_file(record.crn)
            each.waits_for = parent if is_known else f"person:{person_id(record.crn or '')}"
        if each.waits_for is None:
            there.add(each.line.record_id)


class Making:
    """Makes what writes the lines of one batch."""

    def __init__(
        self, gate: Gate, service: BatchService, sender: Sender, clock: Callable[[], datetime], *, are_held: bool
    ) -> None:
        self._store, self._sender, self._clock, self._are_held = service.store, sender, clock, are_held
        self._changes = Changes(gate, RegisterService(gate))

    def made(
        self, judged: Judged, origin: tuple[int, int], versions: Mapping[str, str], waiting: Container[str]
    ) -> Made:
        """What writes the line; one that has to wait is kept instead, and its sender told the same (H7).

        `origin` is its chunk and its number.
        """
        line, record = judged.line, judged.record
        about, changes, rows = line.about, list[tuple[int, Row]](), list[tuple[int, str, Mapping[str, Any]]]()
        crn = record.crn if record is not None else None
        if self._are_held:
            changes.append((-1, self._store.release(line.record_id, line.version)))
        change = "held" if judged.waits_for else "created" if line.record_id not in versions else "changed"
        if not judged.waits_for and not self._are_held and line.record_id in waiting:
            changes.append((-1, self._store.release(line.record_id, line.version)))
        if judged.waits_for:
            changes.append((about.rank, self._store.held(self._kept(judged, crn, origin))))
        if record is not None and not judged.waits_for:
            standing = Compared.NEW if line.record_id not in versions else Compared.CHANGED
            states = states_of(record, row_of(record, standing), standing)
            rows = [(about.rank * 2 + place, record.table, state) for place, state in enumerate(states)]
            changes += [(about.rank * 2 + 1, inner) for inner in self._changes.inner(record, standing)]
        said = _said(self._sender.batch_id, change, line.kind, about)
        details = Ready(f'{said},"version":"{line.version}"}}')  # the last of its keys, and of digits and letters
        return Made(action=about.action, subjects=about.subjects, crn=crn, details=details, rows=rows, changes=changes)

    def _kept(self, judged: Judged, crn: str | None, origin: tuple[int, int]) -> dict[str, Any]:
        line, (chunk, number) = judged.line, origin
        return {
            "record_id": line.record_id,
            "record_table": line.about.table,
            "source_version": line.version,
            "waits_for": judged.waits_for,
            "crn": crn,
            "known": self._store.text_of(known) if (known := judged.known()) is not None else None,
            "line": line.text,
            "batch": self._sender.batch,
            "chunk": chunk,
            "number": number,
            "recorded_at": self._clock(),
        }

    def awake(self, many: Many, several: Iterable[Judged]) -> list[Row]:
        """What waits for these is tried again, and they are themselves, should somebody else have been faster."""
        keys, waits = set[str](), set[str]()
        for each in several:
            if each.waits_for is not None:
                waits.add(each.waits_for)
            if each.record is not None:
                keys.add(f"{each.record.table}:{each.line.record_id}")
                if each.waits_for is None:
                    keys.add(f"row-{each.record.table}:{each.line.record_id}")
        now = datetime.now(UTC)
        due = [many.awake(keys, now)] if keys else []
        return [*due, *self._store.due_if_there(waits, now)]


@lru_cache(maxsize=256)
def _said(batch_id: str, change: str, kind: str, about: Kind) -> str:
    """What the entries of many lines say alike, as canonical JSON that goes on."""
    subjects = [subject.value for subject in about.subjects]
    return ready(
        {"batch": batch_id, "change": change, "kind": kind, "subjects": subjects, "table": about.table}
    ).removesuffix("}")
