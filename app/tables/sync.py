"""Batches of a neighbour's records: how far each is applied, its lines until they are, and those that have to wait.

What a line says stands in `sync_chunk` until its batch is done, and in `sync_held` until what it waits for is there.
Both are as closed as the most closed of what they may hold (notes): no answer ever carries them. `sync_batch` and
`sync_result` name lines by their numbers and nobody by anything.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    text,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.tables.columns import Instant, inner, one_of
from app.vocabulary import Category

IDENTITY, NOTES = Category.IDENTITY, Category.NOTES
STATES = ("received", "applying", "done", "stopped")
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up an INTEGER PRIMARY KEY alone
_OPEN = text("state IN ('received', 'applying')")
_DUE = text("due_at IS NOT NULL")
_AWAITED = text("outcome = 'awaited'")


class SyncBatch(SQLModel, table=True):
    """A batch that was received whole: what it was, who sent it, where its application goes on, and what came of it."""

    __tablename__ = "sync_batch"
    __table_args__ = (
        Unique("client", "batch_id"),
        one_of("state", STATES),
        CheckConstraint("chunk >= 0 AND place >= 0", name="goes_on_within_itself"),
        Index("ix_sync_batch_open", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    number: int | None = Field(default=None, sa_column=Column(_NUMBER, Identity(), primary_key=True))
    client: str = Field(max_length=60)
    batch_id: str = Field(max_length=64)
    party: str = Field(max_length=12)
    role: str = Field(max_length=30)
    service: str | None = Field(default=None, max_length=40)
    token: str = Field(max_length=100)
    upload: str = Field(max_length=36, unique=True)
    digest: str = Field(max_length=64)
    records: int
    chunks: int
    state: str = Field(max_length=10)
    chunk: int = 0
    place: int = 0
    """How many of the chunk's records are done with, in the order in which they are applied."""
    accepted: int = 0
    unchanged: int = 0
    superseded: int = 0
    conflict: int = 0
    rejected: int = 0
    not_kept: int = 0
    warned: int = 0
    claim: str | None = Field(default=None, max_length=36)
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)
    """By the real clock; past it the process that applied it is taken for dead."""
    received_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class SyncChunk(SQLModel, table=True):
    """Some lines of an upload, deflated; gone once its batch is done."""

    __tablename__ = "sync_chunk"
    __table_args__ = ({"info": {PROTECTED: True}},)

    upload: str = inner(NOTES, primary_key=True, max_length=36)
    number: int = inner(NOTES, primary_key=True)
    first_line: int = inner(NOTES)
    body: bytes = inner(NOTES, sa_type=LargeBinary)
    recorded_at: datetime = inner(NOTES, sa_type=Instant)


class SyncResult(SQLModel, table=True):
    """What came of some lines of a batch: numbers, outcomes, rules and fields, deflated JSON."""

    __tablename__ = "sync_result"

    batch: int = Field(sa_column=Column(_NUMBER, ForeignKey("sync_batch.number"), primary_key=True))
    chunk: int = Field(primary_key=True)
    part: str = Field(primary_key=True, max_length=50)
    """Where in the chunk it begins; of a line that waited, its record: what came of it in the end stands over it."""
    body: bytes = Field(sa_type=LargeBinary)


class SyncHeld(SQLModel, table=True):
    """A line that was taken and waits: for its person, its parent or its patient's link."""

    __tablename__ = "sync_held"
    __table_args__ = (
        Index("ix_sync_held_waits_for", "waits_for"),
        Index("ix_sync_held_due_at", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        {"info": {PROTECTED: True}},
    )

    record_id: str = inner(NOTES, primary_key=True, max_length=36)
    record_table: str = inner(NOTES, max_length=40)
    source_version: str = inner(NOTES, max_length=32)
    waits_for: str = inner(NOTES, max_length=80)
    """A table and an id, such as `person:…`, or `row-referral:…` where it does not suffice that the other waits too.

    Or `link:…`: that a patient is linked to a person.
    """
    due_at: datetime | None = inner(NOTES, default=None, sa_type=Instant)
    """When it is to be tried again; nothing until what it waits for has come."""
    crn: str | None = inner(IDENTITY, default=None, max_length=7, index=True)
    """Whose it is, as far as it says so: it is erased with them."""
    known: str | None = inner(NOTES, default=None)
    """What records that belong to it have to know of it, as JSON."""
    line: str = inner(NOTES)
    batch: int = inner(NOTES, sa_type=BigInteger)
    chunk: int = inner(NOTES)
    number: int = inner(NOTES)
    """Which line of that batch it was."""
    recorded_at: datetime = inner(NOTES, sa_type=Instant)


class PartedRecord(SQLModel, table=True):
    """A record that came with a registration whose link to a person has ended, as it stood.

    The database sets it aside with the link, and brings it back with the next: see migration 0029. Nobody reads it, and
    it is compared by its version, so that its sender is answered as before (H7).
    """

    __tablename__ = "parted_record"
    __table_args__ = (
        ForeignKeyConstraint(["patient_id"], ["patient.id"], ondelete="CASCADE"),
        {"info": {PROTECTED: True}},
    )

    record_id: str = inner(NOTES, primary_key=True, max_length=36)
    record_table: str = inner(NOTES, max_length=40)
    source_version: str = inner(NOTES, max_length=32)
    patient_id: str = inner(IDENTITY, max_length=36, index=True)
    known: str | None = inner(NOTES, default=None)
    """As of a line that waits."""
    body: str = inner(NOTES)
    """Its columns, as JSON."""
    recorded_at: datetime = inner(NOTES, sa_type=Instant)


class SyncEvent(SQLModel, table=True):
    """That the probation service's system said that something of a person changed there; never what."""

    __tablename__ = "sync_event"
    __table_args__ = (
        one_of("outcome", ("applied", "awaited", "overtaken")),
        Index("ix_sync_event_crn", "crn"),
        Index("ix_sync_event_awaited", "client", sqlite_where=_AWAITED, postgresql_where=_AWAITED),
        {"info": {PROTECTED: True}},
    )

    id: str = inner(IDENTITY, primary_key=True, max_length=36)
    client: str = inner(IDENTITY, max_length=60)
    event_type: str = inner(IDENTITY, max_length=80)
    occurred_at: datetime = inner(IDENTITY, sa_type=Instant)
    occurred_version: str = inner(IDENTITY, max_length=32)
    """The same as records have it, to be compared with theirs."""
    crn: str = inner(IDENTITY, max_length=7)
    outcome: str = inner(IDENTITY, max_length=10)
    recorded_at: datetime = inner(IDENTITY, sa_type=Instant)
