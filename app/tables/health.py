"""What the talking-therapies service holds: referrals, appointments, measures, clinical records and safety."""

from datetime import date, datetime
from typing import ClassVar, get_args

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text

from app.pathway.chasing import Stage, Urgency
from app.tables.columns import (
    THIRD_PARTY,
    TOTALS,
    Instant,
    Kept,
    OfPerson,
    OfReferral,
    counted,
    from_source,
    inner,
    kept,
    one_of,
    options,
    ordered,
    withdrawal,
    words,
)
from app.vocabulary import Category, Subject
from app.vocabulary.words import BASES, ReferralStatus

STATUSES: tuple[str, ...] = get_args(ReferralStatus)
REFERRAL, ATTENDANCE, SCORES = Category.REFERRAL, Category.ATTENDANCE, Category.SCORES
CLINICAL, NOTES, SAFETY, ALERT = Category.CLINICAL, Category.NOTES, Category.SAFETY, Category.SAFETY_ALERT
URGENCIES = words(Urgency)
ADDRESSEES = ("staff", "offender-manager", "probation-lead")
_WAITING = text("acknowledged_at IS NULL AND withdrawn_at IS NULL AND superseded_at IS NULL")
BY_TOTALS = {TOTALS: True}


class Referral(OfPerson, table=True):
    """A referral to one service; live from its receipt until 28 days after it is closed; a draft never is."""

    __tablename__ = "referral"
    __table_args__ = options(
        from_source(),
        one_of("status", STATUSES),
        one_of("basis", BASES),
        CheckConstraint("(status = 'draft') = (received_on IS NULL)", name="a_draft_is_not_received"),
        ordered("received_on", "closed_on"),
        Index("ix_referral_person_service", "person_id", "service_id"),
        section="referrals",
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = REFERRAL

    service_id: str = kept(REFERRAL, foreign_key="therapy_service.id", index=True)
    status: str = kept(REFERRAL, max_length=20)
    basis: str = kept(REFERRAL, max_length=40)
    source_of_referral: str = kept(REFERRAL, max_length=2)
    referred_by: str | None = kept(REFERRAL, default=None, max_length=60)
    reason: str | None = kept(REFERRAL, default=None, max_length=1000)
    received_on: date | None = kept(REFERRAL, default=None)
    suitability: str | None = kept(REFERRAL, default=None, max_length=200)
    end_code: str | None = kept(REFERRAL, default=None, max_length=2)
    closed_on: date | None = kept(REFERRAL, default=None)
    commissioner: str | None = kept(REFERRAL, default=None, max_length=6)
    withdrawn_at: datetime | None = withdrawal(REFERRAL)
    patient_id: str | None = inner(REFERRAL, default=None, max_length=36, index=True)
    """The registration that it came with: should that turn out to be somebody else's, so is the referral."""
    earlier_referral_id: str | None = kept(REFERRAL, default=None, max_length=36)
    """The one before it, of somebody who was referred again."""
    merged_into: str | None = kept(REFERRAL, default=None, max_length=36)
    """The referral that health merged this duplicate into: whoever asks for this one is answered with that."""


class ReferralMove(OfReferral, table=True):
    """That a referral went from one status to another, on which day; recorded here, and never changed."""

    __tablename__ = "referral_move"
    __table_args__ = options(
        from_source(),
        one_of("from_status", STATUSES),
        one_of("to_status", STATUSES),
        section="moves",
        for_subject=True,
    )
    subject: ClassVar[Subject] = REFERRAL

    from_status: str | None = kept(REFERRAL, default=None, max_length=20)
    to_status: str = kept(REFERRAL, max_length=20)
    occurred_on: date = kept(REFERRAL)


class MoveReason(OfReferral, table=True):
    """Who made a move and why: it can tell what somebody needs, and who treats them, and so it is clinical."""

    __tablename__ = "move_reason"
    __table_args__ = options(from_source(), section="moveReasons", for_subject=True)
    subject: ClassVar[Subject] = CLINICAL

    move_id: str = kept(CLINICAL, foreign_key="referral_move.id", index=True)
    moved_by: str = kept(CLINICAL, max_length=60)
    reason: str | None = kept(CLINICAL, default=None, max_length=30)
    overruled: str | None = kept(CLINICAL, default=None, max_length=20)
    """The recommendation that was decided against."""
    note: str | None = kept(CLINICAL, default=None, max_length=2000, info={THIRD_PARTY: True})
    third_party: bool = inner(CLINICAL)
    serious_harm: bool = inner(CLINICAL)


class Triage(OfReferral, table=True):
    """What was found at triage, and what that spoke for: a recommendation, on which a clinician decides."""

    __tablename__ = "triage"
    __table_args__ = options(
        from_source(),
        one_of("fit", ("suitable", "discuss", "refer-on")),
        CheckConstraint("step IS NULL OR step BETWEEN 1 AND 4", name="step_is_known"),
        section="triages",
        for_subject=True,
    )
    subject: ClassVar[Subject] = CLINICAL

    triaged_on: date = kept(CLINICAL)
    triaged_by: str = kept(CLINICAL, max_length=60)
    problem_id: str | None = kept(CLINICAL, default=None, max_length=36)
    signs: str | None = kept(CLINICAL, default=None, max_length=200)
    fit: str = kept(CLINICAL, max_length=10)
    step: int | None = kept(CLINICAL, default=None)
    onward: str | None = kept(CLINICAL, default=None, max_length=20)
    reasons: str | None = kept(CLINICAL, default=None, max_length=200)
    note: str | None = kept(CLINICAL, default=None, max_length=2000, info={THIRD_PARTY: True})
    third_party: bool = inner(CLINICAL)
    serious_harm: bool = inner(CLINICAL)


class TriageMeasure(OfReferral, table=True):
    """The measures that a triage went by, and what they spoke for."""

    __tablename__ = "triage_measure"
    __table_args__ = options(from_source(), section="triageMeasures", for_subject=True)
    subject: ClassVar[Subject] = SCORES

    triage_id: str = kept(SCORES, foreign_key="triage.id", index=True)
    scores: str = kept(SCORES, max_length=400)
    """Ids of what was scored, separated by spaces."""
    reasons: str = kept(SCORES, max_length=200)


class TriageRisk(OfReferral, table=True):
    """Signs of risk that were found at triage, and what they spoke for."""

    __tablename__ = "triage_risk"
    __table_args__ = options(from_source(), section="triageRisks", for_subject=True)
    subject: ClassVar[Subject] = SAFETY

    triage_id: str = kept(SAFETY, foreign_key="triage.id", index=True)
    signs: str = kept(SAFETY, max_length=200)
    reasons: str = kept(SAFETY, max_length=200)
    third_party: bool = inner(SAFETY)
    serious_harm: bool = inner(SAFETY)


class Appointment(OfReferral, table=True):
    """A therapy appointment (care contact); an outcome that is not recorded yet is not a missed one."""

    __tablename__ = "appointment"
    __table_args__ = options(
        from_source(),
        one_of("attendance_code", ("2", "3", "4", "5", "6", "7")),
        one_of("appointment_type", ("01", "02", "03", "04", "05", "06", "07")),
        CheckConstraint("minutes IS NULL OR minutes BETWEEN 0 AND 1440", name="minutes_fit_a_day"),
        Index("ix_appointment_starts_at", "starts_at"),
        counted("appointment", "attendance_code", "appointment_type", "starts_at", "withdrawn_at"),
        section="appointments",
    )
    subject: ClassVar[Subject] = ATTENDANCE

    starts_at: datetime = kept(ATTENDANCE, sa_type=Instant)
    minutes: int | None = kept(ATTENDANCE, default=None)
    appointment_type: str = kept(ATTENDANCE, max_length=2)
    attendance_code: str | None = kept(ATTENDANCE, default=None, max_length=1)
    short_notice: str | None = kept(ATTENDANCE, default=None, max_length=1)
    medium: str | None = kept(ATTENDANCE, default=None, max_length=2)
    location_code: str | None = kept(ATTENDANCE, default=None, max_length=3)
    site: str | None = kept(ATTENDANCE, default=None, max_length=9)
    planned: str | None = kept(ATTENDANCE, default=None, max_length=1)
    therapy_mode: str | None = kept(ATTENDANCE, default=None, max_length=1)
    interpreter: str | None = kept(ATTENDANCE, default=None, max_length=1)
    cancelled_at: datetime | None = kept(ATTENDANCE, default=None, sa_type=Instant)
    withdrawn_at: datetime | None = withdrawal(ATTENDANCE)


class CareActivity(OfReferral, table=True):
    """What was done and found at a contact, by SNOMED CT codes."""

    __tablename__ = "care_activity"
    __table_args__ = options(from_source(), section="activities")
    subject: ClassVar[Subject] = CLINICAL

    appointment_id: str = kept(CLINICAL, foreign_key="appointment.id", index=True)
    procedure_code: str | None = kept(CLINICAL, default=None, max_length=20)
    practitioner: str | None = kept(CLINICAL, default=None, max_length=60)
    psychotropic_medication: str | None = kept(CLINICAL, default=None, max_length=2)
    care_personnel: str | None = kept(CLINICAL, default=None, max_length=20)
    finding_code: str | None = kept(CLINICAL, default=None, max_length=20)
    observation_code: str | None = kept(CLINICAL, default=None, max_length=20)
    observation_value: str | None = kept(CLINICAL, default=None, max_length=10)
    unit: str | None = kept(CLINICAL, default=None, max_length=10)
    withdrawn_at: datetime | None = withdrawal(CLINICAL)


class Presentation(OfReferral, table=True):
    """When the person's condition began, whether one was diagnosed before, why they are not suitable; by referral."""

    __tablename__ = "presentation"
    __table_args__ = options(from_source(), section="presentations")
    subject: ClassVar[Subject] = CLINICAL

    onset: str | None = kept(CLINICAL, default=None, max_length=7)
    previous_condition: str | None = kept(CLINICAL, default=None, max_length=1)
    suitability_reason: str | None = kept(CLINICAL, default=None, max_length=150)
    """In the provider's words; of a decision that was made here the move says why."""
    withdrawn_at: datetime | None = withdrawal(CLINICAL)


class OnwardReferral(OfReferral, table=True):
    """That the person was referred on, why and to whom: it tells what they need, and so it is clinical."""

    __tablename__ = "onward_referral"
    __table_args__ = options(from_source(), section="onwardReferrals")
    subject: ClassVar[Subject] = CLINICAL

    referred_on: date = kept(CLINICAL)
    reason: str | None = kept(CLINICAL, default=None, max_length=2)
    receiving: str | None = kept(CLINICAL, default=None, max_length=12)
    kind: str | None = kept(CLINICAL, default=None, max_length=20)
    """To what kind of service, in words; the national code stands in `reason`."""
    withdrawn_at: datetime | None = withdrawal(CLINICAL)


class WaitingPause(OfReferral, table=True):
    """A pause of the waiting time; its reason can be another illness, and so it is clinical."""

    __tablename__ = "waiting_pause"
    __table_args__ = options(
        from_source(), one_of("reason", ("01", "02", "03")), ordered("started_on", "ended_on"), section="pauses"
    )
    subject: ClassVar[Subject] = CLINICAL

    started_on: date = kept(CLINICAL)
    ended_on: date | None = kept(CLINICAL, default=None)
    reason: str | None = kept(CLINICAL, default=None, max_length=2)
    withdrawn_at: datetime | None = withdrawal(CLINICAL)


class Progress(OfReferral, table=True):
    """Engagement and goals, in words agreed with the person."""

    __tablename__ = "progress_summary"
    __table_args__ = options(from_source(), section="summaries")
    subject: ClassVar[Subject] = Category.PROGRESS

    written_on: date = kept(Category.PROGRESS)
    engagement: str = kept(Category.PROGRESS, max_length=2000)
    goals: str | None = kept(Category.PROGRESS, default=None, max_length=2000)


class OutcomeScore(OfReferral, table=True):
    """One completed measure: its total, its severity band, and its answers item by item where they were given."""

    __tablename__ = "outcome_score"
    __table_args__ = options(
        from_source(),
        CheckConstraint("total >= 0", name="total_is_not_negative"),
        counted("outcome_score", "tool_code", "completed_at", "total", "withdrawn_at"),
        section="measures",
    )
    subject: ClassVar[Subject] = SCORES

    tool: str = kept(SCORES, max_length=20, info=BY_TOTALS)
    tool_code: str = kept(SCORES, max_length=20, info=BY_TOTALS)
    total: float = kept(SCORES, info=BY_TOTALS)
    band: str | None = kept(SCORES, default=None, max_length=30, info=BY_TOTALS)
    completed_at: datetime = kept(SCORES, sa_type=Instant, info=BY_TOTALS)
    items: str | None = kept(SCORES, default=None, max_length=1000)
    withdrawn_at: datetime | None = withdrawal(SCORES)


class Clinical(OfReferral, table=True):
    """Problem descriptor, step of care, medication and type of therapy."""

    __tablename__ = "clinical_record"
    __table_args__ = options(
        from_source(),
        CheckConstraint("step IS NULL OR step BETWEEN 1 AND 4", name="step_is_known"),
        section="records",
    )
    subject: ClassVar[Subject] = CLINICAL

    problem_scheme: str | None = kept(CLINICAL, default=None, max_length=2)
    problem_code: str | None = kept(CLINICAL, default=None, max_length=20)
    problem: str | None = kept(CLINICAL, default=None, max_length=300)
    step: int | None = kept(CLINICAL, default=None)
    medication: str | None = kept(CLINICAL, default=None, max_length=300)
    therapy_type: str | None = kept(CLINICAL, default=None, max_length=100)
    written_on: date | None = kept(CLINICAL, default=None)
    significance: str | None = kept(CLINICAL, default=None, max_length=1)
    withdrawn_at: datetime | None = withdrawal(CLINICAL)


class SessionNote(OfReferral, table=True):
    """A session note or formulation; it says whether it names third parties and whether reading it could harm."""

    __tablename__ = "session_note"
    __table_args__ = options(from_source(), section="notes")
    subject: ClassVar[Subject] = NOTES

    author: str = kept(NOTES, max_length=60)
    written_at: datetime = kept(NOTES, sa_type=Instant)
    kind: str = kept(NOTES, max_length=20)
    text: str = kept(NOTES, info={THIRD_PARTY: True})
    third_party: bool = inner(NOTES)
    serious_harm: bool = inner(NOTES)


class SafetyRecord(OfReferral, table=True):
    """The clinician's own record of risk to self and others, and the safety plan."""

    __tablename__ = "safety_record"
    __table_args__ = options(from_source(), section="records")
    subject: ClassVar[Subject] = SAFETY

    author: str = kept(SAFETY, max_length=60)
    written_at: datetime = kept(SAFETY, sa_type=Instant)
    risk_to_self: str | None = kept(SAFETY, default=None, info={THIRD_PARTY: True})
    risk_to_others: str | None = kept(SAFETY, default=None, info={THIRD_PARTY: True})
    plan: str | None = kept(SAFETY, default=None, info={THIRD_PARTY: True})
    third_party: bool = inner(SAFETY)
    serious_harm: bool = inner(SAFETY)


class SafetyAlert(OfReferral, table=True):
    """What a clinician released so that somebody can be protected, and who has acknowledged it."""

    __tablename__ = "safety_alert"
    __table_args__ = options(
        from_source(),
        one_of("urgency", URGENCIES),
        one_of("addressed_to", ADDRESSEES),
        Index("ix_safety_alert_waiting", "released_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        section="alerts",
    )
    subject: ClassVar[Subject] = ALERT

    summary: str = kept(ALERT, max_length=2000, info={THIRD_PARTY: True})
    reason: str = kept(ALERT, max_length=1000, info={THIRD_PARTY: True})
    urgency: str = kept(ALERT, max_length=10)
    addressed_to: str = kept(ALERT, default="staff", max_length=20)
    """Somebody by name, whoever is the person's offender manager, or the probation leads."""
    recipient: str = kept(ALERT, max_length=60)
    released_by: str = kept(ALERT, max_length=60)
    released_at: datetime = kept(ALERT, sa_type=Instant)
    acknowledged_by: str | None = kept(ALERT, default=None, max_length=60)
    acknowledged_at: datetime | None = kept(ALERT, default=None, sa_type=Instant)
    supersedes_id: str | None = kept(ALERT, default=None, max_length=36)
    """The alert of the same referral whose place it takes."""
    superseded_at: datetime | None = kept(ALERT, default=None, sa_type=Instant)
    withdrawn_at: datetime | None = kept(ALERT, default=None, sa_type=Instant)
    """By a clinician, with the reason; whoever was told of the danger is told of that too, so it stays in answers."""
    withdrawn_by: str | None = kept(ALERT, default=None, max_length=60)
    withdrawn_because: str | None = kept(ALERT, default=None, max_length=1000, info={THIRD_PARTY: True})


class SafetyAlertChase(Kept, table=True):
    """That somebody was told of an alert at one stage of its being chased; each stage is told once."""

    __tablename__ = "safety_alert_chase"
    __table_args__ = options(
        ForeignKeyConstraint(["alert_id"], ["safety_alert.id"], ondelete="CASCADE"),
        UniqueConstraint("alert_id", "stage"),
        one_of("stage", words(Stage)),
        section="chases",
    )
    subject: ClassVar[Subject] = ALERT

    alert_id: str = kept(ALERT, max_length=36)
    person_id: str = inner(ALERT, foreign_key="person.id", index=True, max_length=36)
    stage: str = kept(ALERT, max_length=20)
    told_at: datetime = kept(ALERT, sa_type=Instant)
