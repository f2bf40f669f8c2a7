"""Signs that somebody is being lost, drawn from what is recorded of their appointments under one referral.

An appointment without an outcome, or that the service cancelled, says nothing of the person, and breaks no row.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from app.pathway.attendance import ATTENDED, BY_PERSON, BY_SERVICE, MISSED


class Sign(StrEnum):
    """What there is to see to."""

    TWO_MISSED = "two-missed"
    """The last two were missed; one that the person cancelled, or came to, ends the row."""
    FIRST_MISSED = "first-missed"
    """The first was missed, and the person has been seen at none since."""


class Contact(NamedTuple):
    """An appointment: its id, when it began or begins, and its national code."""

    id: str
    starts_at: datetime
    code: str | None


class Signal(NamedTuple):
    """A sign, and the appointment that gave it: of a row the last one, so that a further miss is a further signal."""

    sign: Sign
    appointment_id: str
    missed_at: datetime


def signals(contacts: Iterable[Contact]) -> tuple[Signal, ...]:
    """What stands now, given everything that is recorded of one referral; in any order."""
    said = sorted(
        (each for each in contacts if each.code not in (None, BY_SERVICE)), key=lambda each: (each.starts_at, each.id)
    )
    found = []
    if len(said) > 1 and all(each.code in MISSED for each in said[-2:]):
        found.append(Signal(Sign.TWO_MISSED, said[-1].id, said[-1].starts_at))
    due = [each for each in said if each.code != BY_PERSON]
    if due and not any(each.code in ATTENDED for each in due):
        found.append(Signal(Sign.FIRST_MISSED, due[0].id, due[0].starts_at))
    return tuple(found)
