"""From what is on file of referrals to what they count as; nothing here says whose referral one is.

A cohort is everybody who was referred in a period, with all that is on file of them by now. Referrals that are alike as
far as figures tell come together, with how many they are: a million contacts are then a few thousand lines.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from app.pathway.measures import BY_CODE, PHQ_9, anxiety_measure
from app.pathway.measures import Measure as Questionnaire
from app.pathway.reports.figures import Unit
from app.pathway.reports.measured import Measure
from app.pathway.reports.outcomes import Course, Told, outcome

NOT_SUITABLE_CODES = frozenset({"10", "11"})
SIX_WEEKS, EIGHTEEN_WEEKS = 42, 126
"""Days from receipt to the first treatment contact; pauses are not subtracted."""
COURSE = 2
"""How many attended treatment contacts make a course of treatment."""
UNKNOWN = "not recorded"


class Alike(NamedTuple):
    """Referrals of one kind; the last five fields of those alone that are finished, the sums of all of them."""

    number: int
    attended: int
    """Contacts of all of them."""
    missed: int
    quarter: date
    """Its first day."""
    source: str
    sentence: str | None
    step: int | None
    """By the newest clinical record."""
    status: str
    end_code: str | None
    is_closed: bool
    was_seen: bool
    was_missed: bool
    was_assessed: bool
    treatments: int
    """Attended treatment contacts of each, no more than `COURSE`."""
    received_on: date | None = None
    first_treated_on: date | None = None
    scheme: str | None = None
    problem: str | None = None
    scores: str | None = None
    """Of each questionnaire in any order: tool, how often it was asked, first and last total, as `720433000:2:16:8`."""


def units(cohort: Iterable[Alike]) -> Counter[Unit]:
    """How many referrals and contacts there are of each kind."""
    referrals: Counter[tuple[Places, tuple[Measure, ...]]] = Counter()
    held: Counter[Places] = Counter()
    missed: Counter[Places] = Counter()
    for each in cohort:
        places = _places(each.quarter, each.source, each.sentence, each.step)
        referrals[places, _measures(each)] += each.number
        held[places] += each.attended
        missed[places] += each.missed
    found = Counter({Unit(places, frozenset(measures)): number for (places, measures), number in referrals.items()})
    found.update({Unit(places, _HELD): number for places, number in held.items()})
    found.update({Unit(places, _MISSED): number for places, number in missed.items()})
    return +found


Places = tuple[str, str, str, str]
_HELD = frozenset({Measure.CONTACTS_DUE})
_MISSED = frozenset({Measure.CONTACTS_DUE, Measure.CONTACTS_MISSED})
_PARSED = 65_536
"""What parts of scores are remembered of: no two questionnaires come to more pairs of totals than this."""


@cache
def _places(quarter: date, source: str, sentence: str | None, step: int | None) -> Places:
    return quarter.isoformat(), source, sentence or UNKNOWN, UNKNOWN if step is None else str(step)


def _measures(each: Alike) -> tuple[Measure, ...]:
    """What each of them counts in."""
    counted = _on_the_way(each[_WAY])
    if not (each.is_closed and each.treatments >= COURSE):
        return counted
    return counted + _waited(each.received_on, each.first_treated_on) + _became(each)


_WAY = slice(Alike._fields.index("status"), Alike._fields.index("received_on"))


@cache
def _on_the_way(fields: tuple[Any, ...]) -> tuple[Measure, ...]:
    """By the fields from status to treatments: there are few that differ."""
    status, end_code, is_closed, was_seen, was_missed, was_assessed, treatments = fields

    def found() -> Iterator[Measure]:
        yield Measure.REFERRED
        if status == "not-suitable" or end_code in NOT_SUITABLE_CODES:
            yield Measure.NOT_SUITABLE
        if was_missed and not was_seen:  # never seen, so that the first that was due was missed
            yield Measure.FIRST_MISSED
        if was_assessed:
            yield Measure.ASSESSED
        if treatments:
            yield Measure.ENTERED
            if is_closed and treatments >= COURSE:
                yield Measure.FINISHED

    return tuple(found())


def _waited(received_on: date | None, treated_on: date | None) -> tuple[Measure, ...]:
    days = (treated_on - received_on).days if treated_on and received_on else EIGHTEEN_WEEKS + 1
    if days <= SIX_WEEKS:
        return Measure.WITHIN_6_WEEKS, Measure.WITHIN_18_WEEKS
    return (Measure.WITHIN_18_WEEKS,) if days <= EIGHTEEN_WEEKS else ()


def _became(each: Alike) -> tuple[Measure, ...]:
    courses = dict(filter(None, map(_course, (each.scores or "").split())))
    anxiety = of_anxiety(courses, anxiety_measure(each.scheme, each.problem).code)
    return _outcomes(courses.get(PHQ_9.code), courses.get(anxiety))


@cache
def _outcomes(depression: Told | None, anxiety: Told | None) -> tuple[Measure, ...]:
    found = outcome(depression, anxiety)
    counted = {
        Measure.PAIRED: found.is_paired,
        Measure.RECOVERABLE: not found.below_caseness_at_start,
        Measure.RECOVERED: found.recovered,
        Measure.RECOVERED_RELIABLY: found.recovered and found.improved,
        Measure.IMPROVED: found.improved,
        Measure.DETERIORATED: found.deteriorated,
    }
    return tuple(measure for measure, holds in counted.items() if holds)


@lru_cache(maxsize=_PARSED)
def _course(text: str) -> tuple[str, Told] | None:
    """One questionnaire's; None for totals that it cannot come to, which count for nothing."""
    tool, times, *totals = text.split(":")
    measure, (first, last) = BY_CODE[tool], map(Decimal, totals)
    if not (measure.is_in_range(first) and measure.is_in_range(last)):
        return None
    return tool, Course(measure, first, last if int(times) > 1 else None).told


def of_anxiety(courses: Mapping[str, Told], own_code: str) -> str:
    """The code of the measure that counts: the problem's own, or GAD-7 where that measures no change."""
    own, general = courses.get(own_code), courses.get(_GENERAL.code)
    if own is not None and own.ends_as_case is None and general is not None and general.ends_as_case is not None:
        return _GENERAL.code
    return own_code if own else _GENERAL.code


_GENERAL: Questionnaire = anxiety_measure(None, None)
