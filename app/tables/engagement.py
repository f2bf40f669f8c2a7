"""What goes with appointments and scores: outcomes that were corrected, and what was said of a task by which side."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import UniqueConstraint

from app.tables.columns import Instant, Kept, inner, kept, one_of, options, words
from app.vocabulary import Category, Party, Subject

ATTENDANCE, SAFETY = Category.ATTENDANCE, Category.SAFETY
MARKS = ("acknowledged", "done")


class CorrectedOutcome(Kept, table=True):
    """What was recorded of an appointment before it was recorded otherwise; the database writes it."""

    __tablename__ = "corrected_outcome"
    __table_args__ = options(section="correctedOutcomes", for_subject=True)
    subject: ClassVar[Subject] = ATTENDANCE

    person_id: str = inner(ATTENDANCE, foreign_key="person.id", index=True)
    referral_id: str = inner(ATTENDANCE, foreign_key="referral.id", index=True, ondelete="CASCADE")
    appointment_id: str = kept(ATTENDANCE, foreign_key="appointment.id", index=True, ondelete="CASCADE")
    attendance_code: str = kept(ATTENDANCE, max_length=1)
    short_notice: str | None = kept(ATTENDANCE, default=None, max_length=1)
    cancelled_at: datetime | None = kept(ATTENDANCE, default=None, sa_type=Instant)
    corrected_at: datetime = kept(ATTENDANCE, sa_type=Instant)


class EngagementMark(Kept, table=True):
    """What one side has said of a signal: that it has seen it, or seen to it. Neither side is told of the other's."""

    __tablename__ = "engagement_mark"
    __table_args__ = options(
        UniqueConstraint("appointment_id", "kind", "mark", "party"),
        one_of("kind", ("two-missed", "first-missed")),
        one_of("mark", MARKS),
        one_of("party", words(Party)),
        section="engagementMarks",
        for_subject=True,
    )
    subject: ClassVar[Subject] = ATTENDANCE

    person_id: str = inner(ATTENDANCE, foreign_key="person.id", index=True)
    referral_id: str = inner(ATTENDANCE, foreign_key="referral.id", index=True, ondelete="CASCADE")
    appointment_id: str = kept(ATTENDANCE, foreign_key="appointment.id", index=True, ondelete="CASCADE")
    kind: str = kept(ATTENDANCE, max_length=20)
    mark: str = kept(ATTENDANCE, max_length=12)
    party: str = kept(ATTENDANCE, max_length=12)
    marked_at: datetime = kept(ATTENDANCE, sa_type=Instant)
    marked_by: str = inner(ATTENDANCE, max_length=60)


class SafetyPromptMark(Kept, table=True):
    """What a clinician has said of the prompt that an answer to PHQ-9 gave: seen, or seen to."""

    __tablename__ = "safety_prompt_mark"
    __table_args__ = options(
        UniqueConstraint("score_id", "mark"), one_of("mark", MARKS), section="promptMarks", for_subject=True
    )
    subject: ClassVar[Subject] = SAFETY

    person_id: str = inner(SAFETY, foreign_key="person.id", index=True)
    referral_id: str = inner(SAFETY, foreign_key="referral.id", index=True, ondelete="CASCADE")
    score_id: str = kept(SAFETY, foreign_key="outcome_score.id", index=True, ondelete="CASCADE")
    mark: str = kept(SAFETY, max_length=12)
    marked_at: datetime = kept(SAFETY, sa_type=Instant)
    marked_by: str = inner(SAFETY, max_length=60)
