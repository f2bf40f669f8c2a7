"""The person: who they are (identity) and how to reach them (contact)."""

from datetime import date
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, func

from app.tables.columns import Kept, Synced, from_source, inner, kept, one_of, options
from app.vocabulary import Category, Subject

IDENTITY, CONTACT = Category.IDENTITY, Category.CONTACT


class Person(Kept, table=True):
    """One person, known by CRN; the justice party writes them, the health party adds the NHS number."""

    __tablename__ = "person"
    __table_args__ = options(
        CheckConstraint("length(crn) = 7 AND crn = upper(crn)", name="crn_is_canonical"),
        CheckConstraint("nhs_number IS NULL OR length(nhs_number) = 10", name="nhs_number_has_ten_digits"),
        one_of("sex", ("male", "female", "not-known", "not-specified")),
        section="person",
    )
    subject: ClassVar[Subject] = IDENTITY

    crn: str = kept(IDENTITY, max_length=7, unique=True)
    family_name: str = kept(IDENTITY, max_length=100)
    given_names: str = kept(IDENTITY, max_length=200)
    date_of_birth: date = kept(IDENTITY, index=True)
    sex: str = kept(IDENTITY, max_length=13)
    nhs_number: str | None = kept(IDENTITY, default=None, max_length=10, unique=True)
    pnc_number: str | None = kept(IDENTITY, default=None, max_length=13, index=True)
    cro_number: str | None = kept(IDENTITY, default=None, max_length=12, index=True)
    noms_number: str | None = kept(IDENTITY, default=None, max_length=7, index=True)
    address: str | None = kept(CONTACT, default=None, max_length=300)
    postcode: str | None = kept(CONTACT, default=None, max_length=8, index=True)
    phone: str | None = kept(CONTACT, default=None, max_length=30)
    email: str | None = kept(CONTACT, default=None, max_length=254)
    gp_practice: str | None = kept(CONTACT, default=None, max_length=6)
    interpreter_language: str | None = kept(CONTACT, default=None, max_length=10)
    access_needs: str | None = kept(CONTACT, default=None, max_length=500)
    source_version: str = inner(IDENTITY, max_length=32)


Index("ix_person_family_name", func.lower(Person.__table__.c.family_name))  # type: ignore[attr-defined]  # SQLModel adds it


class Patient(Synced, table=True):
    """A person as the health party registered them: held for matching (H7), given to the person alone (G3)."""

    __tablename__ = "patient"
    __table_args__ = options(from_source(), section="registrations", for_subject=True)
    subject: ClassVar[Subject] = IDENTITY

    person_id: str | None = inner(IDENTITY, default=None, foreign_key="person.id", index=True)
    nhs_number: str | None = kept(IDENTITY, default=None, max_length=10, index=True)
    crn: str | None = kept(IDENTITY, default=None, max_length=7, index=True)
    """As the sender says; whether anybody is on file under it, and born on that day, is another matter."""
    pnc_number: str | None = kept(IDENTITY, default=None, max_length=13, index=True)
    family_name: str | None = kept(IDENTITY, default=None, max_length=100)
    given_names: str | None = kept(IDENTITY, default=None, max_length=200)
    date_of_birth: date | None = kept(IDENTITY, default=None, index=True)
    gender: str | None = kept(IDENTITY, default=None, max_length=2)
    postcode: str | None = kept(CONTACT, default=None, max_length=8, index=True)
    gp_practice: str | None = kept(CONTACT, default=None, max_length=6)
    interpreter_language: str | None = kept(CONTACT, default=None, max_length=10)
    nhs_number_status: str | None = kept(IDENTITY, default=None, max_length=2)
    ethnic_category: str | None = kept(IDENTITY, default=None, max_length=2)
    registered_by: str | None = kept(IDENTITY, default=None, max_length=6)
    gp_registered_from: date | None = kept(CONTACT, default=None)
    gp_registered_until: date | None = kept(CONTACT, default=None)
