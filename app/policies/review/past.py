"""A past decision as the log tells it: who asked in which role, on which facts, and what came of it; never of whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, eq=False)
class Said:
    """What an entry says of its decision. Entries that say the same share one, so that it can be a key by identity."""

    kind: str
    agreement: str | None
    """The digest that it was decided under."""
    role: str | None
    party: str | None
    purpose: str | None
    action: str
    resource: str
    outcome: str
    reason: str | None
    facts: int | None
    fact_names: tuple[str, ...]
    clauses: tuple[str, ...]
    released: tuple[str, ...]
    """Subjects of which something was released."""
    withheld: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Subject to `clauses`, `missing` and `stoppedBy`."""
    subjects: tuple[str, ...] | None
    """What was asked for, where the entry's details say so."""


class Logged(NamedTuple):
    """One entry: its number, the moment of the decision, and what it says."""

    seq: int
    occurred_at: str
    said: Said
