"""Writes what is new or newer through the gate, many records at once so that they share commits, an entry for each.

What is unchanged is neither written nor entered in the log; an older version never overwrites a newer one.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.audit.submission import ChangeRefused, RowsMissed
from app.gate import AccessRefused, Gate, Unacceptable
from app.gate.remembered import Memory, Remembered
from app.gate.submissions import alike, made_here
from app.services.receiving import Arriving, ReceivingService, among
from app.services.registers import REGISTERS, Compared, RegisterService
from app.sync.changes import Changes, details_of
from app.sync.records import Act, Incoming, Reference, version_of
from app.sync.report import ImportReport, Outcome
from app.sync.together import Known, act_of, made_of, split, without_others
from app.vocabulary import Question

RESOURCE = "openmind import"
AT_ONCE = 256
TOGETHER = 500
"""Records that share a transaction."""
AWAITED = ("person", "patient", "referral", "appointment", "care_activity")
"""Tables whose records others wait for that came in a batch."""
MEANWHILE = "changed-meanwhile"
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
        self._registers, self._receiving = RegisterService(gate), ReceivingService(gate)
        self._changes = Changes(gate, self._registers)
        self._memory = Memory()
        self._present: dict[str, Remembered[None]] = {}
        self._met: dict[str, Remembered[str]] = {}
        """By table and id how new each record was that was written or tried before."""

    async def write(self, records: Sequence[Incoming]) -> None:
        """Every record whose parents are there; records of one call do not depend on each other."""
        newest = self._newest(records)
        ready = [record for record in newest if await self._belongs(record, newest)]
        standing = await self._standing(ready)
        together, alone = split([(record, standing[record.table, record.row["id"]]) for record in ready])
        for several in together:
            for start in range(0, len(several), TOGETHER):
                await self._write_together(several[start : start + TOGETHER])
        queue = iter(alone)
        workers = [asyncio.ensure_future(self._work(queue)) for _ in range(min(AT_ONCE, len(alone)))]
        try:
            await asyncio.gather(*workers)
        finally:  # where one cannot go on, neither can the others
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def present(self, act: Act, table: str, ids: Sequence[str]) -> set[str]:
        """Which of these records are there, before or by this import."""
        known = {identity for identity in ids if identity in self._there(table)}
        missing = [identity for identity in ids if identity not in known]
        for identity in await self._versions(act, table, missing) if missing else ():
            self._there(table).add(identity)
            known.add(identity)
        return known

    def _there(self, table: str) -> "Remembered[None]":
        """Ids of records of a table that are there."""
        if table not in self._present:
            self._present[table] = self._memory.mapping()
        return self._present[table]

    def _newest(self, records: Sequence[Incoming]) -> list[Incoming]:
        """One version of each record: of several in the file the newest; the same one twice is a fault."""
        found: dict[tuple[str, str], Incoming] = {}
        for record in records:
            key = (record.table, record.row["id"])
            if self._is_old(record):
                continue
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
        for (table, identity), record in found.items():
            self._met[table][identity] = version_of(record.modified_at)
        return list(found.values())

    def _is_old(self, record: Incoming) -> bool:
        """Whether an earlier call had it in this version or a newer one, which is noted."""
        if record.table not in self._met:
            self._met[record.table] = self._memory.mapping()
        met = self._met[record.table]
        earlier, version = met.get(record.row["id"], ""), version_of(record.modified_at)
        if earlier == version:
            self._report.found(*record.origins[0], "", "record-repeated")
        if earlier >= version:
            self._done(record, Outcome.REJECTED if earlier == version else Outcome.SUPERSEDED)
        return earlier >= version

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
        first = next((record.first for record in records if record.first is not None), None)
        ids = [record.row["id"] for record in records]
        found = await self._versions(first, table, ids) if first is not None else {}
        standing = {
            (table, record.row["id"]): _compare(found.get(record.row["id"]), version_of(record.modified_at))
            for record in records
        }
        standing |= await self._alike(table, records, standing)
        return standing | await self._made_here(table, records, standing)

    async def _alike(
        self, table: str, records: Sequence[Incoming], standing: Mapping[tuple[str, str], Compared]
    ) -> dict[tuple[str, str], Compared]:
        """Those that are newer by their extract alone, and say what is there already."""
        newer = [each for each in records if each.by_content and standing[table, each.row["id"]] is Compared.CHANGED]
        if not newer or newer[0].first is None:
            return {}
        try:
            asked = self.question(newer[0].first, None)
            same = await alike(self._gate, asked, table, [record.row for record in newer])
        except AccessRefused:
            return {}
        return {(table, identity): Compared.UNCHANGED for identity in same}

    async def _made_here(
        self, table: str, records: Sequence[Incoming], standing: Mapping[tuple[str, str], Compared]
    ) -> dict[tuple[str, str], Compared]:
        """Those that are new by their ids, and that staff recorded here themselves: what an export took out."""
        new = [each for each in records if each.same_here and standing[table, each.row["id"]] is Compared.NEW]
        if not new or new[0].first is None:
            return {}
        wanted = {each.row["id"]: {name: each.row[name] for name in each.same_here} for each in new}
        try:
            same = await made_here(self._gate, self.question(new[0].first, None), table, wanted)
        except AccessRefused:
            return {}
        return {(table, identity): Compared.UNCHANGED for identity in same}

    async def _versions(self, act: Act, table: str, ids: Sequence[str]) -> dict[str, str]:
        try:
            async with self._gate.many(self.question(act, None)) as many:
                return await many.versions(table, ids)
        except AccessRefused:  # the change will be refused too, and then the record is told
            return {}

    # --- many through the gate ------------------------------------------------------------------------------------

    async def _write_together(self, several: Sequence[Known]) -> None:
        """In one transaction; in halves where the database does not take them all."""
        try:
            outcomes = await self._written_together(several)
        except AccessRefused:
            outcomes = [self._rejected(record, "agreement") for record, _ in several]
        except ChangeRefused:
            if len(several) == 1:
                await self._work(iter(several))
                return
            middle = len(several) // 2
            await self._write_together(several[:middle])
            await self._write_together(several[middle:])
            return
        for (record, _), outcome in zip(several, outcomes, strict=True):
            if outcome is Outcome.ACCEPTED:
                self._there(record.table).add(record.row["id"])
            self._done(record, outcome)

    async def _written_together(self, several: Sequence[Known]) -> list[Outcome]:
        first = act_of(*several[0])
        if first is None:
            raise TypeError("nobody writes it")
        async with self._gate.many(self.question(first, None)) as many:
            several = await without_others(many, several, self._report)
            made = [made_of(*each, self._changes) for each in several]
            await many.meet(record.crn for record, _ in several)
            come = [
                f"{prefix}{record.table}:{record.row['id']}"
                for record, _ in several
                if record.table in AWAITED
                for prefix in ("", "row-")
            ]
            await many.commit(made, [many.awake(come, datetime.now(UTC))] if come else [])
            permitted = [many.permits(each) for each in made]
        return [
            self._accepted() if is_permitted else self._rejected(record, "agreement")
            for (record, _), is_permitted in zip(several, permitted, strict=True)
        ]

    # --- through the gate -----------------------------------------------------------------------------------------

    async def _work(self, queue: Iterator[tuple[Incoming, Compared]]) -> None:
        for record, standing in queue:
            outcome = _STANDING.get(standing) or await self._written(record, standing)
            if outcome is not Outcome.REJECTED:
                self._there(record.table).add(record.row["id"])
            self._done(record, outcome)

    async def _written(self, record: Incoming, standing: Compared) -> Outcome:
        act = act_of(record, standing)
        if act is None and record.table not in BOOTSTRAPPED:
            return self._rejected(record, "client-unknown")
        if act is not None and among(record.table, record.row) is not None:
            return await self._received(record, standing)
        changes, details = self._changes.of(record, standing), details_of(record, standing)
        if act is not None:  # so that the decision can be made again
            details["subjects"] = [subject.value for subject in act.subjects]
        try:
            if act is None:
                await self._gate.bootstrap(self._clock(), self._run, changes, details)
            else:
                await self._gate.change(self.question(act, record.crn), changes, details, act.facts_at)
        except AccessRefused:
            return self._rejected(record, "agreement")
        except ChangeRefused as refused:
            if isinstance(refused.fault, RowsMissed):
                return Outcome.SUPERSEDED  # by somebody who wrote a newer version since it was compared
            return self._rejected(record, constraint_of(refused.fault))
        return self._accepted()

    async def _received(self, record: Incoming, standing: Compared) -> Outcome:
        """Written if it fits in with what is there; looked at again where somebody else changed that meanwhile."""
        broken = await self._fitted_in(record, standing)
        if broken is not None and broken[0] == MEANWHILE:
            standing = (await self._standing([record]))[record.table, record.row["id"]]
            if standing in _STANDING:
                return _STANDING[standing]
            broken = await self._fitted_in(record, standing)
        return self._accepted() if broken is None else self._rejected(record, *broken)

    async def _fitted_in(self, record: Incoming, standing: Compared) -> tuple[str, str] | None:
        """Written: None; or the rule that it breaks, and the field."""
        act = act_of(record, standing)
        if act is None:
            return "client-unknown", ""

        def changes(row: Mapping[str, Any]) -> list[tuple[Any, ...]]:
            return self._changes.of(replace(record, row=dict(row)), standing)

        arriving = Arriving(
            record.table, record.row, record.modified_at, changes, details_of(record, standing), act.facts_at
        )
        try:
            await self._receiving.receive(self.question(act, record.crn), arriving)
        except AccessRefused:
            return "agreement", ""
        except Unacceptable as refused:
            return refused.code, refused.field or ""
        return None

    def question(self, act: Act, crn: str | None) -> Question:
        """What the gate is asked for an act of this import."""
        return Question(act.caller, act.purpose, act.action, act.subjects, self._clock(), RESOURCE, self._run, crn)

    def _accepted(self) -> Outcome:
        self._report.entries += 1
        return Outcome.ACCEPTED

    def _rejected(self, record: Incoming, rule: str, field: str = "") -> Outcome:
        self._report.found(*record.origins[0], field, rule)
        return Outcome.REJECTED

    def _done(self, record: Incoming, outcome: Outcome) -> None:
        if not record.counts:
            return
        for file, _ in record.origins:
            self._report.came_to(file, outcome)
        self._progress(len(record.origins))


def _compare(stored: str | None, version: str) -> Compared:
    if stored is None:
        return Compared.NEW
    if stored == version:
        return Compared.UNCHANGED
    return Compared.SUPERSEDED if stored > version else Compared.CHANGED


def constraint_of(fault: Exception) -> str:
    """Which rule a driver's refusal stands for: another record's identifier, or anything else."""
    said = (getattr(fault, "sqlite_errorname", None), getattr(fault, "sqlstate", None))
    return "identifier-shared" if said[0] == "SQLITE_CONSTRAINT_UNIQUE" or said[1] == "23505" else "database-refused"
