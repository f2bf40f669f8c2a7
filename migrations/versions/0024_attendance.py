"""When an appointment was cancelled, outcomes before they were corrected, and what each side said of a task."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, if_role
from app.tables import Instant

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEW = ("corrected_outcome", "engagement_mark", "safety_prompt_mark")
OUTCOME = ("attendance_code", "short_notice", "cancelled_at")


def keep_corrected(dialect: str) -> list[str]:
    """A trigger that writes down what was recorded of an appointment before it is recorded otherwise."""
    before = ", ".join(f"OLD.{name}" for name in ("person_id", "referral_id", "id", *OUTCOME, "recorded_at"))
    listed = f"id, person_id, referral_id, appointment_id, {', '.join(OUTCOME)}, recorded_at, corrected_at"
    made_by = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()::text"}[dialect]
    insert = (
        f"INSERT INTO corrected_outcome ({listed}) VALUES ({made_by}, {before}, NEW.recorded_at)"  # names of our own
    )
    differs = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}[dialect]
    changed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in OUTCOME)
    when = (
        f"AFTER UPDATE OF {', '.join(OUTCOME)} ON appointment FOR EACH ROW "
        f"WHEN (OLD.attendance_code IS NOT NULL AND ({changed}))"
    )
    if dialect == "sqlite":
        return [f"CREATE TRIGGER appointment_corrected {when} BEGIN {insert}; END"]
    return [
        "CREATE FUNCTION appointment_corrected() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {insert}; RETURN NULL; END $$",
        f"CREATE TRIGGER appointment_corrected {when} EXECUTE FUNCTION appointment_corrected()",
    ]


def _made(name: str, about: str, *own: sa.Column[object] | sa.Constraint) -> None:
    """A table of what goes with an appointment or a score, and goes when that goes."""
    column = {"appointment": "appointment_id", "outcome_score": "score_id"}[about]
    op.create_table(
        name,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column(column, sa.String(), nullable=False),
        *own,
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint([column], [f"{about}.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    for indexed in ("person_id", "referral_id", column):
        op.create_index(f"ix_{name}_{indexed}", name, [indexed])


def _marked() -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("mark", sa.String(length=12), nullable=False),
        sa.Column("marked_at", Instant(), nullable=False),
        sa.Column("marked_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("mark IN ('acknowledged', 'done')", name="mark_is_known"),
    ]


def upgrade() -> None:
    """A column, three tables, a trigger; the service adds to the tables and changes nothing of them."""
    op.add_column("appointment", sa.Column("cancelled_at", Instant(), nullable=True))
    _made(
        "corrected_outcome",
        "appointment",
        sa.Column("attendance_code", sa.String(length=1), nullable=False),
        sa.Column("short_notice", sa.String(length=1), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("corrected_at", Instant(), nullable=False),
    )
    _made(
        "engagement_mark",
        "appointment",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        *_marked(),
        sa.CheckConstraint("kind IN ('two-missed', 'first-missed')", name="kind_is_known"),
        sa.CheckConstraint("party IN ('health', 'justice', 'commissioner')", name="party_is_known"),
        sa.UniqueConstraint("appointment_id", "kind", "mark", "party"),
    )
    _made("safety_prompt_mark", "outcome_score", *_marked(), sa.UniqueConstraint("score_id", "mark"))
    dialect = op.get_context().dialect.name
    for statement in keep_corrected(dialect):
        op.execute(statement)
    if dialect == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        granted = f"GRANT SELECT, INSERT ON {', '.join(NEW)} TO {role}"
        for right in (if_role(role, granted), *erasable(NEW)):
            op.execute(right)


def downgrade() -> None:
    """Refused: what was recorded before a correction would be lost."""
    raise RuntimeError("there is no way back from 0024: restore a backup instead")
