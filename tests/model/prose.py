"""A naive reading of the agreement's prose: what was recorded, which facts follow, and what they permit.

Written from what the parties signed, and sharing nothing with what computes facts or decides: slow, and plain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.policies.law import CATEGORIES, FIELDS, OF_NOBODY, PROHIBITED, ROWS, Line, lines

LONDON = ZoneInfo("Europe/London")
JUSTICE = ("offender-manager", "probation-lead", "case-management-system", "auditor", "caldicott-guardian")
SYSTEMS = ("case-management-system", "clinical-system")
TO_JUSTICE = ("attendance", "progress", "scores")
VALID_MONTHS = {"information-sharing": 12, "criminal-justice-data": 24, "mental-health-awareness": 36}


def day_of(moment: datetime) -> date:
    """The day on which a moment falls, where the agreement was signed."""
    return moment.astimezone(LONDON).date()


def months_after(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


@dataclass
class Somebody:
    """A caller: a member of staff, or a system that speaks for itself."""

    name: str
    party: str
    role: str
    service: str | None
    first_day: date = date(2024, 1, 1)
    last_day: date | None = None
    revoked_at: datetime | None = None
    """For a system: suspended."""

    @property
    def is_system(self) -> bool:
        """Whether no member of staff stands behind the question."""
        return self.role in SYSTEMS


@dataclass
class Period:
    """From a moment to a moment; the end does not belong to it."""

    begins: datetime
    ends: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.begins <= now and (self.ends is None or now < self.ends)


@dataclass
class Consent(Period):
    """What a person agreed to or refused."""

    id: str = ""
    crn: str = ""
    scope: str = ""
    permits: bool = True
    capable: bool = True
    by_party: str = "health"
    signed: bool = False
    countersigned_at: datetime | None = None
    recipients: tuple[str, ...] = ()
    supersedes: str | None = None
    withdrawn_at: datetime | None = None

    def takes_effect(self, now: datetime) -> bool:
        """By a person with capacity; what probation records of sharing with itself is signed or countersigned."""
        if not self.capable:
            return False
        countersigned = self.countersigned_at is not None and self.countersigned_at <= now
        return self.by_party != "justice" or self.scope not in TO_JUSTICE or self.signed or countersigned


@dataclass
class Objection(Period):
    """The person objects to a category being read by the other party."""

    id: str = ""
    crn: str = ""
    category: str = ""
    withdrawn_at: datetime | None = None


@dataclass
class Allocation(Period):
    """Whose person this is: on a caseload, or treated under a referral."""

    id: str = ""
    crn: str = ""
    who: str = ""
    referral: str | None = None


@dataclass
class Referral:
    """A referral to a service; a draft until it is received."""

    id: str
    crn: str
    service: str
    received: date | None = None
    closed: date | None = None

    def is_live(self, today: date) -> bool:
        """Received and not closed, or closed less than 28 days ago."""
        if self.received is None or self.received > today:
            return False
        return self.closed is None or today - self.closed < timedelta(days=28)


@dataclass
class Sentence:
    """A sentence, or a requirement of one, which runs from a day to a day and can be ended earlier."""

    id: str
    crn: str
    first_day: date
    last_day: date | None
    terminated: date | None = None
    of: str | None = None
    is_treatment: bool = False

    def runs(self, today: date) -> bool:
        """On its last day it still does; on the day on which it was terminated it does not."""
        ended = self.terminated is not None and self.terminated <= today
        return self.first_day <= today and not ended and (self.last_day is None or today <= self.last_day)


@dataclass
class Limit(Period):
    """An exclusion of some names, or a restriction to some."""

    id: str = ""
    crn: str = ""
    excludes: bool = True
    names: tuple[str, ...] = ()


@dataclass
class Grant(Period):
    """An emergency grant, of a moment or an authorisation; it can be taken back."""

    id: str = ""
    who: str = ""
    crn: str | None = None
    revoked_at: datetime | None = None


@dataclass
class Merger:
    """That probation says of two numbers that they are of one person; until it says that they are not."""

    said_by: str
    into: str
    stands: bool = True


@dataclass
class Request:
    """A subject access request."""

    id: str
    crn: str
    opened: date
    closed: date | None = None


@dataclass
class Recorded:
    """Everything that was recorded, in no order."""

    people: tuple[str, ...]
    somebody: dict[str, Somebody]
    trainings: list[tuple[str, str, date]] = field(default_factory=list)
    authorisations: list[Grant] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    requirements: list[Sentence] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    mergers: list[Merger] = field(default_factory=list)

    def of_one_person(self, crn: str) -> set[str]:
        """Every number of the person with this one: what is withheld under any is withheld under each."""
        found = {crn}
        for _ in self.mergers:
            for each in self.mergers:
                if each.stands and {each.said_by, each.into} & found:
                    found |= {each.said_by, each.into}
        return found

    def facts(self, who: str, crn: str, now: datetime) -> set[str]:
        """Every fact of a caller and a person, at a moment."""
        found = set(self._about_caller(self.somebody[who], now))
        if crn in self.people:
            found |= set(self._about_both(self.somebody[who], crn, now))
            found |= set(self._about_person(self.somebody[who].party, crn, now))
        return found

    def _about_caller(self, caller: Somebody, now: datetime) -> Iterable[str]:
        today = day_of(now)
        gone = caller.revoked_at is not None and caller.revoked_at <= now
        employed = caller.first_day <= today and (caller.last_day is None or today <= caller.last_day)
        if not gone and (caller.is_system or employed):
            yield "employed"
        for who, course, completed in self.trainings:
            if who == caller.name and completed <= today < months_after(completed, VALID_MONTHS[course]):
                yield f"training:{course}"
        if any(each.who == caller.name and _stands(each, each.revoked_at, now) for each in self.authorisations):
            yield "authorised:criminal-justice"

    def _about_both(self, caller: Somebody, crn: str, now: datetime) -> Iterable[str]:
        today = day_of(now)
        live = {each.id: each for each in self.referrals if each.crn == crn and each.is_live(today)}
        mine = [each for each in self.allocations if (each.crn, each.who) == (crn, caller.name) and each.holds(now)]
        if any(each.referral is None for each in mine):
            yield "caseload"
        if any(each.referral in live for each in mine):
            yield "treating"
        if caller.service is not None and any(each.service == caller.service for each in live.values()):
            yield "service"
        if any(
            (each.who, each.crn) == (caller.name, crn) and _stands(each, each.revoked_at, now) for each in self.grants
        ):
            yield "break-glass"
        limits = [each for each in self.limits if each.crn in self.of_one_person(crn) and each.holds(now)]
        restrictions = [each for each in limits if not each.excludes]
        if restrictions:
            yield "restricted"
            if all(caller.name in each.names for each in restrictions):
                yield "listed"
        if any(each.excludes and caller.name in each.names for each in limits):
            yield "excluded"

    def _about_person(self, party: str, crn: str, now: datetime) -> Iterable[str]:
        today = day_of(now)
        running = {each.id for each in self.sentences if each.crn == crn and each.runs(today)}
        if running:
            yield "supervised"
        if any(each.is_treatment and each.of in running and each.runs(today) for each in self.requirements):
            yield "mhtr"
        opened = (each for each in self.requests if each.crn == crn and each.opened <= today)
        if any(each.closed is None or today < each.closed for each in opened):
            yield "subject-request"
        yield from (f"consent:{scope}" for scope in self.agreed(party, crn, now))
        for each in self.objections:
            if each.crn in self.of_one_person(crn) and _stands(each, each.withdrawn_at, now):
                yield f"objection:{each.category}"

    def moments(self) -> Iterable[datetime]:
        """When something begins or runs out by itself: where a mistake of one moment or one day shows."""
        periods = [
            *self.consents,
            *self.objections,
            *self.allocations,
            *self.limits,
            *self.grants,
            *self.authorisations,
        ]
        for period in periods:
            yield from (moment for moment in (period.begins, period.ends) if moment)
        for day in self._days():
            yield datetime.combine(day, datetime.min.time(), LONDON).astimezone(UTC)

    def _days(self) -> Iterable[date]:
        for _, course, completed in self.trainings:
            yield months_after(completed, VALID_MONTHS[course])
        for sentence in (*self.sentences, *self.requirements):
            yield sentence.first_day
            if sentence.last_day:
                yield sentence.last_day + timedelta(days=1)
        for referral in self.referrals:
            if referral.closed:
                yield referral.closed + timedelta(days=28)

    def agreed(self, party: str, crn: str, now: datetime) -> dict[str, set[str]]:
        """Scopes to which the person agrees for this party, each with the consents that say so."""
        theirs = [each for each in self.consents if each.crn in self.of_one_person(crn)]
        standing = [each for each in theirs if self._is_standing(each, now)]
        refused = {each.scope for each in standing if not each.permits}
        agreed: dict[str, set[str]] = {}
        for each in standing:
            if each.crn != crn or not each.permits or each.scope in refused or self._is_taken_back(each, theirs, now):
                continue
            if each.takes_effect(now) and party in each.recipients:
                agreed.setdefault(each.scope, set()).add(each.id)
        return agreed

    @staticmethod
    def _is_taken_back(one: Consent, theirs: Iterable[Consent], now: datetime) -> bool:
        """Since it was given they took back another permission of its scope, under another number of theirs."""
        taken_back = (
            each.withdrawn_at
            for each in theirs
            if each.permits and each.scope == one.scope and each.crn != one.crn and each.withdrawn_at
        )
        return any(one.begins <= moment <= now for moment in taken_back)

    def _is_standing(self, one: Consent, now: datetime) -> bool:
        """It holds, was not withdrawn, and nothing that took effect has been put in its place."""
        replaced = any(
            other.supersedes == one.id and other.begins <= now and other.takes_effect(now) for other in self.consents
        )
        return _stands(one, one.withdrawn_at, now) and not replaced


def _stands(period: Period, taken_back: datetime | None, now: datetime) -> bool:
    return period.holds(now) and (taken_back is None or now < taken_back)


# --- what the facts permit ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What is permitted, by which clauses, as far as which rows and caveats, and whether that is announced."""

    clauses: tuple[str, ...]
    rows: frozenset[str]
    fields: tuple[str, ...]
    announced: bool


