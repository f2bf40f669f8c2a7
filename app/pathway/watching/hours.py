"""Looks outside working hours: at night, at a weekend, on a bank holiday; not in an emergency, and not on a rota."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache

from app.config import Rota, RotaDay, Watch
from app.pathway.watching.looks import Alert, Look, london
from app.pathway.working_days import is_bank_holiday, is_working_day
from app.vocabulary import Purpose, WatchRule

ASK = "their manager: were they at work at that time, and on what?"
_DAYS = tuple(RotaDay)
_ONE = timedelta(days=1)
works_on = lru_cache(maxsize=1024)(is_working_day)


def is_out_of_hours(at: str, watch: Watch) -> bool:
    """Whether nobody is expected to work at a time of the log."""
    day, minute = london(at)
    return not works_on(day) or not _of(watch.hours_begin) <= minute < _of(watch.hours_end)


def on_duty(rota: Rota, staff: str, role: str, at: str) -> bool:
    """Whether a rota says that somebody works at a time of the log; its days are those on which a duty begins."""
    if staff not in rota.usernames and role not in rota.roles:
        return False
    day, minute = london(at)
    begins, ends = _of(rota.begins), _of(rota.ends)
    if begins < ends:
        return begins <= minute < ends and _is_of(rota, day)
    return (minute >= begins and _is_of(rota, day)) or (minute < ends and _is_of(rota, day - _ONE))


def _is_of(rota: Rota, day: date) -> bool:
    if (rota.first_day and day < rota.first_day) or (rota.last_day and day > rota.last_day):
        return False
    return _DAYS[day.weekday()] in rota.days or (RotaDay.BANK_HOLIDAY in rota.days and is_bank_holiday(day))


def _of(moment: time) -> int:
    return moment.hour * 60 + moment.minute


@dataclass(slots=True)
class OutOfHours:
    """Counts each one's people of a day in London that were looked at outside hours."""

    watch: Watch
    _day: date = date.min
    _looked: dict[str, dict[str, int]] = field(default_factory=dict)

    def see(self, look: Look) -> Alert | None:
        """An alert at the first look by which somebody is past the bar of the day."""
        if not look.obtained or look.person is None or look.purpose == Purpose.EMERGENCY:
            return None
        if not is_out_of_hours(look.at, self.watch) or self._is_on_duty(look):
            return None
        day, _ = london(look.at)
        if day != self._day:
            self._day = day
            self._looked.clear()
        looked = self._looked.setdefault(look.staff, {})
        if look.person in looked:
            return None
        looked[look.person] = look.number
        return self._alert(look, tuple(looked.values())) if len(looked) == self.watch.hours_people + 1 else None

    def _is_on_duty(self, look: Look) -> bool:
        return any(on_duty(rota, look.staff, look.role, look.at) for rota in self.watch.rotas)

    def _alert(self, look: Look, entries: tuple[int, ...]) -> Alert:
        day, people, most = self._day.isoformat(), len(entries), self.watch.hours_people
        begin, end = self.watch.hours_begin.strftime("%H:%M"), self.watch.hours_end.strftime("%H:%M")
        return Alert(
            WatchRule.OUT_OF_HOURS,
            f"{day}:{look.staff}",
            look,
            entries,
            {"day": day, "people": people, "most": most, "hoursBegin": begin, "hoursEnd": end},
            f"They looked at {people} people on {day} outside working hours ({begin} to {end} in London, Monday to "
            f"Friday without bank holidays), in no emergency and on no rota. Up to {most} is no alert.",
            ASK,
        )
