"""What the rules over the log are told, and what they say: looks at people, and alerts about whoever looked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from app.pathway.working_days import LONDON
from app.vocabulary import WatchRule

Figure = int | float | str


class Look(NamedTuple):
    """One entry in which a member of staff asked to read of a person: obtained, or refused for want of a clause."""

    number: int
    at: str
    """When it was recorded: RFC 3339 in UTC with six digits, never earlier than in the entry before."""
    staff: str
    party: str
    role: str
    purpose: str
    obtained: bool
    person: str | None
    """The person's id."""
    crn: str | None
    related: bool
    """The person was on the caller's caseload, allocated to them, or referred to their service."""
    own: bool
    """The person was on the caller's caseload or allocated to them."""
    subjects: frozenset[str]
    """The categories and registers of which something was obtained; or all of which were refused."""


@dataclass(frozen=True, slots=True)
class Alert:
    """That somebody should ask, and why: the figures, the entries, the words; it names no person but by id and CRN."""

    rule: WatchRule
    key: str
    """Unique within the rule, and nothing of the person."""
    look: Look
    """The one that tripped the rule."""
    entries: tuple[int, ...]
    """The numbers of the log's entries that it rests on, in order."""
    figures: Mapping[str, Figure]
    explanation: str
    ask: str
    once: str | None = None
    """Unique within everything and with the person in it: of a person there is one alert of a kind in a period."""


@lru_cache(maxsize=4096)
def _london(minute: str) -> tuple[date, int]:
    moment = datetime.fromisoformat(f"{minute}:00+00:00").astimezone(LONDON)
    return moment.date(), moment.hour * 60 + moment.minute


def london(at: str) -> tuple[date, int]:
    """The day in London and the minute of it."""
    return _london(at[:16])


def month_of(at: str) -> str:
    """The month in London, such as 2013-07."""
    return london(at)[0].strftime("%Y-%m")


def moment_of(at: str) -> datetime:
    """A time of the log as a moment."""
    return datetime.fromisoformat(at).astimezone(UTC)


def once_in(period: str, rule: WatchRule, look: Look) -> str:
    """What is the same for every look of this member of staff at this person in a period."""
    return f"{rule.value}:{period}:{look.staff}:{look.person}"
