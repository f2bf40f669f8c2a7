"""A region as it really is, day by day, and what each of its two systems writes down of it: nobody in it exists."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

JUSTICE, HEALTH = "probation-system", "clinical-records"
LONDON = ZoneInfo("Europe/London")
MANAGER = "olga"
CLOSED_DAYS = 28
NAMES = ("Ann", "Ben", "Cai", "Dee", "Eve", "Fay", "Gus", "Hal", "Ira", "Jo", "Kit", "Lou")
CODES = ("5", "5", "5", "6", "3", "2", "4", "7")
Line = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A record as one system has it from a moment on."""

    system: str
    line: Line


@dataclass
class Contact:
    """An appointment of therapy."""

    id: str
    starts: datetime
    code: str | None = None


@dataclass
class Referral:
    """A referral with its appointments."""

    id: str
    received: date
    status: str = "in-treatment"
    end_code: str | None = None
    closed: date | None = None
    contacts: list[Contact] = field(default_factory=list)


@dataclass
class Person:
    """Everything that is so of one person."""

    number: int
    born: date
    forename: str
    surname: str
    street: int
    since: int
    """The day from which probation has them."""
    start: date
    end: date
    treatment: bool
    terminated: date | None = None
    restricted: tuple[datetime, datetime | None] | None = None
    limits: int = 0
    lifted: int | None = None
    """The day on which the last restriction ended, which the service may hear of late."""
    consent: str | None = None
    referrals: list[Referral] = field(default_factory=list)

    @property
    def crn(self) -> str:
        return f"R{self.number:06}"

    @property
    def patient(self) -> str:
        return f"P{self.number}"


class Region:
    """So many people, referred with such a chance a day; `day` is what happens on one, as the systems write it down."""

    def __init__(self, people: int, days: int, first: date, chance: Random, referred: float) -> None:
        self._chance, self._days, self.first, self._referred = chance, days, first, referred
        self.people = [self._somebody(number) for number in range(people)]

    def _somebody(self, number: int) -> Person:
        chance = self._chance
        start = self.first + timedelta(days=chance.randrange(-200, 60))
        return Person(
            number,
            date(1960, 1, 1) + timedelta(days=chance.randrange(16_000)),
            chance.choice(NAMES),
            f"Family{number}",
            chance.randrange(1, 200),
            0 if chance.random() < 0.7 else chance.randrange(1, max(2, self._days // 2)),
            start,
            start + timedelta(days=chance.choice((120, 240, 365, 540))),
            chance.random() < 0.25,
        )

    def day(self, number: int) -> Iterator[Written]:
        """In the order in which it happened."""
        today = self.first + timedelta(days=number)
        is_quiet = number >= self._days - 2  # so that no period's own first or last day is what the end is about
        for person in self.people:
            if number == person.since:
                yield from self._arrives(person, today)
            if not is_quiet:
                yield from self._probation(person, number, today)
                yield from self._therapy(person, number, today)

    # --- probation ------------------------------------------------------------------------------------------------

    def _arrives(self, person: Person, today: date) -> Iterator[Written]:
        yield _of_person(person, today)
        yield _of_sentence(person, today)
        record = {"crn": person.crn, "username": MANAGER, "startDateTime": _at(today, 1), "endDateTime": None}
        yield _justice("allocations", f"A{person.number}", record, today)

    def _probation(self, person: Person, number: int, today: date) -> Iterator[Written]:
        chance = self._chance
        if number <= person.since:
            return
        if chance.random() < 0.004:
            person.street = chance.randrange(1, 200)
            yield _of_person(person, today)
        if person.terminated is None and today < person.end and chance.random() < 0.001:
            person.terminated = today
            yield _of_sentence(person, today)
        if person.restricted is None and chance.random() < 0.001:
            person.limits += 1
            person.restricted = _moment(today, 2), None
            yield _of_limit(person, today)
        elif person.restricted is not None and person.restricted[1] is None and chance.random() < 0.05:
            person.restricted = person.restricted[0], _moment(today, 2)
            yield _of_limit(person, today)
            person.restricted, person.lifted = None, number

    # --- therapy --------------------------------------------------------------------------------------------------

    def _therapy(self, person: Person, number: int, today: date) -> Iterator[Written]:
        chance = self._chance
        running = person.referrals[-1] if person.referrals and person.referrals[-1].closed is None else None
        if running is None:
            if len(person.referrals) < 2 and chance.random() < self._referred:
                running = Referral(f"R{person.number}-{len(person.referrals)}", today)
                person.referrals.append(running)
                yield _of_patient(person, today)
                yield _of_referral(person, running, today)
            return
        for contact in running.contacts:
            if contact.code is None and contact.starts.date() < today:
                contact.code = chance.choice(CODES)
                yield _of_contact(running, contact, today)
        if len(running.contacts) >= 8 and running.contacts[-1].code:
            running.status, running.end_code, running.closed = "discharged", "46", today
            yield _of_referral(person, running, today)
        elif (number + person.number) % 7 == 0:
            starts = _moment(today + timedelta(days=1), 10)
            contact = Contact(f"C{person.number}-{len(person.referrals)}-{len(running.contacts)}", starts)
            running.contacts.append(contact)
            yield _of_contact(running, contact, today)


# --- who may know what, by the words of the agreement -----------------------------------------------------------------


def read_by_probation(person: Person, now: datetime) -> dict[str, Any] | None:
    """H3, H4 and S3, for a copy: None for whom it may hold nothing of."""
    today = now.astimezone(LONDON).date()
    runs = person.start <= today <= person.end and (person.terminated is None or today <= person.terminated)
    if not runs or _is_restricted(person, now) or not (person.consent or person.treatment):
        return None
    contacts = [each for one in person.referrals for each in one.contacts]
    return _identity(person) | _referrals(person) | {"contacts": sorted((each.starts, each.code) for each in contacts)}


def read_by_therapy(person: Person, now: datetime) -> dict[str, Any] | None:
    """H2 and S3."""
    today = now.astimezone(LONDON).date()
    live = [one for one in person.referrals if one.closed is None or (today - one.closed).days < CLOSED_DAYS]
    if not live or _is_restricted(person, now):
        return None
    return _identity(person) | _referrals(person)


def _is_restricted(person: Person, now: datetime) -> bool:
    return person.restricted is not None and person.restricted[0] <= now


def _identity(person: Person) -> dict[str, Any]:
    return {"crn": person.crn, "name": (person.forename, person.surname), "born": person.born}


def _referrals(person: Person) -> dict[str, Any]:
    rows = ((one.received, one.status, one.end_code or "", one.closed or date.min) for one in person.referrals)
    return {"referrals": sorted(rows)}


# --- lines -----------------------------------------------------------------------------------------------------------


def _at(day: date, hour: int) -> str:
    return _moment(day, hour).isoformat()


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), LONDON)


