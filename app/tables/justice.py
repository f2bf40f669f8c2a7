"""What the probation service holds: sentences, offences, risk and the diary of what a person has to attend."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint

from app.tables.columns import THIRD_PARTY, Instant, OfPerson, from_source, kept, one_of, options, ordered
from app.vocabulary import Category, Subject
from app.vocabulary.justice import OBLIGATIONS, REQUIREMENTS, SENTENCES

SUPERVISION, OFFENCE, RISK = Category.SUPERVISION, Category.OFFENCE, Category.RISK


class Supervision(OfPerson, table=True):
    """A sentence that the probation service supervises; it runs from its start to its end, both days included."""

    __tablename__ = "supervision"
    __table_args__ = options(
        from_source(),
        one_of("sentence_type", SENTENCES),
        ordered("start_date", "end_date"),
        section="sentences",
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = SUPERVISION

    sentence_type: str = kept(SUPERVISION, max_length=30)
    sentence_code: str | None = kept(SUPERVISION, default=None, max_length=20)
    start_date: date = kept(SUPERVISION)
    end_date: date | None = kept(SUPERVISION, default=None)
    terminated_on: date | None = kept(SUPERVISION, default=None)


class Requirement(OfPerson, table=True):
    """A requirement of a sentence; a mental health treatment one never says what the treatment is."""

    __tablename__ = "requirement"
    __table_args__ = options(
        from_source(),
        one_of("requirement_type", REQUIREMENTS),
        ordered("start_date", "end_date"),
        CheckConstraint("days IS NULL OR days > 0", name="days_are_positive"),
        section="requirements",
        feeds_facts=True,
    )
    subject: ClassVar[Subject] = SUPERVISION

    supervision_id: str = kept(SUPERVISION, foreign_key="supervision.id", index=True)
    requirement_type: str = kept(SUPERVISION, max_length=30)
    source_code: str | None = kept(SUPERVISION, default=None, max_length=20)
    start_date: date = kept(SUPERVISION)
    end_date: date | None = kept(SUPERVISION, default=None)
    terminated_on: date | None = kept(SUPERVISION, default=None)
    days: int | None = kept(SUPERVISION, default=None)
    practitioner: str | None = kept(SUPERVISION, default=None, max_length=200)


class Offence(OfPerson, table=True):
    """The index offence or a previous conviction."""

    __tablename__ = "offence"
    __table_args__ = options(from_source(), one_of("kind", ("index", "previous")), section="offences")
    subject: ClassVar[Subject] = OFFENCE

    kind: str = kept(OFFENCE, max_length=10)
    code: str = kept(OFFENCE, max_length=20)
    description: str = kept(OFFENCE, max_length=300)
    offence_date: date | None = kept(OFFENCE, default=None)
    conviction_date: date | None = kept(OFFENCE, default=None)
    court: str | None = kept(OFFENCE, default=None, max_length=100)


class RiskAssessment(OfPerson, table=True):
    """RoSH level and MAPPA category and level, as assessed."""

    __tablename__ = "risk_assessment"
    __table_args__ = options(
        from_source(),
        one_of("rosh_level", ("LOW", "MEDIUM", "HIGH", "VERY_HIGH")),
        CheckConstraint("mappa_level IS NULL OR mappa_level BETWEEN 1 AND 3", name="mappa_level_is_known"),
        CheckConstraint("mappa_category IS NULL OR mappa_category BETWEEN 1 AND 4", name="mappa_category_is_known"),
        section="assessments",
    )
    subject: ClassVar[Subject] = RISK

    rosh_level: str = kept(RISK, max_length=10)
    mappa_category: int | None = kept(RISK, default=None)
    mappa_level: int | None = kept(RISK, default=None)
    assessed_on: date = kept(RISK)


class RiskAlert(OfPerson, table=True):
    """A registration; live from its start until it is deregistered."""

    __tablename__ = "risk_alert"
    __table_args__ = options(from_source(), ordered("start_date", "deregistered_on"), section="alerts")
    subject: ClassVar[Subject] = RISK

    code: str = kept(RISK, max_length=10)
    description: str = kept(RISK, max_length=300, info={THIRD_PARTY: True})
    start_date: date = kept(RISK)
    next_review_date: date | None = kept(RISK, default=None)
    deregistered_on: date | None = kept(RISK, default=None)


class LicenceCondition(OfPerson, table=True):
    """A licence condition or an exclusion zone."""

    __tablename__ = "licence_condition"
    __table_args__ = options(
        from_source(),
        one_of("kind", ("licence-condition", "exclusion-zone", "curfew")),
        ordered("start_date", "end_date"),
        section="conditions",
    )
    subject: ClassVar[Subject] = RISK

    kind: str = kept(RISK, max_length=20)
    description: str = kept(RISK, max_length=500, info={THIRD_PARTY: True})
    area: str | None = kept(RISK, default=None, max_length=300, info={THIRD_PARTY: True})
    hours: str | None = kept(RISK, default=None, max_length=500)
    """Of a curfew: weekly hours, as `app.pathway.diary.weekly` reads them."""
    sites: str | None = kept(RISK, default=None, max_length=300, info={THIRD_PARTY: True})
    postcodes: str | None = kept(RISK, default=None, max_length=1000, info={THIRD_PARTY: True})
    """Of a zone: the codes of sites, and postcodes, sectors (`LE2 1`) or districts (`LE2`), each apart by a comma."""
    start_date: date = kept(RISK)
    end_date: date | None = kept(RISK, default=None)


class Obligation(OfPerson, table=True):
    """Something the person has to attend; no outcome means not recorded yet, which is not missed."""

    __tablename__ = "obligation"
    __table_args__ = options(
        from_source(), one_of("kind", OBLIGATIONS), ordered("starts_at", "ends_at"), section="obligations"
    )
    subject: ClassVar[Subject] = Category.OBLIGATIONS

    kind: str = kept(Category.OBLIGATIONS, max_length=20)
    description: str = kept(Category.OBLIGATIONS, max_length=300)
    starts_at: datetime = kept(Category.OBLIGATIONS, sa_type=Instant)
    ends_at: datetime = kept(Category.OBLIGATIONS, sa_type=Instant)
    place: str | None = kept(Category.OBLIGATIONS, default=None, max_length=200)
    outcome_code: str | None = kept(Category.OBLIGATIONS, default=None, max_length=10)
