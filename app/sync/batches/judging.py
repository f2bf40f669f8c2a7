"""What lines that came together are: each a record of ours, something that has to wait, or broken by a rule."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.gate import Many, Parent, giving_way
from app.services.batches import Waits
from app.services.registers import record_id
from app.sync.batches.kinds import HEALTH, NAMED_BY
from app.sync.batches.lines import Found, Line, LineReport
from app.sync.callers import Callers
from app.sync.clinical import clinical_records
from app.sync.contacts import activity_records, contact_records
from app.sync.fields import Fields
from app.sync.health import NOBODY, Assumed, Contact, Health, Patient, Referred
from app.sync.justice import Justice
from app.sync.patients import patient_records
from app.sync.reading import Source
from app.sync.records import Incoming, Inner
from app.sync.referrals import onward_records, pause_records, presentation_records, referral_records
from app.sync.report import ImportReport, Outcome
from app.sync.scores import score_records
from app.sync.submission import TABLES, Header, Submission

COMPLAINTS = "IDS603PresentingComplaints"
LOCAL = "Local"
"""How the tables begin that a clinical system adds; a batch that has none of one leaves nothing to be assumed."""
_LONG_AGO = date.min


@dataclass(slots=True)
class Judged:
    """A line, and what it is."""

    line: Line
    record: Incoming | None = None
    waits_for: str | None = None
    outcome: Outcome | None = None
    """Where nothing is to be written."""
    patient: str | None = None
    """The registration that it came with, and so whose it is; None of what comes with none."""
    starts_at: datetime | None = None
    """Of an activity: when its contact is."""

    def known(self) -> Parent | None:
        """What records that belong to it have to know of it."""
        return _parent(self.record, self.patient, self.starts_at) if self.record is not None else None


@dataclass(slots=True)
class Surroundings:
    """What the lines are judged by besides themselves."""

    many: Many
    callers: Callers
    service: str | None
    source: str
    received_at: datetime
    waiting: Callable[[Iterable[str]], Awaitable[Mapping[str, Waits]]]
    """Those of these records that wait, or that are being written."""
    report: LineReport


def judge_justice(lines: Iterable[Line], around: Surroundings) -> list[Judged]:
    """Lines of the case-management system."""
    justice, judged = Justice(around.report, around.callers), []
    readers = justice.readers()
    for line in lines:
        rows = line.rows[line.kind]
        record = readers[line.kind](Source(line.kind, line.place, rows[0]))
        judged.append(_settled(around, line, [record] if record is not None and len(rows) == 1 else []))
    return judged


async def judge_health(lines: list[Line], around: Surroundings) -> list[Judged]:
    """Lines of the clinical system, each with what it belongs to: among them, on file, or waiting itself."""
    alone = [line for line in lines if line.kind == COMPLAINTS]
    records: dict[int, list[Incoming]] = {}
    contacts: dict[str, Contact] = {}
    referrals: dict[str, Referred] = {}
    patients: dict[str, str] = {}
    for some in ([line for line in lines if line.kind != COMPLAINTS], alone):
        day = around.received_at.date()
        header = Header(around.source, around.received_at, day, day, None)
        services = frozenset({around.service} if around.service else ())
        health = Health(Submission(header, _tables(some)), around.report, around.callers, services, Assumed())
        health.referrals.update(referrals)
        await _surround(health, some, around)
        for reader in _READERS:
            async for record in giving_way(reader(health)):
                records.setdefault(record.origins[0][1], []).append(record)
        contacts.update(health.activities)
        referrals.update(health.referrals)
        met = (contact.referred for several in (health.contacts, health.activities) for contact in several.values())
        patients |= {each.id: each.patient_id for each in (*health.referrals.values(), *met)}
    return [
        _settled(around, line, records.get(line.place, []), contacts.get(line.source_id), patients)
        async for line in giving_way(lines)
    ]


def _registration_of(record: Incoming, patients: Mapping[str, str]) -> str | None:
    """The registration that it came with, by the referral that it belongs to; None of what is a registration."""
    if record.table == "patient":
        return None
    return record.row["patient_id"] if record.table == "referral" else patients[record.row["referral_id"]]


def _tables(lines: Iterable[Line]) -> dict[str, list[Source]]:
    tables: dict[str, list[Source]] = {table: [] for table in TABLES if table.startswith(LOCAL)}
    for line in lines:
        for table, rows in line.rows.items():
            tables.setdefault(table, []).extend(Source(table, line.place, row) for row in rows)
    return tables


def _contacts_alone(health: Health) -> Iterator[Incoming]:
    """What else came with a contact is not known where its activities come later, and so never."""
    yield from contact_records(health)
    health.contacts = {
        name: contact._replace(therapist=None, medication=None) if contact.therapist or contact.medication else contact
        for name, contact in health.contacts.items()
    }


_READERS = (
    patient_records,
    referral_records,
    presentation_records,
    onward_records,
    pause_records,
    _contacts_alone,
    activity_records,
    score_records,
    clinical_records,
)


async def _surround(health: Health, lines: list[Line], around: Surroundings) -> None:
    """Everything that these lines belong to and that is not among them."""
    own = {(line.about.table, line.source_id) for line in lines if line.kind in HEALTH}
    named: dict[str, set[str]] = {}
    async for fields in giving_way(row for line in lines for row in line.rows[line.kind]):
        for name, table in NAMED_BY.items():
            value = fields.get(name)
            if isinstance(value, str) and value.strip() and (table, value.strip()) not in own:
                named.setdefault(table, set()).add(value.strip())
    for table, names in named.items():
        if table != "person":
            for name, parent in (await _known(table, names, around)).items():
                _add(health, table, name, parent)


async def _known(table: str, names: set[str], around: Surroundings) -> dict[str, Parent]:
    """By their ids at their source, what is known of these records."""
    ids = {record_id(table, around.source, name): name for name in sorted(names)}
    found = await around.many.parents(table, ids)
    waiting = await around.waiting(ids)
    found |= {identity: each.known for identity, each in waiting.items() if each.known is not None}
    return {ids[identity]: parent for identity, parent in found.items()}


def _add(health: Health, table: str, name: str, parent: Parent) -> None:
    made, source = health.submission.created_at, health.submission.provider
    if table == "patient":
        health.patients[name] = Patient(record_id("patient", source, name), parent.born)
        return
    identity = record_id("referral", source, name) if table == "referral" else parent.referral or ""
    received, crn = parent.received or _LONG_AGO, parent.crn or NOBODY
    referred = Referred(identity, parent.patient or "", crn, received, parent.service or "", made, made, is_dated=True)
    if table == "referral":
        health.referrals[name] = referred
        return
    appointment = record_id(table, source, name) if table == "appointment" else parent.appointment or ""
    contact = Contact(appointment, referred, parent.starts_at or made, made, made, None, None, is_dated=True)
    (health.contacts if table == "appointment" else health.activities)[name] = contact


def _settled(
    around: Surroundings,
    line: Line,
    records: list[Incoming],
    contact: Contact | None = None,
    patients: Mapping[str, str] | None = None,
) -> Judged:
    """What is known of a line once it was read; `patients` by referral, where its sender registers them."""
    broken = around.report.broken(line.place)
    if broken:
        return _awaiting(around, line, broken)
    records = _one(records)
    named = records[0].row["source_id"] if records and "source_id" in records[0].row else line.source_id
    if len(records) != 1 or records[0].row["id"] != line.record_id or named != line.source_id.strip():
        around.report.found("", line.place, "sourceId", "source-id-differs")
        return Judged(line, outcome=Outcome.REJECTED)
    record = records[0]
    _stamp(record, line)
    patient = _registration_of(record, patients) if patients is not None else None
    return Judged(line, record, patient=patient, starts_at=contact.starts_at if contact is not None else None)


def _one(records: list[Incoming]) -> list[Incoming]:
    """What else is made of a line goes with its record."""
    if len(records) == 1 and records[0].counts:
        return records
    inner = tuple(Inner(record.table, None, [record.row]) for record in records if not record.counts)
    counted = [record for record in records if record.counts]
    for record in counted:
        record.inner = (*record.inner, *inner)
    return counted


def _awaiting(around: Surroundings, line: Line, broken: list[Found]) -> Judged:
    """Broken for good; or by nothing else than that something is not there yet."""
    if {each.rule for each in broken} != {"parent-missing"}:
        return Judged(line, outcome=Outcome.REJECTED)
    name = broken[0].field.rpartition(".")[2]
    table = NAMED_BY[name]
    kept = [each for each in around.report.of[line.place] if each not in broken]
    around.report.of[line.place] = [*kept, Found("parent-awaited", broken[0].field)]
    identity = record_id(table, around.source, str(line.rows[line.kind][0][name]).strip())
    return Judged(line, waits_for=f"{table}:{identity}")


def _stamp(record: Incoming, line: Line) -> None:
    """As new as its line says, whatever it was read with."""
    if record.table == "care_activity" and "LocalActivity" in line.rows:
        beside = Fields(Source("", 0, line.rows["LocalActivity"][0]), ImportReport())
        record.row |= {"practitioner": who} if (who := beside.username("TherapistUsername")) else {}
        record.row["psychotropic_medication"] = beside.text("PsychMed", 2)
    if not line.about.id_field:
        record.recorded_at = min(_recorded(line), line.modified_at)
    record.modified_at = line.modified_at
    record.said_version = line.version


def _recorded(line: Line) -> datetime:
    """When it was recorded, as far as one of its rows says so."""
    for table in (*line.about.with_, line.kind):
        for row in line.rows.get(table, ()):
            if row["RecordedAt"] == line.version:
                return line.modified_at
            found = Fields(Source("", 0, row), ImportReport()).moment("RecordedAt")
            if found is not None:
                return found
    return line.modified_at


def _parent(record: Incoming, patient: str | None, starts_at: datetime | None) -> Parent | None:
    row = record.row
    if record.table == "patient":
        return Parent(born=row["date_of_birth"])
    if record.table == "referral":
        return Parent(patient=patient, received=row["received_on"], service=row["service_id"])
    if record.table == "appointment":
        return Parent(patient=patient, referral=row["referral_id"], starts_at=row["starts_at"])
    if record.table == "care_activity" and starts_at is not None:
        of = row["appointment_id"]
        return Parent(patient=patient, referral=row["referral_id"], appointment=of, starts_at=starts_at)
    return None
