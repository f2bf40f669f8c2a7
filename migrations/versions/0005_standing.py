"""The past of somebody's standing is found by whose it is, however long the histories have grown."""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

FOUND_BY = {"staff": "username", "training": "staff_id", "authorisation": "staff_id", "allocation": "person_id"}


def upgrade() -> None:
    """An index for each history that is asked about past moments."""
    for table, column in FOUND_BY.items():
        op.create_index(f"ix_{table}_history_{column}", f"{table}_history", [column])


def downgrade() -> None:
    """As it was."""
    for table, column in FOUND_BY.items():
        op.drop_index(f"ix_{table}_history_{column}", table_name=f"{table}_history")
