"""The 104 referrals: when each came, what became of it, and who was responsible."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from examples.generator.cast import (
    ABSENT,
    CAST,
    COMMUNITY,
    COMPLETED,
    CONDITION,
    DHALVANI,
    DROPPED,
    FENLOW,
    LICENCE,
    LIVE,
    MHTR,
    OFFENDER_MANAGERS,
    RAR,
    SUSPENDED,
    UNSUITABLE,
    VOLUNTARY,
    WINTERBOURNE,
)
from examples.generator.moments import is_working_day

MONTHS = {(2012, 11): 6, (2012, 12): 8, (2013, 1): 12, (2013, 2): 13, (2013, 3): 13, (2013, 4): 14}
MONTHS |= {(2013, 5): 15, (2013, 6): 16, (2013, 7): 7}
NOT_SUITABLE, DID_NOT_ATTEND, ENTERED_TREATMENT = 13, 43, 48
LAST_RECEIVED = date(2013, 7, 4)
AGAIN = 3
"""So many people were referred a second time after they had missed their first appointment."""
NEVER_REFERRED = 12


@dataclass(frozen=True)
class Case:
    """One referral, or with `received` None a person who was never referred."""

    crn: str
    received: date | None
    course: str
    offender_manager: str
    therapist: str
    sentence: str
    basis: str
    codes: str = ""
    sentence_ends: date | None = None
    closed: date | None = None


def cases(dice: Random) -> list[Case]:
    """Everybody's referrals in the order in which they came, then those who were never referred."""
    cast = [
        Case(p.crn, p.received, p.course, p.offender_manager, p.therapist, p.sentence, p.basis, p.codes,
             p.sentence_ends, p.closed)
        for p in CAST
    ]  # fmt: skip
    played = [case for case in cast if case.received]
    crns = _crns(dice)
    others = [_case(next(crns), day, course, dice) for day, course in _courses(played, dice)]
    referred = sorted(_again(played, others, dice), key=lambda case: (case.received, case.crn))
    idle = [case for case in cast if case.received is None]
    idle += [_case(next(crns), None, "none", dice) for _ in range(NEVER_REFERRED - len(idle))]
    return referred + idle


def _courses(played: list[Case], dice: Random) -> list[tuple[date, str]]:
    """Days and outcomes of the referrals that nobody scripted, so that the totals come out."""
    days = sorted(_days(played, dice))
    left = {
        COMPLETED: (12, date(2012, 11, 1), date(2013, 3, 22)),
        DROPPED: (7, date(2012, 11, 1), date(2013, 4, 26)),
        LIVE: (0, date(2013, 4, 26), LAST_RECEIVED),
        UNSUITABLE: (NOT_SUITABLE, date(2012, 11, 1), date(2013, 7, 1)),
    }
    treated = sum(case.course in (COMPLETED, DROPPED, LIVE) for case in played)
    left[LIVE] = (ENTERED_TREATMENT - treated - left[COMPLETED][0] - left[DROPPED][0], *left[LIVE][1:])
    left[UNSUITABLE] = (NOT_SUITABLE - sum(case.course == UNSUITABLE for case in played), *left[UNSUITABLE][1:])
    chosen: list[tuple[date, str]] = []
    for course, (count, first, last) in left.items():
        for day in dice.sample([day for day in days if first <= day <= last], count):
            days.remove(day)
            chosen.append((day, course))
    return chosen + [(day, ABSENT) for day in days]


def _days(played: list[Case], dice: Random) -> list[date]:
    days = []
    for (year, month), count in MONTHS.items():
        first = date(year, month, 1)
        month_days = [first + timedelta(days=n) for n in range(31)]
        open_days = [d for d in month_days if d.month == month and is_working_day(d) and d <= LAST_RECEIVED]
        taken = sum(
            1 for case in played if case.received and (case.received.year, case.received.month) == (year, month)
        )
        days += dice.choices(open_days, k=count - taken)
    return days


def _case(crn: str, received: date | None, course: str, dice: Random) -> Case:
    sentence = dice.choices((COMMUNITY, SUSPENDED, LICENCE), (5, 3, 3))[0]
    basis = dice.choices((VOLUNTARY, CONDITION if sentence == LICENCE else RAR), (7, 3))[0]
    therapist = dice.choices((WINTERBOURNE, DHALVANI, FENLOW), (14, 4, 2))[0]
    if course in (ABSENT, UNSUITABLE):
        therapist = dice.choices((WINTERBOURNE, DHALVANI), (5, 1))[0]
    elif course == COMPLETED and sentence != LICENCE and dice.random() < 0.12:
        basis = MHTR
    if received and received > date(2013, 6, 20):
        therapist = WINTERBOURNE  # who sees people soon enough for an outcome by the example's day
    return Case(crn, received, course, dice.choice(OFFENDER_MANAGERS), therapist, sentence, basis)


def _again(played: list[Case], others: list[Case], dice: Random) -> list[Case]:
    """Give some later referrals to people who were referred before, did not come, and were discharged."""
    missed = [case for case in others if case.course == ABSENT and case.received and case.received < date(2013, 1, 25)]
    later = [case for case in others if case.received and case.received > date(2013, 5, 1)]
    for first, second in zip(dice.sample(missed, AGAIN), dice.sample(later, AGAIN), strict=True):
        place = others.index(second)
        others[place] = Case(
            first.crn, second.received, second.course, first.offender_manager, second.therapist, first.sentence,
            second.basis if (first.sentence == LICENCE) == (second.sentence == LICENCE) else VOLUNTARY,
        )  # fmt: skip
    return played + others


def _crns(dice: Random) -> Iterator[str]:
    used: set[str] = set()
    while True:
        crn = f"X{dice.randint(330_000, 399_999)}"
        if crn not in used:
            used.add(crn)
            yield crn
