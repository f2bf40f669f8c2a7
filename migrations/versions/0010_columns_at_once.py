"""On PostgreSQL an entry's query columns are made in one go, and no longer by a parse of the body for each."""

from collections.abc import Sequence

from alembic import op

from app.audit.ddl import make_entries_columns_at_once

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """A trigger that is always on, in place of generated columns."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for statement in make_entries_columns_at_once():
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: the log is never rewritten."""
    raise RuntimeError("there is no way back from 0010: restore a backup instead")
