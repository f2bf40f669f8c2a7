"""What happened after each referral: appointments, attendance and how it ended."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from examples.generator.cast import ABSENT, COMPLETED, DHALVANI, DROPPED, FENLOW, LIVE, UNSUITABLE, WINTERBOURNE
from examples.generator.moments import LAST_PAST_DAY, TODAY, at, is_working_day
from examples.generator.plan import Case

ATTENDED, TREATMENT = ("5", "6"), ("02", "03", "05")
ASSESSMENT, BOTH = "01", "03"
SITES = {"RT5P1": "Probation office, Harbour Row", "RT5P2": "Probation office, Quarry Gate"}
_DAYS = {WINTERBOURNE: (0, 1, 2, 3, 4), DHALVANI: (2,), FENLOW: (3,)}
_DAY_LONG = ("09:30", "10:40", "11:50", "13:30", "14:40", "15:50")
_SLOTS = {WINTERBOURNE: _DAY_LONG, DHALVANI: _DAY_LONG, FENLOW: _DAY_LONG[:3]}


@dataclass
class Contact:
    """One appointment; no `code` means that it has not happened yet."""

    contact_id: str
    starts: datetime
    kind: str
    code: str
    short_notice: str
    minutes: int
    planned: int
    site: str
    therapist: str
    booked: datetime

    @property
    def attended(self) -> bool:
        """Whether the person was seen."""
        return self.code in ATTENDED

    @property
    def treats(self) -> bool:
        """Whether the person was seen and treated."""
        return self.attended and self.kind in TREATMENT


@dataclass
class Pathway:
    """A referral and everything that followed from it."""

    referral_id: str
    case: Case
    received: date
    contacts: list[Contact] = field(default_factory=list)
    end_code: str = ""
    closed: date | None = None

    @property
    def seen(self) -> list[Contact]:
        """The attended appointments, in order."""
        return [contact for contact in self.contacts if contact.attended]

    @property
    def treated(self) -> list[Contact]:
        """The attended treatment appointments, in order."""
        return [contact for contact in self.contacts if contact.treats]

    @property
    def handed_on(self) -> datetime | None:
        """When another therapist took over: for X320752 in the evening of the third appointment."""
        return at(self.contacts[2].starts.date(), "17:00") if self.case.crn == "X320752" else None

    def treated_by(self, moment: datetime) -> str:
        """To whom the referral was allocated at a moment."""
        return FENLOW if self.handed_on and moment < self.handed_on else self.case.therapist

    @property
    def next_therapist(self) -> str:
        """Who holds the next appointment; X320752 was handed on after the third."""
        return FENLOW if self.case.crn == "X320752" and len(self.contacts) < 3 else self.case.therapist

    @property
    def status(self) -> str:
        """Where the referral stands on the example's day."""
        if self.case.course == UNSUITABLE:
            return "not-suitable"
        if self.closed:
            return "discharged"
        if self.treated:
            return "in-treatment"
        return "assessed" if self.seen else "offered"


