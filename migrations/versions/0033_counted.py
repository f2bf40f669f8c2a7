"""What a report counts of each referral, in an index on SQLite: it need not look up every contact and every score."""

from collections.abc import Sequence

from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COUNTED = {
    "appointment": ("attendance_code", "appointment_type", "starts_at", "withdrawn_at"),
    "outcome_score": ("tool_code", "completed_at", "total", "withdrawn_at"),
}


def upgrade() -> None:
    """PostgreSQL counts on several cores, and every import there would pay for it."""
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in COUNTED.items():
            op.create_index(f"ix_{table}_counted", table, ["referral_id", *columns], unique=False)


def downgrade() -> None:
    """Without them."""
    if op.get_bind().dialect.name == "sqlite":
        for table in COUNTED:
            op.drop_index(f"ix_{table}_counted", table_name=table)
