"""One row read field by field: each value checked and turned into what the tables hold, every fault of it collected."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.sync.mangled import is_rounded, lacks_zeros, respelled
from app.sync.reading import Source
from app.sync.report import ImportReport
from app.sync.rules import RULES, Severity
from app.vocabulary.identifiers import IdentifierInvalid

LONDON = ZoneInfo("Europe/London")
Word = TypeVar("Word", bound=StrEnum)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
"""A date, and as databases write one: as the midnight that begins it."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_PARTS = re.compile(r"[^.\[\]]+")
_CLOCK = re.compile(r"(1899-12-30 )?(\d{2}:\d{2}(:\d{2})?)", re.ASCII)
"""A time of day; Access keeps one as a moment on the day from which it counts."""


def start_of(day: date) -> datetime:
    """The first instant of a day in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def london_day(moment: datetime) -> date:
    """The day in London on which a moment lies."""
    return moment.astimezone(LONDON).date()


@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime:
    """A moment in UTC, of which one line says several times the same; ValueError for none, TypeError without offset."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("no moment")
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise TypeError("a moment without an offset")
    return found.astimezone(UTC)


class Fields:
    """The fields of one row, by name and through dots; a getter that finds a fault notes it and gives None."""

    def __init__(self, source: Source, report: ImportReport) -> None:
        self.source = source
        self.is_broken = False
        self._report = report

    def fault(self, name: str, rule: str) -> None:
        """Note that a rule is broken; unless it only warns, the row is broken with it."""
        self._report.found(self.source.file, self.source.line, name, rule)
        self.is_broken |= RULES[rule].severity is not Severity.WARNING

    def given(self, name: str) -> Any:
        """What was sent, None for nothing."""
        value: Any = self.source.values
        if "." not in name and "[" not in name:
            value = value.get(name)
            return None if type(value) is str and not value.strip() else value
        for part in _PARTS.findall(name):
            if isinstance(value, list) and part.isdigit():
                value = value[int(part)]
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        return None if isinstance(value, str) and not value.strip() else value

    def text(self, name: str, longest: int = 100_000) -> str | None:
        """Any text; None if there is none."""
        value = self.given(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _is_storable(value):
            self.fault(name, "value-malformed")
            return None
        value = value.strip()
        if len(value) > longest:
            self.fault(name, "value-too-long")
            return None
        return value or None

    def needed(self, name: str, value: Any) -> Any:
        """A value that has to be there: notes it as missing if nothing was sent."""
        if value is None and self.given(name) is None:
            self.fault(name, "field-missing")
        return value

    def required(self, name: str, longest: int = 100_000) -> str:
        """Text that has to be there."""
        text: str = self.needed(name, self.text(name, longest))
        return text

    def username(self, name: str) -> str | None:
        """A username, in lower case."""
        value = self.text(name, 60)
        if value is not None and not re.fullmatch(r"[!-~]+", value):
            self.fault(name, "value-malformed")
            return None
        return value.lower() if value else None

    def code(self, name: str, known: Collection[str], rule: str = "code-unknown") -> str | None:
        """A code of a closed list; one that only warns is given back all the same."""
        value = self.text(name)
        if value is None or value in known:
            return value
        if f"0{value}" in known:
            self.fault(name, "zero-restored")
            return f"0{value}"
        self.fault(name, "number-rounded" if is_rounded(value) else rule)
        return value if RULES[rule].severity is Severity.WARNING else None

    def word(self, name: str, words: type[Word]) -> Word | None:
        """A word of a closed vocabulary."""
        value = self.code(name, {each.value for each in words})
        return words(value) if value is not None else None

    def identifier(self, name: str, canonical: Callable[[str], str], rule: str = "identifier-invalid") -> str | None:
        """An identifier in its canonical form."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return canonical(value)
        except IdentifierInvalid:
            named = (
                "number-rounded" if is_rounded(value) else "zeros-dropped" if lacks_zeros(value, canonical) else None
            )
            if named is not None:
                self.fault(name, named)
            if named is None or RULES[rule].severity is Severity.FILE:
                self.fault(name, rule)
            return None

    def concept(self, name: str) -> str | None:
        """A SNOMED CT code."""
        value = self.text(name, 20)
        if value is None or not is_rounded(value):
            return value
        self.fault(name, "number-rounded")
        return None

    def listed(self, name: str, known: Collection[str], longest: int) -> str | None:
        """A code of a list that is not known to be whole, or that nothing rests on: another is warned of, and kept."""
        value = self.text(name, longest)
        return self.code(name, known, "code-unlisted") if value is not None else None

    def number(self, name: str, lowest: int, highest: int) -> int | None:
        """A whole number between two."""
        value = self.given(name)
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
            value = int(value)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            self.fault(name, "value-malformed")
            return None
        return value

    def flag(self, name: str) -> bool | None:
        """Yes or no: true or false in JSON, Y or N in a table."""
        value = self.given(name)
        if isinstance(value, str):
            value = {"Y": True, "N": False}.get(value)
        elif value is None:
            return None
        if not isinstance(value, bool):
            self.fault(name, "value-malformed")
            return None
        return value

    def day(self, name: str) -> date | None:
        """A date."""
        value = self.text(name)
        if value is None:
            return None
        try:
            if day := _DAY.fullmatch(value):
                return date.fromisoformat(day[1])
            found, rule = respelled(value)
        except ValueError:
            found, rule = None, "date-malformed"
        self.fault(name, rule)
        return found

    def clock(self, name: str) -> time | None:
        """A time of day."""
        value = self.text(name)
        if value is None:
            return None
        try:
            if found := _CLOCK.fullmatch(value):
                return time.fromisoformat(found[2])
        except ValueError:
            pass
        self.fault(name, "moment-malformed")
        return None

    def moment(self, name: str) -> datetime | None:
        """A moment with its offset."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return _moment(value)
        except (ValueError, OverflowError):
            self.fault(name, "moment-malformed")
        except TypeError:
            self.fault(name, "moment-without-offset")
        return None

    def start(self, name: str) -> datetime | None:
        """A moment, or a date that stands for its first instant in London."""
        if _DATE.fullmatch(str(self.given(name))):
            day = self.day(name)
            return start_of(day) if day else None
        return self.moment(name)

    def end(self, name: str) -> datetime | None:
        """A moment from which it is over; a date holds to its end in London."""
        if _DATE.fullmatch(str(self.given(name))):
            day = self.day(name)
            return start_of(day + timedelta(days=1)) if day and day < date.max else None
        return self.moment(name)

    def each(self, name: str) -> Iterator[str]:
        """The names of the parts of a list: `requirements[0]`."""
        value = self.given(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(name, "value-malformed")
            return
        for place in range(len(value)):
            yield f"{name}[{place}]"

    def check_object(self, name: str) -> None:
        """Notes an object that is none: its fields would be taken for not sent."""
        if self.given(name) is not None and not isinstance(self.given(name), Mapping):
            self.fault(name, "value-malformed")

    def in_order(self, start: Any, end: Any, name: str, rule: str = "ends-before-start") -> None:
        """Notes a period whose end lies before its start."""
        if start is not None and end is not None and end < start:
            self.fault(name, rule)


def _is_storable(text: str) -> bool:
    """PostgreSQL keeps no U+0000, and neither database half a character."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
