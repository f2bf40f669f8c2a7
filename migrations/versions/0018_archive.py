"""On PostgreSQL, which months of the log stand in files."""

from collections.abc import Sequence

from alembic import context, op

from app.audit.ddl import SERVICE_ROLE
from app.audit.ddl_archive import create_archives

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """A table that only grows; SQLite's log has no months to archive."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for statement in create_archives(context.config.attributes.get("service_role", SERVICE_ROLE)):
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: the verifier would miss what was archived."""
    raise RuntimeError("there is no way back from 0018: restore a backup instead")
