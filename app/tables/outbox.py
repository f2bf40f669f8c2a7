"""What a party has to be told, written with the entry that caused it, and how far its delivery to each receiver is."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.tables.columns import Instant

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up an INTEGER PRIMARY KEY alone
_WAITING = text("delivered_at IS NULL AND dead_at IS NULL")


class Announcement(SQLModel, table=True):
    """One thing that one party is told; numbered under the log's lock, and so in the order of the log."""

    __tablename__ = "announcement"
    __table_args__ = (
        UniqueConstraint("event_id", "kind", "party"),
        Index("ix_announcement_party", "party", "number"),
    )

    number: int | None = Field(default=None, sa_column=Column(_NUMBER, Identity(), primary_key=True))
    id: str = Field(max_length=36, unique=True)
    event_id: str = Field(max_length=36)
    kind: str = Field(max_length=40)
    party: str = Field(max_length=70)
    """Which party is told; or `system:` and the system that is, of changes in its feed."""
    grant_id: str | None = Field(default=None, max_length=36)
    """No foreign key: that somebody was told outlives the grant, should the law have it erased."""
    alert_id: str | None = Field(default=None, max_length=36)
    """An access alert or a safety alert, as the kind says."""
    meeting_id: str | None = Field(default=None, max_length=36)
    feed_number: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """The system's own number of a person in its feed, or of a removal notice."""
    created_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the first of the party's receivers had taken it."""


class WebhookDelivery(SQLModel, table=True):
    """One announcement on its way to one receiver: what was tried, when it is tried again, and how it ended."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_number", "number"),
        Index("ix_webhook_delivery_waiting", "receiver", "number", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    receiver: str = Field(primary_key=True, max_length=40)
    number: int = Field(sa_column=Column(_NUMBER, ForeignKey("announcement.number"), primary_key=True))
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_type=Instant)
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)
    """While a process tries it; past that moment the process is taken for dead, and another one tries."""
    last_error: str | None = Field(default=None, max_length=40)
    """A word of ours, such as `status-503` or `timeout`; nothing that a receiver sent."""
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    dead_at: datetime | None = Field(default=None, sa_type=Instant)
