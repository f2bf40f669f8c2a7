"""The diary: premises and rooms, who holds an appointment where, and what curfews and zones say in figures."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, grants, if_role
from app.tables import Instant

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

PLACES = ("premises", "room", "premises_closed", "therapist_profile")
OF_PEOPLE = ("appointment_booking", "diary_preference")
GENDER = "IN ('female', 'male', 'other')"


def upgrade() -> None:
    """Six tables, five columns and an index, and what may be done with them."""
    _places()
    _of_people()
    for name, longest in (("hours", 500), ("sites", 300), ("postcodes", 1000)):
        op.add_column("licence_condition", sa.Column(name, sa.String(length=longest), nullable=True))
    op.create_index("ix_appointment_starts_at", "appointment", ["starts_at"], unique=False)
    for name in ("appointment_id", "referral_id"):
        op.add_column("announcement", sa.Column(name, sa.String(length=36), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        kept = if_role(role, f"GRANT SELECT, INSERT, UPDATE ON {', '.join(OF_PEOPLE)} TO {role}")
        for statement in (*grants(PLACES, role), kept, *erasable(OF_PEOPLE)):
            op.execute(statement)


def _places() -> None:
    op.create_table(
        "premises",
        sa.Column("site", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("location_code", sa.String(length=3), nullable=False),
        sa.Column("called", sa.String(length=2000), nullable=False),
        sa.Column("hours", sa.String(length=500), nullable=False),
        sa.Column("is_open_on_bank_holidays", sa.Boolean(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("journeys", sa.String(length=4000), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("travel_minutes BETWEEN 0 AND 240", name="travel_fits_a_morning"),
        sa.PrimaryKeyConstraint("site"),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats BETWEEN 2 AND 100", name="seats_for_two"),
        sa.ForeignKeyConstraint(["site"], ["premises.site"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_room_site", "room", ["site"], unique=False)
    op.create_table(
        "premises_closed",
        sa.Column("site", sa.String(length=9), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["premises.site"]),
        sa.PrimaryKeyConstraint("site", "day"),
    )
    op.create_table(
        "therapist_profile",
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("gender", sa.String(length=6), nullable=True),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.CheckConstraint(f"gender {GENDER}", name="gender_is_known"),
        sa.PrimaryKeyConstraint("username"),
    )


def _of_referral() -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    ]


def _of_people() -> None:
    op.create_table(
        "appointment_booking",
        *_of_referral(),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("second_staff_id", sa.String(length=36), nullable=True),
        sa.Column("room_id", sa.String(length=60), nullable=True),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("booked_by", sa.String(length=60), nullable=False),
        sa.Column("reminded_for", Instant(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name="it_takes_time"),
        sa.CheckConstraint("second_staff_id IS NULL OR second_staff_id <> staff_id", name="two_are_two"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["second_staff_id"], ["staff.id"]),
    )
    op.create_table(
        "diary_preference",
        *_of_referral(),
        sa.Column("suits", sa.String(length=500), nullable=True),
        sa.Column("therapist_gender", sa.String(length=6), nullable=True),
        sa.Column("ground_floor", sa.Boolean(), nullable=False),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint(f"therapist_gender {GENDER}", name="therapist_gender_is_known"),
    )
    for table in OF_PEOPLE:
        for column in ("person_id", "referral_id"):
            op.create_index(f"ix_{table}_{column}", table, [column], unique=False)
    for name, column in (("staff", "staff_id"), ("second", "second_staff_id"), ("room", "room_id")):
        op.create_index(f"ix_booking_{name}", "appointment_booking", [column, "starts_at"], unique=False)


def downgrade() -> None:
    """Refused: what was booked would be lost."""
    raise RuntimeError("there is no way back from 0031: restore a backup instead")
