"""What a report's figures are read beside: business case, comparator, costs, and what others counted afterwards.

All of it comes from a file, `beside.toml` or the operator's own, with its sources in it.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.pathway.capacity import Capacity
from app.pathway.reports.afterwards import Afterwards, AfterwardsInvalid, read_afterwards

DAYS_IN_A_YEAR = 365.25


class BesideInvalid(ValueError):
    """The file cannot be read as what figures stand beside; the message says where and why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BusinessCase(_Part):
    """How many referrals were planned for so many months."""

    referrals: int = Field(gt=0)
    months: int = Field(gt=0, le=120)
    source: str = Field(min_length=1)


class Comparator(_Part):
    """Appointments of another service that were due, and those that were missed."""

    name: str = Field(min_length=1)
    source: str = Field(min_length=1)
    due: int = Field(gt=0)
    missed: int = Field(ge=0)

    @model_validator(mode="after")
    def _missed_were_due(self) -> "Comparator":
        if self.missed > self.due:
            raise ValueError("more were missed than were due")
        return self


class CostItem(_Part):
    """What one part of the service costs in a year."""

    name: str = Field(min_length=1)
    a_year: float = Field(ge=0)
    source: str = Field(min_length=1)


class UnitCost(_Part):
    """What one event costs somebody."""

    each: float = Field(gt=0)
    source: str = Field(min_length=1)


class Costs(_Part):
    """What the service is assumed to cost, and what a reconviction is."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    items: list[CostItem] = Field(min_length=1)
    reconviction: UnitCost | None = None

    def of(self, days: int) -> float:
        """Of so many days."""
        return sum(item.a_year for item in self.items) * days / DAYS_IN_A_YEAR


def _shipped_capacity() -> Capacity:
    return beside().capacity


class Beside(_Part):
    """The whole file."""

    business_case: BusinessCase
    comparator: Comparator | None = None
    costs: Costs | None = None
    afterwards: Afterwards = Afterwards(())
    capacity: Capacity = Field(default_factory=_shipped_capacity)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    text: str


def read_beside(path: Path) -> Beside:
    """The operator's file, and the one that it names beside it; BesideInvalid for one that cannot be read."""
    try:
        return _parsed(_Named(path.name, path.read_text("utf-8")), path.parent)
    except (OSError, UnicodeDecodeError) as fault:
        raise BesideInvalid(f"'{path.name}' cannot be read") from fault


@cache
def beside() -> Beside:
    """The file that comes with the package: the business case and capacity, and nothing that others counted."""
    return _parsed(_Named("beside.toml", files("app.pathway.reports").joinpath("beside.toml").read_text("utf-8")))


def _parsed(file: _Named, folder: Path | None = None) -> Beside:
    try:
        content = tomllib.loads(file.text)
        counted = content.get("afterwards")
        if isinstance(counted, str) and folder is not None:
            content["afterwards"] = read_afterwards(folder / counted)
        return Beside.model_validate(content)
    except tomllib.TOMLDecodeError as fault:
        raise BesideInvalid(f"'{file.name}' is not TOML: {fault}") from fault
    except AfterwardsInvalid as fault:
        raise BesideInvalid(str(fault)) from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        raise BesideInvalid(f"'{file.name}', {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from fault
