"""Limited access, emergency grants, and subject requests."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.tables.columns import CATEGORY, OUTPUT, Instant, Kept, OfPerson, from_source, kept, one_of, options, ordered
from app.vocabulary import Register, Subject

LIMITS, GRANT, REQUEST = Register.LIMITS, Register.EMERGENCY_GRANT, Register.SUBJECT_REQUEST
_OPEN = text("closed_on IS NULL")


class AccessLimit(OfPerson, table=True):
    """An exclusion (a deny list) or a restriction (an allow list) on a person's whole record."""

    __tablename__ = "access_limit"
    __table_args__ = options(
        from_source(),
        one_of("kind", ("exclusion", "restriction")),
        ordered("valid_from", "valid_until"),
        Index("ix_access_limit_valid_from", "valid_from"),
        Index("ix_access_limit_valid_until", "valid_until"),
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = LIMITS

    kind: str = kept(LIMITS, max_length=12)
    message: str = kept(LIMITS, max_length=500)
    valid_from: datetime = kept(LIMITS, sa_type=Instant)
    valid_until: datetime | None = kept(LIMITS, default=None, sa_type=Instant)


class AccessLimitName(SQLModel, table=True):
    """A staff name on a limit's list, in lower case; a name nobody has is kept all the same."""

    __tablename__ = "access_limit_name"
    __table_args__ = (
        ForeignKeyConstraint(["limit_id"], ["access_limit.id"]),
        CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        {"info": {PROTECTED: True, "feeds_facts": True}},
    )

    limit_id: str = kept(LIMITS, primary_key=True, max_length=36)
    username: str = kept(LIMITS, primary_key=True, max_length=60)
    recorded_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"info": {CATEGORY: LIMITS, OUTPUT: False}})


class EmergencyGrant(Kept, table=True):
    """Break-glass: one person, 60 minutes, a written reason, and a review that cannot be skipped."""

    __tablename__ = "emergency_grant"
    __table_args__ = options(
        CheckConstraint("length(reason) >= 20", name="reason_is_given"),
        ordered("granted_at", "expires_at"),
        Index("ix_emergency_grant_staff", "staff_id", "crn"),
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = GRANT

    staff_id: str = kept(GRANT, foreign_key="staff.id")
    crn: str = kept(GRANT, max_length=7, index=True)
    reason: str = kept(GRANT, max_length=2000)
    feared: str = kept(GRANT, max_length=2000)
    granted_at: datetime = kept(GRANT, sa_type=Instant)
    expires_at: datetime = kept(GRANT, sa_type=Instant)
    revoked_at: datetime | None = kept(GRANT, default=None, sa_type=Instant)
    reviewed_by_id: str | None = kept(GRANT, default=None, foreign_key="staff.id")
    reviewed_at: datetime | None = kept(GRANT, default=None, sa_type=Instant)
    outcome: str | None = kept(GRANT, default=None, max_length=40)
    review_note: str | None = kept(GRANT, default=None, max_length=2000)


class SubjectRequest(OfPerson, table=True):
    """A subject access request; open from the day it is received until it is closed."""

    __tablename__ = "subject_request"
    __table_args__ = options(
        from_source(),
        ordered("opened_on", "closed_on"),
        Index("ix_subject_request_one_open", "person_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = REQUEST

    opened_on: date = kept(REQUEST)
    closed_on: date | None = kept(REQUEST, default=None)
    opened_by: str = kept(REQUEST, max_length=60)
    reference: str | None = kept(REQUEST, default=None, max_length=60)
    closed_by: str | None = kept(REQUEST, default=None, max_length=60)
