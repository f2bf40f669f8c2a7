"""What the operator says of premises, rooms and therapists: a file in TOML, checked before anything of it is kept."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.pathway.diary.places import plain
from app.pathway.diary.weekly import weekly
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import postcode as canonical_postcode


class DiaryInvalid(ValueError):
    """The file cannot be read as a description of premises; the message says where and why."""


def _hours(text: str) -> str:
    weekly(text)
    return text


def _postcode(text: str) -> str:
    try:
        return canonical_postcode(text)
    except IdentifierInvalid as fault:
        raise ValueError("a postcode such as LE1 1AA") from fault


_DAY = 24 * 60
Hours = Annotated[str, Field(max_length=500), AfterValidator(_hours)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Site = Annotated[str, Field(pattern=r"^[A-Z0-9]{5,9}$")]
"""A site's ODS code."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DescribedRoom(_Part):
    """A room; 0 is the ground floor, and a seat for everybody who is in it."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    floor: Annotated[int, Field(ge=-3, le=60)]
    seats: Annotated[int, Field(ge=2, le=100)] = 2


class DescribedPremises(_Part):
    """Premises: their site's code, what diaries call them, when they are open, and their rooms in order of choice."""

    site: Site
    name: Name
    called: tuple[Name, ...] = ()
    postcode: Annotated[str, AfterValidator(_postcode)] | None = None
    location: Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")] = "M02"
    """ActLocTypeCode of the national tables; M02 is probation premises."""
    open: Hours
    open_on_bank_holidays: bool = False
    closed: tuple[date, ...] = ()
    journeys: dict[Name, Annotated[int, Field(ge=0, le=240)]] = {}
    """Minutes from places, by the names that diaries call them, where they are not the usual."""
    rooms: Annotated[tuple[DescribedRoom, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _are_apart(self) -> "DescribedPremises":
        if len({room.name for room in self.rooms}) < len(self.rooms):
            raise ValueError("two rooms have one name")
        return self

    @property
    def names(self) -> list[str]:
        """Every name as it is compared."""
        return sorted({plain(name) for name in (self.name, *self.called)})


class DescribedSession(_Part):
    """Hours that a therapist holds each week, within days; where, and of what kind."""

    hours: Hours
    site: Site | None = None
    room: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    kind: Annotated[str, Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _ends_that_day(self) -> "DescribedSession":
        if any(not each.starts < each.ends < _DAY for each in weekly(self.hours)):
            raise ValueError("a session ends on the day on which it begins")
        if self.room is not None and self.site is None:
            raise ValueError("a room is one of a site")
        return self

    def weekdays(self) -> Iterator[tuple[int, time, time]]:
        """Each day of the week (Monday is 1) with the first and the last minute."""
        for each in weekly(self.hours):
            for day in sorted(each.days):
                yield day + 1, time(*divmod(each.starts, 60)), time(*divmod(each.ends, 60))


class DescribedTherapist(_Part):
    """What people may need to know of whom they see; share of a week and sessions to begin with, until the clinical
    lead plans others.
    """

    username: Annotated[str, Field(pattern=r"^[!-~]{1,60}$")]
    gender: Annotated[str, Field(pattern=r"^(female|male|other)$")] | None = None
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,6})?$")], ...] = ()
    wte: Annotated[float, Field(gt=0, le=1)] | None = None
    sessions: tuple[DescribedSession, ...] = ()


class Described(_Part):
    """The whole file."""

    travel_minutes: Annotated[int, Field(ge=0, le=240)] = 30
    """The usual time between places, and from home."""
    premises: Annotated[tuple[DescribedPremises, ...], Field(min_length=1)]
    therapists: tuple[DescribedTherapist, ...] = ()

    @model_validator(mode="after")
    def _are_apart(self) -> "Described":
        """A name that two premises go by would be the same building in two places."""
        names = Counter(name for each in self.premises for name in each.names)
        shared = [name for name, count in names.items() if count > 1]
        if shared:
            raise ValueError(f"'{shared[0]}' names two premises")
        if len({each.site for each in self.premises}) < len(self.premises):
            raise ValueError("a site's code stands twice")
        if len({each.username.lower() for each in self.therapists}) < len(self.therapists):
            raise ValueError("a therapist stands twice")
        for session in (each for one in self.therapists for each in one.sessions):
            rooms = {each.site: {room.name for room in each.rooms} for each in self.premises}
            if session.site is not None and session.site not in rooms:
                raise ValueError(f"no premises have the site '{session.site}'")
            if session.room is not None and session.room not in rooms[session.site or ""]:
                raise ValueError(f"'{session.site}' has no room '{session.room}'")
        return self


def read_described(path: Path) -> Described:
    """The operator's file; DiaryInvalid for one that cannot be read."""
    try:
        return Described.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as fault:
        raise DiaryInvalid(f"'{path.name}' cannot be read") from fault
    except tomllib.TOMLDecodeError as fault:
        raise DiaryInvalid(f"'{path.name}' is not TOML: {fault}") from fault
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DiaryInvalid(f"'{path.name}', {where}: {first['msg'].lower()}") from fault
