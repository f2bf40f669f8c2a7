"""Where people can be seen and where they may not go: premises with their rooms, journeys between them, zones.

A zone closes premises by their site's code or by where their postcode lies, as far as the probation service gave these;
of one that is told in words alone, by the names that the premises go by.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.pathway.diary.spans import Span, joined

_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)(?:\s*(\d)([A-Z]{2})?)?\b")
_WHOLE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)\s*(\d)([A-Z]{2})")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name as it is compared: small letters and figures, words apart by one space."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


def postcodes_in(text: str) -> list[str]:
    """Postcodes, sectors such as `LE2 1` and districts such as `LE2` that a text names; in capitals alone."""
    return [" ".join(filter(None, (out, f"{digit}{unit}"))) for out, digit, unit in _POSTCODE.findall(text)]


@dataclass(frozen=True, slots=True)
class Room:
    """A room: 0 is the ground floor; how many people it seats; when it is taken."""

    id: str
    name: str
    floor: int = 0
    seats: int = 2
    busy: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Premises by their site's code: when they are open, their rooms, and appointments there in nobody knows which."""

    id: str
    name: str
    postcode: str | None = None
    called: frozenset[str] = frozenset()
    """Every name that diaries and zones mean it by, as `plain` writes them."""
    open: tuple[Span, ...] = ()
    rooms: tuple[Room, ...] = ()
    unplaced: tuple[Span, ...] = ()

    def is_called(self, name: str | None) -> bool:
        """Whether a diary that names a place means this one."""
        return name is not None and plain(name) in self.called


@dataclass(frozen=True, slots=True)
class Zone:
    """Where somebody may not go: site codes, postcodes or parts of them, and the area in words."""

    sites: frozenset[str] = frozenset()
    postcodes: tuple[str, ...] = ()
    area: str = ""

    def closes(self, place: Place) -> bool:
        """Whether the premises lie in it, as far as anybody can tell."""
        if place.id in self.sites:
            return True
        parts = (*self.postcodes, *postcodes_in(self.area))
        if place.postcode is not None and any(_lies_in(place.postcode, part) for part in parts):
            return True
        words = f" {plain(self.area)} "
        return any(f" {name} " in words for name in place.called)


def _lies_in(postcode: str, part: str) -> bool:
    """Whether a postcode is one, or lies in a sector or a district: `LE2` does not hold `LE21 1AA`."""
    whole = _WHOLE.fullmatch(postcode.strip().upper())
    if whole is None:
        return False
    out, digit, unit = whole.groups()
    return part.strip().upper() in (out, f"{out} {digit}", f"{out} {digit}{unit}")


@dataclass(frozen=True, slots=True)
class Travel:
    """Minutes between places: the usual, and of those pairs that are told apart (premises, plain name)."""

    usual: int = 30
    between: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def longest(self) -> int:
        """What is always enough: what is counted where it may not be told where somebody comes from."""
        return max((self.usual, *self.between.values()))

    def to(self, place: Place, other: str | None) -> int:
        """From wherever another diary names to these premises, and back."""
        if place.is_called(other):
            return 0
        return self.usual if other is None else self.between.get((place.id, plain(other)), self.usual)


def apart(spans: Iterable[tuple[Span, int]]) -> list[Span]:
    """Each span with its own minutes of travel before and after it."""
    return joined((start - minutes, end + minutes) for (start, end), minutes in spans)