def _justice(kind: str, identity: str, record: Line, today: date, hour: int = 3) -> Written:
    return Written(JUSTICE, {"kind": kind, "sourceId": identity, "lastUpdatedAt": _at(today, hour), "record": record})


def _health(kind: str, identity: str, record: Line, today: date, **beside: Line) -> Written:
    line = {"kind": kind, "sourceId": identity, "lastUpdatedAt": _at(today, 3), "record": record}
    return Written(HEALTH, line | ({"with": beside} if beside else {}))


def _of_person(person: Person, today: date) -> Written:
    address = {"line": f"{person.street} Example Street", "postcode": "LE1 6TP"}
    record = {
        "crn": person.crn,
        "name": {"forename": person.forename, "surname": person.surname},
        "dateOfBirth": person.born.isoformat(),
        "sex": "M",
        "contactDetails": {"address": address},
    }
    return _justice("people", person.crn, record, today)


def _of_sentence(person: Person, today: date) -> Written:
    period = {"startDate": person.start.isoformat(), "endDate": person.end.isoformat()}
    treatment = {"requirementId": f"T{person.number}", "type": "mental-health-treatment", "willing": True, **period}
    record = {
        "crn": person.crn,
        "sentenceType": "community-order",
        **period,
        "terminationDate": person.terminated and person.terminated.isoformat(),
        "requirements": [treatment] if person.treatment else [],
    }
    return _justice("supervisions", f"S{person.number}", record, today)


def _of_limit(person: Person, today: date) -> Written:
    since, until = person.restricted or (None, None)
    record = {
        "crn": person.crn,
        "type": "restriction",
        "usernames": ["nobody.here"],
        "message": "This record is restricted.",
        "startDateTime": since and since.isoformat(),
        "endDateTime": until and until.isoformat(),
    }
    return _justice("limits", f"L{person.number}-{person.limits}", record, today)


def _of_patient(person: Person, today: date) -> Written:
    record = {"LocalPatientId": person.patient, "PersonBirthDate": person.born.isoformat(), "Gender": "1"}
    link = {"LocalPatientId": person.patient, "CRN": person.crn}
    return _health("IDS001MPI", person.patient, record, today, LocalPatientLink=link)


def _of_referral(person: Person, one: Referral, today: date) -> Written:
    record = {
        "ServiceRequestId": one.id,
        "LocalPatientId": person.patient,
        "ReferralRequestReceivedDate": one.received.isoformat(),
        "SourceOfReferralIAPT": "E3",
        "EndCode": one.end_code,
        "ServDischDate": one.closed and one.closed.isoformat(),
    }
    basis = "mental-health-treatment-requirement" if person.treatment else "voluntary"
    own = {"ServiceRequestId": one.id, "Service": "open-mind-leicester", "Status": one.status, "Basis": basis}
    return _health("IDS101Referral", one.id, record, today, LocalReferral=own)


def _of_contact(of: Referral, one: Contact, today: date) -> Written:
    record = {
        "CareContactId": one.id,
        "ServiceRequestId": of.id,
        "CareContDate": one.starts.date().isoformat(),
        "CareContTime": one.starts.strftime("%H:%M:%S"),
        "AttendOrDNACode": one.code,
        "AppType": "02",
        "ConsMechanism": "01",
        **({"Cancellation": "N"} if one.code == "2" else {}),
    }
    return _health("IDS201CareContact", one.id, record, today)


def skewed(written: Written, minutes: int) -> Written:
    """As a system writes it whose clock is off by so much."""
    at = datetime.fromisoformat(written.line["lastUpdatedAt"]) + timedelta(minutes=minutes)
    return replace(written, line=written.line | {"lastUpdatedAt": at.isoformat()})
