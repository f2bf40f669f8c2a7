"""What others counted of the people who were discharged: reconvictions, and how they used other services.

It comes as counts in a file, and nothing in it can be tied to a person or to a referral.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

RECONVICTION = "reconviction"
"""Within twelve months of discharge, or of the same day for a comparison."""


class AfterwardsInvalid(ValueError):
    """The file cannot be read as counts of what came afterwards; the message says where and why."""


class Group(StrEnum):
    """Who was counted."""

    SERVICE = "service"
    COMPARISON = "comparison"


class When(StrEnum):
    """In the twelve months before referral, or after discharge."""

    BEFORE = "before"
    AFTER = "after"


def _or_none(value: Any) -> Any:
    return None if value == "" else value


Count = Annotated[int, Field(ge=0)]
MaybeCount = Annotated[int | None, Field(ge=0), BeforeValidator(_or_none)]


class Counted(BaseModel):
    """A line: how many people, of how many of them it is known, with how many it happened, or how often it did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: str = Field(pattern=r"^[a-z][a-z-]{0,39}$")
    group: Group
    when: When
    people: Count
    followed: Count
    with_event: MaybeCount = None
    events: MaybeCount = None
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        is_of_people = self.outcome == RECONVICTION
        if self.followed > self.people:
            raise ValueError("more were followed than there were")
        if is_of_people and (self.with_event is None or self.events is not None or self.when is When.BEFORE):
            raise ValueError("reconviction counts people, with_event alone, and after discharge")
        if not is_of_people and (self.events is None or self.with_event is not None or self.group is not Group.SERVICE):
            raise ValueError("the use of services counts events alone, and those of the service's own people")
        if self.with_event is not None and self.with_event > self.followed:
            raise ValueError("more were reconvicted than followed")
        return self

    @property
    def key(self) -> tuple[str, Group, When]:
        """What a file says once."""
        return self.outcome, self.group, self.when


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Every line of a file; none of it where there is no file."""

    lines: tuple[Counted, ...]

    def reconviction(self, group: Group) -> Counted | None:
        """Of one group, if it was counted."""
        return next((line for line in self.lines if line.key == (RECONVICTION, group, When.AFTER)), None)

    def use(self) -> Iterator[tuple[Counted, Counted]]:
        """Before and after, for each service that people used."""
        for line in self.lines:
            if line.outcome != RECONVICTION and line.when is When.BEFORE:
                yield line, next(each for each in self.lines if each.key == (line.outcome, line.group, When.AFTER))


def read_afterwards(path: Path) -> Afterwards:
    """A CSV with the names of `Counted` in its first line; AfterwardsInvalid for one that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise AfterwardsInvalid(f"'{path.name}' cannot be read") from fault
    lines = tuple(_line(path.name, number, row) for number, row in enumerate(rows, start=2))
    _check(path.name, lines)
    return Afterwards(lines)


def _line(name: str, number: int, row: dict[str | Any, Any]) -> Counted:
    try:
        return Counted.model_validate({key or "extra": value for key, value in row.items()})
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise AfterwardsInvalid(
            f"'{name}', line {number}{f', {where}' if where else ''}: {first['msg'].lower()}"
        ) from fault


def _check(name: str, lines: Iterable[Counted]) -> None:
    keys = [line.key for line in lines]
    if len(set(keys)) < len(keys):
        raise AfterwardsInvalid(f"'{name}' says the same twice: outcome, group and when tell its lines apart")
    for outcome, group, when in keys:
        other = When.BEFORE if when is When.AFTER else When.AFTER
        if outcome != RECONVICTION and (outcome, group, other) not in keys:
            raise AfterwardsInvalid(f"'{name}', {outcome}: there is nothing {other}")
    if (RECONVICTION, Group.COMPARISON, When.AFTER) in keys and (RECONVICTION, Group.SERVICE, When.AFTER) not in keys:
        raise AfterwardsInvalid(f"'{name}', reconviction: there is a comparison with nobody of the service")
