"""What a system holds of the other's records, and how that compares with what it should."""

from datetime import date
from random import Random
from typing import Any

from openmind_client import FedPerson, RemovalNotice


class Crashed(Exception):
    """A system went down between what it was told and its note of having been told."""


class Copy:
    """What one system holds of the other's records; it goes down now and then."""

    def __init__(self, chance: Random, rate: float) -> None:
        self._rate = rate
        self.people: dict[str, FedPerson] = {}
        self._chance, self._cursor, self._crashes = chance, "", False
        self._taken = 0

    def today(self, *, crashes: bool) -> None:
        """Whether it may go down from now on."""
        self._crashes = crashes

    def taken(self) -> int:
        """How many people came since it was asked before."""
        taken, self._taken = self._taken, 0
        return taken

    def cursor(self) -> str | None:
        return self._cursor or None

    def keep(self, person: FedPerson) -> None:
        self._taken += 1
        for each in person.identifiers:
            self.people[each.value] = person

    def drop(self, notice: RemovalNotice) -> None:
        for each in notice.identifiers:
            self.people.pop(each.value, None)

    def move(self, cursor: str) -> None:
        if self._crashes and self._chance.random() < self._rate:
            raise Crashed
        self._cursor = cursor


def held(has: FedPerson, may: dict[str, Any]) -> dict[str, Any]:
    """A copy's record in the words of what it should be."""
    known = has.categories
    assert known.identity is not None
    (who,) = known.identity.person
    found: dict[str, Any] = {"crn": who.crn, "name": (who.given_names, who.family_name), "born": who.date_of_birth}
    referrals = known.referral.referrals if known.referral else []
    rows = ((one.received_on, one.status, one.end_code or "", one.closed_on or date.min) for one in referrals)
    found["referrals"] = sorted(rows)
    if "contacts" in may:
        appointments = known.attendance.appointments if known.attendance else []
        found["contacts"] = sorted((one.starts_at, one.attendance_code) for one in appointments)
    else:
        assert known.attendance is None
    return found
