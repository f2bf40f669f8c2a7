"""Looks at people whom the looker had nothing to do with, and to whom no referral or allocation ever led."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.config import Watch
from app.pathway.watching.looks import Alert, Look, london, moment_of, month_of, once_in
from app.vocabulary import Role, WatchRule

ASK = "their manager: why was the record opened, and was a referral or an allocation to follow?"
CASELOAD, REFERRED = "on their caseload", "referred to their service or allocated to them"
MEANT = {
    Role.OFFENDER_MANAGER.value: CASELOAD,
    Role.THERAPIST.value: REFERRED,
    Role.CLINICAL_LEAD.value: REFERRED,
    Role.SERVICE_ADMINISTRATOR.value: REFERRED,
    Role.HEALTH_TRAINER.value: REFERRED,
}
"""What is expected of the people whom each role looks at; of those whom a probation lead or oversight does, nothing is.
"""


class Period(NamedTuple):
    """From when until when a person was allocated to a member of staff or referred to their service; None: still."""

    start: datetime
    end: datetime | None


@dataclass(slots=True)
class Unfollowed:
    """Notes which looks have to be judged later: the first of a day by one member of staff at one person."""

    start: int = 0
    """Entries before this one are noted already."""
    waiting: list[int] = field(default_factory=list)
    """Numbers of entries, in order."""
    _day: date = date.min
    _noted: set[tuple[str, str]] = field(default_factory=set)

    def see(self, look: Look) -> None:
        """Note it if nothing that is expected of it holds yet."""
        if look.related or not look.obtained or look.role not in MEANT or look.person is None or look.crn is None:
            return
        day, _ = london(look.at)
        if day != self._day:
            self._day = day
            self._noted.clear()
        if (look.staff, look.person) not in self._noted:
            self._noted.add((look.staff, look.person))
            if look.number >= self.start:
                self.waiting.append(look.number)


def is_due(look: Look, now: datetime, watch: Watch) -> bool:
    """Whether what was to follow a look had to have followed by now."""
    return moment_of(look.at) + timedelta(days=watch.follow_days) < now


def judged(look: Look, periods: Iterable[Period], watch: Watch) -> Alert | None:
    """An alert unless a period holds at the look or begins within the days after it."""
    at = moment_of(look.at)
    until = at + timedelta(days=watch.follow_days)
    if any(period.start <= until and (period.end is None or period.end > at) for period in periods):
        return None
    days, meant = watch.follow_days, MEANT[look.role]
    return Alert(
        WatchRule.NEVER_FOLLOWED,
        str(look.number),
        look,
        (look.number,),
        {"days": days, "purpose": look.purpose, "expected": meant},
        f"They looked at a person for {look.purpose} who was not {meant}, and was not within the {days} days after it.",
        ASK,
        once_in(month_of(look.at), WatchRule.NEVER_FOLLOWED, look),
    )
