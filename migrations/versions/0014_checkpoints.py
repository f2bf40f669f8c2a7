"""Checkpoints of the log, what witnesses have cosigned, and under which name the log goes on after it was restored."""

from collections.abc import Sequence

from alembic import context, op

from app.audit.ddl import SERVICE_ROLE
from app.audit.ddl_checkpoints import create_checkpoints

revision: str = "0014"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Three tables that only grow."""
    bind = op.get_bind()
    role = context.config.attributes.get("service_role", SERVICE_ROLE)
    for statement in create_checkpoints(bind.dialect.name, role):
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: what was signed for others is not forgotten."""
    raise RuntimeError("there is no way back from 0014: restore a backup instead")
