"""The diary: premises and rooms as the operator describes them, and who holds an appointment in which of them."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.tables.columns import Instant, OfReferral, from_source, inner, kept, one_of, options
from app.vocabulary import Category, Subject

ATTENDANCE = Category.ATTENDANCE
GENDERS = ("female", "male", "other")


class Premises(SQLModel, table=True):
    """Where people are seen, by the site's code: what it is called, when it is open, how long the way there takes."""

    __tablename__ = "premises"
    __table_args__ = (CheckConstraint("travel_minutes BETWEEN 0 AND 240", name="travel_fits_a_morning"),)

    site: str = Field(primary_key=True, max_length=9)
    name: str = Field(max_length=200)
    postcode: str | None = Field(default=None, max_length=8)
    location_code: str = Field(max_length=3)
    """ActLocTypeCode of the national tables: M02 for probation premises."""
    called: str = Field(max_length=2000)
    """A JSON list: further names by which diaries and zones mean it."""
    hours: str = Field(max_length=500)
    """Weekly hours, as `app.pathway.diary.weekly` reads them."""
    is_open_on_bank_holidays: bool = False
    travel_minutes: int
    journeys: str = Field(max_length=4000)
    """A JSON object: minutes from places that are nearer or further than the usual."""
    recorded_at: datetime = Field(sa_type=Instant)


class Room(SQLModel, table=True):
    """A room of some premises; its id is the site's code and its name."""

    __tablename__ = "room"
    __table_args__ = (CheckConstraint("seats BETWEEN 2 AND 100", name="seats_for_two"),)

    id: str = Field(primary_key=True, max_length=60)
    site: str = Field(foreign_key="premises.site", index=True, max_length=9)
    name: str = Field(max_length=40)
    position: int
    floor: int
    seats: int


class PremisesClosed(SQLModel, table=True):
    """A day on which premises are closed."""

    __tablename__ = "premises_closed"

    site: str = Field(primary_key=True, foreign_key="premises.site", max_length=9)
    day: date = Field(primary_key=True)


class TherapistProfile(SQLModel, table=True):
    """What some people need to know of whom they see: gender, and the languages spoken besides English."""

    __tablename__ = "therapist_profile"
    __table_args__ = (one_of("gender", GENDERS),)

    username: str = Field(primary_key=True, max_length=60)
    gender: str | None = Field(default=None, max_length=6)
    languages: str = Field(max_length=200)
    """Codes as a person's `interpreter_language` has them, apart by spaces."""


class Booking(OfReferral, table=True):
    """Who holds an appointment (of the same id) and where: for the health party, and for the person alone besides.

    Which therapist treats a person is in no answer about attendance, since the justice party may read those.
    """

    __tablename__ = "appointment_booking"
    __table_args__ = options(
        from_source(),
        CheckConstraint("ends_at > starts_at", name="it_takes_time"),
        CheckConstraint("second_staff_id IS NULL OR second_staff_id <> staff_id", name="two_are_two"),
        Index("ix_booking_staff", "staff_id", "starts_at"),
        Index("ix_booking_second", "second_staff_id", "starts_at"),
        Index("ix_booking_room", "room_id", "starts_at"),
        section="bookings",
        for_subject=True,
    )
    subject: ClassVar[Subject] = ATTENDANCE

    staff_id: str = inner(ATTENDANCE, foreign_key="staff.id")
    second_staff_id: str | None = inner(ATTENDANCE, default=None, foreign_key="staff.id")
    room_id: str | None = kept(ATTENDANCE, default=None, max_length=60)
    starts_at: datetime = kept(ATTENDANCE, sa_type=Instant)
    ends_at: datetime = kept(ATTENDANCE, sa_type=Instant)
    booked_by: str = kept(ATTENDANCE, max_length=60)
    reminded_for: datetime | None = inner(ATTENDANCE, default=None, sa_type=Instant)
    """The start that a reminder was sent for; once it is moved, another is due."""


class DiaryPreference(OfReferral, table=True):
    """What the person told the service about times and people, one for each referral (of the same id)."""

    __tablename__ = "diary_preference"
    __table_args__ = options(
        from_source(), one_of("therapist_gender", GENDERS), section="preferences", for_subject=True
    )
    subject: ClassVar[Subject] = ATTENDANCE

    suits: str | None = kept(ATTENDANCE, default=None, max_length=500)
    """Weekly hours that they would rather come in."""
    therapist_gender: str | None = kept(ATTENDANCE, default=None, max_length=6)
    ground_floor: bool = kept(ATTENDANCE)
    reminders: bool = kept(ATTENDANCE)
    """Whether they agreed to be reminded of appointments."""
    recorded_by: str = kept(ATTENDANCE, max_length=60)
