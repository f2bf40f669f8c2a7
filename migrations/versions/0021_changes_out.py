"""What each receiver of changes was given of whom, and what it has to drop."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, erasable, grants, if_role
from app.tables import Instant

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def rights(role: str) -> list[str]:
    """The service keeps the feeds; the eraser empties them of a person, and says to whoever had them that they went."""
    return [
        *grants(("feed_person",), role),
        if_role(role, f"GRANT SELECT, INSERT, UPDATE ON feed_receiver, feed_removal TO {role}"),
        *erasable(("feed_person",)),
        if_role(ERASURE_ROLE, f"GRANT SELECT, INSERT ON feed_removal TO {ERASURE_ROLE}"),
        if_role(ERASURE_ROLE, f"GRANT SELECT, UPDATE ON feed_receiver TO {ERASURE_ROLE}"),
    ]


def upgrade() -> None:
    """Three tables, what may be done with them, and announcements to a system."""
    op.create_table(
        "feed_receiver",
        sa.Column("receiver", sa.String(length=60), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("round_at", Instant(), nullable=True),
        sa.Column("swept_to", sa.String(length=7), nullable=True),
        sa.ForeignKeyConstraint(["receiver"], ["client.id"]),
        sa.PrimaryKeyConstraint("receiver"),
    )
    op.create_table(
        "feed_person",
        sa.Column("receiver", sa.String(length=60), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("crn", sa.String(length=7), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("removal", sa.BigInteger(), nullable=True),
        sa.Column("identifiers", sa.String(length=2000), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["receiver"], ["client.id"]),
        sa.PrimaryKeyConstraint("receiver", "person_id"),
    )
    op.create_index("ix_feed_person_number", "feed_person", ["receiver", "number"], unique=False)
    op.create_index("ix_feed_person_removal", "feed_person", ["receiver", "removal"], unique=False)
    op.create_index("ix_feed_person_member", "feed_person", ["receiver", "member"], unique=False)
    op.create_index("ix_feed_person_person_id", "feed_person", ["person_id"], unique=False)
    op.create_table(
        "feed_removal",
        sa.Column("receiver", sa.String(length=60), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("identifiers", sa.String(length=2000), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["receiver"], ["client.id"]),
        sa.PrimaryKeyConstraint("receiver", "number"),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_feed_removal_open",
        "feed_removal",
        ["receiver", "number"],
        unique=False,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    with op.batch_alter_table("announcement") as announcement:
        announcement.alter_column("party", existing_type=sa.String(length=12), type_=sa.String(length=70))
        announcement.add_column(sa.Column("feed_number", sa.BigInteger(), nullable=True))
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for statement in rights(context.config.attributes.get("service_role", SERVICE_ROLE)):
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: what somebody has to drop is not forgotten."""
    raise RuntimeError("there is no way back from 0021: restore a backup instead")
