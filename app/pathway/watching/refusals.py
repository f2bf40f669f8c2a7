"""Looks right after a refusal: what was refused of a person, obtained for another purpose; in an emergency, anything.

Only what was refused whole is a refusal: of a page of which a part is withheld, the rest was rightly seen.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.config import Watch
from app.pathway.watching.looks import Alert, Look, london, moment_of, once_in
from app.vocabulary import Purpose, WatchRule

ASK = (
    "the member of staff: what changed between the two requests? After an emergency, whoever reviewed its grant as well"
)


@dataclass(slots=True)
class AfterRefusal:
    """Remembers refusals for as long as they matter."""

    watch: Watch
    _refused: deque[Look] = field(default_factory=deque)
    _by_whom: dict[tuple[str, str], dict[str, Look]] = field(default_factory=dict)
    """Username and CRN to the last refusal for each purpose."""
    _day: date = date.min
    _said: set[str] = field(default_factory=set)

    def see(self, look: Look) -> Alert | None:
        """An alert at the first such look of a day."""
        if look.crn is None or (look.obtained and look.person is None):
            return None
        if not look.obtained:
            self._forget(look.at)
            self._refused.append(look)
            self._by_whom.setdefault((look.staff, look.crn), {})[look.purpose] = look
            return None
        refused = self._by_whom.get((look.staff, look.crn)) if self._by_whom else None
        if refused is None:
            return None
        self._forget(look.at)
        others = [one for one in refused.values() if one.purpose != look.purpose and _is_got_round(one, look)]
        return self._alert(max(others, key=lambda one: one.number), look) if others else None

    def _forget(self, at: str) -> None:
        """What was refused longer ago than the window."""
        start = moment_of(at) - timedelta(minutes=self.watch.refusal_minutes)
        while self._refused and moment_of(self._refused[0].at) < start:
            past = self._refused.popleft()
            whom = past.staff, past.crn or ""
            kept = self._by_whom.get(whom, {})
            if kept.get(past.purpose) is past:
                del kept[past.purpose]
                if not kept:
                    del self._by_whom[whom]

    def _alert(self, refused: Look, look: Look) -> Alert | None:
        day, _ = london(look.at)
        if day != self._day:
            self._day = day
            self._said.clear()
        once = once_in(day.isoformat(), WatchRule.AFTER_REFUSAL, look)
        if once in self._said:
            return None
        self._said.add(once)
        minutes = round((moment_of(look.at) - moment_of(refused.at)).total_seconds() / 60, 1)
        most = self.watch.refusal_minutes
        return Alert(
            WatchRule.AFTER_REFUSAL,
            str(look.number),
            look,
            (refused.number, look.number),
            {"minutes": minutes, "most": most, "refusedFor": refused.purpose, "obtainedFor": look.purpose},
            f"They were refused a person's record for {refused.purpose} and obtained something of it for "
            f"{look.purpose} {minutes:g} minutes later. After more than {most} minutes it is no alert.",
            ASK,
            once,
        )


def _is_got_round(refused: Look, look: Look) -> bool:
    return look.purpose == Purpose.EMERGENCY or bool(refused.subjects & look.subjects)
