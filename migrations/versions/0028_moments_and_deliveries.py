"""What begins or ends at a moment is found by it, and the deliveries of an announcement by its number."""

from collections.abc import Sequence

from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
INDEXED = (
    ("consent", "valid_from"),
    ("consent", "valid_until"),
    ("access_limit", "valid_from"),
    ("access_limit", "valid_until"),
    ("webhook_delivery", "number"),
)


def upgrade() -> None:
    """Five indexes."""
    for table, column in INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Without them."""
    for table, column in INDEXED:
        op.drop_index(f"ix_{table}_{column}", table)