class Therapists:
    """The therapists' diaries: nobody is in two rooms at once."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._booked: set[tuple[str, datetime]] = set()
        self._number = 0

    def book(self, pathway: Pathway, kind: str, earliest: date) -> Contact:
        """The therapist's first day with a free slot, never on the example's own day."""
        day, therapist = earliest, pathway.next_therapist
        while not (free := self._free(therapist, day)):
            day += timedelta(days=1)
        starts = self._dice.choice(free)
        self._booked.add((therapist, starts))
        self._number += 1
        day = min(max(starts.date() - timedelta(days=7), pathway.received), LAST_PAST_DAY)
        booked = at(day, f"{self._dice.randint(10, 16)}:05")
        site = self._dice.choices(tuple(SITES), (3, 1))[0]
        return Contact(f"CC{self._number:06}", starts, kind, "", "", 0, 60 if kind == "02" else 70, site,
                       therapist, booked)  # fmt: skip

    def _free(self, therapist: str, day: date) -> list[datetime]:
        if day == TODAY or not is_working_day(day) or day.weekday() not in _DAYS[therapist]:
            return []
        slots = [at(day, clock) for clock in _SLOTS[therapist]]
        return [slot for slot in slots if (therapist, slot) not in self._booked]


def pathways(cases: list[Case], dice: Random) -> list[Pathway]:
    """What followed from each referral, in the order of receipt."""
    diaries = Therapists(dice)
    found: list[Pathway] = []
    for case in cases:
        if case.received:
            pathway = Pathway(f"OM{len(found) + 1:04}", case, case.received)
            _COURSES[case.course](pathway, diaries, dice)
            found.append(pathway)
    return found


def _first_day(pathway: Pathway, dice: Random) -> date:
    if pathway.received >= date(2013, 6, 27):
        return pathway.received + timedelta(days=dice.randint(4, 6))
    return pathway.received + timedelta(days=dice.randint(8, 16 if pathway.received >= date(2013, 6, 10) else 26))


def _absent(pathway: Pathway, diaries: Therapists, dice: Random) -> None:
    """The first appointment was missed, and so was whatever was offered after it."""
    last = _held(diaries.book(pathway, ASSESSMENT, _first_day(pathway, dice)), "3", dice)
    pathway.contacts.append(last)
    if dice.random() < 0.45:
        last = diaries.book(pathway, ASSESSMENT, last.starts.date() + timedelta(days=dice.randint(7, 12)))
        code = dice.choices("324", (7, 2, 1))[0]
        pathway.contacts.append(_held(last, code, dice) if last.starts.date() <= LAST_PAST_DAY else last)
    closes = last.starts.date() + timedelta(days=dice.randint(7, 14))
    if closes <= LAST_PAST_DAY and pathway.case.crn != "X320761":
        pathway.closed, pathway.end_code = closes, "50"


def _unsuitable(pathway: Pathway, diaries: Therapists, dice: Random) -> None:
    """Seen once, and then sent back or on."""
    contact = diaries.book(pathway, ASSESSMENT, _first_day(pathway, dice))
    pathway.contacts.append(_held(contact, dice.choices("56", (6, 1))[0], dice))
    closes = contact.starts.date() + timedelta(days=dice.randint(1, 9))
    pathway.closed = min(closes, LAST_PAST_DAY)
    pathway.end_code = "11" if pathway.case.crn == "X320772" else dice.choice(("10", "11"))


def _completed(pathway: Pathway, diaries: Therapists, dice: Random) -> None:
    _treat(pathway, diaries, dice, dice.randint(5, 11), pathway.case.closed or LAST_PAST_DAY)
    last = pathway.contacts[-1].starts.date()
    pathway.closed = pathway.case.closed or min(last + timedelta(days=dice.randint(0, 7)), LAST_PAST_DAY)
    pathway.end_code = dice.choices(("46", "48"), (7, 1))[0]


def _dropped(pathway: Pathway, diaries: Therapists, dice: Random) -> None:
    """Treatment began, then two appointments were missed and the referral was closed."""
    _treat(pathway, diaries, dice, dice.randint(1, 4), date(2013, 6, 14))
    for _ in range(2):
        after = pathway.contacts[-1].starts.date() + timedelta(days=7)
        pathway.contacts.append(_held(diaries.book(pathway, "02", after), "3", dice))
    pathway.closed = min(pathway.contacts[-1].starts.date() + timedelta(days=dice.randint(5, 14)), LAST_PAST_DAY)
    pathway.end_code = "47"


def _live(pathway: Pathway, diaries: Therapists, dice: Random) -> None:
    """Treatment goes on, with an appointment or two to come."""
    _treat(pathway, diaries, dice, 99, LAST_PAST_DAY)
    for after in (TODAY + timedelta(days=1), TODAY + timedelta(days=8))[: dice.randint(1, 2)]:
        pathway.contacts.append(diaries.book(pathway, "02", after))


_COURSES = {ABSENT: _absent, UNSUITABLE: _unsuitable, COMPLETED: _completed, DROPPED: _dropped, LIVE: _live}


def _treat(pathway: Pathway, diaries: Therapists, dice: Random, target: int, until: date) -> None:
    """Appointments about a week apart until so many treated or the time is up."""
    late = pathway.received >= date(2013, 6, 3)
    kind = BOTH if late or dice.random() < 0.4 else ASSESSMENT
    day = _first_day(pathway, dice)
    while len(pathway.treated) < target and day <= until:
        contact = diaries.book(pathway, kind, day)
        if contact.starts.date() > until:
            break
        pathway.contacts.append(_held(contact, _code(pathway, late, dice), dice))
        if contact.attended:
            kind = "05" if len(pathway.treated) in (4, 8) else "02"
        day = contact.starts.date() + timedelta(days=dice.choices((7, 14), (9, 1))[0])


def _code(pathway: Pathway, late: bool, dice: Random) -> str:  # noqa: FBT001  # a fact about the referral
    """The script's word first; early on people mostly come, or they would not be in treatment."""
    number = len(pathway.contacts)
    if number < len(pathway.case.codes):
        return pathway.case.codes[number]
    if not pathway.treated:
        return "5" if late else dice.choices("5632", (80, 8, 6, 6))[0]
    return dice.choices("563247", (72, 6, 9, 8, 4, 1))[0]


def _held(contact: Contact, code: str, dice: Random) -> Contact:
    contact.code = code
    contact.short_notice = dice.choice("YYN") if code == "2" else ""
    if contact.attended:
        contact.minutes = contact.planned - dice.choice((0, 0, 5, 10)) - (15 if code == "6" else 0)
    return contact
