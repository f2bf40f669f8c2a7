"""What the probation service's system says has changed there: kept until the records themselves have come."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, if_role
from app.tables import Instant

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLE = "sync_event"
AWAITED = sa.text("outcome = 'awaited'")


def upgrade() -> None:
    """The table; the service's role adds to it, and takes nothing away."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("client", sa.String(length=60), nullable=False),
        sa.Column("event_type", sa.String(length=80), nullable=False),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("occurred_version", sa.String(length=32), nullable=False),
        sa.Column("crn", sa.String(length=7), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("outcome IN ('applied', 'awaited', 'overtaken')", name="outcome_is_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sync_event_crn", TABLE, ["crn"], unique=False)
    op.create_index(
        "ix_sync_event_awaited", TABLE, ["client"], unique=False, sqlite_where=AWAITED, postgresql_where=AWAITED
    )
    if op.get_bind().dialect.name == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        for statement in (if_role(role, f"GRANT SELECT, INSERT ON {TABLE} TO {role}"), *erasable((TABLE,))):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Without it: what was said is said again by the records themselves."""
    op.drop_table(TABLE)
