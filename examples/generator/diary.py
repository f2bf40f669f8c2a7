"""What probation, the jobcentre and the housing office ask people to attend, and when it collides with therapy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from examples.generator import prose
from examples.generator.justice import times
from examples.generator.moments import LAST_PAST_DAY, TODAY, at, is_working_day, stamp
from examples.generator.sessions import Pathway
from examples.generator.writing import Row

FIRST, LAST = date(2013, 3, 18), date(2013, 8, 9)
"""The extract's window on the diary; British Summer Time began on 31 March."""
DESCRIPTIONS = {
    "reporting": "report to the offender manager",
    "unpaid-work": "unpaid work session",
    "programme": "group programme session",
    "housing": "appointment about housing",
    "benefits": "appointment about benefits",
}
CLASHING = "X320765"


@dataclass(frozen=True)
class Entry:
    """One thing to attend."""

    kind: str
    starts: datetime
    ends: datetime


def obligations(sentences: dict[str, dict[str, Any]], pathways: list[Pathway], levels: dict[str, str],
                dice: Random) -> list[Row]:  # fmt: skip
    """Everybody's diary inside the window."""
    contacts: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for pathway in pathways:
        contacts.setdefault(pathway.case.crn, []).extend(
            (contact.starts, contact.starts + timedelta(minutes=contact.planned), contact.code)
            for contact in pathway.contacts
        )
    rows: list[Row] = []
    for crn, sentence in sentences.items():
        busy = contacts.get(crn, [])
        entries = [e for e in _entries(sentence, levels[crn], dice) if not any(_meets(e, s, t) for s, t, _ in busy)]
        entries += _collisions(crn, busy, dice)
        for number, entry in enumerate(sorted(entries, key=lambda e: e.starts), 1):
            rows.append(_row(f"OB{sentence['supervisionId'][2:]}-{number:03}", crn, entry, dice))
    return rows


def _meets(entry: Entry, starts: datetime, ends: datetime) -> bool:
    return entry.starts < ends and starts < entry.ends


def _entries(sentence: dict[str, Any], rosh: str, dice: Random) -> Iterator[Entry]:
    """The regular ones, each on its weekday, and a few single ones."""
    first = max(FIRST, date.fromisoformat(sentence["startDate"]) + timedelta(days=3))
    last = min(LAST, date.fromisoformat(sentence["endDate"]))
    kinds = {row["type"] for row in sentence["requirements"]}
    yield from _weekly(
        "reporting", dice.randint(0, 4), 1 if rosh in ("HIGH", "VERY_HIGH") else 3, first, last, 30, dice
    )
    if "unpaid-work" in kinds:
        yield from _weekly("unpaid-work", dice.choice((1, 5)), 1, first, last, 420, dice)
    if "accredited-programme" in kinds:
        yield from _weekly("programme", dice.choice((0, 3)), 1, first, last, 150, dice)
    for kind in ("housing", "benefits"):
        for _ in range(dice.randint(0, 2)):
            day = FIRST + timedelta(days=dice.randint(0, (LAST - FIRST).days))
            if first <= day <= last and is_working_day(day):
                yield _entry(kind, day, f"{dice.randint(9, 15):02}:{dice.choice(('00', '30'))}", 45)


def _weekly(
    kind: str, weekday: int, weeks: int, first: date, last: date, minutes: int, dice: Random
) -> Iterator[Entry]:
    clock = (
        "09:00"
        if minutes > 400
        else "13:00"
        if minutes > 100
        else f"{dice.randint(9, 16):02}:{dice.choice(('00', '30'))}"
    )
    day = first + timedelta(days=(weekday - first.weekday()) % 7)
    while day <= last:
        if is_working_day(day) or weekday == 5:
            yield _entry(kind, day, clock, minutes)
        day += timedelta(weeks=weeks)


def _entry(kind: str, day: date, clock: str, minutes: int) -> Entry:
    starts = at(day, clock)
    return Entry(kind, starts, starts + timedelta(minutes=minutes))


def _collisions(crn: str, busy: list[tuple[datetime, datetime, str]], dice: Random) -> Iterator[Entry]:
    """Something else at the same hour, beside some missed appointments and one that is still to come."""
    for starts, _, code in busy:
        missed = code in ("2", "3") and starts.date() >= FIRST and dice.random() < 0.3
        if missed or (crn == CLASHING and not code):
            begins = starts - timedelta(minutes=15)
            yield Entry(dice.choice(("housing", "benefits")), begins, begins + timedelta(minutes=60))


def _row(identifier: str, crn: str, entry: Entry, dice: Random) -> Row:
    booked = at(entry.starts.date() - timedelta(days=dice.randint(7, 10)), "12:00")
    outcome = _outcome(dice) if entry.starts.date() <= LAST_PAST_DAY else None
    return {
        "obligationId": identifier,
        "crn": crn,
        "type": entry.kind,
        "description": DESCRIPTIONS[entry.kind],
        "startDateTime": stamp(entry.starts),
        "endDateTime": stamp(entry.ends),
        "place": prose.PLACES[entry.kind],
        "outcomeCode": outcome,
        **times(min(booked, at(TODAY - timedelta(days=4), "12:00")), entry.ends if outcome else None),
    }


def _outcome(dice: Random) -> str | None:
    """What was recorded; now and then nothing was, which is not an absence."""
    codes = ("ATTC", "AFTC", "AFTA", "UAAB", "AAME", "AAEM", "AAFC", "ATSS", None)
    return dice.choices(codes, (74, 3, 6, 5, 3, 2, 2, 2, 3))[0]
