"""From what is on file of each referral to what it counts as; nothing here says whose referral it is.

A cohort is everybody who was referred in a period, with all that is on file of them by now.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from app.pathway.measures import BY_CODE, PHQ_9, anxiety_measure
from app.pathway.measures import Measure as Questionnaire
from app.pathway.reports.figures import Unit
from app.pathway.reports.measured import Measure
from app.pathway.reports.outcomes import Course, outcome
from app.pathway.reports.periods import quarter_of

NOT_SUITABLE_CODES = frozenset({"10", "11"})
SIX_WEEKS, EIGHTEEN_WEEKS = 42, 126
"""Days from receipt to the first treatment contact; pauses are not subtracted."""
COURSE = 2
"""How many attended treatment contacts make a course of treatment."""
UNKNOWN = "not recorded"


class Referred(NamedTuple):
    """One referral; `key` ties it to its contacts, scores and problem, and goes no further."""

    key: str
    received_on: date
    source: str
    status: str
    end_code: str | None
    is_closed: bool
    sentence: str | None


class Contacts(NamedTuple):
    """What is recorded of a referral's contacts; what was cancelled or is to come is not counted."""

    attended: int
    missed: int
    assessments: int
    treatments: int
    first_treated_on: date | None


class Problem(NamedTuple):
    """The newest clinical record of a referral."""

    step: int | None
    scheme: str | None
    code: str | None


class Scored(NamedTuple):
    """One questionnaire over a referral, by the national code of the tool."""

    tool: str
    times: int
    first: float
    last: float


_NO_CONTACTS, _NO_PROBLEM = Contacts(0, 0, 0, 0, None), Problem(None, None, None)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everything that is on file of the referrals of a period."""

    referred: Iterable[Referred]
    contacts: Mapping[str, Contacts]
    problems: Mapping[str, Problem]
    scores: Mapping[str, list[Scored]]


def units(cohort: Cohort, anchor: date) -> Counter[Unit]:
    """How many referrals and contacts there are of each kind; quarters begin by the anchor."""
    quarter = cache(lambda day: quarter_of(day, anchor).isoformat())
    referrals: Counter[tuple[Places, tuple[Measure, ...]]] = Counter()
    held: Counter[Places] = Counter()
    missed: Counter[Places] = Counter()
    for each in cohort.referred:
        contacts = cohort.contacts.get(each.key, _NO_CONTACTS)
        problem = cohort.problems.get(each.key, _NO_PROBLEM)
        step = UNKNOWN if problem.step is None else str(problem.step)
        places = (quarter(each.received_on), each.source, each.sentence or UNKNOWN, step)
        counted = _Counted(each, contacts, problem, cohort.scores.get(each.key, ()))
        referrals[places, tuple(counted.measures())] += 1
        held[places] += contacts.attended
        missed[places] += contacts.missed
    found = Counter({Unit(places, frozenset(measures)): number for (places, measures), number in referrals.items()})
    found.update({Unit(places, _HELD): number for places, number in held.items()})
    found.update({Unit(places, _MISSED): number for places, number in missed.items()})
    return +found


Places = tuple[str, str, str, str]
_HELD = frozenset({Measure.CONTACTS_DUE})
_MISSED = frozenset({Measure.CONTACTS_DUE, Measure.CONTACTS_MISSED})


class _Counted(NamedTuple):
    """One referral with all that is on file of it."""

    referred: Referred
    contacts: Contacts
    problem: Problem
    scores: Sequence[Scored]

    def measures(self) -> Iterator[Measure]:
        """What it counts in."""
        referred, contacts = self.referred, self.contacts
        yield Measure.REFERRED
        if referred.status == "not-suitable" or referred.end_code in NOT_SUITABLE_CODES:
            yield Measure.NOT_SUITABLE
        if contacts.missed and not contacts.attended:  # never seen, so that the first that was due was missed
            yield Measure.FIRST_MISSED
        if contacts.assessments:
            yield Measure.ASSESSED
        if contacts.treatments:
            yield Measure.ENTERED
            if referred.is_closed and contacts.treatments >= COURSE:
                yield Measure.FINISHED
                yield from self._waits()
                yield from self._outcomes()

    def _waits(self) -> Iterator[Measure]:
        treated_on = self.contacts.first_treated_on
        days = (treated_on - self.referred.received_on).days if treated_on else EIGHTEEN_WEEKS + 1
        if days <= SIX_WEEKS:
            yield Measure.WITHIN_6_WEEKS
        if days <= EIGHTEEN_WEEKS:
            yield Measure.WITHIN_18_WEEKS

    def _outcomes(self) -> Iterator[Measure]:
        courses = _courses(self.scores)
        found = outcome(courses.get(PHQ_9.code), of_anxiety(courses, self.problem))
        if found.is_paired:
            yield Measure.PAIRED
        if not found.below_caseness_at_start:
            yield Measure.RECOVERABLE
        if found.recovered:
            yield Measure.RECOVERED
        if found.recovered and found.improved:
            yield Measure.RECOVERED_RELIABLY
        if found.improved:
            yield Measure.IMPROVED
        if found.deteriorated:
            yield Measure.DETERIORATED


def _courses(scores: Iterable[Scored]) -> dict[str, Course]:
    """Each questionnaire's course; a total that the questionnaire cannot come to counts for nothing."""
    courses = {}
    for each in scores:
        measure, first, last = BY_CODE[each.tool], _total(each.first), _total(each.last)
        if measure.is_in_range(first) and measure.is_in_range(last):
            courses[each.tool] = Course(measure, first, last if each.times > 1 else None)
    return courses


def of_anxiety(courses: Mapping[str, Course], problem: Problem) -> Course | None:
    """The problem's own measure, or GAD-7 where that measures no change."""
    own = courses.get(anxiety_measure(problem.scheme, problem.code).code)
    general = courses.get(_GENERAL.code)
    if own is not None and own.last is None and general is not None and general.last is not None:
        return general
    return own or general


_GENERAL: Questionnaire = anxiety_measure(None, None)


@cache
def _total(value: float) -> Decimal:
    return Decimal(repr(value))
