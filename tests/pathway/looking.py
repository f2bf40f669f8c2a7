"""Looks to put to the rules: by whom, at whom, when, as the log would tell them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from app.audit.entry import timestamp
from app.config import Watch
from app.pathway.watching import Alert, Likeness, Look, Memory, Watching

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=LONDON)


def look(
    at: datetime = MONDAY, staff: str = "olga", person: str | None = "p1", *, number: int = 0, **values: Any
) -> Look:
    """An offender manager's look at somebody on their caseload, for supervision."""
    about = {
        "party": "justice",
        "role": "offender-manager",
        "purpose": "supervision",
        "obtained": True,
        "person": person,
        "crn": None if person is None else f"CRN-{person}",
        "related": True,
        "own": True,
        "subjects": frozenset({"attendance"}),
    }
    return Look(number=number, at=timestamp(at), staff=staff, **(about | values))


def numbered(looks: Iterable[Look]) -> list[Look]:
    """In the order of the log, numbered from 0."""
    numbers = count()
    return [each._replace(number=next(numbers)) for each in sorted(looks, key=lambda each: each.at)]


def many(people: int, at: datetime = MONDAY, staff: str = "olga", **values: Any) -> list[Look]:
    """So many people looked at, a second apart."""
    return [look(at + timedelta(seconds=n), staff, f"p{n}", **values) for n in range(people)]


def tripped(looks: Iterable[Look], likeness: Likeness | None = None, **thresholds: Any) -> list[Alert]:
    """What watching them as one whole log raises."""
    log = numbered(looks)
    stream = Watching(Watch(**thresholds), Memory())
    if likeness is not None:
        stream.compare_with(likeness)
    return stream.see(log, len(log), log[-1].at) if log else []
