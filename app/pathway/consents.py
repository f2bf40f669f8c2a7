"""The life of a consent: the state it is in and why, and what may be recorded after what.

The same rules stand in SQL, where they make the facts; that both say the same of any chain of consents is a test.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from app.vocabulary import HEALTH_TO_JUSTICE, Party, Scope

RECEIVES: Mapping[Scope, Party] = {
    scope: Party.HEALTH if scope in (Scope.OFFENCE, Scope.HEALTH_TRAINER) else Party.JUSTICE for scope in Scope
}
"""To which party a consent of each scope opens something; a test holds it to the agreement."""
PERMIT = "permit"
CLOCKS_APART = timedelta(seconds=10)
"""Further than the clocks of any two workers are apart: what one withdraws is so for the next, whatever its clock says.
"""


class State(StrEnum):
    """How a consent or an objection stands at a moment."""

    EFFECTIVE = "effective"
    AWAITING = "awaiting-countersignature"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    OUTWEIGHED = "outweighed"
    WITHOUT_CAPACITY = "without-capacity"


@dataclass(frozen=True, slots=True)
class Consent:
    """What decides how one consent stands; the names are those of its columns."""

    id: str
    scope: str
    decision: str
    valid_from: datetime
    valid_until: datetime | None = None
    capacity: bool = True
    recorded_by_party: str = Party.HEALTH.value
    signed_form: str | None = None
    countersigned_at: datetime | None = None
    supersedes_id: str | None = None
    withdrawn_at: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any], spelled: Mapping[str, str] | None = None) -> Self:
        """From a row; `spelled` gives the name that the row has for a column, where it is another."""
        return cls(**{name: row[(spelled or {}).get(name, name)] for name in CONSENT_COLUMNS})

    @property
    def permits(self) -> bool:
        """Whether it is a permission, and not a refusal."""
        return self.decision == PERMIT

    @property
    def needs_countersignature(self) -> bool:
        """E3: from health to justice, what the justice party records takes effect with a signature."""
        by_justice = self.recorded_by_party == Party.JUSTICE.value
        return by_justice and self.scope in HEALTH_TO_JUSTICE and self.signed_form is None

    def takes_effect(self, at: datetime) -> bool:
        """With capacity, and with the signature that it needs."""
        signed = self.countersigned_at is not None and self.countersigned_at <= at
        return self.capacity and (signed or not self.needs_countersignature)

    def is_withdrawn(self, at: datetime) -> bool:
        """Whether it has been taken back; what would close nothing is so by this worker's clock alone."""
        by = at + CLOCKS_APART if self.permits else at
        return self.withdrawn_at is not None and self.withdrawn_at <= by

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Whether its period and this one have a moment in common."""
        return (end is None or self.valid_from < end) and (self.valid_until is None or start < self.valid_until)


CONSENT_COLUMNS = tuple(each.name for each in fields(Consent))


def period_state(start: datetime, end: datetime | None, withdrawn_at: datetime | None, at: datetime) -> State:
    """How something stands that holds for a period and can be withdrawn, such as an objection."""
    if withdrawn_at is not None and withdrawn_at <= at:
        return State.WITHDRAWN
    if end is not None and end <= at:
        return State.EXPIRED
    return State.NOT_YET if start > at else State.EFFECTIVE


def successor(one: Consent, among: Iterable[Consent], at: datetime) -> Consent | None:
    """What has taken its place: of the same scope, begun, and with effect; withdrawn or not, it has."""
    for each in among:
        if each.supersedes_id == one.id and each.scope == one.scope and each.valid_from <= at and each.takes_effect(at):
            return each
    return None


def refusal_of(scope: str, among: Sequence[Consent], at: datetime) -> Consent | None:
    """A refusal of this scope that stands: it beats every permission, whatever their dates."""
    for each in among:
        if each.scope == scope and not each.permits and state_of(each, among, at)[0] is State.EFFECTIVE:
            return each
    return None


def state_of(one: Consent, among: Sequence[Consent], at: datetime) -> tuple[State, str]:
    """How it stands among all consents of the person, and why in a sentence."""
    if one.is_withdrawn(at):
        return State.WITHDRAWN, WHY[State.WITHDRAWN]
    later = successor(one, among, at)
    if later is not None:
        return State.SUPERSEDED, f"Consent {later.id} has taken its place."
    state = period_state(one.valid_from, one.valid_until, None, at)
    if state is not State.EFFECTIVE or not one.permits:
        return state, WHY[state] if state is not State.EFFECTIVE else "It holds until something supersedes it."
    if not one.capacity:
        return State.WITHOUT_CAPACITY, WHY[State.WITHOUT_CAPACITY]
    if not one.takes_effect(at):
        return State.AWAITING, WHY[State.AWAITING]
    refusal = refusal_of(one.scope, among, at)
    if refusal is not None:
        return State.OUTWEIGHED, f"A refusal stands, and beats it until one supersedes the other: consent {refusal.id}."
    return State.EFFECTIVE, WHY[State.EFFECTIVE]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the consents of one scope come to for a party: those that hold for it, and those that decide against."""

    holding: tuple[str, ...]
    against: tuple[str, ...]


def weighed(among: Sequence[Consent], recipients: Mapping[str, Collection[str]], party: Party, at: datetime) -> Weighed:
    """By the ids of consents of one scope; `recipients` names the parties of each. The facts follow from what holds."""
    holding, against = [], []
    for each in among:
        state = state_of(each, among, at)[0]
        if not each.permits:
            against += [each.id] if state is State.EFFECTIVE else []
        elif party.value in recipients.get(each.id, ()):
            holding += [each.id] if state is State.EFFECTIVE else []
            against += [each.id] if state is State.OUTWEIGHED else []
    return Weighed(tuple(holding), tuple(against))


def withdrawn(among: Iterable[Consent], at: datetime) -> list[Consent]:
    """The same once the person takes back what they agreed to."""
    return [replace(each, withdrawn_at=at) if each.permits and not each.is_withdrawn(at) else each for each in among]


WHY: Mapping[State, str] = {
    State.EFFECTIVE: "It holds, and nothing outweighs it.",
    State.AWAITING: "The justice party recorded it without a signed form: it takes effect once a clinician "
    "countersigns it (E3).",
    State.WITHDRAWN: "It was withdrawn.",
    State.EXPIRED: "Its period has ended.",
    State.NOT_YET: "Its period has not begun.",
    State.WITHOUT_CAPACITY: "The person was recorded without the capacity to agree to it.",
}


def is_replaced(one: Consent, among: Iterable[Consent], at: datetime) -> bool:
    """Whether it is no longer the newest of its chain: something that was not withdrawn first supersedes it."""
    return any(each.supersedes_id == one.id and (not each.is_withdrawn(at) or each.takes_effect(at)) for each in among)


def in_the_way(new: Consent, among: Sequence[Consent], at: datetime) -> list[Consent]:
    """Those of its scope in whose period it cannot be recorded unless it supersedes them.

    A permission beside a refusal would have no effect, and beside a permission would outlive its withdrawal. A refusal
    can always be recorded beside a permission, which it beats.
    """
    return [
        each
        for each in among
        if each.scope == new.scope
        and each.id != new.supersedes_id
        and (new.permits or not each.permits)
        and not each.is_withdrawn(at)
        and not is_replaced(each, among, at)
        and each.overlaps(new.valid_from, new.valid_until)
    ]
