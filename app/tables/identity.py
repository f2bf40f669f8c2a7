"""What says that records are of one person: pairs of a registration and a person, and every name somebody went by.

No answer about a person carries any of it (H7); oversight reads it (G8, G1).
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.pathway.matching import Basis, State
from app.tables.columns import CATEGORY, OUTPUT, Instant, Kept, inner, one_of, options, words
from app.vocabulary import Category, Register, Subject

LINK, IDENTITY = Register.IDENTITY_LINK, Category.IDENTITY
KINDS = ("crn", "nhs-number", "pnc-number", "cro-number", "noms-number")
_LINKED = text("state = 'linked'")


def _moment(subject: Subject) -> datetime:
    moment: datetime = Field(sa_type=Instant, sa_column_kwargs={"info": {CATEGORY: subject, OUTPUT: False}})
    return moment


class IdentityMatch(Kept, table=True):
    """A registration and a person who are one, may be one, or were said not to be; a registration has one person."""

    __tablename__ = "identity_match"
    __table_args__ = options(
        ForeignKeyConstraint(["patient_id"], ["patient.id"], ondelete="CASCADE"),
        one_of("state", words(State)),
        one_of("basis", words(Basis)),
        CheckConstraint("(basis = 'decided') = (decided_by IS NOT NULL)", name="somebody_decided"),
        CheckConstraint("decided_by IS NULL OR state <> 'possible'", name="what_is_decided_is_settled"),
        Index("ix_identity_match_patient", "patient_id", "person_id", unique=True),
        Index("ix_identity_match_one_link", "patient_id", unique=True, sqlite_where=_LINKED, postgresql_where=_LINKED),
        Index("ix_identity_match_basis", "basis"),
        Index("ix_identity_match_state", "state", "recorded_at", "id"),
    )
    subject: ClassVar[Subject] = LINK

    patient_id: str = inner(LINK, max_length=36)
    person_id: str = inner(LINK, foreign_key="person.id", index=True, max_length=36)
    state: str = inner(LINK, max_length=10)
    basis: str = inner(LINK, max_length=30)
    decided_by: str | None = inner(LINK, default=None, max_length=60)
    """A username; None where it was concluded from the two records alone."""
    decided_at: datetime | None = inner(LINK, default=None, sa_type=Instant)
    note: str | None = inner(LINK, default=None, max_length=2000)


class PersonIdentifier(SQLModel, table=True):
    """An identifier by which a person is or was known; the database adds each as it is written, and changes none."""

    __tablename__ = "person_identifier"
    __table_args__ = (
        one_of("kind", KINDS),
        Index("ix_person_identifier_person_id", "person_id"),
        {"info": {PROTECTED: True}},
    )

    kind: str = inner(IDENTITY, primary_key=True, max_length=12)
    value: str = inner(IDENTITY, primary_key=True, max_length=13)
    person_id: str = inner(IDENTITY, primary_key=True, max_length=36)
    recorded_at: datetime = _moment(IDENTITY)


class PersonAlias(SQLModel, table=True):
    """That the probation service took two CRNs for one person, in both directions; it stays when they are parted."""

    __tablename__ = "person_alias"
    __table_args__ = (
        ForeignKeyConstraint(["said_by"], ["person.id"]),
        Index("ix_person_alias_crn", "crn"),
        Index("ix_person_alias_other_crn", "other_crn"),
        {"info": {PROTECTED: True}},
    )

    said_by: str = inner(IDENTITY, primary_key=True, max_length=36)
    """The person whose record was merged into the other's."""
    crn: str = inner(IDENTITY, primary_key=True, max_length=7)
    other_crn: str = inner(IDENTITY, primary_key=True, max_length=7)
    parted_at: datetime | None = inner(IDENTITY, default=None, sa_type=Instant)
    recorded_at: datetime = _moment(IDENTITY)


class MergedPerson(SQLModel, table=True):
    """Records that are of one person as the probation service has it now, itself included; none of everybody else.

    The database makes it from `PersonAlias`, step by step with it: what withholds holds across all of them.
    """

    __tablename__ = "merged_person"
    __table_args__ = (
        ForeignKeyConstraint(["person_id"], ["person.id"]),
        ForeignKeyConstraint(["with_id"], ["person.id"]),
        Index("ix_merged_person_with_id", "with_id"),
        {"info": {PROTECTED: True, "feeds_facts": True}},
    )

    person_id: str = inner(IDENTITY, primary_key=True, max_length=36)
    with_id: str = inner(IDENTITY, primary_key=True, max_length=36)
    recorded_at: datetime = _moment(IDENTITY)
