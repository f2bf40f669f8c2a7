"""Alerts about unusual access, whom each is about, how each was reviewed, and how far the log is watched.

No row of an alert is ever changed. Whom it is about, and what a reviewer wrote of them, stand apart from it, so that
they can be erased by law while it stays; the alert goes once its time is over (`app.pathway.retention`).
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.tables.columns import CATEGORY, OUTPUT, Instant, Kept, kept, one_of, options, words
from app.vocabulary import Party, Register, Role, Subject, WatchRule

ALERT = Register.ACCESS_ALERT
OUTCOMES = ("false-positive", "justified", "concern")


def _recorded_at() -> datetime:
    moment: datetime = Field(sa_type=Instant, sa_column_kwargs={"info": {CATEGORY: ALERT, OUTPUT: False}})
    return moment


class AccessAlert(Kept, table=True):
    """That a member of staff did something that somebody should ask about: by which rule, on what, and why."""

    __tablename__ = "access_alert"
    __table_args__ = options(
        one_of("rule", words(WatchRule)),
        one_of("party", words(Party)),
        one_of("role", words(Role)),
        UniqueConstraint("rule", "key"),
        Index("ix_access_alert_recorded_at", "recorded_at", "id"),
        Index("ix_access_alert_staff", "staff", "recorded_at"),
    )
    subject: ClassVar[Subject] = ALERT

    event_id: str = kept(ALERT, max_length=36, unique=True)
    """Of the entry in the log that says that it was raised."""
    rule: str = kept(ALERT, max_length=20)
    key: str = kept(ALERT, max_length=200)
    staff: str = kept(ALERT, max_length=60)
    """A username, as the log has it; whoever it was may have left the register."""
    party: str = kept(ALERT, max_length=12)
    role: str = kept(ALERT, max_length=30)
    tripped_at: datetime = kept(ALERT, sa_type=Instant)
    entries: str = kept(ALERT)
    """The numbers of the log's entries, as JSON."""
    figures: str = kept(ALERT)
    """What was counted and what it was compared with, as JSON."""
    explanation: str = kept(ALERT, max_length=1000)
    ask: str = kept(ALERT, max_length=300)


class AccessAlertPerson(SQLModel, table=True):
    """Whom an alert is about, if it is about one person; erased with them."""

    __tablename__ = "access_alert_person"
    __table_args__ = (
        ForeignKeyConstraint(["alert_id"], ["access_alert.id"]),
        {"info": {PROTECTED: True}},
    )

    alert_id: str = kept(ALERT, primary_key=True, max_length=36)
    person_id: str = kept(ALERT, max_length=36, index=True)
    crn: str = kept(ALERT, max_length=7, index=True)
    once: str = kept(ALERT, max_length=200, unique=True)
    """Rule, period, member of staff and person: of these there is one alert."""
    recorded_at: datetime = _recorded_at()


class AccessAlertReview(SQLModel, table=True):
    """How an alert was closed, once, by somebody whom it is not about."""

    __tablename__ = "access_alert_review"
    __table_args__ = (
        ForeignKeyConstraint(["alert_id"], ["access_alert.id"]),
        one_of("outcome", OUTCOMES),
        {"info": {PROTECTED: True}},
    )

    alert_id: str = kept(ALERT, primary_key=True, max_length=36)
    outcome: str = kept(ALERT, max_length=20)
    reviewed_by: str = kept(ALERT, max_length=60)
    reviewed_at: datetime = kept(ALERT, sa_type=Instant)
    recorded_at: datetime = _recorded_at()


class AccessAlertNote(SQLModel, table=True):
    """What a reviewer wrote; of an alert about a person it is erased with them, since it may tell of them."""

    __tablename__ = "access_alert_note"
    __table_args__ = (
        ForeignKeyConstraint(["alert_id"], ["access_alert_review.alert_id"]),
        {"info": {PROTECTED: True}},
    )

    alert_id: str = kept(ALERT, primary_key=True, max_length=36)
    person_id: str | None = kept(ALERT, default=None, max_length=36, index=True)
    note: str = kept(ALERT, max_length=2000)
    recorded_at: datetime = _recorded_at()


class AccessWatch(SQLModel, table=True):
    """The one row that says how far the log is watched, what is remembered of it, and which process watches it now."""

    __tablename__ = "access_watch"
    __table_args__ = (CheckConstraint("id = 1", name="one_watch"), {"info": {PROTECTED: True}})

    id: int = kept(ALERT, primary_key=True)
    position: int = kept(ALERT, sa_type=BigInteger)
    memory: str = kept(ALERT)
    """`app.pathway.watching.Memory` as JSON: figures of members of staff, and no person."""
    claimed_until: datetime | None = kept(ALERT, default=None, sa_type=Instant)
    """By the real clock; past it the process that watched is taken for dead."""
    recorded_at: datetime = _recorded_at()
