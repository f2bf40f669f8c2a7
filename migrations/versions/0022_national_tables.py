"""What the national data set holds besides: onward referrals, pauses, presentations, and fields of what there is.

What a provider took back is marked and stays; which reporting periods it has sent stands in a table of its own.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, grants, if_role
from app.tables import Instant

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ADDED: dict[str, tuple[tuple[str, int], ...]] = {
    "referral": (("commissioner", 6),),
    "appointment": (("planned", 1), ("therapy_mode", 1), ("interpreter", 1)),
    "care_activity": (
        ("care_personnel", 20),
        ("finding_code", 20),
        ("observation_code", 20),
        ("observation_value", 10),
        ("unit", 10),
    ),
    "clinical_record": (("significance", 1),),
    "outcome_score": (),
}
PATIENT = (("nhs_number_status", 2), ("ethnic_category", 2), ("registered_by", 6))
NEW = ("presentation", "onward_referral", "waiting_pause")
OF_REFERRAL = (
    "care_activity",
    "appointment",
    "progress_summary",
    "outcome_score",
    "clinical_record",
    "session_note",
    "safety_record",
    "safety_alert",
    "allocation",
)
"""What belonged to a referral before."""


def keep_past(table: str, dialect: str) -> tuple[str, ...]:
    """The triggers of 0001 again, for the columns that there are now."""
    names = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    listed, old = ", ".join(names), ", ".join(f"OLD.{name}" for name in names)
    insert = f"INSERT INTO {table}_history ({listed}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        made = tuple(
            f"CREATE TRIGGER {table}_keeps_{event.lower()} BEFORE {event} ON {table} BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        )
        return (f"DROP TRIGGER {table}_keeps_update", f"DROP TRIGGER {table}_keeps_delete", *made)
    return (
        f"CREATE OR REPLACE FUNCTION {table}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
    )


def parted(dialect: str) -> list[str]:
    """The trigger of 0019 by which what came with a registration goes with its link, for the new tables as well."""
    referrals = "SELECT id FROM referral WHERE patient_id = OLD.id"
    gone = [f"DELETE FROM {table} WHERE referral_id IN ({referrals})" for table in (*NEW, *OF_REFERRAL)]
    gone += [f"DELETE FROM {table} WHERE patient_id = OLD.id" for table in ("referral", "three_way_meeting")]
    if dialect == "sqlite":
        made = (
            "CREATE TRIGGER patient_parted AFTER UPDATE OF person_id ON patient "
            "WHEN OLD.person_id IS NOT NULL AND NEW.person_id IS NOT OLD.person_id "
            f"BEGIN {'; '.join(gone)}; END"
        )
        return ["DROP TRIGGER patient_parted", made]
    return [
        "CREATE OR REPLACE FUNCTION patient_parted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path FROM CURRENT AS $$ BEGIN {'; '.join(gone)}; RETURN NULL; END $$"
    ]


def of_referral() -> list[sa.Column[object]]:
    """The columns of a synced record of one referral."""
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
    ]


def keys() -> list[sa.Constraint]:
    """What makes such a record one, and whose."""
    return [
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    ]


def make_tables() -> None:
    """The three new kinds of record, and the periods that were sent."""
    own: dict[str, list[sa.Column[object] | sa.Constraint]] = {
        "presentation": [
            sa.Column("onset", sa.String(length=7), nullable=True),
            sa.Column("previous_condition", sa.String(length=1), nullable=True),
        ],
        "onward_referral": [
            sa.Column("referred_on", sa.Date(), nullable=False),
            sa.Column("reason", sa.String(length=2), nullable=True),
            sa.Column("receiving", sa.String(length=12), nullable=True),
        ],
        "waiting_pause": [
            sa.Column("started_on", sa.Date(), nullable=False),
            sa.Column("ended_on", sa.Date(), nullable=True),
            sa.Column("reason", sa.String(length=2), nullable=True),
            sa.CheckConstraint("reason IN ('01', '02', '03')", name="reason_is_known"),
            sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ended_on_not_before_started_on"),
        ],
    }
    for table, columns in own.items():
        op.create_table(table, *of_referral(), *columns, *keys())
        for column in ("person_id", "referral_id"):
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_table(
        "national_submission",
        sa.Column("provider", sa.String(length=6), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "starts_on", "ends_on"),
    )


def upgrade() -> None:
    """The columns, to the past states as well, and the tables."""
    for table, columns in ADDED.items():
        for each in (table, "referral_history") if table == "referral" else (table,):
            for name, length in columns:
                op.add_column(each, sa.Column(name, sa.String(length=length), nullable=True))
            op.add_column(each, sa.Column("withdrawn_at", Instant(), nullable=True))
    for name, length in PATIENT:
        op.add_column("patient", sa.Column(name, sa.String(length=length), nullable=True))
    for name in ("gp_registered_from", "gp_registered_until"):
        op.add_column("patient", sa.Column(name, sa.Date(), nullable=True))
    dialect = op.get_context().dialect.name
    for statement in keep_past("referral", dialect):
        op.execute(statement)
    make_tables()
    for statement in parted(dialect):
        op.get_bind().exec_driver_sql(statement)
    if dialect == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        granted = f"GRANT SELECT, INSERT, UPDATE ON {', '.join(NEW)} TO {role}"
        for statement in (if_role(role, granted), *grants(["national_submission"], role), *erasable(NEW)):
            op.execute(statement)


def downgrade() -> None:
    """Refused: what was sent would be lost."""
    raise RuntimeError("there is no way back from 0022: restore a backup instead")