@cache
def _of_role(role: str) -> tuple[Line, ...]:
    return tuple(line for line in lines() if line.role == role)


def permitted(role: str, party: str, facts: frozenset[str], *, is_over: bool) -> dict[tuple[str, str, str], Answer]:
    """Everything that somebody may do: purpose, action and subject, and how; what is not here is refused."""
    permitting: dict[tuple[str, str, str], list[Line]] = {}
    for line in _of_role(role):
        if _permits(line, party, facts) and (line.despite_end or not is_over):
            permitting.setdefault((line.purpose, line.action, line.subject), []).append(line)
    return {asked: _answer(several, facts) for asked, several in permitting.items()}


def _permits(line: Line, party: str, facts: frozenset[str]) -> bool:
    standing = {"employed"} if line.role in SYSTEMS else {"employed", "training:information-sharing"}
    of_person = line.subject not in OF_NOBODY
    if not standing <= facts or not line.needs <= facts:
        return False  # S1, and what the clause itself needs
    if party == "justice" and line.role in JUSTICE and line.subject in PROHIBITED:
        return False  # P3, and S2: it beats every permission
    if of_person and "excluded" in facts:
        return False  # S3
    if of_person and "restricted" in facts and "listed" not in facts and not line.despite_restriction:
        return False  # S3
    return line.objection is None or line.objection not in facts  # S4


def _answer(several: list[Line], facts: frozenset[str]) -> Answer:
    clauses = tuple(dict.fromkeys(line.clause for line in several))
    narrowed = all(clause in FIELDS for clause in clauses)
    past = "restricted" in facts and "listed" not in facts and several[0].subject not in OF_NOBODY
    return Answer(
        clauses,
        frozenset(ROWS.get(clause, "sent") for clause in clauses),
        tuple(sorted({word for clause in clauses for word in FIELDS[clause]})) if narrowed else (),
        past and several[0].role not in SYSTEMS,
    )


OBJECTIONABLE = tuple(word for word in CATEGORIES.split() if word not in ("risk", "safety-alert"))
