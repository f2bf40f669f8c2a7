"""The log as it is watched: every rule over every look in turn, from where the last watching ended.

However the log is cut into pieces that are watched one after the other, the same alerts come of it. What has to be
remembered between two pieces names no person: how far, the figures of each one's past days, and the numbers of entries
that are judged later. The rest is found again in the entries since the beginning of the last day.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.config import Watch
from app.pathway.watching.following import Unfollowed
from app.pathway.watching.hours import OutOfHours
from app.pathway.watching.looks import Alert, Look, london, moment_of
from app.pathway.watching.names import Likeness, Names
from app.pathway.watching.people import Days, ManyPeople
from app.pathway.watching.refusals import AfterRefusal
from app.pathway.working_days import start_of
from app.vocabulary import WatchRule

_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Memory:
    """How far the log is watched, and what of it has to be remembered."""

    position: int = 0
    """The number of the first entry that is not watched yet."""
    at: str | None = None
    """When the one before it was recorded."""
    days: Days = field(default_factory=dict)
    waiting: tuple[int, ...] = ()
    """Numbers of entries that are judged once what was to follow had time to."""

    def text(self) -> str:
        """All of it but the position, as JSON."""
        return json.dumps({"at": self.at, "days": self.days, "waiting": self.waiting}, separators=(",", ":"))

    @classmethod
    def of(cls, position: int, text: str) -> "Memory":
        """What `text` said; KeyError or ValueError for anything else."""
        said = json.loads(text)
        return cls(position, said["at"], said["days"], tuple(said["waiting"]))

    def read_from(self, watch: Watch) -> datetime | None:
        """From when on entries have to be read again to go on after this; None for a log that nobody watched."""
        if self.at is None:
            return None
        refused = moment_of(self.at) - timedelta(minutes=watch.refusal_minutes)
        return min(start_of(london(self.at)[0]), refused)


class Watching:
    """Goes through looks in the order of the log; what is before the memory's position trips nothing again."""

    def __init__(self, watch: Watch, memory: Memory) -> None:
        self._watch, self._position, self._at = watch, memory.position, memory.at
        self._people = ManyPeople(watch, dict(memory.days))
        if memory.at is not None:
            self._people.through = london(memory.at)[0] - _ONE
        self._names = Names(watch)
        self._unfollowed = Unfollowed(memory.position, list(memory.waiting))
        rules: dict[WatchRule, Callable[[Look], Alert | None]] = {
            WatchRule.MANY_PEOPLE: self._people.see,
            WatchRule.OUT_OF_HOURS: OutOfHours(watch).see,
            WatchRule.AFTER_REFUSAL: AfterRefusal(watch).see,
            WatchRule.NEVER_FOLLOWED: self._unfollowed.see,
        }
        self._rules = [see for rule, see in rules.items() if rule in watch.rules]
        self._rules.append(self._names.see)

    @property
    def memory(self) -> Memory:
        """What has to be kept to go on later."""
        return Memory(self._position, self._at, dict(self._people.days), tuple(self._unfollowed.waiting))

    def compare_with(self, likeness: Likeness) -> None:
        """Whose names the people looked at from now on are compared with."""
        self._names.likeness = likeness

    def forget(self, numbers: Iterable[int]) -> None:
        """These entries wait no more."""
        gone = set(numbers)
        self._unfollowed.waiting = [number for number in self._unfollowed.waiting if number not in gone]

    def see(self, looks: Sequence[Look], end: int, at: str) -> list[Alert]:
        """What the looks of some entries trip; `end` is the number after the last entry, which was recorded `at`."""
        found = [alert for look in looks for alert in self._tripped(look)]
        self._people.reach(at)
        if end > self._position:
            self._position, self._at = end, at
        return found

    def _tripped(self, look: Look) -> list[Alert]:
        alerts = [alert for see in self._rules if (alert := see(look)) is not None]
        return alerts if look.number >= self._position else []
