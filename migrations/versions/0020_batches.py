"""Batches of a neighbour's records, their lines until they are applied, what came of them, and lines that wait."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, grants
from app.tables import Instant

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('received', 'applying')")
DUE = sa.text("due_at IS NOT NULL")
COUNTS = ("accepted", "unchanged", "superseded", "conflict", "rejected", "not_kept", "warned")


def upgrade() -> None:
    """Four tables; of what waits, a person's part is erased with them."""
    op.create_table(
        "sync_batch",
        sa.Column("number", NUMBER, sa.Identity(), nullable=False),
        sa.Column("client", sa.String(length=60), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=True),
        sa.Column("token", sa.String(length=100), nullable=False),
        sa.Column("upload", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("claim", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('received', 'applying', 'done', 'stopped')", name="state_is_known"),
        sa.CheckConstraint("chunk >= 0 AND place >= 0", name="goes_on_within_itself"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("client", "batch_id"),
        sa.UniqueConstraint("upload"),
    )
    op.create_index(
        "ix_sync_batch_open", "sync_batch", ["number"], unique=False, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "sync_chunk",
        sa.Column("upload", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("upload", "number"),
    )
    op.create_table(
        "sync_result",
        sa.Column("batch", NUMBER, nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=50), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["sync_batch.number"]),
        sa.PrimaryKeyConstraint("batch", "chunk", "part"),
    )
    op.create_table(
        "sync_held",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("record_table", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("waits_for", sa.String(length=80), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("crn", sa.String(length=7), nullable=True),
        sa.Column("known", sa.String(), nullable=True),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index("ix_sync_held_waits_for", "sync_held", ["waits_for"], unique=False)
    op.create_index(
        "ix_sync_held_due_at", "sync_held", ["due_at"], unique=False, sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_sync_held_crn", "sync_held", ["crn"], unique=False)
    if op.get_context().dialect.name == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        for statement in grants(["sync_batch", "sync_chunk", "sync_result", "sync_held"], role):
            op.execute(statement)
        for statement in erasable(["sync_held"]):
            op.execute(statement)


def downgrade() -> None:
    """Refused: lines that were accepted and wait would be lost."""
    raise RuntimeError("there is no way back from 0020: restore a backup instead")
