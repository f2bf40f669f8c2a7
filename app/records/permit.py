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


@dataclass(slots=True)
class Permit:
    """Opens the named categories of one person, for one answer; closed as soon as the answer is made."""

    person_id: str
    crn: str
    caller: Caller
    at: datetime
    openings: Mapping[Category, Opening]
    seal: object = field(repr=False)
    live: bool = True

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("only the gate makes a permit")

    def covers(self, tables: frozenset[str]) -> bool:
        """Whether it is live and opens every one of these tables."""
        return self.live and all(any(table in tables_of(category) for category in self.openings) for table in tables)

    def close(self) -> None:
        """Nothing more is read with it."""
        self.live = False


@dataclass(slots=True)
class ListPermit:
    """Opens the rows of a list for which some clause can permit; the statement itself narrows them."""

    caller: Caller
    at: datetime
    tables: frozenset[str]
    seal: object = field(repr=False)
    live: bool = True

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("only the gate makes a permit")

    def covers(self, tables: frozenset[str]) -> bool:
        """Whether it is live and the list was decided on these tables."""
        return self.live and tables <= self.tables

    def close(self) -> None:
        """Nothing more is read with it."""
        self.live = False


def issue(person_id: str, crn: str, caller: Caller, at: datetime, openings: Mapping[Category, Opening]) -> Permit:
    """A permit for what was decided; for `app.gate` alone, which a test holds to."""
    return Permit(person_id, crn, caller, at, openings, _SEAL)


def issue_list(caller: Caller, at: datetime, tables: frozenset[str]) -> ListPermit:
    """A permit for a list's one statement; for `app.gate` alone, which a test holds to."""
    return ListPermit(caller, at, tables, _SEAL)
