"""What both parties keep together: three-way meetings, what the person agreed to, and what they object to."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.tables.columns import (
    THIRD_PARTY,
    Instant,
    Kept,
    OfPerson,
    from_source,
    inner,
    kept,
    one_of,
    options,
    ordered,
    words,
)
from app.vocabulary import CATEGORIES, NEVER_OBJECTED, Category, Party, Scope, Subject

MEETING, CONSENT = Category.MEETING, Category.CONSENT
MEETING_STATUSES = ("planned", "held", "cancelled")
SIGNATORIES = ("person", "offender-manager", "therapist")
_FOR_GOOD = text("withdrawn_at IS NULL AND valid_until IS NULL")


class Meeting(OfPerson, table=True):
    """A three-way meeting of the person, the offender manager and the therapist."""

    __tablename__ = "three_way_meeting"
    __table_args__ = options(
        from_source(),
        one_of("status", MEETING_STATUSES),
        CheckConstraint("(status = 'held') = (agreed IS NOT NULL)", name="held_is_recorded"),
        section="meetings",
    )
    subject: ClassVar[Subject] = MEETING

    status: str = kept(MEETING, default="held", max_length=10)
    held_at: datetime = kept(MEETING, sa_type=Instant)
    """Until it is held: when it is to be."""
    place: str | None = kept(MEETING, default=None, max_length=200)
    site: str | None = kept(MEETING, default=None, max_length=9)
    """The premises, by their code."""
    offender_manager: str = kept(MEETING, max_length=60)
    therapist: str = kept(MEETING, max_length=60)
    invited_by: str | None = kept(MEETING, default=None, max_length=60)
    agenda: str | None = kept(MEETING, default=None, max_length=2000, info={THIRD_PARTY: True})
    agreed: str | None = kept(MEETING, default=None, max_length=2000, info={THIRD_PARTY: True})
    person_view: str | None = kept(MEETING, default=None, max_length=2000, info={THIRD_PARTY: True})
    """As it was told to whoever wrote it down."""
    offender_manager_view: str | None = kept(MEETING, default=None, max_length=2000, info={THIRD_PARTY: True})
    therapist_view: str | None = kept(MEETING, default=None, max_length=2000, info={THIRD_PARTY: True})
    cancelled_because: str | None = kept(MEETING, default=None, max_length=500, info={THIRD_PARTY: True})
    next_date: date | None = kept(MEETING, default=None)
    third_party: bool = inner(MEETING)
    serious_harm: bool = inner(MEETING)
    patient_id: str | None = inner(MEETING, default=None, max_length=36, index=True)
    """The registration that it came with, as of a referral."""


def _of_meeting(*constraints: Any, section: str) -> tuple[Any, ...]:
    """What belongs to a meeting goes with it, as when its registration turns out to be somebody else's."""
    belongs = ForeignKeyConstraint(["meeting_id"], ["three_way_meeting.id"], ondelete="CASCADE")
    return options(belongs, *constraints, section=section)


class MeetingResponse(Kept, table=True):
    """What a member of staff answered to an invitation, the newest for each."""

    __tablename__ = "meeting_response"
    __table_args__ = _of_meeting(
        UniqueConstraint("meeting_id", "staff"),
        one_of("response", ("accepted", "declined")),
        section="responses",
    )
    subject: ClassVar[Subject] = MEETING

    meeting_id: str = kept(MEETING, max_length=36)
    person_id: str = inner(MEETING, foreign_key="person.id", index=True, max_length=36)
    staff: str = kept(MEETING, max_length=60)
    party: str = kept(MEETING, max_length=12)
    response: str = kept(MEETING, max_length=10)
    held_at: datetime = kept(MEETING, sa_type=Instant)
    """The time that was answered: after another was set, it is no answer any more."""
    responded_at: datetime = kept(MEETING, sa_type=Instant)


class MeetingSharing(Kept, table=True):
    """What was said in a meeting about sharing something with a party: the consent, the refusal or the withdrawal."""

    __tablename__ = "meeting_sharing"
    __table_args__ = _of_meeting(
        one_of("scope", words(Scope)),
        one_of("decision", ("permit", "refuse", "withdraw")),
        one_of("recipient", words(Party)),
        section="sharing",
    )
    subject: ClassVar[Subject] = MEETING

    meeting_id: str = kept(MEETING, max_length=36, index=True)
    person_id: str = inner(MEETING, foreign_key="person.id", index=True, max_length=36)
    scope: str = kept(MEETING, max_length=20)
    recipient: str = kept(MEETING, max_length=12)
    decision: str = kept(MEETING, max_length=10)
    consent_id: str | None = kept(MEETING, default=None, foreign_key="consent.id", index=True, max_length=36)


