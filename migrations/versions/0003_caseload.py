"""Whom a member of staff has is found in one place of the index, however many people there are."""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """The person becomes part of the index."""
    op.drop_index("ix_allocation_staff", table_name="allocation")
    op.create_index("ix_allocation_staff", "allocation", ["staff_id", "kind", "person_id"])


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_allocation_staff", table_name="allocation")
    op.create_index("ix_allocation_staff", "allocation", ["staff_id", "kind"])
