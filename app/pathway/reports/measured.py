"""What a report counts, and which counts make a rate; each a name that stands in answers."""

from collections.abc import Mapping
from enum import StrEnum


class Measure(StrEnum):
    """A count, of referrals or, the last two, of contacts."""

    REFERRED = "referred"
    NOT_SUITABLE = "notSuitable"
    FIRST_MISSED = "firstAppointmentMissed"
    ASSESSED = "assessed"
    ENTERED = "enteredTreatment"
    FINISHED = "finishedTreatment"
    WITHIN_6_WEEKS = "treatedWithin6Weeks"
    WITHIN_18_WEEKS = "treatedWithin18Weeks"
    PAIRED = "finishedWithPairedScores"
    RECOVERABLE = "finishedNotBelowCaseness"
    """Of the finished all but those that were below caseness at the start: what recovery is a part of."""
    RECOVERED = "recovered"
    RECOVERED_RELIABLY = "reliablyRecovered"
    IMPROVED = "reliablyImproved"
    DETERIORATED = "reliablyDeteriorated"
    CONTACTS_DUE = "contactsDue"
    """Held or missed: what was cancelled or has no outcome yet is neither."""
    CONTACTS_MISSED = "contactsMissed"


class Rate(StrEnum):
    """A share of one count in another; no name is also that of a count, since these compare as texts."""

    NOT_SUITABLE = "notSuitableRate"
    FIRST_MISSED = "firstAppointmentMissedRate"
    ENTERED = "enteredTreatmentRate"
    WITHIN_6_WEEKS = "treatedWithin6WeeksRate"
    WITHIN_18_WEEKS = "treatedWithin18WeeksRate"
    RECOVERY = "recoveryRate"
    RELIABLE_RECOVERY = "reliableRecoveryRate"
    IMPROVEMENT = "reliableImprovementRate"
    DETERIORATION = "reliableDeteriorationRate"
    DID_NOT_ATTEND = "didNotAttendRate"


RATES: Mapping[Rate, tuple[Measure, Measure]] = {
    Rate.NOT_SUITABLE: (Measure.NOT_SUITABLE, Measure.REFERRED),
    Rate.FIRST_MISSED: (Measure.FIRST_MISSED, Measure.REFERRED),
    Rate.ENTERED: (Measure.ENTERED, Measure.REFERRED),
    Rate.WITHIN_6_WEEKS: (Measure.WITHIN_6_WEEKS, Measure.FINISHED),
    Rate.WITHIN_18_WEEKS: (Measure.WITHIN_18_WEEKS, Measure.FINISHED),
    Rate.RECOVERY: (Measure.RECOVERED, Measure.RECOVERABLE),
    Rate.RELIABLE_RECOVERY: (Measure.RECOVERED_RELIABLY, Measure.RECOVERABLE),
    Rate.IMPROVEMENT: (Measure.IMPROVED, Measure.FINISHED),
    Rate.DETERIORATION: (Measure.DETERIORATED, Measure.FINISHED),
    Rate.DID_NOT_ATTEND: (Measure.CONTACTS_MISSED, Measure.CONTACTS_DUE),
}
"""The part, and the whole."""

PARTS: tuple[tuple[Measure, Measure], ...] = (
    *((part, whole) for part, whole in RATES.values()),
    (Measure.ASSESSED, Measure.REFERRED),
    (Measure.FINISHED, Measure.ENTERED),
    (Measure.PAIRED, Measure.FINISHED),
    (Measure.RECOVERABLE, Measure.FINISHED),
    (Measure.RECOVERED_RELIABLY, Measure.RECOVERED),
    (Measure.RECOVERED_RELIABLY, Measure.IMPROVED),
    (Measure.WITHIN_6_WEEKS, Measure.WITHIN_18_WEEKS),
    (Measure.RECOVERED, Measure.PAIRED),
)
"""What everybody knows of the counts of one row: the first of each is never more than the second."""