class MeetingSignOff(Kept, table=True):
    """A signature on one version of a meeting's record; of another version it is none."""

    __tablename__ = "meeting_sign_off"
    __table_args__ = _of_meeting(
        UniqueConstraint("meeting_id", "signatory", "version"),
        one_of("signatory", SIGNATORIES),
        section="signOffs",
    )
    subject: ClassVar[Subject] = MEETING

    meeting_id: str = kept(MEETING, max_length=36)
    person_id: str = inner(MEETING, foreign_key="person.id", index=True, max_length=36)
    signatory: str = kept(MEETING, max_length=20)
    recorded_by: str = kept(MEETING, max_length=60)
    version: str = kept(MEETING, max_length=32)
    signed_at: datetime = kept(MEETING, sa_type=Instant)


class Consent(OfPerson, table=True):
    """A permission or a refusal of one scope; a refusal outweighs permissions until one supersedes it."""

    __tablename__ = "consent"
    __table_args__ = options(
        from_source(),
        one_of("scope", words(Scope)),
        one_of("decision", ("permit", "refuse")),
        one_of("given_how", ("three-way-meeting", "in-writing", "orally-with-witness")),
        one_of("recorded_by_party", words(Party)),
        ordered("valid_from", "valid_until"),
        CheckConstraint("supersedes_id IS NULL OR supersedes_id <> id", name="supersedes_another"),
        Index("ix_consent_person_scope", "person_id", "scope"),
        Index("ix_consent_valid_from", "valid_from"),
        Index("ix_consent_valid_until", "valid_until"),
        section="consents",
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = CONSENT

    scope: str = kept(CONSENT, max_length=20)
    decision: str = kept(CONSENT, max_length=10)
    valid_from: datetime = kept(CONSENT, sa_type=Instant)
    valid_until: datetime | None = kept(CONSENT, default=None, sa_type=Instant)
    given_how: str = kept(CONSENT, max_length=30)
    witness: str | None = kept(CONSENT, default=None, max_length=200, info={THIRD_PARTY: True})
    capacity: bool = kept(CONSENT)
    wording_version: str = kept(CONSENT, max_length=20)
    recorded_by: str = kept(CONSENT, max_length=60)
    recorded_by_party: str = kept(CONSENT, max_length=12)
    signed_form: str | None = kept(CONSENT, default=None, max_length=40)
    countersigned_by: str | None = kept(CONSENT, default=None, max_length=60)
    countersigned_at: datetime | None = kept(CONSENT, default=None, sa_type=Instant)
    supersedes_id: str | None = kept(CONSENT, default=None, foreign_key="consent.id", index=True)
    withdrawn_at: datetime | None = kept(CONSENT, default=None, sa_type=Instant)
    withdrawn_by: str | None = kept(CONSENT, default=None, max_length=60)


class ConsentRecipient(SQLModel, table=True):
    """A party that a consent names; narrower recipients cannot be enforced and are refused when it is written."""

    __tablename__ = "consent_recipient"
    __table_args__ = (
        ForeignKeyConstraint(["consent_id"], ["consent.id"]),
        one_of("party", words(Party)),
        {"info": {PROTECTED: True, "section": "recipients", "feeds_facts": True}},
    )

    consent_id: str = kept(CONSENT, primary_key=True, max_length=36)
    party: str = kept(CONSENT, primary_key=True, max_length=12)
    recorded_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"info": {"category": CONSENT, "output": False}})


class Objection(OfPerson, table=True):
    """The person objects to a category being read by the party that does not own it (S4)."""

    __tablename__ = "objection"
    __table_args__ = options(
        from_source(),
        one_of("category", tuple(word.value for word in CATEGORIES if word not in NEVER_OBJECTED)),
        ordered("valid_from", "valid_until"),
        Index(
            "ix_objection_one_for_good",
            "person_id",
            "category",
            unique=True,
            sqlite_where=_FOR_GOOD,
            postgresql_where=_FOR_GOOD,
        ),
        section="objections",
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = CONSENT

    category: str = kept(CONSENT, max_length=20)
    valid_from: datetime = kept(CONSENT, sa_type=Instant)
    valid_until: datetime | None = kept(CONSENT, default=None, sa_type=Instant)
    reason: str | None = kept(CONSENT, default=None, max_length=1000)
    recorded_by: str = kept(CONSENT, max_length=60)
    withdrawn_at: datetime | None = kept(CONSENT, default=None, sa_type=Instant)
    withdrawn_by: str | None = kept(CONSENT, default=None, max_length=60)
