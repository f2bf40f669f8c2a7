"""Who works where, in what role, trained and authorised for what, and with whom: what the caller's facts come from."""

from datetime import date, datetime, time
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.tables.columns import Instant, Kept, OfPerson, from_source, kept, one_of, options, ordered, words
from app.vocabulary import Party, Register, Role, Subject

STAFF, TRAINING, AUTHORISATION = Register.STAFF, Register.TRAINING, Register.AUTHORISATION
ALLOCATION = Register.ALLOCATION
COURSES = ("information-sharing", "criminal-justice-data", "mental-health-awareness")
_KEEPS_ITS_PAST = {"info": {"feeds_facts": True}}


class TherapyService(SQLModel, table=True):
    """A service that people are referred to, and the team that provides it."""

    __tablename__ = "therapy_service"

    id: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=200)
    provider: str = Field(max_length=6)


class Staff(Kept, table=True):
    """A member of staff: username in lower case, one role at one party, employed for a period."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        one_of("party", words(Party)),
        one_of("role", words(Role)),
        ordered("employed_from", "employed_until"),
        CheckConstraint("wte IS NULL OR (wte > 0 AND wte <= 1)", name="wte_is_a_share"),
        _KEEPS_ITS_PAST,
    )
    subject: ClassVar[Subject] = STAFF

    username: str = kept(STAFF, max_length=60, unique=True)
    name: str = kept(STAFF, max_length=200)
    party: str = kept(STAFF, max_length=12)
    role: str = kept(STAFF, max_length=30)
    service_id: str | None = kept(STAFF, default=None, foreign_key="therapy_service.id")
    team: str | None = kept(STAFF, default=None, max_length=100)
    manager: str | None = kept(STAFF, default=None, max_length=60)
    employed_from: date = kept(STAFF)
    employed_until: date | None = kept(STAFF, default=None)
    revoked_at: datetime | None = kept(STAFF, default=None, sa_type=Instant)
    wte: float | None = kept(STAFF, default=None)
    """Whole-time equivalent: the share of a full-time week; None where nobody has said."""


class StaffSession(Kept, table=True):
    """A session of therapy that somebody holds each week, in the time of Europe/London; `weekday` 1 is Monday."""

    __tablename__ = "staff_session"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_is_known"),
        CheckConstraint("ends > starts", name="ends_after_starts"),
        ordered("valid_from", "valid_until"),
    )
    subject: ClassVar[Subject] = STAFF

    staff_id: str = kept(STAFF, foreign_key="staff.id", index=True)
    service_id: str = kept(STAFF, foreign_key="therapy_service.id", index=True)
    weekday: int = kept(STAFF)
    starts: time = kept(STAFF)
    ends: time = kept(STAFF)
    site: str | None = kept(STAFF, default=None, max_length=9)
    room: str | None = kept(STAFF, default=None, max_length=40)
    therapy_kind: str | None = kept(STAFF, default=None, max_length=100)
    valid_from: date = kept(STAFF)
    valid_until: date | None = kept(STAFF, default=None)
    """The last day on which it can be held; None for one that goes on."""


class StaffLeave(Kept, table=True):
    """Days on which somebody is away, the first and the last among them; why is nowhere recorded."""

    __tablename__ = "staff_leave"
    __table_args__ = (ordered("starts_on", "ends_on"),)
    subject: ClassVar[Subject] = STAFF

    staff_id: str = kept(STAFF, foreign_key="staff.id", index=True)
    starts_on: date = kept(STAFF)
    ends_on: date = kept(STAFF)


class Training(Kept, table=True):
    """A completed course; valid until the day before `expires_on`."""

    __tablename__ = "training"
    __table_args__ = (one_of("course", COURSES), ordered("completed_on", "expires_on"), _KEEPS_ITS_PAST)
    subject: ClassVar[Subject] = TRAINING

    staff_id: str = kept(TRAINING, foreign_key="staff.id", index=True)
    course: str = kept(TRAINING, max_length=30)
    completed_on: date = kept(TRAINING)
    expires_on: date = kept(TRAINING)


class Authorisation(Kept, table=True):
    """Access to criminal-justice data, granted by a probation lead to a named member of health staff until a date."""

    __tablename__ = "authorisation"
    __table_args__ = (
        one_of("kind", ("criminal-justice",)),
        ordered("valid_from", "valid_until"),
        CheckConstraint("granted_by_id <> staff_id", name="never_to_oneself"),
        _KEEPS_ITS_PAST,
    )
    subject: ClassVar[Subject] = AUTHORISATION

    staff_id: str = kept(AUTHORISATION, foreign_key="staff.id", index=True)
    kind: str = kept(AUTHORISATION, max_length=30)
    granted_by_id: str = kept(AUTHORISATION, foreign_key="staff.id")
    valid_from: datetime = kept(AUTHORISATION, sa_type=Instant)
    valid_until: datetime = kept(AUTHORISATION, sa_type=Instant)
    revoked_at: datetime | None = kept(AUTHORISATION, default=None, sa_type=Instant)


class Allocation(OfPerson, table=True):
    """Whose person this is: the current offender manager (caseload), or the therapist of a referral (treating)."""

    __tablename__ = "allocation"
    __table_args__ = options(
        from_source(),
        one_of("kind", ("caseload", "treating")),
        CheckConstraint("(kind = 'treating') = (referral_id IS NOT NULL)", name="treating_names_the_referral"),
        ordered("valid_from", "valid_until"),
        Index("ix_allocation_staff", "staff_id", "kind", "person_id"),
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = ALLOCATION

    staff_id: str = kept(ALLOCATION, foreign_key="staff.id")
    kind: str = kept(ALLOCATION, max_length=10)
    referral_id: str | None = kept(ALLOCATION, default=None, foreign_key="referral.id")
    valid_from: datetime = kept(ALLOCATION, sa_type=Instant)
    valid_until: datetime | None = kept(ALLOCATION, default=None, sa_type=Instant)
    ended_here_at: datetime | None = kept(ALLOCATION, default=None, sa_type=Instant)
    """When somebody ended it here; no newer word about it from where it was begun lets it go on."""


class Client(SQLModel, table=True):
    """A registered system: it speaks for itself, for named staff of its party, or both."""

    __tablename__ = "client"
    __table_args__ = (
        one_of("party", words(Party)),
        one_of("role", words(Role)),
        CheckConstraint("secret_hash IS NOT NULL OR jwks IS NOT NULL", name="can_authenticate"),
        {"info": {"feeds_facts": True}},
    )

    id: str = Field(primary_key=True, max_length=60)
    name: str = Field(max_length=200)
    party: str = Field(max_length=12)
    role: str | None = Field(default=None, max_length=30)
    service_id: str | None = Field(default=None, foreign_key="therapy_service.id")
    acts_for_staff: bool = False
    secret_hash: str | None = Field(default=None, max_length=200)
    jwks: str | None = None
    registered_at: datetime = Field(sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)


class RevokedToken(SQLModel, table=True):
    """An access token that stopped before its time; kept until it would have expired."""

    __tablename__ = "revoked_token"

    token: str = Field(primary_key=True, max_length=60)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime = Field(sa_type=Instant)


class UsedAssertion(SQLModel, table=True):
    """A client's signed assertion that has been used; the same one is refused until it has expired."""

    __tablename__ = "used_assertion"

    client_id: str = Field(primary_key=True, max_length=60)
    assertion: str = Field(primary_key=True, max_length=100)
    expires_at: datetime = Field(sa_type=Instant)
