"""Announcements are numbered, may go to several parties, and are delivered to each receiver in their order."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, grants
from app.tables import Instant

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("delivered_at IS NULL AND dead_at IS NULL")


def upgrade() -> None:
    """A new table of announcements with those of the old one, and one of deliveries."""
    op.rename_table("announcement", "announcement_before")
    op.create_table(
        "announcement",
        sa.Column("number", NUMBER, sa.Identity(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("grant_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="announcement_number"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("event_id", "kind", "party"),
    )
    op.create_index("ix_announcement_party", "announcement", ["party", "number"], unique=False)
    columns = "id, event_id, kind, party, created_at, delivered_at"
    op.execute(
        f"INSERT INTO announcement ({columns}) SELECT {columns} FROM announcement_before ORDER BY created_at, id"
    )
    op.drop_table("announcement_before")
    op.create_table(
        "webhook_delivery",
        sa.Column("receiver", sa.String(length=40), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=False),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("last_error", sa.String(length=40), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("dead_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["announcement.number"]),
        sa.PrimaryKeyConstraint("receiver", "number"),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["receiver", "number"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    if op.get_context().dialect.name == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        for statement in grants(["announcement", "webhook_delivery"], role):
            op.execute(statement)


def downgrade() -> None:
    """Refused: who was told what is not forgotten."""
    raise RuntimeError("there is no way back from 0006: restore a backup instead")
