"""Writes what is new or newer through the gate, many records at once so that they share commits, an entry for each.

What is unchanged is neither written nor entered in the log; an older version never overwrites a newer one.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from app.audit.submission import ChangeRefused, RowsMissed
from app.gate import AccessRefused, Gate
from app.services.registers import REGISTERS, Compared, RegisterService
from app.sync.records import Act, Incoming, Reference, version_of
from app.sync.report import ImportReport, Outcome
from app.vocabulary import Question

RESOURCE = "openmind import"
AT_ONCE = 256
READING_AT_ONCE = 8
Progress = Callable[[int], None]
"""Told how many rows are done with."""

BOOTSTRAPPED = REGISTERS - {"authorisation"}
"""What needs nobody to record it, since nobody could before it is there."""

_STANDING = {
    Compared.UNCHANGED: Outcome.UNCHANGED,
    Compared.SUPERSEDED: Outcome.SUPERSEDED,
}


class Writing:
    """One import's way through the gate."""

    def __init__(
        self, gate: Gate, clock: Callable[[], datetime], run: str, report: ImportReport, progress: Progress
    ) -> None:
        self._gate, self._clock, self._run = gate, clock, run
        self._report, self._progress = report, progress
        self._registers = RegisterService(gate)
        self._present: dict[str, set[str]] = {}

    async def write(self, records: Sequence[Incoming]) -> None:
        """Every record whose parents are there; records of one call do not depend on each other."""
        newest = self._newest(records)
        ready = [record for record in newest if await self._belongs(record, newest)]
        standing = await self._standing(ready)
        queue = iter([(record, standing[record.table, record.row["id"]]) for record in ready])
        workers = [asyncio.ensure_future(self._work(queue)) for _ in range(min(AT_ONCE, len(ready)))]
        try:
            await asyncio.gather(*workers)
        finally:  # where one cannot go on, neither can the others
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def present(self, act: Act, table: str, ids: Sequence[str]) -> set[str]:
        """Which of these records are there, before or by this import."""
        known = self._present.setdefault(table, set())
        missing = [identity for identity in ids if identity not in known]
        known |= set(await self._versions(act, table, missing)) if missing else set()
        return known & set(ids)

    def _newest(self, records: Sequence[Incoming]) -> list[Incoming]:
        """One version of each record: of several in the file the newest; the same one twice is a fault."""
        found: dict[tuple[str, str], Incoming] = {}
        for record in records:
            key = (record.table, record.row["id"])
            before = found.get(key)
            if before is None or before.modified_at < record.modified_at:
                found[key] = record
                older = before
            elif before.modified_at == record.modified_at:
                self._report.found(*record.origins[0], "", "record-repeated")
                self._done(record, Outcome.REJECTED)
                continue
            else:
                older = record
            if older is not None:
                self._done(older, Outcome.SUPERSEDED)
        return list(found.values())

    # --- what is there already ------------------------------------------------------------------------------------

    async def _belongs(self, record: Incoming, together: Sequence[Incoming]) -> bool:
        """Whether everything that the record refers to is there."""
        for needed in record.needs:
            if await self._is_there(needed, record):
                continue
            if needed.table == "person" and record.waits_for_person:
                self._done(record, Outcome.WAITING)
            else:
                self._report.found(*record.origins[0], needed.field, needed.rule)
                self._done(record, Outcome.REJECTED)
            return False
        return True

    async def _is_there(self, needed: Reference, record: Incoming) -> bool:
        return record.first is not None and bool(await self.present(record.first, needed.table, [needed.id]))

    async def _standing(self, records: Sequence[Incoming]) -> dict[tuple[str, str], Compared]:
        """How each record stands to what is there."""
        tables: dict[str, list[Incoming]] = {}
        for record in records:
            tables.setdefault(record.table, []).append(record)
        standing: dict[tuple[str, str], Compared] = {}
        for table, members in tables.items():
            if table in REGISTERS:
                rows = {record.row["id"]: (record.row, record.modified_at) for record in members}
                found = await self._registers.compare(table, rows)
                standing |= {(table, identity): compared for identity, compared in found.items()}
            else:
                standing |= await self._compared(table, members)
        return standing

    async def _compared(self, table: str, records: Sequence[Incoming]) -> dict[tuple[str, str], Compared]:
        slices = [records[start::READING_AT_ONCE] for start in range(READING_AT_ONCE)]
        found: dict[str, str] = {}
        for versions in await asyncio.gather(
            *(
                self._versions(part[0].first, table, [record.row["id"] for record in part])
                for part in slices
                if part and part[0].first is not None
            )
        ):
            found |= versions
        return {
            (table, record.row["id"]): _compare(found.get(record.row["id"]), version_of(record.modified_at))
            for record in records
        }

    async def _versions(self, act: Act, table: str, ids: Sequence[str]) -> dict[str, str]:
        try:
            return dict(await self._gate.versions(self._question(act, None), table, ids))
        except AccessRefused:  # the change will be refused too, and then the record is told
            return {}

    # --- through the gate -----------------------------------------------------------------------------------------

    async def _work(self, queue: Iterator[tuple[Incoming, Compared]]) -> None:
        for record, standing in queue:
            outcome = _STANDING.get(standing) or await self._written(record, standing)
            if outcome is not Outcome.REJECTED:
                self._present.setdefault(record.table, set()).add(record.row["id"])
            self._done(record, outcome)

    async def _written(self, record: Incoming, standing: Compared) -> Outcome:
        act = record.first if standing is Compared.NEW else record.later or record.first
        if act is None and record.table not in BOOTSTRAPPED:
            return self._rejected(record, "client-unknown")
        changes = self._changes(record, standing)
        details: dict[str, Any] = {
            "change": "created" if standing is Compared.NEW else "changed",
            "file": record.origins[0][0],
            "table": record.table,
            "version": version_of(record.modified_at),
        }
        if act is not None:  # so that the decision can be made again
            details["subjects"] = [subject.value for subject in act.subjects]
        try:
            if act is None:
                await self._gate.bootstrap(self._clock(), self._run, changes, details)
            else:
                await self._gate.change(self._question(act, record.crn), changes, details, act.facts_at)
        except AccessRefused:
            return self._rejected(record, "agreement")
        except ChangeRefused as refused:
            if isinstance(refused.fault, RowsMissed):
                return Outcome.SUPERSEDED  # by somebody who wrote a newer version since it was compared
            return self._rejected(record, _constraint(refused.fault))
        self._report.entries += 1
        return Outcome.ACCEPTED

    def _changes(self, record: Incoming, standing: Compared) -> list[tuple[Any, ...]]:
        """The record, then what belongs to it; what feeds facts is written twice where it was changed before it came.

        The first of the two is what it is known by between its recording and its last change, and the database keeps it
        as the past.
        """
        is_new = standing is Compared.NEW
        row = dict(record.row)
        if record.table in REGISTERS and not is_new:
            row = dict(self._registers.keeping(record.table, row))
        states = [record.modified_at]
        if is_new and record.keeps_past and record.recorded_at < record.modified_at:
            states.insert(0, record.recorded_at)
        changes: list[tuple[Any, ...]] = [
            (*self._gate.writer.upsert(record.table, _stamped(record.table, row, moment)), 1) for moment in states
        ]
        since = record.recorded_at if is_new else record.modified_at
        for inner in record.inner:
            if inner.column is not None and not is_new:
                changes.append(self._gate.writer.remove(inner.table, inner.column, row["id"]))
            for one in inner.rows:
                version = {"source_version": version_of(record.modified_at)} if "source" in one else {}
                changes.append(self._gate.writer.upsert(inner.table, {**one, **version, "recorded_at": since}))
        return changes

    def _question(self, act: Act, crn: str | None) -> Question:
        return Question(act.caller, act.purpose, act.action, act.subjects, self._clock(), RESOURCE, self._run, crn)

    def _rejected(self, record: Incoming, rule: str) -> Outcome:
        self._report.found(*record.origins[0], "", rule)
        return Outcome.REJECTED

    def _done(self, record: Incoming, outcome: Outcome) -> None:
        for file, _ in record.origins:
            self._report.came_to(file, outcome)
        self._progress(len(record.origins))


def _stamped(table: str, row: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """The row as it stood at a moment."""
    if table == "therapy_service":
        return row
    version = {} if table in REGISTERS else {"source_version": version_of(moment)}
    return {**row, **version, "recorded_at": moment}


def _compare(stored: str | None, version: str) -> Compared:
    if stored is None:
        return Compared.NEW
    if stored == version:
        return Compared.UNCHANGED
    return Compared.SUPERSEDED if stored > version else Compared.CHANGED


def _constraint(fault: Exception) -> str:
    """Which rule a driver's refusal stands for: another record's identifier, or anything else."""
    said = (getattr(fault, "sqlite_errorname", None), getattr(fault, "sqlstate", None))
    return "identifier-shared" if said[0] == "SQLITE_CONSTRAINT_UNIQUE" or said[1] == "23505" else "database-refused"
