"""The life of a referral: where it can go from where it is, and which national code may end it.

What services do decides: nothing is skipped but what can be done at once (assessment and treatment in one contact),
and one step leads back, from an offer that came to nothing to the waiting list. What is closed stays closed: somebody
who comes again is referred again, and the new referral names the earlier one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import get_args

from app.vocabulary.words import ReferralStatus


class Move(StrEnum):
    """What can be done with a referral."""

    SEND = "send"
    TRIAGE = "triage"
    ACCEPT = "accept"
    DECLINE = "decline"
    OFFER = "offer"
    RETURN = "return"
    ASSESS = "assess"
    BEGIN = "begin"
    DISCHARGE = "discharge"


@dataclass(frozen=True, slots=True)
class Step:
    """From which statuses a move leads, and to which."""

    origins: frozenset[ReferralStatus]
    to: ReferralStatus


STATUSES: tuple[ReferralStatus, ...] = get_args(ReferralStatus)
CLOSED: frozenset[ReferralStatus] = frozenset({"not-suitable", "discharged"})
OPEN: frozenset[ReferralStatus] = frozenset(STATUSES) - CLOSED - {"draft"}
LIFE: Mapping[Move, Step] = {
    Move.SEND: Step(frozenset({"draft"}), "received"),
    Move.TRIAGE: Step(frozenset({"received"}), "triaged"),
    Move.ACCEPT: Step(frozenset({"triaged"}), "waiting"),
    Move.DECLINE: Step(frozenset({"triaged"}), "not-suitable"),
    Move.OFFER: Step(frozenset({"waiting"}), "offered"),
    Move.RETURN: Step(frozenset({"offered"}), "waiting"),
    Move.ASSESS: Step(frozenset({"offered"}), "assessed"),
    Move.BEGIN: Step(frozenset({"offered", "assessed"}), "in-treatment"),
    Move.DISCHARGE: Step(OPEN, "discharged"),
}
"""The whole state machine; what is not here cannot be done."""
CORRECTED: tuple[ReferralStatus, ReferralStatus] = ("assessed", "offered")
"""Not a move that anybody asks for: the assessment that led here was not attended after all."""
BOOKED, ATTENDED, UNATTENDED = "appointment-booked", "assessment-attended", "attendance-corrected"
"""Why a referral moved that nobody moved by itself: its appointments say so."""
RETURNED = ("first-appointment-missed", "cancelled-by-patient", "cancelled-by-provider", "place-withdrawn")
"""Why somebody is back on the waiting list."""
DECLINED = ("step-4", "secondary-care", "substance-misuse", "crisis", "below-remit", "declined-by-person", "other")
"""Why somebody is not suitable, in words that a service can count."""
ONWARD = ("step-4", "secondary-care", "substance-misuse", "crisis")
"""To what kind of service somebody is referred on."""

NOT_ASSESSED = "50"
SEEN = ("10", "11", "12", "13", "14", "16", "17", "95")
TAKEN_ON = ("46", "47", "48", "49", "96")
END_CODES: Mapping[str, str] = {
    "50": "not assessed",
    "10": "not suitable, no action taken or back to the referrer",
    "11": "not suitable, signposted elsewhere",
    "12": "discharged by mutual agreement following advice and support",
    "13": "referred to another therapy service",
    "14": "suitable, but the person declined treatment",
    "16": "incomplete assessment",
    "17": "died before treatment",
    "95": "seen but not taken on, reason not known",
    "46": "mutually agreed completion of treatment",
    "47": "ended earlier than the professional planned",
    "48": "ended earlier than the person asked",
    "49": "died during treatment",
    "96": "taken on, reason not known",
}
"""EndCode of the national data set v2.1."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far somebody has come: the status, and what their contacts say."""

    status: ReferralStatus
    seen: bool = False
    """A contact was attended."""
    assessed: bool = False
    """An assessment was attended, whichever status followed."""
    treated: bool = False
    """A treatment contact was attended."""

    @property
    def was_treated(self) -> bool:
        """Whether treatment has begun."""
        return self.treated or self.status == "in-treatment"

    @property
    def was_assessed(self) -> bool:
        """Whether they were assessed."""
        return self.assessed or self.was_treated or self.status == "assessed"

    @property
    def was_seen(self) -> bool:
        """Whether anybody has seen them."""
        return self.seen or self.was_assessed


def possible(status: ReferralStatus) -> tuple[ReferralStatus, ...]:
    """Where a referral of this status can go, in the order of the statuses; nowhere from what is closed."""
    reached = {step.to for step in LIFE.values() if status in step.origins}
    return tuple(each for each in STATUSES if each in reached)


def can(move: Move, status: ReferralStatus) -> bool:
    """Whether a referral of this status can make this move."""
    return status in LIFE[move].origins


def passed(moves: Iterable[tuple[str | None, str]]) -> frozenset[str]:
    """The statuses that a referral has come through by moves from one to another, the oldest first; without what was
    recorded by mistake.
    """
    found: set[str] = set()
    for origin, to in moves:
        if (origin, to) == CORRECTED:
            found.discard(CORRECTED[0])
        found.add(to)
    return frozenset(found)


def end_codes(course: Course) -> tuple[str, ...]:
    """The codes with which it can end: 50 for who was never assessed, 46 to 49 and 96 once treatment has begun.

    Those of who was seen and not taken on are for who was seen and not treated.
    """
    if course.was_treated:
        return TAKEN_ON
    seen = SEEN if course.was_seen else ()
    return seen if course.was_assessed else (NOT_ASSESSED, *seen)


def declining_code(course: Course, *, onward: bool) -> str:
    """The code of who is not suitable, where nobody names another."""
    fitting = end_codes(course)
    return NOT_ASSESSED if NOT_ASSESSED in fitting else "11" if onward else "10"


def misdated(on: date, today: date, last: date | None) -> str | None:
    """What is wrong with the day on which a move is said to have been made; None for nothing."""
    if on > today:
        return "a day until today"
    if last is not None and on < last:
        return "not before the move that led here"
    return None
