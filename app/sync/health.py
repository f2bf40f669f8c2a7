"""health/*.csv as rows that find their parents: what the records of the clinical system have in common.

Written by the clinical system under H1, but for patients (H7), allocations (B5) and meetings (B1). Rows about people
who are not on file wait, and their sender is not told; nor of patients whom nothing links to anybody yet, where the
national tables come alone.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.gate.remembered import Memory, Remembered
from app.services.national import DATED
from app.services.registers import person_id, record_id
from app.sync.callers import Callers
from app.sync.fields import Fields
from app.sync.reading import Source
from app.sync.records import Act, Incoming, Reference, origins_of
from app.sync.report import ImportReport, Outcome
from app.sync.submission import Submission
from app.vocabulary import Action, Category, Role

NOBODY = ""
"""In place of the CRN of whoever a registration has no person of: what comes with it waits."""
WITHDRAWABLE = frozenset(DATED)
ATTENDED = ("5", "6")


@dataclass(frozen=True, slots=True)
class Assumed:
    """What national tables alone do not say: the service, and on what basis people come."""

    service: str | None = None
    basis: str = "voluntary"


@dataclass(frozen=True, slots=True)
class Patient:
    """A registration that was taken in."""

    id: str
    born: date | None


class Referred(NamedTuple):
    """A referral that was taken in: what its children hang on."""

    id: str
    patient_id: str
    """The registration that it came with."""
    crn: str
    """Of the person whose registration it came with; `NOBODY` where that is not known, which is told to nobody."""
    received: date
    service: str
    modified_at: datetime
    recorded_at: datetime
    is_dated: bool
    """Whether the clinical system said when it changed."""


class Contact(NamedTuple):
    """A contact that was taken in."""

    id: str
    referred: Referred
    starts_at: datetime
    recorded_at: datetime
    modified_at: datetime
    therapist: str | None
    medication: str | None
    is_dated: bool


@lru_cache(maxsize=4096)
def _belonging_to(crn: str, referral: str) -> tuple[Reference, Reference]:
    """What every record of a referral refers to."""
    named = "ServiceRequestId"
    return Reference("person", person_id(crn), named), Reference("referral", referral, named)


Seen = set[Any] | Remembered[Any]
"""What was met before, by texts."""


class Companions:
    """Rows that go with others, until they are taken."""

    def __init__(
        self, sources: MutableMapping[tuple[str, ...], Source], names: tuple[str, ...], report: ImportReport
    ) -> None:
        self._sources, self._names, self._report = sources, names, report

    def take(self, fields: Fields) -> bool:
        """One more; False if there is one with the same names."""
        key = tuple(str(fields.given(name)) for name in self._names)
        if key in self._sources:
            return False
        self._sources[key] = fields.source
        return True

    def pop(self, *key: str) -> Fields | None:
        """The row that goes with what has these names, once."""
        source = self._sources.pop(key, None)
        return None if source is None else Fields(source, self._report)

    def left(self) -> Iterator[Fields]:
        """Those that were not taken."""
        return (Fields(source, self._report) for source in self._sources.values())


class Health:
    """Turns the submission's rows into records, parents first; a row without its parent is rejected."""

    def __init__(
        self,
        submission: Submission,
        report: ImportReport,
        callers: Callers,
        services: frozenset[str],
        assumed: Assumed,
        memory: Memory | None = None,
    ) -> None:
        """`memory` is where what is known of rows stands that are too many to be kept at hand."""
        self.assumed, self._memory = assumed, memory
        self.sent: Seen = self.new_set()
        self._attended: MutableMapping[str, set[str]] | None = None
        self.submission, self.callers = submission, callers
        self.report, self.services = report, services
        self.people: Mapping[str, str] = {}
        """By the id of a registration, the CRN of its person."""
        self.patients: MutableMapping[str, Patient] = self.new_mapping()
        self.referrals: MutableMapping[str, Referred] = self.new_mapping()
        self.presented: MutableMapping[str, tuple[Source, dict[str, Any]]] = self.new_mapping()
        self.complained: Mapping[tuple[str, str], str] = {}
        self.contacts: MutableMapping[str, Contact] = self.new_mapping()
        self.activities: MutableMapping[str, Contact] = self.new_mapping()

    def new_mapping(self) -> MutableMapping[Any, Any]:
        """Something to remember by texts, where there is room for as many as there are rows."""
        return {} if self._memory is None else self._memory.mapping()

    def new_set(self) -> "Seen":
        """The same for texts alone."""
        return set() if self._memory is None else self._memory.mapping()

    # --- rows and what becomes of them ----------------------------------------------------------------------------

    def rows(self, table: str) -> Iterator[Fields]:
        """The rows of a table."""
        for source in self.submission.tables.get(table, ()):
            yield Fields(source, self.report)

    def by_key(self, table: str, *names: str) -> "Companions":
        """The rows of a table that goes with another, by what names the other; the second of two is rejected."""
        found = Companions(self.new_mapping(), names, self.report)
        for fields in self.rows(table):
            if not found.take(fields):
                fields.fault("", "record-repeated")
                self.reject(fields)
        return found

    def reject(self, *rows: Fields) -> None:
        """What was noted of these rows rejects all of them."""
        for fields in rows:
            self.report.came_to(fields.source.file, Outcome.REJECTED)

    def orphans(self, rows: Iterable[Fields], name: str) -> None:
        """Rows that go with nothing."""
        for fields in rows:
            fields.fault(name, "parent-missing")
            self.reject(fields)

    def synced(self, *categories: Category, action: Action = Action.WRITE) -> Act | None:
        """Written by the clinical system."""
        return self.callers.synced(Role.CLINICAL_SYSTEM, *categories, action=action)

    def own_keys(self, table: str, identity: str, crn: str) -> dict[str, Any]:
        """The columns that every record of a person has."""
        provider = self.submission.provider
        self.sent.add((table, identity))
        return {
            "id": record_id(table, provider, identity),
            "source": provider,
            "source_id": identity,
            "person_id": person_id(crn),
        }

    def keys(self, table: str, identity: str, referred: Referred) -> dict[str, Any]:
        """The columns that every record of a referral has."""
        return {**self.own_keys(table, identity, referred.crn), "referral_id": referred.id}

    def attended_at(self, referral: str) -> set[str]:
        """Which types of appointment of a referral were attended, as far as the rows say so."""
        if self._attended is None:
            self._attended = self.new_mapping()
            for fields in self.rows("IDS201CareContact"):
                if fields.given("AttendOrDNACode") in ATTENDED:
                    whose, kind = str(fields.given("ServiceRequestId")).strip(), str(fields.given("AppType"))
                    known = self._attended.get(whose, set())
                    if kind not in known:
                        self._attended[whose] = known | {kind}
        return self._attended.get(referral, set())

    def record(
        self,
        table: str,
        row: dict[str, Any],
        referred: Referred,
        when: tuple[datetime, datetime],
        origins: Iterable[Fields],
        act: Act | None,
        *needs: Reference,
        keeps_past: bool = False,
        assumed: Mapping[str, Any] | None = None,
        by_content: bool = False,
        counts: bool = True,
    ) -> Incoming:
        """A record of a referral."""
        if table in WITHDRAWABLE:
            row = {**row, "withdrawn_at": None}
        return Incoming(
            origins=origins_of(*origins),
            table=table,
            row=row,
            recorded_at=when[0],
            modified_at=when[1],
            crn=referred.crn,
            first=act,
            needs=(*_belonging_to(referred.crn, referred.id), *needs),
            assumed=assumed or {},
            by_content=by_content,
            counts=counts,
            keeps_past=keeps_past,
            waits_for_person=True,
        )

    def referral_of(self, fields: Fields) -> Referred | None:
        """The row's referral; notes that it is missing."""
        identity = fields.required("ServiceRequestId", 20)
        referred = self.referrals.get(identity) if identity else None
        if identity and referred is None:
            fields.fault("ServiceRequestId", "parent-missing")
        return referred

    def contact_of(self, fields: Fields) -> Contact | None:
        """The row's contact; notes that it is missing."""
        identity = fields.required("CareContactId", 20)
        contact = self.contacts.get(identity) if identity else None
        if identity and contact is None:
            fields.fault("CareContactId", "parent-missing")
        return contact
