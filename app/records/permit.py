"""The proof that a read was decided on: only the gate can make one, and no protected row is read without it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.records.views import tables_of
from app.vocabulary import Caller, Category

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Opening:
    """How far a permit opens one category: a caveat on its fields, and which referrals its rows may belong to."""

    caveat: str
    rows: frozenset[str] = frozenset({"sent"})


@dataclass(slots=True, kw_only=True)
class Permit:
    """Lets tables be read as long as it is live; it is closed as soon as its answer is made."""

    tables: frozenset[str]
    seal: object = field(repr=False)
    live: bool = True

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("only the gate makes a permit")

    def covers(self, tables: frozenset[str]) -> bool:
        """Whether it is live and opens every one of these tables."""
        return self.live and tables <= self.tables

    def close(self) -> None:
        """Nothing more is read with it."""
        self.live = False


@dataclass(slots=True, kw_only=True)
class PersonPermit(Permit):
    """Opens the named categories of one person, for one answer."""

    person_id: str
    crn: str
    caller: Caller
    at: datetime
    openings: Mapping[Category, Opening]


def issue(person_id: str, crn: str, caller: Caller, at: datetime, openings: Mapping[Category, Opening]) -> PersonPermit:
    """A permit for what was decided about one person; for `app.gate` alone, which a test holds to."""
    tables = frozenset().union(*(tables_of(category) for category in openings))
    return PersonPermit(
        tables=tables, seal=_SEAL, person_id=person_id, crn=crn, caller=caller, at=at, openings=openings
    )


def issue_tables(tables: frozenset[str]) -> Permit:
    """A permit for a list's one statement, or for comparing versions before a change; for `app.gate` alone."""
    return Permit(tables=tables, seal=_SEAL)
