"""Until when records are kept: a person's of their treatment, and access alerts by how they were closed.

Treatment records are kept for 20 years after treatment ended, or for 10 after the person died.

A date is computed from what is recorded and never guessed: while anything of the record is live there is none. Of other
kinds of record the agreement names no period, and so none has a date here.

An access alert is about a member of staff, and is kept no longer than it serves: the entries on which it rests stay in
the log for good. The agreement is reviewed every 12 months: what was closed without a concern is there for two of these
reviews, so that even a late one sees a whole year beside the one before. A concern is kept for the six years in which
whoever was looked at can claim for it (UK GDPR Art 82, Limitation Act 1980).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta

AFTER_TREATMENT, AFTER_DEATH = relativedelta(years=20), relativedelta(years=10)
AFTER_CLOSING = {
    "false-positive": relativedelta(years=2),
    "justified": relativedelta(years=2),
    "concern": relativedelta(years=6),
}
"""By how an access alert was closed."""
DIED = frozenset({"17", "49"})
"""End codes of referrals by which the service discharged somebody since they died (IAPT v2.1)."""


class Basis(StrEnum):
    """By which rule there is a date, or why there is none."""

    TREATMENT_ENDED = "20-years-after-treatment"
    DIED = "10-years-after-death"
    LIVE = "live"
    NEVER_TREATED = "never-referred"


class Hold(StrEnum):
    """Why nothing may be destroyed, whatever the date."""

    REFERRAL = "a referral is open"
    SENTENCE = "a sentence is running"
    REQUEST = "a subject access request is open"
    REVIEW = "an emergency grant waits for its review"
    ALERT = "an access alert waits for its review"
    MERGED = "another record of the person is kept from others by what this one says: part the two first, or end it"


@dataclass(frozen=True, slots=True)
class Treatment:
    """One referral as far as retention goes; a draft was never sent and counts for nothing."""

    status: str
    closed_on: date | None
    end_code: str | None


@dataclass(frozen=True, slots=True)
class Retention:
    """From which day a person's treatment records are due to be destroyed; None where they are not."""

    due_on: date | None
    ended_on: date | None
    basis: Basis

    def is_due(self, today: date) -> bool:
        """Whether that day has come."""
        return self.due_on is not None and self.due_on <= today


def retention_of(referrals: Iterable[Treatment]) -> Retention:
    """When the records of all of a person's referrals together are due: the last that ended decides.

    The day of death is that of the discharge which says that the person died, the first if there are two; whichever of
    the two rules comes first holds. Where another treatment ended after it, the record contradicts itself, and it is
    kept for the longer time.
    """
    sent = [each for each in referrals if each.status != "draft"]
    if not sent:
        return Retention(None, None, Basis.NEVER_TREATED)
    ends = [each.closed_on for each in sent if each.closed_on is not None]
    if len(ends) < len(sent):
        return Retention(None, None, Basis.LIVE)
    after = Retention(max(ends) + AFTER_TREATMENT, max(ends), Basis.TREATMENT_ENDED)
    deaths = [each.closed_on for each in sent if each.end_code in DIED and each.closed_on is not None]
    others = [each.closed_on for each in sent if each.end_code not in DIED and each.closed_on is not None]
    if not deaths or any(end > min(deaths) for end in others):
        return after
    dead = Retention(min(deaths) + AFTER_DEATH, max(ends), Basis.DIED)
    return min(after, dead, key=lambda each: each.due_on or date.max)


def alert_due_on(outcome: str, closed_on: date) -> date:
    """From which day an alert is due to be destroyed that was closed then; KeyError for an outcome that there is not.

    One that waits for its review is never due.
    """
    return closed_on + AFTER_CLOSING[outcome]
