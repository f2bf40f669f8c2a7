"""A folder of both sides' records into the database: parents first, each record through the gate, twice without change.

`standing/*.jsonl` is who works where and what people agreed to, `justice/*.jsonl` a case-management extract,
`health/*.csv` the national tables of a clinical system, with its local ones or alone.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from app.gate import AccessRefused, Gate
from app.gate.remembered import Memory
from app.gate.submissions import complained
from app.identity import hash_secret, new_secret
from app.services.held import HeldService
from app.services.matching import MatchingService
from app.services.registers import RegisterService
from app.sync import registered, standing
from app.sync.bundle import Bundle
from app.sync.callers import Callers
from app.sync.clinical import clinical_records, complaints_sought, meeting_records
from app.sync.contacts import activity_records, contact_records
from app.sync.health import Assumed, Health
from app.sync.justice import Justice
from app.sync.opening import open_bundle
from app.sync.patients import patient_records
from app.sync.reading import FileRejected, Source, read_lines
from app.sync.records import Incoming
from app.sync.referrals import (
    allocation_records,
    onward_records,
    pause_records,
    presentation_records,
    referral_records,
)
from app.sync.refreshing import Refreshing
from app.sync.report import ImportReport, Outcome
from app.sync.scores import score_records
from app.sync.submission import TABLES, Submission, path_of, read_submission
from app.sync.turns import parts, waves
from app.sync.writing import Writing
from app.vocabulary import Role

STANDING = (
    "services",
    "staff",
    "clients",
    "training",
    "authorisations",
    "consents",
    "objections",
    "subject_requests",
)
JUSTICE = (
    "people",
    "limits",
    "supervisions",
    "allocations",
    "offences",
    "risk",
    "registrations",
    "obligations",
)  # limits before anything that they limit
KNOWN = frozenset(
    [f"standing/{name}.jsonl" for name in STANDING]
    + [f"justice/{name}.jsonl" for name in JUSTICE]
    + [path_of(table) for table in TABLES]
)
NOTHING_ASSUMED = Assumed()
AT_ONCE = 5000
"""Records in memory, of which more are read when these are written."""
ONE_BY_ONE = frozenset(
    f"justice/{name}" for name in ("supervisions", "offences", "risk", "registrations", "obligations")
)
"""Files in which no row refers to another, nor bears on it."""
Progress = Callable[[int, int], None]
"""Told how many rows are done with, and how many there are."""


class NothingToImport(Exception):
    """There is no file in the folder that anything is known of."""


async def import_bundle(
    bundle: Bundle,
    gate: Gate,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    credentials: Mapping[str, str] | None = None,
    assumed: Assumed = NOTHING_ASSUMED,
) -> ImportReport:
    """Import what was given; `credentials` are hashes of secrets by client id, for systems not registered yet.

    NothingToImport if there is nothing; LogUnavailable or DatabaseUnavailable where the database goes away: whatever
    was written until then has its entries, and the next import goes on from there.
    """
    tell = progress or (lambda _done, _all: None)
    return await _Import(bundle, gate, clock, tell, credentials or {}, assumed).run()


async def import_folder(path: Path, gate: Gate, clock: Callable[[], datetime], progress: Progress | None = None,
                        credentials: Mapping[str, str] | None = None,
                        assumed: Assumed = NOTHING_ASSUMED) -> ImportReport:  # fmt: skip
    """Import what stands at a path: a folder, a zip or a database of Access; BundleRefused if it cannot be used."""
    return await import_bundle(open_bundle(path), gate, clock, progress, credentials, assumed)


class _Import:
    def __init__(
        self,
        bundle: Bundle,
        gate: Gate,
        clock: Callable[[], datetime],
        progress: Progress,
        credentials: Mapping[str, str],
        assumed: Assumed,
    ) -> None:
        self.bundle, self.gate, self.clock, self.credentials = bundle, gate, clock, credentials
        self.assumed = assumed
        self.report = ImportReport()
        self.registers, self.matching = RegisterService(gate), MatchingService(gate, clock, HeldService(gate).released)
        self.token = f"import-{uuid4()}"
        self._tell, self._done, self._all = progress, 0, 0
        self.writing = Writing(gate, clock, self.token, self.report, self._progress)
        self.lines: dict[str, Collection[Source]] = {}
        self.memory = Memory()
        self.submission: Submission | None = None

    async def run(self) -> ImportReport:
        """The parts in the order in which they depend on each other."""
        self._read()
        await self._registered()
        callers = await self._callers()
        months = self._months()
        await self._rows("standing/training", lambda row: registered.training(row, self.report, callers, months))
        people = await self._justice(Justice(self.report, callers))
        self.report.entries += (await self.matching.match(people=people)).entries
        health = await self._health(callers)
        await self._said(callers, health)
        self._progress(self._all - self._done)
        return self.report

    def _read(self) -> None:
        for name in sorted(self.bundle.names - KNOWN):
            self.report.found(name, 0, "", "file-unknown")
        for part, names in (("standing", STANDING), ("justice", JUSTICE)):
            for name in names:
                try:
                    self.lines[f"{part}/{name}"] = read_lines(self.bundle, f"{part}/{name}.jsonl", self.report)
                except FileRejected:
                    continue
        self.submission = read_submission(self.bundle, self.report)
        if not self.report.files:
            raise NothingToImport(
                f"'{self.bundle.title}' holds no standing/, justice/ or health/ with files that are known"
            )
        self._all = sum(map(len, self.lines.values())) + (self.submission.rows if self.submission else 0)
        self._progress(0)

    def _progress(self, rows: int) -> None:
        self._done += rows
        self._tell(min(self._done, self._all), self._all)

    async def _rows(self, name: str, read: Callable[[Source], Incoming | None]) -> list[str]:
        """Every row of a file of JSON lines; the ids of what they are.

        Where they may refer to others of their file, or bear on each other, all of them are looked at together.
        """
        ids = []
        for records in parts(self._readable(name, read), AT_ONCE if name in ONE_BY_ONE else None):
            for wave in waves(records):
                await self.writing.write(wave)
            ids += [record.row["id"] for record in records]
        return ids

    def _readable(self, name: str, read: Callable[[Source], Incoming | None]) -> Iterator[Incoming]:
        for source in self.lines.get(name, ()):
            record = read(source)
            if record is not None:
                yield record
            else:
                self.report.came_to(source.file, Outcome.REJECTED)
                self._progress(1)

    # --- standing -------------------------------------------------------------------------------------------------

    async def _registered(self) -> None:
        """Services, staff and systems: whoever writes everything else."""
        await self._rows("standing/services", lambda row: registered.service(row, self.report))
        services = await self.registers.services()
        await self._rows("standing/staff", lambda row: registered.member(row, self.report, services))
        known = await self.registers.systems()

        def client(source: Source) -> Incoming | None:
            def credential(identity: str) -> str:
                if identity not in self.credentials and identity not in known:
                    self.report.found(source.file, source.line, "clientId", "no-credentials")
                    return hash_secret(new_secret())  # which nobody has seen: a secret has to be given first
                return self.credentials.get(identity, "kept as it is")

            return registered.client(source, self.report, services, credential)

        await self._rows("standing/clients", client)

    async def _callers(self) -> Callers:
        return Callers(await self.registers.members(), await self.registers.systems(), self.token)

    def _months(self) -> registered.Months:
        """How long trainings are valid, by the agreement in force."""
        terms = self.gate.agreements.at(self.clock()).agreement.facts
        return lambda fact: terms[fact].valid_months or 0

    async def _said(self, callers: Callers, health: Health | None) -> None:
        """What members of staff recorded, who have to be trained and allocated by now."""
        report = self.report
        await self._rows("standing/authorisations", lambda row: standing.authorisation(row, report, callers))
        await self._rows("standing/consents", lambda row: standing.consent(row, report, callers))
        await self._rows("standing/objections", lambda row: standing.objection(row, report, callers))
        await self._rows("standing/subject_requests", lambda row: standing.subject_request(row, report, callers))
        if health is not None:
            await self.writing.write(list(meeting_records(health)))

    # --- the two sides --------------------------------------------------------------------------------------------

    async def _justice(self, justice: Justice) -> list[str]:
        """The ids of the people who were sent."""
        if not justice.is_registered():
            for name in JUSTICE:
                self._unwritable(f"justice/{name}.jsonl", len(self.lines.get(f"justice/{name}", ())))
            return []
        reading = justice.readers()
        written = {name: await self._rows(f"justice/{name}", reading[name]) for name in JUSTICE}
        return written["people"]

    async def _health(self, callers: Callers) -> Health | None:
        submission = self.submission
        if submission is None:
            return None
        if callers.system(Role.CLINICAL_SYSTEM) is None:
            for table, rows in submission.tables.items():
                self._unwritable(path_of(table), len(rows) - (table == "IDS000Header"))
            return None
        refreshing = Refreshing(self.gate, self.clock, self.token, self.report, submission.header)
        if await refreshing.is_superseded():
            for table, rows in submission.tables.items():
                self.report.came_to(path_of(table), Outcome.SUPERSEDED, len(rows) - (table == "IDS000Header"))
            return None
        health = await self._opened(submission, callers)
        await self._taken(health)
        await refreshing.replace(health)
        return health

    async def _taken(self, health: Health) -> None:
        """Every record of the submission, parents first."""
        act = health.synced()
        for records in (
            referral_records,
            presentation_records,
            onward_records,
            pause_records,
            allocation_records,
            contact_records,
            activity_records,
            score_records,
            clinical_records,
        ):
            if records is clinical_records and act is not None:
                with suppress(AccessRefused):
                    asked, sought = self.writing.question(act, None), complaints_sought(health)
                    health.complained = await complained(self.gate, asked, health.submission.provider, sought)
            for some in parts(records(health), None if records is allocation_records else AT_ONCE):
                for wave in waves(some):
                    await self.writing.write(wave)

    async def _opened(self, submission: Submission, callers: Callers) -> Health:
        """The submission's rows, with what its sender does not say: which service it is, and whose each patient is."""
        services, assumed = await self.registers.services(), self.assumed
        if assumed.service is None:
            own = await self.registers.services_of(submission.provider)
            assumed = replace(assumed, service=own[0] if len(own) == 1 else None)
        health = Health(submission, self.report, callers, services, assumed, self.memory)
        for some in parts(patient_records(health), AT_ONCE):
            await self.writing.write(some)
        registered = [patient.id for patient in health.patients.values()]
        self.report.entries += (await self.matching.match(registrations=registered)).entries
        health.people = await self.matching.people_of(registered)
        return health

    def _unwritable(self, file: str, rows: int) -> None:
        if rows:
            self.report.found(file, 0, "", "client-unknown")
            self.report.came_to(file, Outcome.REJECTED, rows)
