"""Three-way meetings from invitation to signatures, and safety alerts that are chased, superseded and withdrawn."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, if_role
from app.tables import Instant

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEW = ("meeting_response", "meeting_sharing", "meeting_sign_off", "safety_alert_chase")
MEETING = "three_way_meeting"
WAITING = sa.text("acknowledged_at IS NULL AND withdrawn_at IS NULL AND superseded_at IS NULL")
TEXTS = (
    ("site", 9),
    ("invited_by", 60),
    ("agenda", 2000),
    ("person_view", 2000),
    ("offender_manager_view", 2000),
    ("therapist_view", 2000),
    ("cancelled_because", 500),
)
OF_ALERT: tuple[sa.Column[object], ...] = (
    sa.Column("supersedes_id", sa.String(length=36), nullable=True),
    sa.Column("superseded_at", Instant(), nullable=True),
    sa.Column("withdrawn_at", Instant(), nullable=True),
    sa.Column("withdrawn_by", sa.String(length=60), nullable=True),
    sa.Column("withdrawn_because", sa.String(length=1000), nullable=True),
)


def _with_word(table: str, column: str, length: int, default: str, words: Sequence[str]) -> str:
    """A column that holds one of these words; every row that is there has the default."""
    listed = ", ".join(f"'{word}'" for word in words)
    return (
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR({length}) DEFAULT '{default}' NOT NULL "
        f"CONSTRAINT {column}_is_known CHECK ({column} IN ({listed}))"
    )


def _meetings(dialect: str) -> None:
    """A meeting that is yet to be held has nothing agreed; SQLite takes that from a column by making it again."""
    for name, length in TEXTS:
        op.add_column(MEETING, sa.Column(name, sa.String(length=length), nullable=True))
    if dialect == "sqlite":
        op.execute(f"ALTER TABLE {MEETING} RENAME COLUMN agreed TO agreed_before")
        op.execute(f"ALTER TABLE {MEETING} ADD COLUMN agreed VARCHAR(2000)")
        op.execute(f"UPDATE {MEETING} SET agreed = agreed_before")
        op.execute(f"ALTER TABLE {MEETING} DROP COLUMN agreed_before")
    else:
        op.execute(f"ALTER TABLE {MEETING} ALTER COLUMN agreed DROP NOT NULL")
    check = "CONSTRAINT held_is_recorded CHECK ((status = 'held') = (agreed IS NOT NULL))"
    op.execute(f"{_with_word(MEETING, 'status', 10, 'held', ('planned', 'held', 'cancelled'))} {check}")


def _belonging(table: str, parent: str, key: str, *columns: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column(key, sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        *columns,
        sa.ForeignKeyConstraint([key], [f"{parent}.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{table}_person_id", table, ["person_id"])


def _make_tables() -> None:
    _belonging(
        "meeting_response",
        MEETING,
        "meeting_id",
        sa.Column("staff", sa.String(length=60), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("response", sa.String(length=10), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.Column("responded_at", Instant(), nullable=False),
        sa.CheckConstraint("response IN ('accepted', 'declined')", name="response_is_known"),
        sa.UniqueConstraint("meeting_id", "staff"),
    )
    scopes = "'attendance', 'progress', 'scores', 'offence', 'meeting', 'health-trainer'"
    _belonging(
        "meeting_sharing",
        MEETING,
        "meeting_id",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=12), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("consent_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(f"scope IN ({scopes})", name="scope_is_known"),
        sa.CheckConstraint("decision IN ('permit', 'refuse', 'withdraw')", name="decision_is_known"),
        sa.CheckConstraint("recipient IN ('health', 'justice', 'commissioner')", name="recipient_is_known"),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"]),
    )
    op.create_index("ix_meeting_sharing_meeting_id", "meeting_sharing", ["meeting_id"])
    op.create_index("ix_meeting_sharing_consent_id", "meeting_sharing", ["consent_id"])
    _belonging(
        "meeting_sign_off",
        MEETING,
        "meeting_id",
        sa.Column("signatory", sa.String(length=20), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.CheckConstraint("signatory IN ('person', 'offender-manager', 'therapist')", name="signatory_is_known"),
        sa.UniqueConstraint("meeting_id", "signatory", "version"),
    )
    _belonging(
        "safety_alert_chase",
        "safety_alert",
        "alert_id",
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.CheckConstraint("stage IN ('released', 'reminded', 'overdue')", name="stage_is_known"),
        sa.UniqueConstraint("alert_id", "stage"),
    )


def upgrade() -> None:
    """The columns, the tables, and who may work with them."""
    dialect = op.get_context().dialect.name
    _meetings(dialect)
    op.execute(_with_word("safety_alert", "addressed_to", 20, "staff", ("staff", "offender-manager", "probation-lead")))
    for column in OF_ALERT:
        op.add_column("safety_alert", column)
    op.create_index(
        "ix_safety_alert_waiting", "safety_alert", ["released_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.add_column("announcement", sa.Column("meeting_id", sa.String(length=36), nullable=True))
    _make_tables()
    if dialect == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        granted = f"GRANT SELECT, INSERT, UPDATE ON {', '.join(NEW)} TO {role}"
        for statement in (if_role(role, granted), *erasable(NEW)):
            op.execute(statement)


def downgrade() -> None:
    """Refused: invitations, signatures and what alerts were chased with would be lost."""
    raise RuntimeError("there is no way back from 0027: restore a backup instead")
