"""What each receiver of changes has been given of whom, and what it was told to drop until it has acknowledged that.

Numbers are one receiver's own: they go up under the log's lock, and a cursor is one of them.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, text
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.tables.columns import CATEGORY, OUTPUT, Instant, inner
from app.vocabulary import Category

IDENTITY = Category.IDENTITY
_OPEN, _DROPPED = text("closed_at IS NULL"), text("removal IS NOT NULL")
_TAGS = {CATEGORY: IDENTITY, OUTPUT: False}


def _receiver() -> str:
    column = Column(String(60), ForeignKey("client.id"), primary_key=True, info=_TAGS)
    of: str = Field(sa_column=column)
    return of


def _number(*, primary_key: bool = False) -> int:
    number: int = Field(sa_column=Column(BigInteger, primary_key=primary_key, autoincrement=False, nullable=False,
                                         info=_TAGS))  # fmt: skip
    return number


class FeedReceiver(SQLModel, table=True):
    """How far one system's feed is worked out; it holds nothing about anybody."""

    __tablename__ = "feed_receiver"

    receiver: str = _receiver()
    number: int = _number()
    """The last number that was given."""
    version: int = _number()
    """Goes up with each change of the receiver's rows, so that nothing is written on what is no longer so."""
    position: int = _number()
    """The log's size up to which changes were looked at."""
    basis: str = Field(max_length=200)
    """The agreement and the registration that the last round went by."""
    round_at: datetime | None = Field(default=None, sa_type=Instant)
    """When everybody was begun to be looked at; None before that ever was."""
    swept_to: str | None = Field(default=None, max_length=7)
    """The CRN up to which the round has come; None when it is over."""


class FeedPerson(SQLModel, table=True):
    """Somebody of whom a receiver may read something, or could until it is told to drop them."""

    __tablename__ = "feed_person"
    __table_args__ = (
        Index("ix_feed_person_number", "receiver", "number"),
        Index("ix_feed_person_removal", "receiver", "removal", sqlite_where=_DROPPED, postgresql_where=_DROPPED),
        Index("ix_feed_person_member", "receiver", "member"),
        {"info": {PROTECTED: True}},
    )

    person_id: str = inner(IDENTITY, primary_key=True, max_length=36)
    """No foreign key: whoever is gone from the records still has to be dropped by the receiver."""
    receiver: str = _receiver()
    crn: str = inner(IDENTITY, max_length=7)
    member: int = _number()
    """The receiver's number for them, as long as it has them."""
    number: int = _number()
    """Their place in the feed, moved to its end with each change; 0 once they are out of reach."""
    opened: str = inner(IDENTITY, max_length=300)
    """The categories that were open, by name."""
    digest: str | None = inner(IDENTITY, default=None, max_length=64)
    """Of what the receiver was sent last; None while something waits to be sent."""
    given: int = Field(sa_column=Column(Integer, nullable=False, info=_TAGS))
    """1 once an answer with them has its entry."""
    removal: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, info=_TAGS))
    """The number of the removal notice about them that is open."""
    identifiers: str = inner(IDENTITY, max_length=2000)
    """The receiver's own ids for them, as JSON; they were sent with the person."""
    recorded_at: datetime = inner(IDENTITY, sa_type=Instant)


class FeedRemoval(SQLModel, table=True):
    """That a receiver has to drop somebody, by its own ids for them alone, which go once it has acknowledged that.

    It belongs to no row of the person, since it has to outlive their erasure until then.
    """

    __tablename__ = "feed_removal"
    __table_args__ = (
        Index("ix_feed_removal_open", "receiver", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),
        {"info": {PROTECTED: True}},
    )

    receiver: str = _receiver()
    number: int = _number(primary_key=True)
    identifiers: str | None = inner(IDENTITY, default=None, max_length=2000)
    made_at: datetime = inner(IDENTITY, sa_type=Instant)
    acknowledged_at: datetime | None = inner(IDENTITY, default=None, sa_type=Instant)
    closed_at: datetime | None = inner(IDENTITY, default=None, sa_type=Instant)
    """When it was acknowledged, or the person was sent again, which makes it void."""
