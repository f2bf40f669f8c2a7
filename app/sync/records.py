"""A record as it is to be written: rows of our tables, who writes it, how new it is and what it belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.sync.fields import Fields
from app.vocabulary import Action, Caller, Purpose, Subject

Origin = tuple[str, int]
"""File and line."""


@dataclass(frozen=True, slots=True)
class Act:
    """By whom, why and how a record is written; `facts_at` is the moment whose facts decide, None for now."""

    caller: Caller
    purpose: Purpose
    action: Action
    subjects: tuple[Subject, ...]
    facts_at: datetime | None = None


class Reference(NamedTuple):
    """Another record that has to be there: its table, its id there, and the field that names it."""

    table: str
    id: str
    field: str
    rule: str = "parent-missing"


@dataclass(frozen=True, slots=True)
class Inner:
    """Rows of another table that belong to a record and are replaced whole, by a column that names the record."""

    table: str
    column: str | None
    """None for rows that end by their own dates and are never taken back."""
    rows: Sequence[Mapping[str, Any]]
    is_parted: bool = False
    """Whether rows that are not sent any more stay, with the moment from which they are not so (`parted_at`)."""


@dataclass(slots=True, kw_only=True)
class Incoming:
    """One record, from one row or from several that make it up.

    Not frozen: what is known of it last, such as whose it is, is put in, since a copy took longer than all its checks.
    """

    origins: tuple[Origin, ...]
    table: str
    row: dict[str, Any]
    recorded_at: datetime
    modified_at: datetime
    crn: str | None = None
    first: Act | None = None
    """How it is written when it is new; None for what nobody could be permitted to write."""
    later: Act | None = None
    """How it is changed, where that differs."""
    needs: tuple[Reference, ...] = ()
    inner: tuple[Inner, ...] = ()
    assumed: Mapping[str, Any] = field(default_factory=dict)
    """Columns that its sender did not send: what they are if the record is new, and left as they are if it is not."""
    by_content: bool = False
    """Whether nothing says when it changed but the extract: then the same content is no change."""
    same_here: tuple[str, ...] = ()
    """Columns by which a record that was made here is known to be the same one, which then stands for it."""
    counts: bool = True
    """Whether its rows count as its own in the report; another record is made of them where they do not."""
    keeps_past: bool = False
    """Whether the database keeps what it was before, since it feeds facts."""
    waits_for_person: bool = False
    """Whether it may wait for a person who is not on file, without a word to its sender (H7)."""
    said_version: str | None = None
    """Its version, where that is known by itself: a source can count them instead of saying when it was changed."""

    @property
    def version(self) -> str:
        """What tells it from its states before and after."""
        return self.said_version or version_of(self.modified_at)


def origins_of(*rows: Fields) -> tuple[Origin, ...]:
    """Where a record comes from, its own row first."""
    return tuple((fields.source.file, fields.source.line) for fields in rows)


@lru_cache(maxsize=1024)
def version_of(moment: datetime) -> str:
    """A modification time as text that sorts as it passes; one record says several times the same."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def version_numbered(number: int) -> str:
    """A source's own count as text that sorts."""
    return f"v{number:012}"


@dataclass(slots=True)
class Times:
    """When something was recorded and last changed at its source."""

    recorded_at: datetime
    modified_at: datetime

    @classmethod
    def of(cls, fields: Fields, recorded: str, modified: str) -> "Times":
        """From the two fields of a row; the row is broken where one is missing or they are the wrong way round."""
        first = fields.needed(recorded, fields.moment(recorded))
        last = fields.needed(modified, fields.moment(modified))
        fields.in_order(first, last, modified, "modified-before-recorded")
        return cls(first, last)
